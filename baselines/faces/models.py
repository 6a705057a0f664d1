"""dlib's HOG face detector and 68-point landmark predictor, behind arrays.

A box is an array: centre x, centre y and width in pixels of the frame, of the square that the detector reports.
"""

import functools
import importlib.util
import os
import threading
from pathlib import Path

import cv2
import numpy as np

from baselines.costs import apart
from baselines.errors import InputError, MissingDependency
from baselines.files import user_path
from baselines.identity import digest
from features.alignment import warp

SEARCH_SIDE = 640  # px; frames with a longer side are scaled down for the search: faces from 1/8 of it, enlarged 1/16
FACE = 180  # px; width of the face for the predictor, whose points are whole pixels
CHECK_FACE = 90  # px; width of the face in the crop that confirms it
NARROWEST = 80  # px; the detector's window
PROBE = 1 << 16  # bytes at either end of the predictor's file that tell it from others
_looking = threading.Lock()  # dlib's detector holds the frame that it looks at: two threads would mix theirs
START_SCORE, KEEP_SCORE = 0.0, -0.5  # detector scores to accept a new face and to keep a known one


def find_faces(grey, enlarge=False, width=None):
    """Return the boxes of the faces in a grey (H, W) uint8 frame.

    They are found from 1/8 of the frame's longer side, from 1/16 when enlarged; near `width` px only, and much faster,
    when it is given.
    """
    scale = min(1.0, SEARCH_SIDE / max(grey.shape))
    if width is not None:
        scale = min(scale, NARROWEST / (0.7 * width))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    return [box / scale for box in _detect(small, START_SCORE, enlargements=int(enlarge))]


def find_near(grey, box):
    """Return the detected box nearest the middle of a box whose face is known, or None when it shows none."""
    side = round(1.6 * CHECK_FACE)
    found = _detect(crop_around(grey, box, CHECK_FACE, side), KEEP_SCORE)
    if not found:
        return None
    x, y, width = min(found, key=lambda near: np.hypot(*(near[:2] - side / 2)))
    scale = box[2] / CHECK_FACE
    return np.array([(x - side / 2) * scale + box[0], (y - side / 2) * scale + box[1], width * scale])


def predict_landmarks(grey, box):
    """Return the (68, 2) float64 landmarks, in pixels of the frame, of the face in a box."""
    import dlib

    side, margin = FACE * 8 // 5, FACE * 3 // 10
    crop = crop_around(grey, box, FACE, side)
    middle = dlib.rectangle(margin, margin, margin + FACE, margin + FACE)
    points = np.array([(point.x, point.y) for point in _dlib_models()[1](crop, middle).parts()], float)
    return (points - side / 2) * (box[2] / FACE) + box[:2]


def crop_around(grey, box, face, side):
    """Return the (side, side) picture around the middle of a box, scaled so that the box is `face` pixels wide.

    Its pixel (x, y) is `crop_place(box, face, side)` of the frame: scale times (x, y) plus a shift.
    """
    scale, shift = crop_place(box, face, side)
    reach = side * scale / 2 + 2 * scale
    left, top = np.maximum(0, np.minimum(box[:2] - reach, (grey.shape[1] - 1, grey.shape[0] - 1))).astype(int)
    right, bottom = np.maximum((left + 1, top + 1), np.ceil(box[:2] + reach).astype(int))
    part = grey[top:bottom, left:right]  # so that a small face in a large frame is cheap
    return warp(part, [[1 / scale, 0, (left - shift[0]) / scale], [0, 1 / scale, (top - shift[1]) / scale]], side)


def crop_place(box, face, side):
    """Return the scale and the shift (2,) from pixels of the crop of `crop_around` to those of the frame."""
    scale = box[2] / face
    return scale, box[:2] - side / 2 * scale


def _detect(grey, score, enlargements=0):
    with _looking:
        boxes, _, _ = _dlib_models()[0].run(np.ascontiguousarray(grey), enlargements, score)
    return [np.array([(b.left() + b.right()) / 2, (b.top() + b.bottom()) / 2, b.width()]) for b in boxes]


@functools.cache
def _dlib_models():
    try:
        import dlib
    except ImportError:
        raise MissingDependency("Face alignment", "dlib", "dlib-bin") from None
    path = _predictor_file()
    try:
        with apart():  # 90 MB that stay in a process, whichever recipe needs them first
            return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(path))
    except RuntimeError as error:
        raise InputError(f"{path}: not a dlib 68-point shape predictor ({error}); copy it again") from None


@functools.lru_cache
def predictor_identity(named=None):
    """Return a digest of the 68-point predictor's file: its size, beginning and end; empty where there is none.

    named: what $MEGC_LANDMARKS says; only so that another value is looked up anew.
    """
    try:
        path = _predictor_file()
    except InputError:
        return ""
    with path.open("rb") as file:
        first = file.read(PROBE)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - PROBE))
        return digest(size, first.hex(), file.read().hex())


def _predictor_file():
    """Return the file of the 68-point predictor: `$MEGC_LANDMARKS`, else the one in `face_recognition_models`.

    That package is only located, never imported: its import needs `pkg_resources`, which setuptools dropped.
    """
    named = os.environ.get("MEGC_LANDMARKS")
    if named:
        path = user_path(named)
        if not path.is_file():
            raise InputError(f"{named}: no such file; MEGC_LANDMARKS must name a dlib 68-point shape predictor")
        return path
    package = importlib.util.find_spec("face_recognition_models")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / "models" / "shape_predictor_68_face_landmarks.dat"
        if path.is_file():
            return path
    raise InputError(
        "no 68-point landmark model found; run `pip install face_recognition_models` or set MEGC_LANDMARKS to a "
        "shape_predictor_68_face_landmarks.dat"
    )
