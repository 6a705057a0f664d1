"""The front door: what `megc` alone prints, and which commit `megc --version` tells, of a clone and of a wheel."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baselines import __version__
from baselines.report import release as module
from baselines.report.release import BUILT, release, version_text
from cli import main

ROOT = Path(__file__).resolve().parent.parent
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def head():
    """The commit of this clone, or a skip."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no clone here, or no git")
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def test_alone_it_names_three_commands_that_there_are(megc):
    done = megc()
    assert (done.exit_code, done.stderr) == (0, "")
    calls = [line.split() for line in done.stdout.splitlines() if line.startswith("  megc ")]
    assert len(calls) == 3
    for _, name, *words in calls:
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known
    assert done.stdout.endswith("All commands: megc --help. Options of one: megc COMMAND --help.\n")
    assert len(done.stdout) < 600


def test_help_and_a_wrong_command_are_as_ever(megc):
    assert megc("--help").stdout.startswith("Usage: main [OPTIONS] COMMAND [ARGS]...\n")
    done = megc("nothing")
    assert done.exit_code == 2
    assert "No such command 'nothing'" in done.stderr


def test_a_clone_tells_its_commit(megc, head):
    done = megc("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"megc, version {__version__} (commit {head[:12]}")
    assert json.loads(megc("env", "--json").stdout)["suite"] == release()


def test_what_is_built_tells_the_commit_it_was_built_from(head, tmp_path):
    """As a wheel is: by the setuptools of the environment, into another folder."""
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / BUILT).read_text()) == release()
    tell = [sys.executable, "-c", "from baselines.report.release import version_text; print(version_text())"]
    told = subprocess.run(tell, cwd=tmp_path, capture_output=True, text=True)
    assert told.stdout.strip() == version_text()
    assert not (ROOT / BUILT).exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps({"commit": COMMIT, "changed": False}), " (commit 0123456789ab)"),
        (json.dumps({"commit": COMMIT, "changed": True}), " (commit 0123456789ab, files changed since)"),
        (json.dumps({"commit": "", "changed": None}), ""),
        ("damaged", ""),
        (None, ""),
    ],
)
def test_what_is_installed_tells_what_it_was_built_from(monkeypatch, tmp_path, content, told):
    place = tmp_path / "baselines" / "report" / "release.py"
    place.parent.mkdir(parents=True)
    if content is not None:
        (tmp_path / BUILT).write_text(content)
    monkeypatch.setattr(module, "__file__", str(place))
    monkeypatch.setattr(module, "suite", lambda: {"version": "1", "commit": "", "changed": None})
    assert version_text() == f"megc, version 1{told}"


def test_debug_alone_shows_the_guide_too(megc, monkeypatch):
    monkeypatch.setenv("MEGC_DEBUG", "")  # is set back afterwards
    assert megc("--debug").stdout == megc().stdout
