"""Similarity alignment of a face on 68 landmarks, with registrations smoothed in time.

Landmark order is that of iBUG 300-W (0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth),
coordinates are (x, y) in pixels. "Left" and "right" without more are those of the picture.
The registration rests on points that expressions hardly move: eye corners, nose bridge, nose base.
"""

import itertools

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from features.errors import FeatureError

RIGID = (36, 39, 42, 45, 27, 28, 29, 30, 33)

# Frontal adult face in units of the distance between the eye centres, origin midway between them: means of
# dlib landmarks on frontal portraits, made symmetric and rounded.
_FRONTAL = np.column_stack(
    [(-0.69, -0.30, 0.30, 0.69, 0.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.03, 0.03, 0.0, -0.03, 0.18, 0.38, 0.59, 0.77)]
)
EYE_DISTANCE = 0.34  # between the eye centres, in crop sizes
EYE_HEIGHT = 0.26  # of the line through the eye centres, in crop sizes from the top


def canonical(size=128):
    """Return where the rigid points lie in an aligned `size` x `size` crop: (9, 2) float64.

    The eye centres lie at (0.33, 0.26) and (0.67, 0.26) of the crop. A frontal face fills it from the brows
    (about 0.10) to the chin (about 0.90), with a margin for raised brows and a dropped jaw.
    """
    return (_FRONTAL * EYE_DISTANCE + (0.5, EYE_HEIGHT)) * size - 0.5


def similarity(landmarks, size=128):
    """Return the least-squares similarity from the picture to the aligned crop.

    landmarks: (68, 2), pixels. Returns (2, 3) float64 `m` with `crop_xy = m[:, :2] @ xy + m[:, 2]`: rotation,
    one scale and a shift, no reflection (Umeyama 1991). All NaN when the landmarks hold NaN.
    """
    landmarks = _checked(landmarks, 2)
    source, target = landmarks[list(RIGID)], canonical(size)
    if not np.isfinite(source).all():
        return np.full((2, 3), np.nan)
    centre, goal = source.mean(axis=0), target.mean(axis=0)
    # As complex numbers a similarity is z -> a z + b, and its least-squares fit has a closed form.
    z, w = (source - centre) @ (1, 1j), (target - goal) @ (1, 1j)
    spread = np.vdot(z, z).real
    if spread < 1e-9:
        raise FeatureError("similarity: all rigid landmarks coincide; expected 68 points of one face in pixels")
    a = np.vdot(z, w) / spread
    rotation = np.array([[a.real, -a.imag], [a.imag, a.real]])
    return np.column_stack([rotation, goal - rotation @ centre])


def transform(landmarks, matrix):
    """Return (..., 2) points moved by a (2, 3) similarity, or (T, N, 2) points by (T, 2, 3) similarities."""
    landmarks, matrix = np.asarray(landmarks, float), np.asarray(matrix, float)
    return landmarks @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def smooth(landmarks, sigma):
    """Return landmarks (T, 68, 2) smoothed in time by a Gaussian of `sigma` frames, float64.

    Frames without a face (NaN) stay NaN and weigh nothing. `sigma=0` changes nothing; `sigma=None` gives every
    frame with a face the mean over the clip, which makes one registration for the whole clip.
    """
    landmarks = _checked(landmarks, 3)
    known = np.isfinite(landmarks).all(axis=(1, 2))
    if sigma == 0 or not known.any():
        return landmarks.copy()
    result = np.full(landmarks.shape, np.nan)
    if sigma is None:
        result[known] = landmarks[known].mean(axis=0)
        return result
    filled = np.where(known[:, None, None], landmarks, 0.0)
    weight = gaussian_filter1d(known.astype(float), sigma, mode="constant")
    total = gaussian_filter1d(filled, sigma, axis=0, mode="constant")
    result[known] = total[known] / weight[known, None, None]
    return result


