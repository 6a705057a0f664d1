"""Optical strain feature (OSF): one small map of where the skin is strained over a clip."""

from collections.abc import Callable
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip
from features.errors import FeatureError
from features.optical_flow import FlowMethod
from features.optical_strain import mean_strain

Pooling = Literal["mean", "sum"]
Smoothing = Literal["wiener", "gaussian"]


def osf(
    clip: ArrayLike,
    strain: ArrayLike | None = None,
    pooling: Pooling = "mean",
    smoothing: Smoothing | None = "wiener",
    map_size: int = 50,
    method: FlowMethod = "farneback",
    **parameters: Any,
) -> NDArray[np.float32]:
    """Optical strain feature: the clip's strain pooled over time, smoothed, divided by its maximum, as one small map.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    strain : array_like of shape (H, W) or None
        Mean of `strain_maps` over the clip where that is known already; None computes it.
    pooling : {"mean", "sum"}
        Over time: "mean" (Liong 2016) or "sum" (Liong 2014).
    smoothing : {"wiener", "gaussian"} or None
        Filter of 5x5 px.
    map_size : int
        Side of the map in px, 50 as published.
    method, **parameters
        As `strain_maps`.

    Returns
    -------
    ndarray of shape (map_size * map_size,), float32
        In [0, 1], row by row; zeros where nothing moves.

    Raises
    ------
    FeatureError
        As `strain_maps`.

    References
    ----------
    Liong et al., ACCV workshops 2014; Signal Processing: Image Communication 47, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 60, 60), dtype=np.uint8)
    >>> feature = features.osf(clip)
    >>> feature.shape, bool(0 <= feature.min() <= feature.max() <= 1)
    ((2500,), True)
    """
    if pooling not in ("mean", "sum"):
        raise FeatureError(f"osf: pooling mean or sum expected, got {pooling!r}")
    frames = len(checked_clip(clip, least_frames=2))
    mean = mean_strain(clip, method, **parameters) if strain is None else np.asarray(strain)
    return _osf_map(mean if pooling == "mean" else mean * (frames - 1), smoothing, map_size)


def _osf_map(pooled: NDArray[np.float64], smoothing: Smoothing | None, map_size: int) -> NDArray[np.float32]:
    """`osf` from strain (H, W) that is pooled over time."""
    smoothers: dict[str | None, Callable[[NDArray[np.float32]], NDArray[Any]]] = {
        "wiener": _wiener,
        "gaussian": lambda image: cv2.GaussianBlur(image, (5, 5), 0),
        None: np.asarray,
    }
    if smoothing not in smoothers:
        raise FeatureError(f"osf: smoothing wiener, gaussian or None expected, got {smoothing!r}")
    image = smoothers[smoothing](np.array(pooled, np.float32))
    peak = image.max()
    if peak > 0:
        image /= peak
    return cv2.resize(image, (map_size, map_size), interpolation=cv2.INTER_AREA).clip(0, 1).ravel()


def _wiener(image: NDArray[np.float32], side: int = 5) -> NDArray[np.float32]:
    """Adaptive Wiener filter: the local mean where the variance is that of noise, the pixel where it is far above."""
    mean = cv2.blur(image, (side, side))
    variance = np.maximum(cv2.blur(image * image, (side, side)) - mean * mean, 0)
    noise = variance.mean()
    largest = np.maximum(variance, noise)
    gain = np.divide(variance - noise, largest, out=np.zeros_like(image), where=largest > 0)
    return mean + np.maximum(gain, 0) * (image - mean)
