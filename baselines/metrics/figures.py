"""What the tables of figures of all tasks share: their type, and the plain numbers that they give."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Rate = Callable[[Array], Array]  # summed counts (..., K) -> figures (...); integers are counts, floats rates


def summary(figures: Mapping[str, Rate], counts: ArrayLike) -> dict[str, int | float | None]:
    """All figures of one table as plain numbers.

    Parameters
    ----------
    figures : mapping of str to function
        A table of figures, such as `spotting.FIGURES`.
    counts : array_like
        The summed counts that the functions take.

    Returns
    -------
    dict of str to int, float or None
        In the order of the table; see `plain`.

    Examples
    --------
    >>> from baselines.metrics import spotting
    >>> summary({"tp": spotting.true_positives, "recall": spotting.recall}, [1, 1, 3])
    {'tp': 1, 'recall': 0.25}
    """
    return {name: plain(rate(np.asarray(counts))) for name, rate in figures.items()}


def plain(value: ArrayLike) -> int | float | None:
    """Number of Python's own that a figure stands for.

    Parameters
    ----------
    value : scalar array_like
        What the function of a figure gives for the counts of one set.

    Returns
    -------
    int, float or None
        An int for a count, a float for a rate, None for a rate that is undefined (nan).

    Examples
    --------
    >>> import numpy as np
    >>> plain(np.array(2)), plain(np.array(0.5)), plain(np.array(np.nan))
    (2, 0.5, None)
    """
    if is_count(value):
        return int(np.asarray(value))
    return None if math.isnan(number := float(np.asarray(value))) else number


def is_count(value: ArrayLike) -> bool:
    """Tell whether a figure is a count, by what it gives: integers.

    Parameters
    ----------
    value : array_like
        What the function of a figure gives.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_count(3), is_count(0.5)
    (True, False)
    """
    return np.issubdtype(np.asarray(value).dtype, np.integer)
