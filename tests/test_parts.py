"""One suite over every part that a recipe can name: found, documented, its parameters known and checked."""

import json

import numpy as np
import pytest

import features
from baselines import parts
from baselines.datasets.cutting import event_clips
from baselines.datasets.manifest import read_videos
from baselines.errors import InputError
from baselines.parts import KINDS, PARTS, build_part, check_part, describe_parts, find_part
from baselines.recognition.representation import feature_of, represent_one
from baselines.signatures import REQUIRED, fits, load, nearest
from features import FEATURES

EVERY = pytest.mark.parametrize(
    "part", [part for kind in PARTS.values() for part in kind.values()], ids=lambda part: f"{part.kind} {part.name}"
)


@EVERY
def test_it_is_there_and_documented(part):
    assert callable(part.load())
    assert part.summary.endswith(".")
    assert part.takes
    assert part.kind in KINDS
    assert part.name == part.name.lower().replace("-", "_"), "one spelling, that of a Python name"


@EVERY
def test_its_defaults_suit_its_own_types(part):
    for parameter in part.parameters().values():
        assert parameter.default is REQUIRED or fits(parameter.default, parameter.hint), parameter


@EVERY
def test_a_misspelt_parameter_and_a_wrong_kind_of_value_are_refused(part):
    with pytest.raises(InputError, match=rf"steps\.x\.nonsense: {part.name} has no such parameter"):
        check_part(part.kind, {"name": part.name, **_required(part), "nonsense": 1}, "steps.x")
    numbers = [p.name for p in part.parameters().values() if p.hint in (int, float) or isinstance(p.default, float)]
    for name in numbers:
        with pytest.raises(InputError, match=rf"steps\.x\.{name}: 'ten' does not suit; expected"):
            check_part(part.kind, {"name": part.name, **_required(part), name: "ten"}, "steps.x")


def _required(part):
    return {p.name: "a" if p.hint is str else 1 for p in part.parameters().values() if p.default is REQUIRED}


@EVERY
def test_its_name_misspelt_is_answered_with_the_nearest(part):
    wrong = part.name[:-1] + "q" if len(part.name) > 3 else part.name
    if wrong not in PARTS[part.kind]:
        with pytest.raises(InputError, match=f"{part.kind} '{wrong}' is not known; (did you mean|choose one of)"):
            find_part(part.kind, wrong)


def test_every_feature_is_a_representation_under_its_own_name():
    assert set(FEATURES) < set(PARTS["representation"])
    for name, feature in FEATURES.items():
        assert PARTS["representation"][name].load() is feature.function


def test_the_spelling_with_a_hyphen_is_answered_with_the_right_one():
    with pytest.raises(InputError, match="did you mean 'lbp_top'"):
        find_part("representation", "lbp-top")
    assert nearest("zzz", ["a", "b"]) == "choose one of a, b"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("features.nothing:hoof", "ModuleNotFoundError"),
        ("features.hoof:nothing", "AttributeError"),
        ("features.hoof", "AttributeError"),
    ],
)
def test_a_wrong_line_of_the_registry_is_told_in_one_line(path, reason):
    with pytest.raises(InputError, match=rf"{path}: cannot be loaded \({reason}: .*correct its line or the module"):
        load(path)


def test_two_parts_or_features_of_one_name_are_refused():
    hoof = PARTS["representation"]["hoof"]
    with pytest.raises(ValueError, match="two parts are called representation 'hoof'"):
        parts._by_name([hoof, hoof])
    with pytest.raises(ValueError, match="has no name, or that of"):
        features._by_name(FEATURES["hoof"], FEATURES["hoof"])
    with pytest.raises(ValueError, match=r"takes 'clips'; expected one of clip, flow, clip\+strain"):
        features._by_name(features.Feature("hoof:hoof", "clips", "nobody"))


def test_lists_of_a_recipe_become_tuples():
    channels = build_part("transform", {"name": "channels", "keep": [0, 2]})
    assert channels.keep == (0, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "lbp_top", "radius": [1, 1, 4]}, r"radius: lbp_top has no such parameter; did you mean 'radii'"),
        ({"name": "lbp_top", "radii": [1, 1]}, r"radii: \[1, 1\] does not suit; expected tuple of int, int, int"),
        ({"name": "lbp_top", "neighbours": 5}, r"neighbours: 5 does not suit; expected one of 4, 8"),
        ({"name": "lbp_top", "frames": True}, r"frames: True does not suit"),
        ({"name": "lbp_top", "magnification": {"alfa": 3}}, r"magnification: .* does not suit"),
        ({"name": "hoof", "apex": "spottet"}, r"apex: 'spottet' does not suit; expected one of 'annotated'"),
        ({"name": "hoof", "method": "tvl2"}, r"method: 'tvl2' does not suit; expected one of 'farneback'"),
        ({"name": "hoof", "winsize": 9}, r"winsize: hoof has no such parameter"),
        ({"name": "osf", "method": "dis", "winsize": 9}, r"winsize: osf has no such parameter"),
        ({"blocks": [5, 5]}, r'steps.x: expected a table like { name = "..." }'),
        ("hoof", r'steps.x: expected a table like { name = "..." }'),
    ],
)
def test_a_mistake_is_named_with_its_place(settings, message):
    with pytest.raises(InputError, match=message):
        check_part("representation", settings, "steps.x")


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "osf", "winsize": 9, "to_first": True},
        {"name": "osf", "method": "dis", "quality": "fast", "map_size": 20, "size": 64},
        {"name": "mdmo", "method": "tvl1", "tau": 0.2, "frames": 10, "brow_height": 10},
        {"name": "lbp_top", "overlap": 0, "magnification": {"alpha": 8, "cutoff": 16.0}},
    ],
)
def test_parameters_of_the_preparation_and_of_the_flow_method_are_known(settings):
    assert check_part("representation", settings, "steps.x").name == settings["name"]


@pytest.fixture(scope="module")
def clip(corpus):
    return event_clips(read_videos(corpus / "clips"))[0]


@pytest.mark.parametrize("name", FEATURES)
def test_extract_and_a_recipe_give_the_same_array(clip, name):
    """At 100 frames/s the band of `magnify` fits; the features of spotting have no contrast in so short a clip."""
    settings = {"name": name, "size": 96}
    if FEATURES[name].input == "flow":
        settings["method"] = "dis"
    if "contrast" in PARTS["representation"][name].parameters():
        settings["contrast"] = False
    found = feature_of(clip, settings)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found.astype(np.float32), represent_one(clip, settings))


def test_the_command_lists_every_part_with_its_parameters(megc):
    listed = json.loads(megc("recipes", "parts", "--json").stdout)
    assert listed == json.loads(json.dumps(describe_parts()))
    assert {(entry["kind"], entry["name"]) for entry in listed} == {
        (kind, name) for kind, named in PARTS.items() for name in named
    }
    (hoof,) = [entry for entry in listed if entry["name"] == "hoof"]
    defaults = {p["name"]: p["default"] for p in hoof["parameters"]}
    assert (defaults["bins"], defaults["size"], defaults["apex"]) == (8, 128, "annotated")
    text = megc("recipes", "parts").stdout
    assert all(f"\n  {entry['name']}: " in text for entry in listed)
