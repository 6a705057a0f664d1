"""Quotients and class means that are defined for every input."""

import numpy as np


def ratio(numerator, denominator, undefined=0.0):
    """Return numerator / denominator elementwise, `undefined` where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    result = np.full(numerator.shape, undefined)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def class_mean(values, counted=None):
    """Return the mean over the last axis, of the `counted` entries if given; 0.0 where there is none."""
    counted = np.ones(np.shape(values), bool) if counted is None else np.asarray(counted)
    return ratio(np.where(counted, values, 0).sum(axis=-1), counted.sum(axis=-1))
