"""How each action unit moves the parts of a face, and how much a movement is like one."""

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from baselines.datasets.synthetic.action_units import MIDDLE, SIDED, Unit, field
from baselines.datasets.synthetic.portrait import LANDMARKS
from baselines.datasets.synthetic.shape import CANVAS
from baselines.spotting.regional.motion import MOVING, PARTS
from features.regions import boxes, centres, region_means

EYES = 66.0  # px between the eyes on the canvas of the fields


@functools.cache
def unit_patterns() -> tuple[NDArray[np.float64], NDArray[np.float64], list[Unit]]:
    """Return the mean motion (units, P, 2) of the parts in each action unit, the middles of the parts, the `Unit`s."""
    scale = EYES / np.hypot(*(LANDMARKS[36:42].mean(axis=0) - LANDMARKS[42:48].mean(axis=0)))
    landmarks = (LANDMARKS - LANDMARKS[27:48].mean(axis=0)) * scale + (CANVAS / 2, 0.4 * CANVAS)
    places = boxes(landmarks, PARTS)
    units = [Unit(number, side) for number in SIDED for side in "LR"] + [Unit(number, "M") for number in MIDDLE]
    motions = np.stack([region_means(field(unit, landmarks), places) for unit in units])
    return motions, centres(places) / EYES, units


@functools.cache
def _directions() -> NDArray[np.float64]:
    """Return the patterns of the parts in `MOVING` as columns of length 1."""
    columns = unit_patterns()[0][:, : len(MOVING)].reshape(-1, 2 * len(MOVING)).T
    return columns / np.linalg.norm(columns, axis=0)


def likeness(motion: NDArray[np.floating]) -> tuple[float, float]:
    """Return how much the motion (P, 2) of the parts in `MOVING` is like one action unit, and like a sum of them.

    The largest cosine with a unit, and the share of the motion that a non-negative sum of units explains.
    """
    way = motion.ravel() / np.linalg.norm(motion)
    _, rest = nnls(_directions(), way)
    return float((way @ _directions()).max()), float(1 - rest**2)
