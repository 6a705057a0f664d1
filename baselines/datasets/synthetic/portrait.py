"""The one real photograph behind the embedded corpus, with its landmarks and outlines.

The photograph is `skimage.data.astronaut()`: a NASA portrait of Eileen Collins in the public domain.
Points are (x, y) in pixels of that 512 x 512 picture, pixel centres at whole numbers.
"""

import numpy as np

# 68 landmarks in the iBUG order, measured once with dlib's 68-point predictor: the mean over enlargements by
# 2, 3 and 4 and nine face boxes shifted by -3, 0 or 3 pixels (standard deviation .2 pixels).
LANDMARKS = np.array([
    (179.4, 103.5), (179.6, 115.2), (180.7, 126.5), (181.7, 138.1), (184.6, 149.7), (190.8, 159.9), (199.5, 168.3),
    (209.0, 175.7), (220.4, 178.3), (232.1, 176.8), (243.2, 170.9), (253.2, 163.2), (260.4, 153.6), (264.9, 142.6),
    (267.8, 130.9), (270.2, 119.4), (271.7, 107.4), (186.2, 94.1), (192.0, 88.2), (200.5, 87.1), (208.8, 88.7),
    (216.5, 92.4), (235.9, 93.6), (243.8, 90.8), (251.9, 90.3), (260.0, 92.2), (265.2, 98.4), (225.7, 102.2),
    (225.4, 110.6), (225.3, 118.7), (224.9, 127.2), (214.1, 131.0), (219.1, 132.4), (224.2, 134.2), (229.4, 132.9),
    (234.3, 131.7), (195.0, 101.1), (200.4, 97.7), (206.9, 98.4), (212.4, 103.8), (206.2, 104.2), (199.6, 103.7),
    (237.4, 105.1), (243.5, 100.3), (249.8, 100.4), (255.2, 104.1), (250.1, 106.2), (243.7, 106.1), (200.5, 139.1),
    (209.1, 139.1), (217.5, 139.5), (223.2, 140.8), (229.3, 139.9), (237.3, 140.1), (245.5, 140.8), (237.3, 150.9),
    (228.8, 155.1), (222.1, 155.7), (215.8, 154.6), (207.7, 149.7), (203.3, 140.3), (217.2, 142.9), (223.0, 144.1),
    (229.1, 143.3), (242.5, 141.8), (228.9, 149.8), (222.7, 150.4), (216.6, 149.4),
])  # fmt: skip

# Index of the landmark on the other side of the face.
OTHER_SIDE = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36]
    + [41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)

# Outlines drawn by hand on the picture: hair and head together, and the skin of face, ears and neck.
HEAD = np.array([
    (153.8, 67.5), (158.8, 52.5), (175, 41), (189, 37), (194, 27.5), (207.5, 21), (230, 15.5), (250, 18.8),
    (272.5, 30), (287.5, 45), (297.5, 62.5), (301, 85), (297.5, 105), (287.5, 122.5), (281, 133), (272, 137),
    (268, 136), (262, 153), (256, 163), (254, 180), (252, 187), (230, 190), (205, 186), (188, 179), (185, 160),
    (182, 139), (181, 131.5), (173, 127), (169, 118), (162, 108), (156, 95),
])  # fmt: skip
SKIN = np.array([
    (186, 73), (200, 74), (215, 77), (230, 80), (250, 85), (262, 89), (267, 98), (270, 108), (270, 124), (276, 127),
    (281, 129), (278, 135), (272, 137), (268, 136), (262, 153), (256, 163), (254, 180), (252, 187), (230, 190),
    (205, 186), (188, 179), (185, 160), (182, 139), (181, 131.5), (173, 127), (170, 118), (179, 118), (180, 104),
    (182, 90), (184, 80),
])  # fmt: skip


MIDDLE = 226  # the column about which the picture is mirrored


def load_portrait(mirror=False):
    """Return the photograph as a float32 RGB array, 0 to 255; flipped about the middle of the face if `mirror`."""
    from skimage.data import astronaut

    picture = astronaut().astype(np.float32)
    return np.ascontiguousarray(picture[:, 2 * MIDDLE :: -1]) if mirror else picture


def outlines(mirror=False):
    """Return landmarks (68, 2), head and skin outlines; of the picture flipped left to right if `mirror`.

    Landmarks keep their order when mirrored: 0 is always at the left edge of the picture.
    """
    if not mirror:
        return LANDMARKS, HEAD, SKIN
    flip, origin = np.array([-1.0, 1.0]), np.array([2 * MIDDLE, 0.0])
    return (LANDMARKS * flip + origin)[OTHER_SIDE], HEAD * flip + origin, SKIN * flip + origin
