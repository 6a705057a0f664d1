"""Main directional maximal difference (MDMD) for spotting: motion that goes one way and comes back."""

import numpy as np

from features.checks import checked_clip, checked_flow
from features.errors import FeatureError
from features.feature_difference import contrasted
from features.hoof import orientation_bins
from features.lbp_top import block_spans
from features.optical_flow import optical_flow


def mdmd(clip, k, blocks=(6, 6), directions=4, method="farneback", contrast=True, **parameters):
    """Curve of the difference between motion up to a frame and motion past it.

    F_i compares the flow from frame i - k to i with that from i - k to i + k (`directional_difference`). Where an
    expression has returned at i + k but not at i, the difference is large. Contrast: F_i - (F_{i-k+1} + F_{i+k-1}) / 2,
    negative values set to 0.

    clip: (T, H, W) grey in [0, 255], T > 2 k. k: frames, 12 for micro-, 39 for macro-expressions at 30 fps.
    method, parameters: as `optical_flow`; "rlof" as published.

    Returns (T,) float64; the k frames at each end repeat the nearest value, and are 0 with contrast.
    Source: Wang et al., Neurocomputing 230, 2017. The public code (He et al., MEGC2020 baseline) takes atan(u / v),
    which knows two of the four directions only; here they are four.
    """
    clip = checked_clip(clip)
    if k < 1 or len(clip) <= 2 * k:
        raise FeatureError(f"mdmd: expected more than 2 k frames and k >= 1, got {len(clip)} frames and k={k}")
    curve = np.array(
        [
            directional_difference(
                optical_flow(clip[i - k], clip[i], method, **parameters),
                optical_flow(clip[i - k], clip[i + k], method, **parameters),
                blocks,
                directions,
            )
            for i in range(k, len(clip) - k)
        ]
    )
    curve = np.pad(curve, k, mode="edge")
    if contrast:
        curve = contrasted(curve, max(k - 1, 1))
        curve[:k] = curve[-k:] = 0
    return curve


def directional_difference(flow, flow_past, blocks=(6, 6), directions=4):
    """Maximal difference in main direction between two flows from the same frame, px.

    In each block the pixels are taken whose `flow` lies in the direction that most of them share; of their
    differences in length, |flow| - |flow_past|, the largest third is averaged; of the blocks' values again the
    largest third. flow, flow_past: (H, W, 2) px. directions: sectors of the circle, from -180 degrees.
    """
    flow, flow_past = checked_flow(flow), checked_flow(flow_past)
    if flow.shape != flow_past.shape:
        raise FeatureError(f"mdmd: flows differ in shape, {flow.shape} and {flow_past.shape}")
    labels, length = orientation_bins(flow, directions)
    difference = length - np.hypot(flow_past[..., 0], flow_past[..., 1], dtype=np.float64)
    rows, columns = blocks
    values = []
    for y in block_spans(flow.shape[0], rows):
        for x in block_spans(flow.shape[1], columns):
            main = np.bincount(labels[y, x].ravel()).argmax()
            values.append(_mean_of_largest_third(difference[y, x][labels[y, x] == main]))
    return _mean_of_largest_third(np.array(values))


def _mean_of_largest_third(values):
    count = max(1, int(len(values) / 3 + 0.5))
    return float(np.partition(values, -count)[-count:].mean())
