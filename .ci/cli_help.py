"""Compare README's command-line section with what --help prints; `--write` brings it up to date."""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from cli import main  # noqa: E402

START, END = "<!-- cli: made by `python .ci/cli_help.py --write` -->\n", "<!-- /cli -->"


def help_texts(command, path, parent=None):
    """Yield (path, help text) for a command and all below it."""
    name = path.split()[-1]  # 78 columns is what click prints on any terminal of 80 or more
    context = click.Context(command, parent, name, terminal_width=78, **command.context_settings)
    yield path, command.get_help(context)
    for name in getattr(command, "commands", {}):
        yield from help_texts(command.commands[name], f"{path} {name}", context)


def section():
    """Return the Markdown of the command-line section."""
    return "".join(f"\n#### `{path}`\n\n```text\n{text}\n```\n" for path, text in help_texts(main, "megc")) + "\n"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    current, _, after = rest.partition(END)
    if "--write" in sys.argv:
        readme.write_text(before + START + section() + END + after, encoding="utf-8")
    elif current != section():
        sys.exit("README.md: the command-line section is not what --help prints; run `python .ci/cli_help.py --write`")
