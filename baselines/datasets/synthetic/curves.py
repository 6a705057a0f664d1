"""Curves over the frames of a video: pulses that go out and come back, and slow random wandering."""

import numpy as np
from scipy.ndimage import gaussian_filter1d


def pulse(frames, onset, apex, offset, hold=0):
    """Return a (T,) curve: 0 at onset, 1 from apex for `hold` frames more, 0 at offset, all 0-based frames.

    Rise and fall follow the minimum-jerk course of voluntary movement (Flash and Hogan, 1985).
    """
    rise = np.clip((np.arange(frames) - onset) / max(apex - onset, 1e-9), 0, 1)
    fall = np.clip((np.arange(frames) - apex - hold) / max(offset - apex - hold, 1e-9), 0, 1)
    return _minimum_jerk(rise) * (1 - _minimum_jerk(fall))


def _minimum_jerk(t):
    return t**3 * (10 - 15 * t + 6 * t**2)


def wander(rng, frames, fps, channels, seconds):
    """Return (T, channels) Gaussian processes of standard deviation 1 and correlation time `seconds`."""
    sigma = max(seconds * fps, 0.3)
    pad = int(np.ceil(4 * sigma))
    noise = rng.standard_normal((frames + 2 * pad, channels))
    smooth = gaussian_filter1d(noise, sigma, axis=0, mode="constant")[pad : pad + frames]
    taps = gaussian_filter1d(np.eye(1, 2 * pad + 1, pad)[0], sigma, mode="constant")
    return smooth / np.sqrt((taps**2).sum())


def add(units, unit, curve):
    """Add a (T,) curve to what `units`, a dict from `Unit` to curve, holds of the unit."""
    units[unit] = units.get(unit, 0) + curve
