"""Find one face in every frame of a video and its 68 landmarks: dlib's HOG detector and 68-point predictor.

The face is searched for in the whole frame at the start and after it was lost, and then followed: the predictor's
box moves with the landmarks, and a detection on a small crop around it confirms the face, several times a second
and whenever the picture in the box changes suddenly. Frames that no detection confirms hold no face. Only the box
is smoothed in time; the landmarks of a frame are those of its own pixels.
"""

import functools
import importlib.util
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError, MissingDependency
from baselines.identity import code_identity, library_versions
from features.alignment import RIGID, bridge, warp

CHECKS_PER_SECOND = 8
LONGEST_BRIDGE = 0.25  # seconds; misses up to this are filled in, longer ones stay NaN
SEARCH_SIDE = 640  # px; frames with a longer side are scaled down for the search: faces from 1/8 of it, enlarged 1/16
FACE = 180  # px; width of the face for the predictor, whose points are whole pixels
CHECK_FACE = 90  # px; width of the face in the crop that confirms it (the detector's window is 80)
START_SCORE, KEEP_SCORE = 0.0, -0.5  # detector scores to accept a new face and to keep a known one
CLAIMED_TOO_MANY = 2  # frames that sound containers may claim beyond what they hold
PULL = 0.3  # share of a detection in the smoothed box
SUDDEN = 18.0  # grey levels; mean change of the face thumbnail between frames that asks for a check


@dataclass(frozen=True)
class FaceTrack:
    """Landmarks of one face: (T, 68, 2) float32, pixels (x, y); rows of NaN where there is no face."""

    landmarks: np.ndarray
    warnings: tuple[str, ...] = ()


def track(frames, fps=30.0, progress=None):
    """Return the `FaceTrack` of (H, W, 3) uint8 RGB frames; T is the number of frames that could be read.

    `fps` sets how often the face is confirmed (every 1/8 s) and how long a miss is bridged linearly (0.25 s).
    Of several faces the largest at the start is followed, with a warning. `progress(1)` is called for each frame.
    Raises `InputError` when no frame has a face, `MissingDependency` without dlib.
    """
    follower = _Follower(max(1, round(fps / CHECKS_PER_SECOND)))
    for frame in frames:
        follower.step(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
        if progress is not None:
            progress(1)
    follower.finish()
    name = getattr(frames, "source", "video")
    if not follower.landmarks:
        raise InputError(f"{name}: no frame could be read; copy the video again")
    landmarks = np.stack(follower.landmarks)
    if np.isnan(landmarks).all():
        raise InputError(
            f"{name}: no face found in {len(landmarks)} frames; give a video of an upright frontal face "
            "at least 1/8 as wide as the frame"
        )
    landmarks = bridge(landmarks, round(LONGEST_BRIDGE * fps)).astype(np.float32)
    missing = len(frames) - len(landmarks) if hasattr(frames, "__len__") else 0
    return FaceTrack(landmarks, tuple(_warnings(landmarks, follower.crowded, missing)))


def cached_track(frames, fps, progress=None):
    """Return `track(frames, fps, progress)`, kept in the cache between runs."""

    def compute():
        found = track(frames, fps, progress)
        return {"landmarks": found.landmarks, "warnings": np.array(found.warnings, dtype=str)}

    key = {
        "frames": frames.identity(),
        "fps": fps,
        "predictor": os.environ.get("MEGC_LANDMARKS", ""),
        "code": code_identity("baselines/faces.py", "features/alignment.py"),
        "libraries": library_versions("dlib-bin", "dlib", "opencv-contrib-python-headless"),
    }
    stored = cached_arrays("landmarks", key, compute)
    return FaceTrack(stored["landmarks"], tuple(str(text) for text in stored["warnings"]))


def missing_runs(landmarks):
    """Return the 1-based inclusive (first, last) frames of each run of frames without a face."""
    missing = np.isnan(np.asarray(landmarks)).any(axis=(1, 2))
    runs = itertools.groupby(range(1, len(missing) + 1), key=lambda frame: missing[frame - 1])
    return [(run[0], run[-1]) for run in (list(group) for absent, group in runs if absent)]


def _warnings(landmarks, crowded, missing):
    if missing > CLAIMED_TOO_MANY:
        yield f"the last {missing} of {len(landmarks) + missing} frames cannot be decoded; copy the video again"
    if crowded:
        yield f"more than one face at frame {crowded[0]}; the largest is followed"
    runs = missing_runs(landmarks)
    if runs:
        shown = ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in runs[:5]) + (", ..." if len(runs) > 5 else "")
        yield f"no face in {sum(b - a + 1 for a, b in runs)} of {len(landmarks)} frames ({shown})"


