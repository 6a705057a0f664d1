"""LBP feature difference for spotting: how much a frame differs from its past and future, block by block."""

import numpy as np

from features.checks import checked_clip
from features.errors import FeatureError
from features.lbp_top import block_spans, lbp_codes, uniform_labels


def feature_difference(clip, k, blocks=(6, 6), radius=3, top=12, contrast=True):
    """Curve of LBP chi-square differences, high where an expression comes and goes within about 2 k frames.

    F_i = mean over the `top` most different blocks of chi2(frame i, mean of frames i - k and i + k), with
    chi2(a, b) = sum (a - b)^2 / (a + b) of LBP histograms (P=8, uniform). Contrast: F_i - (F_{i-k} + F_{i+k}) / 2,
    negative values set to 0.

    clip: (T, H, W) grey in [0, 255], T > 2 k. k: frames, half an expression (5 at 30 fps, 30 at 200 fps).
    blocks: rows and columns; radius: px; top: blocks (12 of 36, a third).

    Returns (T,) float64. The k frames at each end, which have no past or future, are 0 with contrast and repeat the
    nearest value without. Raises FeatureError for a clip that is too short or too small.
    Source: Moilanen et al., ICPR 2014; Li et al., IEEE Transactions on Affective Computing 9(4), 2018; values of
    jingtingEmmaLi/MEGC_spotting.
    """
    return difference_curve(lbp_histograms(clip, blocks, radius), k, top, contrast)


def lbp_histograms(clip, blocks=(6, 6), radius=3):
    """Uniform LBP histogram (P=8) of every block of every frame: (T, blocks, 59) float32, each summing to 1.

    A long video may be passed in parts and the results joined.
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


def difference_curve(histograms, k, top=12, contrast=True):
    """The curve of `feature_difference` from `lbp_histograms`."""
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


def contrasted(curve, k):
    """curve_i - (curve_{i-k} + curve_{i+k}) / 2 where that is positive and both exist, else 0; the same shape."""
    result = np.zeros_like(curve)
    result[k:-k] = np.maximum(curve[k:-k] - (curve[: -2 * k] + curve[2 * k :]) / 2, 0)
    return result
