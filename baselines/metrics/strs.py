"""STRS, the spot-then-recognize score: F1 of spotting times F1 of analysis.

Conventions
-----------
Intervals and groups as in `baselines.metrics.spotting`; a group is one video of one subject, and a
video without any true event is a group too. Emotions are parallel arrays (N,). `classes` are the
analysed emotions; events of other emotions count in spotting and are left out of the analysis.

Counts
------
`count` gives two for each subject: tp, fp and fn of spotting, whose figures are those of
`baselines.metrics.spotting`, and the confusion of the matched pairs whose true emotion is in `classes`.

Figures
-------
`FIGURES`, of summed confusions and the classes that means count: precision and recall are means over classes of
one-against-rest figures, F1 = 2 P R / (P + R) of these two means; UF1 is the mean of the F1 of the classes, UAR
the mean recall. `score`: STRS = F1 of spotting x F1 of analysis.

Modes
-----
`corrected` matches one to one (`spotting.match_one_to_one`: most pairs, then largest total IoU) and
is defined for every input: what has no denominator is 0.
`megc2025-script` gives what the challenge's script gives, with its faults:

- a prediction takes every true event it covers that is still free, in the order of the predictions;
- subjects without predictions add no false negatives, and videos without truth no false positives;
- `uar` is the mean precision;
- a class is scored 0 where all analysed pairs agree on it (all are it, or none is, on both sides);
- STRS is nan where precision and recall of the analysis are both 0.

References
----------
Liong, See, Chan, Spot-then-recognize: a micro-expression analysis network for seamless evaluation of
long videos, Signal Processing: Image Communication, 2023 (STRS). Fan et al., MEGC 2025, arXiv 2506.15298.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from baselines.metrics import classification, spotting
from baselines.metrics.figures import Array
from baselines.metrics.ratios import class_mean, ratio

CORRECTED, SCRIPT = MODES = ("corrected", "megc2025-script")
Side = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]


def validate(intervals: ArrayLike, groups: ArrayLike, emotions: Collection[Any]) -> None:
    """Refuse intervals, groups and emotions that are not parallel.

    Parameters
    ----------
    intervals, groups
        As in `spotting.validate`.
    emotions : sequence of length N

    Raises
    ------
    ValueError
        As `spotting.validate`, and unless there are as many emotions.

    Examples
    --------
    >>> validate([[1, 2]], ["a"], [])
    Traceback (most recent call last):
        ...
    ValueError: 1 intervals but 0 emotions; expected as many
    """
    spotting.validate(intervals, groups)
    number = len(np.asarray(intervals))
    if len(emotions) != number:
        raise ValueError(f"{number} intervals but {len(emotions)} emotions; expected as many")


def match(
    truth: ArrayLike,
    truth_groups: ArrayLike,
    truth_emotions: ArrayLike,
    predicted: ArrayLike,
    predicted_groups: ArrayLike,
    predicted_emotions: ArrayLike,
    mode: str = CORRECTED,
) -> tuple[Array, Array]:
    """Pairs of a true and a predicted interval that stand for one another.

    Parameters
    ----------
    truth, predicted : array_like of shape (N, 2), int
        Intervals; the numbers N of the two sides differ.
    truth_groups, predicted_groups : array_like of shape (N,)
    truth_emotions, predicted_emotions : array_like of shape (N,)
        They decide where overlaps are equal, so that the order of rows has no influence.
    mode : str
        One of `MODES`.

    Returns
    -------
    i, j : ndarray of shape (K,), int
        The rows of the pairs in `truth` and in `predicted`; no i is repeated.

    Examples
    --------
    >>> sides = [[0, 9], [9, 19]], ["v", "v"], ["fear", "joy"], [[0, 19]], ["v"], ["fear"]
    >>> [rows.tolist() for rows in match(*sides)]
    [[1], [0]]
    >>> [rows.tolist() for rows in match(*sides, mode="megc2025-script")]
    [[0, 1], [0, 0]]
    """
    if mode == CORRECTED:
        labels = truth_emotions, predicted_emotions
        return spotting.match_one_to_one(truth, truth_groups, predicted, predicted_groups, labels=labels)
    i, j, _ = spotting.overlapping_pairs(truth, truth_groups, predicted, predicted_groups)
    order = np.lexsort((i, j))
    _, first = np.unique(i[order], return_index=True)  # each true event goes to the first prediction in the file
    return i[order][first], j[order][first]


def count(
    truth: Side, predicted: Side, subjects: ArrayLike, classes: Collection[Any], mode: str = CORRECTED
) -> tuple[Array, Array]:
    """Counts of each subject that determine every figure.

    Parameters
    ----------
    truth, predicted : tuple of array_like
        Intervals (N, 2), groups (N,), subjects (N,) and emotions (N,).
    subjects : array_like of shape (S,)
        Every subject of both, each once.
    classes : sequence of length C
        The analysed emotions.
    mode : str
        One of `MODES`.

    Returns
    -------
    spotted : ndarray of shape (S, 3), int
        tp, fp and fn.
    pairs : ndarray of shape (S, C, C + 1), int
        Confusions of the analysed pairs.

    Raises
    ------
    ValueError
        At a mode that is not known, and as `validate`.

    Examples
    --------
    >>> side = [[0, 9], [30, 39]], ["v", "v"], ["s", "s"], ["fear", "joy"]
    >>> spotted, pairs = count(side, side, ["s"], ["fear", "anger"])
    >>> spotted.tolist(), pairs.tolist()
    ([[2, 0, 0]], [[[1, 0, 0], [0, 0, 0]]])
    """
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}; expected one of {', '.join(MODES)}")
    (t, t_groups, t_subjects, t_emotions), (p, p_groups, p_subjects, p_emotions) = (
        tuple(map(np.asarray, side)) for side in (truth, predicted)
    )
    validate(t, t_groups, t_emotions)
    validate(p, p_groups, p_emotions)
    i, j = match(t, t_groups, t_emotions, p, p_groups, p_emotions, mode)
    number = len(np.asarray(subjects))
    t_index, p_index = spotting.group_index(t_subjects, subjects), spotting.group_index(p_subjects, subjects)
    missed, wrong = np.ones(len(t), bool), np.ones(len(p), bool)
    missed[i] = False
    wrong[j] = False
    if mode == SCRIPT:
        missed &= np.isin(t_subjects, p_subjects)
        wrong &= np.isin(p_groups, t_groups)
    tp, fp, fn = (np.bincount(of, minlength=number) for of in (t_index[i], p_index[wrong], t_index[missed]))
    analysed = np.isin(t_emotions.astype(object)[i].astype(str), list(map(str, classes)))
    i, j = i[analysed], j[analysed]
    pairs = classification.confusions(t_emotions[i], p_emotions[j], classes, t_index[i], number)
    return np.stack([tp, fp, fn], axis=1), pairs


def precision(pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """Mean over classes of the share of the pairs predicted as a class that are of it.

    Parameters
    ----------
    pairs : array_like of shape (..., C, C + 1)
        Confusions of the analysed pairs.
    counted : array_like of shape (..., C), bool, optional
        The classes that are averaged; all by default.
    mode : str
        One of `MODES`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(precision([[1, 0, 0], [1, 0, 0]]))
    0.25
    """
    tp, fp, _ = _class_counts(pairs, mode)
    return class_mean(ratio(tp, tp + fp), counted)


def recall(pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """Mean over classes of the share of the pairs of a class that are predicted as it.

    Parameters
    ----------
    pairs, counted, mode
        As in `precision`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(recall([[1, 0, 0], [1, 0, 0]]))
    0.5
    """
    tp, _, fn = _class_counts(pairs, mode)
    return class_mean(ratio(tp, tp + fn), counted)


def f1(pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """Harmonic mean of the mean precision and the mean recall.

    Parameters
    ----------
    pairs, counted, mode
        As in `precision`.

    Returns
    -------
    ndarray of shape (...), float64
        Where both means are 0: 0, under `megc2025-script` nan.

    Examples
    --------
    >>> float(f1([[1, 0, 0], [1, 0, 0]]))
    0.3333333333333333
    """
    p, r = precision(pairs, counted, mode), recall(pairs, counted, mode)
    return ratio(2 * p * r, p + r, np.nan if mode == SCRIPT else 0.0)


def uf1(pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """Unweighted F1: the mean of the F1 of the classes.

    Parameters
    ----------
    pairs, counted, mode
        As in `precision`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(uf1([[1, 0, 0], [1, 0, 0]]))
    0.3333333333333333
    """
    tp, fp, fn = _class_counts(pairs, mode)
    return class_mean(ratio(2 * tp, 2 * tp + fp + fn), counted)


def uar(pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """Unweighted average recall; the mean precision under `megc2025-script`.

    Parameters
    ----------
    pairs, counted, mode
        As in `precision`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(uar([[1, 0, 0], [1, 0, 0]]))
    0.5
    """
    return (precision if mode == SCRIPT else recall)(pairs, counted, mode)


# Functions of confusions (..., C, C + 1), the classes (..., C) that are averaged and the mode.
FIGURES: dict[str, Callable[..., Array]] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "uf1": uf1,
    "uar": uar,
}


def score(spotted: ArrayLike, pairs: ArrayLike, counted: ArrayLike | None = None, mode: str = CORRECTED) -> Array:
    """STRS, the F1 of spotting times the F1 of analysis.

    Parameters
    ----------
    spotted : array_like of shape (..., 3)
        tp, fp and fn.
    pairs, counted, mode
        As in `precision`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(score([1, 1, 1], [[1, 0, 0], [0, 1, 0]]))
    0.5
    """
    return spotting.f1(spotted) * f1(pairs, counted, mode)


def _class_counts(pairs: ArrayLike, mode: str) -> tuple[Array, Array, Array]:
    tp, fp, fn = classification.class_counts(pairs)
    if mode == SCRIPT:
        total = np.sum(pairs, axis=(-2, -1))[..., None]
        agreed = (fp + fn == 0) & ((tp == 0) | (tp == total))
        tp, fp, fn = (np.where(agreed, 0, n) for n in (tp, fp, fn))
    return tp, fp, fn
