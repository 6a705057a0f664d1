"""What long work says of itself on a terminal, in a log file, and not at all."""

import sys

import pytest

from baselines import progress
from baselines.progress import progress_bar


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass by `clock.append(seconds)`."""
    passed = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: sum(passed))
    return passed


def test_a_log_file_gets_a_line_a_minute_with_the_time_that_is_left(capsys, clock):
    with progress_bar(100, "spotting") as bar:
        for seconds in (30, 30, 30, 40, 3600):
            clock.append(seconds)
            bar.update(10)
        bar.update(50)
    assert capsys.readouterr().err.splitlines() == [
        "spotting",
        "spotting: 20 of 100, about 4 min left",
        "spotting: 40 of 100, about 3 min left",
        "spotting: 50 of 100, about 62 min left",
    ]


@pytest.mark.parametrize(
    ("seconds", "told"), [(1, "about 1 s"), (119, "about 119 s"), (120, "about 2 min"), (9000, "about 2 h")]
)
def test_durations_are_short(seconds, told):
    assert progress._duration(seconds) == told


def test_quick_work_and_work_without_a_label_say_no_more(capsys, clock):
    for label in ("quick", ""):
        with progress_bar(3, label) as bar:
            for _ in range(3):
                clock.append(1)
                bar.update(1)
    assert capsys.readouterr().err == "quick\n"


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar(2, "spotting") as bar:
        bar.update(2)
    assert "spotting" in capsys.readouterr().err
