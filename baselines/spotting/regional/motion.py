"""Motion of the parts of a face against the head, measured by sparse Lucas-Kanade, fast and frame by frame."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.faces.following import FaceFrame
from features.alignment import EYE_DISTANCE, similarity, transform, warp
from features.regions import EYES, REGIONS, RIGID_PARTS, boxes

SIZE, MARGIN = 128, 16  # px; side of the aligned face, and what is seen beyond each side
KEYFRAME = 0.5  # seconds between the frames that motion is measured from
STEP = 5  # px between points
SUDDEN = 18.0  # grey levels; mean change of a thumbnail from frame to frame that is taken for a cut
TOLERANCE = 0.006  # eye distances; a part that disagrees more with the motion of the head counts less
LUCAS_KANADE: dict[str, Any] = {
    "winSize": (13, 13),
    "maxLevel": 2,
    "criteria": (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 15, 0.02),
    "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
    "minEigThreshold": 1e-5,
}
# as in `features.regions`: landmarks and margins in eye distances
MORE = {
    "chin": ((8,), (0.22, 0.32, 0.22, -0.05)),
    "right nose wing": ((31,), (0.16, 0.16, 0.04, 0.10)),
    "left nose wing": ((35,), (0.04, 0.16, 0.16, 0.10)),
    "right cheek": ((48,), (0.3, 0.42, 0.05, -0.27)),
    "left cheek": ((54,), (0.05, 0.42, 0.3, -0.27)),
}
MOVING = {**REGIONS, **MORE}  # where expressions show
PARTS = {**MOVING, **EYES, "nose tip": ((30,), (0.10, 0.12, 0.10, 0.08)), **RIGID_PARTS}
NAMES = tuple(PARTS)
LIDS = [NAMES.index(name) for name in EYES]
STEADY = np.array([name not in EYES for name in NAMES])  # an eyelid says nothing about the head


class Step(NamedTuple):
    """How the parts of a face moved from a keyframe to a frame; a frame that begins a run is its own keyframe.

    start: index of the keyframe. motion, centres: (P, 2) eye distances, the motion and where the parts were before it.
    """

    start: int
    motion: NDArray[np.float64]
    centres: NDArray[np.float64]


def part_motion(faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float32]:
    """Return how each part of a face moves against the head: (T, P + 1, 2) float32, NaN without a face.

    faces: as `baselines.faces.track.follow` gives them. The P = 23 columns are `PARTS`; values are x (to the right) and
    y (down) in eye distances, zero at the first frame of each run with a face. The last column is the motion of the
    head itself.
    Points on a grid in each part are tracked from a recent keyframe (Bouguet 2000), and the displacements of keyframes
    add up. The head is a robust similarity through all parts but the eyes. A cut starts a new run after one frame of
    NaN.
    """
    tracker = _Tracker(every=max(1, round(KEYFRAME * fps)))
    return _added_up([tracker.step(index, face) for index, face in enumerate(faces)])


def _added_up(steps: list[Step | None]) -> NDArray[np.float32]:
    """Return the (T, P + 1, 2) array of `part_motion`: each step goes on from where its keyframe was."""
    places = np.full((len(steps), len(NAMES) + 1, 2), np.nan)
    known = [(index, step) for index, step in enumerate(steps) if step is not None]
    if known:
        motions, centres = (np.array([getattr(step, name) for _, step in known]) for name in ("motion", "centres"))
        parts, head = without_head(motions, centres)
        for (index, step), moved in zip(known, np.concatenate([parts, head[:, None]], axis=1)):
            places[index] = 0 if step.start == index else places[step.start] + moved
    return places.astype(np.float32)


class _Tracker:
    """Measures each frame from the last keyframe; a new one is taken every so many frames, and where a run begins."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.key: _Keyframe | None = None  # None until a face is seen

    def step(self, index: int, face: FaceFrame) -> Step | None:
        """Return the `Step` that leads to a frame; None without a face, and at a cut."""
        if face.picture is None or not np.isfinite(face.landmarks).all():
            self.key = None
            return None
        if self.key is None:
            self.key = _Keyframe(face, index)
            return Step(index, np.zeros((len(NAMES), 2)), self.key.centres)
        picture = self.key.see(face)
        if self.key.changes_suddenly(picture):
            self.key = None
            return None
        step = Step(self.key.start, self.key.follow(picture), self.key.centres)
        if index % self.every == 0:
            self.key = _Keyframe(face, index)
        return step


