"""Optical strain weighted LBP-TOP (OSW-LBP-TOP): texture counts more where the skin is strained more."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip
from features.lbp_top import BinMapping, Neighbours, lbp_top
from features.optical_flow import FlowMethod
from features.optical_strain import mean_strain


def osw_lbp_top(
    clip: ArrayLike,
    strain: ArrayLike | None = None,
    blocks: tuple[int, int] = (8, 8),
    radii: tuple[int, int, int] = (1, 1, 4),
    neighbours: Neighbours = 4,
    mapping: BinMapping = "full",
    method: FlowMethod = "farneback",
    **parameters: Any,
) -> NDArray[np.float64]:
    """LBP-TOP whose XY histograms are weighted by the strain of their block (OSW-LBP-TOP).

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255].
    strain : array_like of shape (H, W) or None
        As `osf`.
    blocks : (rows, columns)
        Grid over the frame.
    radii, neighbours, mapping
        As `lbp_top`.
    method, **parameters
        As `strain_maps`.

    Returns
    -------
    ndarray of shape (rows * columns * 3 * bins,), float64
        In the order of `lbp_top`; XT and YT histograms keep mass 1.

    Raises
    ------
    FeatureError
        As `lbp_top` and `strain_maps`.

    References
    ----------
    Liong et al., ACCV workshops 2014; Signal Processing: Image Communication 47, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (10, 40, 40), dtype=np.uint8)
    >>> features.osw_lbp_top(clip, blocks=(5, 5)).shape
    (1200,)
    """
    histograms = lbp_top(clip, radii, neighbours, mapping, blocks=(*blocks, 1)).reshape(*blocks, 3, -1)
    mean = mean_strain(clip, method, **parameters) if strain is None else np.asarray(strain)
    histograms[:, :, 0] *= strain_weights(mean[np.newaxis], blocks)[..., np.newaxis]
    return histograms.ravel()


def strain_weights(maps: ArrayLike, blocks: tuple[int, int] = (8, 8)) -> NDArray[np.float64]:
    """Weight of each block by its mean strain over space and time, the largest 1 (OSW, Liong 2014).

    Parameters
    ----------
    maps : array_like of shape (T, H, W)
        Of `strain_maps`.
    blocks : (rows, columns)
        5x5 or 8x8 as published.

    Returns
    -------
    ndarray of shape (rows, columns), float64
        Ones where nothing moves at all.

    Raises
    ------
    FeatureError
        For maps with fewer px than blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from features.osw_lbp_top import strain_weights
    >>> maps = np.repeat([[[1.0, 2.0], [0.0, 4.0]]], 3, axis=0)
    >>> strain_weights(maps, (2, 2)).tolist()
    [[0.25, 0.5], [0.0, 1.0]]
    """
    rows, columns = blocks
    maps = checked_clip(maps, least_size=max(blocks), name="strain maps")
    mean = maps.mean(axis=0, dtype=np.float64)
    weights = np.array(
        [[part.mean() for part in np.array_split(band, columns, axis=1)] for band in np.array_split(mean, rows)]
    )
    peak = weights.max()
    return weights / peak if peak > 0 else np.ones_like(weights)


def least_frames(radii: tuple[int, int, int] = (1, 1, 4), **_: Any) -> int:
    """Number of frames that a clip must have for `osw_lbp_top`: one of them is coded.

    Parameters
    ----------
    radii
        As `lbp_top`; the other parameters of `osw_lbp_top` are accepted and make no difference.

    Returns
    -------
    int
        2 R_T + 1.

    Examples
    --------
    >>> from features.osw_lbp_top import least_frames
    >>> least_frames(), least_frames(radii=(1, 1, 2))
    (9, 5)
    """
    return 2 * radii[2] + 1
