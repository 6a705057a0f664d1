"""Classification: confusions of groups, and the F1 and recall that are averaged over classes.

What a recognizer chooses by may be the same as what it is judged by, so these functions stand apart from the figures of
`baselines.metrics.recognition`, which tells the conventions and the references: a figure that is added there changes no
prediction.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from baselines.metrics.ratios import class_mean, ratio


def confusions(
    truth: Collection[Any], predicted: Collection[Any], labels: Collection[Any], groups: ArrayLike, n_groups: int
) -> NDArray[Any]:
    """Confusion matrix of each group, such as a subject. Truth and labels are not validated.

    Parameters
    ----------
    truth, predicted : sequence of length N
        Class names.
    labels : sequence of length C
        The class set, each class once; every truth is one of them.
    groups : array_like of shape (N,), int
        The group of each prediction, numbered 0 to `n_groups` - 1.
    n_groups : int
        G, the number of groups.

    Returns
    -------
    ndarray of shape (G, C, C + 1), int

    Examples
    --------
    >>> confusions(["a", "b"], ["a", "a"], ["a", "b"], [1, 0], 2).tolist()
    [[[0, 0, 0], [1, 0, 0]], [[1, 0, 0], [0, 0, 0]]]
    """
    number = {str(label): n for n, label in enumerate(labels)}
    classes = len(number)
    rows = np.fromiter((number[str(label)] for label in truth), int, len(truth))
    columns = np.fromiter((number.get(str(label), classes) for label in predicted), int, len(predicted))
    cells = (np.asarray(groups, int) * classes + rows) * (classes + 1) + columns
    counts = np.bincount(cells, minlength=n_groups * classes * (classes + 1))
    return counts.reshape(n_groups, classes, classes + 1)


def class_counts(counts: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """True positives, false positives and false negatives of each class.

    Parameters
    ----------
    counts : array_like of shape (..., C, C + 1)
        Confusions.

    Returns
    -------
    tp, fp, fn : ndarray of shape (..., C)

    Examples
    --------
    >>> [n.tolist() for n in class_counts([[1, 0, 1], [1, 0, 0]])]
    [[1, 0], [1, 0], [1, 1]]
    """
    counts = np.asarray(counts)
    square = counts[..., :-1]
    tp = np.diagonal(square, axis1=-2, axis2=-1)
    return tp, square.sum(axis=-2) - tp, counts.sum(axis=-1) - tp


def uf1(counts: ArrayLike, counted: ArrayLike | None = None) -> NDArray[Any]:
    """Unweighted F1: mean over classes of 2 TP / (2 TP + FP + FN).

    Parameters
    ----------
    counts : array_like of shape (..., C, C + 1)
        Confusions.
    counted : array_like of shape (..., C), bool, optional
        The classes that are averaged; all by default.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(uf1([[2, 0, 0], [2, 0, 0]]))
    0.3333333333333333
    """
    tp, fp, fn = class_counts(counts)
    return class_mean(ratio(2 * tp, 2 * tp + fp + fn), counted)


def uar(counts: ArrayLike, counted: ArrayLike | None = None) -> NDArray[Any]:
    """Unweighted average recall: mean over classes of TP / (TP + FN).

    Parameters
    ----------
    counts, counted
        As in `uf1`.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(uar([[2, 0, 0], [2, 0, 0]]))
    0.5
    """
    tp, _, fn = class_counts(counts)
    return class_mean(ratio(tp, tp + fn), counted)
