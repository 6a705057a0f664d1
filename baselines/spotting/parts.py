"""Motion of the parts of a face against the head, measured by sparse Lucas-Kanade, fast and frame by frame."""

import cv2
import numpy as np

from features.alignment import EYE_DISTANCE, similarity, transform, warp
from features.regions import EYES, REGIONS, RIGID_PARTS, boxes

SIZE, MARGIN = 128, 16  # px; side of the aligned face, and what is seen beyond each side
KEYFRAME = 0.5  # seconds between the frames that motion is measured from
STEP = 5  # px between points
SUDDEN = 18.0  # grey levels; mean change of a thumbnail from frame to frame that is taken for a cut
TOLERANCE = 0.006  # eye distances; a part that disagrees more with the motion of the head counts less
LUCAS_KANADE = {
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


def part_motion(faces, fps):
    """Return how each part of a face moves against the head: (T, P + 1, 2) float32, NaN without a face.

    faces: `FaceFrame`s, as `baselines.faces.follow` gives them. The P = 23 columns are `PARTS`; values are x (to the
    right) and y (down) in eye distances, zero at the first frame of each run with a face. The last column is the motion
    of the head itself.
    Points on a grid in each part are tracked from a recent keyframe (Bouguet 2000), and the displacements of keyframes
    add up. The head is a robust similarity through all parts but the eyes. A cut starts a new run after one frame of
    NaN.
    """
    measured, key, thumbnail = [], None, None
    every = max(1, round(KEYFRAME * fps))
    for index, face in enumerate(faces):
        present = face.picture is not None and np.isfinite(face.landmarks).all()
        if not present:
            key = None
            measured.append(None)
            continue
        if key is not None:
            picture = key.see(face)
            before, thumbnail = thumbnail, _thumbnail(picture)
            if np.abs(thumbnail - before).mean() > SUDDEN:
                key = None
                measured.append(None)
                continue
            measured.append((index, key.start, key.follow(picture), key.centres))
        if key is None or index % every == 0:
            new = _Keyframe(face, index)
            if key is None:
                measured.append((index, index, np.zeros((len(NAMES), 2)), new.centres))
            key, thumbnail = new, _thumbnail(new.picture)
    return _against_head(measured)


class _Keyframe:
    """A frame that motion is measured from: its picture, the points in each part, and where they were last."""

    def __init__(self, face, index):
        self.start = index
        self.matrix = similarity(face.landmarks, SIZE) + np.array([[0, 0, MARGIN]] * 2)
        self.picture = self.see(face)
        grids = [_grid(box) for box in boxes(transform(face.landmarks, self.matrix), PARTS)]
        self.owner = np.repeat(np.arange(len(grids)), [len(grid) for grid in grids])
        self.points = np.concatenate(grids).clip(1, SIZE + 2 * MARGIN - 2).astype(np.float32)
        self.last = self.points
        self.centres = (self._mean(self.points) - MARGIN) / (EYE_DISTANCE * SIZE)

    def see(self, face):
        """Return the face as this keyframe's registration shows it: (160, 160) uint8."""
        linear = self.matrix[:, :2]
        return warp(
            face.picture, np.column_stack([linear, self.matrix[:, 2] + linear @ face.corner]), SIZE + 2 * MARGIN
        )

    def follow(self, picture):
        """Return the mean motion of each part since the keyframe, (P, 2) eye distances."""
        found, known, _ = cv2.calcOpticalFlowPyrLK(self.picture, picture, self.points, self.last.copy(), **LUCAS_KANADE)
        self.last = np.where(known > 0, found, self.last)
        return self._mean(self.last - self.points) / (EYE_DISTANCE * SIZE)

    def _mean(self, values):
        number = np.bincount(self.owner)
        return np.stack([np.bincount(self.owner, column) / number for column in values.T], axis=1)


def _grid(box):
    """Return points (n, 2) spread evenly over a box, about `STEP` px apart, at least 2 x 2."""
    x0, y0, x1, y1 = box
    columns, rows = max(2, round((x1 - x0) / STEP)), max(2, round((y1 - y0) / STEP))
    x = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns - 0.5
    y = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows - 0.5
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _thumbnail(picture):
    small = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - small.mean()


def _against_head(measured):
    """Return the (T, P + 1, 2) array of `part_motion` from what was measured in each frame, None without a face."""
    result = np.full((len(measured), len(NAMES) + 1, 2), np.nan)
    known = [entry for entry in measured if entry is not None]
    if known:
        frames, starts, flows, centres = (np.array(column) for column in zip(*known))
        relative, head = without_head(flows, centres)
        motion = np.concatenate([relative, head[:, None]], axis=1)
        for frame, start, step in zip(frames, starts, motion):
            result[frame] = 0 if start == frame else result[start] + step
    return result.astype(np.float32)


def without_head(flows, centres, rounds=8):
    """Return motions (T, P, 2) of parts without that of the head, and the head's own at the middle, (T, 2).

    flows, centres: (T, P, 2), motion and place. The head's motion is a similarity through the parts of `STEADY`,
    fitted by iteratively reweighted least squares (Cauchy's weights): whatever moves by itself, be it a blink, a smile
    or a hand, hardly counts as long as most parts move together.
    """
    place, motion = centres @ (1, 1j), flows @ (1, 1j)
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
