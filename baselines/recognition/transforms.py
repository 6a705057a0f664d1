"""Array transforms between a clip's representation and the classifier, as scikit-learn transformers.

Each takes (n, ...) arrays of one shape a sample and keeps the sample axis first. Those that scikit-learn has to fit
learn from the training samples; all others see one sample at a time.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.utils import get_tags

from baselines.errors import InputError
from baselines.parts import build_part
from baselines.signatures import Above, AtLeast, AtMost


class _Stateless(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        """Do nothing: there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class Scale(_Stateless):
    """Multiply by a constant `factor`."""

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def transform(self, X):
        """Return X times the factor."""
        return np.asarray(X, np.float32) * np.float32(self.factor)


class Recentre(_Stateless):
    """Restore the zero level of flow pictures (n, H, W, 3): channels u, v, strain, min-max scaled per image.

    Most of a face does not move during a micro-expression, so the level of no motion is the median of u and of
    v (level="median"), or a plane fitted to each robustly (level="affine"), which also takes out what a small
    turn, tilt or approach of the head adds. Each channel is then divided by its root mean square.
    """

    def __init__(self, level: Literal["median", "affine"] = "median"):
        self.level = level

    def transform(self, X):
        """Return (n, H, W, 3) float32 pictures in which zero means no motion."""
        X = np.array(X, np.float32)
        if self.level == "affine":
            X[..., :2] -= _robust_planes(X[..., :2])
        else:
            X[..., :2] -= np.median(X[..., :2], axis=(1, 2), keepdims=True)
        return _unit_rms(X)


class Channels(_Stateless):
    """Keep the named channels of pictures (n, H, W, C), by number."""

    def __init__(self, keep: Sequence[int] = (0, 1)):
        self.keep = keep

    def transform(self, X):
        """Return (n, H, W, len(keep))."""
        return np.asarray(X)[..., list(self.keep)]


class StrainTensor(_Stateless):
    """The three components of strain of a flow field (n, H, W, 2 or more): du/dx, dv/dy and shear.

    Unlike the magnitude that the pictures carry they keep their sign: skin that is stretched is told from skin
    that is pressed together. Each component is divided by its root mean square.
    """

    def transform(self, X):
        """Return (n, H, W, 3) float32."""
        u, v = np.asarray(X, np.float32)[..., 0], np.asarray(X, np.float32)[..., 1]
        (du_dy, du_dx), (dv_dy, dv_dx) = np.gradient(u, axis=(1, 2)), np.gradient(v, axis=(1, 2))
        return _unit_rms(np.stack([du_dx, dv_dy, (du_dy + dv_dx) / 2], axis=-1))


class SoftHoof(_Stateless):
    """Histograms of oriented flow in `cells` x `cells` overlapping cells (n, H, W, 2 or more), `bins` directions.

    Every vector votes with its length for the two nearest directions and the nearest cells, each by its
    distance, so that a small shift moves the histogram little. A histogram sums to 1 over the whole face.
    """

    def __init__(
        self, cells: Annotated[int, AtLeast(1), AtMost(64)] = 7, bins: Annotated[int, AtLeast(1), AtMost(360)] = 8
    ):
        self.cells = cells
        self.bins = bins

    def transform(self, X):
        """Return (n, cells, cells, bins) float32."""
        u, v = np.asarray(X, float)[..., 0], np.asarray(X, float)[..., 1]
        place = np.arctan2(v, u) * (self.bins / (2 * np.pi))
        lower = np.floor(place)
        share, length = (place - lower)[..., None], np.hypot(u, v)[..., None]
        number = (lower.astype(int) % self.bins)[..., None]
        bins = np.arange(self.bins)
        votes = length * ((number == bins) * (1 - share) + ((number + 1) % self.bins == bins) * share)
        rows, columns = (_cell_weights(size, self.cells) for size in u.shape[1:])
        histograms = np.tensordot(votes, rows, ([1], [1]))  # (n, W, bins, cells)
        histograms = np.tensordot(histograms, columns, ([1], [1])).transpose(0, 2, 3, 1)
        total = histograms.sum(axis=(1, 2, 3), keepdims=True)
        return (histograms / np.maximum(total, 1e-9)).astype(np.float32)


