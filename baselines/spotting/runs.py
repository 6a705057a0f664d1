"""Stretches of a video that show a face."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def face_runs(present: ArrayLike) -> list[slice]:
    """Return the slices of consecutive True in (T,) `present`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(int)))
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2])]


def between(measured: NDArray[np.floating], every: int, frames: int) -> NDArray[np.floating]:
    """Return (frames, ...) of what was measured in every so many of them, the first included; linear in between.

    NaN next to a frame that has no face; after the last that was measured, what it has.
    """
    place = np.arange(frames)
    before = place // every
    after = np.minimum(before + (place % every > 0), len(measured) - 1)
    share = (place % every / every).reshape(-1, *[1] * (measured.ndim - 1))
    return ((1 - share) * measured[before] + share * measured[after]).astype(measured.dtype)
