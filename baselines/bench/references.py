"""The plain implementations that features are timed against."""

import numpy as np

UNIFORM = 59  # bins of P = 8


def lbp_top_by_slices(clip):
    """LBP-TOP (59 bins a plane, R = 1, bilinear) by scikit-image's `local_binary_pattern` on every slice: (177,)."""
    from skimage.feature import local_binary_pattern

    histograms = []
    for axis in range(3):
        counts = np.zeros(UNIFORM)
        for image in np.moveaxis(clip, axis, 0)[1:-1]:
            codes = local_binary_pattern(image, 8, 1, method="nri_uniform")[1:-1, 1:-1]
            counts += np.bincount(codes.ravel().astype(np.intp), minlength=UNIFORM)
        histograms.append(counts / counts.sum())
    return np.concatenate(histograms)


def lbp_top_by_shifts(clip):
    """LBP-TOP (59 bins a plane, R = 1, nearest) by comparing the clip with itself shifted, one bit after another."""
    angles = 2 * np.pi * np.arange(8) / 8
    cosine, sine = np.rint(np.cos(angles)).astype(int), np.rint(np.sin(angles)).astype(int)
    rest = np.zeros(8, int)
    frames, height, width = clip.shape
    centre = clip[1:-1, 1:-1, 1:-1]
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    labels = np.where(uniform, np.cumsum(uniform) - 1, UNIFORM - 1)
    histograms = []
    for t, y, x in ((rest, -sine, cosine), (sine, rest, cosine), (cosine, -sine, rest)):
        codes = np.zeros(centre.shape, np.uint8)
        for bit in range(8):
            frame, row, column = 1 + t[bit], 1 + y[bit], 1 + x[bit]
            moved = clip[frame : frame + frames - 2, row : row + height - 2, column : column + width - 2]
            codes |= (moved >= centre).astype(np.uint8) << bit
        counts = np.bincount(labels, np.bincount(codes.ravel(), minlength=256), UNIFORM)
        histograms.append(counts / counts.sum())
    return np.concatenate(histograms)


def two_gradients(flow):
    """The four derivatives of a flow field by `numpy.gradient`."""
    return np.gradient(flow[..., 0]), np.gradient(flow[..., 1])
