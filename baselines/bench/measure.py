"""Timing, memory, and the rows that a bench consists of.

Seconds are processor time, which other programs on the machine hardly change; only work that is shared out among
processes is timed by the clock on the wall.
"""

import statistics
import time
import tracemalloc
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure of a bench.

    value: in `unit`. reference: what it is compared with, and what that took. ratio: how it compares, in the sense of
    `target`. met: whether the target is reached; None without a target.
    """

    name: str
    value: float
    unit: str
    reference: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def row(name, value, unit, *, reference="", ratio=None, least=None, most=None):
    """Return a `Row` whose target is a bound on its ratio, or on its value when it has no ratio."""
    figure, kind = (value, f" {unit}") if ratio is None else (ratio, "")
    target = f">= {least:g}{kind}" if least is not None else f"<= {most:g}{kind}" if most is not None else ""
    met = None
    if target:
        met = bool(figure >= least if least is not None else figure <= most)
    return Row(name, float(value), unit, reference, None if ratio is None else float(ratio), target, met)


def seconds(functions, repeats, clock=time.process_time, shortest=0.05, warm=2):
    """Return the median seconds that a call of each function takes.

    The functions run in turn, `repeats` times after `warm` calls that are not counted, so that a slower
    or faster minute of the machine meets all alike. What is quicker than `shortest` seconds is run several times.
    """
    calls = []
    for function in functions:
        taken = min((_time(function, 1, clock) for _ in range(warm)), default=shortest)
        calls.append(max(1, int(shortest / max(taken, 1e-6))))
    turns = [[_time(*work, clock) for work in zip(functions, calls)] for _ in range(repeats)]
    return [statistics.median(taken) for taken in zip(*turns)]


def once(function):
    """Return the seconds of one call, for work so long that it is not repeated."""
    return _time(function, 1, time.process_time)


def _time(function, calls, clock):
    start = clock()
    for _ in range(calls):
        function()
    return (clock() - start) / calls


def peak_bytes(function):
    """Return the most bytes that Python and numpy hold at once for a call, beyond what they held before."""
    function()  # tables that are made once and kept are no part of it
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
