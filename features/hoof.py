"""Histogram of oriented optical flow (HOOF): how much the picture moves in each direction."""

import numpy as np

from features.checks import checked_flow
from features.errors import FeatureError
from features.lbp_top import block_spans


def hoof(flow, bins=8, fold=False, blocks=(1, 1), normalise=True):
    """Orientation histogram of a flow field, each vector weighted by its length.

    flow: (H, W, 2), u right and v down, px.
    bins: over [-180, 180] degrees of atan2(v, u), the first from -180 (pointing left).
    fold: mirror-symmetric bins over [-90, 90] of atan2(v, |u|), as Chaudhry's: a motion and its mirror image fall
    into one bin. blocks: rows and columns. normalise: each histogram sums to 1.

    Returns (rows * columns * bins,) float64; zeros for a block that does not move.
    Source: Chaudhry et al., CVPR 2009.
    """
    flow = checked_flow(flow)
    labels, magnitude = orientation_bins(flow, bins, fold)
    rows, columns = blocks
    histograms = np.array(
        [
            np.bincount(labels[y, x].ravel(), magnitude[y, x].ravel(), bins)
            for y in block_spans(flow.shape[0], rows)
            for x in block_spans(flow.shape[1], columns)
        ]
    )
    if normalise:
        total = histograms.sum(axis=1, keepdims=True)
        np.divide(histograms, total, out=histograms, where=total > 0)
    return histograms.ravel()


def orientation_bins(flow, bins=8, fold=False):
    """Bin number, (H, W) int, and length in px, (H, W) float64, of every vector of a flow field; as `hoof`."""
    if bins < 1:
        raise FeatureError(f"hoof: at least one bin expected, got {bins}")
    # Adding 0 turns -0 into 0, which would otherwise point left at -180 instead of 180 degrees.
    u, v = flow[..., 0] + 0.0, flow[..., 1] + 0.0
    range_ = 180 if fold else 360
    # Degrees, since their float64 values are exact on the borders between bins.
    angles = np.degrees(np.arctan2(v, np.abs(u) if fold else u, dtype=np.float64))
    labels = np.minimum((angles + range_ / 2) * (bins / range_), bins - 1).astype(np.intp)
    return labels, np.hypot(u, v, dtype=np.float64)
