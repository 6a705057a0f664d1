"""The 36 regions of interest of MDMO, quadrilaterals on 68 facial landmarks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.errors import FeatureError

# Corners: a number is an iBUG landmark (from 0), ^ the landmark raised by the height of the brow band, a|b the
# middle of two corners. Order and corners after Liu et al. 2016 as drawn by tvaranka/meb.
_REGIONS = """
17 ^17 ^19 19; 19 ^19 ^21 21; 21 ^21 ^21|^22 27; 27 ^21|^22 ^22 22; 22 ^22 ^24 24; 24 ^24 ^26 26
1 0 17 36; 36 17 19 38; 38 19 21 39; 39 21 27 28; 28 27 22 42; 42 22 24 43; 43 24 26 45; 45 26 16 15
3 2 2|41 3|29; 3|29 2|41 41 39; 3|29 39 28 29; 29 28 42 13|29; 13|29 42 46 14|46; 13|29 14|46 14 13
4|33 3|29 29 33; 33 29 13|29 12|33; 5|59 4|33 33 59; 55 33 12|33 11|55
6|58 5|59 59 58; 8|57 6|58 58 57; 10|56 8|57 57 56; 11|55 10|56 56 55
4 3 3|29 4|33; 12|33 13|29 13 12; 5 4 4|33 5|59; 11|55 12|33 12 11
6 5 5|59 6|58; 8 6 6|58 8|57; 10 8 8|57 10|56; 11 10 10|56 11|55
"""
QUADRILATERALS = [region.split() for line in _REGIONS.split("\n") for region in line.split(";") if region.strip()]


def mdmo_regions(landmarks: ArrayLike, brow_height: float = 20) -> NDArray[np.float64]:
    """Corners of the 36 regions.

    Parameters
    ----------
    landmarks : array_like of shape (68, 2)
        x and y in px, iBUG 300-W order.
    brow_height : float
        Of the six regions above the brows, in px; 20 as published, for faces about 200 px wide. Raised corners stay
        in the picture (y >= 0).

    Returns
    -------
    ndarray of shape (36, 4, 2), float64
        x and y in px.

    Raises
    ------
    FeatureError
        For other than 68 finite points.

    Examples
    --------
    >>> import numpy as np
    >>> from features.mdmo_regions import mdmo_regions
    >>> landmarks = np.random.default_rng(0).uniform(40, 160, (68, 2))
    >>> corners = mdmo_regions(landmarks)
    >>> corners.shape, np.array_equal(corners[0, 0], landmarks[17])
    ((36, 4, 2), True)
    """
    landmarks = np.asarray(landmarks, dtype=np.float64)
    if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
        raise FeatureError(f"mdmo: expected 68 finite landmarks (68, 2), got shape {landmarks.shape}")
    return np.array([polygon(names, landmarks, brow_height) for names in QUADRILATERALS])


def polygon(corners: Sequence[str], landmarks: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Places of corners that are written in landmarks.

    Parameters
    ----------
    corners : sequence of str
        A number is a landmark, ^ raises it by `height` px but not above y = 0, | is the mean of corners.
    landmarks : ndarray of shape (68, 2)
        x and y in px.
    height : float
        Px.

    Returns
    -------
    ndarray of shape (N, 2), float64
        x and y in px.

    Examples
    --------
    >>> import numpy as np
    >>> from features.mdmo_regions import polygon
    >>> landmarks = np.array([(0.0, 50.0), (10.0, 60.0)])
    >>> polygon(["0", "^1", "0|1"], landmarks, height=20).tolist()
    [[0.0, 50.0], [10.0, 40.0], [5.0, 55.0]]
    """

    def place(name: str) -> NDArray[np.float64]:
        if "|" in name:
            parts = name.split("|")
            return sum((place(part) for part in parts), np.zeros(2)) / len(parts)
        x, y = landmarks[int(name.lstrip("^"))]
        return np.array([x, max(y - height, 0) if name.startswith("^") else y])

    return np.array([place(name) for name in corners])
