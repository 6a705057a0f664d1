"""Main directional maximal difference (MDMD) for spotting: motion that goes one way and comes back."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.blocks import block_spans
from features.checks import checked_clip, checked_flow
from features.contrast import contrasted
from features.errors import FeatureError
from features.hoof import orientation_bins
from features.optical_flow import FlowMethod, flow_of_pairs


def mdmd(
    clip: ArrayLike,
    k: int,
    blocks: tuple[int, int] = (6, 6),
    directions: int = 4,
    method: FlowMethod = "farneback",
    contrast: bool = True,
    **parameters: Any,
) -> NDArray[np.float64]:
    """Curve of the difference between motion up to a frame and motion past it.

    F_i compares the flow from frame i - k to i with that from i - k to i + k (`directional_difference`). Where an
    expression has returned at i + k but not at i, the difference is large.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T > 2 k.
    k : int
        Half an expression in frames: 12 for micro-, 39 for macro-expressions at 30 fps.
    blocks, directions
        As `directional_difference`.
    method
        As `optical_flow`; "rlof" as published.
    contrast : bool
        F_i - (F_{i-k+1} + F_{i+k-1}) / 2 instead of F_i, negative values set to 0.
    **parameters
        Of the method, as `optical_flow`.

    Returns
    -------
    ndarray of shape (T,), float64
        Px; the k frames at each end repeat the nearest value, and are 0 with contrast.

    Raises
    ------
    FeatureError
        For a clip of 2 k frames or fewer, k < 1, or as `optical_flow`.

    Notes
    -----
    The public code (He et al., MEGC2020 baseline) takes atan(u / v), which knows two of the four directions only; here
    they are four.

    References
    ----------
    Wang et al., Neurocomputing 230, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> wave = 128 + 60 * np.sin(np.arange(55) / 3) * np.sin(np.arange(48) / 4)[:, np.newaxis]
    >>> places = [0, 0, 0, 1, 2, 1, 0, 0, 0]  # px to the left
    >>> clip = np.stack([wave[:, place : place + 48] for place in places])
    >>> int(features.mdmd(clip, k=2).argmax())
    4
    """
    clip = checked_clip(clip)
    if k < 1 or len(clip) <= 2 * k:
        raise FeatureError(f"mdmd: expected more than 2 k frames and k >= 1, got {len(clip)} frames and k={k}")
    pairs = ((i - k, later) for i in range(k, len(clip) - k) for later in (i, i + k))
    flows = flow_of_pairs(clip, pairs, method, **parameters)
    curve = np.array([directional_difference(flow, past, blocks, directions) for flow, past in zip(flows, flows)])
    curve = np.pad(curve, k, mode="edge")
    if contrast:
        curve = contrasted(curve, max(k - 1, 1))
        curve[:k] = curve[-k:] = 0
    return curve


def directional_difference(
    flow: ArrayLike, flow_past: ArrayLike, blocks: tuple[int, int] = (6, 6), directions: int = 4
) -> float:
    """Maximal difference in main direction between two flows from the same frame.

    In each block the pixels are taken whose `flow` lies in the direction that most of them share; of their
    differences in length, |flow| - |flow_past|, the largest third is averaged; of the blocks' values again the
    largest third.

    Parameters
    ----------
    flow, flow_past : array_like of shape (H, W, 2)
        u right and v down, px: to a frame, and to one after it.
    blocks : (rows, columns)
        Grid over the field.
    directions : int
        Sectors of the circle, from -180 degrees.

    Returns
    -------
    float
        Px.

    Raises
    ------
    FeatureError
        For flows of different shapes, or smaller than their blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from features.mdmd import directional_difference
    >>> moved = np.full((12, 12, 2), (0.0, -1.5))
    >>> directional_difference(moved, np.zeros((12, 12, 2)))
    1.5
    """
    to, past = checked_flow(flow), checked_flow(flow_past)
    if to.shape != past.shape:
        raise FeatureError(f"mdmd: flows differ in shape, {to.shape} and {past.shape}")
    labels, length = orientation_bins(to, directions)
    difference = length - np.hypot(past[..., 0], past[..., 1], dtype=np.float64)
    rows, columns = blocks
    values = []
    for y in block_spans(to.shape[0], rows):
        for x in block_spans(to.shape[1], columns):
            main = np.bincount(labels[y, x].ravel()).argmax()
            values.append(_mean_of_largest_third(difference[y, x][labels[y, x] == main]))
    return _mean_of_largest_third(np.array(values))


def _mean_of_largest_third(values: NDArray[np.float64]) -> float:
    count = max(1, int(len(values) / 3 + 0.5))
    return float(np.partition(values, -count)[-count:].mean())
