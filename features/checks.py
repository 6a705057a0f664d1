"""Checks that every feature shares: what a frame, a clip and a flow field are."""

import numpy as np

from features.errors import FeatureError


def checked_clip(clip, *, least_frames=1, least_size=1, name="clip"):
    """Return `clip` as a (T, H, W) array after checking that it is a stack of grey frames.

    Raises FeatureError for another number of dimensions, a type that is not numeric, too few frames,
    frames smaller than `least_size` px, or values that are not finite.
    """
    clip = np.asarray(clip)
    if clip.ndim != 3:
        raise FeatureError(f"{name}: expected grey frames of shape (T, H, W), got shape {clip.shape}")
    frames, height, width = clip.shape
    if frames < least_frames:
        raise FeatureError(f"{name}: needs at least {least_frames} frames, got {frames}; interpolate it first")
    if min(height, width) < least_size:
        raise FeatureError(f"{name}: frames of at least {least_size}x{least_size} px needed, got {width}x{height}")
    return _checked_numbers(clip, name)


def checked_flow(flow, *, least_size=1, name="flow"):
    """Return `flow` as a (H, W, 2) float array: u to the right, v downwards, px; raises FeatureError otherwise."""
    flow = np.asarray(flow)
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise FeatureError(f"{name}: expected (H, W, 2) with u and v in px, got shape {flow.shape}")
    if min(flow.shape[:2]) < least_size:
        height, width = flow.shape[:2]
        raise FeatureError(f"{name}: at least {least_size}x{least_size} px needed, got {width}x{height}")
    flow = _checked_numbers(flow, name)
    return flow if flow.dtype.kind == "f" else flow.astype(np.float32)


def as_bytes_if_whole(clip):
    """Return `clip` as uint8 when it holds whole grey levels in [0, 255], else as float32.

    It makes a feature blind to the type that carries the same picture.
    """
    if clip.dtype == np.uint8:
        return clip
    with np.errstate(invalid="ignore"):
        whole = clip.astype(np.uint8)
    return whole if np.array_equal(whole, clip) else clip.astype(np.float32)


def _checked_numbers(array, name):
    if array.dtype.kind not in "uif":
        raise FeatureError(f"{name}: expected numbers, got type {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise FeatureError(f"{name}: holds NaN or infinite values")
    return array
