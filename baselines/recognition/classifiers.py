"""Classifiers on kernels, and how all classifiers are asked: each function builds a scikit-learn estimator.

It is given the seed and a recipe's parameters. Classifiers on rows stand in `row_classifiers`, `boosting` and
`estimators`.
"""

from typing import Annotated

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import has_fit_parameter

from baselines.errors import InputError
from baselines.recognition.checks import real
from baselines.signatures import Above, AtLeast

Positive = Annotated[float, Above(0)]
DECIMALS = 9
LEAST_EIGENVALUE = 1e-7  # of the largest; what is below are rounding errors of a kernel that is known to float32


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


class KernelLogistic(ClassifierMixin, BaseEstimator):
    """Weighted logistic regression on a kernel, multinomial; on a linear kernel it is that on rows.

    C: inverse strength of the L2 penalty. Newton's method, to the last digits: where a solver stops early hangs on the
    processor. Source: Zhu & Hastie 2005.
    """

    _estimator_type = "classifier"

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, K, y, sample_weight=None):
        """Fit on the kernel (n, n) of the training samples, their classes (n,) and weights (n,)."""
        from sklearn.linear_model import LogisticRegression

        basis, scale = kernel_basis(K)
        model = LogisticRegression(C=self.C * scale**2, solver="newton-cholesky", tol=1e-11, max_iter=200)
        model.fit(K @ basis, y, sample_weight=sample_weight)
        coefficients, intercepts = model.coef_.T, model.intercept_
        if len(model.classes_) == 2:  # told as the difference of the two
            coefficients, intercepts = (np.concatenate([-one, one], axis=-1) / 2 for one in (coefficients, intercepts))
        self.classes_ = model.classes_
        self.dual_, self.intercept_ = basis @ coefficients, intercepts - intercepts.mean()
        return self

    def decision_function(self, K):
        """Return (m, classes) scores, whose softmax are probabilities, of a kernel (m, n)."""
        return (K @ self.dual_ + self.intercept_).round(6)

    def predict(self, K):
        """Return the class (m,) of the highest score."""
        return self.classes_[self.decision_function(K).argmax(axis=1)]


def kernel_basis(K):
    """Return (basis (n, r), scale) for which K @ basis are rows whose inner products are the kernel K over scale^2.

    Their mean square norm is 1.
    """
    values, vectors = np.linalg.eigh(K)
    kept = values > LEAST_EIGENVALUE * values[-1]
    kept[-1] = True  # of a kernel of zeros
    scale = np.sqrt(max(np.trace(K) / len(K), 1e-12))
    return vectors[:, kept] / np.sqrt(np.maximum(values[kept], 1e-12)) / scale, scale


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


def logistic(seed, C: Positive = 1.0):
    """Return `KernelLogistic` (exact, so the seed plays no part)."""
    return KernelLogistic(C)


def takes_weights(classifier):
    """Tell whether a classifier can weigh its training samples; to the most frequent class weights mean nothing."""
    from sklearn.dummy import DummyClassifier

    return has_fit_parameter(classifier, "sample_weight") and not isinstance(classifier, DummyClassifier)


def class_scores(classifier, Z, known, classes):
    """Return (n, `classes`) scores, highest for the answer; those of a class the classifier never saw are far below.

    Rounded to `DECIMALS`, below which processors differ, so that equal ones are equal everywhere.

    Z: what the classifier was fitted on, for other samples: features (n, d), or a kernel (n, training samples).
    known: the columns that its own classes stand for.
    """
    if hasattr(classifier, "decision_function"):
        found = real(classifier.decision_function(Z), "scores", (len(Z), ...))
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
    else:
        found = real(classifier.predict_proba(Z), "probabilities", (len(Z), ...)).astype(float)
        found = np.log(np.maximum(found, 1e-9))
    if found.shape != (len(Z), len(known)):
        raise InputError(f"gives scores of shape {found.shape} for {len(Z)} clips and {len(known)} classes")
    scores = np.full((len(Z), classes), found.min(initial=0) - 10.0, float)
    scores[:, known] = found
    return scores.round(DECIMALS)
