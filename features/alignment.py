"""Similarity alignment of a face on 68 landmarks: one registration for a clip, or one for each of its frames.

Landmark order is that of iBUG 300-W (0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth),
coordinates are (x, y) in pixels. "Left" and "right" without more are those of the picture.
The registration rests on points that expressions hardly move: eye corners, nose bridge, nose base.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias, get_args

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from features.errors import FeatureError

RIGID = (36, 39, 42, 45, 27, 28, 29, 30, 33)
Alignment = Literal["mean", "first", "each", "none"]  # how the frames of a clip are registered: `registrations`

# Frontal adult face in units of the distance between the eye centres, origin midway between them: means of
# dlib landmarks on frontal portraits, made symmetric and rounded.
_FRONTAL = np.column_stack(
    [(-0.69, -0.30, 0.30, 0.69, 0.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.03, 0.03, 0.0, -0.03, 0.18, 0.38, 0.59, 0.77)]
)
EYE_DISTANCE = 0.34  # between the eye centres, in crop sizes
EYE_HEIGHT = 0.26  # of the line through the eye centres, in crop sizes from the top

BITS = 11  # the finest with which a grey level times two shares fits 32 bits
UNIT = 1 << BITS  # places in a frame are whole multiples of 1 / UNIT px

_At: TypeAlias = NDArray[np.intp]
_Share: TypeAlias = NDArray[np.int32]


def canonical(size: int = 128) -> NDArray[np.float64]:
    """Return where the rigid points lie in an aligned crop.

    The eye centres lie at (0.33, 0.26) and (0.67, 0.26) of the crop. A frontal face fills it from the brows
    (about 0.10) to the chin (about 0.90), with a margin for raised brows and a dropped jaw.

    Parameters
    ----------
    size : int
        Side of the crop, px.

    Returns
    -------
    ndarray of shape (9, 2), float64
        x and y in px of the landmarks `RIGID`.

    Examples
    --------
    >>> from features.alignment import canonical
    >>> canonical(100)[0].round(2).tolist()  # outer corner of the eye on the left
    [26.04, 25.5]
    """
    return (_FRONTAL * EYE_DISTANCE + (0.5, EYE_HEIGHT)) * size - 0.5


def similarity(landmarks: ArrayLike, size: int = 128) -> NDArray[np.float64]:
    """Return the least-squares similarity from the picture to the aligned crop.

    Parameters
    ----------
    landmarks : array_like of shape (68, 2)
        x and y in px.
    size : int
        Side of the crop, px.

    Returns
    -------
    ndarray of shape (2, 3), float64
        `m` with `crop_xy = m[:, :2] @ xy + m[:, 2]`: rotation, one scale and a shift, no reflection. All NaN when the
        landmarks hold NaN.

    Raises
    ------
    FeatureError
        For another shape, or when all rigid landmarks coincide.

    References
    ----------
    Umeyama, IEEE TPAMI 13(4), 1991.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import RIGID, canonical, similarity
    >>> landmarks = np.zeros((68, 2))
    >>> landmarks[list(RIGID)] = 2 * canonical(64) + (100, 50)  # a face twice as large as its crop
    >>> similarity(landmarks, 64).round(6) + 0.0
    array([[  0.5,   0. , -50. ],
           [  0. ,   0.5, -25. ]])
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


