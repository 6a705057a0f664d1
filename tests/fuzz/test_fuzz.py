"""Damaged inputs of every kind end in one line; `python -m tests.fuzz --long N` tries many more."""

import sys

import pytest
from test_plugins import FEATURE

from .cases import DEPTH, Server, is_plain, prepare, run, write_valid
from .kinds import KINDS
from .kinds.kind import Kind, put

MUTATIONS = 12  # of each kind; `python -m tests.fuzz --long N` tries more
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are those of Linux")


@pytest.fixture(scope="session")
def server():
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def hasty():
    """A server that waits for a second only."""
    with Server(seconds=1) as server:
        yield server


@pytest.mark.parametrize("name", KINDS)
def test_damaged_inputs_end_in_one_line(server, name):
    wrong = [result for seed in range(MUTATIONS) if (result := run(server, name, seed)).faults]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("name", ["models", "sheets", "mkv", "vision models", "results"])
def test_a_seed_is_the_same_bytes_again(name, tmp_path):
    made = []
    for n in range(2):
        valid = tmp_path / f"valid {n}" / DEPTH
        write_valid(KINDS[name], valid)
        for seed in range(3):
            done, _, command = prepare(KINDS[name], seed, valid, tmp_path / f"{seed} {n}")
            made.append((done, command, contents(tmp_path / f"{seed} {n}")))
    assert made[:3] == made[3:]
    assert len({str(files) for _, _, files in made[:3]}) > 1


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if is_plain(path)}


FAULTS = {
    "import os; os.kill(os.getpid(), 11)": "segmentation fault",
    "import os; os.abort()": "abort",
    "while True: pass": "hang",
    "import time; time.sleep(60)": "hang",
    "bytearray(2 << 30)": "memory",
    "import os; os._exit(7)": "exit code 7",
    "import sys; sys.stderr.write('Traceback (most recent call last)')": "traceback",
    "import sys; sys.stderr.write('[h264 @ 0x1] error\\n')": "noise of a library",
    "import sys; sys.stderr.write('\\x1b[2J')": "control characters",
    "import subprocess; subprocess.Popen(['sleep', '60'])": "a process is left",
    "open('../../outside', 'w')": "a/outside: written",
    "open('in/x.py', 'a').write('#')": "in/x.py: changed",
    "import os; os.unlink('in/x.py')": "in/x.py: deleted",
    "import os; os._exit(2)": "fails without a word",
}


@pytest.mark.parametrize(("code", "told"), FAULTS.items())
def test_faults_are_seen(hasty, monkeypatch, code, told):
    kind = Kind(
        "x",
        lambda folder: put(folder / "x.py", FEATURE),
        ("features list --plugin in/x.py",),
        ("in/x.py",),
        change=lambda path, rng: path.write_text(FEATURE + code),
    )
    monkeypatch.setitem(KINDS, "x", kind)
    assert told in "; ".join(run(hasty, "x", 0).faults)
