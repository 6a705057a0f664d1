"""What a classifier is given of clips: features (n, d), or kernels (n, training clips)."""

import json

import numpy as np
from sklearn.base import BaseEstimator

from baselines.errors import InputError
from baselines.parts import KERNEL, find_part
from baselines.recognition.checks import transformed
from baselines.recognition.kernels import Gamma, View
from baselines.recognition.transforms import Flatten, build_transforms
from baselines.signatures import load


class Features(BaseEstimator):
    """Flat features (n, d) by a recipe's transforms, in float64, in which classifiers add alike on every processor."""

    views = ()

    def __init__(self, transforms=()):
        self.transforms = transforms

    @property
    def key(self):
        """Text that tells these features from others."""
        return json.dumps(self.transforms, sort_keys=True)

    def check(self):
        """Raise `InputError` for transforms in an order that is impossible."""
        build_transforms(self.transforms)

    def fit_transform(self, samples):
        """Fit on training samples and return their features."""
        head, tail = build_transforms(self.transforms)
        self.steps_ = [*head, Flatten(), *tail]
        Z = samples.array
        for step in self.steps_:
            Z = transformed(step, Z, fit=True)
        return np.asarray(Z, float)

    def transform(self, samples):
        """Return the features of samples."""
        Z = samples.array
        for step in self.steps_:
            Z = transformed(step, Z)
        return np.asarray(Z, float)

    @staticmethod
    def part(Z, rows, _):
        """Return the rows."""
        return Z[rows]


class KernelMean(BaseEstimator):
    """The mean of the kernels of several `View`s."""

    def __init__(self, views=()):
        self.views = views

    @property
    def key(self):
        """Text that tells these kernels from others."""
        return "\n".join(view.key for view in self.views)

    def check(self):
        """Raise `InputError` for a kernel whose transforms and windows do not go together."""
        for view in self.views:
            view.check()

    def fit_transform(self, samples):
        """Fit on training samples (n) and return their kernel (n, n)."""
        return sum(view.fit_gram(samples) for view in self.views) / len(self.views)

    def transform(self, samples, odd=False):
        """Return the kernel (m, n) of samples (m) with the training samples (n); odd: as in `View.gram`."""
        return sum(view.gram(samples, odd) for view in self.views) / len(self.views)

    def transform_both(self, samples):
        """Return (`transform`, `transform` with odd) of samples, comparing each pair once."""
        both = [view.grams(samples) for view in self.views]
        return tuple(sum(kernels) / len(self.views) for kernels in zip(*both))

    @staticmethod
    def part(Z, rows, columns):
        """Return the kernel of some samples with others."""
        return Z[np.ix_(rows, columns)]


def build(transforms, kernels, classifier):
    """Return (unfitted `Features` or `KernelMean`, settings of the classifier on top) of a recipe's steps.

    A classifier on features takes `transforms`. A classifier on kernels takes the mean of `kernels`, each the
    parameters of a `View`; or one kernel over `transforms`, whose name and gamma stand among the classifier's.
    """
    part = find_part("classifier", classifier["name"])
    if part.takes != KERNEL:
        if kernels:
            raise InputError(f"classifier {part.name!r} takes no kernels; choose svm, ridge or logistic")
        return Features(transforms), classifier
    of_kernel, own = part.split(classifier)
    settings = {"name": part.name, **own}
    if not kernels:
        return KernelMean([load(part.preparation)(transforms, **of_kernel)]), settings
    if transforms or of_kernel:
        raise InputError("kernels: each has its own transforms, kernel and gamma; take them out of the other steps")
    return KernelMean([View(**kernel) for kernel in kernels]), settings


def one_kernel(transforms, kernel: str = "rbf", gamma: Gamma = "scale"):
    """Return the `View` of a classifier on one kernel, whose name and gamma stand among the classifier's parameters."""
    return View(transforms, kernel, gamma)


def linear_kernel(transforms, kernel: str = "linear", gamma: Gamma = "scale"):
    """Return what `one_kernel` does, for a classifier that is linear where nothing else is said."""
    return View(transforms, kernel, gamma)
