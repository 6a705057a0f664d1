"""What README and docs/ show works: every command has the options that are named, and README's Python runs."""

import re
import shlex
from pathlib import Path

import click
import pytest

import baselines
from cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = r"^```%s\n(.*?)^```$"


def blocks(page, language):
    return re.findall(FENCED % language, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands_of(script):
    """Yield the arguments of each call of megc in a shell script."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        starts = [n for n, word in enumerate(words) if word.removeprefix(".venv/bin/") == "megc"]
        for start, end in zip(starts, [*starts[1:], len(words)]):
            call = words[start + 1 : end]
            stop = next((n for n, word in enumerate(call) if word in ("&&", "|", ">")), len(call))
            yield [word.rstrip(";") for word in call[:stop]]


def wrong_in(arguments):
    """Return what megc does not know among the words of a call: commands, options, and values that are listed."""
    command, words = main, list(arguments)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in command.commands:
            return [name]
        command = command.commands[name]
    known = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    options = [(word, after) for word, after in zip(words, [*words[1:], ""]) if re.match(r"--?[a-z]", word)]
    wrong = [word for word, _ in options if word not in known]
    for word, value in options:
        if word in known and isinstance(known[word].type, click.Choice) and value not in known[word].type.choices:
            wrong.append(f"{word} {value}")
    return wrong


def test_calls_are_read():
    script = "A=1\nmegc spot x.mp4 --plott p && .venv/bin/megc nothing\n"
    script += "megc vqa --answerer guess; megc bench --json  # --no\n"
    calls = list(commands_of(script))
    assert calls[2:] == [["vqa", "--answerer", "guess"], ["bench", "--json"]]
    assert [wrong_in(call) for call in calls] == [["--plott"], ["nothing"], ["--answerer guess"], []]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist(page):
    wrong = {
        shlex.join(call): found
        for script in blocks(page, "sh")
        for call in commands_of(script)
        if (found := wrong_in(call))
    }
    assert wrong == {}


def test_the_pages_show_commands():
    assert sum(1 for page in PAGES for script in blocks(page, "sh") for _ in commands_of(script)) > 80


def test_python_of_readme_runs(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_DATA_ROOT", str(corpus.parent))  # a small corpus in the place of the whole
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "README.md", "python")
    shown = {}
    exec(code, shown)
    assert shown["found"].intervals is not None
    assert (tmp_path / "found.png").stat().st_size > 10_000


def test_python_names_what_there_is():
    named = {
        name for page in PAGES for code in blocks(page, "python") for name in re.findall(r"\bbaselines\.(\w+)\(", code)
    }
    assert {"spot", "recognize", "run_all", "landmarks", "load_dataset"} <= named
    assert named <= set(baselines.OFFERED)
