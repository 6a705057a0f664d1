"""From displacement over time to intervals: contrast curves, thresholds, rise and fall of an event."""

import numpy as np


def out_and_back(displacement, k, balance=0.25):
    """Return how far each region went out and came back within `k` frames to either side: (T, N) float64.

    displacement: (T, N, 2). With a = d(t) - d(t-k) and b = d(t) - d(t+k) it is the smaller of the lengths of a and b
    along their mean: the height of an expression that is over within 2k frames. It is 0 where the smaller is less
    than `balance` of the larger, as in a steady drift and at the corners of a step such as a turn of the head.
    Moilanen's contrast (ICPR 2014), d(t) - (d(t-k) + d(t+k)) / 2, is the length of that mean, and of a step it gives
    half the height. Beyond the ends the first and last frames count as lasting.
    """
    frames = np.arange(len(displacement))
    before = displacement - displacement[np.maximum(frames - k, 0)]
    after = displacement - displacement[np.minimum(frames + k, len(frames) - 1)]
    mean = (before + after) / 2
    direction = mean / np.maximum(np.linalg.norm(mean, axis=-1, keepdims=True), 1e-12)
    out, back = (before * direction).sum(axis=-1), (after * direction).sum(axis=-1)
    smaller = np.minimum(out, back)
    return np.where(smaller >= balance * np.maximum(out, back), np.maximum(smaller, 0), 0)


def noise_level(values, sigmas):
    """Return median + `sigmas` robust standard deviations (1.4826 median absolute deviations) of (T,) values."""
    median = np.median(values)
    return median + sigmas * 1.4826 * np.median(np.abs(values - median))


def moilanen_threshold(values, p):
    """Return mean + p (max - mean) of (T,) values (Moilanen et al., ICPR 2014)."""
    mean = values.mean()
    return mean + p * (values.max() - mean)


def rise_and_fall(displacement, peak, k, low=0.25):
    """Return (onset, apex, offset) indices of the event of one region around `peak`.

    displacement: (T, 2). Within `k` frames of the peak the displacement is measured from the chord between the ends,
    in the direction it has at the peak. The event lasts while it exceeds `low` of its largest value; as an
    expression starts and ends slowly, both flanks are then prolonged to where the line through their crossings of
    `low` and 2 `low` meets the chord.
    """
    start, end = max(peak - k, 0), min(peak + k, len(displacement) - 1)
    part = displacement[start : end + 1]
    share = np.linspace(0, 1, len(part))[:, None]
    bulge = part - (1 - share) * part[0] - share * part[-1]
    height = bulge @ bulge[peak - start]
    apex = int(np.argmax(height))
    flanks = []
    for flank in (height[apex::-1], height[apex:]):
        wide, narrow = (_first_below(flank, level * height[apex]) for level in (low, 2 * low))
        flanks.append(min(wide + (wide - narrow), len(flank) - 1))
    return start + apex - flanks[0], start + apex, start + apex + flanks[1]


def _first_below(flank, level):
    """Return how many frames a flank that starts at the apex stays at or above a level, less one."""
    below = np.flatnonzero(flank < level)
    return (below[0] if below.size else len(flank)) - 1


def tallest_apart(candidates, overlap=0.1):
    """Return the candidates, tallest first, that share at most `overlap` of the shorter with a taller one.

    candidates: objects with onset, offset (inclusive) and height.
    """
    kept = []
    for new in sorted(candidates, key=lambda candidate: -candidate.height):
        if all(_shared(new, old) <= overlap for old in kept):
            kept.append(new)
    return kept


def _shared(a, b):
    """Return the common frames of two intervals as a share of the shorter one."""
    common = min(a.offset, b.offset) - max(a.onset, b.onset) + 1
    return max(common, 0) / min(a.offset - a.onset + 1, b.offset - b.onset + 1)


def face_runs(present):
    """Return the slices of consecutive True in (T,) `present`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(int)))
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2])]