def smooth_stream(landmarks, sigma):
    """Yield what `smooth` gives for the (68, 2) landmarks of an iterable, some frames later.

    sigma: frames, above 0. Holds up to 12 sigma frames; what is given lags up to 8 sigma frames.
    """
    radius = int(4 * sigma + 0.5)
    block = max(1, radius)
    landmarks = iter(landmarks)
    held, done = [], 0  # frames from the earliest still in reach, how many of them are given already
    while True:
        more = list(itertools.islice(landmarks, block))
        held += more
        ready = len(held) if len(more) < block else len(held) - radius
        if ready > done:
            yield from smooth(np.stack(held), sigma)[done:ready]
            done = ready
        if len(more) < block:
            return
        held, done = held[max(0, done - radius) :], min(done, radius)


def bridge(landmarks, longest_gap):
    """Return landmarks (T, 68, 2) with inner NaN gaps of at most `longest_gap` frames filled linearly in time."""
    landmarks = _checked(landmarks, 3).copy()
    known = np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2)))
    for before, after in zip(known[:-1], known[1:]):
        gap = after - before - 1
        if 0 < gap <= longest_gap:
            share = (np.arange(1, gap + 1) / (gap + 1))[:, None, None]
            landmarks[before + 1 : after] = (1 - share) * landmarks[before] + share * landmarks[after]
    return landmarks


def registrations(landmarks, size=128, sigma=None):
    """Return the (T, 2, 3) similarities of a clip's landmarks (T, 68, 2) after smoothing; NaN without a face."""
    return np.stack([similarity(points, size) for points in smooth(landmarks, sigma)])


def warp(frame, matrix, size=128):
    """Return the `size` x `size` crop of a grey (H, W) or RGB (H, W, 3) frame under a (2, 3) similarity.

    Bilinear; a frame that shrinks more than twofold is averaged down first, so that fine texture does not
    alias. Outside the frame the border pixel is repeated.
    """
    matrix = np.asarray(matrix, float)
    if not np.isfinite(matrix).all():
        raise FeatureError("warp: the registration is NaN (no face in this frame); skip the frame")
    step = int(1 / max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-6))
    height, width = frame.shape[:2]
    step = min(step, height, width)
    if step >= 2:
        height, width = height // step, width // step
        frame = cv2.resize(frame[: height * step, : width * step], (width, height), interpolation=cv2.INTER_AREA)
        # a shrunk pixel x covers the pixels step * x ... step * x + step - 1, whose centre is
        offset = (step - 1) / 2
        matrix = np.column_stack([matrix[:, :2] * step, matrix[:, 2] + matrix[:, :2].sum(axis=1) * offset])
    return cv2.warpAffine(frame, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def align(frames, landmarks, size=128, sigma=None, grey=True):
    """Yield the aligned face of each frame: (size, size) uint8 grey, or (size, size, 3) uint8 RGB.

    frames: iterable of (H, W, 3) or (H, W) uint8. landmarks: (T, 68, 2) of the same frames; a frame without a face
    (NaN) yields None. `sigma` is the smoothing of the landmarks in frames, None for one registration of the whole
    clip: a clip's own motion survives only if the registration does not follow it.
    """
    matrices = registrations(landmarks, size, sigma)
    for frame, matrix in zip(frames, matrices):
        if not np.isfinite(matrix).all():
            yield None
            continue
        if grey and frame.ndim == 3:
            frame = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        yield warp(frame, matrix, size)


def aligned_landmarks(landmarks, size=128, sigma=None):
    """Return where landmarks (T, 68, 2) fall in the crops that `align` gives: (T, 68, 2) float64."""
    return transform(landmarks, registrations(landmarks, size, sigma))


def _checked(landmarks, dimensions):
    landmarks = np.asarray(landmarks, float)
    if landmarks.ndim != dimensions or landmarks.shape[-2:] != (68, 2) or not len(landmarks):
        expected = "(68, 2)" if dimensions == 2 else "(T, 68, 2) with T >= 1"
        raise FeatureError(f"landmarks of shape {landmarks.shape}; expected {expected}")
    return landmarks
