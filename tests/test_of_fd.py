"""The MEGC2022 winner: its empirical modes, the motion of a window, its rule, its windows and its recipes.

What holds for every spotting method is in test_spotting_methods.py.
"""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implanted_video import profile
from oracle_clips import golden
from scipy.ndimage import gaussian_filter
from sklearn.base import clone

from baselines.errors import InputError
from baselines.faces.following import FaceFrame
from baselines.parts import check_part
from baselines.recipes import load_recipe
from baselines.spotting.of_fd.emd import empirical_modes, without_trend
from baselines.spotting.of_fd.method import OfFd2022
from baselines.spotting.of_fd.motion import CURVES, PARTS, window_motion
from baselines.spotting.of_fd.rule import Movement, Rule, low_passed, merged, movements, next_window, twice_merged
from baselines.spotting.recipe import make_spotter

FPS = 30.0
LAW = settings(max_examples=60, deadline=None, derandomize=True)
RULE = Rule(1.4, 1.8, 0.8, 0.33, 0.3, 0.7, 30, 10, 20, 8)
CURVE = st.lists(st.floats(0, 8, allow_nan=False).map(lambda x: round(x, 2)), max_size=70)


# --- empirical modes

T120, T60 = np.arange(120.0), np.arange(60.0)


# Made by EMD-signal 1.10.0 (PyPI) with its defaults: `EMD().emd(signal, t)`, rows of modes at some places.
@pytest.mark.parametrize(
    ("signal", "places", "modes"),
    [
        (
            0.8 + np.sin(T120 / 4) + 0.6 * np.sin(T120 / 15) + (T120 / 80) ** 2,
            [0, 10, 37, 60, 90, 119],
            [
                [-0.41936, 0.573217, 0.161183, 0.632431, -0.45353, -0.666207],
                [-0.080549, -0.043197, 0.129449, -0.567486, -0.111741, 0.863764],
                [1.29991, 1.255098, 1.272067, 1.493761, 1.976072, 2.417734],
            ],
        ),
        (
            np.abs(np.sin(T60 / 9)) * 2 + 0.3 * np.cos(T60),
            [0, 10, 37, 59],
            [
                [0.036321, -0.312987, 0.194859, 0.088988],
                [-0.822263, 0.767486, 0.596642, -0.868183],
                [1.085941, 1.086164, 1.08735, 1.085902],
            ],
        ),
    ],
)
def test_the_modes_are_those_of_the_published_package(signal, places, modes):
    np.testing.assert_allclose(empirical_modes(signal)[:, places], modes, atol=2e-6)


@LAW
@given(CURVE)
def test_the_modes_add_up_and_a_trend_holds_no_other(values):
    values = np.array(values)
    modes = empirical_modes(values)
    np.testing.assert_allclose(modes.sum(axis=0), values, atol=1e-9)
    np.testing.assert_array_equal(modes, empirical_modes(values))
    np.testing.assert_allclose(without_trend(values), values - modes[-1], atol=1e-9)
    assert len(empirical_modes(modes[-1])) == 1


def test_a_trend_is_told_from_an_oscillation():
    wave = np.sin(np.arange(150) / 5)
    found = without_trend(wave + np.arange(150) / 30)
    assert np.abs(found - wave)[20:-20].max() < 0.15


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [3.0] * 40, list(range(40))])
def test_what_does_not_oscillate_is_trend_as_a_whole(values):
    np.testing.assert_array_equal(without_trend(np.array(values, float)), np.zeros(len(values)))


# --- the rule


def test_the_low_pass_keeps_what_is_slow_and_nothing_else():
    t = np.arange(90) / FPS
    slow = 3 + np.sin(2 * np.pi * 2 * t)
    found = low_passed(slow + np.sin(2 * np.pi * 5 * t) + np.sin(2 * np.pi * 9 * t), 5.0, FPS)
    np.testing.assert_allclose(found, slow, atol=1e-9)
    np.testing.assert_allclose(low_passed(slow - 5, 5.0, FPS), np.abs(slow - 5), atol=1e-9)


