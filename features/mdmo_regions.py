"""The 36 regions of interest of MDMO, quadrilaterals on 68 facial landmarks."""

import numpy as np

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


def mdmo_regions(landmarks, brow_height=20):
    """Corners of the 36 regions.

    landmarks: (68, 2) x and y in px, iBUG 300-W order. brow_height: of the six regions above the brows, in px;
    20 as published, for faces about 200 px wide. Raised corners stay in the picture (y >= 0).

    Returns (36, 4, 2) float64, x and y in px. Raises FeatureError for other than 68 finite points.
    """
    landmarks = np.asarray(landmarks, dtype=np.float64)
    if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
        raise FeatureError(f"mdmo: expected 68 finite landmarks (68, 2), got shape {landmarks.shape}")

    return np.array([polygon(names, landmarks, brow_height) for names in QUADRILATERALS])


def polygon(corners, landmarks, height):
    """Return (N, 2) float64 x and y of corners: a number is a landmark, ^ raises it by `height` px, | is the mean."""

    def place(name):
        if "|" in name:
            parts = name.split("|")
            return sum(place(part) for part in parts) / len(parts)
        x, y = landmarks[int(name.lstrip("^"))]
        return np.array([x, max(y - height, 0) if name.startswith("^") else y])

    return np.array([place(name) for name in corners])
