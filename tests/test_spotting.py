"""Spotting: curves and intervals from displacements, and from real pixels with implanted motion."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from sklearn.base import clone

from baselines.datasets.frames import ArrayFrames, open_frames
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.report.plots import plot_spotting
from baselines.spotting import METHODS, RegionalContrast, SoftnetRule, SpottingResult
from baselines.spotting.curves import (
    face_runs,
    moilanen_threshold,
    noise_level,
    out_and_back,
    rise_and_fall,
    tallest_apart,
)
from features.regions import EYES, REGIONS

NAMES = [*REGIONS, *EYES]


def profile(frames, onset, apex, offset, apex_end=None):
    """Rise and fall of an expression as half cosines, 0 to 1, from onset to offset (indices)."""
    t = np.arange(frames)
    rise = np.clip((t - onset) / (apex - onset), 0, 1)
    fall = np.clip((offset - t) / (offset - (apex_end or apex)), 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))


def displacement(frames, events, seed=0, noise=0.0007):
    """Region displacements (T, 10, 2) in eye distances: sensor noise, slow drift and events.

    events: (region, x, y, profile).
    """
    rng = np.random.default_rng(seed)
    motion = rng.normal(0, noise, (frames, len(NAMES), 2))
    motion += np.linspace(0, 0.02, frames)[:, None, None] * rng.normal(size=(1, len(NAMES), 2))
    for region, x, y, shape in events:
        motion[:, NAMES.index(region)] += shape[:, None] * (x, y)
    return motion


def spans(result, kind=None):
    return [(i.onset, i.offset) for i in result.intervals if kind in (None, i.kind)]


def overlap(a, b):
    common = max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1)
    return common / (a[1] - a[0] + b[1] - b[0] + 2 - common)


# --- curves


@given(st.integers(1, 30), st.floats(-2, 2), st.floats(-2, 2))
def test_drift_has_no_contrast(k, x, y):
    drift = np.linspace(0, 1, 80)[:, None, None] * np.array([[(x, y)]])
    np.testing.assert_allclose(out_and_back(drift, k), 0, atol=1e-9)


@given(st.integers(1, 30), st.integers(0, 80))
def test_a_step_has_no_contrast(k, at):
    step = (np.arange(80) >= at).astype(float)[:, None, None] * np.array([[(0.6, 0.8)]])
    np.testing.assert_allclose(out_and_back(step, k), 0, atol=1e-12)


@given(st.integers(6, 30), st.floats(0.01, 3), st.floats(0, 6.28))
def test_contrast_at_the_apex_is_the_height_of_the_event(k, height, angle):
    event = profile(80, 35, 40, 45)[:, None, None] * height * np.array([[(np.cos(angle), np.sin(angle))]])
    contrast = out_and_back(event, k)[:, 0]
    assert contrast.argmax() == 40
    assert contrast[40] == pytest.approx(height)


@given(st.integers(0, 1000), st.integers(1, 25))
@settings(max_examples=25)
def test_contrast_is_the_same_backwards_and_wherever_zero_is(seed, k):
    walk = np.random.default_rng(seed).normal(size=(60, 3, 2)).cumsum(axis=0)
    forth = out_and_back(walk, k)
    np.testing.assert_allclose(out_and_back(walk[::-1], k)[::-1], forth, atol=1e-9)
    np.testing.assert_allclose(out_and_back(walk + (5, -3), k), forth, atol=1e-9)


def test_thresholds():
    values = np.array([0.0, 0, 0, 0, 4, 2])
    assert moilanen_threshold(values, 0.55) == pytest.approx(1 + 0.55 * 3)
    noise = np.random.default_rng(0).normal(10, 2, 100_000)
    assert noise_level(noise, 3) == pytest.approx(16, abs=0.1)


@given(st.integers(30, 60), st.integers(6, 25), st.integers(6, 25), st.floats(-0.2, 0.2))
def test_rise_and_fall_finds_onset_and_offset_on_a_drifting_face(apex, rise, fall, drift):
    onset, offset = apex - rise, apex + fall
    event = profile(100, onset, apex, offset)[:, None] * (0.6, -0.8) + np.arange(100)[:, None] / 100 * (drift, drift)
    found = rise_and_fall(event, apex, 40)
    assert overlap((found[0], found[2]), (onset, offset)) > 0.6
    assert abs(found[1] - apex) <= 2


def test_the_taller_of_overlapping_events_stays():
    low, tall, apart = (
        _Candidate(10, 20, 1.0),
        _Candidate(15, 30, 2.0),
        _Candidate(31, 40, 0.5),
    )
    assert tallest_apart([low, tall, apart]) == [tall, apart]


class _Candidate:
    def __init__(self, onset, offset, height):
        self.onset, self.offset, self.height = onset, offset, height


@given(st.lists(st.booleans(), max_size=40))
def test_face_runs_are_the_runs(present):
    present = np.array(present, bool)
    rebuilt = np.zeros(len(present), bool)
    runs = face_runs(present)
    for run in runs:
        assert not rebuilt[run].any()
        rebuilt[run] = True
    np.testing.assert_array_equal(rebuilt, present)
    assert all(b.start > a.stop for a, b in zip(runs, runs[1:]))


# --- regional contrast on displacements


@pytest.mark.parametrize("fps", [25, 60, 200])
def test_micro_and_macro_are_found_at_any_frame_rate(fps):
    frames = 20 * fps
    at = lambda *seconds: profile(frames, *(s * fps for s in seconds))  # noqa: E731
    motion = displacement(
        frames,
        [
            ("left mouth corner", 0.015, -0.01, at(4.0, 4.15, 4.4)),
            ("right inner brow", 0, -0.02, at(8.0, 8.2, 8.4)),
            ("upper lip", 0.02, 0.06, at(12, 12.5, 15, 14)),
        ],
    )
    found = RegionalContrast().spot(motion, fps)
    truth = [(4.0, 4.4, "micro"), (8.0, 8.4, "micro"), (12, 15, "macro")]
    assert [i.kind for i in found.intervals] == [kind for *_, kind in truth]
    assert [i.region for i in found.intervals] == ["left mouth corner", "right inner brow", "upper lip"]
    for interval, (onset, offset, _) in zip(found.intervals, truth):
        assert overlap((interval.onset, interval.offset), (onset * fps + 1, offset * fps + 1)) > 0.65
        assert interval.onset <= interval.apex <= interval.offset
        assert interval.score >= 1


@given(st.integers(0, 10_000), st.floats(0.0, 0.0012))
@settings(max_examples=20, deadline=None)
def test_a_still_face_yields_nothing(seed, noise):
    assert RegionalContrast().spot(displacement(600, [], seed, noise), 30).intervals == ()


def test_a_restless_face_yields_little():
    motion = gaussian_filter1d(np.random.default_rng(3).normal(0, 0.1, (1800, len(NAMES), 2)), 8, axis=0)
    assert len(RegionalContrast().spot(motion, 30).intervals) <= 3
    assert len(RegionalContrast(noise_sigmas=0, p=0).spot(motion, 30).intervals) > 20


def test_a_turn_of_the_head_is_no_expression():
    step = 0.05 / (1 + np.exp(-(np.arange(600) - 300) / 4.0))
    motion = displacement(600, [(name, 1, 0.5, step) for name in NAMES])
    assert RegionalContrast().spot(motion, 30).intervals == ()


def test_the_shadow_of_a_blink_is_no_expression():
    blink = profile(600, 300, 303, 308)
    shadow = [(name, 0, 0.012, blink) for name in NAMES if "brow" in name]
    lids = [(name, 0, 0.06, blink) for name in EYES]
    assert spans(RegionalContrast().spot(displacement(600, shadow), 30)) != []
    assert RegionalContrast().spot(displacement(600, shadow + lids), 30).intervals == ()


def test_a_twitch_within_a_smile_is_part_of_it():
    smile = profile(900, 300, 320, 420, 400)
    twitch = 0.2 * profile(900, 350, 355, 360)
    motion = displacement(900, [("left mouth corner", 0.06, -0.04, smile + twitch)])
    (interval,) = RegionalContrast().spot(motion, 30).intervals
    assert interval.kind == "macro"
    assert overlap((interval.onset, interval.offset), (301, 421)) > 0.8


def test_no_interval_reaches_into_frames_without_a_face():
    motion = displacement(600, [("upper lip", 0, 0.05, profile(600, 280, 295, 330, 315))])
    motion[300:320] = np.nan
    motion[598:] = np.nan
    found = RegionalContrast().spot(motion, 30)
    assert all(i.offset <= 300 or i.onset > 320 for i in found.intervals)
    assert all(np.isnan(curve.values[300:320]).all() for curve in found.curves)


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 5, 12])
def test_videos_shorter_than_a_window(frames):
    for method in METHODS.values():
        measured = np.zeros((frames, 2)) if method is SoftnetRule else displacement(frames, [])
        assert spans(method().spot(measured, 30), "macro") == []
        assert method().spot(np.full_like(measured, np.nan), 30).intervals == ()


# --- the rule of SOFTNet


def test_softnet_rule_on_the_golden_curve():
    """Intervals that the public rule gives on this curve (k = 12, p = .55); two short events are smoothed away."""
    rng = np.random.default_rng(11)
    curve = np.convolve(rng.normal(0, 0.05, 600), np.ones(5) / 5, "same")
    for centre, width, height in [(80, 12, 1.0), (230, 9, 0.8), (390, 15, 1.2), (520, 10, 0.5)]:
        curve += height * np.exp(-(((np.arange(600) - centre) / (width / 2)) ** 2))
    found = SoftnetRule().spot(np.stack([curve, curve], axis=1), 60)
    assert spans(found, "micro") == [(69 + 1, 93 + 1), (378 + 1, 402 + 1)]


# --- real pixels with implanted motion


def implanted_video(events, frames=150, seed=0):
    """The portrait of scikit-image with sensor noise, head drift and bumps of displacement.

    events: (x, y of the middle, dx, dy in px, profile). About 70 px between the eyes.
    """
    import skimage.data

    rng = np.random.default_rng(seed)
    portrait = cv2.resize(skimage.data.astronaut()[10:198, 120:320], (320, 300), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:300, :320].astype(np.float32)
    drift = gaussian_filter1d(rng.normal(size=(frames + 200, 2)), 25, axis=0)[100:-100].astype(np.float32) * 20
    video = np.empty((frames, 300, 320, 3), np.uint8)
    for t in range(frames):
        head_x, head_y = x - drift[t, 0], y - drift[t, 1]
        map_x, map_y = head_x.copy(), head_y.copy()
        for cx, cy, dx, dy, shape in events:
            bump = np.exp(-((head_x - cx) ** 2 + (head_y - cy) ** 2) / (2 * 14.0**2)) * np.float32(shape[t])
            map_x -= np.float32(dx) * bump
            map_y -= np.float32(dy) * bump
        face = cv2.remap(portrait, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        noise = rng.normal(0, 2, face.shape[:2])[..., None]
        video[t] = np.clip(np.rint(face + noise), 0, 255)
    return ArrayFrames(video)


@pytest.fixture(scope="module")
def implanted():
    pytest.importorskip("dlib", reason="dlib is not installed")
    smile = profile(150, 40, 44, 49)
    frown = profile(150, 100, 105, 111)
    events = [(205, 206, 1.6, -1.2, smile), (118, 128, 0, -1.8, frown), (146, 130, 0, -1.8, frown)]
    return implanted_video(events)


def test_implanted_micro_motion_is_found(implanted):
    found = RegionalContrast().predict(implanted, 30.0)
    assert [i.kind for i in found.intervals] == ["micro", "micro"]
    assert overlap(spans(found)[0], (41, 50)) >= 0.5
    assert overlap(spans(found)[1], (101, 112)) >= 0.5
    assert found.intervals[0].region == "left mouth corner"
    assert found.intervals[1].region.startswith("right")
    assert found.warnings == ()


def test_its_still_twin_yields_nothing(implanted):
    assert RegionalContrast().predict(implanted_video([]), 30.0).intervals == ()


def test_landmarks_may_be_given_and_progress_is_told(implanted):
    from baselines.faces import cached_track

    landmarks = cached_track(implanted, 30.0).landmarks[:12]
    seen = []
    SoftnetRule().predict(implanted[:12], 30.0, landmarks=landmarks, progress=seen.append)
    assert sum(seen) == 12


@pytest.mark.parametrize("fps", [0, -30, float("nan"), None])
def test_a_frame_rate_is_needed(implanted, fps):
    with pytest.raises(InputError, match=r"frames per second; give the frame rate"):
        RegionalContrast().predict(implanted, fps)


@pytest.mark.parametrize("method", METHODS.values())
def test_spotters_are_scikit_learn_estimators(method):
    spotter = method(p=0.2)
    assert spotter.get_params()["p"] == 0.2
    assert clone(spotter).get_params() == spotter.get_params()
    assert set(method.measured_by) <= set(spotter.get_params())


# --- real video


def test_the_smile_of_a_real_face(shared_data):
    frames = open_frames(shared_data / "faces" / "single_face.mp4")
    found = RegionalContrast().predict(frames, frames.fps)
    # Seen by eye: neutral until frame 17, the smile from 18 to 71, neutral again at 72.
    assert max(overlap(span, (18, 71)) for span in spans(found, "macro")) > 0.8
    assert len(found.intervals) <= 2


@pytest.mark.parametrize(("name", "last_missing", "smile"), [("noface_face.mov", 96, (114, 167))])
def test_no_interval_where_there_is_no_face(shared_data, name, last_missing, smile):
    frames = open_frames(shared_data / "faces" / name)
    for method in METHODS.values():
        found = method().predict(frames, frames.fps)
        assert found.intervals
        assert all(i.onset > last_missing for i in found.intervals)
        assert any("no face" in warning for warning in found.warnings)
    found = RegionalContrast().predict(frames, frames.fps)
    assert max(overlap(span, smile) for span in spans(found, "macro")) > 0.7


# --- the picture


def test_the_picture_shows_curves_intervals_and_truth(tmp_path):
    motion = displacement(300, [("upper lip", 0, 0.05, profile(300, 100, 115, 130))])
    motion[250:] = np.nan
    found = RegionalContrast().spot(motion, 30)
    plot_spotting(found, 30, tmp_path / "a" / "curve.png", title="a video")
    plot_spotting(found, 30, tmp_path / "a" / "truth.png", truth=[Event(101, 131, kind="macro")], title="a video")
    plain, with_truth = (cv2.imread(str(tmp_path / "a" / name)) for name in ("curve.png", "truth.png"))
    assert plain.shape[1] == 1200
    assert with_truth.shape[0] > plain.shape[0]
    assert (np.abs(plain.astype(int) - (0x8E, 0x63, 0x30)).sum(axis=2) == 0).sum() > 500
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["curve.png", "truth.png"]


def test_the_picture_of_nothing(tmp_path):
    plot_spotting(SpottingResult(()), 30, tmp_path / "nothing.png", truth=[], title="")
    assert cv2.imread(str(tmp_path / "nothing.png")) is not None
