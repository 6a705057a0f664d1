"""Ranks: whether several recipes differ, from a figure of each on the same blocks.

Conventions
-----------
`scores` is (N, K): a figure of K recipes on N blocks, such as subjects or databases; higher is better. On each block
the best recipe has rank 1, and equal ones share the mean of their ranks. Figures that differ by less than 1e-12 are
equal.

Tests
-----
- `friedman`: whether the recipes differ at all, by the chi-square approximation, corrected for ties.
- `critical_difference`: the least difference of two mean ranks at which Nemenyi's test, which holds the error over all
  pairs of recipes, tells them apart; `groups` of recipes that it does not tell apart.
- `wilcoxon_holm`: each pair by Wilcoxon's signed ranks, and p as Holm corrects it for all pairs. Blocks where the two
  are equal say nothing and are left out. Up to 50 blocks the distribution is exact, with ties as well; beyond that it
  is the normal one.

All take blocks as independent: subjects are, folds of one subject or variants of one database are not.

References
----------
Demšar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006. Holm, A simple sequentially
rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from baselines.metrics.figures import Array

DIGITS = 12
EXACT = 50  # blocks up to which Wilcoxon's distribution is exact


class Pair(NamedTuple):
    """Two recipes, by their columns: the mean difference of the first minus the second, p, and p after Holm."""

    first: int
    second: int
    difference: float
    p: float
    corrected: float


def validate(scores: ArrayLike) -> None:
    """Refuse figures that cannot be ranked.

    Parameters
    ----------
    scores : array_like of shape (N, K)
        A figure of each recipe on each block.

    Raises
    ------
    ValueError
        With fewer than two blocks or two recipes, or where a figure is missing.

    Examples
    --------
    >>> validate([[0.5, float("nan")], [0.5, 0.6]])
    Traceback (most recent call last):
        ...
    ValueError: scores: expected a figure of every recipe on every block
    """
    scores = np.asarray(scores, float)
    if scores.ndim != 2 or min(scores.shape) < 2:
        raise ValueError("scores: expected an array (N, K) of two blocks and two recipes or more")
    if not np.isfinite(scores).all():
        raise ValueError("scores: expected a figure of every recipe on every block")


def block_ranks(scores: ArrayLike) -> Array:
    """Rank of each recipe on each block.

    Parameters
    ----------
    scores : array_like of shape (N, K)
        As in `validate`.

    Returns
    -------
    ndarray of shape (N, K), float64

    Raises
    ------
    ValueError
        As `validate`.

    Examples
    --------
    >>> block_ranks([[0.9, 0.5, 0.5], [0.1, 0.3, 0.2]]).tolist()
    [[1.0, 2.5, 2.5], [3.0, 1.0, 2.0]]
    """
    from scipy.stats import rankdata

    validate(scores)
    return rankdata(-np.asarray(scores, float).round(DIGITS), axis=1)


def mean_ranks(scores: ArrayLike) -> Array:
    """Mean rank of each recipe.

    Parameters
    ----------
    scores : array_like of shape (N, K)
        As in `validate`.

    Returns
    -------
    ndarray of shape (K,), float64

    Raises
    ------
    ValueError
        As `validate`.

    Examples
    --------
    >>> mean_ranks([[0.9, 0.5, 0.5], [0.1, 0.3, 0.2]]).tolist()
    [2.0, 1.75, 2.25]
    """
    return block_ranks(scores).mean(axis=0)


def friedman(scores: ArrayLike) -> tuple[float, float]:
    """Friedman's test of whether recipes differ.

    Parameters
    ----------
    scores : array_like of shape (N, K)
        As in `validate`, of three recipes or more.

    Returns
    -------
    statistic, p : float
        The statistic is compared with a chi-square distribution of K - 1 degrees of freedom. Where all recipes are
        equal on every block it is 0.

    Raises
    ------
    ValueError
        As `validate`, and with two recipes.

    Examples
    --------
    >>> statistic, p = friedman([[0.9, 0.5, 0.1], [0.8, 0.6, 0.2], [0.7, 0.6, 0.3]])
    >>> round(statistic, 6), round(p, 4)
    (6.0, 0.0498)
    """
    from scipy.stats import friedmanchisquare

    ranks = block_ranks(scores)
    if ranks.shape[1] < 3:
        raise ValueError("scores: expected three recipes or more")
    if (ranks == ranks[:, :1]).all():
        return 0.0, 1.0
    found = friedmanchisquare(*ranks.T)
    return float(found.statistic), float(found.pvalue)


def critical_difference(recipes: int, blocks: int, level: float = 0.05) -> float:
    """Least difference of two mean ranks at which Nemenyi's test tells two recipes apart.

    Parameters
    ----------
    recipes, blocks : int
        K and N.
    level : float
        The chance that it tells any two apart that do not differ.

    Returns
    -------
    float

    Examples
    --------
    For four recipes on 14 data sets:

    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - level, recipes, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(recipes * (recipes + 1) / (6 * blocks)))


