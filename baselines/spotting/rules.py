"""What the published methods share: from a curve to intervals, by a threshold, peaks, merging and a length filter."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from baselines.datasets.lengths import kind_of
from baselines.spotting.base import Curve, Interval, Rule, SpottingResult
from baselines.spotting.curves import moilanen_threshold, peaks_apart
from baselines.spotting.runs import face_runs


def spot_by_rules(
    curves: ArrayLike, rules: Sequence[Rule], fps: float, least_score: float = 1.0, unit: str = "eye distances"
) -> SpottingResult:
    """Return the `SpottingResult` of curves (T, R), NaN where unknown, under one `Rule` each."""
    intervals: list[Interval] = []
    drawn: list[Curve] = []
    for rule, curve in zip(rules, np.asarray(curves, float).T):
        known = curve[np.isfinite(curve)]
        threshold = float(moilanen_threshold(known, rule.p)) if known.size else np.inf
        drawn.append(Curve(rule.name, curve, threshold, unit, rule=rule))
        for run in face_runs(np.isfinite(curve)):
            spans = _spans(curve[run], rule, threshold * least_score, fps)
            intervals += [_interval(span, int(run.start), curve, rule, threshold, fps) for span in spans]
    return SpottingResult(tuple(sorted(intervals, key=lambda found: found.onset)), tuple(drawn))


def _spans(curve: NDArray[np.float64], rule: Rule, threshold: float, fps: float) -> list[tuple[int, int]]:
    """Return the (first, last) indices of the intervals in one run."""
    if rule.k:
        k = max(1, round(rule.k * fps))
        peaks = peaks_apart(curve, threshold, max(1, round(rule.apart * fps)))
        spans = [(max(peak - k, 0), min(peak + k, len(curve) - 1)) for peak in peaks]
    else:
        spans = [(run.start, run.stop - 1) for run in face_runs(curve > threshold)]
    merged: list[tuple[int, int]] = []
    for first, last in spans:
        if merged and rule.merge and first - merged[-1][1] - 1 < rule.merge * fps:
            merged[-1] = merged[-1][0], last
        else:
            merged.append((first, last))
    low, high = (length * fps for length in rule.lengths)
    return [(first, last) for first, last in merged if low - 0.5 <= last - first + 1 <= high + 0.5]


def micro_and_macro(micro: float, macro: float, fps: float) -> list[int]:
    """Return the two distances in frames of a method that looks for micro- and macro-expressions apart."""
    return [max(1, round(micro * fps)), max(2, round(macro * fps))]


def _interval(
    span: tuple[int, int], start: int, curve: NDArray[np.float64], rule: Rule, threshold: float, fps: float
) -> Interval:
    first, last = int(span[0]) + start, int(span[1]) + start
    apex = first + int(np.argmax(curve[first : last + 1]))
    kind = rule.kind or kind_of(last - first + 1, fps)
    score = float(curve[apex] / threshold) if threshold > 0 else 1.0
    return Interval(first + 1, apex + 1, last + 1, kind, score)
