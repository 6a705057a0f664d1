"""Spotting: how many expressions were found, and how many intervals found nothing.

Conventions
-----------
An interval is [onset, offset], both frames inclusive, as a row of an (N, 2) integer array; a
parallel array of `groups` (N,) names what an interval belongs to, and only intervals of equal group
can match. A group is whatever must agree: subject, video and type (micro or macro).

Metrics
-------
- `iou`: intersection over union in frames.
- `match`: pairs of one truth and one predicted interval with IoU >= .5 (or > .5), by a rule:
  `one-to-one` takes the largest possible number of pairs (maximum bipartite matching) and among
  these the largest total IoU; `megc2020` counts each truth interval that any prediction covers, so
  that one prediction may take several, as the MEGC2020 baseline's evaluation does.
- `count`: true positives, false positives and false negatives of each group.
- `rates`: precision, recall and F1 from summed counts. Scores are those of the whole database and
  never a mean over videos.

References
----------
See et al., MEGC 2019, Automatic Face and Gesture Recognition, 2019 (the IoU >= .5 rule).
He et al., Spotting macro- and micro-expression intervals in long video sequences, arXiv 1912.11985
(the MEGC2020 baseline and its evaluation).
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from baselines.metrics.ratios import ratio

MATCHINGS = ("one-to-one", "megc2020")
KINDS = ("micro", "macro")


def validate(intervals, groups):
    """Raise `ValueError` unless `intervals` is (N, 2) integer with onset <= offset and `groups` is (N,)."""
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


def iou(first, second):
    """Return the intersection over union of inclusive intervals; (..., 2) arrays broadcast to (...)."""
    first, second = np.asarray(first), np.asarray(second)
    shared = np.minimum(first[..., 1], second[..., 1]) - np.maximum(first[..., 0], second[..., 0]) + 1
    shared = np.maximum(shared, 0)
    union = (first[..., 1] - first[..., 0] + 1) + (second[..., 1] - second[..., 0] + 1) - shared
    return shared / union


def overlapping_pairs(truth, truth_groups, predicted, predicted_groups, threshold=0.5, strict=False):
    """Return all pairs of equal group whose IoU is >= `threshold` (`strict`: > `threshold`).

    Returns (i, j, iou), arrays (P,): the row in `truth`, the row in `predicted` and their IoU. Sorted
    by onset, so that only intervals whose onsets lie near enough are compared. `threshold` is in (0, 1].
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


