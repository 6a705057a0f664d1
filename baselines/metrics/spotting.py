"""Spotting: how many expressions were found, and how many intervals found nothing.

Conventions
-----------
An interval is [onset, offset], both frames inclusive, as a row of an (N, 2) integer array; a
parallel array of `groups` (N,) names what an interval belongs to, and only intervals of equal group
can match. A group is whatever must agree: subject, video and type (micro or macro).

Counts
------
`count` gives true positives, false positives and false negatives of each group. They come from pairs of
one truth and one predicted interval with intersection over union in frames (`overlap.iou`) >= .5 (or > .5), by a rule:
`one-to-one` takes the largest possible number of pairs (maximum bipartite matching) and among these the
largest total IoU; `megc2020` counts each truth interval that any prediction covers, so that one
prediction may take several, as the MEGC2020 baseline's evaluation does.

Figures
-------
`FIGURES`, of summed counts: tp, fp, fn, precision, recall and f1. Scores are those of the whole database and
never a mean over videos.

References
----------
See et al., MEGC 2019, Automatic Face and Gesture Recognition, 2019 (the IoU >= .5 rule).
He et al., Spotting macro- and micro-expression intervals in long video sequences, arXiv 1912.11985
(the MEGC2020 baseline and its evaluation).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from baselines.metrics.figures import Array, Rate
from baselines.metrics.overlap import iou
from baselines.metrics.ratios import ratio

MATCHINGS = ("one-to-one", "megc2020")
KINDS = ("micro", "macro")


def validate(intervals: ArrayLike, groups: ArrayLike) -> None:
    """Refuse what are not intervals with their groups.

    Parameters
    ----------
    intervals : array_like of shape (N, 2), int
        Onset <= offset in each row.
    groups : array_like of shape (N,)

    Raises
    ------
    ValueError
        At another shape, at numbers that are not integers, at an onset after its offset.

    Examples
    --------
    >>> validate([[3, 2]], ["a"])
    Traceback (most recent call last):
        ...
    ValueError: interval 0: onset 3 is after offset 2
    """
    intervals, groups = np.asarray(intervals), np.asarray(groups)
    if intervals.size == 0 and groups.size == 0:
        return
    if intervals.ndim != 2 or intervals.shape[1] != 2 or not np.issubdtype(intervals.dtype, np.integer):
        raise ValueError(f"intervals: expected an (N, 2) integer array, got {intervals.dtype} {intervals.shape}")
    if groups.shape != (len(intervals),):
        raise ValueError(f"groups: expected shape ({len(intervals)},), got {groups.shape}")
    bad = np.flatnonzero(intervals[:, 0] > intervals[:, 1])
    if bad.size:
        raise ValueError(f"interval {bad[0]}: onset {intervals[bad[0], 0]} is after offset {intervals[bad[0], 1]}")


def overlapping_pairs(
    truth: ArrayLike,
    truth_groups: ArrayLike,
    predicted: ArrayLike,
    predicted_groups: ArrayLike,
    threshold: float = 0.5,
    strict: bool = False,
) -> tuple[Array, Array, Array]:
    """All pairs of a true and a predicted interval of equal group that overlap enough.

    Sorted by onset, so that only intervals whose onsets lie near enough are compared.

    Parameters
    ----------
    truth, predicted : array_like of shape (N, 2), int
        Intervals; the numbers N of the two sides differ.
    truth_groups, predicted_groups : array_like of shape (N,)
        What each interval belongs to.
    threshold : float
        The least IoU of a pair, above 0 and up to 1.
    strict : bool
        The IoU must exceed the threshold.

    Returns
    -------
    i, j : ndarray of shape (P,), int
        The rows of the pairs in `truth` and in `predicted`.
    overlap : ndarray of shape (P,), float64
        Their IoU.

    Raises
    ------
    ValueError
        At a threshold out of range.

    Examples
    --------
    >>> i, j, overlap = overlapping_pairs([[0, 9], [30, 39]], [0, 0], [[0, 4], [30, 39]], [0, 1])
    >>> i.tolist(), j.tolist(), overlap.tolist()
    ([0], [0], [0.5])
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; expected a number above 0 and up to 1")
    truth, predicted = _intervals(truth), _intervals(predicted)
    if not len(truth) or not len(predicted):
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    truth_start, predicted_start = _on_one_axis(truth, truth_groups, predicted, predicted_groups)
    # IoU >= t needs the later onset within (1 - t) lengths of the interval that begins first.
    i1, j1 = _onsets_within(truth_start, truth, predicted_start, threshold, 0)
    j2, i2 = _onsets_within(predicted_start, predicted, truth_start, threshold, 1)
    i, j = np.concatenate([i1, i2]), np.concatenate([j1, j2])
    overlap = iou(truth[i], predicted[j])
    keep = overlap > threshold if strict else overlap >= threshold
    order = np.lexsort((j[keep], i[keep]))
    return i[keep][order], j[keep][order], overlap[keep][order]


