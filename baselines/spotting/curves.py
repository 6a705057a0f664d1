"""From displacement over time to intervals: contrast curves, thresholds, rise and fall of an event."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

BALANCE = 0.25  # least share of the way out that the way back must be, and the other way round


class Span(Protocol):
    """What has an onset and an offset, the frame of each inclusive."""

    @property
    def onset(self) -> int: ...

    @property
    def offset(self) -> int: ...


S = TypeVar("S", bound=Span)


def out_and_back(
    displacement: NDArray[np.floating], k: int
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """Return how far each part went out and came back within `k` frames to either side: heights, directions, lengths.

    displacement: (T, N, 2). With a = d(t) - d(t-k) and b = d(t) - d(t+k), the height (T, N) is the smaller of the
    lengths of a and b along their mean: that of an expression that is over within 2k frames. It is 0 where the smaller
    is less than `BALANCE` of the larger, as in a steady drift and at the corners of a step such as a turn of the head.
    Directions (T, N, 2) are those of the mean, lengths (T, N) its own: Moilanen's contrast (ICPR 2014),
    d(t) - (d(t-k) + d(t+k)) / 2, which of a step gives half the height. Beyond the ends the first and last frames
    count as lasting.
    """
    heights, lengths = (np.empty(displacement.shape[:2], displacement.dtype) for _ in range(2))
    directions = np.empty_like(displacement)
    for part in range(displacement.shape[1]):  # one at a time, for the sake of memory
        own = np.ascontiguousarray(displacement[:, part])
        heights[:, part], directions[:, part], lengths[:, part] = _part_out_and_back(own, k)
    return heights, directions, lengths


def _part_out_and_back(
    displacement: NDArray[np.floating], k: int
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """Return what `out_and_back` gives for one part: (T,), (T, 2), (T,) of displacement (T, 2)."""
    frames = np.arange(len(displacement))
    before = displacement - displacement[np.maximum(frames - k, 0)]
    after = displacement - displacement[np.minimum(frames + k, len(frames) - 1)]
    mean = (before + after) / 2
    lengths = np.hypot(mean[:, 0], mean[:, 1])
    directions = mean / np.maximum(lengths, 1e-12)[:, None]
    out, back = (before * directions).sum(axis=1), (after * directions).sum(axis=1)
    smaller = np.minimum(out, back)
    heights = np.where(smaller >= BALANCE * np.maximum(out, back), np.maximum(smaller, 0), 0)
    return heights, directions, lengths


def peaks_apart(values: NDArray[np.floating], height: float, distance: int) -> NDArray[np.intp]:
    """Return the frames (n,) of the peaks of (T,) values that reach a height, at least `distance` frames apart.

    Of closer ones the higher stays, of equal ones the later. `scipy.signal.find_peaks` leaves that to the processor,
    and its import would take a third of the time in which `spot` starts.
    """
    peaks = _summits(values)
    peaks = peaks[values[peaks] >= height]
    first = np.searchsorted(peaks, peaks - distance, "right").tolist()
    last = np.searchsorted(peaks, peaks + distance, "left").tolist()
    left = bytearray(b"\1" * len(peaks))  # its items are read and set faster than those of an array
    for index in np.argsort(values[peaks], kind="stable")[::-1].tolist():
        if left[index]:
            left[first[index] : last[index]] = bytes(last[index] - first[index])
            left[index] = 1
    return peaks[np.frombuffer(left, bool)]


def _summits(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the frames (n,) that are higher than those around, beyond either end 0; of a plateau its middle one."""
    values = np.pad(values, 1)
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    ends = np.append(starts[1:], len(values)) - 1
    level = values[starts]
    up = np.concatenate([[False], level[1:] > level[:-1]])
    down = np.concatenate([level[:-1] > level[1:], [False]])
    return ((starts + ends) // 2)[up & down] - 1


def moilanen_threshold(values: NDArray[np.float64], p: float) -> float:
    """Return mean + p (max - mean) of (T,) values (Moilanen et al., ICPR 2014)."""
    mean = values.mean()
    return mean + p * (values.max() - mean)


def flanks(profile: NDArray[np.floating], peak: int, k: int, smeared: float = 0.0) -> tuple[int, int, int]:
    """Return (onset, apex, offset) indices of the event around `peak`, from its own rise and fall.

    profile: (T,). Within `k` frames of the peak it is measured from the chord between the ends. Each flank is taken for
    half a period of a cosine, as slow at its start as at its end: one that falls to a half of the apex in R / 2 frames
    and to a quarter in 2 R / 3 is R frames long. smeared: frames by which smoothing made each flank longer.
    """
    start, end = max(peak - k, 0), min(peak + k, len(profile) - 1)
    height = profile[start : end + 1] - np.linspace(profile[start], profile[end], end - start + 1)
    apex = int(np.argmax(height))
    ends = []
    for flank in (height[apex::-1], height[apex:]):
        quarter, half = (_crossing(flank, level * height[apex]) for level in (0.25, 0.5))
        ends.append(min(max(3 * quarter - 2 * half - smeared, quarter), len(flank) - 1))
    return round(start + apex - ends[0]), start + apex, round(start + apex + ends[1])


def _crossing(flank: NDArray[np.floating], level: float) -> float:
    """Return how many frames, not whole, a flank that starts at the apex takes to fall to a level."""
    below = np.flatnonzero(flank < level)
    if not below.size:
        return len(flank) - 1.0
    after = below[0]
    if not after:
        return 0.0
    return after - 1 + (flank[after - 1] - level) / (flank[after - 1] - flank[after])


def bridge(displacement: NDArray[np.floating], hidden: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Return displacement (T, N, 2) with the frames of (T,) `hidden` filled linearly from those around."""
    if not hidden.any() or hidden.all():
        return displacement
    frames = np.arange(len(hidden))
    known = frames[~hidden]
    after = np.searchsorted(known, frames[hidden])
    left, right = known[np.maximum(after - 1, 0)], known[np.minimum(after, len(known) - 1)]
    share = ((frames[hidden] - left) / np.maximum(right - left, 1))[:, None, None]
    filled = displacement.copy()
    filled[hidden] = (1 - share) * displacement[left] + share * displacement[right]
    return filled


def tallest_apart(candidates: Sequence[S], heights: Sequence[float], overlap: float = 0.1) -> list[tuple[S, float]]:
    """Return (candidate, height) pairs, tallest first, that share at most `overlap` of the shorter with a taller one.

    candidates: objects with onset, offset (inclusive).
    """
    kept: list[tuple[S, float]] = []
    for index in np.argsort(-np.asarray(heights), kind="stable"):
        new = candidates[index]
        if all(_shared(new, old) <= overlap for old, _ in kept):
            kept.append((new, heights[index]))
    return kept


def _shared(a: Span, b: Span) -> float:
    """Return the common frames of two intervals as a share of the shorter one."""
    common = min(a.offset, b.offset) - max(a.onset, b.onset) + 1
    return max(common, 0) / min(a.offset - a.onset + 1, b.offset - b.onset + 1)
