"""Boosted trees, apart from the other classifiers so that only recipes that name them depend on XGBoost."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from baselines.errors import MissingDependency
from baselines.recognition.trees import booster_of, taken


class Boosted(ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees of XGBoost, kept as plain arrays, so that no file of a model can hold what XGBoost parses.

    parameters: as `xgboost.XGBClassifier`. Source: Chen & Guestrin 2016.
    """

    _estimator_type = "classifier"

    def __init__(self, parameters=None, random_state=0):
        self.parameters = parameters
        self.random_state = random_state

    def __getstate__(self):
        """Return what is kept: all but the booster, which is made of the trees where it is needed."""
        return {name: value for name, value in self.__dict__.items() if name != "_booster"}

    def __setstate__(self, state):
        """Take what is kept; a booster that stands in a file all the same is not taken."""
        self.__dict__ |= {name: value for name, value in state.items() if name != "_booster"}

    def fit(self, X, y, sample_weight=None):
        """Fit on training samples (n, d), their classes (n,) and weights (n,)."""
        from xgboost import XGBClassifier

        settings = {"tree_method": "hist", "n_jobs": 1, "random_state": self.random_state}
        fitted = XGBClassifier(**(self.parameters or {}), **settings).fit(X, y, sample_weight=sample_weight)
        self.classes_, self.n_features_in_ = fitted.classes_, fitted.n_features_in_
        self.trees_ = taken(fitted.get_booster())
        self._booster = booster_of(self.trees_, self.n_features_in_, len(self.classes_))
        return self

    def predict_proba(self, X):
        """Return the probabilities (m, classes) of rows (m, d)."""
        if "_booster" not in self.__dict__:
            self._booster = booster_of(self.trees_, self.n_features_in_, len(self.classes_))
        found = self._booster.inplace_predict(np.asarray(X))
        return found if found.ndim == 2 else np.stack([1 - found, found], axis=1)

    def predict(self, X):
        """Return the class (m,) of the highest probability."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def xgboost(
    seed,
    n_estimators: int | None = None,
    max_depth: int | None = None,
    learning_rate: float | None = None,
    subsample: float | None = None,
    colsample_bytree: float | None = None,
    colsample_bynode: float | None = None,
    min_child_weight: float | None = None,
    gamma: float | None = None,
    reg_alpha: float | None = None,
    reg_lambda: float | None = None,
    max_bin: int | None = None,
):
    """Return gradient-boosted trees on one thread (folds run in parallel instead).

    Parameters as `xgboost.XGBClassifier`; None takes the default of XGBoost.
    """
    parameters = {name: value for name, value in locals().items() if name != "seed" and value is not None}
    try:
        import xgboost  # noqa: F401
    except ImportError:
        raise MissingDependency("A recipe with XGBoost", "xgboost", "xgboost") from None
    return Boosted(parameters, seed)
