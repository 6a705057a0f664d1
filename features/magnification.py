"""Eulerian video magnification: small motions made larger, without tracking anything."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import correlate1d
from scipy.signal import firwin

from features.checks import checked_clip
from features.errors import FeatureError

# Pixels filtered at once, so that a long clip is never held twice as floats.
CHUNK = 1 << 11


def magnify(
    clip: ArrayLike,
    fps: float,
    alpha: float = 10.0,
    low: float = 5.0,
    high: float = 25.0,
    cutoff: float = 0.0,
    levels: int | None = None,
    taps: int | None = None,
) -> NDArray[np.float32]:
    """Amplify the motion of a clip within a band of frequencies.

    Every pixel's time course is band-passed, the result split into a Laplacian pyramid, each level amplified and
    added to the clip. A displacement d(t) in the band becomes (1 + alpha) d(t), as long as (1 + alpha) d stays below
    an eighth of the wavelength of the detail that moves; what lies outside the band is left as it is. Apply it before,
    never after, dropping frames.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, T >= 3, in any scale, which the result keeps.
    fps : float
        Frames per second.
    alpha : float
        Amplification, 8 to 16 published for micro-expressions (Li 2018).
    low, high : float
        Edges of the band in Hz, where half the amplitude passes; 5 to 25 published.
    cutoff : float
        Wavelength in px; finer detail is amplified less, in proportion to its wavelength (Wu: 16 for a face). 0
        amplifies every level alike.
    levels : int or None
        Of the pyramid; None: down to 2 px. What is left below the last, light rather than motion, is not amplified.
    taps : int or None
        Length of the symmetric, hence linear-phase, filter; None: 3.3 fps / low frames.

    Returns
    -------
    ndarray of shape (T, H, W), float32
        Values may leave the range of the clip.

    Raises
    ------
    FeatureError
        For a band outside 0 < low < high < fps / 2, a negative alpha or cutoff, or frames smaller than 8 px.

    References
    ----------
    Wu et al., ACM TOG 31(4), 2012; Li et al., IEEE Transactions on Affective Computing 9(4), 2018.

    Examples
    --------
    Stripes that sway by .05 px at 10 Hz:

    >>> import numpy as np
    >>> import features
    >>> sway = 0.05 * np.sin(2 * np.pi * 10 * np.arange(100) / 100)
    >>> clip = 128 + 100 * np.sin((np.arange(32) - sway[:, None, None]) * np.pi / 4) * np.ones((32, 1))
    >>> magnified = features.magnify(clip, fps=100, alpha=9)
    >>> round(float(np.ptp(magnified[30:70, 16, 16]) / np.ptp(clip[30:70, 16, 16])))
    10
    """
    clip = checked_clip(clip, least_frames=3, least_size=8, name="magnification")
    if not 0 < low < high < fps / 2:
        raise FeatureError(
            f"magnification: a band 0 < low < high < fps / 2 expected, got {low} to {high} Hz at {fps} fps"
        )
    if alpha < 0 or cutoff < 0:
        raise FeatureError(f"magnification: alpha and cutoff may not be negative, got {alpha} and {cutoff}")
    taps = taps or int(3.3 * fps / low) | 1
    most = (min(clip.shape[1:]) // 2).bit_length() - 1
    gains = _gains(alpha, cutoff, min(levels or most, most))
    result = _band_passed(clip, _temporal_filter(len(clip), low, high, fps, taps))
    for frame, change in zip(clip, result, strict=True):
        change[...] = frame + _amplified(change, gains)
    return result


def _gains(alpha: float, cutoff: float, levels: int) -> NDArray[np.float64]:
    # A level holds wavelengths from 2 to 4 px times its scale; the shorter one decides, as it breaks first.
    wavelengths = 2.0 * 2.0 ** np.arange(levels)
    if cutoff == 0:
        return np.full(levels, alpha)
    return np.clip(wavelengths / cutoff * (1 + alpha) - 1, 0, alpha)


def _temporal_filter(length: int, low: float, high: float, fps: float, taps: int) -> NDArray[np.float64]:
    """(T, T) matrix of the band-pass, the clip being reflected at its ends."""
    window = firwin(taps | 1, [low, high], pass_zero=False, fs=fps)
    # The sum of a band-pass must vanish, or a part of the picture itself would be amplified.
    window -= window.mean()
    return correlate1d(np.eye(length), window, axis=0, mode="reflect")


def _band_passed(clip: NDArray[Any], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    # In float64: numeric libraries add in different orders on different processors, and float32 would show it.
    flat = clip.reshape(len(clip), -1)
    result = np.empty(flat.shape, np.float32)
    for start in range(0, flat.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        result[:, part] = matrix @ flat[:, part].astype(np.float64)
    return result.reshape(clip.shape)


def _amplified(image: NDArray[np.float32], gains: NDArray[np.float64]) -> NDArray[Any]:
    """Sum of the levels of the image's Laplacian pyramid, each times its gain; without the rest below the last."""
    levels: list[NDArray[Any]] = []
    current: NDArray[Any] = image
    for gain in gains:
        smaller = cv2.pyrDown(current)
        levels.append(gain * (current - cv2.pyrUp(smaller, dstsize=current.shape[::-1])))
        current = smaller
    total = np.zeros_like(current)
    for level in reversed(levels):
        total = level + cv2.pyrUp(total, dstsize=level.shape[::-1])
    return total