class Pool(_Stateless):
    """Average (n, H, W, C) pictures over blocks of `size` x `size` pixels."""

    def __init__(self, size: Annotated[int, AtLeast(1)] = 2):
        self.size = size

    def transform(self, X):
        """Return (n, H // size, W // size, C) block means."""
        n, height, width, channels = np.shape(X)
        s = self.size
        X = np.asarray(X)[:, : height // s * s, : width // s * s]
        return X.reshape(n, height // s, s, width // s, s, channels).mean(axis=(2, 4))


class Flatten(_Stateless):
    """Give every sample one row."""

    def transform(self, X):
        """Return (n, d) float32."""
        return np.asarray(X, np.float32).reshape(len(X), -1)


class Pca(PCA):
    """Principal components of rows (n, d), by the exact decomposition, so that the seed plays no part.

    n_components: how many are kept, or the share of the variance that they must hold. whiten: give each unit variance.
    """

    def __init__(self, n_components: Annotated[int | float, Above(0)] | None = None, whiten: bool = False):
        super().__init__(n_components, whiten=whiten, svd_solver="full")

    def fit_transform(self, X, y=None):
        """Fit on rows and return their components (n, c) float64, in which products are alike on every processor."""
        return super().fit_transform(np.asarray(X, float), y)

    def transform(self, X):
        """Return the components (m, c) float64 of rows (m, d)."""
        return super().transform(np.asarray(X, float))


def build_transforms(steps):
    """Return (transforms that learn nothing, transforms that learn) of a recipe's list of {"name": ..., parameters}.

    Those that learn see flat rows and come last.
    """
    built = [build_part("transform", step) for step in steps]
    learns = [get_tags(transform).requires_fit for transform in built]
    if learns != sorted(learns):
        names = ", ".join(step["name"] for step in steps)
        raise InputError(f"transforms {names}: put those that learn (standardize, minmax, pca) last")
    first = sum(not learning for learning in learns)
    return built[:first], built[first:]


def mirrored(X):
    """Return flow pictures (n, H, W, 2 or 3) of the mirrored faces: left and right change, u changes its sign."""
    X = np.array(np.asarray(X, np.float32)[:, :, ::-1])
    X[..., 0] *= -1
    return X


def _unit_rms(X):
    rms = np.sqrt(np.mean(np.square(X), axis=(1, 2), keepdims=True))
    return X / np.maximum(rms, 1e-6)


def _cell_weights(size, cells):
    """Return (cells, size) weights: each cell's fall linearly to zero at the centres of its neighbours' neighbours."""
    centres = (np.arange(cells) + 0.5) * size / cells - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(size) - centres[:, None]) * cells / size)
    return weights / weights.sum(axis=1, keepdims=True)


def _robust_planes(X, rounds=5):
    """Return the planes (n, H, W, C) fitted to each channel by reweighted least squares with Cauchy weights."""
    n, height, width, channels = X.shape
    rows, columns = np.mgrid[:height, :width]
    design = np.stack([np.ones(height * width), columns.ravel() / width - 0.5, rows.ravel() / height - 0.5], axis=1)
    products = (design[:, :, None] * design[:, None]).reshape(-1, 9)
    values = X.transpose(0, 3, 1, 2).reshape(n * channels, -1).astype(float)
    planes = np.median(values, axis=1, keepdims=True)
    for _ in range(rounds):
        apart = np.abs(values - planes)
        spread = 1.4826 * np.median(apart, axis=1, keepdims=True) + 1e-6
        weights = 1 / (1 + np.square(apart / (2 * spread)))
        normal, right = (weights @ products).reshape(-1, 3, 3), (weights * values) @ design
        planes = np.linalg.solve(normal, right[..., None])[..., 0] @ design.T
    return planes.reshape(n, channels, height, width).transpose(0, 2, 3, 1)
