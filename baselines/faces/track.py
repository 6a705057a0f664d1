"""Find one face in every frame of a video and its 68 landmarks, in one pass.

The face is searched for in the whole frame at the start and after it was lost, and then followed (see
`baselines.faces.following`). Frames that no detection confirms hold no face. Where `Frames` carry landmarks from a
file, these are taken as they are (`baselines.faces.given`).
"""

import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

import cv2
import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import DataFault
from baselines.faces.following import Follower
from baselines.faces.given import GivenFace
from baselines.faces.models import predictor_identity
from baselines.identity import depends_on
from features.alignment import bridge, similarity, smooth_stream, transform, warp

LONGEST_BRIDGE = 0.25  # seconds; misses up to this are filled in, longer ones stay NaN
SMOOTHING = 0.1  # seconds; Gaussian of the landmarks that register the face
UNSURE = 0.5  # confidence in a face that its own frame does not show
LOOKS = 4  # looks into the next second when a face is chosen


class NoFaceError(DataFault):
    """No frame of a source has a face."""


@dataclass(frozen=True)
class FaceTrack:
    """Landmarks of one face: (T, 68, 2) float32, pixels (x, y); rows of NaN where there is no face.

    confidence: (T,) float32. 1 where the frame shows the face; .5 where the landmarks are those between the frames
    around, or the frame before stood in for it; 0 without a face.
    """

    landmarks: np.ndarray
    confidence: np.ndarray
    warnings: tuple[str, ...] = ()


@dataclass
class Account:
    """What became of the frames that `follow` took, by their numbers in the source.

    without: no face. bridged: a face, but by the frames around. undecoded: not readable, the frame before stood in.
    absent: left out by the source. crowded: the first that showed more than one face.
    """

    taken: int = 0
    without: set[int] = field(default_factory=set)
    bridged: set[int] = field(default_factory=set)
    undecoded: set[int] = field(default_factory=set)
    absent: set[int] = field(default_factory=set)
    crowded: set[int] = field(default_factory=set)

    def add(self, other):
        """Add the account of frames that follow on these; `taken` is left to who knows how many are in both."""
        for name in ("without", "bridged", "undecoded", "absent", "crowded"):
            getattr(self, name).update(getattr(other, name))

    def spread(self, every, frames):
        """Let each frame that was taken, every so many of `Frames`, stand for those up to the next one."""
        numbers = frames.numbers
        places = {number: place for place, number in enumerate(numbers)}
        for name in ("without", "bridged", "undecoded"):
            starts = [places[number] for number in getattr(self, name)]
            setattr(self, name, {number for start in starts for number in numbers[start : start + every]})
        self.taken, self.absent = len(numbers), set(frames.absent).intersection(numbers)
        self.undecoded -= self.absent

    def coverage(self):
        """Return {"frames", "with_face", "stood_in", "absent"}: how many."""
        return {
            "frames": self.taken,
            "with_face": self.taken - len(self.without),
            "stood_in": len(self.undecoded),
            "absent": len(self.absent),
        }

    def warnings(self, frames):
        """Return what the user should know of these frames."""
        return list(_warnings(frames, self))


def follow(frames, fps=30.0, account=None, progress=None):
    """Yield a `FaceFrame` (landmarks, grey picture around the face, its corner) for each frame, in one pass.

    frames: iterable of (H, W, 3) uint8 RGB or (H, W) grey; `Frames` are read in grey, and of all that can be sliced the
    choice between faces looks a second ahead. Where more than 0.25 s of `Frames` are absent there is no face. fps sets
    how often the face is confirmed (every 0.25 s) and how long a miss is bridged linearly (0.25 s). A frame is given at
    most 0.9 s after it was read, and only frames in between are held. Of several faces the largest that most of the
    first second shows is followed. Landmarks that `Frames` carry are given instead, and no face is looked for; misses
    are bridged all the same. What became of the frames is told to an `Account`, at the end. `progress(1)` is called
    for each frame. Raises `NoFaceError` at the end when none has a face, `DataFault` when no frame could be
    read, `MissingDependency` without dlib.
    """
    frames = frames.in_grey() if hasattr(frames, "in_grey") else frames
    given = getattr(frames, "landmarks", None)
    follower = Follower(fps, _look_ahead(frames, fps)) if given is None else GivenFace(frames, fps)
    count, without, bridged, longest = 0, [], [], round(LONGEST_BRIDGE * fps)
    for face in _bridged(_followed(follower, frames, longest, progress), longest):
        count += 1
        if np.isnan(face.landmarks[0, 0]):
            without.append(_number(frames, count - 1))
        elif face.bridged:
            bridged.append(_number(frames, count - 1))
        yield face
    name = getattr(frames, "source", "video")
    if not count:
        raise DataFault(f"{name}: no frame could be read; copy the video again")
    if account is not None:
        account.taken += count
        account.without.update(without)
        account.bridged.update(bridged)
        account.undecoded.update(getattr(frames, "undecoded", set()).intersection(getattr(frames, "numbers", ())))
        account.absent.update(getattr(frames, "absent", set()).intersection(getattr(frames, "numbers", ())))
        account.crowded.update(() if follower.crowded is None else [_number(frames, follower.crowded)])
    if len(without) == count and given is not None:
        raise NoFaceError(
            f"{frames.landmarks_from}: has a face in none of {count} frames of {name}; give the landmarks of this "
            "video, or none"
        )
    if len(without) == count:
        raise NoFaceError(
            f"{name}: no face found in {count} frames; give a video of an upright frontal face "
            "at least 1/8 as wide as the frame"
        )


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
    account = Account()
    landmarks = [face.landmarks for face in follow(frames, fps, account, progress)]
    return FaceTrack(np.stack(landmarks), _confidence(frames, account), tuple(account.warnings(frames)))


