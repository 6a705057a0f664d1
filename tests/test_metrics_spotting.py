"""Spotting metrics: overlap, matching and counts, against brute force and laws."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from baselines.metrics import spotting
from baselines.metrics.figures import summary
from baselines.metrics.overlap import iou

LAW = settings(max_examples=50, deadline=None, derandomize=True)

THRESHOLDS = (0.2, 0.3, 0.4, 0.5)
INTERVALS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 12), st.integers(0, 1)), max_size=6)


def arrays(drawn):
    """(intervals (N, 2), groups (N,)) of drawn (onset, length - 1, group)."""
    rows = np.array(drawn, int).reshape(-1, 3)
    return np.stack([rows[:, 0], rows[:, 0] + rows[:, 1]], axis=1), rows[:, 2]


def overlaps(truth, groups, predicted, predicted_groups):
    """IoU of all pairs by counting frames, 0 across groups."""
    table = np.zeros((len(truth), len(predicted)))
    for i, (onset, offset) in enumerate(truth):
        for j, (start, end) in enumerate(predicted):
            first, second = set(range(onset, offset + 1)), set(range(start, end + 1))
            if groups[i] == predicted_groups[j]:
                table[i, j] = len(first & second) / len(first | second)
    return table


def best_by_trying(table, threshold):
    """(most pairs, largest total IoU among those) over all assignments of rows to columns."""
    if table.shape[0] > table.shape[1]:
        table = table.T
    allowed = np.where(table >= threshold, table, 0)
    rows = range(table.shape[0])
    totals = (
        [allowed[i, j] for i, j in zip(rows, chosen)] for chosen in permutations(range(table.shape[1]), len(rows))
    )
    return max((sum(x > 0 for x in total), round(sum(total), 9)) for total in totals)


def test_iou_counts_inclusive_frames():
    assert iou([1, 10], [1, 10]) == 1
    assert iou([1, 10], [6, 10]) == 0.5
    assert iou([1, 10], [11, 20]) == 0
    assert iou([5, 5], [5, 5]) == 1
    np.testing.assert_allclose(iou(np.array([[0, 3], [0, 0]]), np.array([2, 5])), [2 / 6, 0])


@LAW
@given(INTERVALS, INTERVALS, st.sampled_from([0.2, 0.5, 1.0]), st.booleans())
def test_pairs_are_those_of_all_pairs(first, second, threshold, strict):
    truth, predicted = arrays(first), arrays(second)
    table = overlaps(*truth, *predicted)
    wanted = table > threshold if strict else table >= threshold
    i, j, overlap = spotting.overlapping_pairs(*truth, *predicted, threshold, strict)
    assert list(zip(i, j)) == list(zip(*np.nonzero(wanted)))
    np.testing.assert_array_equal(overlap, table[wanted])


@LAW
@given(INTERVALS, INTERVALS, st.sampled_from(THRESHOLDS))
def test_one_to_one_has_most_pairs_and_then_the_largest_overlap(first, second, threshold):
    truth, predicted = arrays(first), arrays(second)
    table = overlaps(*truth, *predicted)
    i, j = spotting.match_one_to_one(*truth, *predicted, threshold)
    assert len(set(i)) == len(i) == len(set(j))
    assert np.all(table[i, j] >= threshold)
    assert (len(i), round(float(table[i, j].sum()), 9)) == best_by_trying(table, threshold)


@LAW
@given(INTERVALS, INTERVALS)
def test_f1_never_rises_with_the_threshold(first, second):
    truth, predicted = arrays(first), arrays(second)
    totals = [spotting.count(*truth, *predicted, [0, 1], threshold).sum(axis=0) for threshold in THRESHOLDS]
    rates = spotting.f1(totals)
    assert np.all(np.diff(rates) <= 0)
    assert len({(tp + fp, tp + fn) for tp, fp, fn in totals}) == 1  # no event and no prediction comes or goes


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("length", [10, 20, 50, 1000])
def test_an_overlap_of_just_the_threshold_is_a_hit(threshold, length):
    truth, part = np.array([[1, length]]), round(threshold * length)
    for shared, hits in ((part, 1), (part - 1, 0)):
        predicted = np.array([[1, shared]])
        assert spotting.count(truth, [0], predicted, [0], [0], threshold).tolist() == [[hits, 1 - hits, 1 - hits]]
    assert spotting.count(truth, [0], np.array([[1, part]]), [0], [0], threshold, strict=True)[0, 0] == 0


@LAW
@given(INTERVALS, INTERVALS, st.integers(-40, 40), st.sampled_from(spotting.MATCHINGS))
def test_where_frames_count_from_changes_nothing(first, second, shift, matching):
    (truth, groups), (predicted, predicted_groups) = arrays(first), arrays(second)
    counts = [
        spotting.count(truth + by, groups, predicted + by, predicted_groups, [0, 1], matching=matching)
        for by in (0, shift)
    ]
    np.testing.assert_array_equal(*counts)


@LAW
@given(INTERVALS, INTERVALS, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(first, second, random):
    (truth, groups), (predicted, predicted_groups) = arrays(first), arrays(second)
    p, q = random.sample(range(len(truth)), len(truth)), random.sample(range(len(predicted)), len(predicted))

    def matched(t, tg, s, sg):
        i, j = spotting.match_one_to_one(t, tg, s, sg)
        return sorted((tuple(t[a]), tuple(s[b])) for a, b in zip(i, j))

    again = matched(truth[p], groups[p], predicted[q], predicted_groups[q])
    assert again == matched(truth, groups, predicted, predicted_groups)
    for matching in spotting.MATCHINGS:
        counts = [
            spotting.count(*sides, [0, 1], matching=matching)
            for sides in (
                (truth, groups, predicted, predicted_groups),
                (truth[p], groups[p], predicted[q], predicted_groups[q]),
            )
        ]
        np.testing.assert_array_equal(*counts)


@LAW
@given(INTERVALS, INTERVALS)
def test_f1_reaches_and_never_exceeds_the_bipartite_bound(first, second):
    truth, predicted = arrays(first), arrays(second)
    table = overlaps(*truth, *predicted) >= 0.5
    bound = int(np.sum(maximum_bipartite_matching(csr_array(table), perm_type="column") >= 0)) if table.size else 0
    tp, fp, fn = spotting.count(*truth, *predicted, [0, 1]).sum(axis=0)
    assert (tp, tp + fp, tp + fn) == (bound, len(second), len(first))
    assert spotting.f1((tp, fp, fn)) <= 1


def test_truth_against_itself_is_perfect():
    truth = np.array([[1, 5], [1, 5], [3, 9], [20, 20]])
    counts = spotting.count(truth, [1, 2, 1, 1], truth, [1, 2, 1, 1], [1, 2])
    assert counts.tolist() == [[3, 0, 0], [1, 0, 0]]
    for rate in (spotting.precision, spotting.recall, spotting.f1):
        assert rate(counts).tolist() == [1, 1]


def test_pairs_need_equal_groups():
    truth = np.array([[10, 20]])
    counts = spotting.count(truth, ["a"], truth, ["b"], ["a", "b"])
    assert counts.tolist() == [[0, 0, 1], [0, 1, 0]]


def test_matchings_differ_where_one_prediction_covers_two_events():
    truth, predicted = np.array([[0, 9], [10, 19]]), np.array([[0, 19]])
    one = spotting.count(truth, [0, 0], predicted, [0], [0])
    many = spotting.count(truth, [0, 0], predicted, [0], [0], matching="megc2020")
    assert one.tolist() == [[1, 0, 1]]
    assert many.tolist() == [[2, -1, 0]]
    assert spotting.count(truth, [0, 0], predicted, [0], [0], strict=True).tolist() == [[0, 1, 2]]


def test_most_pairs_win_over_the_better_overlap():
    # The first event overlaps both predictions, the second only the one the first fits best.
    truth, predicted = np.array([[0, 9], [4, 13]]), np.array([[1, 10], [0, 5]])
    i, j = spotting.match_one_to_one(truth, [0, 0], predicted, [0, 0])
    assert list(zip(i, j)) == [(0, 1), (1, 0)]


@LAW
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=5))
def test_rates_are_shares_of_the_counts(counts):
    total = np.sum(counts, axis=0)
    found = summary(spotting.FIGURES, total)
    tp, fp, fn, precision, recall, f1 = (found[name] for name in ("tp", "fp", "fn", "precision", "recall", "f1"))
    assert [tp, fp, fn] == total.tolist()
    assert precision == (tp / (tp + fp) if tp + fp else 0)
    assert recall == (tp / (tp + fn) if tp + fn else 0)
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall) if tp else 0)


def test_nothing_is_defined():
    empty, none = np.empty((0, 2), int), np.empty(0, str)
    counts = spotting.count(empty, none, empty, none, none)
    assert set(summary(spotting.FIGURES, counts.sum(axis=0)).values()) == {0}


def test_faults_are_named():
    good = np.array([[1, 2]])
    with pytest.raises(ValueError, match=r"interval 0: onset 3 is after offset 2"):
        spotting.count(np.array([[3, 2]]), [0], good, [0], [0])
    with pytest.raises(ValueError, match="expected an \\(N, 2\\) integer array"):
        spotting.validate(np.array([[1.5, 2.0]]), [0])
    with pytest.raises(ValueError, match="groups: expected shape"):
        spotting.validate(good, [0, 1])
    with pytest.raises(ValueError, match="matching is 'best'"):
        spotting.count(good, [0], good, [0], [0], matching="best")
    with pytest.raises(ValueError, match="threshold is 0"):
        spotting.count(good, [0], good, [0], [0], threshold=0)
    with pytest.raises(ValueError, match="group that is not listed"):
        spotting.count(good, [5], good, [0], [0])
