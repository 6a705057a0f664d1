"""Motion of the parts of a face against the head, measured by sparse Lucas-Kanade, fast and frame by frame."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.faces.following import FaceFrame
from baselines.spotting.runs import face_runs
from features.alignment import EYE_DISTANCE, similarity, transform, warp
from features.regions import EYES, REGIONS, RIGID_PARTS, boxes

SIZE, MARGIN = 128, 16  # px; side of the aligned face, and what is seen beyond each side
SIDE = SIZE + 2 * MARGIN
UNIT = EYE_DISTANCE * SIZE  # px; an eye distance
STEP = 5  # px between points
SLIP = 0.35  # px; a point that comes back farther from where it was is lost
LEFT = 0.5  # share of the points of a part that must be left, two at least
GOOD = 0.6  # share of all points below which another reference is taken
TRIED, MOST = 2, 64  # references that look most alike are tried before a new one is made; how many are kept
SUDDEN = 18.0  # grey levels; mean change of a thumbnail from frame to frame that is taken for a cut
TOLERANCE = 0.006  # eye distances; a part that disagrees more with the motion of the head counts less
FEWEST = 6  # parts that tell how the head moves
LUCAS_KANADE: dict[str, Any] = {
    "winSize": (17, 17),
    "maxLevel": 1,
    "criteria": (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 8, 0.03),
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
    """How the parts of a face moved from a reference to a frame; a frame that begins a run is its own reference.

    start: index of the reference. motion, centres: (P, 2) eye distances, the motion, NaN where a part could not be
    followed, and where the parts were before it.
    """

    start: int
    motion: NDArray[np.float64]
    centres: NDArray[np.float64]


def part_motion(faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float32]:
    """Return how each part of a face moves against the head: (T, P + 1, 2) float32, NaN without a face.

    faces: as `baselines.faces.track.follow` gives them. The P = 23 columns are `PARTS`; values are x (to the right) and
    y (down) in eye distances, zero at the first frame of each run with a face. The last column is the motion of the
    head itself.
    Points in each part are tracked (Bouguet 2000) from a reference frame and back, starting from where the landmarks
    have taken them; a part moves as the median of its points that come back. A reference serves as long as most points
    do; then one of those before that looks alike is taken, else a new one, so that nothing adds up while the face comes
    back to what was seen. The head is a robust similarity through all parts but the eyes. A part that is lost for a
    while is bridged. A cut starts a new run after one frame of NaN.
    """
    tracker = _Tracker()
    steps: list[Step | None] = []
    for index, face in enumerate(faces):
        present = face.picture is not None and bool(np.isfinite(face.landmarks).all())
        steps.append(tracker.step(index, face if present else None))
    return _added_up(steps).astype(np.float32)


def _added_up(steps: list[Step | None]) -> NDArray[np.float64]:
    """Return the (n, P + 1, 2) places of parts and head: a step goes on from its reference."""
    places = np.full((len(steps), len(NAMES) + 1, 2), np.nan)
    known = [(index, step) for index, step in enumerate(steps) if step is not None]
    if known:
        motions, centres = (np.array([getattr(step, name) for _, step in known]) for name in ("motion", "centres"))
        parts, head = without_head(motions, centres)
        last = places.copy()  # where each part was seen last
        for (index, step), moved in zip(known, np.concatenate([parts, head[:, None]], axis=1)):
            if step.start == index:
                places[index] = last[index] = 0
            else:
                places[index] = last[step.start] + moved
                last[index] = np.where(np.isfinite(moved), places[index], last[index - 1])
        for run in face_runs([step is not None for step in steps]):
            _bridge(places[run])
    return places


def _bridge(places: NDArray[np.float64]) -> None:
    """Fill (T, N, 2) places of parts, in place, where they are NaN: linearly from the frames around."""
    frames = np.arange(len(places))
    for part in np.flatnonzero(np.isnan(places[..., 0]).any(axis=0)):
        seen = np.flatnonzero(np.isfinite(places[:, part, 0]))
        for column in places[:, part].T:
            column[:] = np.interp(frames, seen, column[seen])


class _Seen:
    """A face as its own landmarks register it: (160, 160) uint8 picture, the registration, a thumbnail."""

    def __init__(self, face: FaceFrame) -> None:
        assert face.picture is not None  # without one there is no face
        self.landmarks = face.landmarks
        self.matrix = similarity(face.landmarks, SIZE) + np.array([[0, 0, MARGIN]] * 2)
        linear = self.matrix[:, :2]
        from_picture = np.column_stack([linear, self.matrix[:, 2] + linear @ face.corner])
        self.picture = warp(face.picture, from_picture, SIDE)
        small = cv2.resize(self.picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
        self.thumbnail = small - small.mean()

    def unlike(self, other: "_Seen") -> float:
        """Return the mean difference of the thumbnails, grey levels."""
        return float(np.abs(self.thumbnail - other.thumbnail).mean())


class _Tracker:
    """Measures each frame from a reference: the last one, one that looks alike, or a new one."""

    def __init__(self) -> None:
        self.references: list[_Reference] = []  # the one in use last; empty until a face is seen
        self.before: _Seen | None = None

    def step(self, index: int, face: FaceFrame | None) -> Step | None:
        """Return the `Step` that leads to a frame; None without a face, and at a cut."""
        before, self.before = self.before, None
        if face is None:
            self.references = []
            return None
        seen = _Seen(face)
        if before is not None and seen.unlike(before) > SUDDEN:
            self.references = []
            return None
        self.before = seen
        if not self.references:
            self.references = [_Reference(seen, index)]
            return Step(index, np.zeros((len(NAMES), 2)), self.references[0].centres)
        used = self.references[-1]
        motion, good = used.follow(seen)
        if good < GOOD:
            for other in sorted(self.references[:-1], key=lambda one: seen.unlike(one.seen))[:TRIED]:
                other.last = other.points  # the face has moved on since
                its_motion, its_good = other.follow(seen)
                if its_good > good:
                    used, motion, good = other, its_motion, its_good
            if good < GOOD:
                self.references = [*self.references[1 - MOST :], _Reference(seen, index)]
            else:
                self.references.remove(used)
                self.references.append(used)
        return Step(used.start, motion, used.centres)


class _Reference:
    """A frame that motion is measured from: what was seen, the points in each part, and where they were last."""

    def __init__(self, seen: _Seen, index: int) -> None:
        self.seen, self.start = seen, index
        grids = [_grid(box) for box in boxes(transform(seen.landmarks, seen.matrix), PARTS)]
        numbers = np.array([len(grid) for grid in grids])
        self.owner = np.repeat(np.arange(len(grids)), numbers)
        self.points = np.concatenate(grids).astype(np.float32)
        self.last = self.points
        # a row a part, -1 where it has fewer points than others
        self.rows = np.full((len(grids), numbers.max()), -1)
        self.rows[np.arange(numbers.max()) < numbers[:, None]] = np.arange(len(self.points))
        self.needed = np.maximum(2, LEFT * numbers)
        middles, _ = self._medians(self.points, np.ones(len(self.points), bool))
        self.centres = (middles - MARGIN) / UNIT

    def follow(self, seen: _Seen) -> tuple[NDArray[np.float64], float]:
        """Return the motion of each part since this frame, (P, 2) eye distances, and the share of points followed.

        NaN for parts of which too few points were.
        """
        there = _chained(seen.matrix, _inverse(self.seen.matrix))  # from this frame's registration to the other's
        back = _inverse(there)
        mine, theirs = self.seen.picture, seen.picture
        start = transform(self.last, there).astype(np.float32)
        found, known, _ = cv2.calcOpticalFlowPyrLK(mine, theirs, self.points, start, **LUCAS_KANADE)
        places = transform(found, back).astype(np.float32)
        # The way back starts where it ends if nothing moves, so that a point that slipped is not led back by its start.
        again, returned, _ = cv2.calcOpticalFlowPyrLK(theirs, mine, found, places.copy(), **LUCAS_KANADE)
        good = (known[:, 0] > 0) & (returned[:, 0] > 0) & (np.abs(again - self.points).max(axis=1) < SLIP)
        moved = places - self.points
        motion, unknown = self._medians(moved, good)
        usual = np.median(moved[good], axis=0) if good.any() else np.zeros(2)
        guess = np.where(unknown[:, None], usual, motion)
        self.last = np.where(good[:, None], places, self.points + guess[self.owner]).astype(np.float32)
        motion[unknown] = np.nan
        return motion / UNIT, float(good.mean())

    def _medians(
        self, values: NDArray[np.float32], good: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the median (P, 2) of (n, 2) values over the good points of each part, and which have too few."""
        use = np.append(good, False)[self.rows]
        number = use.sum(axis=1)
        ascending = np.sort(np.where(use[..., None], values[self.rows], np.inf), axis=1)
        parts = np.arange(len(number))
        lower, upper = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, self.rows.shape[1] - 1)
        return (ascending[parts, lower] + ascending[parts, upper]).astype(float) / 2, number < self.needed


