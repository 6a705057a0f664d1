"""Overlap of intervals, apart from the figures of spotting: a method that learns from events needs it too."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def iou(first: ArrayLike, second: ArrayLike) -> NDArray[Any]:
    """Intersection over union of inclusive intervals, in frames.

    Parameters
    ----------
    first, second : array_like of shape (..., 2)
        Onset and offset; the leading axes broadcast.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(iou([1, 10], [6, 10]))
    0.5
    """
    first, second = np.asarray(first), np.asarray(second)
    shared = np.minimum(first[..., 1], second[..., 1]) - np.maximum(first[..., 0], second[..., 0]) + 1
    shared = np.maximum(shared, 0)
    union = (first[..., 1] - first[..., 0] + 1) + (second[..., 1] - second[..., 0] + 1) - shared
    return shared / union