def match_one_to_one(
    truth: ArrayLike,
    truth_groups: ArrayLike,
    predicted: ArrayLike,
    predicted_groups: ArrayLike,
    threshold: float = 0.5,
    strict: bool = False,
    labels: tuple[ArrayLike, ArrayLike] | None = None,
) -> tuple[Array, Array]:
    """Maximum one-to-one matching of true and predicted intervals.

    Among the matchings with the largest number of pairs it takes one with the largest total IoU; what
    is still equal is decided by group, onset, offset and then `labels`, so that the order of rows has no
    influence.

    Parameters
    ----------
    truth, truth_groups, predicted, predicted_groups, threshold, strict
        As in `overlapping_pairs`.
    labels : pair of array_like of shape (N,), optional
        Of the true and of the predicted intervals.

    Returns
    -------
    i, j : ndarray of shape (K,), int
        The rows of the pairs in `truth` and in `predicted`.

    Raises
    ------
    ValueError
        As `overlapping_pairs`.

    Examples
    --------
    The first event overlaps both predictions, the second only the one that the first fits best:

    >>> i, j = match_one_to_one([[0, 9], [4, 13]], [0, 0], [[1, 10], [0, 5]], [0, 0])
    >>> i.tolist(), j.tolist()
    ([0, 1], [1, 0])
    """
    truth, predicted = _intervals(truth), _intervals(predicted)
    i, j, overlap = overlapping_pairs(truth, truth_groups, predicted, predicted_groups, threshold, strict)
    alone = (np.bincount(i, minlength=1)[i] == 1) & (np.bincount(j, minlength=1)[j] == 1)
    truth_labels, predicted_labels = labels or (np.zeros(len(truth), int), np.zeros(len(predicted), int))
    rank_truth = _ranks(truth, truth_groups, truth_labels)
    rank_predicted = _ranks(predicted, predicted_groups, predicted_labels)
    rest = np.flatnonzero(~alone)
    rest = rest[np.lexsort((rank_predicted[j[rest]], rank_truth[i[rest]]))]
    chosen = np.concatenate(
        [np.flatnonzero(alone), rest[_assign(rank_truth[i[rest]], rank_predicted[j[rest]], overlap[rest])]]
    )
    chosen = chosen[np.argsort(i[chosen])]
    return i[chosen], j[chosen]


