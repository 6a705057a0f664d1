"""Classifiers: each function builds a scikit-learn estimator from the seed and a recipe's parameters."""

from typing import Annotated

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from baselines.signatures import Above, AtLeast

Positive = Annotated[float, Above(0)]
DECIMALS = 9


class KernelRidge(ClassifierMixin, BaseEstimator):
    """Weighted kernel ridge regression on the classes coded as 1 and -1 (a least-squares support vector machine).

    alpha: strength of the L2 penalty; at 0 every training clip is met exactly. One linear system for all classes
    at once. Source: Suykens & Vandewalle 1999.
    """

    _estimator_type = "classifier"

    def __init__(self, alpha=0.3):
        self.alpha = alpha

    def fit(self, K, y, sample_weight=None):
        """Fit on the kernel (n, n) of the training samples, their classes (n,) and weights (n,)."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        targets = np.where(codes[:, None] == np.arange(len(self.classes_)), 1.0, -1.0)
        self.dual_, self.intercept_ = solve_ridge(K, targets, self.alpha, sample_weight)
        return self

    def decision_function(self, K):
        """Return (m, classes) scores, 1 for a clear member and -1 for none, of a kernel (m, n)."""
        return K @ self.dual_ + self.intercept_

    def predict(self, K):
        """Return the class (m,) of the highest score."""
        return self.classes_[self.decision_function(K).argmax(axis=1)]


def solve_ridge(K, targets, alpha, weights=None):
    """Return dual coefficients (n, t) and intercepts (t,) of the weighted ridge regression of targets (n, t)."""
    weights = np.ones(len(K)) if weights is None else np.asarray(weights, float)
    intercept = weights @ targets / weights.sum()
    root = np.sqrt(weights)[:, None]
    system = root * K * root.T + alpha * np.eye(len(K))
    return root * np.linalg.solve(system, root * (targets - intercept)), intercept


def majority(seed):
    """Return the classifier that always answers the most frequent training class."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="most_frequent")


def svm(seed, C: Positive = 1.0, tol: Positive = 1e-3, shrinking: bool = True):
    """Return a support vector machine on kernels (libsvm; exact, so the seed plays no part).

    C: weight of what is misclassified. tol, shrinking: as `sklearn.svm.SVC`.
    """
    from sklearn.svm import SVC

    return SVC(C=C, tol=tol, shrinking=shrinking, kernel="precomputed", break_ties=True)


def ridge(seed, alpha: Annotated[float, AtLeast(0)] = 0.3):
    """Return `KernelRidge` (exact, so the seed plays no part)."""
    return KernelRidge(alpha)


def class_scores(classifier, Z, known, classes):
    """Return (n, `classes`) scores, highest for the answer; those of a class the classifier never saw are far below.

    Rounded to `DECIMALS`, below which processors differ, so that equal ones are equal everywhere.

    Z: what the classifier was fitted on, for other samples: features (n, d), or a kernel (n, training samples).
    known: the columns that its own classes stand for.
    """
    if hasattr(classifier, "decision_function"):
        found = classifier.decision_function(Z)
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
    else:
        found = np.log(np.maximum(np.asarray(classifier.predict_proba(Z), float), 1e-9))
    scores = np.full((len(Z), classes), found.min(initial=0) - 10.0, float)
    scores[:, known] = found
    return scores.round(DECIMALS)
