"""The embedded corpus: levels, uncoded acts, covers, compression, and what the adapter tells of it."""

import csv
import json
from collections import Counter
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.datasets import embedded
from baselines.datasets.synthetic import LEVELS, Settings, generate, identity, level_of, level_settings
from baselines.datasets.synthetic.action_units import Unit
from baselines.datasets.synthetic.acts import ACTS, APART
from baselines.datasets.synthetic.codec import BLOCK, compressed
from baselines.datasets.synthetic.corpus import FAST, KIND_OF, LONG, Plan, long_frames_of, renderer_of, script_of
from baselines.datasets.synthetic.covers import draw_sprite
from baselines.datasets.synthetic.script import Script
from baselines.datasets.synthetic.shape import MARGIN
from baselines.errors import InputError
from baselines.report.corpus import SHOWN, draw_corpus, draw_subjects

FULL = Plan(**embedded.SIZES)


def of_level(level):
    return replace(FULL, settings=level_settings(level))


def still(head=(0, 0, 0, 0, 0, 0), covers=(), **units):
    return Script((), units, np.zeros(1), np.array([head], float), np.ones(1), covers=covers)


def shown(subject, script):
    return renderer_of(FULL, subject).frame(script, 0, np.random.default_rng(0), 0.0).astype(int)


def test_standard_is_the_default_and_levels_have_names():
    assert Settings() == level_settings("standard")
    assert [level_settings(level).level for level in LEVELS] == list(LEVELS)
    assert replace(Settings(), company=0.1).level == "custom"
    assert identity(settings=level_settings("hard")).split("-")[2] == "hard"
    with pytest.raises(InputError, match="choose one of easy, standard, hard"):
        level_settings("harder")


@pytest.mark.parametrize("name", [name for name in asdict(Settings()) if name not in ("micro_peak", "macro_peak")])
def test_every_disturbance_grows_with_the_level(name):
    values = [np.mean(getattr(level_settings(level), name)) for level in LEVELS]
    better_high = name in ("weaker_units", "jpeg_quality", "codec_quality")
    assert values == sorted(values, reverse=better_high)


def test_easy_has_no_uncoded_acts_and_standard_has_them_all():
    counts = {
        level: Counter(act.name for s, v in FULL.videos() if v in KIND_OF for act in script_of(plan, s, v).acts)
        for level, plan in ((level, of_level(level)) for level in LEVELS)
    }
    assert not counts["easy"]
    assert set(counts["standard"]) == set(counts["hard"]) == set(ACTS)
    assert counts["hard"].total() > 1.3 * counts["standard"].total()


@given(seed=st.integers(0, 10**6), level=st.sampled_from(["standard", "hard"]), video=st.sampled_from([LONG, FAST]))
@settings(max_examples=20)
def test_acts_keep_apart_and_in_standard_away_from_events(seed, level, video):
    plan = replace(of_level(level), seed=seed)
    script, margin = script_of(plan, 1, video), APART * KIND_OF[video].fps - 1
    spans = [(act.first, act.last) for act in script.acts]
    assert all(first - last > margin for (_, last), (first, _) in zip(spans, spans[1:]))
    assert all(margin < first < last < len(script) - margin for first, last in spans)
    if level == "standard":
        events = [(event.onset, event.offset) for event in script.events]
        assert all(
            last + margin < onset or first - margin > offset for first, last in spans for onset, offset in events
        )


def test_easy_videos_move_nothing_outside_events():
    script = script_of(of_level("easy"), 1, LONG)
    neutral = np.ones(len(script), bool)
    for event in script.events:
        neutral[event.onset - 1 : event.offset] = False
    assert neutral.sum() > 100
    assert all(not curve[neutral].any() for curve in script.units.values())


