"""What people do in long videos that nobody codes: talking, swallowing, brow flashes, glances, head turns, covers.

Syllables come 4 to 6 a second (Greenberg et al. 2003); glances jump within about 50 ms, as saccades do.
"""

from dataclasses import dataclass

import numpy as np

from baselines.datasets.synthetic.action_units import GAZE, REACH, SIDED, Unit
from baselines.datasets.synthetic.curves import add, pulse

# In the order in which they look for room. Setting with the rate a minute, and length in seconds.
ACTS = {
    "hand": ("hands", (1.2, 2.5)),
    "strand": ("strands", (1.5, 3.5)),
    "talking": ("talking", (1.0, 3.0)),
    "head turn": ("head_turns", (0.8, 2.5)),
    "swallow": ("swallows", (0.6, 1.0)),
    "brow flash": ("brow_flashes", (0.35, 0.8)),
    "gaze shift": ("gaze_shifts", (0.4, 1.6)),
}
COVERS = ("hand", "strand")
APART = 0.3  # seconds between acts


@dataclass(frozen=True)
class Act:
    """One uncoded act; frames are 1-based and inclusive."""

    name: str
    first: int
    last: int


def draw_acts(rng, frames, fps, events, settings):
    """Return the `Act`s of a video in order of time: none meets another, and events only if the settings let it."""
    busy = np.zeros(frames, bool)
    margin = round(APART * fps)

    def occupy(first, last):
        busy[max(first - 1 - margin, 0) : last + margin] = True

    occupy(1, 1)
    occupy(frames, frames)
    if not settings.acts_over_events:
        for event in events:
            occupy(event.onset, event.offset)
    acts = []
    for name, (rate, seconds) in ACTS.items():
        for _ in range(rng.poisson(getattr(settings, rate) * frames / fps / 60)):
            first, last = _room(rng, ~busy, round(rng.uniform(*seconds) * fps), round(seconds[0] * fps))
            if first:
                occupy(first, last)
                acts.append(Act(name, first, last))
    return tuple(sorted(acts, key=lambda act: act.first))


def _room(rng, free, length, shortest):
    """Return 1-based (first, last) of a free stretch, cut down to `shortest` where there is no longer one."""
    taken = np.cumsum(np.r_[0, ~free])
    for frames in (length, (length + shortest) // 2, shortest):
        starts = np.flatnonzero(taken[frames:] == taken[:-frames]) if frames < len(free) else ()
        if len(starts):
            first = 1 + int(rng.choice(starts))
            return first, first + frames - 1
    return None, None


def play(rng, act, units, head, fps, settings):
    """Add the movements of an act to the curves `units` and to `head`, (T, 6) in the order of `HEAD_MOTIONS`."""
    frames, first, last = len(head), act.first - 1, act.last - 1
    whole = pulse(frames, first, first + 0.4 * (last - first), last, hold=0.1 * (last - first))

    def move(number, curve, size):
        for side in "LR" if number in SIDED else "M":
            add(units, Unit(number, side), curve * size * REACH.get(number, 1.0))

    if act.name == "talking":
        _talk(rng, move, first, last, frames, fps, rng.uniform(*settings.talking_peak))
    elif act.name == "swallow":
        size = rng.uniform(*settings.swallow_peak)
        move(17, whole, size)
        move(24, whole, 0.7 * size)
        head[:, 5] += 0.8 * size * whole
    elif act.name == "brow flash":
        size = rng.uniform(*settings.brow_flash_peak)
        move(1, whole, size)
        move(2, whole, 0.9 * size)
    elif act.name == "gaze shift":
        jump = 0.05 * fps
        curve = pulse(frames, first, first + jump, last, hold=max(last - first - 2 * jump, 0))
        move(int(rng.choice(GAZE)), curve, rng.uniform(*settings.gaze_peak))
    elif act.name == "head turn":
        rise = rng.uniform(0.25, 0.4) * (last - first)
        curve = pulse(frames, first, first + rise, last, hold=max(last - first - 2.2 * rise, 0))
        size = rng.uniform(*settings.head_turn_peak) * rng.choice([-1, 1])
        head += curve[:, None] * size * np.array([0.3, 0.0, rng.uniform(-0.1, 0.1), 0.0, 1.0, rng.uniform(-0.3, 0.3)])


def _talk(rng, move, first, last, frames, fps, size):
    """Open and close the jaw syllable by syllable, now with rounded, now with spread lips."""
    start = first
    while True:
        length = rng.uniform(0.17, 0.25) * fps
        if start + length > last:
            return
        curve = pulse(frames, start, start + 0.45 * length, start + length)
        opening = size * rng.uniform(0.3, 1.0)
        move(26, curve, opening)
        move(25, curve, 0.6 * opening)
        move((20, 23)[int(rng.integers(2))], curve, size * rng.uniform(0.0, 0.5))
        start += length
