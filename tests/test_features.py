"""One suite over every registered feature: what they all promise."""

import doctest
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from oracle_clips import clip, golden
from typeguard import TypeCheckError, check_type

import features
from features import FEATURES, INPUTS, load
from features.errors import FeatureError
from features.optical_flow import METHODS, FlowMethod, optical_flow

EXTRA = {"clip": (), "clip+strain": (), "clip+landmarks": "landmarks", "clip+fps": (100,), "clip+k": (3,), "flow": ()}
MODULES = ("features", *(f"features.{module.name}" for module in pkgutil.iter_modules(features.__path__)))
EVERY = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)


def module(name):
    """The module of a name; `features.hoof` and the like give functions as attributes of the package."""
    import_module(name)
    return sys.modules[name]


def public_functions():
    """{dotted name: function} of all modules."""
    return {
        f"{name}.{key}": inspect.unwrap(value)
        for name in MODULES
        for key, value in vars(module(name)).items()
        if inspect.isfunction(inspect.unwrap(value)) and value.__module__ == name and not key.startswith("_")
    }


FUNCTIONS = public_functions()
EVERY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


# Features of a clip, also with the parameters that make them depend on its scale.
SCALED = [(feature, {}) for feature in FEATURES.values() if feature.input != "flow"] + [
    *((FEATURES["flow_to_first"], {"method": method}) for method in METHODS if method != "rlof"),
    (FEATURES["find_apex"], {"feature": "strain"}),
    (FEATURES["onset_difference"], {"feature": "strain"}),
    (FEATURES["lbp_sip"], {"levels": 2}),
    (FEATURES["lbp_top"], {"sampling": "bilinear"}),
    (FEATURES["interpolate"], {"whole": True}),
]


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


def sections(function):
    """{heading: lines} of a docstring in numpydoc form."""
    parts = re.split(r"^(\w+)\n-{3,}\n", inspect.getdoc(function), flags=re.MULTILINE)
    return {heading: text.splitlines() for heading, text in zip(parts[1::2], parts[2::2])}


def documented(function):
    """Names under the heading Parameters, in order."""
    headings = [line for line in sections(function).get("Parameters", ()) if line and not line.startswith(" ")]
    return [name.lstrip("*") for line in headings for name in line.partition(" : ")[0].split(", ")]


@EVERY
def test_it_is_documented(feature):
    assert FEATURES[feature.name] is feature
    assert feature.input in INPUTS
    assert feature.summary.endswith(".")
    assert len(feature.summary) < 130
    assert feature.citation
    assert {"Parameters", "Returns", "Raises", "Examples"} <= set(sections(feature.function))
    assert doctest.DocTestParser().get_examples("\n".join(sections(feature.function)["Examples"]))


@EVERY_FUNCTION
def test_a_function_tells_what_it_takes_and_returns(function):
    names = list(inspect.signature(function).parameters)
    assert list(get_type_hints(function)) == [*names, "return"]
    assert documented(function) == [name for name in names if not name.startswith("_")]
    assert {"Returns", "Yields"} & set(sections(function))
    first, second, *_ = (inspect.getdoc(function) + "\n").split("\n")
    assert first.endswith(".")
    assert not second


@EVERY_FUNCTION
def test_defaults_suit_their_hints(function):
    hints = get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not parameter.empty:
            check_type(parameter.default, hints[parameter.name])


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    assert doctest.testmod(module(name), globs={}).failed == 0


@EVERY
def test_the_result_has_the_type_that_the_hint_tells(feature, arrays):
    hint = get_type_hints(feature.function)["return"]
    result = feature.function(of(feature, arrays), *extra(feature))
    if get_origin(hint) is np.ndarray:
        _, dtype = get_args(hint)
        assert isinstance(result, np.ndarray)
        assert result.dtype == get_args(dtype)[0]
    else:
        assert type(result) is hint