def groups(ranks: ArrayLike, difference: float) -> list[list[int]]:
    """Largest groups of recipes whose mean ranks lie within a difference.

    Parameters
    ----------
    ranks : array_like of shape (K,)
        Mean ranks.
    difference : float
        As `critical_difference` gives it; ranks that far apart are of two groups.

    Returns
    -------
    list of list of int
        Columns from the best rank to the worst; each recipe is in one group or more.

    Examples
    --------
    >>> groups([3.0, 1.0, 2.2], 1.25)
    [[1, 2], [2, 0]]
    """
    ranks = np.asarray(ranks, float)
    order = np.argsort(ranks, kind="stable").tolist()
    found: list[list[int]] = []
    for start, first in enumerate(order):
        group = [other for other in order[start:] if ranks[other] - ranks[first] < difference or other == first]
        if not found or group[-1] != found[-1][-1]:
            found.append(group)
    return found


def signed_ranks(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p of Wilcoxon's signed ranks.

    Parameters
    ----------
    first, second : array_like of shape (N,)
        Figures of two recipes on the same blocks.

    Returns
    -------
    float
        1 where the two are equal on every block.

    Examples
    --------
    >>> signed_ranks([5, 6, 7, 8, 9], [4, 4, 4, 4, 4])
    0.0625
    """
    from scipy.special import ndtr
    from scipy.stats import rankdata

    differences = (np.asarray(first, float) - np.asarray(second, float)).round(DIGITS)
    differences = differences[differences != 0]
    ranks = rankdata(np.abs(differences))
    positive, total = ranks[differences > 0].sum(), ranks.sum()
    smaller = min(positive, total - positive)
    if len(ranks) <= EXACT:
        return min(1.0, 2 * float(_sums_of_ranks(ranks)[: round(2 * smaller) + 1].sum()))
    return min(1.0, 2 * float(ndtr((smaller - total / 2) / np.sqrt((ranks**2).sum() / 4))))


def wilcoxon_holm(scores: ArrayLike) -> list[Pair]:
    """Wilcoxon's signed ranks of each pair of recipes, corrected for all pairs.

    Parameters
    ----------
    scores : array_like of shape (N, K)
        As in `validate`.

    Returns
    -------
    list of Pair
        In the order of the columns.

    Raises
    ------
    ValueError
        As `validate`.

    Examples
    --------
    >>> scores = [[n + 2, n + 1, n + n % 2] for n in range(6)]
    >>> [(first, second, p, corrected) for first, second, _, p, corrected in wilcoxon_holm(scores)]
    [(0, 1, 0.03125, 0.09375), (0, 2, 0.03125, 0.09375), (1, 2, 0.25, 0.25)]
    """
    validate(scores)
    scores = np.asarray(scores, float)
    columns = list(combinations(range(scores.shape[1]), 2))
    p = np.array([signed_ranks(scores[:, i], scores[:, j]) for i, j in columns])
    order = np.argsort(p, kind="stable")
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    means = scores.mean(axis=0)
    return [Pair(i, j, float(means[i] - means[j]), float(a), float(b)) for (i, j), a, b in zip(columns, p, corrected)]


def _sums_of_ranks(ranks: Array) -> Array:
    """Chance of each sum of the ranks with a positive sign, in halves, where every sign is as likely as the other."""
    chance = np.ones(1)
    for twice in (2 * ranks).round().astype(int):
        longer = np.zeros(len(chance) + twice)
        longer[: len(chance)] += chance / 2
        longer[twice:] += chance / 2
        chance = longer
    return chance