def count(
    truth: ArrayLike,
    truth_groups: ArrayLike,
    predicted: ArrayLike,
    predicted_groups: ArrayLike,
    groups: ArrayLike,
    threshold: float = 0.5,
    strict: bool = False,
    matching: str = "one-to-one",
    places: tuple[ArrayLike, ArrayLike] | None = None,
) -> Array:
    """True positives, false positives and false negatives of each group.

    Parameters
    ----------
    truth, truth_groups, predicted, predicted_groups, threshold, strict
        As in `overlapping_pairs`.
    groups : array_like of shape (G,)
        Every group that an interval belongs to, each once.
    matching : str
        One of `MATCHINGS`. Under `megc2020` tp is the number of truth intervals found, as in the script,
        and fp the number of predictions minus tp: it can be negative where one prediction takes two truth
        intervals.
    places : pair of array_like of shape (N,), optional
        What true and predicted intervals must share to match, where that is not the whole group: the video without the
        type, say. A match counts for the group of the truth interval.

    Returns
    -------
    ndarray of shape (G, 3), int
        tp, fp and fn.

    Raises
    ------
    ValueError
        At intervals that `validate` refuses, a threshold out of range, a matching that is not known, a
        group that is not listed.

    Examples
    --------
    >>> count([[0, 9], [30, 39]], ["a", "b"], [[1, 10]], ["a"], ["a", "b"]).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    validate(truth, truth_groups)
    validate(predicted, predicted_groups)
    truth_places, predicted_places = places or (truth_groups, predicted_groups)
    if matching == "one-to-one":
        i, _ = match_one_to_one(truth, truth_places, predicted, predicted_places, threshold, strict)
    elif matching == "megc2020":
        i, _, _ = overlapping_pairs(truth, truth_places, predicted, predicted_places, threshold, strict)
        i = np.unique(i)
    else:
        raise ValueError(f"matching is {matching!r}; expected one of {', '.join(MATCHINGS)}")
    number = len(np.asarray(groups))
    truth_index = group_index(truth_groups, groups)
    found = np.bincount(truth_index[i], minlength=number)
    in_truth = np.bincount(truth_index, minlength=number)
    in_predicted = np.bincount(group_index(predicted_groups, groups), minlength=number)
    return np.stack([found, in_predicted - found, in_truth - found], axis=1)


def group_index(groups: ArrayLike, known: ArrayLike) -> Array:
    """Place of each group in a list of all groups.

    Parameters
    ----------
    groups : array_like of shape (N,)
    known : array_like of shape (G,)
        Every group, each once.

    Returns
    -------
    ndarray of shape (N,), int

    Raises
    ------
    ValueError
        If one of `groups` is not known.

    Examples
    --------
    >>> group_index(["b", "a", "b"], ["b", "a"]).tolist()
    [0, 1, 0]
    """
    groups, known = np.asarray(groups), np.asarray(known)
    if not len(groups):
        return np.empty(0, int)
    order = np.argsort(known)
    place = np.searchsorted(known, groups, sorter=order)
    index = order[np.minimum(place, len(known) - 1)]
    if np.any(known[index] != groups):
        raise ValueError("groups: an interval belongs to a group that is not listed")
    return index


def true_positives(counts: ArrayLike) -> Array:
    """Number of expressions that were found.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...)

    Examples
    --------
    >>> int(true_positives([1, 2, 3]))
    1
    """
    return np.asarray(counts)[..., 0]


def false_positives(counts: ArrayLike) -> Array:
    """Number of predicted intervals that found nothing.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...)

    Examples
    --------
    >>> int(false_positives([1, 2, 3]))
    2
    """
    return np.asarray(counts)[..., 1]


def false_negatives(counts: ArrayLike) -> Array:
    """Number of expressions that were not found.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...)

    Examples
    --------
    >>> int(false_negatives([1, 2, 3]))
    3
    """
    return np.asarray(counts)[..., 2]


def precision(counts: ArrayLike) -> Array:
    """Share of the predicted intervals that found an expression.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> precision([[1, 1, 3], [0, 0, 4]]).tolist()
    [0.5, 0.0]
    """
    tp, fp, _ = _columns(counts)
    return ratio(tp, tp + fp)


def recall(counts: ArrayLike) -> Array:
    """Share of the expressions that were found.

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> recall([[1, 1, 3], [0, 4, 0]]).tolist()
    [0.25, 0.0]
    """
    tp, _, fn = _columns(counts)
    return ratio(tp, tp + fn)


def f1(counts: ArrayLike) -> Array:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Parameters
    ----------
    counts : array_like of shape (..., 3)
        Sums of what `count` gives: tp, fp and fn.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> f1([[2, 1, 3], [0, 0, 0]]).tolist()
    [0.5, 0.0]
    """
    tp, fp, fn = _columns(counts)
    return ratio(2 * tp, 2 * tp + fp + fn)


