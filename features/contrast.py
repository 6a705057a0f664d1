"""Contrast over time, by which spotting methods tell an expression from what lasts."""

import numpy as np
from numpy.typing import NDArray


def contrasted(curve: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """How far a curve rises above its past and future.

    Parameters
    ----------
    curve : ndarray of shape (T,)
        One value a frame.
    k : int
        How many frames away past and future lie.

    Returns
    -------
    ndarray of shape (T,), float64
        curve_i - (curve_{i-k} + curve_{i+k}) / 2 where that is positive and both exist, else 0.

    Examples
    --------
    >>> import numpy as np
    >>> from features.contrast import contrasted
    >>> contrasted(np.array([1.0, 2.0, 5.0, 4.0, 1.0]), k=2)
    array([0., 0., 4., 0., 0.])
    """
    result = np.zeros_like(curve)
    result[k:-k] = np.maximum(curve[k:-k] - (curve[: -2 * k] + curve[2 * k :]) / 2, 0)
    return result
