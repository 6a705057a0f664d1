"""What a feature takes, made from a clip: its aligned faces, the flow between two of them, landmarks, rates.

One function for each kind of `features.INPUTS`; `baselines.parts.PREPARATIONS` lists them. Each takes the clip, the
least number of frames that the feature works on, and what a recipe may set, and returns the feature's first arguments.
"""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.records import Clip
from baselines.faces.clips import Magnification, Side, aligned_faces, first_landmarks
from baselines.identity import array_identity, depends_on
from baselines.recognition.flow import clip_flow, onset_to_apex_flow
from baselines.signatures import AtLeast, AtMost
from features.alignment import Alignment
from features.interpolation import interpolate
from features.optical_strain import mean_strain

Length = Annotated[int, AtLeast(2), AtMost(1000)]  # frames
EXPRESSION = 0.4  # seconds; half of it is the k of the spotting features


def aligned_clip(
    clip: Clip,
    least: int,
    size: Side = 128,
    frames: Length | None = None,
    magnification: Magnification | None = None,
    align: Alignment = "mean",
) -> tuple[Any, ...]:
    """Return (the aligned faces (T, size, size) of a clip in whole grey levels,).

    size, align, magnification: as `faces.clips.aligned_faces`. frames: interpolate to so many (TIM), after
    magnification; None leaves the clip as recorded, except one of fewer than `least` frames, which is interpolated to
    that many.
    """
    faces = aligned_faces(clip, size, align, magnification)
    wanted = frames or max(least, len(faces))
    return (faces if wanted == len(faces) else interpolate(faces, wanted, whole=True),)


def _clip_and(companion: Callable[[Clip, np.ndarray, Alignment], Any], text: str) -> Callable[..., tuple[Any, ...]]:
    """Return `aligned_clip`, with its parameters, that gives a companion of (the clip, its faces, align) besides."""

    @functools.wraps(aligned_clip)
    def prepared(clip: Clip, least: int, align: Alignment = "mean", **settings: Any) -> tuple[Any, ...]:
        (faces,) = aligned_clip(clip, least, align=align, **settings)
        return faces, companion(clip, faces, align)

    prepared.__doc__ = text
    return prepared


clip_and_landmarks = _clip_and(
    lambda clip, faces, align: first_landmarks(clip, faces.shape[1], align),
    "Return (faces as `aligned_clip`, landmarks (68, 2) in the first of them).",
)
clip_and_fps = _clip_and(lambda clip, *_: clip.fps, "Return (faces as `aligned_clip`, their number per second).")
clip_and_k = _clip_and(
    lambda clip, *_: max(1, round(clip.fps * EXPRESSION / 2)),
    "Return (faces as `aligned_clip`, half the length of an expression of .4 s in frames).",
)


def clip_and_strain(
    clip: Clip,
    least: int,
    size: Side = 128,
    frames: Length | None = None,
    magnification: Magnification | None = None,
    align: Alignment = "mean",
    **strain: Any,
) -> tuple[Any, ...]:
    """Return (faces as `aligned_clip`, their mean optical strain (size, size)), which features share in the cache.

    strain: parameters of `features.optical_strain.mean_strain`.
    """
    (faces,) = aligned_clip(clip, least, size, frames, magnification, align)
    key = {"faces": array_identity(faces), "strain": strain, **depends_on("features.optical_strain")}
    return faces, cached_arrays("strain", key, lambda: {"mean": mean_strain(faces, **strain)})["mean"]


@functools.wraps(onset_to_apex_flow)
def onset_apex_flow(clip: Clip, least: int, **flow: Any) -> tuple[Any, ...]:
    """Return (the flow (H, W, 2) from onset to apex,); parameters as `flow.onset_to_apex_flow`."""
    return (clip_flow(clip, **flow),)
