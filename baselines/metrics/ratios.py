"""Quotients and class means that are defined for every input."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ratio(numerator: ArrayLike, denominator: ArrayLike, undefined: float = 0.0) -> NDArray[Any]:
    """Quotient, elementwise, that is defined where the denominator is 0.

    Parameters
    ----------
    numerator, denominator : array_like
        Numbers whose shapes broadcast.
    undefined : float
        What stands where the denominator is 0.

    Returns
    -------
    ndarray, float64
        Of the broadcast shape.

    Examples
    --------
    >>> ratio([1, 3], [2, 0]).tolist()
    [0.5, 0.0]
    """
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    result = np.full(numerator.shape, undefined)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def class_mean(values: ArrayLike, counted: ArrayLike | None = None) -> NDArray[Any]:
    """Mean over classes, 0 where no class is counted.

    Parameters
    ----------
    values : array_like of shape (..., C)
        One value a class.
    counted : array_like of shape (..., C), bool, optional
        The classes that enter the mean; all by default.

    Returns
    -------
    ndarray of shape (...), float64

    Examples
    --------
    >>> float(class_mean([1.0, 0.5, 0.0]))
    0.5
    >>> float(class_mean([1.0, 0.5, 0.0], [True, True, False]))
    0.75
    """
    chosen = np.ones(np.shape(values), bool) if counted is None else np.asarray(counted)
    return ratio(np.where(chosen, values, 0).sum(axis=-1), chosen.sum(axis=-1))