def bumps(*events, frames=200):
    """Return (frames,) a curve of bumps (onset, apex, offset, height, apex_end) and a slight tremble."""
    tremble = 0.05 * np.sin(np.arange(frames) / 3)
    return tremble + sum(
        height * profile(frames, onset, apex, offset, *end) for onset, apex, offset, height, *end in events
    )


def found_in(curve, rule=RULE, least=1.0):
    return [(one.first, one.apex, one.last) for one in movements(curve, rule, "mouth", least)]


def test_a_movement_lasts_while_it_is_above_a_share_of_its_height():
    curve = bumps((60, 80, 100, 3.0))
    ((first, apex, last),) = found_in(curve)
    assert abs(apex - 80) <= 1
    low = curve[50:110].min()
    level = low + 0.33 * (curve[apex] - low)
    assert (curve[first + 1 : last] >= level).all()
    assert curve[first] < level > curve[last]


@pytest.mark.parametrize(
    ("height", "asked", "number"),
    [(3.0, {}, 1), (1.3, {}, 0), (1.6, {}, 0), (1.6, {"rise": 1.5}, 1), (3.0, {"detail": 9.0}, 0)],
)
def test_a_peak_needs_height_rise_and_detail(height, asked, number):
    assert len(found_in(bumps((60, 80, 100, height)), replace(RULE, **asked))) == number


def test_a_movement_is_cut_at_a_deep_valley_only():
    two, rule = bumps((50, 70, 100, 6.0, 74), (77, 103, 133, 6.0, 107)), replace(RULE, share=0.1, edge=16)
    first, second = found_in(two, rule)
    valley = 75 + int(np.argmin(two[75:105]))
    assert (first[2], second[0]) == (valley - 1, valley + 1)
    for deeper in ({"depth": 1.3}, {"share": 0.2}):
        (whole,) = found_in(two, replace(rule, **deeper))
        assert first[0] <= whole[0] < valley < whole[2] <= second[2]


def test_a_movement_that_has_not_come_back_ends_where_it_was_last_seen_to_fall():
    step = bumps((60, 80, 400, 4.0, 300))  # stays at its height
    ((first, _, last),) = found_in(step)
    assert 60 < first < 80
    assert last < 160


def test_lower_scores_add_movements_and_keep_those_that_are_there():
    curve = bumps((40, 52, 66, 3.0), (120, 133, 150, 1.5))
    usual, lenient = found_in(curve), found_in(curve, least=0.6)
    assert len(usual) == 1
    assert set(usual) < set(lenient)
    assert any(120 < apex < 150 for _, apex, _ in lenient)
    assert found_in(curve, least=5.0) == []


@pytest.mark.parametrize("frames", [1, 2, 5, 30])
def test_short_curves_give_nothing(frames):
    assert found_in(np.ones(frames)) == []


