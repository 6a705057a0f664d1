"""What every spotter is: a measurement on the frames, kept in the cache, and a rule from it to intervals."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import BaseEstimator

from baselines.cache import cached_arrays
from baselines.errors import InputError
from baselines.faces import cached_track
from baselines.identity import code_identity, library_versions


@dataclass(frozen=True)
class Interval:
    """One spotted expression: frames are 1-based and inclusive; `score` is 1 at the threshold, higher is surer."""

    onset: int
    apex: int
    offset: int
    kind: str
    score: float
    region: str = ""


@dataclass(frozen=True)
class Curve:
    """One curve over the frames of a video, (T,) float64, NaN without a face, and its threshold."""

    name: str
    values: np.ndarray
    threshold: float
    unit: str = "eye distances"


@dataclass(frozen=True)
class SpottingResult:
    """Intervals in order of onset, the curves that they come from, and what the user should know."""

    intervals: tuple[Interval, ...]
    curves: tuple[Curve, ...] = ()
    warnings: tuple[str, ...] = ()


class Spotter(BaseEstimator, ABC):
    """Long video in, intervals out. A subclass gives `measure`, `measured_by` and `spot`."""

    measured_by = ()  # parameters that `measure` depends on

    @abstractmethod
    def measure(self, frames, landmarks, fps, progress=None):
        """Return the array that the rule works on; its first axis is the frames."""

    @abstractmethod
    def spot(self, measured, fps):
        """Return the `SpottingResult` of what `measure` gave."""

    def predict(self, frames, fps, landmarks=None, progress=None):
        """Return the `SpottingResult` of a video.

        frames: `Frames`; fps: frames per second; landmarks: (T, 68, 2) px, found when None.
        `progress(1)` is called for each frame, once for finding the face and once for measuring.
        Raises `InputError` for a video without a face.
        """
        if not (fps and np.isfinite(fps) and fps > 0):
            raise InputError(
                f"{frames.source}: {fps} frames per second; give the frame rate with --fps or in videos.csv"
            )
        warnings = ()
        if landmarks is None:
            track = cached_track(frames, fps, progress)
            landmarks, warnings = track.landmarks, track.warnings
        key = {
            "frames": frames.identity(),
            "landmarks": hashlib.blake2b(np.ascontiguousarray(landmarks, np.float32), digest_size=12).hexdigest(),
            "fps": fps,
            "spotter": [type(self).__name__, {name: getattr(self, name) for name in self.measured_by}],
            "code": code_identity("baselines/spotting/motion.py", "features"),
            "libraries": library_versions("opencv-contrib-python-headless", "scikit-image", "scipy"),
        }

        def compute():
            return {"measured": self.measure(frames, landmarks, fps, progress)}

        measured = cached_arrays("spotting", key, compute)["measured"]
        return replace(self.spot(measured, fps), warnings=tuple(warnings))
