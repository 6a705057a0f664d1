"""Grids of blocks, over which histograms and means are taken one by one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import FeatureError


def block_spans(size: int, count: int, overlap: float = 0.0) -> list[slice]:
    """Cut a length into equal blocks, each sharing a part with its next.

    Parameters
    ----------
    size : int
        Length in px or frames.
    count : int
        Number of blocks.
    overlap : float
        Part of a block that its next shares, in [0, 1).

    Returns
    -------
    list of slice
        `count` slices over 0 to `size`, whose lengths differ by at most 1.

    Raises
    ------
    FeatureError
        If a block would be empty or `overlap` is not in [0, 1).

    Examples
    --------
    >>> from features.blocks import block_spans
    >>> block_spans(10, 2)
    [slice(0, 5, None), slice(5, 10, None)]
    >>> block_spans(9, 2, overlap=0.5)
    [slice(0, 6, None), slice(3, 9, None)]
    """
    if count < 1 or not 0 <= overlap < 1:
        raise FeatureError(f"blocks: at least one block and overlap in [0, 1) expected, got {count} and {overlap}")
    length = size / (count - (count - 1) * overlap)
    starts = np.arange(count) * (length * (1 - overlap))
    # The small term keeps halves from rounding either way by an error in the last digit.
    edges = np.floor(np.stack([starts, starts + length]) + 0.5 + 1e-9).astype(int)
    if (edges[0] >= edges[1]).any():
        raise FeatureError(f"blocks: {size} px or frames cannot be cut into {count} blocks")
    return [slice(first, last) for first, last in edges.T.tolist()]


def block_means(picture: NDArray[Any], blocks: tuple[int, int]) -> NDArray[np.float64]:
    """Mean of each block of a picture, channel by channel.

    Parameters
    ----------
    picture : ndarray of shape (H, W, ...)
        Any number of channels.
    blocks : (rows, columns)
        Grid over the picture.

    Returns
    -------
    ndarray of shape (rows, columns, ...), float64
        The means.

    Raises
    ------
    FeatureError
        If a block would be empty.

    Examples
    --------
    >>> import numpy as np
    >>> from features.blocks import block_means
    >>> block_means(np.arange(16.0).reshape(4, 4), (2, 1)).tolist()
    [[3.5], [11.5]]
    """
    rows, columns = (block_spans(size, count) for size, count in zip(picture.shape, blocks))
    return np.array([[picture[y, x].mean(axis=(0, 1), dtype=np.float64) for x in columns] for y in rows])
