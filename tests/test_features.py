"""One suite over every registered feature: what they all promise."""

import subprocess
import sys

import numpy as np
import pytest
from oracle_clips import clip, golden

from features import FEATURES, INPUTS
from features.errors import FeatureError
from features.optical_flow import optical_flow

EXTRA = {"clip": (), "clip+landmarks": "landmarks", "clip+fps": (100,), "clip+k": (3,), "flow": ()}
EVERY = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)


def extra(feature):
    """What the function takes besides a clip or flow field."""
    values = EXTRA[feature.input]
    return (np.array(golden("mdmo_meb")["landmarks"]) - (10, 30),) if values == "landmarks" else values


@pytest.fixture(scope="module")
def arrays():
    """A clip of 12 frames of a face, 90 x 90 px, and the flow from its first frame to the apex."""
    video = np.ascontiguousarray(clip()[9:21, 30:120, 10:100])
    return {"clip": video, "flow": optical_flow(video[0], video[6])}


def of(feature, arrays):
    return arrays["flow" if feature.input == "flow" else "clip"]


@EVERY
def test_it_is_documented(feature):
    assert feature.input in INPUTS
    assert feature.summary.endswith(".")
    assert len(feature.summary) < 130
    assert feature.citation
    assert any(word in feature.function.__doc__ for word in ("Return", ": (T-1, H, W"))


@EVERY
def test_the_type_of_the_input_does_not_matter(feature, arrays):
    array = of(feature, arrays)
    expected = feature.function(array, *extra(feature))
    assert np.isfinite(expected).all()
    for dtype in (np.float32, np.float64) if feature.input == "flow" else (np.int32, np.float32, np.float64):
        np.testing.assert_array_equal(feature.function(array.astype(dtype), *extra(feature)), expected)


@EVERY
def test_the_layout_of_the_input_does_not_matter(feature, arrays):
    array = of(feature, arrays)
    expected = feature.function(array, *extra(feature))
    strided = np.repeat(array, 2, axis=1)[:, ::2]
    backwards = np.ascontiguousarray(array[::-1, ::-1, ::-1])[::-1, ::-1, ::-1]
    for layout in (np.asfortranarray(array), strided, backwards):
        np.testing.assert_array_equal(feature.function(layout, *extra(feature)), expected)


@EVERY
def test_the_input_is_only_read_and_the_result_is_the_same_again(feature, arrays):
    array = of(feature, arrays).copy()
    array.flags.writeable = False
    before = array.copy()
    first, second = feature.function(array, *extra(feature)), feature.function(array, *extra(feature))
    np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(first, second)
    if isinstance(first, np.ndarray):
        first[...] = 0
        np.testing.assert_array_equal(feature.function(array, *extra(feature)), second)


@EVERY
@pytest.mark.parametrize("value", [0, 255])
def test_a_constant_input_gives_numbers(feature, value, arrays):
    result = feature.function(np.full_like(of(feature, arrays), value), *extra(feature))
    assert np.isfinite(result).all()


@EVERY
@pytest.mark.parametrize("frames", [1, 2, 3, 8])
def test_a_tiny_input_gives_numbers_or_one_clear_line(feature, frames):
    generator = np.random.default_rng(0)
    for size in (1, 2, 3, 5, 9, 16, 20):
        if feature.input == "flow":
            array = generator.normal(size=(size, frames, 2))
        else:
            array = generator.integers(0, 256, (frames, size, size), dtype=np.uint8)
        try:
            result = feature.function(array, *extra(feature))
        except FeatureError as error:
            message = str(error)
            result = 0
        else:
            message = "none was needed, as it is defined"
        assert np.isfinite(result).all()
        assert len(message) > 20
        assert "\n" not in message


@EVERY
@pytest.mark.parametrize(
    "spoil",
    [
        lambda array: array[0],
        lambda array: array[..., np.newaxis],
        lambda array: array[:0],
        lambda array: np.where(np.arange(array.size).reshape(array.shape) == 7, np.nan, array),
        lambda array: array.astype(str),
        lambda array: array.astype(complex),
        lambda array: None,
    ],
    ids=["one dimension less", "one more", "empty", "NaN", "text", "complex", "nothing"],
)
def test_what_is_no_clip_or_flow_is_one_clear_line(feature, spoil, arrays):
    with pytest.raises(FeatureError) as error:
        feature.function(spoil(of(feature, arrays)), *extra(feature))
    assert "\n" not in str(error.value)


def test_the_list_loads_nothing():
    code = "import sys, features; print([m for m in ('numpy', 'cv2', 'scipy', 'skimage') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_features_import_nothing_from_the_layers_above():
    code = (
        "import sys, features; [f.function for f in features.FEATURES.values()];"
        "print([m for m in sys.modules if m.split('.')[0] in ('baselines', 'cli', 'skimage', 'sklearn', 'dlib')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
