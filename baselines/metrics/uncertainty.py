"""How far a figure could move with other subjects, and whether two recipes differ.

Conventions
-----------
Whole subjects are resampled, as `baselines.metrics.resampling` tells. Every metric of this package follows
from counts that add up over subjects: `counts` is (S, ...), one entry a subject, and a statistic maps summed
counts (R, ...) to figures (R,). The same seed and number of subjects draw the same resamples, so that recipes
are compared in pairs.

Metrics
-------
- `intervals`: percentile bootstrap interval, 95 % by default. Resamples in which the figure is
  undefined (nan) are left out.
- `paired_bootstraps`: interval and two-sided p value of the difference of two recipes.
- `mcnemar`: exact McNemar test on answers that only one of two recipes got right. It treats answers
  as independent; prefer the paired bootstrap where subjects give several.

References
----------
Efron and Tibshirani, An introduction to the bootstrap, 1993. McNemar, Psychometrika 12, 1947.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from baselines.metrics.figures import Array, Rate
from baselines.metrics.resampling import resampled_sums

Name = TypeVar("Name")
Metric = tuple[Array, Rate]  # counts (S, ...) and the statistic of their sums
Interval = tuple[float, float]

RESAMPLES = 1000
LEVEL = 0.95


def percentiles(values: ArrayLike, level: float = LEVEL) -> Interval | None:
    """Bounds of the middle of some values.

    Parameters
    ----------
    values : array_like of shape (R,)
        Those that are nan are left out.
    level : float
        The share between the bounds.

    Returns
    -------
    low, high : float
        None instead if there is no value.

    Examples
    --------
    >>> percentiles(range(101), 0.5)
    (25.0, 75.0)
    """
    found = np.asarray(values, float)
    found = found[~np.isnan(found)]
    if not found.size:
        return None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def interval(
    counts: ArrayLike, statistic: Rate, resamples: int = RESAMPLES, seed: int = 0, level: float = LEVEL
) -> Interval | None:
    """Bootstrap interval of one figure.

    Parameters
    ----------
    counts : array_like of shape (S, ...)
        One entry a subject.
    statistic : function
        From summed counts (R, ...) to figures (R,).
    resamples, seed
        As in `resampling.resampled_sums`.
    level : float
        The share of the resamples between the bounds.

    Returns
    -------
    low, high : float
        None instead with fewer than two subjects, or where no resample has a figure.

    Examples
    --------
    >>> interval([[1, 2], [1, 2], [1, 2]], lambda sums: sums[:, 0] / sums[:, 1])
    (0.5, 0.5)
    """
    return intervals({None: (np.asarray(counts), statistic)}, resamples, seed, level)[None]


def intervals(
    metrics: Mapping[Name, Metric], resamples: int = RESAMPLES, seed: int = 0, level: float = LEVEL
) -> dict[Name, Interval | None]:
    """Bootstrap intervals of several figures, on the same resamples where the number of subjects is the same.

    Parameters
    ----------
    metrics : mapping of name to (counts, statistic)
        As in `interval`; counts that figures share are summed once.
    resamples, seed, level
        As in `interval`.

    Returns
    -------
    dict of name to (low, high) or None

    Examples
    --------
    >>> counts = np.array([[1, 2], [1, 2], [1, 2]])
    >>> intervals({"hits": (counts, lambda sums: sums[:, 0]), "lone": (counts[:1], lambda sums: sums[:, 0])})
    {'hits': (3.0, 3.0), 'lone': None}
    """
    values = _resampled(metrics, resamples, seed)
    return {name: percentiles(values[name], level) if name in values else None for name in metrics}


def paired_bootstraps(
    first: Mapping[Name, Metric],
    second: Mapping[Name, Metric],
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> dict[Name, dict[str, float | None]]:
    """Differences of two recipes, on the same subjects in the same order.

    Parameters
    ----------
    first, second : mapping of name to (counts, statistic)
        As in `intervals`, the same names and numbers of subjects on both sides.
    resamples, seed, level
        As in `interval`.

    Returns
    -------
    dict of name to {difference, low, high, p}
        The figure of `first` minus the figure of `second`, its interval and a two-sided p value,
        (k + 1) / (R + 1) doubled, with k the resamples on the rarer side of 0. low, high and p are None
        with fewer than two subjects.

    Raises
    ------
    ValueError
        If names or numbers of subjects differ.

    Examples
    --------
    >>> hits = lambda sums: sums[..., 0]
    >>> better, worse = np.array([[2], [3], [4]]), np.array([[1], [2], [3]])
    >>> paired_bootstraps({"hits": (better, hits)}, {"hits": (worse, hits)}, resamples=99)
    {'hits': {'difference': 3.0, 'low': 3.0, 'high': 3.0, 'p': 0.02}}
    """
    sizes = [{name: len(counts) for name, (counts, _) in metrics.items()} for metrics in (first, second)]
    if sizes[0] != sizes[1]:
        raise ValueError("two recipes are compared on equal metrics and equal subjects")
    values = [_resampled(metrics, resamples, seed) for metrics in (first, second)]
    result = {}
    for name in first:
        whole = [float(statistic(np.sum(counts, axis=0)[None])[0]) for counts, statistic in (first[name], second[name])]
        result[name] = {"difference": whole[0] - whole[1], "low": None, "high": None, "p": None}
        if name in values[0]:
            result[name] |= _difference(values[0][name] - values[1][name], level)
    return result


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> dict[str, Any]:
    """Exact McNemar test on answers that only one of two recipes got right.

    Parameters
    ----------
    first_right, second_right : array_like of shape (N,), bool
        Which answers of each recipe are right.

    Returns
    -------
    dict
        first_only, second_only (int) and the two-sided p.

    Raises
    ------
    ValueError
        If the numbers of answers differ.

    Examples
    --------
    >>> mcnemar([True, True, True, False], [False, False, True, False])
    {'first_only': 2, 'second_only': 0, 'p': 0.5}
    """
    from scipy.special import bdtr

    first_right, second_right = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first_right.shape != second_right.shape:
        raise ValueError(f"{first_right.shape} and {second_right.shape} answers; both recipes must answer the same")
    first_only = int(np.sum(first_right & ~second_right))
    second_only = int(np.sum(second_right & ~first_right))
    differing = first_only + second_only
    p = min(1.0, 2 * float(bdtr(min(first_only, second_only), differing, 0.5))) if differing else 1.0
    return {"first_only": first_only, "second_only": second_only, "p": p}


def _resampled(metrics: Mapping[Name, Metric], resamples: int, seed: int) -> dict[Name, Array]:
    """Figures (R,) of each metric with two subjects or more; counts that metrics share are summed once."""
    by_size: dict[int, dict[int, Array]] = {}
    for counts, _ in metrics.values():
        by_size.setdefault(len(counts), {})[id(counts)] = np.asarray(counts)
    sums = {}
    for size, shared in by_size.items():
        if size < 2:
            continue
        flat = [counts.reshape(size, -1) for counts in shared.values()]
        whole = resampled_sums(np.concatenate(flat, axis=1), resamples, seed)
        parts = np.split(whole, np.cumsum([part.shape[1] for part in flat])[:-1], axis=1)
        for key, part in zip(shared, parts):
            sums[key] = part.reshape(resamples, *shared[key].shape[1:])
    return {n: statistic(sums[id(counts)]) for n, (counts, statistic) in metrics.items() if id(counts) in sums}


def _difference(values: Array, level: float) -> dict[str, float | None]:
    values = values[~np.isnan(values)]
    bounds = percentiles(values, level)
    if bounds is None:
        return {}
    rarer = min(np.sum(values <= 0), np.sum(values >= 0))
    return {"low": bounds[0], "high": bounds[1], "p": float(min(1.0, 2 * (rarer + 1) / (values.size + 1)))}
