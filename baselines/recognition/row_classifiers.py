"""Classifiers on rows (n, d), apart from those on kernels; each function builds one from the seed and parameters."""

from typing import Annotated, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from baselines.recognition.classifiers import Positive
from baselines.recognition.kernels import chi2_distances
from baselines.signatures import Above, AtLeast, AtMost

Count = Annotated[int, AtLeast(1)]
Share = Annotated[float, Above(0), AtMost(1)]
Distance = Literal["euclidean", "cityblock", "cosine", "chi2"]


class NearestNeighbours(ClassifierMixin, BaseEstimator):
    """The classes of the nearest training samples; of those equally far the first counts, on every processor.

    n_neighbors: how many, or all training samples where these are fewer. weights: each counts the same ("uniform"), or
    by the inverse of its distance ("distance"), where those at no distance count alone. metric: as
    `scipy.spatial.distance.cdist`, or "chi2" for histograms, sum (a - b)^2 / (a + b). Source: Cover & Hart 1967.
    """

    _estimator_type = "classifier"

    def __init__(self, n_neighbors=5, weights="uniform", metric="euclidean"):
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric

    def fit(self, X, y):
        """Keep the training samples (n, d) and their classes (n,)."""
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        self.rows_ = np.array(X, float)
        return self

    def predict_proba(self, X):
        """Return each class's share (m, classes) of the nearest training samples."""
        distances = self._distances(np.asarray(X, float))
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : self.n_neighbors]
        votes = self._votes(np.take_along_axis(distances, nearest, axis=1))
        members = self.codes_[nearest][..., None] == np.arange(len(self.classes_))
        shares = (votes[..., None] * members).sum(axis=1)
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X):
        """Return the class (m,) of the largest share."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _distances(self, X):
        if self.metric == "chi2":
            return chi2_distances(X, self.rows_)
        from scipy.spatial.distance import cdist

        return cdist(X, self.rows_, self.metric)

    def _votes(self, distances):
        if self.weights == "uniform":
            return np.ones(distances.shape)
        same = distances <= 0
        inverse = 1 / np.where(same, 1, distances)
        return np.where(same.any(axis=1, keepdims=True), same, inverse)


def knn(
    seed,
    n_neighbors: Count = 5,
    weights: Literal["uniform", "distance"] = "uniform",
    metric: Distance = "euclidean",
):
    """Return `NearestNeighbours` (exact, so the seed plays no part)."""
    return NearestNeighbours(n_neighbors, weights, metric)


class Forest(ClassifierMixin, BaseEstimator):
    """A random forest of scikit-learn, kept as plain arrays, so that no file of a model can hold a tree that misleads.

    Parameters as `sklearn.ensemble.RandomForestClassifier`. Source: Breiman 2001.
    """

    _estimator_type = "classifier"

    def __init__(
        self,
        n_estimators=100,
        max_depth=None,
        min_samples_leaf=1,
        max_features="sqrt",
        criterion="gini",
        random_state=0,
    ):
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.criterion = criterion
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Fit on training samples (n, d), their classes (n,) and weights (n,)."""
        from sklearn.ensemble import RandomForestClassifier

        fitted = RandomForestClassifier(**self.get_params(), n_jobs=1).fit(X, y, sample_weight)
        self.classes_ = fitted.classes_
        self.trees_ = [_plain(one.tree_) for one in fitted.estimators_]
        return self

    def predict_proba(self, X):
        """Return the mean over the trees of each class's share (m, classes) of the leaves."""
        X = np.asarray(X, np.float32)
        return sum(_shares(tree, X) for tree in self.trees_) / len(self.trees_)

    def predict(self, X):
        """Return the class (m,) of the largest share."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _plain(tree):
    """Return what a fitted tree is: children (nodes, 2), feature and threshold of each node, shares of classes."""
    shares = tree.value[:, 0]
    return {
        "children": np.stack([tree.children_left, tree.children_right], axis=1),
        "feature": np.array(tree.feature),
        "threshold": np.array(tree.threshold),
        "shares": shares / shares.sum(axis=1, keepdims=True),
    }


def _shares(tree, X):
    """Return the shares of classes (m, classes) in the leaves that samples (m, d) fall into."""
    rows, nodes = np.arange(len(X)), np.zeros(len(X), int)
    for _ in range(len(tree["children"])):  # a tree is never deeper than it has nodes
        inner = tree["children"][nodes, 0] >= 0
        if not inner.any():
            break
        right = X[rows, tree["feature"][nodes]] > tree["threshold"][nodes]
        nodes = np.where(inner, tree["children"][nodes, right.astype(int)], nodes)
    return tree["shares"][nodes]


def random_forest(
    seed,
    n_estimators: Count = 100,
    max_depth: Count | None = None,
    min_samples_leaf: Count = 1,
    max_features: Literal["sqrt", "log2"] | Share = "sqrt",
    criterion: Literal["gini", "entropy"] = "gini",
):
    """Return a `Forest`, grown on one thread (folds run in parallel instead).

    Parameters as `sklearn.ensemble.RandomForestClassifier`; a number as max_features is a share.
    """
    most = max_features if isinstance(max_features, str) else float(max_features)
    return Forest(n_estimators, max_depth, min_samples_leaf, most, criterion, seed)


def lda(seed, tol: Positive = 1e-4):
    """Return linear discriminant analysis by singular values (exact, so the seed plays no part).

    Of more values than training clips it sees directions in which the clips of a class do not differ, and follows
    them: put `pca` before it. tol: as `sklearn.discriminant_analysis.LinearDiscriminantAnalysis`.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(tol=tol)
