"""Main directional mean optical flow (MDMO): the main motion of each of 36 facial regions, 72 values a clip."""

from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip
from features.errors import FeatureError
from features.mdmo_regions import mdmo_regions
from features.optical_flow import FlowMethod, iterate_flow

# Landmarks that expressions hardly move: jaw line beside the mouth and tip of the nose (from 0, iBUG 300-W).
RIGID = (0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 30)

# Px; what rounding leaves of a vector that is 0, which would else vote for a direction of chance.
STILL = 1e-9

Variant = Literal["paper", "meb"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

Numbers = NDArray[np.intp]
Values = NDArray[np.float64]


def mdmo(
    clip: ArrayLike,
    landmarks: ArrayLike,
    variant: Variant = "paper",
    method: FlowMethod = "farneback",
    brow_height: float = 20,
    **parameters: Any,
) -> NDArray[np.float64]:
    """MDMO of a clip: 36 lengths, then 36 directions.

    For every frame the flow from the first frame is freed of head motion (the affine map that brings 13 displaced
    landmarks back best), and in each region the vectors of the fullest of 8 direction bins (45 degrees, the first
    around 0) are averaged in length and direction. Frames are summed as vectors, each weighted by its part of all
    lengths; lengths are divided by the largest.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    landmarks : array_like of shape (68, 2)
        x and y in px on the first frame.
    variant : {"paper", "meb"}
        "meb" is the public code by T. Varanka: no alignment, direction 292.5 to 337.5 degrees counted with the first
        bin, arithmetic mean of directions across 0, frames weighted by their sum of directions, and directions
        shifted by -pi. A region without pixels is 0 in both.
    method
        As `optical_flow`.
    brow_height
        As `mdmo_regions`.
    **parameters
        Of the method, as `optical_flow`.

    Returns
    -------
    ndarray of shape (72,), float64
        Lengths in [0, 1], then directions in radians in [-pi, pi], 0 right, positive downwards.

    Raises
    ------
    FeatureError
        When no region lies in the picture, or as `mdmo_regions` and `optical_flow`.

    References
    ----------
    Liu et al., IEEE Transactions on Affective Computing 7(4), 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> rng = np.random.default_rng(0)
    >>> clip = rng.integers(0, 256, (4, 64, 64), dtype=np.uint8)
    >>> landmarks = rng.uniform(10, 54, (68, 2))  # stand for those of a face
    >>> features.mdmo(clip, landmarks).shape
    (72,)
    """
    if variant not in VARIANTS:
        raise FeatureError(f"mdmo: unknown variant {variant!r}; one of {', '.join(VARIANTS)}")
    clip = checked_clip(clip, least_frames=2)
    y, x, region = _region_pixels(mdmo_regions(landmarks, brow_height), clip.shape[1:])
    places = y * clip.shape[2] + x
    aligner = _Aligner(landmarks, clip.shape[1:], x, y) if variant == "paper" else None
    main_vectors = _main_vectors if variant == "paper" else _main_vectors_meb
    lengths, directions = [], []
    for flow in iterate_flow(clip, method, **parameters):
        # Several times faster than flow[y, x].
        vectors = flow.reshape(-1, 2).take(places, axis=0)
        if aligner is not None:
            vectors = aligner(flow, vectors)
        length, direction = main_vectors(vectors, region)
        lengths.append(length)
        directions.append(direction)
    return _summary(np.array(lengths), np.array(directions), variant)


def _region_pixels(regions: Values, shape: tuple[int, ...]) -> tuple[Numbers, Numbers, Numbers]:
    """Rows, columns and region number of all pixels inside each region, its border included."""
    height, width = shape
    rows, columns, numbers = [], [], []
    for number, corners in enumerate(regions.astype(np.int32)):
        left, top = np.clip(corners.min(axis=0), 0, (width, height))
        right, bottom = np.clip(corners.max(axis=0) + 1, 0, (width, height))
        mask = np.zeros((bottom - top, right - left), np.uint8)
        if mask.size:
            cv2.drawContours(mask, [corners], 0, 1, cv2.FILLED, offset=(-int(left), -int(top)))
        y, x = np.nonzero(mask)
        rows.append(y + top)
        columns.append(x + left)
        numbers.append(np.full(len(y), number))
    if not any(len(y) for y in rows):
        raise FeatureError(f"mdmo: no region lies in the picture of {width}x{height} px; check the landmarks")
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(numbers)


class _Aligner:
    """Removes from a flow field, at given pixels, the affine motion of the face's rigid points."""

    def __init__(self, landmarks: ArrayLike, shape: tuple[int, ...], x: Numbers, y: Numbers) -> None:
        points = np.asarray(landmarks, dtype=np.float64)[list(RIGID)]
        self.points = np.clip(points, 0, np.array(shape[::-1]) - 1)
        self.at = tuple(np.rint(self.points[:, ::-1]).astype(int).T)
        self.position = np.stack([x, y]).astype(np.float64)

    def __call__(self, flow: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        moved = self.points + flow[self.at]
        design = np.column_stack([moved, np.ones(len(moved))])
        # Solved for the displacement rather than the place, so that a face at rest gives exactly no motion.
        back = np.linalg.lstsq(design, self.points - moved, rcond=None)[0]
        x, y = self.position + vectors.T
        aligned = np.stack([v + x * a + y * b + c for v, (a, b, c) in zip(vectors.T, back.T)], axis=1)
        return np.where(np.abs(aligned) < STILL, 0, aligned)


def _main_vectors(vectors: NDArray[np.float64], region: Numbers) -> tuple[Values, Values]:
    """Mean length and direction of the vectors in the fullest direction bin of each region, (36,) and (36,)."""
    length = np.hypot(vectors[:, 0], vectors[:, 1])
    direction = np.arctan2(vectors[:, 1], vectors[:, 0])
    octant = np.rint(direction * (4 / np.pi))
    label = octant.astype(np.int64) % 8
    # Deviation from the middle of the bin: a mean of directions that does not break where the circle closes.
    deviation = direction - octant * (np.pi / 4)
    main, mean_length, mean_deviation = _means_of_fullest(region * 8 + label, 8, length, deviation)
    return mean_length, main * (np.pi / 4) + mean_deviation


def _main_vectors_meb(vectors: NDArray[np.float32], region: Numbers) -> tuple[Values, Values]:
    length, direction = cv2.cartToPolar(vectors[:, 0].astype(np.float64), vectors[:, 1].astype(np.float64))
    length, direction = length.ravel(), direction.ravel()
    label = np.searchsorted(np.pi / 8 * np.array([1, 3, 5, 7, 9, 11, 13]), direction, side="right") % 7
    _, mean_length, mean_direction = _means_of_fullest(region * 7 + label, 7, length, direction)
    return mean_length, mean_direction


def _means_of_fullest(
    cells: Numbers, bins: int, length: NDArray[Any], direction: NDArray[Any]
) -> tuple[Numbers, Values, Values]:
    """Fullest bin of each region and the means of length and direction in it; 0 in a region without pixels."""
    counts = np.bincount(cells, minlength=36 * bins).reshape(36, bins)
    main = counts.argmax(axis=1)
    chosen = np.arange(36) * bins + main
    number = np.maximum(counts.ravel()[chosen], 1)
    means = [np.bincount(cells, values, minlength=36 * bins)[chosen] / number for values in (length, direction)]
    return main, *means


def _summary(lengths: Values, directions: Values, variant: Variant) -> Values:
    total = lengths.sum()
    if total == 0:
        return np.zeros(72)
    weights = (lengths if variant == "paper" else directions).sum(axis=1) / total
    u = weights @ (lengths * np.cos(directions))
    v = weights @ (lengths * np.sin(directions))
    if variant == "paper":
        length, direction = np.hypot(u, v), np.arctan2(v, u)
    else:
        # OpenCV's arctangent, which is off by up to 2e-4, as meb's.
        length, direction = (polar.ravel() for polar in cv2.cartToPolar(u, v))
        direction = direction - np.pi
    peak = length.max()
    return np.concatenate([length / peak if peak > 0 else length, direction])
