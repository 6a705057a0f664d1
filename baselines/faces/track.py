"""Find one face in every frame of a video and its 68 landmarks, in one pass.

The face is searched for in the whole frame at the start and after it was lost, and then followed (see
`baselines.faces.following`). Frames that no detection confirms hold no face.
"""

import itertools
import os
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError
from baselines.faces.following import Follower
from baselines.faces.models import predictor_identity
from baselines.identity import depends_on
from features.alignment import bridge, similarity, smooth_stream, transform, warp

LONGEST_BRIDGE = 0.25  # seconds; misses up to this are filled in, longer ones stay NaN
SMOOTHING = 0.1  # seconds; Gaussian of the landmarks that register the face
CLAIMED_TOO_MANY = 2  # frames that sound containers may claim beyond what they hold
LOOKS = 4  # looks into the next second when a face is chosen


@dataclass(frozen=True)
class FaceTrack:
    """Landmarks of one face: (T, 68, 2) float32, pixels (x, y); rows of NaN where there is no face."""

    landmarks: np.ndarray
    warnings: tuple[str, ...] = ()


def follow(frames, fps=30.0, warnings=None, progress=None):
    """Yield a `FaceFrame` (landmarks, grey picture around the face, its corner) for each frame, in one pass.

    frames: iterable of (H, W, 3) uint8 RGB; one that can be sliced, such as `Frames`, lets the choice between faces
    look a second ahead. fps sets how often the face is confirmed (every 0.25 s) and how long a miss is bridged linearly
    (0.25 s). A frame is given at most 0.9 s after it was read, and only frames in between are held. Of several faces
    the largest that most of the first second shows is followed. What the user should know is appended to the list
    `warnings`, at the end. `progress(1)` is called for each frame. Raises `InputError` at the end when no frame could
    be read or none has a face, `MissingDependency` without dlib.
    """
    follower = Follower(fps, _look_ahead(frames, fps))
    count, runs = 0, []
    for face in _bridged(_followed(follower, frames, progress), round(LONGEST_BRIDGE * fps)):
        count += 1
        if np.isnan(face.landmarks[0, 0]):
            if runs and runs[-1][1] == count - 1:
                runs[-1][1] = count
            else:
                runs.append([count, count])
        yield face
    name = getattr(frames, "source", "video")
    if not count:
        raise InputError(f"{name}: no frame could be read; copy the video again")
    if runs == [[1, count]]:
        raise InputError(
            f"{name}: no face found in {count} frames; give a video of an upright frontal face "
            "at least 1/8 as wide as the frame"
        )
    if warnings is not None:
        warnings += _warnings(frames, count, runs, follower.crowded)


def aligned_faces(faces, fps, size=128, smoothing=SMOOTHING):
    """Yield the grey (size, size) uint8 aligned face and the (68, 2) landmarks in it of each `FaceFrame`.

    faces: what `follow` gives. Landmarks are smoothed in time by a Gaussian of `smoothing` seconds before they
    register the face and are moved into the crop; the result is that of `features.alignment.smooth` and `warp`, given
    up to 8 x smoothing seconds later. (None, None) without a face.
    """
    held = deque()

    def landmarks():
        for face in faces:
            held.append(face)
            yield face.landmarks

    for place in smooth_stream(landmarks(), smoothing * fps):
        face = held.popleft()
        matrix = similarity(place, size)
        if not np.isfinite(matrix).all():
            yield None, None
            continue
        from_picture = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ face.corner])
        yield warp(face.picture, from_picture, size), transform(place, matrix)


def track(frames, fps=30.0, progress=None):
    """Return the `FaceTrack` of (H, W, 3) uint8 RGB frames: what `follow` gives, without the pictures.

    T is the number of frames that could be read; errors and `progress` as there.
    """
    warnings = []
    landmarks = [face.landmarks for face in follow(frames, fps, warnings, progress)]
    return FaceTrack(np.stack(landmarks), tuple(warnings))


def cached_track(frames, fps, progress=None):
    """Return `track(frames, fps, progress)`, kept in the cache between runs."""

    def compute():
        found = track(frames, fps, progress)
        return {"landmarks": found.landmarks, "warnings": np.array(found.warnings, dtype=str)}

    key = {"frames": frames.identity(), "fps": fps, **tracking_identity()}
    stored = cached_arrays("landmarks", key, compute)
    return FaceTrack(stored["landmarks"], tuple(str(text) for text in stored["warnings"]))


def tracking_identity():
    """Return what landmarks depend on besides the frames, as part of a cache key."""
    return {"predictor": predictor_identity(os.environ.get("MEGC_LANDMARKS")), "tracking": depends_on(__name__)}


def _followed(follower, frames, progress):
    for frame in frames:
        yield from follower.step(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
        if progress is not None:
            progress(1)
    yield from follower.finish()


def _look_ahead(frames, fps):
    """Return a function from a 0-based frame to some grey frames of the second after it; None for one-way frames."""
    if not hasattr(frames, "__getitem__"):
        return None
    step = max(1, round(fps / LOOKS))

    def look(frame):
        later = itertools.islice(frames[frame + 1 : frame + 1 + LOOKS * step], step - 1, None, step)
        return [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in later]

    return look


def _bridged(faces, longest):
    """Fill runs of at most `longest` frames without a face linearly."""
    before, gap = None, []
    for face in faces:
        if np.isnan(face.landmarks[0, 0]):
            gap.append(face)
            if before is None or len(gap) > longest:
                yield from gap
                before, gap = None, []
            continue
        if gap:
            ends = [before, *(missed.landmarks for missed in gap), face.landmarks]
            for missed, points in zip(gap, bridge(np.stack(ends), longest)[1:-1]):
                yield missed._replace(landmarks=points.astype(np.float32))
            gap = []
        before = face.landmarks
        yield face
    yield from gap


def _warnings(frames, count, runs, crowded):
    claimed = len(frames) if hasattr(frames, "__len__") else count
    if claimed - count > CLAIMED_TOO_MANY:
        yield f"the last {claimed - count} of {claimed} frames cannot be decoded; copy the video again"
    numbers = getattr(frames, "numbers", ())
    broken = [n for n in sorted(getattr(frames, "undecoded", ())) if n in numbers]
    if broken:
        yield f"frames {_shown([(n, n) for n in broken])} cannot be decoded; the frame before stands in"
    if getattr(frames, "is_variable_rate", bool)():
        yield "the frame rate varies; times and lengths are those of the mean rate: convert the video to a constant one"
    if crowded is not None:
        yield f"more than one face at frame {crowded + 1}; the largest that stays is followed"
    if runs:
        yield f"no face in {sum(b - a + 1 for a, b in runs)} of {count} frames ({_shown(runs)})"


def _shown(runs):
    shown = ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in runs[:5])
    return shown + (", ..." if len(runs) > 5 else "")
