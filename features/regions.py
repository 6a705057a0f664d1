"""Regions of an aligned face, the mean motion in each, and the rigid motion of the head.

Regions are boxes around landmarks (see `features.alignment` for their order) with margins in units of the
distance between the eye centres, so that they fit any face at any crop size. "Left" and "right" are the person's
own, as in the Facial Action Coding System: the right brow is on the left of the picture.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.errors import FeatureError
from features.mdmo_regions import polygon

Regions = Mapping[str, tuple[tuple[int, ...], tuple[float, float, float, float]]]

# name: (landmarks, margins to the left, above, to the right and below); a negative margin moves the edge inwards
REGIONS: Regions = {
    "right outer brow": ((17, 18, 19), (0.10, 0.12, 0.10, 0.06)),
    "right inner brow": ((20, 21), (0.10, 0.12, 0.10, 0.06)),
    "left inner brow": ((22, 23), (0.10, 0.12, 0.10, 0.06)),
    "left outer brow": ((24, 25, 26), (0.10, 0.12, 0.10, 0.06)),
    "right mouth corner": ((48,), (0.20, 0.20, 0.20, 0.20)),
    "left mouth corner": ((54,), (0.20, 0.20, 0.20, 0.20)),
    "upper lip": ((51,), (0.15, 0.12, 0.15, 0.12)),
    "lower lip": ((57,), (0.15, 0.12, 0.15, 0.12)),
}
EYES: Regions = {
    "right eye": ((37, 38, 40, 41), (0.05, 0.05, 0.05, 0.05)),
    "left eye": ((43, 44, 46, 47), (0.05, 0.05, 0.05, 0.05)),
}
NOSE: Regions = {"nose": ((28, 29), (0.14, 0.16, 0.14, 0.16))}
# where expressions move the skin least: nose bridge, corners of the eyes, cheekbones
RIGID_PARTS: Regions = {
    **NOSE,
    **{f"eye corner {index}": ((index,), (0.07, 0.06, 0.07, 0.06)) for index in (36, 39, 42, 45)},
    "right cheekbone": ((40, 41), (0.14, -0.23, 0.14, 0.47)),
    "left cheekbone": ((46, 47), (0.14, -0.23, 0.14, 0.47)),
}

# Where action units change the skin, after the descriptions of FACS (Ekman, Friesen, Hager 2002): corners in the
# notation of `features.mdmo_regions`, on the person's right side or across the face.
_ONE_SIDED = {
    "AU1": "19 ^19 ^21 21", "AU2": "17 ^17 ^19 19", "AU5": "36 17|36 19|37 21|38 39 38 37",
    "AU6": "1 36 41 40 40|31 2|31", "AU7": "36 41 40 39 40|40|31 41|41|2", "AU43": "36 37 38 39 40 41",
    "AU12": "48 49 31 2|31 3|48", "AU14": "3|48 31|48 49 59 5|48", "AU15": "48 59 7|59 5|59 4|48",
    "AU20": "3|48 49 59 5|59 4|48",
}  # fmt: skip
_ACROSS = {
    "AU4": "20 ^20 ^23 23 42 27 39", "AU9": "21 22 42 35 33 31 39", "AU10": "31 33 35 53 52 51 50 49",
    "AU16": "59 58 57 56 55 9|55 8|57 7|59", "AU17": "7|59 8|57 9|55 9 8 7",
    "AU23": "48 49 50 51 52 53 54 55 56 57 58 59", "AU24": "48 49 50 51 52 53 54 55 56 57 58 59",
    "AU25": "48 49 50 51 52 53 54 55 56 57 58 59", "AU26": "48 59 58 57 56 55 54 12 11 10 9 8 7 6 5 4",
    "AU38": "31 29|31 29|35 35 33",
}  # fmt: skip
# The landmark on the other side of the face.
MIRRORED = (
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46,
    39, 38, 37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
)  # fmt: skip
FOREHEAD = 0.25  # height of the band above the brows, in eye distances


def action_unit_regions(landmarks: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Return where action units show.

    Parameters
    ----------
    landmarks : array_like of shape (68, 2)
        x and y in px.

    Returns
    -------
    dict of str to ndarray of shape (N, 2), float64
        Polygons, x and y in px, by the codes of the databases: RAU1 and LAU1 on the person's right and left, AU4
        across the face.

    Raises
    ------
    FeatureError
        For another shape or NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import action_unit_regions
    >>> landmarks = np.random.default_rng(0).uniform(30, 100, (68, 2))  # stand for those of a face
    >>> regions = action_unit_regions(landmarks)
    >>> regions["AU4"].shape, "RAU12" in regions, "LAU12" in regions
    ((7, 2), True, True)
    """
    landmarks, unit = _checked(landmarks)
    height = FOREHEAD * unit
    regions = {code: polygon(corners.split(), landmarks, height) for code, corners in _ACROSS.items()}
    for side, points in (("R", landmarks), ("L", landmarks[list(MIRRORED)])):
        for code, corners in _ONE_SIDED.items():
            regions[side + code] = polygon(corners.split(), points, height)
    return regions


