"""Recognition: unweighted F1 and recall over emotion classes, from pooled predictions.

Conventions
-----------
Truth and predictions are parallel arrays (N,) of class names; the class set `labels` (C,) is always
given, because scores depend on it: a class of the set that never occurs scores 0 and still divides.
A prediction outside the set is wrong for its true class and right for none. Under leave-one-subject-
out the predictions of all folds are pooled before anything is computed, and the figures of one
database are those of the pooled predictions of its clips.

Counts
------
`classification.confusions` gives one confusion matrix (C, C + 1) a subject: rows true classes, columns
predicted, the last column predictions outside the set.

Figures
-------
`FIGURES`, of summed confusions and the classes that means count: uf1, uar, accuracy and n. With all classes
present UF1 and UAR equal scikit-learn's macro F1 and macro recall. Two more do not follow from one confusion:

- expected calibration error, of the counts of `calibration_counts`;
- `fold_means`: the figures averaged over folds, each fold over the classes in its own truth. It is another
  quantity (small folds dominate) and is reported only under the name `fold-mean`.

References
----------
See et al., MEGC 2019: the second facial micro-expressions grand challenge, FG 2019. Expected calibration error:
Guo et al., On calibration of modern neural networks, ICML 2017.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from baselines.metrics import classification
from baselines.metrics.figures import Array, Rate, is_count
from baselines.metrics.ratios import ratio

BINS = 10
MEGC_CLASSES = ("negative", "positive", "surprise")


def validate(truth: Collection[Any], predicted: Collection[Any], labels: Collection[Any]) -> None:
    """Refuse truth and predictions that do not fit each other or the class set.

    Parameters
    ----------
    truth, predicted : sequence of length N
        Class names.
    labels : sequence of length C
        The class set.

    Raises
    ------
    ValueError
        Unless truth and predictions are of one length, each class stands once, and each truth is a class.

    Examples
    --------
    >>> validate(["fear"], ["anger"], ["anger", "joy"])
    Traceback (most recent call last):
        ...
    ValueError: truth: 'fear' is outside the classes anger, joy
    """
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true labels but {len(predicted)} predictions; expected as many")
    if len(set(labels)) != len(labels):
        raise ValueError(f"labels: a class stands twice in {list(labels)}")
    unknown = sorted(set(map(str, truth)) - set(map(str, labels)))
    if unknown:
        raise ValueError(f"truth: {unknown[0]!r} is outside the classes {', '.join(map(str, labels))}")


def confusion(truth: Collection[Any], predicted: Collection[Any], labels: Collection[Any]) -> Array:
    """Confusion matrix of all predictions.

    Parameters
    ----------
    truth, predicted, labels
        As in `validate`.

    Returns
    -------
    ndarray of shape (C, C + 1), int
        Rows true classes, columns predicted; last column: outside the set.

    Raises
    ------
    ValueError
        As `validate`.

    Examples
    --------
    >>> confusion(["a", "a", "b"], ["a", "?", "a"], ["a", "b"]).tolist()
    [[1, 0, 1], [1, 0, 0]]
    """
    validate(truth, predicted, labels)
    return classification.confusions(truth, predicted, labels, np.zeros(len(truth), int), 1)[0]


def accuracy(counts: ArrayLike, counted: ArrayLike | None = None) -> Array:
    """Share of correct predictions.

    Parameters
    ----------
    counts : array_like of shape (..., C, C + 1)
        Confusions.
    counted : array_like, optional
        Changes nothing: clips are counted, whatever classes are averaged. All `FIGURES` take it.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(accuracy([[2, 0, 1], [1, 0, 0]]))
    0.5
    """
    counts = np.asarray(counts)
    return ratio(classification.class_counts(counts)[0].sum(axis=-1), counts.sum(axis=(-2, -1)))


def number(counts: ArrayLike, counted: ArrayLike | None = None) -> Array:
    """Number of predictions.

    Parameters
    ----------
    counts, counted
        As in `accuracy`.

    Returns
    -------
    ndarray of shape (...)

    Examples
    --------
    >>> int(number([[2, 0, 1], [1, 0, 0]]))
    4
    """
    return np.asarray(counts).sum(axis=(-2, -1))


# Functions of confusions (..., C, C + 1) and the classes (..., C) that are averaged.
FIGURES: dict[str, Callable[..., Array]] = {
    "uf1": classification.uf1,
    "uar": classification.uar,
    "accuracy": accuracy,
    "n": number,
}


def in_truth(counts: ArrayLike) -> Array:
    """Tell which classes occur in the truth.

    Parameters
    ----------
    counts : array_like of shape (..., C, C + 1)
        Confusions.

    Returns
    -------
    ndarray of shape (..., C), bool

    Examples
    --------
    >>> in_truth([[1, 0, 1], [0, 0, 0]]).tolist()
    [True, False]
    """
    return np.sum(counts, axis=-1) > 0


def counted_in_resample(whole: ArrayLike, counted: ArrayLike | None = None) -> Rate:
    """Which classes the means over a resample count.

    A class that a resample happens to lack is left out of its mean; one that the whole lacks scores 0
    there and in every resample.

    Parameters
    ----------
    whole : array_like of shape (C, C + 1)
        The confusion of everything.
    counted : array_like of shape (C,), bool, optional
        The classes that the figures of the whole average; all by default.

    Returns
    -------
    function
        From the confusions of resamples (..., C, C + 1) to the classes (..., C) counted in each; for the
        whole itself `counted`.

    Examples
    --------
    >>> chosen = counted_in_resample([[2, 0, 0], [0, 1, 0], [0, 0, 0]])
    >>> chosen([[2, 0, 0], [0, 0, 0], [0, 0, 0]]).tolist()
    [True, False, True]
    """
    lacking = ~in_truth(whole)
    averaged = np.ones(len(lacking), bool) if counted is None else np.asarray(counted)
    return lambda counts: averaged & (in_truth(counts) | lacking)


def averaging(figures: Mapping[str, Callable[..., Array]], chosen: Rate) -> dict[str, Rate]:
    """Figures of counts and of classes as figures of counts alone.

    Parameters
    ----------
    figures : mapping of str to function
        Of confusions and the classes averaged, such as `FIGURES`.
    chosen : function
        From confusions to the classes averaged, such as `counted_in_resample` gives.

    Returns
    -------
    dict of str to function
        In the order of `figures`.

    Examples
    --------
    >>> counts = [[2, 0, 0], [0, 0, 0]]
    >>> alone = averaging(FIGURES, in_truth)
    >>> float(FIGURES["uf1"](counts)), float(alone["uf1"](counts))
    (0.5, 1.0)
    """

    def alone(figure: Callable[..., Array]) -> Rate:
        return lambda counts: figure(counts, chosen(counts))

    return {name: alone(figure) for name, figure in figures.items()}


def fold_means(counts: ArrayLike) -> dict[str, float]:
    """Rates of `FIGURES`, each the mean over folds of the figure within the fold.

    Parameters
    ----------
    counts : array_like of shape (F, C, C + 1)
        One confusion a fold.

    Returns
    -------
    dict of str to float
        0 without folds.

    Examples
    --------
    >>> fold_means([[[1, 0, 0], [1, 0, 0]], [[0, 1, 0], [0, 0, 0]]])["uar"]
    0.25
    """
    within = {name: rate(np.asarray(counts)) for name, rate in averaging(FIGURES, in_truth).items()}
    return {
        name: float(values.mean()) if len(values) else 0.0 for name, values in within.items() if not is_count(values)
    }


def calibration_counts(correct: ArrayLike, confidence: ArrayLike, groups: ArrayLike, n_groups: int) -> Array:
    """Counts behind the expected calibration error, of each group of clips.

    Parameters
    ----------
    correct : array_like of shape (N,), bool
        Which answers are right.
    confidence : array_like of shape (N,)
        Probabilities of the answers given, 0 to 1.
    groups : array_like of shape (N,), int
        The group of each answer, numbered 0 to `n_groups` - 1.
    n_groups : int
        G, the number of groups.

    Returns
    -------
    ndarray of shape (G, BINS, 3), float64
        Clips, correct answers and summed confidence in each of BINS equal bins of the confidence.

    Raises
    ------
    ValueError
        At a confidence outside 0 to 1.

    Examples
    --------
    >>> calibration_counts([True, False], [0.95, 0.9], [0, 0], 1)[0, -1].tolist()
    [2.0, 1.0, 1.85]
    """
    confidence = np.asarray(confidence, float)
    if np.any((confidence < 0) | (confidence > 1)):
        raise ValueError("confidence: expected probabilities from 0 to 1")
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    cells = np.asarray(groups, int) * BINS + bins
    weights: Sequence[ArrayLike | None] = (None, correct, confidence)
    columns = [np.bincount(cells, column, n_groups * BINS) for column in weights]
    return np.stack(columns, axis=-1).reshape(n_groups, BINS, 3)


def expected_calibration_error(counts: ArrayLike) -> Array:
    """|correct - confidence| summed over bins of the confidence, over all clips.

    0 when of the answers given with 70 % confidence 70 % are right.

    Parameters
    ----------
    counts : array_like of shape (..., BINS, 3)
        Sums of what `calibration_counts` gives.

    Returns
    -------
    ndarray of shape (...), float64
        0 without clips.

    Examples
    --------
    >>> counts = calibration_counts([True, False], [0.75, 0.75], [0, 0], 1)
    >>> expected_calibration_error(counts).tolist()
    [0.25]
    """
    counts = np.asarray(counts, float)
    return ratio(np.abs(counts[..., 1] - counts[..., 2]).sum(axis=-1), counts[..., 0].sum(axis=-1))