def transform(landmarks: ArrayLike, matrix: ArrayLike) -> NDArray[np.float64]:
    """Return points moved by a similarity, or those of each frame by its own.

    Parameters
    ----------
    landmarks : array_like of shape (..., 2) or (T, N, 2)
        x and y in px.
    matrix : array_like of shape (2, 3) or (T, 2, 3)
        Of `similarity` or `registrations`.

    Returns
    -------
    ndarray of the shape of `landmarks`, float64
        x and y in px.

    Examples
    --------
    >>> from features.alignment import transform
    >>> transform([(3, 4)], [(2, 0, 10), (0, 2, 20)])
    array([[16., 28.]])
    """
    landmarks, matrix = np.asarray(landmarks, float), np.asarray(matrix, float)
    return landmarks @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def smooth(landmarks: ArrayLike, sigma: float) -> NDArray[np.float64]:
    """Return landmarks smoothed in time by a Gaussian.

    Parameters
    ----------
    landmarks : array_like of shape (T, 68, 2)
        x and y in px; NaN for frames without a face, which weigh nothing.
    sigma : float
        Frames; 0 changes nothing.

    Returns
    -------
    ndarray of shape (T, 68, 2), float64
        Frames without a face stay NaN.

    Raises
    ------
    FeatureError
        For another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import smooth
    >>> jump = np.repeat([0.0, 0.0, 1.0, 1.0], 68 * 2).reshape(4, 68, 2)
    >>> smooth(jump, 1)[:, 0, 0].round(2).tolist()
    [0.08, 0.32, 0.68, 0.92]
    """
    landmarks = _checked(landmarks, 3)
    known = _with_face(landmarks)
    if sigma == 0 or not known.any():
        return landmarks.copy()
    result = np.full(landmarks.shape, np.nan)
    filled = np.where(known[:, None, None], landmarks, 0.0)
    weight = gaussian_filter1d(known.astype(float), sigma, mode="constant")
    total = gaussian_filter1d(filled, sigma, axis=0, mode="constant")
    result[known] = total[known] / weight[known, None, None]
    return result


def smooth_stream(landmarks: Iterable[ArrayLike], sigma: float) -> Iterator[NDArray[np.float64]]:
    """Yield what `smooth` gives, some frames later, for landmarks that come one by one.

    Parameters
    ----------
    landmarks : iterable of array_like of shape (68, 2)
        As those of `smooth`, frame by frame.
    sigma : float
        Frames, above 0. Up to 12 sigma frames are held; what is given lags up to 8 sigma frames.

    Yields
    ------
    ndarray of shape (68, 2), float64
        As `smooth`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import smooth, smooth_stream
    >>> landmarks = np.random.default_rng(0).normal(size=(30, 68, 2))
    >>> np.allclose(list(smooth_stream(landmarks, 2)), smooth(landmarks, 2))
    True
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


def bridge(landmarks: ArrayLike, longest_gap: int) -> NDArray[np.float64]:
    """Return landmarks whose short gaps are filled linearly in time.

    Parameters
    ----------
    landmarks : array_like of shape (T, 68, 2)
        x and y in px; NaN for frames without a face.
    longest_gap : int
        How many frames a gap may last; longer ones, and those at the ends, stay.

    Returns
    -------
    ndarray of shape (T, 68, 2), float64
        x and y in px.

    Raises
    ------
    FeatureError
        For another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import bridge
    >>> landmarks = np.repeat([1.0, np.nan, 3.0], 68 * 2).reshape(3, 68, 2)
    >>> bridge(landmarks, 1)[:, 0, 0].tolist()
    [1.0, 2.0, 3.0]
    """
    landmarks = _checked(landmarks, 3).copy()
    known = np.flatnonzero(_with_face(landmarks))
    for before, after in zip(known[:-1], known[1:]):
        gap = after - before - 1
        if 0 < gap <= longest_gap:
            share = (np.arange(1, gap + 1) / (gap + 1))[:, None, None]
            landmarks[before + 1 : after] = (1 - share) * landmarks[before] + share * landmarks[after]
    return landmarks


def registrations(landmarks: ArrayLike, size: int = 128, by: Alignment = "mean") -> NDArray[np.float64]:
    """Return the similarities by which the face is cut out of the frames of a clip.

    Parameters
    ----------
    landmarks : array_like of shape (T, 68, 2)
        x and y in px; NaN for frames without a face.
    size : int
        Side of the crop, px.
    by : {"mean", "first", "each", "none"}
        "mean": the similarity of the landmarks' mean over the clip, for all frames. "first": that of the first frame
        with a face, for all. With both, what the head does stays in the crops. "each": every frame by its own, which
        holds the head still and lets the jitter of the landmarks in. "none": the upright box of the face in the first
        frame, as large as its crop and about the same middle, for all: nothing is turned.

    Returns
    -------
    ndarray of shape (T, 2, 3), float64
        As `similarity`; NaN without a face.

    Raises
    ------
    FeatureError
        As `similarity`, or for another way to register.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import registrations
    >>> landmarks = np.random.default_rng(0).uniform(0, 99, (5, 68, 2))  # stand for those of a face
    >>> registrations(landmarks, by="each").shape
    (5, 2, 3)
    """
    landmarks = _checked(landmarks, 3)
    if by not in get_args(Alignment):
        raise FeatureError(f"alignment: by {', '.join(get_args(Alignment))}; got {by!r}")
    known = _with_face(landmarks)
    seen, result = landmarks[known], np.full((len(landmarks), 2, 3), np.nan)
    if not len(seen):
        return result
    if by == "each":
        result[known] = [similarity(points, size) for points in seen]
    elif by == "mean":
        result[known] = similarity(seen.mean(axis=0), size)
    else:
        matrix = similarity(seen[0], size)
        result[known] = matrix if by == "first" else _upright(matrix, seen[0])
    return result


def _upright(matrix: NDArray[np.float64], landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """A similarity without its turn: of the same scale, with the middle of the rigid points in the same place."""
    middle = landmarks[list(RIGID)].mean(axis=0, keepdims=True)
    scale = np.hypot(matrix[0, 0], matrix[1, 0])
    return np.column_stack([scale * np.eye(2), (transform(middle, matrix) - scale * middle).T])


def warp(frame: NDArray[Any], matrix: ArrayLike, size: int = 128) -> NDArray[Any]:
    """Return the crop of a frame under a similarity.

    Bilinear, at places rounded to 1/2048 px, in whole numbers: the same bytes on every processor and with every
    library. A frame that shrinks more than twofold is averaged down first, so that fine texture does not alias.
    Outside the frame the border pixel is repeated.

    Parameters
    ----------
    frame : ndarray of shape (H, W) or (H, W, 3)
        Grey or RGB.
    matrix : array_like of shape (2, 3)
        Of `similarity`.
    size : int
        Side of the crop, px.

    Returns
    -------
    ndarray of shape (size, size) or (size, size, 3)
        In the type of `frame`.

    Raises
    ------
    FeatureError
        For a registration that is NaN, or shrinks the face to nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import warp
    >>> frame = np.arange(16, dtype=np.uint8).reshape(4, 4)
    >>> warp(frame, [(1, 0, -1), (0, 1, -2)], 2)
    array([[ 9, 10],
           [13, 14]], dtype=uint8)
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
    return _sampled(frame, matrix, size)


