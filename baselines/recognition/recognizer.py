"""The recognizer: transforms and a classifier from a recipe, fitted with classes weighted equally."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_sample_weight

from baselines.recognition.classifiers import CLASSIFIERS
from baselines.recognition.transforms import TRANSFORMS, Flatten


class Recognizer(ClassifierMixin, BaseEstimator):
    """Emotion classes from clip representations (n, ...), by the steps of a recognition recipe.

    transforms: list of {"name": ..., parameters}; classifier: {"name": ..., parameters}; seed: int.
    Training samples are weighted so that every class counts the same, whatever its size.
    """

    def __init__(self, transforms=(), classifier=None, seed=0):
        self.transforms = transforms
        self.classifier = classifier
        self.seed = seed

    @classmethod
    def from_recipe(cls, recipe, seed=0):
        """Return the unfitted recognizer of a recognition recipe."""
        return cls(recipe.steps.get("transforms", []), recipe.steps["classifier"], seed)

    def fit(self, X, y):
        """Fit on representations X (n, ...) and class names y (n,)."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        classifier = dict(self.classifier)
        name = classifier.pop("name")
        if len(self.classes_) == 1:
            name, classifier = "majority", {}
        head, tail = [], []
        for step in self.transforms:
            step = dict(step)
            transform = TRANSFORMS[step.pop("name")](**step)
            (tail if hasattr(transform, "partial_fit") else head).append(transform)
        self.pipeline_ = make_pipeline(*head, Flatten(), *tail, CLASSIFIERS[name](self.seed, **classifier))
        weights = None if name == "majority" else compute_sample_weight("balanced", codes)
        self.pipeline_.fit(X, codes, **{f"{self.pipeline_.steps[-1][0]}__sample_weight": weights})
        return self

    def predict(self, X):
        """Return the class names (n,) of representations X (n, ...)."""
        return self.classes_[self.pipeline_.predict(X)]