class _Keyframe:
    """A frame that motion is measured from: its picture, the points in each part, and where they were last."""

    def __init__(self, face: FaceFrame, index: int) -> None:
        self.start = index
        self.matrix = similarity(face.landmarks, SIZE) + np.array([[0, 0, MARGIN]] * 2)
        self.picture = self.see(face)
        self.thumbnail = _thumbnail(self.picture)  # of the frame that was seen last
        grids = [_grid(box) for box in boxes(transform(face.landmarks, self.matrix), PARTS)]
        self.owner = np.repeat(np.arange(len(grids)), [len(grid) for grid in grids])
        self.points = np.concatenate(grids).clip(1, SIZE + 2 * MARGIN - 2).astype(np.float32)
        self.last = self.points
        self.centres = (self._mean(self.points) - MARGIN) / (EYE_DISTANCE * SIZE)

    def see(self, face: FaceFrame) -> NDArray[np.uint8]:
        """Return the face as this keyframe's registration shows it: (160, 160) uint8."""
        assert face.picture is not None  # `_Tracker` shows no other
        linear = self.matrix[:, :2]
        from_picture = np.column_stack([linear, self.matrix[:, 2] + linear @ face.corner])
        return warp(face.picture, from_picture, SIZE + 2 * MARGIN)

    def changes_suddenly(self, picture: NDArray[np.uint8]) -> bool:
        """Tell whether there is a cut between the picture that was given last, at first the keyframe's, and this."""
        before, self.thumbnail = self.thumbnail, _thumbnail(picture)
        return bool(np.abs(self.thumbnail - before).mean() > SUDDEN)

    def follow(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the mean motion of each part since the keyframe, (P, 2) eye distances."""
        found, known, _ = cv2.calcOpticalFlowPyrLK(self.picture, picture, self.points, self.last.copy(), **LUCAS_KANADE)
        self.last = np.where(known > 0, found, self.last)
        return self._mean(self.last - self.points) / (EYE_DISTANCE * SIZE)

    def _mean(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean (P, 2) over the points of each part."""
        number = np.bincount(self.owner)
        return np.stack([np.bincount(self.owner, column) / number for column in values.T], axis=1)


def _grid(box: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return points (n, 2) spread evenly over a box, about `STEP` px apart, at least 2 x 2."""
    x0, y0, x1, y1 = box
    columns, rows = max(2, round((x1 - x0) / STEP)), max(2, round((y1 - y0) / STEP))
    x = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns - 0.5
    y = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows - 0.5
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _thumbnail(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - small.mean()


def without_head(
    motions: NDArray[np.float64], centres: NDArray[np.float64], rounds: int = 8
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return motions (T, P, 2) of parts without that of the head, and the head's own at the middle, (T, 2).

    motions, centres: (T, P, 2), motion and place. The head's motion is a similarity through the parts of `STEADY`,
    fitted by iteratively reweighted least squares (Cauchy's weights): whatever moves by itself, be it a blink, a smile
    or a hand, hardly counts as long as most parts move together.
    """
    place, motion = centres @ (1, 1j), motions @ (1, 1j)
    middle = place[:, STEADY].mean(axis=1, keepdims=True)
    place = place - middle
    weight = np.broadcast_to(STEADY.astype(float), place.shape)
    for _ in range(rounds):
        total = weight.sum(axis=1, keepdims=True)
        centre = (weight * place).sum(axis=1, keepdims=True) / total
        shift = (weight * motion).sum(axis=1, keepdims=True) / total
        around = place - centre
        spread = (weight * np.abs(around) ** 2).sum(axis=1, keepdims=True)
        turn = (weight * around.conj() * (motion - shift)).sum(axis=1, keepdims=True) / spread
        rest = motion - shift - turn * around
        weight = STEADY / (1 + np.abs(rest) ** 2 / TOLERANCE**2)
    head = (shift - turn * centre)[:, 0]
    return np.stack([rest.real, rest.imag], axis=-1), np.stack([head.real, head.imag], axis=-1)