def _sampled(frame: NDArray[Any], matrix: NDArray[np.float64], size: int) -> NDArray[Any]:
    """Bilinear samples of a frame at the pixels of a crop."""
    (a, b, c), (d, e, f) = matrix
    determinant = a * e - b * d
    if determinant == 0:
        raise FeatureError("warp: the registration shrinks the face to nothing; skip the frame")
    height, width = frame.shape[:2]
    x, right = _places(e / determinant, -b / determinant, (b * f - c * e) / determinant, size, width)
    y, down = _places(-d / determinant, a / determinant, (c * d - a * f) / determinant, size, height)
    if frame.ndim == 3:
        right, down = right[..., None], down[..., None]
    total = (_between_upright if b == d == 0 else _between)(frame, x, y, right, down)
    if frame.dtype == np.uint8:
        return ((total + UNIT**2 // 2) >> 2 * BITS).astype(np.uint8)
    total = total / UNIT**2
    return (np.rint(total) if np.issubdtype(frame.dtype, np.integer) else total).astype(frame.dtype)


def _number(frame: NDArray[Any]) -> type:
    return np.int32 if frame.dtype == np.uint8 else np.float64


def _between(frame: NDArray[Any], x: _At, y: _At, right: _Share, down: _Share) -> NDArray[Any]:
    """Samples of a frame times `UNIT`**2, the pixels' neighbours to the right and below counting by their shares.

    Beyond the last pixel of a row or column the share is 0, and it does not matter what is taken there.
    """
    width, step, at = frame.shape[1], 1, y * frame.shape[1] + x
    if frame.ndim == 3:
        step = frame.shape[2]
        at = at[..., None] * step + np.arange(step)
    flat, number = frame.ravel(), _number(frame)
    corners = (flat.take(at + shift * step, mode="clip").astype(number) for shift in (0, 1, width, width + 1))
    one, other, below, other_below = corners
    upper = one * UNIT + (other - one) * right
    lower = below * UNIT + (other_below - below) * right
    return upper * UNIT + (lower - upper) * down


def _between_upright(frame: NDArray[Any], x: _At, y: _At, right: _Share, down: _Share) -> NDArray[Any]:
    """As `_between`, the same bytes several times as fast, where one row of x and one column of y do for all."""
    top, number = y.min(), _number(frame)
    rows = frame[top : y.max() + 2]
    one, other = (rows.take(x[0] + shift, axis=1, mode="clip").astype(number) for shift in (0, 1))
    across = one * UNIT + (other - one) * right
    upper, lower = (across.take(y[:, 0] - top + shift, axis=0, mode="clip") for shift in (0, 1))
    return upper * UNIT + (lower - upper) * down


def _places(across: float, down: float, start: float, size: int, extent: int) -> tuple[_At, _Share]:
    """Pixels along one axis of a frame, and how far the next one counts, in 1/`UNIT`.

    Of shape (size, size), (1, size) where they do not change down the crop, (size, 1) where they do not across it.
    """
    columns, rows = (np.arange(size if step else 1) for step in (across, down))
    places = np.rint(across * columns * UNIT) + np.rint((down * rows + start) * UNIT)[:, None]
    whole = places.clip(0, (extent - 1) * UNIT).astype(np.int32)
    return (whole >> BITS).astype(np.intp), whole & (UNIT - 1)


def align(
    frames: Iterable[NDArray[np.uint8]],
    landmarks: ArrayLike,
    size: int = 128,
    by: Alignment = "mean",
    grey: bool = True,
) -> Iterator[NDArray[np.uint8] | None]:
    """Yield the aligned face of each frame.

    Parameters
    ----------
    frames : iterable of ndarray of shape (H, W, 3) or (H, W), uint8
        RGB or grey.
    landmarks : array_like of shape (T, 68, 2)
        x and y in px on the same frames; NaN for frames without a face.
    size : int
        Side of the crop, px.
    by
        As `registrations`. A clip's own motion survives only if the registration does not follow it.
    grey : bool
        Turn RGB into grey.

    Yields
    ------
    ndarray of shape (size, size) or (size, size, 3), uint8, or None
        None for a frame without a face.

    Raises
    ------
    FeatureError
        As `registrations`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import align
    >>> rng = np.random.default_rng(0)
    >>> frames = rng.integers(0, 256, (2, 90, 120, 3), dtype=np.uint8)
    >>> landmarks = rng.uniform(0, 90, (2, 68, 2))  # stand for those of a face
    >>> landmarks[1] = np.nan
    >>> [face if face is None else face.shape for face in align(frames, landmarks, 64)]
    [(64, 64), None]
    """
    matrices = registrations(landmarks, size, by)
    for frame, matrix in zip(frames, matrices):
        if not np.isfinite(matrix).all():
            yield None
            continue
        picture = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) if grey and frame.ndim == 3 else frame
        yield warp(picture, matrix, size)


def aligned_landmarks(landmarks: ArrayLike, size: int = 128, by: Alignment = "mean") -> NDArray[np.float64]:
    """Return where landmarks fall in the crops that `align` gives.

    Parameters
    ----------
    landmarks, size, by
        As `align`.

    Returns
    -------
    ndarray of shape (T, 68, 2), float64
        x and y in px of the crop; NaN without a face.

    Raises
    ------
    FeatureError
        As `registrations`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.alignment import aligned_landmarks
    >>> landmarks = np.random.default_rng(0).uniform(0, 99, (5, 68, 2))  # stand for those of a face
    >>> aligned_landmarks(landmarks, 64).shape
    (5, 68, 2)
    """
    return transform(landmarks, registrations(landmarks, size, by))


def _with_face(landmarks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which frames of (T, 68, 2) hold no NaN, (T,)."""
    return np.all(np.isfinite(landmarks), axis=(1, 2))


def _checked(landmarks: ArrayLike, dimensions: int) -> NDArray[np.float64]:
    landmarks = np.asarray(landmarks, float)
    if landmarks.ndim != dimensions or landmarks.shape[-2:] != (68, 2) or not len(landmarks):
        expected = "(68, 2)" if dimensions == 2 else "(T, 68, 2) with T >= 1"
        raise FeatureError(f"landmarks of shape {landmarks.shape}; expected {expected}")
    return landmarks
