"""LBP feature difference for spotting: how much a frame differs from its past and future, block by block."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.blocks import block_spans
from features.checks import checked_clip
from features.contrast import contrasted
from features.errors import FeatureError
from features.lbp_top import lbp_codes, uniform_labels


def feature_difference(
    clip: ArrayLike,
    k: int,
    blocks: tuple[int, int] = (6, 6),
    radius: int = 3,
    top: int = 12,
    contrast: bool = True,
) -> NDArray[np.float64]:
    """Curve of LBP chi-square differences, high where an expression comes and goes within about 2 k frames.

    F_i = mean over the `top` most different blocks of chi2(frame i, mean of frames i - k and i + k), with
    chi2(a, b) = sum (a - b)^2 / (a + b) of LBP histograms (P=8, uniform).

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in any scale, T > 2 k.
    k : int
        Half an expression in frames: 5 at 30 fps, 30 at 200 fps.
    blocks : (rows, columns)
        Grid over the frame.
    radius : int
        Of LBP, px.
    top : int
        How many blocks count: 12 of 36, a third.
    contrast : bool
        F_i - (F_{i-k} + F_{i+k}) / 2 instead of F_i, negative values set to 0.

    Returns
    -------
    ndarray of shape (T,), float64
        The k frames at each end, which have no past or future, are 0 with contrast and repeat the nearest value
        without.

    Raises
    ------
    FeatureError
        For a clip that is too short or too small.

    References
    ----------
    Moilanen et al., ICPR 2014; Li et al., IEEE Transactions on Affective Computing 9(4), 2018; values of
    jingtingEmmaLi/MEGC_spotting.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.tile(np.random.default_rng(0).integers(0, 256, (30, 30)), (15, 1, 1))
    >>> clip[7] = clip[7].T
    >>> int(features.feature_difference(clip, k=3).argmax())
    7
    """
    return difference_curve(lbp_histograms(clip, blocks, radius), k, top, contrast)


def lbp_histograms(clip: ArrayLike, blocks: tuple[int, int] = (6, 6), radius: int = 3) -> NDArray[np.float32]:
    """Uniform LBP histogram (P=8) of every block of every frame.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in any scale. A long video may be passed in parts and the results joined.
    blocks, radius
        As `feature_difference`.

    Returns
    -------
    ndarray of shape (T, rows * columns, 59), float32
        Each histogram sums to 1.

    Raises
    ------
    FeatureError
        For frames that are too small.

    Examples
    --------
    >>> import numpy as np
    >>> from features.feature_difference import lbp_histograms
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 30, 30))
    >>> lbp_histograms(clip, blocks=(2, 3)).shape
    (4, 6, 59)
    """
    clip = checked_clip(clip)
    codes = lbp_codes(clip, "XY", (radius, radius, 0))
    labels = uniform_labels(8)
    bins = labels.max() + 1
    # Pixels of all blocks are counted at once, each block having bins of its own.
    first_bin = np.empty(codes.shape[1:], np.intp)
    spans = [(y, x) for y in block_spans(codes.shape[1], blocks[0]) for x in block_spans(codes.shape[2], blocks[1])]
    for number, span in enumerate(spans):
        first_bin[span] = number * bins
    histograms = np.empty((len(clip), len(spans), bins), np.float32)
    for frame, histogram in zip(codes, histograms, strict=True):
        counts = np.bincount((labels[frame] + first_bin).ravel(), minlength=histogram.size)
        histogram[...] = counts.reshape(histogram.shape)
    histograms /= histograms.sum(axis=-1, keepdims=True)
    return histograms


def difference_curve(histograms: NDArray[Any], k: int, top: int = 12, contrast: bool = True) -> NDArray[np.float64]:
    """Curve of `feature_difference` from histograms that are known already.

    Parameters
    ----------
    histograms : ndarray of shape (T, blocks, bins)
        Of `lbp_histograms`.
    k, top, contrast
        As `feature_difference`.

    Returns
    -------
    ndarray of shape (T,), float64
        As `feature_difference`.

    Raises
    ------
    FeatureError
        For 2 k frames or fewer, or a `top` that is not within the blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from features.feature_difference import difference_curve
    >>> histograms = np.tile([1.0, 0.0], (7, 1, 1))
    >>> histograms[3] = [[0.0, 1.0]]
    >>> difference_curve(histograms, k=2, top=1).tolist()
    [0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]
    """
    length, blocks = histograms.shape[:2]
    if k < 1 or length <= 2 * k or not 1 <= top <= blocks:
        raise FeatureError(
            f"feature difference: expected more than 2 k frames and top within the blocks, "
            f"got {length} frames, k={k}, top={top} of {blocks}"
        )
    distance = np.empty((length - 2 * k, blocks))
    for i in range(k, length - k):
        current, context = histograms[i], (histograms[i - k] + histograms[i + k]) / 2
        total = current + context
        squares = np.divide((current - context) ** 2, total, out=np.zeros_like(total), where=total > 0)
        distance[i - k] = squares.sum(axis=-1)
    strongest = np.sort(distance, axis=1)[:, -top:].mean(axis=1)
    return contrasted(np.pad(strongest, k, mode="edge"), k) if contrast else np.pad(strongest, k, mode="edge")
