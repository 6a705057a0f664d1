"""Ranks: against published values, SciPy where it is exact, and laws."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from baselines.metrics.ranks import (
    EXACT,
    block_ranks,
    critical_difference,
    friedman,
    groups,
    mean_ranks,
    signed_ranks,
    validate,
    wilcoxon_holm,
)

# Table 5 (a) of Demšar 2006: q for two to ten classifiers
Q05 = (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164)
Q10 = (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920)
# Table 6 there: AUC of C4.5 without and with two parameters, and with both, on 14 data sets
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


@pytest.mark.parametrize(("level", "published"), [(0.05, Q05), (0.10, Q10)])
def test_critical_differences_are_those_of_the_published_table(level, published):
    for recipes, q in enumerate(published, start=2):
        found = critical_difference(recipes, 20, level) / np.sqrt(recipes * (recipes + 1) / (6 * 20))
        assert found == pytest.approx(q, abs=1.1e-3)


def test_the_published_example():
    assert mean_ranks(DEMSAR) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    statistic, p = friedman(DEMSAR)
    expected = stats.friedmanchisquare(*DEMSAR.T)
    assert (statistic, p) == pytest.approx((expected.statistic, expected.pvalue))
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.01)
    assert groups(mean_ranks(DEMSAR), critical_difference(4, 14, 0.10)) == [[3, 1, 2], [2, 0]]


@given(arrays(float, st.tuples(st.integers(3, 12), st.integers(3, 6)), elements=st.integers(0, 4).map(float)))
def test_friedman_is_that_of_scipy_with_ties(scores):
    statistic, p = friedman(scores)
    if (scores == scores[:, :1]).all():
        assert (statistic, p) == (0, 1)
    else:
        expected = stats.friedmanchisquare(*scores.T)
        assert (statistic, p) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9))
def test_signed_ranks_are_exact_with_ties_and_zeros(differences):
    kept = np.array([d for d in differences if d])
    ranks = stats.rankdata(np.abs(kept))
    sums = np.array([np.dot(ranks, signs) for signs in product((0, 1), repeat=len(kept))])
    smaller = min(ranks[kept > 0].sum(), ranks[kept < 0].sum())
    expected = min(1, 2 * np.mean(sums <= smaller + 1e-9))
    assert signed_ranks(differences, np.zeros(len(differences))) == pytest.approx(expected)


@pytest.mark.parametrize("number", [6, 20, EXACT, EXACT + 1, 200])
def test_signed_ranks_are_those_of_scipy_without_ties(number):
    rng = np.random.default_rng(number)
    first, second = rng.normal(size=number), rng.normal(0.2, 1, size=number)
    method = "exact" if number <= EXACT else "approx"
    assert signed_ranks(first, second) == pytest.approx(stats.wilcoxon(first, second, method=method).pvalue)
    assert signed_ranks(second, first) == pytest.approx(signed_ranks(first, second))


def test_holm_by_hand():
    scores = np.random.default_rng(3).normal([0, 0.3, 1, 1.5], 1, size=(15, 4))
    found = wilcoxon_holm(scores)
    ordered = sorted(found, key=lambda pair: pair.p)
    expected, least = [], 0.0
    for n, pair in enumerate(ordered):
        least = max(least, min(1, pair.p * (len(ordered) - n)))
        expected.append(least)
    assert [pair.corrected for pair in ordered] == pytest.approx(expected)
    for pair in found:
        assert pair.p == signed_ranks(scores[:, pair.first], scores[:, pair.second])
        assert pair.difference == pytest.approx((scores[:, pair.first] - scores[:, pair.second]).mean())


@given(arrays(float, st.tuples(st.integers(2, 8), st.integers(2, 6)), elements=st.floats(0, 1)))
def test_ranks_and_groups(scores):
    recipes = scores.shape[1]
    ranks = mean_ranks(scores)
    assert block_ranks(scores).sum(axis=1) == pytest.approx(recipes * (recipes + 1) / 2)
    found = groups(ranks, 1.0)
    assert {recipe for group in found for recipe in group} == set(range(recipes))
    assert not any(set(one) < set(other) for one in found for other in found)
    for first, second in product(range(recipes), repeat=2):
        together = any({first, second} <= set(group) for group in found)
        assert together == (first == second or abs(ranks[first] - ranks[second]) < 1.0)


def test_equal_figures_tie_though_their_last_digits_differ():
    assert block_ranks([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2]]).tolist() == [[1.5, 1.5]] * 2
    assert signed_ranks([0.1 + 0.2, 1.0], [0.3, 1.0]) == 1.0


def test_two_recipes_are_too_few_for_friedman():
    with pytest.raises(ValueError, match="expected three recipes"):
        friedman([[1, 2], [2, 1]])
    with pytest.raises(ValueError, match="expected an array"):
        validate([[1, 2]])
