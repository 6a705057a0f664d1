"""Optical strain: how much the skin is stretched or sheared, from the derivatives of the optical flow.

With flow (u, v) the strain magnitude is sqrt(u_x^2 + v_y^2 + (u_y + v_x)^2 / 2), the Frobenius norm of the
symmetric part of the flow's Jacobian (Shreve et al. 2011; Liong et al. 2014). It has no unit (px per px) and is 0
wherever the flow is a translation; a rigid rotation gives 0 as well, to first order.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip, checked_flow
from features.errors import FeatureError
from features.optical_flow import FlowMethod, iterate_flow

Scheme = Literal["central", "forward", "backward"]

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