@pytest.mark.parametrize("act", ["talking", "swallow", "brow flash", "gaze shift", "head turn"])
def test_acts_move_what_they_say_and_only_in_their_frames(act):
    silent = {rate: 0.0 for rate, _ in ACTS.values()}
    plain = replace(Settings(), **silent)
    lively = replace(plain, **{ACTS[act][0]: 12.0})
    quiet, script = (script_of(replace(FULL, settings=s), 2, LONG) for s in (plain, lively))
    assert not quiet.acts
    assert {found.name for found in script.acts} == {act}
    inside = np.zeros(len(script), bool)
    for found in script.acts:
        inside[found.first - 1 : found.last] = True
    moving = {
        unit.number for unit, curve in script.units.items() if np.abs(curve - quiet.units.get(unit, 0)).max() > 0.2
    }
    turned = np.abs(script.head - quiet.head).max(axis=0) > 0.2
    expected = {
        "talking": {25, 26},
        "swallow": {17, 24},
        "brow flash": {1, 2},
        "gaze shift": {61, 62},
        "head turn": set(),
    }
    assert expected[act] <= moving
    assert turned[4] == (act == "head turn")
    for unit, curve in script.units.items():
        assert np.allclose(curve[~inside], np.broadcast_to(quiet.units.get(unit, 0), len(script))[~inside])


def test_talking_has_the_rhythm_of_syllables():
    plan = replace(FULL, settings=replace(Settings(), talking=12.0, long_distractors=0, company=0))
    script = script_of(plan, 1, LONG)
    jaw = script.units[Unit(26, "M")]
    for act in (act for act in script.acts if act.name == "talking"):
        part = jaw[act.first - 1 : act.last]
        peaks = ((part[1:-1] > part[:-2]) & (part[1:-1] >= part[2:])).sum()
        assert 3 < peaks / (len(part) / 30) < 6.5


def test_gaze_moves_the_eyes_and_nothing_else():
    units = {Unit(61, "M"): np.array([2.0])}
    script = replace(still(), units=units)
    change = np.abs(shown(1, script) - shown(1, still())).max(axis=2)
    marks = renderer_of(FULL, 1).face.landmarks - MARGIN
    assert change[int(marks[37:42, 1].mean()), int(marks[36, 0]) : int(marks[39, 0])].max() > 20
    assert change[: int(marks[19, 1]) - 5].max() == 0
    assert change[int(marks[30, 1]) :].max() == 0
    grey = [cv2.cvtColor(shown(1, s).astype(np.uint8), cv2.COLOR_RGB2GRAY) for s in (still(), script)]
    flow = cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 2, 9, 5, 5, 1.1, 0)
    for eye in (slice(36, 42), slice(42, 48)):
        x, y = np.rint(marks[eye].mean(0)).astype(int)
        assert flow[y - 2 : y + 3, x - 3 : x + 4, 0].mean() > 0.5  # the person's left is the picture's right


@pytest.mark.parametrize("subject", [1, 6, 12])
@pytest.mark.parametrize("name", ["hand", "strand"])
def test_covers_hide_part_of_the_face_and_leave(name, subject):
    free = shown(subject, still())
    gone, there = (shown(subject, still(covers=((name, 5, np.array([p])),))) for p in (1e-6, 1.0))
    assert np.abs(gone - free).max() <= 1
    change = np.abs(there - free).max(axis=2) > 12
    marks = renderer_of(FULL, subject).face.landmarks - MARGIN
    hull = np.zeros(change.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.rint(marks).astype(np.int32)), 1)
    assert 0.01 < change[hull > 0].mean() < 0.35


