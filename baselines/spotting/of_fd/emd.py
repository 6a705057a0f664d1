"""Empirical mode decomposition: a curve as a sum of oscillations, the quickest first, and a trend.

After Huang et al., Proc. R. Soc. Lond. A 454, 1998. Each mode is sifted: the mean of two cubic splines, one through the
maxima and one through the minima, is taken off until little of it is left. Beyond the ends the two extrema nearest to
each are mirrored. Where to stop is as in the package EMD-signal, so that modes are alike.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Values = NDArray[np.float64]
Places = NDArray[np.intp]

ENERGY = 0.2  # least share of a mode's energy that one more sifting must take off to go on
VARIANCE = 0.001  # the same as a share of the mode's range
SMALLEST = 0.001  # range of a rest that is not taken apart
NOTHING = 0.005  # sum of a rest that is not taken apart
FAINT = 1e-10  # energy of a mode that is not sifted further
SIFTINGS = 1000  # at most, of one mode


def empirical_modes(values: Values) -> Values:
    """Return the modes (M, T) of (T,) values, whose sum they are; the last is the trend, which holds no oscillation.

    A mode whose rest is nothing is the last itself.
    """
    modes: list[Values] = []
    rest = np.asarray(values, float)
    while len(rest) and np.ptp(rest) >= SMALLEST and np.abs(rest).sum() >= NOTHING:
        mode = _sifted(rest)
        if mode is None:
            break
        modes.append(mode)
        rest = values - np.sum(modes, axis=0)
    return np.array(modes if modes and np.allclose(rest, 0) else [*modes, rest])


def without_trend(values: Values) -> Values:
    """Return the sum of all empirical modes but the last."""
    return empirical_modes(values)[:-1].sum(axis=0)


def _sifted(values: Values) -> Values | None:
    """Return the quickest mode of a curve; None for one that has at most two extrema, or falls to so many."""
    mode = values
    for _ in range(SIFTINGS):
        maxima, minima = _extrema(mode)
        if len(maxima) + len(minima) <= 2:
            return None
        over, under = _around(mode, maxima, minima)
        before, mode = mode, mode - (_spline(over, len(mode)) + _spline(under, len(mode))) / 2
        extrema, crossings = sum(map(len, _extrema(mode))), _crossings(mode)
        if (over[1] >= 0).all() and (under[1] <= 0).all() and abs(extrema - crossings) < 2 and _settled(before, mode):
            break
    return mode


def _settled(before: Values, after: Values) -> bool:
    """Tell whether a sifting changed little."""
    changed = ((after - before) ** 2).sum()
    enough = changed < ENERGY * (before**2).sum() or changed < VARIANCE * np.ptp(before)
    return bool(enough or (after**2).sum() < FAINT)


def _extrema(values: Values) -> tuple[Places, Places]:
    """Return the places of the inner maxima and minima; of equal neighbours the middle."""
    steps = np.diff(values)
    moving = np.flatnonzero(steps)  # the steps that are none are left out
    before, after = moving[:-1], moving[1:]
    middle = np.rint((before + 1 + after) / 2).astype(np.intp)
    return middle[(steps[before] > 0) & (steps[after] < 0)], middle[(steps[before] < 0) & (steps[after] > 0)]


def _crossings(values: Values) -> int:
    """Return how often values pass or touch zero."""
    signs = np.sign(values)
    through = (signs[:-1] * signs[1:] < 0).sum()
    touching = np.diff(signs == 0, prepend=False)
    return int(through + (touching & (signs == 0)).sum())


def _around(values: Values, maxima: Places, minima: Places) -> tuple[Values, Values]:
    """Return the points (2, n), times and values, that the upper and the lower envelope go through."""
    end = len(values) - 1
    early = _mirrored(values, maxima, minima)
    late = _mirrored(values[::-1], end - maxima[::-1], end - minima[::-1])
    sides = []
    for own, before, after in zip((maxima, minima), early, late):
        times = np.concatenate([before[0][::-1], own, end - after[0]])
        points = np.array([times, np.concatenate([before[1][::-1], values[own], after[1]])])
        sides.append(points[:, np.append(np.diff(times) > 0, True)])
    return sides[0], sides[1]


def _mirrored(values: Values, maxima: Places, minima: Places) -> list[tuple[Places, Values]]:
    """Return (times, values) of the two maxima and the two minima before the start, those next to it first.

    They are mirrored at the first extremum; at the start itself where that goes beyond the second one, so that it is an
    extremum of the same kind.
    """
    kinds = (maxima, minima) if maxima[0] < minima[0] else (minima, maxima)
    first, second = kinds
    sign = 1 if first is maxima else -1
    if sign * values[0] > sign * values[second[0]]:
        axis, chosen = first[0], (first[1:3], second[:2])
    else:
        axis, chosen = np.intp(0), (first[:2], np.append(0, second[:1]))
    if any(not len(own) or 2 * axis - own[-1] > 0 for own in chosen):  # they do not reach the start
        axis, chosen = np.intp(0), (first[:2], second[:2])
    found = [(2 * axis - own, values[own]) for own in chosen]
    return found if first is maxima else found[::-1]


def _spline(points: Values, length: int) -> Values:
    """Return the cubic spline through points (2, n) at 0, 1, ... length - 1."""
    return CubicSpline(*points, bc_type="natural" if points.shape[1] == 3 else "not-a-knot")(np.arange(length))