def choices(hint):
    """What a Literal lists, also one beside None; () for other hints and for methods, which test_optical_flow tries."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(choice for part in get_args(hint) for choice in ((None,) if part is type(None) else choices(part)))
    return get_args(hint) if get_origin(hint) is Literal and hint != FlowMethod else ()


@EVERY
def test_every_choice_works_and_another_is_one_clear_line(feature, arrays):
    hints = get_type_hints(feature.function)
    array, more = of(feature, arrays), extra(feature)
    for name, hint in hints.items():
        listed = [choice for choice in choices(hint) if choice is not None]
        for choice in choices(hint) if listed else ():
            feature.function(array, *more, **{name: choice})
        if listed or hint == FlowMethod:
            with pytest.raises(FeatureError, match="nothing of the kind"):
                feature.function(array, *more, **{name: "nothing of the kind"})


@pytest.mark.parametrize(
    ("name", "parameter", "good", "bad"),
    [
        ("lbp_top", "radii", (1, 1, 4), (1, 1)),
        ("lbp_top", "radii", (3, 3, 3), (1, 1, 1.5)),
        ("lbp_top", "neighbours", 4, 6),
        ("lbp_top", "planes", ("XY", "XT"), ("XZ",)),
        ("lbp_top", "planes", ("XY",), "XY"),
        ("lbp_top", "overlap", 0, "half"),
        ("lbp_sip", "levels", 2, 1.5),
        ("hoof", "blocks", (5, 5), 5),
        ("hoof", "bins", 8, 8.5),
        ("bi_woof", "scheme", "forward", "sobel"),
        ("osf", "smoothing", None, "median"),
        ("osf", "method", "paper", "horn-schunck"),
        ("mdmo", "brow_height", 12.5, None),
        ("mdmo", "variant", "meb", "matlab"),
        ("magnify", "alpha", 10, "10"),
        ("magnify", "levels", None, 2.5),
        ("find_apex", "feature", "strain", "hog"),
    ],
)
def test_hints_know_good_from_bad(name, parameter, good, bad):
    hint = get_type_hints(FEATURES[name].function)[parameter]
    check_type(good, hint)
    with pytest.raises(TypeCheckError):
        check_type(bad, hint)


@EVERY
def test_what_it_passes_on_can_be_named(feature):
    parameters = inspect.signature(feature.function).parameters
    assert any(p.kind is p.VAR_KEYWORD for p in parameters.values()) == bool(feature.passes)
    if not feature.passes:
        return
    *functions, methods = (load(path) for path in feature.passes)
    names = {name for function in functions for name in inspect.signature(function).parameters}
    assert "method" in {*parameters, *names}
    assert set(get_args(FlowMethod)) == set(methods)


def one_more(value):
    """A number plus one, of three numbers the last, which is that of time; None for other values."""
    if isinstance(value, tuple):
        return (*value[:-1], value[-1] + 1)
    return value + 1 if type(value) is int else None


@EVERY
def test_a_clip_of_the_least_number_of_frames_is_enough_and_one_fewer_is_not(feature):
    if not feature.least_frames:
        return
    least_frames = load(feature.least_frames)
    defaults = [(p.name, one_more(p.default)) for p in inspect.signature(least_frames).parameters.values()]
    for parameters in ({}, *({name: value} for name, value in defaults if value is not None)):
        frames = least_frames(**parameters)
        video = np.random.default_rng(0).integers(0, 256, (frames, 40, 40), dtype=np.uint8)
        assert np.isfinite(feature.function(video, *extra(feature), **parameters)).all()
        with pytest.raises(FeatureError):
            feature.function(video[1:], *extra(feature), **parameters)


@EVERY
def test_the_type_of_the_input_does_not_matter(feature, arrays):
    array = of(feature, arrays)
    expected = feature.function(array, *extra(feature))
    assert np.isfinite(expected).all()
    for dtype in (np.float32, np.float64) if feature.input == "flow" else (np.int32, np.float32, np.float64):
        np.testing.assert_array_equal(feature.function(array.astype(dtype), *extra(feature)), expected)


def test_levels_from_0_to_1_are_told_or_make_no_difference(arrays):
    """And so do all scales that are not those of grey levels: a motion must not be lost below a threshold."""
    scales = [
        ("multiply by 255", lambda clip: clip / 255),
        ("multiply by 255", lambda clip: (clip / 255).astype(np.float32)),
        ("scale to that", lambda clip: clip / 127.5 - 1),
        ("scale to that", lambda clip: (clip - clip.mean()) / clip.std()),
        ("scale to that", lambda clip: clip.astype(np.uint16) * 257),
        ("scale to that", lambda clip: clip * 257.0),
        ("scale to that", lambda clip: clip.astype(np.int64) - 128),
    ]
    told, blind = set(), set()
    for feature, parameters in SCALED:
        expected = feature.function(arrays["clip"], *extra(feature), **parameters)
        for helps, scaled in scales:
            clip = scaled(arrays["clip"])
            try:
                result = feature.function(clip, *extra(feature), **parameters)
            except FeatureError as error:
                assert re.fullmatch(  # noqa: PT017
                    rf"[a-z ]+: holds \S+ to \S+; expected grey levels, uint8 or floats in 0\.\.255: {helps}",
                    str(error),
                )
                told.add((feature.name, *parameters.values()))
            else:
                blind.add((feature.name, *parameters.values()))
                if feature.name in ("interpolate", "magnify"):  # whose frames are in the scale of the clip
                    slope, offset = np.polyfit(arrays["clip"].ravel() * 1.0, clip.ravel() * 1.0, 1)
                    np.testing.assert_allclose((result - offset) / slope, expected, atol=0.05)
                else:
                    np.testing.assert_array_equal(result, expected)
    assert blind == {
        *((name,) for name in ("lbp_top", "lbp_sip", "find_apex", "onset_difference", "feature_difference")),
        *((name,) for name in ("interpolate", "magnify")),
        ("lbp_top", "bilinear"),
    }
    assert not told & blind


@pytest.mark.parametrize(
    "valid",
    [
        lambda clip: (clip > 128).astype(np.uint8),
        lambda clip: (clip > 128).astype(np.int64),
        lambda clip: clip * 0.5 + 0.25,
        lambda clip: clip / 100,  # a dark clip
        lambda clip: clip * 1.2 - 20,  # as interpolation and magnification leave it
        lambda clip: np.full(clip.shape, 0.5),
        lambda clip: np.zeros(clip.shape),
    ],
    ids=["dark bytes", "dark integers", "fractions", "dark floats", "beyond", "one grey", "black"],
)
def test_grey_levels_are_taken_however_dark(valid, arrays):
    clip = valid(arrays["clip"])
    for feature, parameters in SCALED:
        assert np.isfinite(feature.function(clip, *extra(feature), **parameters)).all()


def test_a_magnified_clip_still_has_a_flow(arrays):
    magnified = features.magnify(arrays["clip"], 100, alpha=40)
    assert magnified.min() < -20
    assert magnified.max() > 275
    assert np.isfinite(features.flow_to_first(magnified)).all()


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


@EVERY
def test_a_worker_process_is_sent_the_function_itself(feature):
    assert pickle.loads(pickle.dumps(feature.function)) is feature.function


def test_a_fresh_process_reads_a_pickled_feature_and_offers_the_same():
    code = """
