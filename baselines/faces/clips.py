"""The aligned faces of a clip, and which of them is the apex."""

from typing import Annotated, Literal, get_args

import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError
from baselines.faces.track import cached_track
from baselines.identity import array_identity, depends_on
from baselines.signatures import AtLeast, AtMost
from features.alignment import align, aligned_landmarks
from features.apex_by_motion import find_apex_by_motion

Side = Annotated[int, AtLeast(16), AtMost(1024)]  # px, of an aligned face
ApexSource = Literal["annotated", "spotted", "middle"]
APEX_SOURCES = get_args(ApexSource)


def aligned_faces(clip, size=128):
    """Return the (T, size, size) uint8 faces of a clip under one registration; frames without a face are left out."""
    return _faces(clip, size)[1]


def first_landmarks(clip, size=128):
    """Return the landmarks (68, 2) in the first of the `aligned_faces`, px."""
    points = aligned_landmarks(cached_track(clip.frames, clip.fps).landmarks, size)
    return points[np.isfinite(points).all(axis=(1, 2))][0]


def onset_and_apex(clip, size=128, apex="annotated"):
    """Return the aligned (size, size) uint8 faces at onset and apex.

    apex: "annotated", by the database (spotted in a clip whose apex it does not tell); "spotted", by
    `features.apex_by_motion`; "middle", halfway between onset and offset. Where the frame shows no face, the nearest
    that does stands in.
    """
    if apex not in APEX_SOURCES:
        raise InputError(f"apex {apex!r} is not known; choose one of {', '.join(APEX_SOURCES)}")
    numbers, faces = _faces(clip, size)
    known = clip.event.apex if clip.event else None
    if apex == "annotated" and known:
        return faces[0], faces[int(np.abs(numbers - known).argmin())]
    if apex == "middle":
        return faces[0], faces[int(np.abs(numbers - (len(clip.frames) + 1) // 2).argmin())]
    return faces[0], faces[_spotted_apex(clip, faces, size)]


def _spotted_apex(clip, faces, size):
    """Return the index of the apex among the aligned faces, kept in the cache; of two faces it is the last."""
    if len(faces) < 3:
        return len(faces) - 1

    def compute():
        return {"index": np.array(find_apex_by_motion(faces, first_landmarks(clip, size), clip.fps))}

    key = {
        "faces": array_identity(faces),
        "fps": clip.fps,
        **depends_on("features.apex_by_motion"),
    }
    return int(cached_arrays("apexes", key, compute)["index"])


def _faces(clip, size):
    """Return the numbers (T,), from 1, of the frames with a face, and the aligned faces (T, size, size)."""
    landmarks = cached_track(clip.frames, clip.fps).landmarks

    def compute():
        found = [(n, face) for n, face in enumerate(align(clip.frames, landmarks, size), start=1) if face is not None]
        if len(found) < 2:
            raise InputError(
                f"{clip.frames.source}: the face is seen in {len(found)} frame of the clip; expected at least 2"
            )
        return {"numbers": np.array([n for n, _ in found]), "faces": np.stack([face for _, face in found])}

    key = {
        "frames": clip.frames.identity(),
        "landmarks": array_identity(landmarks),
        "size": size,
        **depends_on("features.alignment"),
    }
    stored = cached_arrays("faces", key, compute)
    return stored["numbers"], stored["faces"]
