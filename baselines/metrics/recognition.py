"""Recognition: unweighted F1 and recall over emotion classes, from pooled predictions.

Conventions
-----------
Truth and predictions are parallel arrays (N,) of class names; the class set `labels` (C,) is always
given, because scores depend on it: a class of the set that never occurs scores 0 and still divides.
A prediction outside the set is wrong for its true class and right for none. Under leave-one-subject-
out the predictions of all folds are pooled before anything is computed, and the figures of one
database are those of the pooled predictions of its clips.

Metrics
-------
- UF1 = mean over classes of 2 TP / (2 TP + FP + FN); UAR = mean over classes of TP / N.
- accuracy = correct / all.
- expected calibration error: |correct - confidence| summed over BINS equal bins of the confidence in the
  answer, over all clips; 0 when of the answers given with 70 % confidence 70 % are right. `calibration_counts`
  add up over clips, so that it has an interval like every other figure.
- `fold_means`: the same three averaged over folds, each fold over the classes in its own truth. It
  is another quantity (small folds dominate) and is reported only under the name `fold-mean`.

With all classes present UF1 and UAR equal scikit-learn's macro F1 and macro recall.

References
----------
See et al., MEGC 2019: the second facial micro-expressions grand challenge, FG 2019. Expected calibration error:
Guo et al., On calibration of modern neural networks, ICML 2017.
"""

import numpy as np

from baselines.metrics.ratios import class_mean, ratio

BINS = 10
MEGC_CLASSES = ("negative", "positive", "surprise")


def validate(truth, predicted, labels):
    """Raise `ValueError` unless truth and predictions are of one length and each truth is in `labels`."""
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true labels but {len(predicted)} predictions; expected as many")
    if len(set(labels)) != len(labels):
        raise ValueError(f"labels: a class stands twice in {list(labels)}")
    unknown = sorted(set(map(str, truth)) - set(map(str, labels)))
    if unknown:
        raise ValueError(f"truth: {unknown[0]!r} is outside the classes {', '.join(map(str, labels))}")


def confusion(truth, predicted, labels):
    """Return the (C, C + 1) integer counts: rows true classes, columns predicted; last column: outside the set."""
    validate(truth, predicted, labels)
    return confusions(truth, predicted, labels, np.zeros(len(truth), int), 1)[0]


def confusions(truth, predicted, labels, groups, n_groups):
    """Return (G, C, C + 1) counts, one confusion for each of the `groups` (N,), numbered 0 to `n_groups` - 1."""
    number = {str(label): n for n, label in enumerate(labels)}
    classes = len(number)
    rows = np.fromiter((number[str(label)] for label in truth), int, len(truth))
    columns = np.fromiter((number.get(str(label), classes) for label in predicted), int, len(predicted))
    cells = (np.asarray(groups, int) * classes + rows) * (classes + 1) + columns
    counts = np.bincount(cells, minlength=n_groups * classes * (classes + 1))
    return counts.reshape(n_groups, classes, classes + 1)


def class_counts(counts):
    """Return (tp, fp, fn), each (..., C), of confusions (..., C, C + 1)."""
    counts = np.asarray(counts)
    square = counts[..., :-1]
    tp = np.diagonal(square, axis1=-2, axis2=-1)
    return tp, square.sum(axis=-2) - tp, counts.sum(axis=-1) - tp


def uf1(counts, counted=None):
    """Return the unweighted F1 (...) of confusions (..., C, C + 1); `counted` (..., C) limits the classes averaged."""
    tp, fp, fn = class_counts(counts)
    return class_mean(ratio(2 * tp, 2 * tp + fp + fn), counted)


def uar(counts, counted=None):
    """Return the unweighted average recall (...) of confusions; `counted` as in `uf1`."""
    tp, _, fn = class_counts(counts)
    return class_mean(ratio(tp, tp + fn), counted)


def accuracy(counts):
    """Return the share of correct predictions (...) of confusions (..., C, C + 1)."""
    counts = np.asarray(counts)
    return ratio(class_counts(counts)[0].sum(axis=-1), counts.sum(axis=(-2, -1)))


def calibration_counts(correct, confidence, groups, n_groups):
    """Return (G, BINS, 3) sums over the clips of each of the `groups` (N,): clips, correct answers, confidence.

    correct: (N,) booleans; confidence: (N,) probabilities of the answers given, 0 to 1.
    """
    confidence = np.asarray(confidence, float)
    if np.any((confidence < 0) | (confidence > 1)):
        raise ValueError("confidence: expected probabilities from 0 to 1")
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    cells = np.asarray(groups, int) * BINS + bins
    columns = [np.bincount(cells, weights, n_groups * BINS) for weights in (None, correct, confidence)]
    return np.stack(columns, axis=-1).reshape(n_groups, BINS, 3)


def expected_calibration_error(counts):
    """Return the expected calibration error (...) of `calibration_counts` (..., BINS, 3); 0 without clips."""
    counts = np.asarray(counts, float)
    return ratio(np.abs(counts[..., 1] - counts[..., 2]).sum(axis=-1), counts[..., 0].sum(axis=-1))


def fold_means(truth, predicted, labels, folds):
    """Return {uf1, uar, accuracy}, each the mean over folds (N,) of the figure within the fold."""
    validate(truth, predicted, labels)
    names, index = np.unique(folds, return_inverse=True)
    counts = confusions(truth, predicted, labels, index, len(names))
    counted = in_truth(counts)
    figures = {"uf1": uf1(counts, counted), "uar": uar(counts, counted), "accuracy": accuracy(counts)}
    return {name: float(values.mean()) if len(names) else 0.0 for name, values in figures.items()}


def summary(counts, counted=None):
    """Return {uf1, uar, accuracy, n} of one confusion (C, C + 1); `counted` as in `uf1`."""
    return {
        "uf1": float(uf1(counts, counted)),
        "uar": float(uar(counts, counted)),
        "accuracy": float(accuracy(counts)),
        "n": int(np.sum(counts)),
    }


def in_truth(counts):
    """Return (..., C), which classes occur in the truth of confusions (..., C, C + 1)."""
    return np.sum(counts, axis=-1) > 0


def counted_in_resample(whole, counted=None):
    """Return a function from resampled confusions (R, C, C + 1) to the classes (R, C) that their means count.

    A class that a resample happens to lack is left out of its mean; one that the `whole` (C, C + 1)
    lacks scores 0 there and in every resample. `counted` (C,): the classes of the figure of the whole.
    """
    lacking = ~in_truth(whole)
    counted = np.ones(len(lacking), bool) if counted is None else counted
    return lambda sums: counted & (in_truth(sums) | lacking)


def evaluate(truth, predicted, labels, datasets=None, folds=None, dataset_classes="set"):
    """Return {uf1, uar, accuracy, n, confusion} and, if asked, per_dataset and fold_mean.

    `truth`, `predicted`, `datasets`, `folds` are arrays (N,). `per_dataset` is {name: {uf1, uar,
    accuracy, n}} in order of name, over all `labels` (dataset_classes="set") or over those that occur in
    the truth of the database ("truth").
    """
    counts = confusion(truth, predicted, labels)
    result = summary(counts) | {"confusion": {"labels": list(labels), "counts": counts.tolist()}}
    if datasets is not None:
        names, index = np.unique(datasets, return_inverse=True)
        result["per_dataset"] = {
            name: summary(mine, in_truth(mine) if dataset_classes == "truth" else None)
            for name, mine in zip(names.tolist(), confusions(truth, predicted, labels, index, len(names)))
        }
    if folds is not None:
        result["fold_mean"] = fold_means(truth, predicted, labels, folds)
    return result
