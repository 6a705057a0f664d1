"""Stretches of a video that show a face."""

import numpy as np
from numpy.typing import ArrayLike


def face_runs(present: ArrayLike) -> list[slice]:
    """Return the slices of consecutive True in (T,) `present`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(int)))
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2])]
