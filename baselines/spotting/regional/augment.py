"""Augmentation: measured motion of real or synthetic faces with more natural motion and more expressions.

The embedded corpus moves less, and in fewer ways, than people who talk, act and laugh. Here random sums of action units
wander, jump and stay, come in bursts or recur, from hardly visible to larger than any micro-expression; and
expressions are added whose size and course vary more than those rendered. All figures are wide ranges, of which none
is fitted; how lively faces are and how many expressions are added was settled with implants in real video in view.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from baselines.datasets.records import Event
from baselines.datasets.synthetic.action_units import units_of
from baselines.datasets.synthetic.curves import pulse, wander
from baselines.datasets.synthetic.expressions import SHARES, draw_expression
from baselines.spotting.regional.motion import without_head
from baselines.spotting.regional.units import unit_patterns

QUIET = 0.15  # share of faces without natural motion
LIVELINESS = (0.005, 0.25)  # eye distances; size of a face's motions, log-uniform
MOTIONS = 4.0  # mean number of motions besides the first
UNITS = 3  # most action units in one motion
INWARDS = 0.25  # share of units that move against their usual direction
EXPRESSIONS = 0.25  # a second, as far as there is room
LENGTHS = {"micro": (0.15, 0.5), "macro": (0.5, 4.0)}  # seconds
SIZES = {"micro": (0.005, 0.04), "macro": (0.02, 0.3)}  # eye distances
ONE_SIDED = 0.25  # share of expressions
ROOM = 0.5  # seconds from one expression to the next
CUT, SHORTEST_CUT = 0.4, 2.0  # share of the videos that are cut short, seconds
OWN = 0.15  # motion of each part by itself, relative to the largest


def varied(
    rng: np.random.Generator, measured: NDArray[np.floating], fps: float, events: Sequence[Event]
) -> tuple[NDArray[np.float64], list[Event]]:
    """Return a random variation of a video: (measured, events).

    measured: (T, P + 1, 2), as `part_motion` gives it. events: with 1-based inclusive onset and offset. Natural motion
    of a random face and expressions are added; some videos are cut short, and events that are not whole then left out.
    """
    moved = measured.astype(float)
    if rng.random() > QUIET:
        _add_natural_motion(rng, moved, fps)
    events = [*events, *_add_expressions(rng, moved, fps, events)]
    first, last = _stretch(rng, len(moved), fps)
    whole = [
        replace(event, onset=event.onset - first, offset=event.offset - first, apex=None)
        for event in events
        if first < event.onset and event.offset <= last
    ]
    return moved[first:last], whole


def _add_natural_motion(rng: np.random.Generator, moved: NDArray[np.float64], fps: float) -> None:
    liveliness = _log_uniform(rng, *LIVELINESS)
    for _ in range(1 + rng.poisson(MOTIONS)):
        size = liveliness * rng.lognormal(0, 0.6)
        course = COURSES[int(rng.integers(len(COURSES)))](rng, len(moved), fps)
        chosen = rng.integers(len(unit_patterns()[0]), size=int(rng.integers(1, UNITS + 1)))
        strengths = rng.uniform(0.3, 1.0, len(chosen)) * np.where(rng.random(len(chosen)) < INWARDS, -1, 1)
        moved += size * course[:, None, None] * _pattern(rng, chosen, strengths)


def _add_expressions(
    rng: np.random.Generator, moved: NDArray[np.float64], fps: float, events: Sequence[Event]
) -> list[Event]:
    """Add expressions where there is room, and return their `Event`s."""
    frames, names = len(moved), list(unit_patterns()[2])
    added: list[Event] = []
    for _ in range(rng.poisson(EXPRESSIONS * frames / fps)):
        kind = list(LENGTHS)[int(rng.integers(len(LENGTHS)))]
        length = max(3, round(_log_uniform(rng, *LENGTHS[kind]) * fps))
        onset = int(rng.integers(1, max(2, frames - length)))
        room = (onset - ROOM * fps, onset + length + ROOM * fps)
        if room[1] > frames or any(e.onset < room[1] and e.offset > room[0] for e in (*events, *added)):
            continue
        rise = rng.uniform(0.1, 0.5) * length
        course = pulse(frames, onset, onset + rise, onset + length, rng.uniform(0, 0.8) * (length - rise))
        _, codes = draw_expression(rng, list(SHARES)[int(rng.integers(len(SHARES)))], ONE_SIDED)
        chosen = [names.index(unit) for code in codes for unit in units_of(code)]
        pattern = _pattern(rng, chosen, rng.uniform(0.6, 1.0, len(chosen)))
        moved += _log_uniform(rng, *SIZES[kind]) * course[:, None, None] * pattern
        added.append(Event(onset + 1, onset + length + 1, kind=kind))
    return added


def _stretch(rng: np.random.Generator, frames: int, fps: float) -> tuple[int, int]:
    """Return the first frame of a random stretch of a video, and the one after its last; most are the whole."""
    if rng.random() > CUT:
        return 0, frames
    length = min(frames, round(_log_uniform(rng, SHORTEST_CUT, max(frames / fps, SHORTEST_CUT)) * fps))
    first = int(rng.integers(frames - length + 1))
    return first, first + length


def _pattern(
    rng: np.random.Generator, chosen: Sequence[int] | NDArray[np.intp], strengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the (P + 1, 2) motion of parts against the head, and of the head, in a sum of action units."""
    units, places, _ = unit_patterns()
    moved = np.tensordot(strengths, units[chosen], 1)
    moved = moved / np.abs(moved).max() + rng.normal(0, OWN, moved.shape)
    small = 0.02  # of a size at which the motion of the head is told from that of parts
    parts, head = without_head(small * moved[None], places[None])
    return np.concatenate([parts[0], head]) / small


