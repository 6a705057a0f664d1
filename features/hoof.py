"""Histogram of oriented optical flow (HOOF): how much the picture moves in each direction."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.blocks import block_spans
from features.checks import checked_flow
from features.errors import FeatureError


def hoof(
    flow: ArrayLike, bins: int = 8, fold: bool = False, blocks: tuple[int, int] = (1, 1), normalise: bool = True
) -> NDArray[np.float64]:
    """Orientation histogram of a flow field, each vector weighted by its length.

    Parameters
    ----------
    flow : array_like of shape (H, W, 2)
        u right and v down, px.
    bins : int
        Over [-180, 180] degrees of atan2(v, u), the first from -180 (pointing left).
    fold : bool
        Mirror-symmetric bins over [-90, 90] of atan2(v, abs(u)), as Chaudhry's: a motion and its mirror image fall
        into one bin.
    blocks : (rows, columns)
        Grid over the field, one histogram a block.
    normalise : bool
        Each histogram sums to 1; otherwise px are summed.

    Returns
    -------
    ndarray of shape (rows * columns * bins,), float64
        Zeros for a block that does not move.

    Raises
    ------
    FeatureError
        If a block would be empty, or there is no bin.

    References
    ----------
    Chaudhry et al., CVPR 2009.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> to_the_right = np.full((6, 6, 2), (1.0, 0.0))
    >>> features.hoof(to_the_right)
    array([0., 0., 0., 0., 1., 0., 0., 0.])
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


def orientation_bins(
    flow: NDArray[Any], bins: int = 8, fold: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Direction and length of every vector of a flow field.

    Parameters
    ----------
    flow : ndarray of shape (H, W, 2)
        u right and v down, px.
    bins, fold
        As `hoof`.

    Returns
    -------
    labels : ndarray of shape (H, W), int
        Number of the direction's bin.
    lengths : ndarray of shape (H, W), float64
        Px.

    Raises
    ------
    FeatureError
        If there is no bin.

    Examples
    --------
    >>> import numpy as np
    >>> from features.hoof import orientation_bins
    >>> orientation_bins(np.array([[(3.0, 4.0), (0.0, -2.0)]]))
    (array([[5, 2]]), array([[5., 2.]]))
    """
    if bins < 1:
        raise FeatureError(f"hoof: at least one bin expected, got {bins}")
    # Adding 0 turns -0 into 0, which would otherwise point left at -180 instead of 180 degrees.
    u, v = flow[..., 0] + 0.0, flow[..., 1] + 0.0
    range_ = 180 if fold else 360
    # Degrees, since their float64 values are exact on the borders between bins; rounded, as arctangents of different
    # processors differ in the last digit.
    angles = np.degrees(np.arctan2(v, np.abs(u) if fold else u, dtype=np.float64)).round(9)
    labels = np.minimum((angles + range_ / 2) * (bins / range_), bins - 1).astype(np.intp)
    return labels, np.hypot(u, v, dtype=np.float64)
