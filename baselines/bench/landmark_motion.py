"""Action units as motion of landmarks, spread over the face: the known motion that implants consist of.

It shares nothing with the displacement fields of the embedded corpus, which spotting was fitted on: other anchors,
other directions, another way from points to pixels. Directions follow the FACS manual (Ekman, Friesen and Hager, 2002).
"""

import numpy as np

from baselines.datasets.synthetic.portrait import OTHER_SIDE

REACH, FAR = 0.16, 0.25  # eye distances that a landmark's motion reaches; weight of what lies far from all landmarks
CHEEK = 68  # between lower lid and mouth corner, beside the 68 landmarks
OTHER = np.array([*OTHER_SIDE, CHEEK + 1, CHEEK])
# {landmark of the person's right side: (away from the middle, down)}; the other landmarks stay where they are
SIDED = {
    1: {21: (0, -1), 20: (0, -1), 19: (0, -0.5)},
    2: {17: (0, -1), 18: (0, -1), 19: (0, -0.7)},
    4: {21: (-0.5, 0.8), 20: (-0.3, 0.9), 19: (-0.1, 0.6)},
    5: {37: (0, -1), 38: (0, -1)},
    6: {CHEEK: (-0.2, -1), 41: (0, -0.6), 40: (0, -0.6), 36: (-0.1, -0.3)},
    7: {41: (0, -1), 40: (0, -1), 37: (0, 0.4), 38: (0, 0.4)},
    9: {31: (0, -1), 32: (0, -0.8), 28: (0, -0.5), 21: (-0.4, 0.5), 50: (0, -0.4)},
    10: {50: (0, -1), 49: (0, -0.9), 61: (0, -0.8), 31: (0.2, -0.5)},
    12: {48: (0.7, -0.7), 49: (0.4, -0.4), 59: (0.4, -0.4), 60: (0.6, -0.6), CHEEK: (0.1, -0.4)},
    14: {48: (1, 0), 60: (0.8, 0), 49: (0.4, 0.1), 59: (0.4, -0.1)},
    15: {48: (0.2, 1), 60: (0.1, 0.8), 59: (0, 0.5), 49: (0, 0.3)},
    20: {48: (1, 0.1), 60: (0.8, 0.1), 59: (0.6, 0.2), 49: (0.5, 0)},
    23: {48: (-1, 0), 60: (-0.8, 0), 49: (-0.3, 0.2), 59: (-0.3, -0.2)},
}
MIDDLE = {
    17: {8: (0, -0.7), 7: (0, -0.6), 9: (0, -0.6), 57: (0, -1), 56: (0, -0.8), 58: (0, -0.8)},
    24: {51: (0, 0.7), 50: (0, 0.6), 52: (0, 0.6), 57: (0, -0.8), 56: (0, -0.7), 58: (0, -0.7)},
    25: {57: (0, 1), 56: (0, 0.9), 58: (0, 0.9), 66: (0, 0.9), 51: (0, -0.3), 62: (0, -0.3)},
    26: dict.fromkeys((6, 7, 8, 9, 10, 56, 57, 58, 65, 66, 67), (0, 1)),
}


def landmark_field(unit, landmarks, size):
    """Return the (size, size, 2) float32 displacement (x right, y down) of a `Unit`, largest length 1.

    landmarks: (68, 2) in a picture of that size. A pixel moves like the mean of the landmarks around it, weighted by
    a Gaussian of their distance; what is far from all of them stays.
    """
    points = np.concatenate([landmarks, (landmarks[[41, 46]] + landmarks[[48, 54]]) / 2])
    moves = np.zeros_like(points)
    for landmark, (away, down) in (SIDED | MIDDLE)[unit.number].items():
        outward = 1.0 if unit.side == "L" else -1.0
        moves[OTHER[landmark] if unit.side == "L" else landmark] = outward * away, down
    reach = REACH * np.hypot(*(landmarks[36:42].mean(axis=0) - landmarks[42:48].mean(axis=0)))
    axis = np.arange(size)[:, None]
    across, down = (np.exp(-(((axis - points[:, column]) / reach) ** 2) / 2) for column in (0, 1))
    weight = np.einsum("yn,xn->yx", down, across) + FAR
    total = np.einsum("yn,xn,nc->yxc", down, across, moves, optimize=True) / weight[..., None]
    return (total / np.hypot(total[..., 0], total[..., 1]).max()).astype(np.float32)
