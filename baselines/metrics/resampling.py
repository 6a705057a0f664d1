"""Resampling: sums of counts over subjects drawn with replacement.

Clips of one person are not independent, so whole subjects are resampled. `counts` is (S, ...), one entry a subject, and
a resample draws S subjects with replacement; the same seed and number of subjects draw the same resamples. More than
MOST_UNITS subjects are drawn in as many fixed groups of nearly equal size, which have the same variance and keep the
time bounded.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_UNITS = 2000
_BLOCK_NUMBERS = 4_000_000  # resampled subject numbers held at once


def validate(counts: ArrayLike) -> None:
    """Refuse counts without an axis of subjects.

    Parameters
    ----------
    counts : array_like of shape (S, ...)

    Raises
    ------
    ValueError
        If there is no leading axis.

    Examples
    --------
    >>> validate(3)
    Traceback (most recent call last):
        ...
    ValueError: counts: expected an array (S, ...) with one entry a subject
    """
    if np.ndim(counts) < 1:
        raise ValueError("counts: expected an array (S, ...) with one entry a subject")


def resampled_sums(counts: ArrayLike, resamples: int, seed: int = 0) -> NDArray[Any]:
    """Sums of counts over subjects drawn with replacement.

    Parameters
    ----------
    counts : array_like of shape (S, ...)
        One entry a subject.
    resamples : int
        R, how often S subjects are drawn.
    seed : int
        Decides the draws.

    Returns
    -------
    ndarray of shape (R, ...), float64

    Raises
    ------
    ValueError
        As `validate`.

    Examples
    --------
    >>> resampled_sums([2, 2, 2], resamples=4).tolist()
    [6.0, 6.0, 6.0, 6.0]
    """
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


def _grouped(counts: NDArray[Any]) -> NDArray[Any]:
    """Counts (S, K) with every MOST_UNITS-th subject in one group, where there are more than that."""
    if len(counts) <= MOST_UNITS:
        return counts
    padded = np.pad(counts, ((0, -len(counts) % MOST_UNITS), (0, 0)))
    return padded.reshape(-1, MOST_UNITS, counts.shape[1]).sum(axis=0)
