"""The faces of a clip, cut out alike, and which of them is the apex."""

from typing import Annotated, Literal, TypedDict, get_args

import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError
from baselines.faces.track import NoFaceError, cached_track
from baselines.identity import array_identity, depends_on
from baselines.signatures import AtLeast, AtMost
from features.alignment import Alignment, aligned_landmarks
from features.alignment import align as aligned
from features.apex_by_motion import find_apex_by_motion
from features.interpolation import whole_levels
from features.magnification import magnify

Side = Annotated[int, AtLeast(16), AtMost(1024)]  # px, of an aligned face
ApexSource = Literal["annotated", "spotted", "middle"]
APEX_SOURCES = get_args(ApexSource)
HIGHEST = 0.45  # of the frame rate, where a band to magnify ends at the latest


class Magnification(TypedDict, total=False):
    """Parameters of `features.magnification.magnify`."""

    alpha: float
    low: float
    high: float
    cutoff: float
    levels: int
    taps: int


def aligned_faces(
    clip, size: Side = 128, align: Alignment = "mean", magnification: Magnification | None = None
) -> np.ndarray:
    """Return the (T, size, size) uint8 faces of a clip; frames without a face are left out.

    size: side of the face, px. align: one registration for the clip, by the landmarks' "mean" or by the "first" frame
    with a face, "each" frame by its own, or "none", an upright box (`features.alignment.registrations`).
    magnification: parameters of `features.magnification.magnify`; a band that the frame rate cannot hold ends at .45
    of it. None leaves motions as they are.
    """
    return _magnified(_faces(clip, size, align)[1], clip.fps, magnification)


def first_landmarks(clip, size=128, align="mean"):
    """Return the landmarks (68, 2) in the first of the `aligned_faces`, px."""
    points = aligned_landmarks(cached_track(clip.frames, clip.fps).landmarks, size, align)
    return points[np.isfinite(points).all(axis=(1, 2))][0]


def onset_and_apex(clip, size=128, apex="annotated", align="mean", magnification=None):
    """Return the (size, size) uint8 faces at onset and apex, of those that `aligned_faces` gives.

    apex: "annotated", by the database (spotted in a clip whose apex it does not tell, or tells to be the onset, where
    nothing would have moved); "spotted", by
    `features.apex_by_motion` in the faces before they are magnified; "middle", halfway between onset and offset. Where
    the frame shows no face, the nearest that does stands in.
    """
    numbers, faces = _faces(clip, size, align)
    index, _ = _apex(clip, numbers, faces, size, apex, align)
    seen = _magnified(faces, clip.fps, magnification)
    return seen[0], seen[index]


def key_frames(clip, size=128, apex="annotated", align="mean"):
    """Return {onset, apex, offset: frame of the clip, from 1} that `onset_and_apex` looks at, and "apex_source".

    The offset is the last frame with a face. The source is where the apex comes from in the end, one of `APEX_SOURCES`.
    """
    numbers, faces = _faces(clip, size, align)
    index, source = _apex(clip, numbers, faces, size, apex, align)
    onset, found, offset = (int(numbers[place]) for place in (0, index, -1))
    return {"onset": onset, "apex": found, "offset": offset, "apex_source": source}


def _apex(clip, numbers, faces, size, apex, align):
    """Return (index of the apex among the faces, where it comes from)."""
    if apex not in APEX_SOURCES:
        raise InputError(f"apex {apex!r} is not known; choose one of {', '.join(APEX_SOURCES)}")
    known = clip.event.apex if clip.event else None
    index = 0
    if apex == "annotated" and known:
        index = _nearest(numbers, known)
    elif apex == "middle":
        index = _nearest(numbers, (len(clip.frames) + 1) // 2)
    if index:
        return index, apex
    return _spotted_apex(faces, first_landmarks(clip, size, align), clip.fps), "spotted"


def _nearest(numbers, wanted):
    return int(np.abs(numbers - wanted).argmin())


def _spotted_apex(faces, landmarks, fps):
    """Return the index of the apex among faces, kept in the cache; of two faces it is the last."""
    if len(faces) < 3:
        return len(faces) - 1

    def compute():
        return {"index": np.array(find_apex_by_motion(faces, landmarks, fps))}

    key = {
        "faces": array_identity(faces),
        "landmarks": array_identity(landmarks),
        "fps": fps,
        **depends_on("features.apex_by_motion"),
    }
    return int(cached_arrays("apexes", key, compute)["index"])


def _magnified(faces, fps, magnification):
    """Return faces with their motions magnified, in whole grey levels."""
    if magnification is None:
        return faces
    high = min(magnification.get("high", 25.0), HIGHEST * fps)
    return whole_levels(magnify(faces, fps, **{**magnification, "high": high})).astype(np.uint8)


def _faces(clip, size, align):
    """Return the numbers (T,), from 1, of the frames with a face, and the faces (T, size, size)."""
    landmarks = cached_track(clip.frames, clip.fps).landmarks

    def compute():
        cut = aligned(clip.frames.in_grey(), landmarks, size, align)
        found = [(number, face) for number, face in enumerate(cut, start=1) if face is not None]
        if len(found) < 2:
            raise NoFaceError(
                f"{clip.frames.source}: the face is seen in {len(found)} frame of the clip; expected at least 2"
            )
        return {"numbers": np.array([n for n, _ in found]), "faces": np.stack([face for _, face in found])}

    key = {
        "frames": clip.frames.identity(),
        "landmarks": array_identity(landmarks),
        "size": size,
        "align": align,
        **depends_on("features.alignment"),
    }
    stored = cached_arrays("faces", key, compute)
    return stored["numbers"], stored["faces"]
