"""How far a figure could move with other subjects, and whether two recipes differ.

Conventions
-----------
Clips of one person are not independent, so whole subjects are resampled. Every metric of this
package follows from counts that add up over subjects: `counts` is (S, ...), one entry a subject, and
a statistic maps summed counts (R, ...) to figures (R,). A resample draws S subjects with replacement;
the same seed and number of subjects draw the same resamples, so that recipes are compared in pairs.
More than MOST_UNITS subjects are drawn in as many fixed groups of nearly equal size, which have the same
variance and keep the time bounded.

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

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95
MOST_UNITS = 2000
_BLOCK_NUMBERS = 4_000_000  # resampled subject numbers held at once


def validate(counts):
    """Raise `ValueError` unless `counts` has a leading axis of subjects."""
    if np.ndim(counts) < 1:
        raise ValueError("counts: expected an array (S, ...) with one entry a subject")


def resampled_sums(counts, resamples=RESAMPLES, seed=0):
    """Return (R, ...) sums of `counts` (S, ...) over S subjects drawn with replacement, R times."""
    validate(counts)
    counts = np.asarray(counts, float)
    if not len(counts):
        return np.zeros((resamples, *counts.shape[1:]))
    flat = _grouped(counts.reshape(len(counts), -1))
    subjects = len(flat)
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK_NUMBERS // subjects)
    sums = []
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = rng.integers(subjects, size=(rows, subjects)) + subjects * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * subjects).reshape(rows, subjects)
        sums.append(times @ flat)
    return np.concatenate(sums).reshape(resamples, *counts.shape[1:])


def _grouped(counts):
    """Counts (S, K) with every MOST_UNITS-th subject in one group, where there are more than that."""
    if len(counts) <= MOST_UNITS:
        return counts
    padded = np.pad(counts, ((0, -len(counts) % MOST_UNITS), (0, 0)))
    return padded.reshape(-1, MOST_UNITS, counts.shape[1]).sum(axis=0)


def percentiles(values, level=LEVEL):
    """Return (low, high) that hold the middle `level` of `values` (R,) without nan; None if there is no value."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if not values.size:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def interval(counts, statistic, resamples=RESAMPLES, seed=0, level=LEVEL):
    """Return the bootstrap interval (low, high) of `statistic`; None with fewer than two subjects."""
    return intervals({None: (counts, statistic)}, resamples, seed, level)[None]


def intervals(metrics, resamples=RESAMPLES, seed=0, level=LEVEL):
    """Return {name: interval} of {name: (counts (S, ...), statistic)}, on the same resamples where S is the same."""
    values = _resampled(metrics, resamples, seed)
    return {name: percentiles(values[name], level) if name in values else None for name in metrics}


def paired_bootstraps(first, second, resamples=RESAMPLES, seed=0, level=LEVEL):
    """Compare two recipes, {name: (counts (S, ...), statistic)} each, on the same subjects in the same order.

    Returns {name: {difference, low, high, p}}: figure of `first` minus figure of `second`, its interval
    and a two-sided p value, (k + 1) / (R + 1) doubled, with k the resamples on the rarer side of 0. low,
    high and p are None with fewer than two subjects.
    """
    sizes = [{name: len(counts) for name, (counts, _) in metrics.items()} for metrics in (first, second)]
    if sizes[0] != sizes[1]:
        raise ValueError("two recipes are compared on equal metrics and equal subjects")
    values = [_resampled(metrics, resamples, seed) for metrics in (first, second)]
    result = {}
    for name in first:
        whole = [float(statistic(np.sum(counts, axis=0)[None])[0]) for counts, statistic in (first[name], second[name])]
        result[name] = {"difference": whole[0] - whole[1]} | dict.fromkeys(("low", "high", "p"))
        if name in values[0]:
            result[name] |= _difference(values[0][name] - values[1][name], level)
    return result


def _resampled(metrics, resamples, seed):
    """Figures (R,) of each metric with two subjects or more; counts that metrics share are summed once."""
    by_size = {}
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


def _difference(values, level):
    values = values[~np.isnan(values)]
    if not values.size:
        return {}
    low, high = percentiles(values, level)
    rarer = min(np.sum(values <= 0), np.sum(values >= 0))
    return {"low": low, "high": high, "p": float(min(1.0, 2 * (rarer + 1) / (values.size + 1)))}


def mcnemar(first_right, second_right):
    """Return {first_only, second_only, p} of the exact McNemar test; two boolean arrays (N,) of right answers."""
    from scipy.special import bdtr

    first_right, second_right = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first_right.shape != second_right.shape:
        raise ValueError(f"{first_right.shape} and {second_right.shape} answers; both recipes must answer the same")
    first_only = int(np.sum(first_right & ~second_right))
    second_only = int(np.sum(second_right & ~first_right))
    differing = first_only + second_only
    p = min(1.0, 2 * float(bdtr(min(first_only, second_only), differing, 0.5))) if differing else 1.0
    return {"first_only": first_only, "second_only": second_only, "p": p}
