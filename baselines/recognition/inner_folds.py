"""What is settled on inner folds that never split a subject: the choice among alternatives, the temperature."""

import numpy as np
from scipy.optimize import minimize_scalar

from baselines.metrics.classification import confusions, uar, uf1
from baselines.metrics.resampling import resampled_sums

RESAMPLES = 200


def split_groups(groups, folds=5):
    """Return up to `folds` boolean masks (n,) of the samples left out; every group is left out as a whole, once.

    Empty when there is one group only. Groups are dealt from the largest down, each to the fold that has least so far,
    as scikit-learn's `GroupKFold` does; which of equal ones comes first depends there on the processor.
    """
    names, group, counts = np.unique(groups, return_inverse=True, return_counts=True)
    number = min(folds, len(names))
    if number < 2:
        return []
    fold, sizes = np.empty(len(names), int), np.zeros(number, int)
    for name in np.argsort(counts, kind="stable")[::-1]:
        fold[name] = sizes.argmin()
        sizes[fold[name]] += counts[name]
    return list(fold[group] == np.arange(number)[:, None])


def choose(scores, codes, groups):
    """Return the number of the alternative to take, from the scores (n, classes) that each gives unseen samples.

    The alternative with the highest UF1 + UAR, if it beats the first by more than one standard error of the
    difference (bootstrap over groups); else the first: inner folds are small, and the highest of many noisy
    figures is mostly luck. Source of the rule: Breiman et al. 1984.
    """
    if len(scores) == 1 or scores[0] is None:
        return 0
    labels, index = range(scores[0].shape[1]), np.unique(groups, return_inverse=True)[1]
    worth, resampled = [], []
    for found in scores:
        counts = confusions(codes, found.argmax(axis=1), labels, index, index.max() + 1)
        worth.append(_worth(counts.sum(axis=0)))
        resampled.append(counts)
    best = int(np.argmax(worth))
    first, other = (_worth(resampled_sums(resampled[number], RESAMPLES)) for number in (0, best))
    return best if worth[best] - worth[0] > np.std(other - first) else 0


def _worth(counts):
    return uf1(counts) + uar(counts)


def softmax(scores):
    """Return the probabilities (n, classes) that scores (n, classes) stand for."""
    risen = np.exp(scores - scores.max(axis=1, keepdims=True))
    return risen / risen.sum(axis=1, keepdims=True)


def fit_temperature(scores, codes):
    """Return the T > 0 for which softmax(scores / T) makes the true classes (n,) likeliest.

    scores: (n, classes) of samples that the classifier did not see, or None (then 1). Source: Guo et al. 2017.
    """
    if scores is None:
        return 1.0
    true = np.arange(len(codes)), codes

    def surprise(log_temperature):
        return -np.log(np.maximum(softmax(scores / np.exp(log_temperature))[true], 1e-12)).mean()

    return float(np.exp(minimize_scalar(surprise, bounds=(-5, 5), method="bounded").x))