def cached_track(frames, fps, progress=None):
    """Return `track(frames, fps, progress)`, kept in the cache between runs."""

    def compute():
        found = track(frames, fps, progress)
        warnings = np.array(found.warnings, dtype=str)
        return {"landmarks": found.landmarks, "confidence": found.confidence, "warnings": warnings}

    key = {"frames": frames.identity(), "fps": fps, **tracking_identity()}
    stored = cached_arrays("landmarks", key, compute)
    warnings = tuple(str(text) for text in stored["warnings"])
    return FaceTrack(stored["landmarks"], stored["confidence"], warnings)


def tracking_identity():
    """Return what landmarks depend on besides the frames, as part of a cache key."""
    return {"predictor": predictor_identity(os.environ.get("MEGC_LANDMARKS")), "tracking": depends_on(__name__)}


def _followed(follower, frames, longest, progress):
    absent = _long_absences(frames, longest)
    for position, frame in enumerate(frames):
        yield from follower.skip() if position in absent else follower.step(_grey(frame))
        if progress is not None:
            progress(1)
    yield from follower.finish()


def _long_absences(frames, longest):
    """Return the positions of frames that are not there, of runs too long for the frame before to stand in."""
    absent = getattr(frames, "absent", ())
    positions = [k for k, number in enumerate(frames.numbers) if number in absent] if absent else []
    return {k for first, last in runs_of(positions) if last - first >= longest for k in range(first, last + 1)}


def _look_ahead(frames, fps):
    """Return a function from a 0-based frame to some grey frames of the second after it; None for one-way frames."""
    if not hasattr(frames, "__getitem__"):
        return None
    step = max(1, round(fps / LOOKS))

    def look(frame):
        found = []
        with suppress(DataFault):  # which is told where these frames are due
            for picture in frames[frame + step : frame + LOOKS * step + 1 : step]:
                found.append(_grey(picture))
        return found

    return look


def _grey(frame):
    return frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


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
                yield missed._replace(landmarks=points.astype(np.float32), bridged=True)
            gap = []
        before = face.landmarks
        yield face
    yield from gap


def _warnings(frames, account):
    of = f"of {account.taken} frames"
    for found, told in (
        (account.undecoded, "cannot be read; the frame before stands in"),
        (account.absent, "are not there; they keep their time"),
    ):
        if found:
            yield f"{len(found)} {of} ({_shown(found)}) {told}"
    if cut_off := getattr(frames, "cut_off", int)():
        yield f"the file tells of {cut_off} frames more than can be read; copy the video again"
    if getattr(frames, "uneven", False):
        yield "the numbers of the pictures go up unevenly; they are taken as frames one after the other"
    if getattr(frames, "is_variable_rate", bool)():
        yield "the frame rate varies; times and lengths are those of the mean rate: convert the video to a constant one"
    if account.crowded:
        yield f"more than one face at frame {min(account.crowded)}; the largest that stays is followed"
    if account.without:
        yield f"no face in {len(account.without)} {of} ({_shown(account.without)})"


def runs_of(numbers):
    """Return [first, last] of each run of ascending whole numbers."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs


def _number(frames, position):
    """Return the number that a frame has in its source, from a 0-based position."""
    return frames.numbers[position] if hasattr(frames, "numbers") else position + 1


def _confidence(frames, account):
    """Return the (T,) float32 confidence in the face of each frame that an `Account` tells of."""
    unsure = account.bridged | account.undecoded | account.absent
    numbers = [_number(frames, position) for position in range(account.taken)]
    return np.array([0 if n in account.without else UNSURE if n in unsure else 1 for n in numbers], np.float32)


def _shown(numbers):
    runs = runs_of(sorted(numbers))
    shown = ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in runs[:5])
    return shown + (", ..." if len(runs) > 5 else "")