def boxes(landmarks: ArrayLike, regions: Regions = REGIONS) -> NDArray[np.int_]:
    """Return the boxes of regions.

    Parameters
    ----------
    landmarks : array_like of shape (68, 2)
        x and y in px.
    regions : mapping of str to (landmarks, margins)
        As `REGIONS`, `EYES`, `NOSE` or `RIGID_PARTS`.

    Returns
    -------
    ndarray of shape (N, 4), int
        Columns x0, y0, x1, y1 in px, ends excluded; they may lie outside the picture.

    Raises
    ------
    FeatureError
        For another shape or NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import NOSE, boxes
    >>> landmarks = np.zeros((68, 2))
    >>> landmarks[42:48] = (100, 0)  # the eyes 100 px apart
    >>> landmarks[[28, 29]] = [(50, 20), (50, 40)]
    >>> boxes(landmarks, NOSE).tolist()
    [[36, 4, 65, 57]]
    """
    landmarks, unit = _checked(landmarks)
    result = []
    for indices, margins in regions.values():
        points = landmarks[list(indices)]
        low = points.min(axis=0) - np.multiply(margins[:2], unit)
        high = points.max(axis=0) + np.multiply(margins[2:], unit)
        result.append(np.concatenate([np.floor(low), np.ceil(high) + 1]))
    return np.array(result, int)