def match_one_to_one(truth, truth_groups, predicted, predicted_groups, threshold=0.5, strict=False, labels=None):
    """Return the rows (i, j) of a maximum one-to-one matching, arrays (K,).

    Among the matchings with the largest number of pairs it takes one with the largest total IoU; what
    is still equal is decided by group, onset, offset and then `labels` (one array a side, optional),
    so that the order of rows has no influence.
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


def _assign(rows, columns, weights):
    """Indices of the pairs of a maximum matching with, among those, the largest total weight (each in [0, 1])."""
    if not len(rows):
        return np.empty(0, int)
    rows, columns = (np.unique(side, return_inverse=True)[1] for side in (rows, columns))
    row_count, column_count = rows.max() + 1, columns.max() + 1
    # Every row has a column of its own that means "not matched" and costs more than any pair; the
    # weights are scaled so that all of them together count for less than one pair.
    cost = np.concatenate([1 - weights / (row_count + 1), np.full(row_count, 3.0)])
    at = np.concatenate([rows, np.arange(row_count)]), np.concatenate([columns, column_count + np.arange(row_count)])
    graph = csr_array((cost, at), (row_count, column_count + row_count))
    taken = min_weight_full_bipartite_matching(graph)[1]
    return np.flatnonzero(taken[rows] == columns)


def count(truth, truth_groups, predicted, predicted_groups, groups, threshold=0.5, strict=False, matching="one-to-one"):
    """Return the (G, 3) integer counts tp, fp, fn of each of the `groups` (G,), which hold every group.

    Under `megc2020` tp is the number of truth intervals found, as in the script, and fp the number of
    predictions minus tp: it can be negative where one prediction takes two truth intervals.
    """
    validate(truth, truth_groups)
    validate(predicted, predicted_groups)
    if matching == "one-to-one":
        i, _ = match_one_to_one(truth, truth_groups, predicted, predicted_groups, threshold, strict)
    elif matching == "megc2020":
        i, _, _ = overlapping_pairs(truth, truth_groups, predicted, predicted_groups, threshold, strict)
        i = np.unique(i)
    else:
        raise ValueError(f"matching is {matching!r}; expected one of {', '.join(MATCHINGS)}")
    truth_index = group_index(truth_groups, groups)
    found = np.bincount(truth_index[i], minlength=len(groups))
    in_truth = np.bincount(truth_index, minlength=len(groups))
    in_predicted = np.bincount(group_index(predicted_groups, groups), minlength=len(groups))
    return np.stack([found, in_predicted - found, in_truth - found], axis=1)


def group_index(groups, known):
    """Return the place (N,) of each of `groups` (N,) in `known` (G,); `ValueError` if one is not there."""
    if not len(groups):
        return np.empty(0, int)
    order = np.argsort(known)
    place = np.searchsorted(known, groups, sorter=order)
    index = order[np.minimum(place, len(known) - 1)]
    if np.any(np.asarray(known)[index] != np.asarray(groups)):
        raise ValueError("groups: an interval belongs to a group that is not listed")
    return index


def rates(counts):
    """Return (precision, recall, f1) for counts (..., 3) of tp, fp, fn; 0.0 where a denominator is 0."""
    tp, fp, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    return ratio(tp, tp + fp), ratio(tp, tp + fn), ratio(2 * tp, 2 * tp + fp + fn)


def summary(counts):
    """Return {tp, fp, fn, precision, recall, f1} for counts (3,)."""
    precision, recall, f1 = rates(counts)
    tp, fp, fn = (int(n) for n in counts)
    return {"tp": tp, "fp": fp, "fn": fn, "precision": float(precision), "recall": float(recall), "f1": float(f1)}


def evaluate(truth, truth_videos, truth_kinds, predicted, predicted_videos, predicted_kinds, **options):
    """Return {micro, macro, overall} of {tp, fp, fn, precision, recall, f1}; overall sums the counts.

    `truth`, `predicted` (N, 2); `*_videos` (N,) integers or strings that tell videos apart; `*_kinds`
    (N,) of micro or macro. `options`: threshold, strict and matching of `count`.
    """
    counts = {kind: np.zeros(3, int) for kind in KINDS}
    truth, predicted = _intervals(truth), _intervals(predicted)
    for kind in KINDS:
        mine, theirs = np.asarray(truth_kinds) == kind, np.asarray(predicted_kinds) == kind
        videos = np.asarray(truth_videos)[mine], np.asarray(predicted_videos)[theirs]
        groups = np.unique(np.concatenate(videos))
        counts[kind] = count(truth[mine], videos[0], predicted[theirs], videos[1], groups, **options).sum(axis=0)
    counts["overall"] = counts["micro"] + counts["macro"]
    return {kind: summary(total) for kind, total in counts.items()}


def _intervals(intervals):
    intervals = np.asarray(intervals)
    return intervals if intervals.size else np.empty((0, 2), int)


def _ranks(intervals, groups, labels):
    if not len(intervals):
        return np.empty(0, int)
    _, group = np.unique(groups, return_inverse=True)
    _, label = np.unique(labels, return_inverse=True)
    order = np.lexsort((label, intervals[:, 1], intervals[:, 0], group))
    ranks = np.empty(len(order), int)
    ranks[order] = np.arange(len(order))
    return ranks


def _on_one_axis(truth, truth_groups, predicted, predicted_groups):
    """Onsets with each group moved to a stretch of its own, so that one sort serves all groups."""
    everything = np.concatenate([truth, predicted])
    low, high = int(everything.min()), int(everything.max())
    _, group = np.unique(np.concatenate([truth_groups, predicted_groups]), return_inverse=True)
    onset = everything[:, 0] - low + group * (2 * (high - low) + 2)
    return onset[: len(truth)], onset[len(truth) :]


def _onsets_within(start, intervals, other_start, threshold, least):
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