class _Follower:
    """Follows one face from frame to frame; `landmarks` grows by one (68, 2) float32 a frame."""

    def __init__(self, check_every):
        self.detector, self.predictor = _dlib_models()
        self.check_every = check_every
        self.landmarks, self.crowded = [], []
        self.box = None  # centre x, centre y, width of the detector's square
        self.crop = None  # the picture around the box: the face is half as wide
        self.unconfirmed = self.lost = 0  # frames since the last confirmation, frames without a face

    def step(self, grey):
        if self.box is not None:
            self._follow(grey)
        followed = self.box is not None
        if self.box is None and self.lost % self.check_every == 0:
            self._search(grey)
        if self.box is None:
            self.landmarks.append(np.full((68, 2), np.nan, np.float32))
            self.lost += 1
            return
        points = self._predict()
        if followed:
            self.box[:2] += (points - self.landmarks[-1])[list(RIGID)].mean(axis=0)
        self.lost = 0
        self.landmarks.append(points)

    def finish(self):
        """Confirm the last frames, or take them back."""
        if self.box is not None:
            self._take_back_unless_seen(self.crop)

    def _follow(self, grey):
        """Confirm the face when it is time to or the picture changed suddenly; forget it when it is not there."""
        before, self.crop = self.crop, self._cut(grey)
        sudden = np.abs(_thumbnail(self.crop) - _thumbnail(before)).mean() > SUDDEN
        if not sudden and self.unconfirmed + 1 < self.check_every:
            self.unconfirmed += 1
            return
        seen = self._seen(self.crop)
        if seen is not None:
            self.box += PULL * (seen - self.box)
            self.crop, self.unconfirmed = self._cut(grey), 0
        else:
            self._take_back_unless_seen(before)
            self.box = None

    def _take_back_unless_seen(self, crop):
        """Turn the unconfirmed frames into frames without a face unless the last of them, `crop`, shows one."""
        if self.unconfirmed and self._seen(crop) is None:
            for points in self.landmarks[-self.unconfirmed :]:
                points[:] = np.nan
        self.unconfirmed = 0

    def _search(self, grey):
        """Look for a face in the whole frame, and every fourth time in an enlarged one."""
        scale = min(1.0, SEARCH_SIDE / max(grey.shape))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = _detect(self.detector, small, START_SCORE)
        if not found and self.lost % (4 * self.check_every) == 0:
            found = _detect(self.detector, small, START_SCORE, enlargements=1)
        if len(found) > 1:
            self.crowded.append(len(self.landmarks) + 1)
        if found:
            self.box = max(found, key=lambda box: box[2]) / scale
            self.crop = self._cut(grey)

    def _cut(self, grey):
        """Return the picture around the box, scaled so that the box is the middle FACE x FACE pixels."""
        x, y, width = self.box
        scale = FACE / width
        return warp(grey, [[scale, 0, FACE - scale * x], [0, scale, FACE - scale * y]], 2 * FACE)

    def _seen(self, crop):
        """Return the detected box nearest the middle of a crop, in pixels of the frame, or None."""
        small = cv2.resize(crop, (2 * CHECK_FACE, 2 * CHECK_FACE), interpolation=cv2.INTER_AREA)
        found = _detect(self.detector, small, KEEP_SCORE)
        if not found:
            return None
        x, y, width = min(found, key=lambda box: np.hypot(*(box[:2] - CHECK_FACE)))
        scale = self.box[2] / CHECK_FACE
        return np.array([(x - CHECK_FACE) * scale + self.box[0], (y - CHECK_FACE) * scale + self.box[1], width * scale])

    def _predict(self):
        import dlib

        middle = dlib.rectangle(FACE // 2, FACE // 2, FACE * 3 // 2, FACE * 3 // 2)
        points = np.array([(point.x, point.y) for point in self.predictor(self.crop, middle).parts()])
        return ((points - FACE) * (self.box[2] / FACE) + self.box[:2]).astype(np.float32)


def _detect(detector, grey, score, enlargements=0):
    """Return the centre x, centre y and width of each face in a grey picture."""
    boxes, _, _ = detector.run(np.ascontiguousarray(grey), enlargements, score)
    return [np.array([(b.left() + b.right()) / 2, (b.top() + b.bottom()) / 2, b.width()]) for b in boxes]


def _thumbnail(crop):
    """Return the middle of a crop as (16, 16) grey levels without their mean."""
    middle = crop[FACE // 2 : FACE * 3 // 2, FACE // 2 : FACE * 3 // 2]
    small = cv2.resize(middle, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small - small.mean()


@functools.cache
def _dlib_models():
    try:
        import dlib
    except ImportError:
        raise MissingDependency("Face alignment", "dlib", "dlib-bin") from None
    path = _predictor_file()
    try:
        return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(path))
    except RuntimeError as error:
        raise InputError(f"{path}: not a dlib 68-point shape predictor ({error}); copy it again") from None


def _predictor_file():
    """Return the file of the 68-point predictor: `$MEGC_LANDMARKS`, else the one in `face_recognition_models`.

    That package is only located, never imported: its import needs `pkg_resources`, which setuptools dropped.
    """
    named = os.environ.get("MEGC_LANDMARKS")
    if named:
        if not Path(named).is_file():
            raise InputError(f"{named}: no such file; MEGC_LANDMARKS must name a dlib 68-point shape predictor")
        return Path(named)
    package = importlib.util.find_spec("face_recognition_models")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / "models" / "shape_predictor_68_face_landmarks.dat"
        if path.is_file():
            return path
    raise InputError(
        "no 68-point landmark model found; run `pip install face_recognition_models` or set MEGC_LANDMARKS to a "
        "shape_predictor_68_face_landmarks.dat"
    )
