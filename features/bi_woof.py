"""Bi-weighted oriented optical flow (Bi-WOOF): local weight by motion, global weight by optical strain."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.blocks import block_spans
from features.checks import checked_flow
from features.hoof import orientation_bins
from features.optical_strain import Scheme, optical_strain


def bi_woof(
    flow: ArrayLike,
    blocks: tuple[int, int] = (5, 5),
    bins: int = 8,
    scheme: Scheme = "central",
    official_blocks: bool = False,
) -> NDArray[np.float64]:
    """Bi-WOOF of the flow from onset to apex frame.

    In each block the orientation histogram, weighted by the vectors' lengths, is scaled to sum 1 (local weight) and
    multiplied by the block's sum of optical strain (global weight); the whole is scaled to Euclidean length 1.

    Parameters
    ----------
    flow : array_like of shape (H, W, 2)
        u right and v down, px; TV-L1 (`method="paper"` of `optical_flow`) as published.
    blocks : (rows, columns)
        5x5 published.
    bins : int
        Over [-180, 180] degrees; 8 published.
    scheme
        As `optical_strain`.
    official_blocks : bool
        Cut blocks as the authors' biwoof.m: floor(size / 5) px, one px into each neighbour, the last as far as the
        border. Otherwise blocks share nothing and differ by at most one px.

    Returns
    -------
    ndarray of shape (rows * columns * bins,), float64
        Row by row: 200 values; zeros when nothing moves.

    Raises
    ------
    FeatureError
        For a field smaller than its blocks.

    References
    ----------
    Liong et al., Signal Processing: Image Communication 62, 2018; christy1206/biwoof.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> y, x = np.mgrid[:40, :40] / 40.0
    >>> stretched = np.stack([x, 0 * y], axis=-1)
    >>> feature = features.bi_woof(stretched)
    >>> feature.shape, round(float(np.linalg.norm(feature)), 6)
    ((200,), 1.0)
    """
    flow = checked_flow(flow, least_size=2)
    labels, magnitude = orientation_bins(flow, bins)
    strain = optical_strain(flow, scheme).astype(np.float64)
    spans = _official_spans if official_blocks else block_spans
    histograms = []
    for y in spans(flow.shape[0], blocks[0]):
        for x in spans(flow.shape[1], blocks[1]):
            histogram = np.bincount(labels[y, x].ravel(), magnitude[y, x].ravel(), bins)
            total = histogram.sum()
            histograms.append(histogram / total * strain[y, x].sum() if total > 0 else histogram)
    feature = np.concatenate(histograms)
    length = np.linalg.norm(feature)
    return feature / length if length > 0 else feature


def _official_spans(size: int, count: int) -> list[slice]:
    spans = block_spans(size - size % count, count)
    last = spans.pop()
    return [slice(max(span.start - 1, 0), span.stop + 1) for span in spans] + [slice(max(last.start - 1, 0), size)]