def centres(boxes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the centres of boxes.

    Parameters
    ----------
    boxes : ndarray of shape (N, 4)
        As `boxes` gives.

    Returns
    -------
    ndarray of shape (N, 2), float64
        x and y in px.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import centres
    >>> centres(np.array([[0, 0, 5, 3]]))
    array([[2., 1.]])
    """
    return (boxes[:, :2] + boxes[:, 2:] - 1) / 2


def region_means(field: NDArray[Any], boxes: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of a field in each box, as far as it lies in the field.

    Parameters
    ----------
    field : ndarray of shape (H, W) or (H, W, C)
        Such as a flow field.
    boxes : array_like of shape (N, 4)
        As `boxes` gives.

    Returns
    -------
    ndarray of shape (N,) or (N, C), float64
        NaN for a box that lies wholly outside.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import region_means
    >>> region_means(np.arange(12.0).reshape(3, 4), [[0, 0, 2, 2], [3, 2, 9, 9], [7, 7, 9, 9]])
    array([ 2.5, 11. ,  nan])
    """
    means = []
    for x0, y0, x1, y1 in np.maximum(boxes, 0):
        part = field[y0:y1, x0:x1]
        means.append(part.mean(axis=(0, 1)) if part.size else np.full(field.shape[2:], np.nan))
    return np.array(means, float)


def points_in(boxes: NDArray[np.int_], shape: tuple[int, ...], step: int = 3) -> NDArray[np.int_]:
    """Return the pixels of boxes on a grid, as far as they lie in the picture.

    Parameters
    ----------
    boxes : ndarray of shape (N, 4), int
        As `boxes` gives.
    shape : tuple of int
        (H, W) or more of the picture.
    step : int
        Of the grid, px.

    Returns
    -------
    ndarray of shape (M, 2), int
        x and y.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import points_in
    >>> points_in(np.array([[-2, 0, 4, 2]]), (10, 10)).tolist()
    [[0, 0], [3, 0]]
    """
    height, width = shape[:2]
    grids = [
        np.mgrid[max(x0, 0) : min(x1, width) : step, max(y0, 0) : min(y1, height) : step].reshape(2, -1)
        for x0, y0, x1, y1 in boxes
    ]
    return np.concatenate(grids, axis=1).T


def rigid_motion(flow: NDArray[Any], points: NDArray[np.int_], scale: float = 0.15) -> NDArray[np.float64]:
    """Return the rigid motion of the head in a flow field: a robust similarity fitted to the flow of rigid parts.

    Parameters
    ----------
    flow : ndarray of shape (H, W, 2)
        u right and v down, px.
    points : ndarray of shape (M, 2), int
        Pixels x and y: those of `points_in` the boxes of `RIGID_PARTS`.
    scale : float
        Vectors that disagree with the motion by more than about so many px lose weight (Cauchy's, iteratively
        reweighted least squares), so that a blink or a lifted cheek does not pass for head motion.

    Returns
    -------
    ndarray of shape (2, 3), float64
        `m`: the rigid flow at a point xy is `m[:, :2] @ xy + m[:, 2]`.

    Raises
    ------
    FeatureError
        For fewer than two points.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import rigid_motion
    >>> flow = np.full((20, 20, 2), (1.0, -2.0))
    >>> flow[5, 5] = (9.0, 9.0)  # a blink
    >>> points = np.mgrid[:20:5, :20:5].reshape(2, -1).T
    >>> rigid_motion(flow, points).round(1) + 0.0
    array([[ 0.,  0.,  1.],
           [ 0.,  0., -2.]])
    """
    if len(points) < 2:
        raise FeatureError("rigid motion: the rigid parts lie outside the flow field; align the face first")
    x, y = points.T
    place = x + 1j * y
    motion = flow[y, x] @ (1, 1j)
    weight = np.ones(len(place))
    for _ in range(6):
        total = weight.sum()
        middle, shift = weight @ place / total, weight @ motion / total
        around = place - middle
        turn = (weight * around.conj()) @ (motion - shift) / (weight @ np.abs(around) ** 2)
        weight = 1 / (1 + np.abs(motion - shift - turn * around) ** 2 / scale**2)
    rest = shift - turn * middle
    return np.array([[turn.real, -turn.imag, rest.real], [turn.imag, turn.real, rest.imag]])


def relative_motion(flow: NDArray[Any], regions: NDArray[np.int_], rigid: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the mean flow in each region minus the rigid head motion at its centre.

    Parameters
    ----------
    flow : ndarray of shape (H, W, 2)
        u right and v down, px.
    regions : ndarray of shape (N, 4), int
        As `boxes` gives.
    rigid : ndarray of shape (M, 2), int
        Pixels x and y of the rigid parts, as `points_in` gives.

    Returns
    -------
    ndarray of shape (N, 2), float64
        Px; NaN for a region outside the field.

    Raises
    ------
    FeatureError
        As `rigid_motion`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.regions import relative_motion
    >>> flow = np.full((20, 20, 2), (1.0, -2.0))
    >>> flow[12:16, 12:16] += (0.0, 0.5)
    >>> still = np.mgrid[:10:3, :10:3].reshape(2, -1).T
    >>> relative_motion(flow, np.array([[12, 12, 16, 16]]), still).round(6) + 0.0
    array([[0. , 0.5]])
    """
    matrix = rigid_motion(flow, rigid)
    return region_means(flow, regions) - (centres(regions) @ matrix[:, :2].T + matrix[:, 2])


def _checked(landmarks: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Return landmarks (68, 2) as floats, and the distance between the eye centres."""
    landmarks = np.asarray(landmarks, float)
    if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
        raise FeatureError(f"regions: landmarks of shape {landmarks.shape}; expected (68, 2) without NaN")
    return landmarks, np.hypot(*(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)))
