from typing import get_args, get_type_hints

import cv2
import numpy as np
import pytest
from oracle_clips import clip
from typeguard import check_type

from features.errors import FeatureError
from features.optical_flow import (
    METHODS,
    PRESETS,
    FlowMethod,
    flow_consecutive,
    flow_to_first,
    iterate_flow,
    optical_flow,
)

OWN = [method for method in METHODS if method not in PRESETS]
# px, of the median over the middle of the face.
MOST_ERROR = {"farneback": 0.1, "dis": 0.15, "tvl1": 0.1, "tvl1-skimage": 0.1, "rlof": 0.2}


@pytest.fixture(scope="module")
def moved():
    """A face, and the same moved 0.6 px right and 0.4 px up by interpolation in the Fourier domain."""
    face = cv2.GaussianBlur(clip()[0], (0, 0), 1.0).astype(float)
    window = np.outer(np.hanning(128), np.hanning(128))
    face = 128 + (face - 128) * window
    fy, fx = np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128)[None]
    shift = np.exp(-2j * np.pi * (fx * 0.6 + fy * -0.4))
    return face, np.fft.ifft2(np.fft.fft2(face) * shift).real.clip(0, 255)


def test_a_type_names_every_method_and_preset():
    assert get_args(FlowMethod) == tuple(METHODS)
    assert [method for method in METHODS if method in PRESETS] == list(PRESETS)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_tells_the_types_of_its_parameters(method):
    hints = get_type_hints(METHODS[method])
    defaults = METHODS[method].__defaults__
    names = METHODS[method].__code__.co_varnames[2 : METHODS[method].__code__.co_argcount]
    assert len(names) == len(defaults) > 0
    for name, default in zip(names, defaults):
        check_type(default, hints[name])


@pytest.mark.parametrize("method", OWN)
def test_a_known_motion_is_found(method, moved):
    flow = optical_flow(*moved, method)
    assert flow.shape == (128, 128, 2)
    assert flow.dtype == np.float32
    middle = flow[40:88, 40:88].reshape(-1, 2)
    assert np.abs(np.median(middle, axis=0) - (0.6, -0.4)).max() < MOST_ERROR[method]


@pytest.mark.parametrize("method", OWN)
def test_the_type_of_a_frame_does_not_matter(method):
    first, second = clip()[[0, 15]]
    flow = optical_flow(first, second, method)
    np.testing.assert_array_equal(optical_flow(first.astype(np.float32), second.astype(np.float64), method), flow)
    np.testing.assert_array_equal(optical_flow(np.asfortranarray(first), second, method), flow)
    np.testing.assert_array_equal(optical_flow(first, second, method), flow)


@pytest.mark.parametrize("method", ["farneback", "tvl1", "tvl1-skimage"])
def test_fractions_of_a_grey_level_are_used(method, moved):
    exact, rounded = optical_flow(*moved, method), optical_flow(*np.rint(moved), method)
    assert 0 < np.abs(exact - rounded).max() < 1


@pytest.mark.parametrize("method", ["farneback", "tvl1", "tvl1-skimage"])
def test_a_mirrored_face_moves_the_other_way(method, moved):
    flow = optical_flow(*moved, method)
    mirrored = optical_flow(moved[0][:, ::-1], moved[1][:, ::-1], method)[:, ::-1]
    difference = np.abs(mirrored * (-1, 1) - flow)[30:98, 30:98]
    assert np.median(difference) < 0.02


@pytest.mark.parametrize("method", OWN)
def test_nothing_moves_in_a_constant_or_still_picture(method):
    for frame in (np.full((80, 80), 90, np.uint8), clip()[0]):
        # Farneback sees motion along the lower and right border of anything, as its docstring says.
        inside, most = (np.s_[:-20, :-20], 0.01) if method == "farneback" else (np.s_[:], 1e-3)
        assert np.abs(optical_flow(frame, frame, method)[inside]).max() < most


def test_presets_are_methods_with_parameters():
    first, second = clip()[[0, 15]]
    for name, (method, parameters) in PRESETS.items():
        expected = optical_flow(first, second, method, **parameters)
        np.testing.assert_array_equal(optical_flow(first, second, name), expected)
    assert not np.array_equal(
        optical_flow(first, second, "fast"), optical_flow(first, second, "fast", quality="ultrafast")
    )


def test_opencv_runs_with_its_own_defaults():
    first, second = clip()[[0, 15]]
    expected = cv2.optflow.DualTVL1OpticalFlow_create().calc(first, second, None)
    np.testing.assert_array_equal(optical_flow(first, second, "tvl1"), expected)


def test_sequences_are_pairs():
    video = clip()[:4]
    first, consecutive = flow_to_first(video, "dis"), flow_consecutive(video, "dis")
    assert first.shape == consecutive.shape == (3, 128, 128, 2)
    np.testing.assert_array_equal(first[2], optical_flow(video[0], video[3], "dis"))
    np.testing.assert_array_equal(consecutive[2], optical_flow(video[2], video[3], "dis"))
    np.testing.assert_array_equal(list(iterate_flow(video, "dis", to_first=False)), consecutive)


@pytest.mark.parametrize(
    ("shapes", "method", "parameters", "message"),
    [
        (((40, 40), (40, 41)), "farneback", {}, "differ in shape"),
        (((40, 40, 3), (40, 40, 3)), "farneback", {}, r"\(T, H, W\)"),
        (((15, 40), (15, 40)), "farneback", {}, "16x16 px or more"),
        (((15, 15), (15, 15)), "dis", {}, "16x16 px or more"),
        (((20, 90), (20, 90)), "dis", {}, "2.5 times as wide"),
        (((40, 40), (40, 40)), "rlof", {}, "64x64 px or more"),
        (((40, 40), (40, 40)), "horn-schunck", {}, "one of farneback, dis, tvl1, tvl1-skimage, rlof, paper, fast$"),
        (((40, 40), (40, 40)), "dis", {"quality": "best"}, "one of ultrafast"),
        (((40, 40), (40, 40)), "farneback", {"lambda_": 1}, "do not suit farneback"),
        (((40, 40), (40, 40)), "tvl1", {"scales": -1}, "do not suit tvl1"),
    ],
)
def test_what_has_no_flow_is_a_clear_error(shapes, method, parameters, message):
    with pytest.raises(FeatureError, match=message) as error:
        optical_flow(np.zeros(shapes[0]), np.ones(shapes[1]), method, **parameters)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("function", [flow_to_first, flow_consecutive])
def test_one_frame_has_no_flow(function):
    with pytest.raises(FeatureError, match="at least 2 frames"):
        function(np.zeros((1, 40, 40)))


def test_a_build_of_opencv_without_its_extra_modules_is_named(monkeypatch):
    monkeypatch.delattr(cv2, "optflow")
    with pytest.raises(FeatureError, match="opencv-contrib-python-headless"):
        optical_flow(np.zeros((40, 40)), np.ones((40, 40)), "tvl1")
