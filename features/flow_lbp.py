"""Local binary patterns of a flow field: the texture of how skin moves, in its two components and its strain."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_flow
from features.errors import FeatureError
from features.interpolation import whole_levels
from features.lbp_top import BinMapping, Neighbours, Sampling, lbp_top
from features.optical_strain import optical_strain

Channel = Literal["u", "v", "strain"]

CHANNELS: tuple[Channel, ...] = get_args(Channel)


def flow_lbp(
    flow: ArrayLike,
    blocks: tuple[int, int] = (5, 5),
    radius: int = 1,
    channels: Sequence[Channel] = CHANNELS,
    neighbours: Neighbours = 8,
    mapping: BinMapping = "uniform",
    sampling: Sampling = "nearest",
    overlap: float = 0.0,
    normalise: bool = True,
) -> NDArray[np.float64]:
    """LBP histograms of u, v and optical strain of a flow field, block by block.

    Each channel is scaled from least to largest to the grey levels 0 to 255 first, as published flow pictures are: what
    lies closer together than a level is a tie.

    Parameters
    ----------
    flow : array_like of shape (H, W, 2)
        u right and v down, px.
    blocks : (rows, columns)
        Grid over the coded pixels.
    radius : int
        Px, on both axes.
    channels : sequence of {"u", "v", "strain"}
        Which of them, in which order.
    neighbours, mapping, sampling, overlap, normalise
        As `lbp_top`.

    Returns
    -------
    ndarray of shape (channels * rows * columns * bins,), float64
        In that order: 4 425 values.

    Raises
    ------
    FeatureError
        For a field too small for its radius or blocks, or another channel.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> flow = np.random.default_rng(0).normal(size=(28, 28, 2))
    >>> features.flow_lbp(flow).shape
    (4425,)
    >>> features.flow_lbp(flow, blocks=(2, 2), neighbours=4, channels=["strain"]).shape
    (60,)
    """
    if not channels or any(channel not in CHANNELS for channel in channels):
        raise FeatureError(f"flow_lbp: channels are a choice of {', '.join(CHANNELS)}; got {channels!r}")
    field = checked_flow(flow, least_size=2)
    planes = {"u": field[..., 0], "v": field[..., 1], "strain": optical_strain(field)}
    histograms = [
        lbp_top(
            _grey_levels(planes[channel])[np.newaxis], (radius, radius, 0), neighbours, mapping, sampling,
            (*blocks, 1), overlap, ("XY",), normalise,
        )
        for channel in channels
    ]  # fmt: skip
    return np.concatenate(histograms)


def _grey_levels(values: NDArray[Any]) -> NDArray[np.float32]:
    """Values scaled from least to largest to whole levels 0 to 255; zeros where all are alike."""
    values = values.astype(np.float64)
    low, high = values.min(), values.max()
    return whole_levels((values - low) / (high - low) * 255 if high > low else np.zeros(values.shape))
