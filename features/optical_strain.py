"""Optical strain: how much the skin is stretched or sheared, from the derivatives of the optical flow.

With flow (u, v) the strain magnitude is sqrt(u_x^2 + v_y^2 + (u_y + v_x)^2 / 2), the Frobenius norm of the
symmetric part of the flow's Jacobian (Shreve et al. 2011; Liong et al. 2014). It has no unit (px per px) and is 0
wherever the flow is a translation; a rigid rotation gives 0 as well, to first order.
"""

import cv2
import numpy as np

from features.checks import checked_clip, checked_flow
from features.errors import FeatureError
from features.lbp_top import lbp_top
from features.optical_flow import iterate_flow

# How many steps behind and ahead of the pixel the difference is taken.
SCHEMES = {"central": (1, 1), "forward": (0, 1), "backward": (1, 0)}


def optical_strain(flow, scheme="central", *, step=1, shear_terms=2):
    """Strain magnitude of a flow field.

    flow: (H, W, 2), u right and v down, px.
    scheme: "central" differences, one-sided at the border (as numpy.gradient); "forward", the border copying its
    neighbour's strain (SOFTNet, Liong 2021); "backward", derivatives of 0 at the border (MEAN; os.m, Khor 2018).
    step: reach of the difference in px: 1 (Liong), 2 or 3 (Shreve).
    shear_terms: 2 counts e_xy and e_yx; 1 is the other reading of STSTNet's equation (7).

    Returns (H, W) float32. Raises FeatureError for a field narrower than 2 px a step.
    """
    if scheme not in SCHEMES:
        raise FeatureError(f"optical strain: unknown scheme {scheme!r}; one of {', '.join(SCHEMES)}")
    if step < 1 or shear_terms not in (1, 2):
        raise FeatureError(f"optical strain: step >= 1 and 1 or 2 shear terms expected, got {step} and {shear_terms}")
    flow = checked_flow(flow, least_size=2 * step)
    behind, ahead = (steps * step for steps in SCHEMES[scheme])
    planes = np.ascontiguousarray(flow.transpose(2, 0, 1), dtype=np.float32)
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


def strain_maps(clip, method="farneback", *, to_first=False, scheme="central", **parameters):
    """Strain magnitude of every frame of a clip: (T-1, H, W) float32.

    clip: (T, H, W) grey in [0, 255], at least two frames. to_first: flow from the first frame instead of from the
    one before. method, parameters: as `optical_flow`.
    """
    clip = checked_clip(clip, least_frames=2)
    maps = np.empty((len(clip) - 1, *clip.shape[1:]), np.float32)
    for target, flow in zip(maps, iterate_flow(clip, method, to_first=to_first, **parameters), strict=True):
        target[...] = optical_strain(flow, scheme)
    return maps


def osf(clip, pooling="mean", smoothing="wiener", size=50, method="farneback", **parameters):
    """Optical strain feature: the clip's strain pooled over time, smoothed, divided by its maximum, as one small map.

    clip: (T, H, W) grey in [0, 255], at least two frames.
    pooling: "mean" (Liong 2016) or "sum" (Liong 2014). smoothing: "wiener" or "gaussian" (5x5), or None.
    size: side of the map, 50 as published. method, parameters: as `strain_maps`.

    Returns (size * size,) float32 in [0, 1], row by row; zeros where nothing moves.
    Source: Liong et al., ACCV workshops 2014; Signal Processing: Image Communication 47, 2016.
    """
    pools = {"mean": np.mean, "sum": np.sum}
    if pooling not in pools:
        raise FeatureError(f"osf: pooling mean or sum expected, got {pooling!r}")
    maps = strain_maps(clip, method, **parameters)
    return osf_of_strain(pools[pooling](maps, axis=0, dtype=np.float64), smoothing, size)


def osf_of_strain(pooled, smoothing="wiener", size=50):
    """`osf` from a clip's strain (H, W) that is pooled over time already."""
    smoothers = {"wiener": _wiener, "gaussian": lambda image: cv2.GaussianBlur(image, (5, 5), 0), None: np.asarray}
    if smoothing not in smoothers:
        raise FeatureError(f"osf: smoothing wiener, gaussian or None expected, got {smoothing!r}")
    pooled = smoothers[smoothing](np.array(pooled, np.float32))
    peak = pooled.max()
    if peak > 0:
        pooled /= peak
    return cv2.resize(pooled, (size, size), interpolation=cv2.INTER_AREA).clip(0, 1).ravel()


def strain_weights(maps, blocks=(8, 8)):
    """Weight of each block by its mean strain over space and time, the largest 1 (OSW, Liong 2014).

    maps: (T, H, W) from `strain_maps`. blocks: rows and columns, 5x5 or 8x8 as published.
    Returns (rows, columns) float64; ones where nothing moves at all.
    """
    rows, columns = blocks
    maps = checked_clip(maps, least_size=max(blocks), name="strain maps")
    mean = maps.mean(axis=0, dtype=np.float64)
    weights = np.array(
        [[part.mean() for part in np.array_split(band, columns, axis=1)] for band in np.array_split(mean, rows)]
    )
    peak = weights.max()
    return weights / peak if peak > 0 else np.ones_like(weights)


def osw_lbp_top(clip, blocks=(8, 8), radii=(1, 1, 4), neighbours=4, mapping="full", method="farneback", **parameters):
    """LBP-TOP whose XY histograms are weighted by the strain of their block (OSW-LBP-TOP).

    clip: (T, H, W) grey in [0, 255]. blocks: rows and columns. radii, neighbours, mapping: as `lbp_top`.
    method, parameters: as `strain_maps`. XT and YT histograms keep mass 1.

    Returns (rows * columns * 3 * bins,) float64 in the order of `lbp_top`. Source: Liong et al. 2014, 2016.
    """
    histograms = lbp_top(clip, radii, neighbours, mapping, blocks=(*blocks, 1))
    return weighted_by_strain(histograms, strain_maps(clip, method, **parameters), blocks)


def weighted_by_strain(histograms, maps, blocks):
    """`osw_lbp_top` from the histograms of `lbp_top` on `blocks` x 1 time segment and the maps of `strain_maps`."""
    histograms = np.reshape(histograms, (*blocks, 3, -1)).copy()
    histograms[:, :, 0] *= strain_weights(maps, blocks)[..., np.newaxis]
    return histograms.ravel()


def _differences(planes, axis, behind, ahead):
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


def _wiener(image, side=5):
    """Adaptive Wiener filter: the local mean where the variance is that of noise, the pixel where it is far above."""
    mean = cv2.blur(image, (side, side))
    variance = np.maximum(cv2.blur(image * image, (side, side)) - mean * mean, 0)
    noise = variance.mean()
    largest = np.maximum(variance, noise)
    gain = np.divide(variance - noise, largest, out=np.zeros_like(image), where=largest > 0)
    return mean + np.maximum(gain, 0) * (image - mean)
