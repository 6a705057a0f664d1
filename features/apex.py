"""Finding the apex frame of a clip by divide and conquer on facial regions (D&C-RoIs)."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

from features.checks import checked_clip
from features.errors import FeatureError
from features.lbp_top import block_counts, lbp_codes, uniform_labels
from features.optical_flow import iterate_flow
from features.optical_strain import optical_strain

Measure = Literal["lbp", "strain"]

# Landmarks (iBUG 300-W, from 0) whose bounding box is the region.
REGIONS = {
    "eye and brow on the left": (*range(17, 22), *range(36, 42)),
    "eye and brow on the right": (*range(22, 27), *range(42, 48)),
    "mouth": tuple(range(48, 68)),
}


def find_apex(
    clip: ArrayLike,
    landmarks: ArrayLike | None = None,
    feature: Measure = "lbp",
    radius: int = 1,
    **flow_parameters: Any,
) -> int:
    """Index of the apex frame, from 0.

    It is what `divide_and_conquer` finds on the curve of `onset_difference`.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255] from onset to offset, T >= 3; for "lbp" in any scale.
    landmarks, feature, radius, **flow_parameters
        As `onset_difference`.

    Returns
    -------
    int
        Index.

    Raises
    ------
    FeatureError
        For fewer than three frames, or as `onset_difference`.

    References
    ----------
    Liong et al., ACPR 2015, as used by Bi-WOOF for SMIC.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.tile(np.random.default_rng(0).integers(0, 256, (20, 20)), (9, 1, 1))
    >>> clip[4] = clip[4].T
    >>> features.find_apex(clip)
    4
    """
    clip = checked_clip(clip, least_frames=3, name="apex")
    return divide_and_conquer(onset_difference(clip, landmarks, feature, radius, **flow_parameters))


def onset_difference(
    clip: ArrayLike,
    landmarks: ArrayLike | None = None,
    feature: Measure = "lbp",
    radius: int = 1,
    **flow_parameters: Any,
) -> NDArray[np.float64]:
    """Difference of every frame from the first, averaged over the regions.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255]; for "lbp" in any scale.
    landmarks : array_like of shape (68, 2) or None
        x and y in px on the first frame, for the regions eye and brow (two) and mouth; None takes the frame as one
        region.
    feature : {"lbp", "strain"}
        "lbp": 1 - correlation of uniform LBP histograms (P=8). "strain": the mean optical strain of the flow from the
        first frame.
    radius : int
        Of LBP, px.
    **flow_parameters
        Of "strain": `method` and its parameters, as `optical_flow`.

    Returns
    -------
    ndarray of shape (T,), float64
        0 for the first frame.

    Raises
    ------
    FeatureError
        When a region is not in the picture, or flow parameters are given for "lbp"; for "strain" as `optical_flow`.

    References
    ----------
    Liong et al., ACPR 2015.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.tile(np.random.default_rng(0).integers(0, 256, (20, 20)), (5, 1, 1))
    >>> clip[3] = clip[3].T
    >>> (features.onset_difference(clip) > 0).tolist()
    [False, False, False, True, False]
    """
    clip = checked_clip(clip, name="apex")
    boxes = _boxes(landmarks, clip.shape[1:], 2 * radius + 1)
    if feature == "strain":
        maps = (optical_strain(flow) for flow in iterate_flow(clip, **flow_parameters)) if len(clip) > 1 else ()
        return np.array([0.0, *(np.mean([strain[box].mean() for box in boxes]) for strain in maps)])
    if feature != "lbp" or flow_parameters:
        raise FeatureError(f"apex: feature lbp (without flow parameters) or strain expected, got {feature!r}")
    return np.mean([_lbp_difference(clip[:, rows, columns], radius) for rows, columns in boxes], axis=0)


def divide_and_conquer(curve: ArrayLike) -> int:
    """Index of the peak that is left when a curve is halved again and again, keeping the half whose peaks sum higher.

    Parameters
    ----------
    curve : array_like of shape (T,)
        A single value a frame.

    Returns
    -------
    int
        From 0; without any inner peak that of the largest value.

    Raises
    ------
    FeatureError
        For another shape or values that are not finite.

    Examples
    --------
    >>> from features.apex import divide_and_conquer
    >>> divide_and_conquer([0, 3, 0, 0, 0, 2, 0, 2, 0, 0])
    5
    """
    curve = np.asarray(curve, dtype=np.float64)
    if curve.ndim != 1 or not len(curve) or not np.isfinite(curve).all():
        raise FeatureError(f"apex: expected a curve of finite values (T,), got shape {curve.shape}")
    peaks = find_peaks(curve)[0]
    if not len(peaks):
        return int(curve.argmax())
    first, end = 0, len(curve)
    while len(peaks) > 1:
        middle = (first + end) // 2
        left, right = peaks[peaks < middle], peaks[peaks >= middle]
        if curve[left].sum() >= curve[right].sum() and len(left):
            peaks, end = left, middle
        else:
            peaks, first = right, middle
    return int(peaks[0])


def _boxes(landmarks: ArrayLike | None, shape: tuple[int, ...], least: int) -> list[tuple[slice, slice]]:
    if landmarks is None:
        return [(slice(0, shape[0]), slice(0, shape[1]))]
    landmarks = np.asarray(landmarks, dtype=np.float64)
    if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
        raise FeatureError(f"apex: expected 68 finite landmarks (68, 2), got shape {landmarks.shape}")
    boxes = []
    for name, points in REGIONS.items():
        low, high = landmarks[list(points)].min(axis=0), landmarks[list(points)].max(axis=0)
        margin = 0.2 * (high - low)
        left, top = np.maximum(np.floor(low - margin), 0).astype(int)
        right, bottom = np.minimum(np.ceil(high + margin) + 1, shape[::-1]).astype(int)
        if right - left < least or bottom - top < least:
            raise FeatureError(f"apex: the {name} is not in the picture of {shape[1]}x{shape[0]} px")
        boxes.append((slice(top, bottom), slice(left, right)))
    return boxes


def _lbp_difference(clip: NDArray[Any], radius: int) -> NDArray[np.float64]:
    codes = lbp_codes(clip, "XY", (radius, radius, 0))
    labels = uniform_labels(8)
    histograms = block_counts(codes, (1, 1, len(clip)), 0.0) @ np.eye(labels.max() + 1)[labels]
    centred = histograms - histograms.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    # 1 - a.b of unit vectors; written so, equal histograms differ by exactly 0.
    return ((unit - unit[0]) ** 2).sum(axis=1) / 2
