"""Region motion in a video, measured by optical flow on the aligned face, frame by frame."""

from collections import deque

import cv2
import numpy as np

from features.alignment import EYE_DISTANCE, registrations, smooth, transform, warp
from features.optical_flow import optical_flow
from features.regions import EYES, NOSE, REGIONS, RIGID_PARTS, boxes, points_in, region_means, relative_motion

SIZE = 128  # px; side of the aligned face
SMOOTHING = 0.1  # seconds; Gaussian of the landmarks that register the face
KEYFRAME = 0.5  # seconds between frames that flow starts from


def aligned_faces(frames, landmarks, fps, progress=None):
    """Yield the grey 128 x 128 face of each frame and its 68 landmarks there; (None, None) without a face."""
    points = smooth(landmarks, SMOOTHING * fps)
    for frame, place, matrix in zip(frames, points, registrations(points, SIZE, sigma=0)):
        if progress is not None:
            progress(1)
        if np.isfinite(matrix).all():
            yield warp(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), matrix, SIZE), transform(place, matrix)
        else:
            yield None, None


def region_displacement(frames, landmarks, fps, flow="farneback", progress=None):
    """Return the displacement of each region against the head over time: (T, 10, 2) float64 in eye distances.

    frames: T frames (H, W, 3) uint8 RGB, read once; landmarks: (T, 68, 2) px. Columns are `REGIONS` and `EYES`, values
    x (to the right) and y (down), zero at the first frame of each run with a face, NaN without a face. Flow runs from
    a recent keyframe, and the displacements of keyframes add up: there is no drift between keyframes, and sub-pixel
    motion is not lost as it is when flow from frame to frame is added.
    """
    motion = np.full((len(landmarks), len(REGIONS) + len(EYES), 2), np.nan)
    key = None
    for index, (face, points) in enumerate(aligned_faces(frames, landmarks, fps, progress)):
        if face is None:
            key = None
            continue
        if key is None:
            motion[index] = 0
        else:
            start, first, regions, rigid = key
            field = optical_flow(first, face, method=flow)
            motion[index] = motion[start] + relative_motion(field, regions, rigid) / (EYE_DISTANCE * SIZE)
        if key is None or index - key[0] >= KEYFRAME * fps:
            rigid = points_in(boxes(points, RIGID_PARTS), face.shape)
            key = index, face, boxes(points, {**REGIONS, **EYES}), rigid
    return motion


def flow_magnitude(frames, landmarks, fps, k, flow="farneback", progress=None):
    """Return the mean flow magnitude of brows and mouth from each frame to the k-th after it: (T, len(k)) float64.

    frames, landmarks: as in `region_displacement`; k: frames, a sequence. The mean flow of the nose is subtracted
    first. In eye distances; NaN where either frame has no face or lies beyond the end.
    """
    magnitude = np.full((len(landmarks), len(k)), np.nan)
    recent = deque(maxlen=max(k) + 1)
    for index, (face, points) in enumerate(aligned_faces(frames, landmarks, fps, progress)):
        recent.append((face, points))
        for column, distance in enumerate(k):
            if len(recent) <= distance or face is None or recent[-1 - distance][0] is None:
                continue
            earlier, place = recent[-1 - distance]
            field = optical_flow(earlier, face, method=flow)
            field = field - region_means(field, boxes(place, NOSE))
            length = region_means(np.hypot(field[..., 0], field[..., 1]), boxes(place, REGIONS))
            magnitude[index - distance, column] = length.mean() / (EYE_DISTANCE * SIZE)
    return magnitude
