"""Array transforms between a clip's representation and the classifier, as scikit-learn transformers.

Each takes (n, ...) arrays of one shape a sample and keeps the sample axis first; none but
`Standardize` learns anything.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler


class _Stateless(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        """Do nothing: there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self):
        return True


class Scale(_Stateless):
    """Multiply by a constant `factor`."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def transform(self, X):
        """Return X times the factor."""
        return np.asarray(X, np.float32) * np.float32(self.factor)


class Recentre(_Stateless):
    """Restore the zero level of flow pictures (n, H, W, 3): channels u, v, strain, min-max scaled per image.

    Most of a face does not move during a micro-expression, so the median of u and of v is the level
    of no motion; each channel is then divided by its root mean square.
    """

    def transform(self, X):
        """Return (n, H, W, 3) float32 pictures in which zero means no motion."""
        X = np.array(X, np.float32)
        X[..., :2] -= np.median(X[..., :2], axis=(1, 2), keepdims=True)
        rms = np.sqrt(np.mean(np.square(X), axis=(1, 2), keepdims=True))
        return X / np.maximum(rms, 1e-6)


class Pool(_Stateless):
    """Average (n, H, W, C) pictures over blocks of `size` x `size` pixels."""

    def __init__(self, size=2):
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


TRANSFORMS = {"scale": Scale, "recentre": Recentre, "pool": Pool, "standardize": StandardScaler}
