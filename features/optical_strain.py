"""Optical strain: how much the skin is stretched or sheared, from the derivatives of the optical flow.

With flow (u, v) the strain magnitude is sqrt(u_x^2 + v_y^2 + (u_y + v_x)^2 / 2), the Frobenius norm of the
symmetric part of the flow's Jacobian (Shreve et al. 2011; Liong et al. 2014). It has no unit (px per px) and is 0
wherever the flow is a translation; a rigid rotation gives 0 as well, to first order.
"""

from collections.abc import Callable
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip, checked_flow
from features.errors import FeatureError
from features.lbp_top import BinMapping, Neighbours, lbp_top
from features.optical_flow import FlowMethod, iterate_flow

Scheme = Literal["central", "forward", "backward"]
Pooling = Literal["mean", "sum"]
Smoothing = Literal["wiener", "gaussian"]

# How many steps behind and ahead of the pixel the difference is taken.
SCHEMES: dict[Scheme, tuple[int, int]] = {"central": (1, 1), "forward": (0, 1), "backward": (1, 0)}


def optical_strain(
    flow: ArrayLike, scheme: Scheme = "central", *, step: int = 1, shear_terms: Literal[1, 2] = 2
) -> NDArray[np.float32]:
    """Strain magnitude of a flow field.

    Parameters
    ----------
    flow : array_like of shape (H, W, 2)
        u right and v down, px.
    scheme : {"central", "forward", "backward"}
        "central": differences, one-sided at the border (as numpy.gradient). "forward": the border copies its
        neighbour's strain (SOFTNet, Liong 2021). "backward": derivatives of 0 at the border (MEAN; os.m, Khor 2018).
    step : int
        Reach of the difference in px: 1 (Liong), 2 or 3 (Shreve).
    shear_terms : {2, 1}
        2 counts e_xy and e_yx; 1 is the other reading of STSTNet's equation (7).

    Returns
    -------
    ndarray of shape (H, W), float32
        No unit (px per px).

    Raises
    ------
    FeatureError
        For a field narrower than 2 px a step.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> y, x = np.mgrid[:4, :4].astype(float)
    >>> stretched = np.stack([0.5 * x, 0 * y], axis=-1)  # along x, by a half
    >>> features.optical_strain(stretched)[0].tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    if scheme not in SCHEMES:
        raise FeatureError(f"optical strain: unknown scheme {scheme!r}; one of {', '.join(SCHEMES)}")
    if step < 1 or shear_terms not in (1, 2):
        raise FeatureError(f"optical strain: step >= 1 and 1 or 2 shear terms expected, got {step} and {shear_terms}")
    field = checked_flow(flow, least_size=2 * step)
    behind, ahead = (steps * step for steps in SCHEMES[scheme])
    planes = np.ascontiguousarray(field.transpose(2, 0, 1), dtype=np.float32)
    u_x, v_x = _differences(planes, 2, behind, ahead)
    u_y, v_y = _differences(planes, 1, behind, ahead)
    # In place from here on: a new array for each term would double the time.
    u_x *= u_x
    v_y *= v_y
    u_y += v_x
    u_y *= u_y
    u_y *= shear_terms / 4
    u_x += v_y
    u_x += u_y
    strain = np.sqrt(u_x)
    if behind + ahead > 1:
        strain *= 1 / (behind + ahead)
    if scheme == "forward":
        strain[:, -step:] = strain[:, -step - 1 : -step]
        strain[-step:] = strain[-step - 1 : -step]
    return strain


def strain_maps(
    clip: ArrayLike,
    method: FlowMethod = "farneback",
    *,
    to_first: bool = False,
    scheme: Scheme = "central",
    **parameters: Any,
) -> NDArray[np.float32]:
    """Strain magnitude of every frame of a clip but the first.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    method
        As `optical_flow`.
    to_first : bool
        Flow from the first frame instead of from the one before.
    scheme
        As `optical_strain`.
    **parameters
        Of the method, as `optical_flow`.

    Returns
    -------
    ndarray of shape (T-1, H, W), float32
        No unit (px per px).

    Raises
    ------
    FeatureError
        For fewer than two frames, or as `optical_flow`.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 20, 24), dtype=np.uint8)
    >>> features.strain_maps(clip).shape
    (3, 20, 24)
    """
    clip = checked_clip(clip, least_frames=2)
    maps = np.empty((len(clip) - 1, *clip.shape[1:]), np.float32)
    for target, flow in zip(maps, iterate_flow(clip, method, to_first=to_first, **parameters), strict=True):
        target[...] = optical_strain(flow, scheme)
    return maps


def mean_strain(clip: ArrayLike, method: FlowMethod = "farneback", **parameters: Any) -> NDArray[np.float64]:
    """Strain magnitude averaged over the frames of a clip.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    method, **parameters
        As `strain_maps`.

    Returns
    -------
    ndarray of shape (H, W), float64
        Mean of `strain_maps` over time.

    Raises
    ------
    FeatureError
        As `strain_maps`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.optical_strain import mean_strain
    >>> mean_strain(np.zeros((3, 16, 16))).max()
    np.float64(0.0)
    """
    return strain_maps(clip, method, **parameters).mean(axis=0, dtype=np.float64)


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


def strain_weights(maps: ArrayLike, blocks: tuple[int, int] = (8, 8)) -> NDArray[np.float64]:
    """Weight of each block by its mean strain over space and time, the largest 1 (OSW, Liong 2014).

    Parameters
    ----------
    maps : array_like of shape (T, H, W)
        Of `strain_maps`.
    blocks : (rows, columns)
        5x5 or 8x8 as published.

    Returns
    -------
    ndarray of shape (rows, columns), float64
        Ones where nothing moves at all.

    Raises
    ------
    FeatureError
        For maps with fewer px than blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from features.optical_strain import strain_weights
    >>> maps = np.repeat([[[1.0, 2.0], [0.0, 4.0]]], 3, axis=0)
    >>> strain_weights(maps, (2, 2)).tolist()
    [[0.25, 0.5], [0.0, 1.0]]
    """
    rows, columns = blocks
    maps = checked_clip(maps, least_size=max(blocks), name="strain maps")
    mean = maps.mean(axis=0, dtype=np.float64)
    weights = np.array(
        [[part.mean() for part in np.array_split(band, columns, axis=1)] for band in np.array_split(mean, rows)]
    )
    peak = weights.max()
    return weights / peak if peak > 0 else np.ones_like(weights)


def osw_lbp_top(
    clip: ArrayLike,
    strain: ArrayLike | None = None,
    blocks: tuple[int, int] = (8, 8),
    radii: tuple[int, int, int] = (1, 1, 4),
    neighbours: Neighbours = 4,
    mapping: BinMapping = "full",
    method: FlowMethod = "farneback",
    **parameters: Any,
) -> NDArray[np.float64]:
    """LBP-TOP whose XY histograms are weighted by the strain of their block (OSW-LBP-TOP).

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255].
    strain : array_like of shape (H, W) or None
        As `osf`.
    blocks : (rows, columns)
        Grid over the frame.
    radii, neighbours, mapping
        As `lbp_top`.
    method, **parameters
        As `strain_maps`.

    Returns
    -------
    ndarray of shape (rows * columns * 3 * bins,), float64
        In the order of `lbp_top`; XT and YT histograms keep mass 1.

    Raises
    ------
    FeatureError
        As `lbp_top` and `strain_maps`.

    References
    ----------
    Liong et al., ACCV workshops 2014; Signal Processing: Image Communication 47, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (10, 40, 40), dtype=np.uint8)
    >>> features.osw_lbp_top(clip, blocks=(5, 5)).shape
    (1200,)
    """
    histograms = lbp_top(clip, radii, neighbours, mapping, blocks=(*blocks, 1)).reshape(*blocks, 3, -1)
    mean = mean_strain(clip, method, **parameters) if strain is None else np.asarray(strain)
    histograms[:, :, 0] *= strain_weights(mean[np.newaxis], blocks)[..., np.newaxis]
    return histograms.ravel()


def least_frames(radii: tuple[int, int, int] = (1, 1, 4), **_: Any) -> int:
    """Number of frames that a clip must have for `osw_lbp_top`: one of them is coded.

    Parameters
    ----------
    radii
        As `lbp_top`; the other parameters of `osw_lbp_top` are accepted and make no difference.

    Returns
    -------
    int
        2 R_T + 1.

    Examples
    --------
    >>> from features.optical_strain import least_frames
    >>> least_frames(), least_frames(radii=(1, 1, 2))
    (9, 5)
    """
    return 2 * radii[2] + 1


def _differences(planes: NDArray[np.float32], axis: int, behind: int, ahead: int) -> NDArray[np.float32]:
    """plane[i + ahead] - plane[i - behind] along an axis of (2, H, W); at the border scaled from the reach left."""
    result = np.empty_like(planes)
    reach = behind + ahead
    # One run over the whole memory is several times faster than one a row; the border that it gets wrong is set after.
    stride = planes.shape[2] if axis == 1 else 1
    source, target = planes.ravel(), result.ravel()
    size = len(source)
    np.subtract(
        source[reach * stride :], source[: size - reach * stride], out=target[behind * stride : size - ahead * stride]
    )
    source, target = planes.swapaxes(0, axis), result.swapaxes(0, axis)
    length = len(source)
    for i in [*range(behind), *range(length - ahead, length)]:
        low, high = max(i - behind, 0), min(i + ahead, length - 1)
        target[i] = (source[high] - source[low]) * (reach / (high - low)) if high > low else 0
    return result


def _wiener(image: NDArray[np.float32], side: int = 5) -> NDArray[np.float32]:
    """Adaptive Wiener filter: the local mean where the variance is that of noise, the pixel where it is far above."""
    mean = cv2.blur(image, (side, side))
    variance = np.maximum(cv2.blur(image * image, (side, side)) - mean * mean, 0)
    noise = variance.mean()
    largest = np.maximum(variance, noise)
    gain = np.divide(variance - noise, largest, out=np.zeros_like(image), where=largest > 0)
    return mean + np.maximum(gain, 0) * (image - mean)