FIGURES: dict[str, Rate] = {
    "tp": true_positives,
    "fp": false_positives,
    "fn": false_negatives,
    "precision": precision,
    "recall": recall,
    "f1": f1,
}


def _columns(counts: ArrayLike) -> Sequence[Array]:
    return tuple(np.moveaxis(np.asarray(counts, float), -1, 0))


def _assign(rows: Array, columns: Array, weights: Array) -> Array:
    """Indices of the pairs of a maximum matching with, among those, the largest total weight (each in [0, 1])."""
    if not len(rows):
        return np.empty(0, int)
    rows, columns = (np.unique(side, return_inverse=True)[1] for side in (rows, columns))
    row_count, column_count = rows.max() + 1, columns.max() + 1
    # Every row has a column of its own that means "not matched" and costs more than any pair; the
    # weights are scaled so that all of them together count for less than one pair.
    cost = np.concatenate([1 - weights / (row_count + 1), np.full(row_count, 3.0)])
    unmatched = np.arange(row_count)
    at = np.stack([np.append(rows, unmatched), np.append(columns, column_count + unmatched)])
    row, column = at.astype(np.int32)  # the matching of SciPy 1.14 takes no other indices
    graph = csr_array((cost, (row, column)), (row_count, column_count + row_count))
    taken = min_weight_full_bipartite_matching(graph)[1]
    return np.flatnonzero(taken[rows] == columns)


def _intervals(intervals: ArrayLike) -> Array:
    intervals = np.asarray(intervals)
    return intervals if intervals.size else np.empty((0, 2), int)


def _ranks(intervals: Array, groups: ArrayLike, labels: ArrayLike) -> Array:
    if not len(intervals):
        return np.empty(0, int)
    _, group = np.unique(groups, return_inverse=True)
    _, label = np.unique(labels, return_inverse=True)
    order = np.lexsort((label, intervals[:, 1], intervals[:, 0], group))
    ranks = np.empty(len(order), int)
    ranks[order] = np.arange(len(order))
    return ranks


def _on_one_axis(
    truth: Array, truth_groups: ArrayLike, predicted: Array, predicted_groups: ArrayLike
) -> tuple[Array, Array]:
    """Onsets with each group moved to a stretch of its own, so that one sort serves all groups."""
    everything = np.concatenate([truth, predicted])
    low, high = int(everything.min()), int(everything.max())
    _, group = np.unique(np.concatenate([truth_groups, predicted_groups]), return_inverse=True)
    onset = everything[:, 0] - low + group * (2 * (high - low) + 2)
    return onset[: len(truth)], onset[len(truth) :]


def _onsets_within(
    start: Array, intervals: Array, other_start: Array, threshold: float, least: int
) -> tuple[Array, Array]:
    """Pairs (row, other row) whose other onset follows by `least` up to (1 - threshold) lengths."""
    length = intervals[:, 1] - intervals[:, 0] + 1
    reach = np.floor(length * (1 - threshold) + 1e-9).astype(int)
    order = np.argsort(other_start, kind="stable")
    other_sorted = other_start[order]
    first = np.searchsorted(other_sorted, start + least, side="left")
    number = np.maximum(np.searchsorted(other_sorted, start + reach, side="right") - first, 0)
    row = np.repeat(np.arange(len(start)), number)
    step = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    return row, order[first[row] + step]