def test_sprites_are_the_same_for_the_same_seed():
    face = renderer_of(FULL, 1).face
    one, same, other = (draw_sprite("hand", face, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.colour, same.colour)
    assert not np.array_equal(one.kept, other.kept)


def test_acts_and_a_hard_scene_never_fold_the_face():
    plan = of_level("hard")
    for subject in (1, 2, 3):
        script, renderer = script_of(plan, subject, LONG), renderer_of(plan, subject)
        for t in range(0, len(script), 20):
            x, y = renderer.warp(replace(script, blink=np.zeros(len(script))), t)
            (xy, xx), (yy, yx) = np.gradient(x), np.gradient(y)
            face = (np.abs(renderer.across) < 0.9) & (np.abs(renderer.down) < 1.1)
            assert (xx * yy - xy * yx)[face].min() > 0


def test_a_face_is_found_in_nearly_all_standard_frames():
    dlib = pytest.importorskip("dlib")
    detect = dlib.get_frontal_face_detector()
    found = []
    for subject, video in ((2, LONG), (5, LONG), (4, FAST)):
        script = script_of(FULL, subject, video)
        step = KIND_OF[video].fps
        covered = {(act.first + act.last) // 2 for act in script.acts}
        render = renderer_of(FULL, subject)
        frames = sorted({*range(0, len(script), step), *covered})
        found += [len(detect(render.frame(script, t, np.random.default_rng(t), 3.0), 0)) == 1 for t in frames]
    assert np.mean(found) > 0.95


def test_compression_loses_detail_and_freezes_what_hardly_moves():
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), (0, 0), 5)
    picture = cv2.normalize(picture, None, 40, 210, cv2.NORM_MINMAX)
    changed = picture.copy()
    changed[:BLOCK, :BLOCK] = 255 - changed[:BLOCK, :BLOCK]
    slightly = cv2.add(changed, (rng.standard_normal(changed.shape) > 1.5).astype(np.uint8))
    fine, coarse = (next(compressed([picture], q, 0, 10)).astype(int) for q in (95, 20))
    assert np.abs(fine - picture).mean() < 0.5 * np.abs(coarse - picture).mean()
    first, second, third, key = compressed([picture, changed, slightly, slightly], 80, 2.0, 3)
    assert np.array_equal(first[BLOCK:, BLOCK:], second[BLOCK:, BLOCK:])
    assert np.abs(second[:BLOCK, :BLOCK].astype(int) - changed[:BLOCK, :BLOCK]).mean() < 10
    assert np.array_equal(second[BLOCK:, BLOCK:], third[BLOCK:, BLOCK:])
    assert not np.array_equal(third[BLOCK:, BLOCK:], key[BLOCK:, BLOCK:])


def test_fast_videos_are_grey_and_lamps_flicker():
    script = script_of(FULL, 1, FAST)
    frame = next(long_frames_of(FULL, 1, FAST, script))
    assert np.array_equal(frame[..., 0], frame[..., 2])
    hard = script_of(of_level("hard"), 1, FAST)
    assert np.abs(np.diff(hard.gain)).max() > 2 * np.abs(np.diff(hard.gain[::2])).mean()


@pytest.fixture(scope="module")
def hard_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hard") / "corpus"
    generate(folder, seed=2, subjects=1, clips_per_subject=1, long_seconds=3, settings=level_settings("hard"))
    return folder


def test_the_folder_tells_its_level_and_its_acts(hard_corpus):
    assert level_of(hard_corpus) == "hard"
    assert level_of(hard_corpus / "clips") is None
    plan = Plan(2, 1, 1, 3.0, settings=level_settings("hard"))
    with open(hard_corpus / "long" / "uncoded.csv", newline="") as file:
        rows = [(row["video"], int(row["first"]), int(row["last"]), row["act"]) for row in csv.DictReader(file)]
    assert rows == [("long", act.first, act.last, act.name) for act in script_of(plan, 1, LONG).acts]
    assert rows


def test_a_level_is_loaded_under_its_name_and_no_other(hard_corpus):
    dataset = embedded.load(hard_corpus, level="hard", fix_labels=False)
    assert {dataset.name, dataset.clips[0].dataset, dataset.videos[0].dataset} == {"synthetic-hard"}
    assert len(dataset.videos[0].frames) == 90
    with pytest.raises(InputError, match="holds the embedded corpus at level hard; read it as dataset synthetic-hard"):
        embedded.load(hard_corpus)


@pytest.mark.parametrize("level", LEVELS)
def test_parameters_are_plain_and_name_the_settings(level):
    found = embedded.parameters(level)
    assert json.loads(json.dumps(found)) == found
    assert found["dataset"] == embedded.NAMES[level]
    assert found["clips"] == 144
    assert found["long videos"]["long200"]["fps"] == 200
    assert found["hands"] == level_settings(level).hands
    assert set(asdict(level_settings(level))) <= set(found)


def test_picture_sheets_are_small_and_the_same_each_time(tmp_path):
    plan = Plan(subjects=1, long_seconds=3, fast_subjects=1, fast_seconds=2)
    paths = draw_corpus(tmp_path, plan, SHOWN[:1])
    assert [path.name for path in paths] == ["corpus-subjects.png", "corpus-long.png", "corpus-long200.png"]
    for path in paths:
        assert 10_000 < path.stat().st_size < 400_000
        assert cv2.imread(str(path)).shape[1] > 1000
    draw_subjects(tmp_path / "again.png", plan, SHOWN[:1])
    assert (tmp_path / "again.png").read_bytes() == paths[0].read_bytes()
