"""Spotting: curves and intervals from displacements, and from real pixels with implanted motion."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implanted_video import FROWN, SMILE, implanted_video, profile, smile_and_frown
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from baselines.datasets.frames import ArrayFrames
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.identity import depends_on, reached
from baselines.spotting import blocks
from baselines.spotting.base import Interval, Measured, SpottingResult
from baselines.spotting.blocks import join
from baselines.spotting.curves import bridge, flanks, moilanen_threshold, out_and_back, peaks_apart, tallest_apart
from baselines.spotting.mdmd import Mdmd
from baselines.spotting.regional import fit
from baselines.spotting.regional.augment import varied
from baselines.spotting.regional.candidates import FIGURES, candidates
from baselines.spotting.regional.method import AIMS, RegionalContrast
from baselines.spotting.regional.motion import MOVING, PARTS, without_head
from baselines.spotting.regional.trees import SETTINGS, fit_trees, load_trees, save_trees
from baselines.spotting.runs import face_runs
from baselines.spotting.softnet_rule import SoftnetRule

NAMES = list(PARTS)


def displacement(frames, events, seed=0, noise=0.0007):
    """Motion of parts as `part_motion` gives it: sensor noise, slow drift and events (part, x, y, profile)."""
    rng = np.random.default_rng(seed)
    motion = rng.normal(0, noise, (frames, len(NAMES) + 1, 2))
    motion += np.linspace(0, 0.02, frames)[:, None, None] * rng.normal(size=(1, len(NAMES) + 1, 2))
    for part, x, y, shape in events:
        motion[:, NAMES.index(part)] += shape[:, None] * (x, y)
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
    np.testing.assert_allclose(out_and_back(drift, k)[0], 0, atol=1e-9)


@given(st.integers(1, 30), st.integers(0, 80))
def test_a_step_has_no_contrast(k, at):
    step = (np.arange(80) >= at).astype(float)[:, None, None] * np.array([[(0.6, 0.8)]])
    np.testing.assert_allclose(out_and_back(step, k)[0], 0, atol=1e-12)


@given(st.integers(6, 30), st.floats(0.01, 3), st.floats(0, 6.28))
def test_contrast_at_the_apex_is_the_height_of_the_event(k, height, angle):
    event = profile(80, 35, 40, 45)[:, None, None] * height * np.array([[(np.cos(angle), np.sin(angle))]])
    contrast = out_and_back(event, k)[0][:, 0]
    assert contrast.argmax() == 40
    assert contrast[40] == pytest.approx(height)


@given(st.integers(0, 1000), st.integers(1, 25))
@settings(max_examples=25)
def test_contrast_is_the_same_backwards_and_wherever_zero_is(seed, k):
    walk = np.random.default_rng(seed).normal(size=(60, 3, 2)).cumsum(axis=0)
    forth = out_and_back(walk, k)[0]
    np.testing.assert_allclose(out_and_back(walk[::-1], k)[0][::-1], forth, atol=1e-9)
    np.testing.assert_allclose(out_and_back(walk + (5, -3), k)[0], forth, atol=1e-9)


def test_thresholds():
    values = np.array([0.0, 0, 0, 0, 4, 2])
    assert moilanen_threshold(values, 0.55) == pytest.approx(1 + 0.55 * 3)


@given(st.integers(30, 60), st.integers(6, 25), st.integers(6, 25), st.floats(-0.2, 0.2))
def test_flanks_find_onset_and_offset_on_a_drifting_face(apex, rise, fall, drift):
    onset, offset = apex - rise, apex + fall
    found = flanks(profile(100, onset, apex, offset) + np.arange(100) / 100 * drift, apex, 40)
    assert overlap((found[0], found[2]), (onset, offset)) > 0.6
    assert abs(found[1] - apex) <= 2


def test_the_taller_of_overlapping_events_stays():
    low, tall, apart = Event(10, 20), Event(15, 30), Event(31, 40)
    assert tallest_apart([low, tall, apart], [1.0, 2.0, 0.5]) == [(tall, 2.0), (apart, 0.5)]


def test_hidden_frames_are_bridged():
    line = np.linspace(0, 1, 50)[:, None, None] * np.ones((1, 3, 2))
    hidden = np.zeros(50, bool)
    hidden[10:15] = hidden[47:] = True
    broken = line.copy()
    broken[hidden] = 9
    np.testing.assert_allclose(bridge(broken, hidden)[:47], line[:47])
    np.testing.assert_allclose(bridge(broken, hidden)[47:], np.broadcast_to(line[46], (3, 3, 2)))


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


# --- regional contrast on motion of parts


@pytest.mark.parametrize("fps", [25, 60, 200])
def test_micro_and_macro_are_found_at_any_frame_rate(fps):
    frames = 40 * fps
    at = lambda *seconds: profile(frames, *(s * fps for s in seconds))  # noqa: E731
    mouth = ("upper lip", "left mouth corner", "right mouth corner")
    motion = displacement(
        frames,
        [
            ("left mouth corner", 0.018, -0.012, at(8.0, 8.2, 8.45)),
            ("right inner brow", 0, -0.025, at(15.0, 15.2, 15.45)),
            *((part, 0.02, 0.06, at(25, 25.5, 27.5, 26.5)) for part in mouth),
        ],
    )
    found = RegionalContrast().spot(motion, fps)
    truth = [(8.0, 8.45, "micro"), (15.0, 15.45, "micro"), (25, 27.5, "macro")]
    for onset, offset, kind in truth:
        best = max(found.intervals, key=lambda i: overlap((i.onset, i.offset), (onset * fps + 1, offset * fps + 1)))
        assert overlap((best.onset, best.offset), (onset * fps + 1, offset * fps + 1)) > 0.55
        assert best.kind == kind
        assert best.onset <= best.apex <= best.offset
        assert best.score >= 1
    assert len(found.intervals) <= 5


@given(st.integers(0, 10_000), st.floats(0.0, 0.0012))
@settings(max_examples=8, deadline=None)
def test_a_still_face_yields_nothing(seed, noise):
    assert len(RegionalContrast().spot(displacement(900, [], seed, noise), 30).intervals) <= 1


def test_a_restless_face_yields_little():
    motion = gaussian_filter1d(np.random.default_rng(3).normal(0, 0.1, (1800, len(PARTS) + 1, 2)), 8, axis=0)
    assert len(RegionalContrast().spot(motion, 30).intervals) <= 30


def test_a_turn_of_the_head_is_no_expression():
    step = 0.05 / (1 + np.exp(-(np.arange(900) - 450) / 4.0))
    motion = displacement(900, [(name, 1, 0.5, step) for name in PARTS])
    assert not any(400 < i.apex < 500 for i in RegionalContrast().spot(motion, 30).intervals)


def test_blinks_are_bridged():
    blink = profile(900, 300, 303, 308)
    shadow = [(name, 0, 0.03, blink) for name in MOVING if "brow" in name]
    lids = [(name, 0, 0.08, blink) for name in ("right eye", "left eye")]
    near = lambda found: [i for i in found.intervals if 290 < i.apex < 320]  # noqa: E731
    assert near(RegionalContrast().spot(displacement(900, shadow), 30))
    assert not near(RegionalContrast().spot(displacement(900, shadow + lids), 30))


def test_a_lower_least_score_gives_more_and_keeps_what_was_there():
    motion = displacement(900, [("upper lip", 0, 0.05, profile(900, 280, 295, 330, 315))], noise=0.002)
    strict, lenient = (RegionalContrast(least_score=s).spot(motion, 30).intervals for s in (1.0, 0.2))
    assert set(strict) < set(lenient)
    assert all(i.score >= 0.2 for i in lenient)


def test_no_interval_reaches_into_frames_without_a_face():
    motion = displacement(
        600, [("upper lip", 0, 0.05, profile(600, a, a + 15, a + 40)) for a in (100, 280, 450)], noise=0.003
    )
    motion[300:320] = np.nan
    motion[598:] = np.nan
    found = RegionalContrast(least_score=0.05).spot(motion, 30)
    assert found.intervals
    assert all(i.offset <= 300 or i.onset > 320 for i in found.intervals)
    assert all(np.isnan(curve.values[300:320]).all() for curve in found.curves)


def test_fitting_learns_from_the_events_of_other_videos():
    def example(seed):
        rng = np.random.default_rng(seed)
        events, shapes = [], []
        for onset in range(60, 1100, 120):
            length = int(rng.integers(8, 14))
            shapes.append(("left mouth corner", 0.02, -0.02, profile(1200, onset, onset + length // 2, onset + length)))
            events.append(Event(onset + 1, onset + length + 1))
        return displacement(1200, shapes, seed, noise=0.003), 30.0, events

    fitted = RegionalContrast().fit([RegionalContrast().examples(*example(seed), seed) for seed in range(3)])
    motion, fps, events = example(9)
    found = spans(fitted.spot(motion, fps))
    assert sum(max(overlap(span, (e.onset, e.offset)) for span in found) > 0.5 for e in events) >= 6
    assert len(found) <= 14
    with pytest.raises(InputError, match="too few to learn from"):
        RegionalContrast().fit([RegionalContrast().examples(np.full((300, 24, 2), np.nan), 30.0, [])])


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_varied_video_keeps_events_whole_and_apart(seed):
    motion = displacement(900, [("upper lip", 0, 0.05, profile(900, 280, 295, 330, 315))], seed)
    moved, events = varied(np.random.default_rng(seed), motion, 30.0, [Event(281, 331)])
    again, _ = varied(np.random.default_rng(seed), motion, 30.0, [Event(281, 331)])
    np.testing.assert_array_equal(moved, again)
    assert moved.shape[1:] == motion.shape[1:]
    assert 60 <= len(moved) <= 900
    assert np.isfinite(moved).all()
    events = sorted(events, key=lambda event: event.onset)
    assert all(1 <= event.onset < event.offset <= len(moved) for event in events)
    assert all(first.offset + 15 <= second.onset + 1 for first, second in zip(events, events[1:]))


def test_what_a_face_does_again_and_again_is_told_from_what_it_does_once():
    again = [("lower lip", 0, 0.03, profile(1200, at, at + 8, at + 20)) for at in range(50, 1150, 60)]
    once = [(part, 0, -0.03, profile(1200, 600, 608, 620)) for part in NAMES if "brow" in part]
    found = candidates(displacement(1200, again + once), 30.0)[0]
    rates = {"lower lip": [], "brow": []}
    for candidate in found:
        key = next((key for key in rates if key in candidate.part), None)
        if key and candidate.length < 30 and candidate.figures[0] > np.log(0.02):
            rates[key].append(candidate.figures[FIGURES.index("alike a minute")])
    assert np.median(rates["lower lip"]) > np.log1p(15)
    assert max(rates["brow"]) < np.log1p(6)


# --- trees


def test_trees_give_the_probabilities_of_xgboost(tmp_path):
    from xgboost import XGBClassifier

    rng = np.random.default_rng(0)
    figures = rng.normal(size=(600, len(FIGURES)))
    hits = figures[:, 0] + figures[:, 3] * figures[:, 5] + rng.normal(0, 0.3, 600) > 0.5
    fitted = fit_trees(figures, hits)
    reference = XGBClassifier(**SETTINGS, base_score=hits.mean(), random_state=0).fit(figures, hits)
    np.testing.assert_allclose(fitted.of_figures(figures), reference.predict_proba(figures)[:, 1], atol=1e-4)
    save_trees(fitted, tmp_path / "trees.json")
    loaded = load_trees(tmp_path / "trees.json")
    np.testing.assert_allclose(loaded.of_figures(figures), fitted.of_figures(figures), atol=1e-6)


def test_the_trees_are_fitted_on_the_embedded_corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fit, "SIZES", {"subjects": 1, "clips_per_subject": 1, "long_seconds": 5.0})
    monkeypatch.setitem(SETTINGS, "n_estimators", 3)
    fit.fit_trees_of_corpus(tmp_path / "trees.json", seed=7, jobs=1)
    content = json.loads((tmp_path / "trees.json").read_text())
    assert content["origin"] == "megc fit-spotting --seed 7: 3 videos of the embedded corpus, all levels"
    assert load_trees(tmp_path / "trees.json").figure.shape[0] == 3


@pytest.mark.parametrize("content", ["", "{}", '{"format": "other", "figures": [], "start": 0, "trees": []}'])
def test_a_damaged_file_of_trees(tmp_path, content):
    (tmp_path / "trees.json").write_text(content)
    with pytest.raises(InputError, match="fit it again with `megc fit-spotting`"):
        load_trees(tmp_path / "trees.json")


# --- parts and blocks


@given(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
@settings(max_examples=20)
def test_the_motion_of_the_head_is_taken_out(x, y, turn, grow):
    rng = np.random.default_rng(0)
    centres = rng.uniform(-1, 1, (4, len(PARTS), 2))
    place = centres @ (1, 1j)
    motion = (x + 1j * y) + (grow + 1j * turn) * (place - place.mean(axis=1, keepdims=True))
    own = np.zeros_like(motion)
    own[:, 3] = 0.1j
    moved = motion + own
    rest, _ = without_head(np.stack([moved.real, moved.imag], axis=-1), centres)
    np.testing.assert_allclose(rest @ (1, 1j), own, atol=2e-3)


def test_blocks_join_where_a_face_goes_through():
    whole = np.cumsum(np.random.default_rng(0).normal(size=(90, 3, 2)), axis=0)
    first, second = whole[:41].copy(), whole[40:].copy()
    second -= second[0].copy()
    np.testing.assert_allclose(join(first, second, 40), whole)
    second[:5] = np.nan
    joined = join(first, second, 40)
    assert len(joined) == 90
    assert np.isnan(joined[40:45]).all()
    cut = join(first[:30], whole[40:], 40)
    assert np.isnan(cut[30:41]).all()
    assert len(cut) == 90


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


@pytest.fixture(scope="module")
def implanted():
    pytest.importorskip("dlib", reason="dlib is not installed")
    return smile_and_frown()


def test_implanted_micro_motion_is_found(implanted):
    found = RegionalContrast(least_score=0.3).predict(implanted, 30.0)
    for onset, _, offset in (SMILE, FROWN):
        assert max(overlap(span, (onset + 1, offset + 1)) for span in spans(found)) >= 0.5
    assert found.warnings == ()


def test_its_still_twin_yields_nothing(implanted):
    assert len(RegionalContrast().predict(implanted_video([]), 30.0).intervals) <= 1


def test_the_result_does_not_depend_on_the_workers(implanted, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", "off")
    monkeypatch.setattr(blocks, "BLOCK", 1.5)
    alone, shared = (RegionalContrast().measured(implanted, 30.0, jobs=jobs)[0] for jobs in (1, 2))
    assert np.isfinite(alone).all()
    np.testing.assert_array_equal(alone, shared)
    monkeypatch.setattr(blocks, "BLOCK", 20.0)
    whole = RegionalContrast().measured(implanted, 30.0)[0]
    assert np.abs(alone - whole)[..., :2].max() < 0.02


def test_a_cut_is_no_motion(implanted, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", "off")
    frames = implanted.array[:60].copy()
    frames[30:] = np.roll(255 - frames[30:], 40, axis=2)[:, :, ::-1]
    measured = RegionalContrast().measured(ArrayFrames(frames), 30.0).array
    assert np.isnan(measured[30]).all()
    moved = np.abs(np.diff(measured[:, :13, :2], axis=0))
    assert np.nanmax(moved) < 0.1


def test_a_still_image_yields_nothing(implanted):
    still = ArrayFrames(np.repeat(implanted.array[:1], 90, axis=0))
    assert RegionalContrast().predict(still, 30.0).intervals == ()


# --- peaks


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 3), st.integers(1, 8))
def test_peaks_are_those_of_scipy_and_of_equal_ones_the_later_stays(values, height, distance):
    values = np.array(values, float)
    frames = peaks_apart(values, height, distance)
    every = find_peaks(np.pad(values, 1), height=height)[0] - 1
    assert set(frames) <= set(every)
    assert (np.diff(frames) >= distance).all()
    for peak in set(every) - set(frames):
        near = [f for f in frames if abs(f - peak) < distance]
        assert any((values[f], f) > (values[peak], peak) for f in near)
    apart = values + np.linspace(0, 0.5, len(values))  # no two alike
    alone = find_peaks(np.pad(apart, 1), height=height, distance=distance)[0] - 1
    assert peaks_apart(apart, height, distance).tolist() == alone.tolist()


# --- real video


def test_the_smile_of_a_real_face(shared_data):
    frames = open_frames(shared_data / "faces" / "single_face.mp4")
    found = RegionalContrast().predict(frames, frames.fps)
    # Seen by eye: neutral until frame 17, the smile from 18 to 71, neutral again at 72.
    assert max(overlap(span, (18, 71)) for span in spans(found, "macro")) > 0.8
    assert len(found.intervals) <= 3


# --- when a video is measured anew


@pytest.fixture
def keys(monkeypatch):
    """The keys under which what was measured is looked for, as they come up."""
    seen = []

    def recorded(kind, key, compute):
        seen.append(key)
        return {"measured": np.zeros((3, 24, 3)), "warnings": np.array([], dtype=str), "coverage": np.zeros(4, int)}

    monkeypatch.setattr("baselines.spotting.base.cached_arrays", recorded)
    return seen


def reached_files(method):
    """Names of the files whose change makes a method measure anew."""
    return {file.name for file in reached(method().measure.__module__)[0]}


def test_other_trees_or_candidates_measure_nothing_anew(keys):
    assert RegionalContrast().measure.__module__ == "baselines.spotting.regional.motion"
    files = reached_files(RegionalContrast)
    assert {"motion.py", "regions.py", "alignment.py"} <= files
    assert not {"trees.py", "trees.json", "candidates.py", "augment.py", "method.py", "curves.py", "rules.py"} & files
    RegionalContrast().measured(ArrayFrames(np.zeros((3, 8, 8, 3), np.uint8)), 30.0)
    around = ("baselines.spotting.blocks", "baselines.faces.scale")
    assert keys[0]["code"] == depends_on("baselines.spotting.regional.motion", *around)["code"]


@pytest.mark.parametrize("method", [SoftnetRule, Mdmd])
def test_rules_that_tell_what_is_measured_are_part_of_the_key(method):
    assert "rules.py" in reached_files(method)


def test_another_landmark_predictor_is_measured_anew(keys, monkeypatch):
    frames = ArrayFrames(np.zeros((3, 8, 8, 3), np.uint8))
    for predictor in ("", "", "other.dat"):
        monkeypatch.setenv("MEGC_LANDMARKS", predictor)
        RegionalContrast().measured(frames, 30.0)
    assert keys[0] == keys[1] != keys[2]


def test_intervals_outside_the_video_are_refused_not_written(monkeypatch):
    class Wrong(SoftnetRule):
        def measured(self, frames, fps, progress=None, jobs=1):
            return Measured(np.zeros((30, 2)), (), {})

        def spot(self, measured, fps):
            return SpottingResult((Interval(-3, 5, 40, "micro", 1.0),))

    frames = ArrayFrames(np.zeros((30, 8, 8, 3), np.uint8), "short.mp4")
    with pytest.raises(InputError, match=r"short.mp4: Wrong gave onset -3, apex 5, offset 40 of a video of 30 frames"):
        Wrong().predict(frames, 30.0)


def test_what_became_of_the_frames_and_the_surest_below_the_threshold_are_told(implanted):
    class Gaps(ArrayFrames):
        absent = frozenset(range(700, 760))

        def _pictures(self, start, stop, grey):
            return (found for found in super()._pictures(start, stop, grey) if found[0] != 99)

    whole = RegionalContrast().predict(implanted, 30.0)
    assert whole.coverage == {"frames": len(implanted), "with_face": len(implanted), "stood_in": 0, "absent": 0}
    assert whole.below is None or whole.below.score < 1
    assert whole.below not in whole.intervals
    array = np.concatenate([implanted.array] * (1 + 1200 // len(implanted)))[:1200]
    for jobs in (1, 2):
        found = RegionalContrast().predict(Gaps(array), 30.0, jobs=jobs)  # two blocks
        assert found.coverage == {"frames": 1200, "with_face": 1140, "stood_in": 1, "absent": 60}
        assert found.warnings == (
            "1 of 1200 frames (100) cannot be read; the frame before stands in",
            "60 of 1200 frames (700-759) are not there; they keep their time",
            "no face in 60 of 1200 frames (700-759)",
        )


# --- what it tells of an interval


def test_the_side_and_the_parts_that_moved_are_told(implanted):
    found = RegionalContrast(least_score=0.3).predict(implanted, 30.0).intervals
    smile, frown = (
        max(found, key=lambda i: overlap((i.onset, i.offset), (event[0] + 1, event[2] + 1))) for event in (SMILE, FROWN)
    )
    assert smile.side == "left"  # of the person, the right one of the picture
    part, percent = smile.moved[0]
    assert part == smile.region == "left mouth corner"
    assert 1 < percent < 3  # of 2 px at most, with about 70 px between the eyes
    assert "brow" in frown.region
    for interval in (smile, frown):
        far = [percent for _, percent in interval.moved]
        assert far == sorted(far, reverse=True)


def test_the_aim_moves_the_threshold_and_nothing_else(implanted):
    measured = RegionalContrast().measured(implanted, 30.0).array
    all_of_them = [RegionalContrast(aim=aim, least_score=0.01 / AIMS[aim]).spot(measured, 30.0) for aim in AIMS]
    probabilities = [
        [(i.onset, i.offset, pytest.approx(i.score * least)) for i in result.intervals]
        for least, result in zip(AIMS.values(), all_of_them)
    ]
    assert probabilities[0] == probabilities[1] == probabilities[2]
    told = [RegionalContrast(aim=aim).spot(measured, 30.0).intervals for aim in ("precision", "balanced", "recall")]
    assert [len(intervals) for intervals in told] == sorted(len(intervals) for intervals in told)
