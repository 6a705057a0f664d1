"""Local binary patterns with six intersection points (LBP-SIP), optionally on a Gaussian pyramid."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import as_bytes_if_whole, checked_clip, grey_levels
from features.errors import FeatureError
from features.lbp_top import block_counts, code_points


def lbp_sip(
    clip: ArrayLike,
    radii: tuple[int, int, int] = (1, 1, 1),
    levels: int = 1,
    blocks: tuple[int, int, int] = (1, 1, 1),
    overlap: float = 0.0,
) -> NDArray[np.float64]:
    """LBP-SIP histograms: 16 codes of the four neighbours in space, 4 codes of the two in time.

    The six points are where the three planes of LBP-TOP cross; they carry no code twice, 20 values instead of 48.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, uint8 or float in [0, 255]; of one level in any scale.
    radii : (R_X, R_Y, R_T)
        Px, px and frames. Bits in space: right, up, left, down; in time: later, earlier.
    levels : int
        Of a Gaussian pyramid in space, each half the size of the last, joined (multi-resolution LBP-SIP).
    blocks, overlap
        As `lbp_top`.

    Returns
    -------
    ndarray of shape (levels * times * rows * columns * 20,), float64
        The 16 and the 4 values sum to 1 each.

    Raises
    ------
    FeatureError
        When the coarsest level is too small for its radii or blocks; with a pyramid, for values that are no grey levels
        (`features.checks.grey_levels`).

    References
    ----------
    Wang, See, Phan, Oh, ACCV 2014.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (8, 24, 24), dtype=np.uint8)
    >>> features.lbp_sip(clip, levels=2, blocks=(3, 3, 1)).shape
    (360,)
    """
    if levels < 1 or len(radii) != 3 or any(radius != int(radius) or radius < 1 for radius in radii):
        raise FeatureError(f"lbp_sip: radii of 1 or more and at least one level expected, got {radii!r} and {levels}")
    # A pyramid rounds to whole levels; codes by themselves know no scale.
    clip = (as_bytes_if_whole if levels == 1 else grey_levels)(checked_clip(clip))
    radius_x, radius_y, radius_t = radii
    space = np.array([(0, 0, radius_x), (0, -radius_y, 0), (0, 0, -radius_x), (0, radius_y, 0)])
    time = np.array([(radius_t, 0, 0), (-radius_t, 0, 0)])
    features = []
    for level in range(levels):
        if level:
            clip = np.stack([cv2.pyrDown(frame) for frame in clip])
        for_level = []
        for points in (space, time):
            counts = block_counts(code_points(clip, points, (radius_x, radius_y, radius_t)), blocks, overlap)
            counts = counts[:, : 2 ** len(points)]
            for_level.append(counts / counts.sum(axis=1, keepdims=True))
        features.append(np.hstack(for_level).ravel())
    return np.concatenate(features)