def _grid(box: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return points (n, 2) spread evenly over a box, about `STEP` px apart, at least 2 x 2."""
    x0, y0, x1, y1 = box
    columns, rows = max(2, round((x1 - x0) / STEP)), max(2, round((y1 - y0) / STEP))
    x = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns - 0.5
    y = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows - 0.5
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).clip(1, SIDE - 2)


def _chained(second: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix of the first and then the second."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that undoes another."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def without_head(
    motions: NDArray[np.float64], centres: NDArray[np.float64], rounds: int = 8
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return motions (T, P, 2) of parts without that of the head, and the head's own at the middle, (T, 2).

    motions, centres: (T, P, 2), motion, NaN where it is unknown, and place. The head's motion is a similarity through
    the parts of `STEADY`, fitted by iteratively reweighted least squares (Cauchy's weights): whatever moves by itself,
    be it a blink, a smile or a hand, hardly counts as long as most parts move together. All is NaN in frames where
    fewer than `FEWEST` of these parts are known.
    """
    place, motion = centres @ (1, 1j), motions @ (1, 1j)
    middle = place[:, STEADY].mean(axis=1, keepdims=True)
    place = place - middle
    unknown = np.isnan(motion)
    unknown |= ((STEADY & ~unknown).sum(axis=1) < FEWEST)[:, None]
    motion = np.where(unknown, 0, motion)
    counts = np.where(unknown.all(axis=1, keepdims=True), STEADY, STEADY & ~unknown).astype(float)
    weight = counts
    for _ in range(rounds):
        total = weight.sum(axis=1, keepdims=True)
        centre = (weight * place).sum(axis=1, keepdims=True) / total
        shift = (weight * motion).sum(axis=1, keepdims=True) / total
        around = place - centre
        spread = (weight * np.abs(around) ** 2).sum(axis=1, keepdims=True)
        turn = (weight * around.conj() * (motion - shift)).sum(axis=1, keepdims=True) / spread
        rest = motion - shift - turn * around
        weight = counts / (1 + np.abs(rest) ** 2 / TOLERANCE**2)
    head = (shift - turn * centre)[:, 0]
    rest[unknown], head[unknown.all(axis=1)] = complex(np.nan, np.nan), complex(np.nan, np.nan)
    return np.stack([rest.real, rest.imag], axis=-1), np.stack([head.real, head.imag], axis=-1)
