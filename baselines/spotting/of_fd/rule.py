"""From the curves of a window to movements: two curves of each, peaks, valleys, cuts and merging."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from baselines.spotting.curves import peaks_apart
from baselines.spotting.of_fd.emd import without_trend

JOIN = 3  # frames; peaks that are closer are one
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """When a curve tells of a movement, and how far it reaches; lengths in px, times in frames.

    height: above the lowest of the window. rise, detail: of the curve and of the curve without its trend, above their
    lowest within `around`. share: of the rise from a valley that still belongs to the movement. near, drop: where there
    is no valley on that side, how far to look for a lower place, and how much lower it must be. long, edge, depth: a
    movement of at least `long` is cut at its lowest place, not within `edge` of its ends, if that is `depth` lower.
    """

    height: float
    rise: float
    detail: float
    share: float
    drop: float
    depth: float
    around: int
    near: int
    long: int
    edge: int


@dataclass(frozen=True)
class Movement:
    """A movement of a part; first, apex and last are indices of frames, inclusive."""

    first: int
    apex: int
    last: int
    score: float
    part: str


def low_passed(values: Values, cutoff: float, fps: float) -> Values:
    """Return (T,) values without what is as quick as `cutoff` Hz or quicker, their absolute value."""
    spectrum = np.fft.rfft(values)
    spectrum[np.fft.rfftfreq(len(values), 1 / fps) >= cutoff * (1 - 1e-9)] = 0
    return np.abs(np.fft.irfft(spectrum, len(values)))


def movements(curve: Values, rule: Rule, part: str, least: float = 1.0) -> Iterator[Movement]:
    """Yield the movements that a low-passed curve (T,) of a part tells of, by a rule.

    least: of the score. 1 is the rule itself; where it is lower, the highest places that do not reach it count, too.
    """
    scores = _scores(curve, rule)
    picked = np.union1d(np.flatnonzero(scores >= 1), peaks_apart(scores, min(least, 1), 1))
    for stretch in np.split(picked, np.flatnonzero(np.diff(picked) >= JOIN) + 1):
        score = scores[stretch].max(initial=0)
        if not len(stretch) or score < least:
            continue
        for first, last in _cut(curve, *_reach(curve, int(stretch[0]), int(stretch[-1]), rule), rule):
            yield Movement(first, first + int(np.argmax(curve[first : last + 1])), last, float(score), part)


def merged(found: Iterable[Movement], overlap: float) -> list[Movement]:
    """Return movements of which those that share more than `overlap` of the shorter are one."""
    kept: list[Movement] = []
    for new in found:
        same = [number for number, old in enumerate(kept) if _shared(old, new) > overlap]
        for number in same:
            kept[number] = _union(kept[number], new)
        kept += [] if same else [new]
    return kept


def twice_merged(found: Sequence[Movement], overlap: float) -> list[Movement]:
    """Return what `merged` gives of what it gives, since two that were grown may share more then."""
    return merged(merged(found, overlap), overlap)


def next_window(found: Iterable[Movement], length: int, margin: int) -> int:
    """Return how many frames later than a window the next one starts: a half, as long as nothing moves across that.

    A movement across the middle is to lie whole in one of them: the next begins `margin` frames after its end, or where
    that is late, before its start.
    """
    middle = step = length // 2
    for movement in found:
        if movement.first < middle < movement.last:
            if movement.last < 3 * length // 4:
                step = movement.last + margin
            elif movement.first > length // 4:
                step = movement.first - margin
            else:
                step = movement.last + margin // 2
    return max(1, min(step, length - 1))


def _scores(curve: Values, rule: Rule) -> Values:
    """Return by how much each frame is a peak: the least of three heights, each as a share of what is asked for."""
    size = 2 * rule.around + 1
    rises = [values - minimum_filter1d(values, size, mode="nearest") for values in (curve, without_trend(curve))]
    heights = ((curve - curve.min(), rule.height), (rises[0], rule.rise), (rises[1], rule.detail))
    return np.min([height / asked for height, asked in heights], axis=0)


def _reach(curve: Values, first: int, last: int, rule: Rule) -> tuple[int, int]:
    """Return the ends of the movement around the peaks from one frame to another."""
    peak, end = float(curve[first : last + 1].max()), len(curve) - 1
    return _outwards(curve, first, peak, rule), end - _outwards(curve[::-1], end - last, peak, rule)


def _outwards(curve: Values, start: int, peak: float, rule: Rule) -> int:
    """Return the frame where a movement begins, from its first peak."""
    left = max(start - rule.around, 0)
    valley = left + int(np.argmin(curve[left : start + rule.around + 1]))
    if valley < start:
        level = curve[valley] + rule.share * (peak - curve[valley])
        for frame in range(start - 1, valley - 1, -1):
            if curve[frame] < level:
                return frame
            if curve[frame] > curve[frame + 1]:
                return min(frame + 2, start)
        return valley
    left = max(start - rule.near, 0)
    lowest = left + int(np.argmin(curve[left : start + 1]))
    return min(lowest + 1, start) if curve[start] - curve[lowest] > rule.drop else start


def _cut(curve: Values, first: int, last: int, rule: Rule) -> list[tuple[int, int]]:
    """Return the ends of a movement, or of its halves where the curve falls deep in between."""
    if last - first < rule.long:
        return [(first, last)]
    inner = curve[first + rule.edge : last - rule.edge]
    valley = first + rule.edge + int(np.argmin(inner))
    peaks = curve[first:valley].max(), curve[valley:last].max()
    if all(peak - curve[valley] > max(rule.depth, rule.share * peak) for peak in peaks):
        return [(first, valley - 1), (valley + 1, last)]
    return [(first, last)]


def _shared(a: Movement, b: Movement) -> float:
    common = min(a.last, b.last) - max(a.first, b.first)
    return common / min(a.last - a.first, b.last - b.first) if common > 0 else 0.0


def _union(a: Movement, b: Movement) -> Movement:
    """Return both as one, with the apex, the score and the part of the surer one."""
    surer = a if a.score >= b.score else b
    return replace(surer, first=min(a.first, b.first), last=max(a.last, b.last))
