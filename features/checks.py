"""Checks that every feature shares: what a frame, a clip and a flow field are."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.errors import FeatureError


def checked_clip(clip: ArrayLike, *, least_frames: int = 1, least_size: int = 1, name: str = "clip") -> NDArray[Any]:
    """Return a clip as an array once it is known to be a stack of grey frames.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames.
    least_frames, least_size : int
        How many frames, and px a side, it must have.
    name : str
        What the message of an error calls it.

    Returns
    -------
    ndarray of shape (T, H, W)
        In the type of `clip`, and the same memory where it is an array.

    Raises
    ------
    FeatureError
        For another number of dimensions, a type that is not numeric, too few or too small frames, or values that are
        not finite.
    """
    array = np.asarray(clip)
    if array.ndim != 3:
        raise FeatureError(f"{name}: expected grey frames of shape (T, H, W), got shape {array.shape}")
    frames, height, width = array.shape
    if frames < least_frames:
        raise FeatureError(f"{name}: needs at least {least_frames} frames, got {frames}; interpolate it first")
    if min(height, width) < least_size:
        raise FeatureError(f"{name}: frames of at least {least_size}x{least_size} px needed, got {width}x{height}")
    return _checked_numbers(array, name)


def checked_flow(flow: ArrayLike, *, least_size: int = 1, name: str = "flow") -> NDArray[np.floating]:
    """Return a flow field as an array of floats once it is known to be one.

    Parameters
    ----------
    flow : array_like of shape (H, W, 2)
        u to the right, v downwards, px.
    least_size : int
        How many px a side it must have.
    name : str
        What the message of an error calls it.

    Returns
    -------
    ndarray of shape (H, W, 2), float
        Whole numbers become float32, floats keep their type.

    Raises
    ------
    FeatureError
        For another shape, a type that is not numeric, too small a field, or values that are not finite.
    """
    array = np.asarray(flow)
    if array.ndim != 3 or array.shape[2] != 2:
        raise FeatureError(f"{name}: expected (H, W, 2) with u and v in px, got shape {array.shape}")
    if min(array.shape[:2]) < least_size:
        height, width = array.shape[:2]
        raise FeatureError(f"{name}: at least {least_size}x{least_size} px needed, got {width}x{height}")
    array = _checked_numbers(array, name)
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def as_bytes_if_whole(clip: NDArray[Any]) -> NDArray[Any]:
    """Return a clip in the one type that its grey levels need, so that features are blind to the type it came in.

    Parameters
    ----------
    clip : ndarray
        Numbers of any type.

    Returns
    -------
    ndarray, uint8 or float32
        uint8 where all are whole grey levels in [0, 255], else float32.
    """
    if clip.dtype == np.uint8:
        return clip
    with np.errstate(invalid="ignore"):
        whole = clip.astype(np.uint8)
    return whole if np.array_equal(whole, clip) else clip.astype(np.float32)


def grey_levels(clip: NDArray[Any], name: str = "clip") -> NDArray[Any]:
    """Return a clip as `as_bytes_if_whole` does, once it is known to hold grey levels from 0 to 255.

    For features whose result depends on the scale: thresholds and weights of optical flow, rounding to 8 bits. What
    compares levels with each other only, as LBP does, takes any scale.

    Parameters
    ----------
    clip : ndarray
        Numbers of any type.
    name : str
        What the message of an error calls it.

    Returns
    -------
    ndarray, uint8 or float32
        uint8 where all are whole grey levels in [0, 255], else float32.

    Raises
    ------
    FeatureError
        For whole numbers outside [0, 255]; for floats of which none is above 1, and for those with a mean outside
        [0, 255] or with nearly as much below 0 as above. Single floats may lie outside, where motion magnification and
        interpolation leave them; and frames without any contrast, such as black ones, have no scale.

    Examples
    --------
    >>> import numpy as np
    >>> from features.checks import grey_levels
    >>> grey_levels(np.array([[[0.0, 255.0]]])).dtype, grey_levels(np.array([[[0.5, 260.0]]])).dtype
    (dtype('uint8'), dtype('float32'))
    >>> grey_levels(np.array([[[0.0, 1.0]]]))
    Traceback (most recent call last):
    ...
    features.errors.FeatureError: clip: holds 0 to 1; expected grey levels, uint8 or floats in 0..255: multiply by 255
    """
    if clip.dtype == np.uint8 or not clip.size:
        return as_bytes_if_whole(clip)
    least, most = clip.min(), clip.max()
    if clip.dtype.kind != "f":
        right = least >= 0 and most <= 255
    else:
        right = most > 1 and _is_mostly_grey(clip)
    if not right and np.ptp(clip, axis=(-2, -1)).any():
        helps = "multiply by 255" if least >= 0 and most <= 1 else "scale to that"
        raise FeatureError(
            f"{name}: holds {least:g} to {most:g}; expected grey levels, uint8 or floats in 0..255: {helps}"
        )
    return as_bytes_if_whole(clip)


def _is_mostly_grey(clip: NDArray[np.floating]) -> bool:
    """Tell whether floats have a mean in [0, 255] and far less below 0 than above."""
    mean = clip.mean(dtype=np.float64)
    return bool(mean <= 255 and 2 * mean >= np.abs(clip).mean(dtype=np.float64))


def _checked_numbers(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind not in "uif":
        raise FeatureError(f"{name}: expected numbers, got type {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FeatureError(f"{name}: holds NaN or infinite values")
    return array
