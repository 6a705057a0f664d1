"""A face whose landmarks are known from elsewhere: nothing is looked for, only cut out of the frames."""

import numpy as np

from baselines.errors import DataFault
from baselines.faces.following import KEEP_PICTURE, FaceFrame, cut_around

WIDER = 1.2  # than the landmarks; for the head moves from the frame that motion is measured from


class GivenFace:
    """What `Follower` is for a face that is looked for: frames in, one at a time; their `FaceFrame`s out."""

    crowded = None  # whether there are more faces is not known

    def __init__(self, frames, fps):
        """`frames` carry the landmarks; their pictures come by `step`."""
        self.frames, self.position = frames, 0
        self.keep_picture = round(fps * KEEP_PICTURE)
        self.box, self.lost = None, 0  # of the last face, frames since

    def step(self, grey):
        """Take one (H, W) uint8 frame and yield it with its face."""
        landmarks = self.frames.landmarks[self.position]
        if np.isfinite(landmarks[0, 0]):
            self.box, self.lost = box_of(landmarks), 0
            self._refuse_outside(grey)
        else:
            self.lost += 1
        self.position += 1
        near = self.box is not None and self.lost <= self.keep_picture
        yield FaceFrame(landmarks, *(cut_around(grey, self.box) if near else ()))

    def skip(self):
        """Take a frame that is not there and yield it, without a face."""
        self.position, self.lost = self.position + 1, self.lost + 1
        yield FaceFrame(np.full((68, 2), np.nan, np.float32))

    def finish(self):
        """Yield the frames still held: none."""
        return ()

    def _refuse_outside(self, grey):
        (x, y), (height, width) = self.box[:2], grey.shape
        if not (0 <= x < width and 0 <= y < height):
            frames = self.frames
            raise DataFault(
                f"{frames.landmarks_from}: the face of frame {frames.numbers[self.position]} lies at x {x:.0f}, "
                f"y {y:.0f}, but {frames.source} has {width} x {height} pixels; give landmarks in pixels of this video"
            )


def box_of(landmarks):
    """Return a box (x and y of its middle, width) that holds the face of some landmarks, as a detection does."""
    low, high = landmarks.min(axis=0).astype(float), landmarks.max(axis=0).astype(float)
    return np.array([*(low + high) / 2, WIDER * (high - low).max()])
