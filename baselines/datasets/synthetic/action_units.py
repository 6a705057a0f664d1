"""Action units as smooth displacement fields anchored on facial landmarks.

Directions follow the FACS manual (Ekman, Friesen and Hager, 2002). Left and right are the subject's own:
the subject's right side is the left of the picture, whether the portrait was mirrored or not.
"""

from dataclasses import dataclass

import numpy as np

from baselines.action_units import parse_one
from baselines.datasets.synthetic.portrait import OTHER_SIDE
from baselines.datasets.synthetic.shape import CANVAS, JAW

# Each unit is a sum of Gaussians: (landmarks whose mean is the anchor, offset of the anchor, direction, extent).
# Landmarks are those of the subject's right side; offset and extent in percent of the face's width;
# offset and direction as (away from the middle, down); for units in the middle the person's right is away.
SIDED = {
    1: [((20, 21), (-1, -1), (-0.1, -1.0), (7, 8))],
    2: [((17, 18, 19), (0, -1), (0.1, -1.0), (7, 8))],
    4: [((20, 21), (-1, -1), (-0.45, 0.9), (9, 8)), ((18, 19), (0, 0), (-0.2, 0.4), (8, 7))],
    5: [((37, 38), (0, 0), (0.0, -1.0), (7, 3.5))],
    6: [((36, 48), (1, -1), (-0.25, -1.0), (11, 8)), ((40, 41), (0, 2), (0.0, -0.4), (8, 4))],
    7: [((40, 41), (0, 0), (-0.2, -1.0), (7, 3.5)), ((37, 38), (0, 0), (0.0, 0.6), (7, 3))],
    9: [
        ((28, 31), (0, 0), (0.0, -1.0), (5, 9)), ((21,), (-1, 2), (-0.4, 0.6), (6, 6)),
        ((50,), (0, -4), (0, -0.4), (7, 5)),
    ],
    10: [((49, 50), (1, -3), (0.2, -1.0), (8, 6)), ((31,), (4, 0), (0.1, -0.5), (6, 6))],
    12: [((48,), (0, 0), (0.75, -0.7), (9, 8)), ((48,), (7, -14), (0.2, -0.45), (10, 9))],
    14: [((48,), (0, 0), (0.9, 0.1), (6, 6)), ((48,), (11, 0), (-0.55, 0.0), (5, 8))],
    15: [((48,), (0, 0), (0.15, 1.0), (8, 6)), ((48,), (1, 8), (0.0, 0.5), (7, 7))],
    20: [((48,), (0, 1), (1.0, 0.25), (9, 6)), ((48,), (5, 12), (0.5, 0.1), (9, 8))],
    23: [
        ((48,), (0, 0), (-1.0, 0.0), (8, 5)), ((50,), (0, 0), (-0.2, 0.5), (7, 3)),
        ((58,), (0, 0), (-0.2, -0.5), (7, 3)),
    ],
}  # fmt: skip
MIDDLE = {
    17: [((57,), (0, 9), (0, -1.0), (12, 8)), ((57,), (0, 0), (0, -0.6), (11, 4))],
    24: [((51,), (0, 0), (0, 0.9), (11, 3.5)), ((57,), (0, 1), (0, -1.0), (11, 4))],
    25: [((57, 66), (0, 0), (0, 1.0), (9, 4.5)), ((51, 62), (0, -1), (0, -0.35), (9, 3.5))],
    26: [((8,), (0, -4), (0, 1.0), (18, 10)), ((57, 66), (0, 1), (0, 0.8), (10, 6))],
}  # fmt: skip
NUMBERS = tuple(sorted({**SIDED, **MIDDLE}))

# Both eyes turn to the person's left (61) or right (62): the irises move and take little of the lids along.
EYES = {
    61: [((36, 39), (0, 0), (-1, 0), (5, 2.6)), ((42, 45), (0, 0), (-1, 0), (5, 2.6))],
    62: [((36, 39), (0, 0), (1, 0), (5, 2.6)), ((42, 45), (0, 0), (1, 0), (5, 2.6))],
}
GAZE = tuple(EYES)

# Small parts move less than a mouth corner: displacement relative to an expression's amplitude.
REACH = {5: 0.6, 6: 0.8, 7: 0.6, 9: 0.8, 23: 0.8, 24: 0.7}


@dataclass(frozen=True)
class Unit:
    """One half of an action unit: its number and side, `L`, `R` or `M` for a unit in the middle or of both eyes."""

    number: int
    side: str


def units_of(code):
    """Return the `Unit`s of a code such as `AU12` (both sides), `LAU14` or `RAU12` (one side)."""
    coded = parse_one(code)
    if coded.number in MIDDLE or coded.number in EYES:
        return (Unit(coded.number, "M"),)
    return tuple(Unit(coded.number, side) for side in coded.side[:1].upper() or "LR")


@dataclass(frozen=True)
class Manner:
    """How a person moves one unit, the same on both sides: directions turned (radians) and extents scaled."""

    turn: float = 0.0
    extent: float = 1.0


def draw_manner(rng, settings):
    """Return a `Manner` within the variation of the `Settings`."""
    return Manner(
        turn=np.radians(settings.manner_turn) * np.clip(rng.standard_normal(), -2, 2),
        extent=np.exp(settings.manner_extent * np.clip(rng.standard_normal(), -2, 2)),
    )


PLAIN = Manner()


def field(unit, landmarks, manner=PLAIN):
    """Return the (CANVAS, CANVAS, 2) float32 displacement (x right, y down) of a unit, largest length 1."""
    outward = 1.0 if unit.side == "L" else -1.0
    blobs = (SIDED | MIDDLE | EYES)[unit.number]
    percent = np.ptp(landmarks[JAW, 0]) / 100
    y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
    total = np.zeros((CANVAS, CANVAS, 2), np.float32)
    turn = manner.turn if unit.side != "M" else 0.0
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for indices, offset, direction, extent in blobs:
        indices = OTHER_SIDE[list(indices)] if unit.side == "L" else list(indices)
        anchor = landmarks[indices].mean(0) + np.array(offset) * [outward, 1] * percent
        sx, sy = np.array(extent) * percent * manner.extent
        away, down = rotation @ direction
        weight = np.exp(-(((x - anchor[0]) / sx) ** 2 + ((y - anchor[1]) / sy) ** 2) / 2)
        total += weight[..., None] * np.float32([outward * away, down])
    return total / np.hypot(total[..., 0], total[..., 1]).max()
