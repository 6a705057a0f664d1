"""Follow one face from frame to frame: landmarks predicted at keyframes, the head's motion tracked between them.

Every 0.25 s a detection confirms the face and the 68 landmarks are predicted anew; between, the pose of the head is
tracked (`baselines.faces.pose`). Landmarks are kept in coordinates that move with the head, averaged there over five
keyframes and interpolated: they carry neither the predictor's jitter nor steps at keyframes. Where tracking fails, the
picture changes suddenly or a keyframe disagrees with it, landmarks are predicted on every frame.

What that costs against predicting and smoothing every frame, measured on real talking faces at 30 fps: landmarks differ
by 0.02 eye distances in the median (0.09 at most for 95%, the mouth's most), the registration of a 128 px face by 0.1
to 0.3 px (0.9 px for 95%), with less jitter. Finding the face takes about half of the time of spotting.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baselines.faces.models import crop_around, find_faces, find_near, predict_landmarks
from baselines.faces.pose import (
    STILL,
    TRACK_FACE,
    TRACK_SIDE,
    Chain,
    Key,
    compose,
    inverse,
    moved_box,
    shape_difference,
    thumbnail,
)
from features.alignment import transform

KEYFRAME = 0.25  # seconds between predictions
CHECK = 0.125  # seconds between searches while there is no face
ENLARGED = 16  # every so many searches the frame is enlarged
KEEP_PICTURE = 0.25  # seconds for which a lost face's surroundings are still given
PULL = 0.3  # share of a detection in the box
SUDDEN = 18.0  # grey levels; mean change of the face thumbnail between frames that asks for a keyframe
DISAGREE = 0.06  # eye distances; mean distance of rigid landmarks from where tracking puts them that ends a chain


class FaceFrame(NamedTuple):
    """One frame of a followed face.

    landmarks: (68, 2) float32, pixels (x, y) of the frame, NaN without a face. picture: the grey uint8 part of the
    frame around the face, None when there is none; corner: (x, y) of its first pixel in the frame. bridged: whether the
    landmarks are those between the frames around, the face being missed in this one.
    """

    landmarks: np.ndarray
    picture: np.ndarray | None = None
    corner: tuple[int, int] = (0, 0)
    bridged: bool = False


@dataclass
class _Held:
    """A frame whose landmarks are not final yet; no chain: no face."""

    frame: int
    picture: np.ndarray | None
    corner: tuple[int, int]
    box: np.ndarray | None
    chain: Chain | None = None
    pose: np.ndarray | None = None


class Follower:
    """Frames in, one at a time; `FaceFrame`s out, in order, at most three keyframes later."""

    def __init__(self, fps, look_ahead=None):
        """`look_ahead(frame)` gives some grey frames of the second after a 0-based frame, to choose a face by."""
        self.key_every, self.check_every = max(1, round(fps * KEYFRAME)), max(1, round(fps * CHECK))
        self.keep_picture = round(fps * KEEP_PICTURE)
        self.look_ahead = look_ahead or (lambda frame: ())
        self.crowded = None  # 0-based frame where more than one face was seen first
        self.held = deque()
        self.chain = self.key = self.box = None
        self.frame = self.lost = 0  # number of the next frame, frames since the face was lost

    def step(self, grey):
        """Take one (H, W) uint8 frame and yield the frames that are final."""
        pose = self._follow(grey) if self.chain is not None else None
        if self.chain is None and self.lost % self.check_every == 0:
            pose = self._search(grey)
        self.lost = 0 if self.chain is not None else self.lost + 1
        near = self.box is not None and self.lost <= self.keep_picture
        picture, corner = cut_around(grey, self.box) if near else (None, (0, 0))
        self.held.append(_Held(self.frame, picture, corner, self.box, self.chain, pose))
        self.frame += 1
        yield from self._release()

    def skip(self):
        """Take a frame that is not there, and yield the frames that are final."""
        if self.chain is not None:
            self._lose()
        self.lost += 1
        self.held.append(_Held(self.frame, None, (0, 0), self.box))
        self.frame += 1
        yield from self._release()

    def finish(self):
        """Yield the frames still held."""
        if self.chain is not None:
            self._lose()
        yield from self._release()

    def _release(self):
        while self.held:
            head = self.held[0]
            landmarks = np.full((68, 2), np.nan)
            if head.chain is not None:
                shape = head.chain.shape_at(head.frame)
                if shape is None:
                    return
                landmarks = transform(shape, head.pose)
            self.held.popleft()
            yield FaceFrame(landmarks.astype(np.float32), head.picture, head.corner)

    def _follow(self, grey):
        """Track the face into a frame and return its pose, None when it is lost."""
        key = self.key
        crop = crop_around(grey, key.box, TRACK_FACE, TRACK_SIDE)
        motion = key.tracked_motion(crop)
        if motion is not None:
            self.box = moved_box(key.box, motion)
            before, self.thumbnail = self.thumbnail, thumbnail(crop)
            sudden = np.abs(self.thumbnail - before).mean() > SUDDEN
            if not sudden and self.frame - key.frame < self.key_every:
                return compose(motion, key.pose)
        seen = find_near(grey, self.box)
        if seen is None:
            self._lose()
            return None
        self.box = self.box + PULL * (seen - self.box)
        return self._keyframe(grey, motion)

    def _keyframe(self, grey, motion):
        """Predict the landmarks of a frame where the face was seen, and return its pose."""
        points = predict_landmarks(grey, self.box)
        pose = STILL if motion is None else compose(motion, self.key.pose)
        shape = transform(points, inverse(pose))
        if motion is not None and shape_difference(shape, self.chain.shapes[-1]) < DISAGREE:
            self.chain.add(self.frame, shape)
        else:
            if self.chain is not None:
                self._predict_since_key()
            pose, self.chain = STILL, Chain(self.frame, points)
        self.key = Key(self.frame, grey, self.box, pose, points)
        self.thumbnail = thumbnail(self.key.crop)
        return pose

    def _predict_since_key(self):
        """End the chain at its last keyframe, and predict the landmarks of each frame since."""
        self.chain.ended = True
        for held in self.held:
            if held.chain is self.chain and held.frame > self.key.frame:
                points = predict_landmarks(held.picture, held.box - (*held.corner, 0)) + held.corner
                held.chain, held.pose = Chain(held.frame, points, ended=True), STILL

    def _lose(self):
        """End the chain at the frame before, if that shows a face, else at the last keyframe."""
        chain, last = self.chain, self.held[-1]
        if last.frame > self.key.frame:
            box = last.box - (*last.corner, 0)
            if find_near(last.picture, box) is None:
                for held in self.held:
                    if held.chain is chain and held.frame > self.key.frame:
                        held.chain = None
            else:
                points = predict_landmarks(last.picture, box) + last.corner
                chain.add(last.frame, transform(points, inverse(last.pose)))
        chain.ended, self.chain, self.box, self.lost = True, None, last.box, 0

    def _search(self, grey):
        """Look for a face, return its pose; one lost before is looked for at its size, and elsewhere now and then."""
        turn = self.lost // self.check_every
        found = find_faces(grey, width=self.box[2]) if self.box is not None else []
        if not found and (self.box is None or turn % 4 == 0):
            found = find_faces(grey)
        if not found and turn % ENLARGED == 0:
            found = find_faces(grey, enlarge=True)
        if not found:
            return None
        box = self._same(found) if self.box is not None else None
        if box is None:
            box = self._largest_persistent(found)
        if box is None:
            return None
        self.box = box
        return self._keyframe(grey, None)

    def _same(self, found):
        """Return the only box found, if it lies where the face was lost, else None."""
        return found[0] if len(found) == 1 and _overlap(found[0], self.box) else None

    def _largest_persistent(self, found):
        """Return the largest face that most of the next second shows; None when that is not among those found."""
        looks = [found, *(find_faces(grey) for grey in self.look_ahead(self.frame))]
        if self.crowded is None and max(map(len, looks)) > 1:
            self.crowded = self.frame
        # the first box of a group stands for all that overlap it
        groups = []
        for box in (box for boxes in looks for box in boxes):
            if not any(_overlap(box, other) for other in groups):
                groups.append(box)
        steady = [
            box for box in groups if sum(any(_overlap(box, b) for b in boxes) for boxes in looks) > len(looks) / 2
        ]
        best = max(steady or found, key=lambda box: box[2])
        here = [box for box in found if _overlap(box, best)]
        return max(here, key=lambda box: box[2]) if here else None


def _overlap(box, other):
    """Return whether two boxes can be the same face a moment apart."""
    near = np.hypot(*(box[:2] - other[:2])) < 0.5 * max(box[2], other[2])
    return bool(near and 0.6 < box[2] / other[2] < 1 / 0.6)


def cut_around(grey, box):
    """Return the part of a frame around a box, twice as wide, and the corner where it starts."""
    x, y, width = box
    # a multiple of 60: `warp` averages blocks of 2, 3, ... pixels when it shrinks, and these must be the frame's
    left, top = (max(0, int(start - width)) // 60 * 60 for start in (x, y))
    part = grey[top : max(top + 1, int(y + width)), left : max(left + 1, int(x + width))]
    return (grey if part.size == grey.size else part.copy()), (left, top)
