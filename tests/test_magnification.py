import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_clips import clip

from features.errors import FeatureError
from features.magnification import magnify

FPS = 100
TIME = np.arange(100) / FPS
INNER = slice(25, 75)  # frames that the ends of the clip do not reach


def face():
    """A textured picture that repeats at its borders, so that it can be moved by any part of a pixel exactly."""
    return np.pad(clip()[0, 32:96, 32:96].astype(float), 32, mode="symmetric")


def moved(image, displacement):
    phase = -2j * np.pi * np.fft.fftfreq(image.shape[1]) * displacement
    return np.fft.ifft(np.fft.fft(image, axis=1) * np.exp(phase), axis=1).real


def displacements(video, image):
    """Displacement in px along x of each frame against the image, by least squares on the gradient."""
    inner = np.s_[16:-16, 16:-16]
    slope = np.gradient(image, axis=1)[inner]
    return np.array([-((frame - image)[inner] * slope).sum() / (slope * slope).sum() for frame in video])


def factor(image, frequency, alpha, **parameters):
    """How many times larger a motion of 0.01 px became."""
    video = np.stack([moved(image, 0.01 * np.sin(2 * np.pi * frequency * t)) for t in TIME])
    before = displacements(video, image)[INNER]
    after = displacements(magnify(video, FPS, alpha, **parameters), image)[INNER]
    return after @ before / (before @ before)


@pytest.mark.parametrize("alpha", [4, 10, 16])
@pytest.mark.parametrize("frequency", [9, 13, 20])
def test_motion_in_the_band_becomes_one_plus_alpha_times_larger(frequency, alpha):
    for image in (face(), cv2.GaussianBlur(face(), (0, 0), 3)):
        assert factor(image, frequency, alpha) == pytest.approx(1 + alpha, rel=0.1)


@pytest.mark.parametrize("frequency", [0.7, 1.5, 35, 45])
def test_motion_outside_the_band_is_left_alone(frequency):
    assert factor(face(), frequency, 10) == pytest.approx(1, abs=0.05)


def test_it_is_not_delayed():
    bump = 0.02 * np.exp(-(((TIME - 0.5) / 0.03) ** 2))
    video = np.stack([moved(face(), d) for d in bump])
    after = displacements(magnify(video, FPS), face())
    assert after.argmax() == 50
    np.testing.assert_allclose(after[30:50], after[70:50:-1], atol=2e-3)


def test_a_still_picture_and_its_light_stay_as_they_are():
    still = np.repeat(clip()[:1], 40, axis=0)
    np.testing.assert_allclose(magnify(still, FPS), still, atol=1e-3)
    flicker = still + 5 * np.sin(2 * np.pi * 12 * TIME[:40])[:, None, None]
    assert np.abs(magnify(flicker, FPS) - flicker).max() < 1.5


def test_fine_detail_is_amplified_less_below_the_cutoff():
    x = np.arange(128)
    fine, coarse = (np.tile(128 + 50 * np.sin(2 * np.pi * x / length), (128, 1)) for length in (4, 32))
    assert factor(fine, 12, 10, cutoff=16) < 0.4 * factor(coarse, 12, 10, cutoff=16)


@given(st.integers(3, 12), st.integers(8, 40), st.integers(8, 40), st.floats(0, 20))
@settings(max_examples=20, deadline=None)
def test_alpha_scales_what_is_added(frames, height, width, alpha):
    video = np.random.default_rng(frames).uniform(0, 255, (frames, height, width))
    added = magnify(video, FPS, 1) - video
    assert added.shape == video.shape
    np.testing.assert_allclose(magnify(video, FPS, alpha) - video, alpha * added, atol=0.02)


def test_memory_stays_under_two_clips_of_floats():
    video = np.repeat(clip(), 3, axis=0).astype(np.float32)
    tracemalloc.start()
    magnify(video, FPS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * video.nbytes


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((2, 20, 20), {}, "at least 3 frames"),
        ((9, 7, 20), {}, "at least 8x8"),
        ((9, 20, 20), {"fps": 30}, "low < high < fps / 2"),
        ((9, 20, 20), {"low": 0}, "low < high < fps / 2"),
        ((9, 20, 20), {"alpha": -1}, "not be negative"),
    ],
)
def test_what_cannot_be_magnified_is_a_clear_error(shape, parameters, message):
    with pytest.raises(FeatureError, match=message):
        magnify(np.zeros(shape), **{"fps": FPS, **parameters})
