"""Ctrl-C and SIGTERM: one line, the exit code of the signal, no half-written file, no worker left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what is left")
@pytest.mark.parametrize(("number", "line"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
@pytest.mark.parametrize("wait", [0, 2])  # seconds: while workers start, and while they work
def test_a_signal_ends_all_in_one_line(corpus, tmp_path, number, line, wait):
    command = [
        sys.executable,
        ROOT / "cli.py",
        "spot",
        corpus / "long",
        "--jobs",
        "2",
        "--output",
        tmp_path / "out.csv",
    ]
    process = subprocess.Popen(
        list(map(str, command)),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "MEGC_CACHE": "off"},
        # a shell that starts it in the background has it ignore SIGINT
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr.readline() == "spotting\n"
    time.sleep(wait)
    process.send_signal(number)
    told = process.communicate(timeout=20)[1]
    assert (told, process.returncode) == (f"{line}\n", 128 + number)
    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 2
    while alive_in(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive_in(process.pid) == []


def alive_in(session):
    """The processes of a session that are no zombies."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, *numbers = (place / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has ended
            continue
        if int(numbers[2]) == session and state != "Z":
            found.append(place.name)
    return found