def _wandering(rng: np.random.Generator, frames: int, fps: float) -> NDArray[np.float64]:
    return wander(rng, frames, fps, 1, _log_uniform(rng, 0.06, 3.0))[:, 0] / 2


def _jumping(rng: np.random.Generator, frames: int, fps: float) -> NDArray[np.float64]:
    """Move somewhere and stay."""
    course, rate = np.zeros(frames), _log_uniform(rng, 0.1, 1.5)
    for time in _times(rng, frames / fps, rate):
        course[int(time * fps) :] = rng.random()
    return gaussian_filter1d(course, rng.uniform(0.05, 0.25) * fps, mode="nearest")


def _bursting(rng: np.random.Generator, frames: int, fps: float) -> NDArray[np.float64]:
    """Move fast for a while, as in talking."""
    loud = wander(rng, frames, fps, 1, rng.uniform(0.5, 3.0))[:, 0] - rng.uniform(-0.5, 1.0)
    return loud.clip(0, 1.5) * wander(rng, frames, fps, 1, rng.uniform(0.04, 0.15))[:, 0] / 2


def _recurring(rng: np.random.Generator, frames: int, fps: float) -> NDArray[np.float64]:
    """Do the same again and again."""
    course, seconds = np.zeros(frames), _log_uniform(rng, 0.2, 4.0)
    for time in _times(rng, frames / fps, _log_uniform(rng, 0.08, 1.5), seconds):
        length = seconds * rng.uniform(0.8, 1.2) * fps
        onset, apex = time * fps, (time * fps) + length * rng.uniform(0.3, 0.5)
        course += rng.uniform(0.7, 1.1) * pulse(frames, onset, apex, onset + length, rng.uniform(0, 0.2) * length)
    return course


COURSES = (_wandering, _jumping, _bursting, _recurring)


def _times(rng: np.random.Generator, seconds: float, rate: float, apart: float = 0.0) -> Iterator[float]:
    """Yield random times up to `seconds`, at least `apart` from one to the next, otherwise at a rate a second."""
    time = rng.exponential(1 / rate)
    while time < seconds:
        yield time
        time += apart + rng.exponential(1 / rate)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
