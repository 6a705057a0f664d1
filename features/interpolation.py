"""Temporal interpolation (TIM): any number of frames on a smooth curve through the frames of a clip.

The frames of a clip are the vertices of a path graph. The eigenvectors of its Laplacian are samples of
y_k(t) = sin(pi k t + pi (n - k) / (2 n)) at t = 1/n, 2/n, ..., 1 for k = 1 ... n - 1; the clip's mapping onto
them is inverted at any t between (Zhou, Zhao, Pietikainen 2011). The mapping by singular value decomposition loses
nothing, so the interpolated frame is a fixed weighted sum of the clip's frames, which is what is computed here.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip, grey_levels
from features.errors import FeatureError


def interpolation_weights(length: int, frames: int) -> NDArray[np.float64]:
    """Weights of a clip's frames in each interpolated frame.

    Parameters
    ----------
    length, frames : int
        How many frames the clip has, and how many are wanted.

    Returns
    -------
    ndarray of shape (frames, length), float64
        Rows sum to 1.

    Raises
    ------
    FeatureError
        For a clip of one frame, or fewer than 2 frames wanted.

    Examples
    --------
    >>> from features.interpolation import interpolation_weights
    >>> interpolation_weights(2, 3).round(3) + 0.0
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ]])
    """
    if length < 2 or frames < 2:
        raise FeatureError(f"interpolation: from {length} to {frames} frames; expected at least 2 of each")
    k = np.arange(1, length)[:, None]

    def curve(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(np.pi * k * t + np.pi * (length - k) / (2 * length))

    samples = np.arange(1, length + 1) / length
    weights = np.linalg.pinv(curve(samples)) @ curve(np.linspace(1 / length, 1, frames))
    return (weights + (1 - weights.sum(axis=0)) / length).T


def interpolate(clip: ArrayLike, frames: int = 10, whole: bool = False) -> NDArray[np.float32]:
    """Return any number of frames spread evenly over a clip.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, T >= 2; in any scale unless `whole`.
    frames : int
        How many are wanted; 10 is the custom of the field, and T gives the clip back.
    whole : bool
        Round to grey levels 0 to 255, so that LBP compares levels and not rounding errors.

    Returns
    -------
    ndarray of shape (frames, H, W), float32
        First and last frame are the clip's own; values between may leave [0, 255] slightly unless `whole`.

    Raises
    ------
    FeatureError
        For a clip of one frame, or fewer than 2 frames wanted; with `whole`, for values that are no grey levels
        (`features.checks.grey_levels`).

    References
    ----------
    Zhou, Zhao, Pietikainen, CVPR 2011.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> dark_to_bright = np.stack([np.full((4, 4), level) for level in (10, 110, 210)])
    >>> features.interpolate(dark_to_bright, 5, whole=True)[:, 0, 0].tolist()
    [10.0, 52.0, 110.0, 168.0, 210.0]
    """
    clip = checked_clip(clip, least_frames=2, name="interpolation")
    if whole:
        grey_levels(clip, "interpolation")
    weights = interpolation_weights(len(clip), frames)
    result = np.tensordot(weights, clip.astype(np.float64, copy=False), axes=1).astype(np.float32)
    return whole_levels(result) if whole else result


def whole_levels(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return grey values rounded to the levels 0 to 255, the same on every processor.

    A value halfway between two levels, as interpolation gives many, is off by what the order of additions leaves;
    rounded to thousandths first it is halfway again and goes to the even level.

    Parameters
    ----------
    values : ndarray
        Grey values of any shape.

    Returns
    -------
    ndarray of the shape of `values`, float32
        Whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from features.interpolation import whole_levels
    >>> whole_levels(np.array([-3.0, 0.5 + 1e-7, 1.5 - 1e-7, 300.0])).tolist()
    [0.0, 0.0, 2.0, 255.0]
    """
    return np.clip(np.rint(np.round(values, 3)), 0, 255).astype(np.float32, copy=False)
