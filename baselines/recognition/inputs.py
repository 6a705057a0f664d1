"""What a feature takes, made from a clip: its aligned faces, the flow between two of them, landmarks, rates.

One function for each kind of `features.INPUTS`; `baselines.parts.PREPARATIONS` lists them. Each takes the clip, the
least number of frames that the feature works on, and what a recipe may set, and returns the feature's first arguments.
"""

import functools
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.records import Clip
from baselines.faces.clips import ApexSource, Side, aligned_faces, first_landmarks
from baselines.identity import array_identity, depends_on
from baselines.recognition.flow import clip_flow
from baselines.signatures import AtLeast, AtMost
from features.interpolation import interpolate, whole_levels
from features.magnification import magnify
from features.optical_flow import FlowMethod
from features.optical_strain import mean_strain

Length = Annotated[int, AtLeast(2), AtMost(1000)]  # frames
EXPRESSION = 0.4  # seconds; half of it is the k of the spotting features


class Magnification(TypedDict, total=False):
    """Parameters of `features.magnification.magnify`."""

    alpha: float
    low: float
    high: float
    cutoff: float
    levels: int
    taps: int


def aligned_clip(
    clip: Clip, least: int, size: Side = 128, frames: Length | None = None, magnification: Magnification | None = None
) -> tuple[Any, ...]:
    """Return (the aligned faces (T, size, size) of a clip in whole grey levels,).

    size: side of the face, px. magnification: parameters of `features.magnification.magnify`, applied first; a band
    that the frame rate cannot hold ends at .45 of it. frames: interpolate to so many (TIM); None leaves the clip as
    recorded, except one of fewer than `least` frames, which is interpolated to that many.
    """
    faces = aligned_faces(clip, size)
    if magnification is not None:
        high = min(magnification.get("high", 25.0), 0.45 * clip.fps)
        faces = whole_levels(magnify(faces, clip.fps, **{**magnification, "high": high})).astype(np.uint8)
    wanted = frames or max(least, len(faces))
    return (faces if wanted == len(faces) else interpolate(faces, wanted, whole=True),)


def _clip_and(companion: Callable[[Clip, np.ndarray], Any], text: str) -> Callable[..., tuple[Any, ...]]:
    """Return `aligned_clip`, with its parameters, that gives a companion of (the clip, its faces) besides."""

    @functools.wraps(aligned_clip)
    def prepared(clip: Clip, least: int, **settings: Any) -> tuple[Any, ...]:
        (faces,) = aligned_clip(clip, least, **settings)
        return faces, companion(clip, faces)

    prepared.__doc__ = text
    return prepared


clip_and_landmarks = _clip_and(
    lambda clip, faces: first_landmarks(clip, faces.shape[1]),
    "Return (faces as `aligned_clip`, landmarks (68, 2) in the first of them).",
)
clip_and_fps = _clip_and(lambda clip, _: clip.fps, "Return (faces as `aligned_clip`, their number per second).")
clip_and_k = _clip_and(
    lambda clip, _: max(1, round(clip.fps * EXPRESSION / 2)),
    "Return (faces as `aligned_clip`, half the length of an expression of .4 s in frames).",
)


def clip_and_strain(
    clip: Clip,
    least: int,
    size: Side = 128,
    frames: Length | None = None,
    magnification: Magnification | None = None,
    **strain: Any,
) -> tuple[Any, ...]:
    """Return (faces as `aligned_clip`, their mean optical strain (size, size)), which features share in the cache.

    strain: parameters of `features.optical_strain.mean_strain`.
    """
    (faces,) = aligned_clip(clip, least, size, frames, magnification)
    key = {"faces": array_identity(faces), "strain": strain, **depends_on("features.optical_strain")}
    return faces, cached_arrays("strain", key, lambda: {"mean": mean_strain(faces, **strain)})["mean"]


def onset_apex_flow(
    clip: Clip, least: int, method: FlowMethod = "tvl1-skimage", size: Side = 128, apex: ApexSource = "annotated"
) -> tuple[Any, ...]:
    """Return (the flow (H, W, 2) from onset to apex,); parameters as `flow.onset_to_apex_flow`."""
    return (clip_flow(clip, method=method, size=size, apex=apex),)