def movement(first, last, score=1.0, part="mouth"):
    return Movement(first, (first + last) // 2, last, score, part)


def spans(found):
    return [(one.first, one.last) for one in found]


def test_movements_that_share_enough_become_one():
    # 10 of the 30 of the shorter: .33
    pair = [movement(0, 30), movement(20, 60, 2.0, "nose")]
    assert spans(merged(pair, 0.34)) == [(0, 30), (20, 60)]
    (both,) = merged(pair, 0.29)
    assert both == Movement(0, 40, 60, 2.0, "nose")
    # the third joins the two others, and only then do these share enough
    three = [movement(0, 30), movement(40, 70), movement(15, 55)]
    assert spans(merged(three, 0.3)) == [(0, 55), (15, 70)]
    assert spans(twice_merged(three, 0.3)) == [(0, 70)]
    assert merged([movement(5, 5), movement(5, 5)], 0.29) == [movement(5, 5)] * 2


@pytest.mark.parametrize(
    ("ends", "step"),
    [
        ([], 100),
        ([(10, 60), (120, 190)], 100),
        ([(90, 120)], 140),
        ([(60, 160)], 40),
        ([(40, 160)], 170),
        ([(40, 195)], 199),
        ([(90, 120), (60, 160)], 40),
    ],
)
def test_the_next_window_holds_what_moves_across_the_middle(ends, step):
    assert next_window([movement(*both) for both in ends], 200, 20) == step


@LAW
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 79)), max_size=6), st.integers(1, 80))
def test_windows_go_on_and_leave_nothing_out(pairs, length):
    found = [movement(first * length // 200, (first + more) * length // 200) for first, more in pairs]
    step = next_window(found, length, max(1, length // 10))
    assert 1 <= step <= max(1, length - 1)


# --- motion

PLACE = np.array(golden("mdmo_meb")["landmarks"]) * 2.0 - 10  # (68, 2) landmarks in a frame of 240 px


@cache
def skin(size=240):
    """(size, size) float texture."""
    rng = np.random.default_rng(3)
    return np.float32(128 + 400 * gaussian_filter(rng.normal(size=(size, size)), 2.5))


def frame(dx=0.0, dy=0.0, moved=(), scale=1):
    """A frame of skin shifted by (dx, dy), with bumps of displacement (x, y of the middle, u, v) in it."""
    y, x = np.mgrid[:240, :240].astype(np.float32)
    map_x, map_y = x - np.float32(dx), y - np.float32(dy)
    for cx, cy, u, v in moved:
        bump = np.exp(-((map_x - np.float32(cx)) ** 2 + (map_y - np.float32(cy)) ** 2) / np.float32(2 * 12**2))
        map_x, map_y = map_x - np.float32(u) * bump, map_y - np.float32(v) * bump
    picture = cv2.remap(skin(), map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def face(picture, place=PLACE, corner=(0, 0)):
    """A face whose picture is the part of the frame from a corner on."""
    return FaceFrame(place.astype(np.float32), picture[corner[1] :, corner[0] :], corner)


def of_part(motion, part):
    return motion[:, [name == part for name in CURVES]]


def brow(amplitude):
    """The right brow lifted."""
    x, y = PLACE[[18, 19, 20]].mean(axis=0)
    return [(x, y, 0, -amplitude)]


def test_there_are_sixteen_curves_of_four_parts():
    assert len(CURVES) == 16
    assert [CURVES.count(part) for part in PARTS] == [4, 4, 6, 2]


def test_a_lifted_brow_moves_by_what_it_was_lifted_and_nothing_else_does():
    motion = window_motion([face(frame()), face(frame(moved=brow(2.0))), face(frame())], 256)
    assert motion.shape == (3, 16)
    assert motion.dtype == np.float32
    np.testing.assert_array_equal(motion[0], 0)
    assert motion[2].max() < 0.05
    half = int(np.hypot(*(PLACE[42] - PLACE[39])) / 2)
    lifted = 2.0 * 256 / (8 * half)  # px of the crop
    assert of_part(motion, "right brow")[1].max() == pytest.approx(lifted, rel=0.2)
    for part in ("left brow", "mouth", "nose"):
        assert of_part(motion, part)[1].max() < 0.25 * lifted


@pytest.mark.parametrize(("dx", "dy"), [(3, -2), (9.4, 6.7), (-14, 11)])
def test_a_head_that_moves_as_a_whole_is_no_motion(dx, dy):
    # the head comes there within a few frames, as heads do
    steps = [frame(dx * share, dy * share) for share in (0, 0.25, 0.5, 0.75, 1)]
    lifted = frame(dx, dy, brow(2.0))
    motion = window_motion([face(picture) for picture in (*steps, lifted)], 256)
    assert motion[1:-1].max() < 0.1
    assert of_part(motion, "right brow")[-1].max() > 3


def test_px_are_those_of_the_crop_however_large_the_frame():
    small, large = (
        window_motion(
            [face(frame(scale=scale), PLACE * scale), face(frame(4, 3, brow(2.0), scale), PLACE * scale)], 256
        )
        for scale in (1, 2)
    )
    assert of_part(large, "right brow")[1].max() == pytest.approx(of_part(small, "right brow")[1].max(), rel=0.15)


def test_boxes_grow_with_the_side_of_the_crop():
    faces = [face(frame()), face(frame(moved=brow(2.0)))]
    usual, larger = (of_part(window_motion(faces, side), "right brow")[1].max() / side for side in (256, 384))
    assert larger == pytest.approx(usual, rel=0.15)


def test_only_what_the_crop_holds_matters_and_beyond_the_frame_its_border_goes_on():
    half = int(np.hypot(*(PLACE[42] - PLACE[39])) / 2)
    x, y = PLACE[[39, 42]].mean(axis=0).astype(int)
    left, top = x - 4 * half, y - 3 * half
    corner = (int(left) - 8, int(top) - 8)
    assert min(corner) >= 0
    pictures = [frame(), frame(2, 1, brow(2.0))]
    whole, part = (window_motion([face(picture, corner=c) for picture in pictures], 256) for c in ((0, 0), corner))
    np.testing.assert_array_equal(part, whole)
    cut, x0 = [picture[:, left + 20 :] for picture in pictures], left + 20
    repeated = [np.pad(picture, ((0, 0), (x0, 0)), mode="edge") for picture in cut]
    np.testing.assert_array_equal(
        window_motion([FaceFrame(PLACE.astype(np.float32), picture, (int(x0), 0)) for picture in cut], 256),
        window_motion([face(picture) for picture in repeated], 256),
    )


@pytest.mark.parametrize("place", [PLACE * [0, 1] + [120, 0], PLACE * 0.05 + 100, PLACE + 400, PLACE[:, ::-1]])
def test_strange_landmarks_break_nothing(place):
    motion = window_motion([face(frame(), place), face(frame(2, 0), place)], 256)
    assert np.isfinite(motion).all()


# --- windows


def moving(frames, *events):
    """Faces of which the right brow lifts by 3 px at events (onset, apex, offset)."""
    lifted = sum((profile(frames, *event) for event in events), np.zeros(frames))
    return [lifted_by(height) for height in np.round(lifted, 1).tolist()]


@cache
def lifted_by(height):
    return face(frame(moved=brow(3.0 * height)))


def windows_of(measured):
    """Return sorted (first, last) frames of the windows in what was measured."""
    found = []
    for column in range(measured.shape[1]):
        known = np.concatenate([[False], np.isfinite(measured[:, column, 0]), [False]])
        edges = np.flatnonzero(np.diff(known.astype(int)))
        found += [(int(first) - 1, int(end)) for first, end in zip(edges[::2], edges[1::2])]
    return sorted(found)


def test_windows_move_on_by_half_and_the_last_ends_with_the_video():
    spotter = OfFd2022(window=60)
    measured = spotter.measure(iter(moving(100)), FPS)
    assert measured.shape == (100, 2, 16)
    assert windows_of(measured) == [(0, 59), (30, 89), (60, 99)]
    assert spotter.spot(measured, FPS).intervals == ()


def test_a_movement_across_the_middle_lies_whole_in_the_next_window_and_is_found_once():
    spotter = OfFd2022(window=60)
    measured = spotter.measure(iter(moving(100, (20, 29, 39))), FPS)
    (found,) = spotter.spot(measured, FPS).intervals
    assert found.region == "right brow"
    assert found.kind == "macro"
    assert found.score > 1
    assert 18 <= found.onset <= found.apex <= found.offset <= 42
    assert abs(found.apex - 30) <= 1
    second = windows_of(measured)[1][0]
    assert second == found.offset - 1 + 6, "behind its end, where no half of it is seen"


def test_a_lost_face_ends_a_window_and_the_next_starts_where_it_is_back():
    faces = moving(90)
    faces[40:50] = [FaceFrame(np.full((68, 2), np.nan, np.float32))] * 10
    assert windows_of(OfFd2022(window=60).measure(iter(faces), FPS)) == [(0, 39), (50, 89)]


def test_the_samm_recipe_takes_every_seventh_frame_of_two_hundred():
    spotter = make_spotter(load_recipe("of-fd-2022-samm"))
    own = spotter.get_params()
    faces = moving(90, (40, 55, 70))
    repeated = [each for each in faces for _ in range(7)][:-3]
    measured = spotter.measure(iter(repeated), 200.0)
    assert len(measured) == len(repeated)
    at_thirty = spotter.set_params(rate=30.0, cutoff=5.0).measure(iter(faces), FPS)
    np.testing.assert_array_equal(measured[::7], at_thirty)
    slow, quick = (
        [(one.onset, one.apex, one.offset) for one in each.spot(array, fps).intervals]
        for each, array, fps in ((spotter, at_thirty, FPS), (clone(spotter).set_params(**own), measured, 200.0))
    )
    assert len(slow) == 1
    assert quick == [tuple(7 * (frame - 1) + 1 for frame in found) for found in slow]


def test_a_face_missed_between_two_frames_that_are_taken_is_not_passed_over():
    faces = [each for each in moving(40) for _ in range(7)]
    faces[143] = FaceFrame(np.full((68, 2), np.nan, np.float32))
    measured = OfFd2022(rate=28.57).measure(iter(faces), 200.0)
    assert np.isnan(measured[140:147]).all()


def test_intervals_are_as_long_as_the_method_says():
    spotter = OfFd2022(window=60)
    measured = spotter.measure(iter(moving(150, (20, 26, 32), (60, 75, 95), (120, 128, 140))), FPS)
    every = spotter.set_params(shortest=1).spot(measured, FPS).intervals
    assert len(every) >= 2
    for shortest in (8, 12, 20):
        kept = spotter.set_params(shortest=shortest).spot(measured, FPS).intervals
        assert all(found.offset - found.onset >= shortest for found in kept)
    assert spotter.set_params(shortest=1, longest=2).spot(measured, FPS).intervals == ()


def test_curves_are_drawn_for_each_part_in_px_of_the_crop():
    spotter = OfFd2022(window=60)
    measured = spotter.measure(iter(moving(70, (20, 35, 50))), FPS)
    curves = {curve.name: curve for curve in spotter.spot(measured, FPS).curves}
    assert list(curves) == list(PARTS)
    assert {curve.unit for curve in curves.values()} == {"px"}
    assert {curve.threshold for curve in curves.values()} == {1.4}
    assert np.nanmax(curves["right brow"].values) > 1.4 > np.nanmax(curves["mouth"].values)


# --- recipes


def test_the_recipes_have_the_published_settings():
    cas, samm = (make_spotter(load_recipe(name)).get_params() for name in ("of-fd-2022", "of-fd-2022-samm"))
    rises = ("rise_brow", "rise_mouth", "rise_nose", "detail", "peak", "share", "drop", "depth")
    assert [cas[name] for name in rises] == [1.8, 1.85, 2.1, 0.8, 1.4, 0.33, 0.3, 0.7]
    assert [samm[name] for name in rises] == [1.65, 1.5, 1.5, 0.8, 1.4, 0.33, 0.3, 0.7]
    assert (cas["side"], samm["side"], cas["overlap"], samm["overlap"]) == (256, 284, 0.29, 0.34)
    for one in (cas, samm):
        assert (one["window"], one["shortest"], one["longest"]) == (200, 12, 200)
    assert samm["rate"] == pytest.approx(200 / 7)
    assert samm["cutoff"] / samm["rate"] == pytest.approx(cas["cutoff"] / cas["rate"])


def test_they_run_when_named():
    assert all(load_recipe(name).slow and load_recipe(name).floor for name in ("of-fd-2022", "of-fd-2022-samm"))


def test_too_small_a_crop_is_refused():
    with pytest.raises(InputError, match=r"side.*of at least 64"):
        check_part("spotting method", {"name": "of_fd_2022", "side": 40}, "steps.method")
