"""The motion of the parts of a face in a window: flow from its first frame, less that of the tip of the nose."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.faces.following import FaceFrame
from features.optical_flow import optical_flow

REACH = (4, 3, 4, 5)  # of the crop to the left, above, to the right and below, halves of the gap between the eyes
NATIVE = 256  # px; side of the crop that the boxes below are for
FARNEBACK = {"iterations": 5, "poly_n": 7, "poly_sigma": 1.5}  # the rest is as in `optical_flow`
TRIES = 4  # to move the crop until the tip of the nose lies still
STILL = 1.0  # px
NOSE_SHARE = 0.7  # of the vectors, the longest
EDGE = 10  # px of a part that its mean as a whole leaves out
LEAST = 32  # px; side of the smallest part, so that there is something to follow
Box = tuple[int, int, int, int]  # left, top, right, bottom; the last two outside

_SQUARE = (-10, -10, 10, 10)


class Part(NamedTuple):
    """A part that is followed by itself; lengths are px of a crop of `NATIVE`.

    landmarks: those that it spans. margins: to the left, above, to the right, below. points: {landmark: box around}.
    share: of the vectors around a point, the longest, whose mean is taken. whole: the same over the part; None if not.
    """

    landmarks: range
    margins: Box
    points: Mapping[int, Box]
    share: float
    whole: float | None


# "Left" and "right" are the person's own.
PARTS = {
    "right brow": Part(range(17, 22), (5, 15, 0, 5), dict.fromkeys((20, 19, 18), _SQUARE), 0.2, 0.2),
    "left brow": Part(range(22, 27), (0, 15, 0, 5), dict.fromkeys((23, 24, 25), _SQUARE), 0.3, 0.3),
    "mouth": Part(
        range(48, 67),
        (20, 15, 20, 10),
        {48: (-10, -10, 20, 10), 54: (-20, -10, 10, 10), **dict.fromkeys((51, 57, 62), _SQUARE)},
        0.2,
        0.3,
    ),
    "nose": Part(range(30, 36), (30, 20, 30, 5), {31: (-20, -20, 10, 5), 35: (-10, -20, 20, 5)}, 0.2, None),
}
TIP = range(29, 31)
TIP_MARGINS = (13, 13, 13, 13)
TIP_EDGES = (5, 15, -5, -10)  # what of the box around the tip is left out
# the part of each curve
CURVES = tuple(name for name, part in PARTS.items() for _ in range(len(part.points) + (part.whole is not None)))


class _Region(NamedTuple):
    """A box in the crop, and the boxes in it over whose longest vectors means are taken, with the shares."""

    box: Box
    inner: Sequence[tuple[Box, float]]


def window_motion(faces: Sequence[FaceFrame], side: int) -> NDArray[np.float32]:
    """Return how far each of `CURVES` has moved since the first frame of a window, (T, 16), px of the crop.

    faces: all with landmarks. side: of the crop, px. It is cut around the inner corners of the eyes of the first frame
    and moved with the tip of the nose; beyond the frame its border is repeated. What the tip still moves is taken off.
    """
    crop = _crop_around(faces[0].landmarks)
    scale = (crop[2] - crop[0]) / side  # px of the frame in one of the crop
    place = np.rint((faces[0].landmarks - crop[:2]) / scale).astype(int)
    tip, *regions = _regions(place, side)
    start = _cut(faces[0], crop, side)
    rows = [np.zeros(len(CURVES))]
    for face in faces[1:]:
        rest = np.zeros(2)
        for _ in range(TRIES):
            crop = _moved(crop, np.rint(rest * scale))
            picture = _cut(face, crop, side)
            (rest,) = _means(start, picture, tip)
            if rest @ rest <= STILL**2:
                break
        means = np.array([mean for region in regions for mean in _means(start, picture, region)])
        rows.append(np.hypot(*(means - rest).T))
    return np.array(rows, np.float32)


def _crop_around(landmarks: NDArray[np.floating]) -> Box:
    """Return the box in the frame around the middle between the inner corners of the eyes."""
    corners = landmarks[[39, 42]].astype(float)
    half = max(1, int(np.hypot(*(corners[1] - corners[0])) / 2))
    x, y = corners.mean(axis=0).astype(int).tolist()
    left, above, right, below = (reach * half for reach in REACH)
    return x - left, y - above, x + right, y + below


def _moved(box: Box, by: NDArray[np.float64]) -> Box:
    x, y = (int(length) for length in by)
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def _cut(face: FaceFrame, box: Box, side: int) -> NDArray[np.uint8]:
    """Return what is in a box of the frame, (side, side)."""
    x, y = face.corner
    rows = face.picture.take(np.arange(box[1] - y, box[3] - y), axis=0, mode="clip")
    return cv2.resize(rows.take(np.arange(box[0] - x, box[2] - x), axis=1, mode="clip"), (side, side))


def _regions(place: NDArray[np.int_], side: int) -> list[_Region]:
    """Return the regions in a crop with landmarks (68, 2): the tip of the nose, then the `PARTS`."""
    size = side / NATIVE
    box = _span(place[TIP], TIP_MARGINS, side)
    found = [_Region(box, [(_within(_shifted(box, TIP_EDGES, size), box), NOSE_SHARE)])]
    for part in PARTS.values():
        box = _span(place[part.landmarks], part.margins, side)
        inner = [
            (_within(_shifted((*place[number], *place[number]), around, size), box), part.share)
            for number, around in part.points.items()
        ]
        if part.whole is not None:
            edges = (EDGE, EDGE, -EDGE, -EDGE)
            inner.insert(0, (_within(_shifted(box, edges, size), box), part.whole))
        found.append(_Region(box, inner))
    return found


def _span(points: NDArray[np.int_], margins: Box, side: int) -> Box:
    """Return the box around points with margins, within the crop and of at least `LEAST` px a side."""
    left, above, right, below = (int(margin * side / NATIVE) for margin in margins)
    low = np.clip(points.min(axis=0) - (left, above), 0, side - LEAST)
    high = np.clip(points.max(axis=0) + (right, below), low + LEAST, side)
    return (*low.tolist(), *high.tolist())


def _shifted(box: Box, by: Box, size: float) -> Box:
    left, top, right, bottom = (int(edge + int(length * size)) for edge, length in zip(box, by))
    return left, top, right, bottom


def _within(box: Box, outer: Box) -> Box:
    """Return what of a box lies in another, counted from the corner of that."""
    x, y = outer[:2]
    left, right = (int(np.clip(edge, x, outer[2])) - x for edge in box[::2])
    top, bottom = (int(np.clip(edge, y, outer[3])) - y for edge in box[1::2])
    return left, top, right, bottom


def _means(start: NDArray[np.uint8], picture: NDArray[np.uint8], region: _Region) -> list[NDArray[np.float64]]:
    """Return the mean (2,) of the longest vectors of flow in each inner box of a region."""
    left, top, right, bottom = region.box
    field = optical_flow(start[top:bottom, left:right], picture[top:bottom, left:right], "farneback", **FARNEBACK)
    return [_longest(field[y0:y1, x0:x1].reshape(-1, 2), share) for (x0, y0, x1, y1), share in region.inner]


def _longest(vectors: NDArray[np.float32], share: float) -> NDArray[np.float64]:
    """Return the mean of the longest vectors, a share of all; nothing moves where there is none."""
    if not len(vectors):
        return np.zeros(2)
    order = np.argsort((vectors**2).sum(axis=1), kind="stable")
    return vectors[order[int(len(vectors) * (1 - share)) :]].mean(axis=0, dtype=float)
