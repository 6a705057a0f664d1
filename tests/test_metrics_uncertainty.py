"""Subject bootstrap, paired bootstrap and McNemar's test."""

import time

import numpy as np
import pytest
from scipy.stats import binomtest

from baselines.metrics import uncertainty
from baselines.metrics.spotting import f1, recall

COUNTS = np.random.default_rng(3).integers(0, 20, (12, 3))


def test_percentiles_hold_the_middle():
    assert uncertainty.percentiles(range(1001)) == pytest.approx((25, 975))
    assert uncertainty.percentiles(range(1001), 0.5) == pytest.approx((250, 750))


def test_interval_of_a_mean_is_near_the_normal_one():
    values = np.random.default_rng(0).normal(5, 2, 400)
    counts = np.stack([values, np.ones(400)], axis=1)
    low, high = uncertainty.interval(counts, lambda sums: sums[:, 0] / sums[:, 1], 2000)
    error = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.03)


def test_intervals_on_shared_counts_equal_single_ones():
    other = COUNTS[:5] * 2
    metrics = {"f1": (COUNTS, f1), "recall": (COUNTS, recall), "other": (other, f1)}
    together = uncertainty.intervals(metrics, 200, seed=4)
    assert together == {name: uncertainty.interval(*metric, 200, seed=4) for name, metric in metrics.items()}
    low, high = together["f1"]
    assert low < f1(COUNTS.sum(axis=0)) < high


def test_one_subject_has_no_interval_and_undefined_resamples_are_left_out():
    assert uncertainty.interval(COUNTS[:1], f1) is None
    assert uncertainty.intervals({}) == {}
    half = uncertainty.percentiles([np.nan, 1.0, 1.0])
    assert half == (1.0, 1.0)
    assert uncertainty.percentiles([np.nan]) is None


def test_paired_bootstrap_sees_what_separate_intervals_hide():
    better = COUNTS + [1, 0, -1] * (COUNTS[:, 2:] > 0)
    result = uncertainty.paired_bootstraps({"f1": (better, f1)}, {"f1": (COUNTS, f1)})["f1"]
    assert result["difference"] == pytest.approx(f1(better.sum(axis=0)) - f1(COUNTS.sum(axis=0)))
    assert 0 < result["low"] < result["difference"] < result["high"]
    assert result["p"] == pytest.approx(2 / 1001)
    apart = [uncertainty.interval(counts, f1) for counts in (COUNTS, better)]
    assert apart[0][1] > apart[1][0]


def test_equal_recipes_do_not_differ():
    result = uncertainty.paired_bootstraps({"f1": (COUNTS, f1)}, {"f1": (COUNTS.copy(), f1)})["f1"]
    assert result == {"difference": 0, "low": 0, "high": 0, "p": 1}
    with pytest.raises(ValueError, match="equal subjects"):
        uncertainty.paired_bootstraps({"f1": (COUNTS, f1)}, {"f1": (COUNTS[:3], f1)})


@pytest.mark.parametrize(("first_only", "second_only"), [(0, 0), (1, 0), (7, 2), (5, 5), (40, 61)])
def test_mcnemar_is_the_exact_binomial_test(first_only, second_only):
    first = [True] * first_only + [False] * second_only + [True, False]
    second = [False] * first_only + [True] * second_only + [True, False]
    result = uncertainty.mcnemar(first, second)
    assert (result["first_only"], result["second_only"]) == (first_only, second_only)
    differing = first_only + second_only
    expected = binomtest(first_only, differing, 0.5).pvalue if differing else 1
    assert result["p"] == pytest.approx(expected)
    with pytest.raises(ValueError, match="must answer the same"):
        uncertainty.mcnemar([True], [True, False])


@pytest.mark.timed
def test_many_subjects_are_drawn_in_groups_with_the_same_spread():
    right = np.random.default_rng(1).random(50_001) < 0.3
    counts = np.stack([right, np.ones(len(right))], axis=1)
    start = time.process_time()
    low, high = uncertainty.interval(counts, lambda sums: sums[:, 0] / sums[:, 1], seed=2)
    assert time.process_time() - start < 2
    half = 1.96 * np.sqrt(0.3 * 0.7 / len(right))
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert low < right.mean() < high
