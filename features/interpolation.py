"""Temporal interpolation (TIM): any number of frames on a smooth curve through the frames of a clip.

The frames of a clip are the vertices of a path graph. The eigenvectors of its Laplacian are samples of
y_k(t) = sin(pi k t + pi (n - k) / (2 n)) at t = 1/n, 2/n, ..., 1 for k = 1 ... n - 1; the clip's mapping onto
them is inverted at any t between (Zhou, Zhao, Pietikainen 2011). The mapping by singular value decomposition loses
nothing, so the interpolated frame is a fixed weighted sum of the clip's frames, which is what is computed here.
"""

import numpy as np

from features.checks import checked_clip
from features.errors import FeatureError


def interpolation_weights(length, frames):
    """Return the (frames, length) float64 weights of a clip's frames in each interpolated frame; rows sum to 1.

    Raises FeatureError for a clip of one frame or fewer than 2 frames wanted.
    """
    if length < 2 or frames < 2:
        raise FeatureError(f"interpolation: from {length} to {frames} frames; expected at least 2 of each")
    k = np.arange(1, length)[:, None]

    def curve(t):
        return np.sin(np.pi * k * t + np.pi * (length - k) / (2 * length))

    samples = np.arange(1, length + 1) / length
    weights = np.linalg.pinv(curve(samples)) @ curve(np.linspace(1 / length, 1, frames))
    return (weights + (1 - weights.sum(axis=0)) / length).T


def interpolate(clip, frames=10, whole=False):
    """Return `frames` frames spread evenly over a clip (T, H, W) of grey frames: (frames, H, W) float32.

    First and last frame are the clip's own, and frames=T gives the clip back. 10 frames is the custom of the field.
    Values may leave [0, 255] slightly between frames; whole=True rounds them to grey levels 0 to 255, so that LBP
    compares levels and not rounding errors. Raises FeatureError for a clip of one frame.
    """
    clip = checked_clip(clip, least_frames=2, name="interpolation")
    weights = interpolation_weights(len(clip), frames).astype(np.float32)
    result = np.tensordot(weights, clip.astype(np.float32, copy=False), axes=1)
    return np.clip(np.rint(result), 0, 255) if whole else result
