"""The pose of a head from frame to frame, and landmarks kept in coordinates that move with it.

The pose is a similarity, tracked by pyramidal Lucas-Kanade (Bouguet 2000) on points that expressions hardly move,
always from the picture of the last keyframe.
"""

import bisect

import cv2
import numpy as np

from baselines.faces.models import crop_around, crop_place
from features.alignment import RIGID

REACH = 2  # keyframes before and after that landmarks are averaged over
TRACK_FACE, TRACK_SIDE = 100, 160  # px; width of the face and side of the crop that points are tracked in
BELIEVED = 0.01  # face widths from the common motion at which a tracked point weighs a quarter
MISFIT = 0.03  # face widths; half of the points must be nearer to it than this
ROUNDS = 3  # of reweighting
LK = {"winSize": (15, 15), "maxLevel": 1, "flags": cv2.OPTFLOW_USE_INITIAL_FLOW}
LK["criteria"] = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.02
STILL = np.eye(2, 3)


class Chain:
    """Frames linked by tracked poses: landmarks at keyframes, in coordinates that move with the head."""

    def __init__(self, frame, shape, ended=False):
        self.frames, self.shapes, self.ended = [frame], [shape], ended
        self.averages = {}  # of the two keyframes around the frames given last

    def add(self, frame, shape):
        self.frames.append(frame)
        self.shapes.append(shape)
        # frames still to be given lie after the last REACH + 2 keyframes, and look REACH + 1 further back
        del self.frames[: -2 * REACH - 4], self.shapes[: -2 * REACH - 4]

    def shape_at(self, frame):
        """Return the (68, 2) landmarks of a frame in head coordinates, None while a later keyframe is awaited."""
        after = bisect.bisect_left(self.frames, frame)
        if not self.ended and after + REACH >= len(self.frames):
            return None
        after = min(after, len(self.frames) - 1)
        before = max(after - 1, 0)
        span = self.frames[after] - self.frames[before]
        share = min(1.0, (frame - self.frames[before]) / span) if span else 0.0
        return (1 - share) * self._smooth(before) + share * self._smooth(after)

    def _smooth(self, key):
        """Return the landmarks of a keyframe averaged over its neighbours, kept for the frames around it."""
        first, last = max(0, key - REACH), min(len(self.frames) - 1, key + REACH)
        name = self.frames[first], self.frames[key], self.frames[last]
        if name not in self.averages:
            weights = REACH + 1.0 - np.abs(np.arange(first, last + 1) - key)
            average = np.tensordot(weights / weights.sum(), self.shapes[first : last + 1], 1)
            self.averages = {**dict(list(self.averages.items())[-1:]), name: average}
        return self.averages[name]


class Key:
    """The keyframe that points are tracked from: its 0-based number, the face's box and pose there."""

    def __init__(self, frame, grey, box, pose, landmarks):
        self.frame, self.box, self.pose = frame, box, pose
        self.crop = crop_around(grey, box, TRACK_FACE, TRACK_SIDE)
        self.scale, self.shift = crop_place(box, TRACK_FACE, TRACK_SIDE)
        self.start = ((steady_points(landmarks) - self.shift) / self.scale).astype(np.float32)
        self.guess = self.start  # where the points were in the last frame tracked

    def tracked_motion(self, crop):
        """Return the (2, 3) similarity of the head from here to a frame, None where points do not agree on one.

        crop: the frame around the key's box, by `crop_around`.
        """
        moved, status, _ = cv2.calcOpticalFlowPyrLK(self.crop, crop, self.start, self.guess.copy(), **LK)
        known = status.ravel() > 0
        # as complex numbers a similarity is z -> a z + b
        z, w = self.start @ (1, 1j), moved @ (1, 1j)
        weights = known.astype(float)
        for _ in range(ROUNDS):
            weights /= max(weights.sum(), 1e-9)
            around, goal = z - weights @ z, weights @ w
            a = (weights * around.conj()) @ (w - goal) / max(weights @ (around.real**2 + around.imag**2), 1e-9)
            fitted = a * around + goal
            misfit = np.abs(fitted - w) / TRACK_FACE
            weights = known / (1 + (misfit / BELIEVED) ** 2) ** 2
        if (known & (misfit < MISFIT)).sum() < len(known) / 2:
            return None
        self.guess = np.column_stack([fitted.real, fitted.imag]).astype(np.float32)
        rotation = np.array([[a.real, -a.imag], [a.imag, a.real]])
        b = fitted[0] - a * z[0]
        # from the crop's pixels to the frame's
        return np.column_stack([rotation, self.scale * np.array([b.real, b.imag]) + self.shift - rotation @ self.shift])


def steady_points(points):
    """Return (19, 2) points of a face that expressions hardly move, some between landmarks."""
    pairs = [(39, 28), (42, 28), (31, 39), (35, 42), (36, 31), (45, 35)]
    between = [(points[a] + points[b]) / 2 for a, b in pairs]
    return np.concatenate([points[[*RIGID, 31, 32, 34, 35]], between])


def compose(second, first):
    """Return the (2, 3) similarity that does `first`, then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


def inverse(pose):
    """Return the (2, 3) similarity that undoes one."""
    back = np.linalg.inv(pose[:, :2])
    return np.column_stack([back, -back @ pose[:, 2]])


def moved_box(box, motion):
    """Return a box (centre x, centre y, width) after a similarity."""
    return np.append(motion[:, :2] @ box[:2] + motion[:, 2], box[2] * np.hypot(motion[0, 0], motion[1, 0]))


def shape_difference(shape, other):
    """Return the mean distance of the rigid landmarks of two shapes in eye distances."""
    eyes = np.hypot(*(shape[36:42].mean(axis=0) - shape[42:48].mean(axis=0)))
    return np.hypot(*(shape - other)[list(RIGID)].T).mean() / max(eyes, 1e-6)


def thumbnail(crop):
    """Return the face of a tracking crop as (16, 16) grey levels without their mean."""
    margin = (TRACK_SIDE - TRACK_FACE) // 2
    small = cv2.resize(crop[margin:-margin, margin:-margin], (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - small.mean()
