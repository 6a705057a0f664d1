"""Compare docs/cli.md with what --help prints; `--write` brings it up to date."""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
sys.path.insert(0, str(ROOT))
from cli import main  # noqa: E402

START = """# Command line

What `megc COMMAND --help` prints, written by `python .ci/cli_help.py --write`.
"""


def help_texts(command, path, parent=None):
    """Yield (path, help text) for a command and all below it."""
    name = path.split()[-1]  # 78 columns is what click prints on any terminal of 80 or more
    context = click.Context(command, parent, name, terminal_width=78, **command.context_settings)
    yield path, command.get_help(context)
    for name in getattr(command, "commands", {}):
        yield from help_texts(command.commands[name], f"{path} {name}", context)


def page():
    """Return the Markdown of the page."""
    return START + "".join(f"\n## `{path}`\n\n```text\n{text}\n```\n" for path, text in help_texts(main, "megc"))


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md: is not what --help prints; run `python .ci/cli_help.py --write`")