import pickle
for name, text in {pickled!r}.items():
    function = pickle.loads(text)
    import features
    assert function is getattr(features, name) is features.FEATURES[name].function
"""
    run(code.format(pickled={name: pickle.dumps(feature.function) for name, feature in FEATURES.items()}))


def test_a_reloaded_module_gives_its_new_function():
    code = """
import importlib, features.hoof, sys
before = features.hoof
importlib.reload(sys.modules["features.hoof"])
print(features.hoof is before, features.hoof is sys.modules["features.hoof"].hoof)
"""
    assert run(code) == "False True"


def test_the_flow_of_two_frames_is_offered_whatever_was_imported_before():
    for first in ("pass", "import features.optical_flow", "from features.optical_strain import strain_maps"):
        assert run(f"{first}\nimport features; print(features.optical_flow.__name__)") == "optical_flow"


def test_workers_take_a_function_that_names_the_package():
    code = """
import pickle, joblib, features
import numpy as np
clip = np.random.default_rng(0).integers(0, 256, (4, 20, 20), dtype=np.uint8)
there = pickle.loads(pickle.dumps(joblib.wrap_non_picklable_objects(lambda clip: features.lbp_top(clip))))
print((there(clip) == features.lbp_top(clip)).all())
"""
    assert run(code) == "True"


def run(code):
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_list_loads_nothing():
    code = "import sys, features; print([m for m in ('numpy', 'cv2', 'scipy', 'skimage') if m in sys.modules])"
    assert run(code) == "[]"


def test_dir_lists_the_features_and_loads_none():
    code = "import sys, features; print(set(features.FEATURES) - set(dir(features)), 'numpy' in sys.modules)"
    assert run(code) == "set() False"


def test_features_import_nothing_from_the_layers_above():
    code = (
        "import sys, features; [f.function for f in features.FEATURES.values()];"
        "print([m for m in sys.modules if m.split('.')[0] in ('baselines', 'cli', 'skimage', 'sklearn', 'dlib')])"
    )
    assert run(code) == "[]"


def test_a_name_gives_the_function_whatever_was_imported_before():
    """One interpreter for all; before each case it forgets this package."""
    code = """
import pkgutil, sys
from importlib import import_module
from types import FunctionType
import features
wrong = []
for name, feature in features.FEATURES.items():
    module = feature.path.partition(":")[0]
    for before in (
        "",
        f"import features.{module}",
        f"from features.{module} import {name}",
        f"from features import {name}",
        "for m in pkgutil.iter_modules(features.__path__): import_module(f'features.{m.name}')",
        f"features.{name}; import features.{module}",
    ):
        for loaded in [m for m in sys.modules if m.partition(".")[0] == "features"]:
            del sys.modules[loaded]
        import features
        exec(before, {"features": features, "pkgutil": pkgutil, "import_module": import_module})
        found = getattr(features, name)
        own = sys.modules.get(f"features.{module}")
        if not isinstance(found, FunctionType) or found.__name__ != name or found is not getattr(own, name):
            wrong.append((name, before))
print(wrong)
"""
    assert run(code) == "[]"


@pytest.mark.parametrize(
    "first", ["pass", "import features.hoof", "from features.hoof import hoof", "import features.bi_woof"]
)
def test_a_fresh_interpreter_calls_a_feature(first):
    code = f"{first}\nimport features, numpy\nprint(features.hoof(numpy.ones((4, 4, 2)))[5])"
    assert run(code) == "1.0"


def test_a_function_is_still_imported_from_its_module():
    from features.hoof import hoof, orientation_bins

    assert hoof is features.hoof is FEATURES["hoof"].function
    assert orientation_bins.__module__ == hoof.__module__ == "features.hoof"


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'lbp_topp'"):
        features.lbp_topp  # noqa: B018
    with pytest.raises(ImportError, match="lbp_topp"):
        from features import lbp_topp  # noqa: F401


def test_the_suite_knows_every_kind_of_input():
    assert set(EXTRA) == set(INPUTS)
