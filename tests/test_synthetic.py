"""The embedded corpus: the same bytes always, valid manifests, motion that is what its labels say."""

import csv
import json
import re
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.action_units import NAMES, parse
from baselines.datasets import manifest
from baselines.datasets.classes import coarse
from baselines.datasets.opening import open_frames
from baselines.datasets.synthetic import Settings, corpus, generate, identity
from baselines.datasets.synthetic.action_units import MIDDLE, NUMBERS, REACH, SIDED, Unit, units_of
from baselines.datasets.synthetic.corpus import Plan
from baselines.datasets.synthetic.curves import pulse
from baselines.datasets.synthetic.expressions import (
    CASME2_FINE,
    CASME2_UNITS,
    COMBINATIONS,
    FINE,
    SHARES,
    draw_classes,
    draw_expression,
    fine_shares,
    unit_shares,
)
from baselines.datasets.synthetic.kinds import CAS, CLIP_FPS, SAMM
from baselines.datasets.synthetic.portrait import LANDMARKS, OTHER_SIDE
from baselines.datasets.synthetic.questions import clip_questions
from baselines.datasets.synthetic.script import Script
from baselines.datasets.synthetic.shape import FRAME, MARGIN
from baselines.errors import InputError

TINY = {"seed": 3, "subjects": 2, "clips_per_subject": 2, "long_seconds": 3, "fast_subjects": 1, "fast_seconds": 2}
PLAIN, MIRRORED = 1, 2  # subjects; every second one shows the portrait mirrored
QUIET = Settings(clip_distractors=0, long_distractors=0, company=0, leak=(0, 0))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic") / "corpus"
    done = []
    generate(folder, **TINY, progress=done.append)
    assert done == [1, 2, 3, 4, 5, 6, 7]
    return folder


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def renderer(subject, manner=0.0):
    return corpus.renderer_of(Plan(settings=Settings(manner_turn=manner, manner_extent=0)), subject)


def still_script(units, frames=2, blink=0.0, head=(0, 0, 0, 0, 0, 0)):
    """A first neutral frame and then units at {Unit: pixels}, without anything else."""
    on = np.r_[0.0, np.ones(frames - 1)]
    curves = {unit: on * pixels for unit, pixels in units.items()}
    return Script((), curves, on * blink, on[:, None] * np.array(head, float), np.ones(frames))


def pair(subject, script, noise=0.0):
    rng, render = np.random.default_rng(0), renderer(subject)
    return [render.frame(script, t, rng, noise) for t in (0, len(script) - 1)]


def measured_flow(subject, script):
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in pair(subject, script)]
    return cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 3, 11, 5, 7, 1.5, 0)


def flow_at(flow, subject, indices):
    """Mean (x, y) flow in 7 x 7 pixels around the mean of landmarks."""
    x, y = np.rint(renderer(subject).face.landmarks[indices].mean(0) - MARGIN).astype(int)
    return flow[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1))


def test_same_bytes_whatever_jobs(tiny, tmp_path):
    generate(tmp_path / "again", **TINY, jobs=2)
    first, again = contents(tiny), contents(tmp_path / "again")
    assert first.keys() == again.keys()
    assert [name for name in first if first[name] != again[name]] == []


def test_seed_and_settings_change_script_and_identity():
    quiet = Settings(company=0)
    scripts = [corpus.script_of(Plan(seed), 1, corpus.LONG) for seed in (0, 1)]
    assert scripts[0].events != scripts[1].events
    names = {identity(), identity(seed=1), identity(subjects=3), identity(settings=quiet), identity(long_seconds=5)}
    assert len(names) == 5
    assert identity(long_seconds=20) == identity(long_seconds=20.0) == identity()
    assert all(re.fullmatch(r"[\w.-]+", name) for name in names)


def test_folder_is_two_manifests(tiny):
    assert {p.name for p in tiny.iterdir()} == {"clips", "long", "identity.txt"}
    assert (tiny / "clips" / "videos.csv").read_text().splitlines()[0] == "subject,video,path,fps"
    header = (tiny / "long" / "events.csv").read_text().splitlines()[0]
    assert header == "subject,video,onset,apex,offset,type,emotion,aus"
    assert {row["fps"] for row in table(tiny / "clips" / "videos.csv")} == {"100"}
    videos = [(row["subject"], row["path"], row["fps"]) for row in table(tiny / "long" / "videos.csv")]
    assert videos == [("sub01", "sub01/long.avi", "30"), ("sub01", "sub01/long200.avi", "200"),
                      ("sub02", "sub02/long.avi", "30")]  # fmt: skip
    assert [p.name for p in sorted((tiny / "clips" / "sub01" / "c01").iterdir())[:2]] == ["img001.jpg", "img002.jpg"]
    dataset = manifest.load(tiny / "clips")
    assert [(c.subject, c.name) for c in dataset.clips] == [(s, c) for s in ("sub01", "sub02") for c in ("c01", "c02")]
    assert all(clip.frames[0].shape == (FRAME, FRAME, 3) for clip in dataset.clips)


@pytest.mark.parametrize("part", ["clips", "long"])
def test_events_lie_within_their_videos(tiny, part):
    lengths = {}
    for row in table(tiny / part / "videos.csv"):
        frames = open_frames(tiny / part / row["path"])
        lengths[row["subject"], row["video"]] = len(frames)
        assert sum(1 for _ in frames) == len(frames)
    events = table(tiny / part / "events.csv")
    assert {(e["subject"], e["video"]) for e in events} == set(lengths)
    for e in events:
        assert 1 < int(e["onset"]) < int(e["apex"]) < int(e["offset"]) < lengths[e["subject"], e["video"]]
        assert coarse(e["emotion"])
        assert parse(e["aus"])
    if part == "clips":
        assert len(events) == len(lengths)
        assert {e["type"] for e in events} == {"micro"}


@given(
    seed=st.integers(0, 10**6),
    subject=st.integers(1, 30),
    seconds=st.sampled_from([3, 8, 20, 40]),
    video=st.sampled_from(sorted(corpus.KIND_OF)),
)
@settings(max_examples=40, deadline=None)
def test_long_videos_hold_separate_events_of_legal_length(seed, subject, seconds, video):
    plan = Plan(seed, subjects=30, long_seconds=seconds, fast_subjects=30, fast_seconds=seconds)
    script, fps = corpus.script_of(plan, subject, video), corpus.KIND_OF[video].fps
    assert len(script) == seconds * fps
    end = 0
    for event in script.events:
        assert event.onset > end + fps // 2
        assert event.onset < event.apex < event.offset <= len(script) - fps // 2
        duration = (event.offset - event.onset + 1) / fps
        assert 0.1 <= duration <= 0.5 if event.kind == "micro" else 0.5 < duration <= 4
        end = event.offset
    kinds = Counter(event.kind for event in script.events)
    assert kinds["micro"] >= 1
    assert seconds < 20 or (kinds["micro"] >= 3 and kinds["macro"] >= 1)


@pytest.mark.parametrize(("kind", "micro", "macro"), [(CAS, 13.6, 36.4), (SAMM, 74.3, 434.8)])
def test_lengths_follow_the_published_ones(kind, micro, macro):
    """Published means in frames (He et al. 2020); those of macro-expressions include some longer than 4 s."""
    rng = np.random.default_rng(0)
    lengths = {name: [kind.draw_length(rng, name) for _ in range(4000)] for name in ("micro", "macro")}
    assert np.mean(lengths["micro"]) == pytest.approx(micro, rel=0.08)
    assert 0.55 * macro < np.mean(lengths["macro"]) < 1.2 * macro
    assert np.median(lengths["macro"]) == pytest.approx(kind.macro[1], rel=0.25)


@given(seed=st.integers(0, 10**6), label=st.sampled_from(sorted(SHARES)))
@settings(max_examples=40, deadline=None)
def test_clip_units_move_only_between_onset_and_offset(seed, label):
    script = corpus.script_of(Plan(seed, settings=QUIET), 1, 1, label)
    (event,) = script.events
    assert coarse(event.emotion) == label
    assert 0.1 <= (event.offset - event.onset + 1) / CLIP_FPS <= 0.5
    assert {u for code in event.action_units for u in units_of(code)} <= set(script.units)
    peaks = []
    for unit, curve in script.units.items():
        assert not curve[: event.onset].any()
        assert np.allclose(curve[event.offset - 1 :], 0)
        assert curve[event.apex - 1] == pytest.approx(curve.max())
        peaks.append(curve.max() / REACH.get(unit.number, 1))
    assert QUIET.micro_peak[0] * 0.8 <= max(peaks) <= QUIET.micro_peak[1]


def test_distractors_blinks_and_drift_are_there_but_weak():
    limits = Settings()
    acts = dict.fromkeys(("talking", "swallows", "brow_flashes", "gaze_shifts", "head_turns"), 0)
    limits = replace(limits, micro_peak=(0, 0), macro_peak=(0, 0), **acts)
    script = corpus.script_of(Plan(settings=limits), 1, corpus.LONG)
    strongest = max(curve.max() for curve in script.units.values())
    assert 0.1 < strongest < 2 * limits.distractor_peak[1]
    blinks = np.flatnonzero(np.diff((script.blink > 0.8).astype(int)) == 1)
    assert 1 <= len(blinks) <= 20
    assert 0.3 < script.head[:, 0].std() < 3 * limits.drift


def test_pulse_is_zero_one_zero():
    curve = pulse(60, 10, 22, 50, hold=5)
    assert curve[:11].max() == 0 == curve[50:].max()
    assert curve[22:28] == pytest.approx(np.ones(6))
    assert (np.diff(curve[10:23]) > 0).all()
    assert (np.diff(curve[27:51]) < 0).all()


# Where (landmarks of the subject's right, the left of the picture) and which way (x, y; 0: not decided) a unit moves.
DIRECTIONS = {
    1: ([20, 21], (0, -1)), 2: ([18], (0, -1)), 4: ([20, 21], (1, 1)), 5: ([37, 38], (0, -1)),
    6: ([36, 48], (0, -1)), 9: ([31], (0, -1)), 10: ([49, 50], (0, -1)), 12: ([48], (-1, -1)), 14: ([48], (-1, 0)),
    15: ([48], (0, 1)), 17: ([57, 8], (0, -1)), 20: ([48], (-1, 0)), 23: ([48], (1, 0)), 24: ([57], (0, -1)),
    25: ([57], (0, 1)), 26: ([57, 8], (0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("subject", [PLAIN, MIRRORED])
@pytest.mark.parametrize("number", sorted(DIRECTIONS))
def test_units_move_as_facs_says(number, subject):
    indices, direction = DIRECTIONS[number]
    flow = measured_flow(subject, still_script(dict.fromkeys(units_of(f"AU{number}"), 3.0)))
    right = flow_at(flow, subject, indices)
    assert all(component * sign > 0.5 for component, sign in zip(right, direction) if sign)
    if number in SIDED:
        left = flow_at(flow, subject, OTHER_SIDE[indices])
        assert all(component * sign > 0.5 for component, sign in zip(left * [-1, 1], direction) if sign)


@pytest.mark.parametrize("subject", [PLAIN, MIRRORED])
@pytest.mark.parametrize(("side", "moving", "resting"), [("L", 54, 48), ("R", 48, 54)])
def test_left_is_the_subjects_left_also_when_mirrored(subject, side, moving, resting):
    landmarks = renderer(subject).face.landmarks
    assert landmarks[54, 0] > landmarks[48, 0]
    (unit,) = units_of(f"{side}AU12")
    flow = measured_flow(subject, still_script({unit: 2.0}))
    outward = 1 if side == "L" else -1
    x, y = flow_at(flow, subject, [moving])
    assert x * outward > 0.7
    assert y < -0.7
    assert np.abs(flow_at(flow, subject, [resting])).max() < 0.15


@pytest.mark.parametrize("pixels", [0.5, 1.5, 5.0])
@pytest.mark.parametrize("number", [1, 4, 7, 12, 17, 25])
def test_rendered_motion_is_the_intended_displacement(number, pixels):
    script = still_script(dict.fromkeys(units_of(f"AU{number}"), pixels))
    intended = renderer(PLAIN).displacement(script, 1)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.hypot(*np.moveaxis(intended, 2, 0)).max() == pytest.approx(pixels, rel=0.3)
    neutral, apex = (cv2.cvtColor(f, cv2.COLOR_RGB2GRAY).astype(np.float32) for f in pair(PLAIN, script))
    y, x = np.mgrid[0:FRAME, 0:FRAME].astype(np.float32)
    scales = np.arange(0.5, 1.51, 0.1, dtype=np.float32)
    warped = [cv2.remap(neutral, x - k * intended[..., 0], y - k * intended[..., 1], cv2.INTER_CUBIC) for k in scales]
    errors = [((w - apex)[20:-20, 20:-20] ** 2).mean() for w in warped]
    assert scales[int(np.argmin(errors))] == pytest.approx(1, abs=0.11)


@pytest.mark.parametrize("number", NUMBERS)
def test_fields_are_smooth_and_never_fold(number):
    for unit in units_of(f"AU{number}"):
        render = renderer(PLAIN, manner=20.0)
        field = render.displacement(still_script({unit: Settings().macro_peak[1] * REACH.get(number, 1)}), 1)
        (uy, ux), (vy, vx) = np.gradient(field[..., 0]), np.gradient(field[..., 1])
        assert ((1 - ux) * (1 - vy) - uy * vx).min() > 0.02
        edge = np.concatenate([field[:MARGIN].ravel(), field[:, :MARGIN].ravel(), field[:, -MARGIN:].ravel()])
        assert np.abs(edge).max() < 0.05


def test_hair_stays_where_the_brows_rise():
    render = renderer(PLAIN)
    field = render.displacement(still_script(dict.fromkeys([*units_of("AU1"), *units_of("AU2")], 4.0)), 1)
    hair = render.face.bare < 0.1
    assert 0.1 < hair.mean() < 0.5
    assert np.abs(field[hair]).max() < 0.2
    assert np.abs(field).max() > 3


def test_head_motion_leaves_background_and_moves_the_face():
    flow = measured_flow(PLAIN, still_script({}, head=(2, -1, 0, 0, 0, 0)))
    for eye_or_mouth in ([38], [43], [48], [54]):
        assert flow_at(flow, PLAIN, eye_or_mouth) == pytest.approx([2, -1], abs=0.4)
    for corner in (flow[:20, :20], flow[:20, -20:], flow[-20:, :20], flow[-20:, -20:]):
        assert np.abs(corner).mean() < 0.1


def test_blink_covers_the_eye_and_nothing_else():
    opened, closed = (f.astype(int) for f in pair(PLAIN, still_script({}, blink=1.0)))
    eye = renderer(PLAIN).face.landmarks[36:42] - MARGIN
    (x0, y0), (x1, y1) = eye.min(0).astype(int), eye.max(0).astype(int) + 1
    assert np.abs(closed - opened)[y0:y1, x0:x1].mean() > 10
    brow_top, below = int(y0 - 25), int(y1 + 8)
    assert not (closed - opened)[:brow_top].any()
    assert not (closed - opened)[below:].any()


def test_subjects_differ_and_are_found_by_a_face_detector(tiny):
    dlib = pytest.importorskip("dlib")
    detect = dlib.get_frontal_face_detector()
    plan = Plan()
    faces = [corpus.renderer_of(plan, s).face for s in range(1, 13)]
    for face in faces:
        (box,) = detect(np.ascontiguousarray(face.picture[MARGIN:-MARGIN, MARGIN:-MARGIN]), 0)
        assert 100 < box.width() < 170
        assert 120 <= np.ptp(face.landmarks[:17, 0]) <= 160
    gaps = [np.abs(a.landmarks - b.landmarks).mean() for i, a in enumerate(faces) for b in faces[:i]]
    assert min(gaps) > 0.8
    frames = [frame for clip in manifest.load(tiny / "clips").clips for frame in list(clip.frames)[::8]]
    assert sum(len(detect(frame, 0)) == 1 for frame in frames) >= 0.95 * len(frames)


def test_classes_are_shared_as_in_the_composite_database():
    rows = draw_classes(np.random.default_rng(0), 12, 12)
    counts = Counter(label for row in rows for label in row)
    assert [counts[name] / 144 for name in SHARES] == pytest.approx([250 / 442, 109 / 442, 83 / 442], abs=1 / 144)
    assert len({tuple(row) for row in rows}) == 12


@given(seed=st.integers(0, 1000), subjects=st.integers(1, 30), clips=st.integers(2, 20))
@settings(max_examples=60, deadline=None)
def test_every_subject_has_two_classes(seed, subjects, clips):
    rows = draw_classes(np.random.default_rng(seed), subjects, clips)
    assert [len(row) for row in rows] == [clips] * subjects
    assert all("negative" in row and len(set(row)) >= 2 for row in rows)


def test_combinations_use_rendered_units_and_overlap():
    owners = {}
    for label, emotions in FINE.items():
        for emotion in emotions:
            assert coarse(emotion) == label
            assert sum(weight for weight, _ in COMBINATIONS[emotion]) == 100
            for _, units in COMBINATIONS[emotion]:
                assert all(unit.number in SIDED | MIDDLE for unit in parse(units))
                owners.setdefault(units, set()).add(label)
    assert sum(len(labels) > 1 for labels in owners.values()) >= 5


def test_action_units_are_as_frequent_as_in_casme2():
    ours = unit_shares(CASME2_FINE)
    for number in {**ours, **CASME2_UNITS}:
        assert ours.get(number, 0) == pytest.approx(CASME2_UNITS.get(number, 0), abs=0.06)
    assert sum(fine_shares().values()) == pytest.approx(1)


def test_the_published_shares_are_those_of_the_answers(shared_data):
    rows = [json.loads(line) for line in (shared_data / "me_vqa" / "me_vqa_casme2.jsonl").read_text().splitlines()]
    numbers = {name: number for number, name in NAMES.items()}
    answers = [r["answer"].split(", ") for r in rows if re.fullmatch("What (is|are) the action units?.", r["question"])]
    counts = Counter(numbers[name] for names in answers for name in set(names))
    assert {number: round(n / len(answers), 3) for number, n in counts.items()} == CASME2_UNITS
    fine = Counter(r["answer"] for r in rows if r["question"] == "What is the fine-grained expression class?")
    assert fine == CASME2_FINE


def test_unilateral_share_and_contempt():
    rng = np.random.default_rng(0)
    drawn = [draw_expression(rng, "negative", 0.25) for _ in range(2000)]
    one_sided = [any(code[0] in "LR" for code in codes) for _, codes in drawn]
    assert 0.1 < np.mean(one_sided) < 0.3
    assert all(codes[0][0] in "LR" for emotion, codes in drawn if emotion == "contempt")
    sides = Counter(code[0] for _, codes in drawn for code in codes if code[0] in "LR")
    assert 0.8 < sides["L"] / sides["R"] < 1.25


def test_questions_have_the_official_form(tiny):
    rows = [json.loads(line) for line in (tiny / "clips" / "questions.jsonl").read_text().splitlines()]
    events = {(e["subject"], e["video"]): e for e in table(tiny / "clips" / "events.csv")}
    assert len({row["id"] for row in rows}) == len(rows)
    for (subject, video), event in events.items():
        mine = [row for row in rows if (row["subject"], row["filename"]) == (subject, video)]
        assert list(mine[0]) == ["id", "dataset", "image_id", "subject", "filename", "question", "answer"]
        assert [row["id"] for row in mine] == [f"synthetic_{subject}_{video}_{n + 1}" for n in range(len(mine))]
        units = parse(event["aus"])
        sided = [unit for unit in units if unit.side]
        assert len(mine) == 6 + bool(sided)
        assert mine[0]["answer"] == coarse(event["emotion"])
        assert mine[1]["answer"] == event["emotion"]
        assert mine[2]["answer"] == ", ".join(NAMES[unit.number] for unit in units)
        assert mine[2]["question"] == ("What are the action units?" if len(units) > 1 else "What is the action unit?")
        shown = {row["answer"]: row["question"] for row in mine if row["question"].endswith("shown on the face?")}
        names = {answer: re.fullmatch(r"Is the action unit (.+) shown on.*", q)[1] for answer, q in shown.items()}
        assert names["yes"] in mine[2]["answer"].split(", ")
        assert names["no"] not in mine[2]["answer"].split(", ")
        if sided:
            sides = {(f"Is the action unit {u.name} located on the left or right face?", u.side) for u in sided}
            assert (mine[3]["question"], mine[3]["answer"]) in sides


def test_questions_about_long_videos_tell_of_their_events(tiny):
    rows = [json.loads(line) for line in (tiny / "long" / "questions.jsonl").read_text().splitlines()]
    events = table(tiny / "long" / "events.csv")
    assert len({row["video_id"] for row in rows}) == len(rows)
    assert {row["subject"] for row in rows} == {video["subject"] for video in table(tiny / "long" / "videos.csv")}
    for subject, video in {(row["subject"], row["video"]) for row in rows}:
        mine = [row for row in rows if (row["subject"], row["video"]) == (subject, video)]
        shown = [e for e in events if (e["subject"], e["video"]) == (subject, video)]
        kinds = [e["type"] for e in sorted(shown, key=lambda e: int(e["onset"]))]
        every, micro, macro, *others = [row["answer"] for row in mine]
        assert (int(every), int(micro), int(macro)) == (len(kinds), kinds.count("micro"), kinds.count("macro"))
        assert len(others) == bool(kinds) + min(len(kinds), 2)
        assert len({row["question"] for row in mine}) == len(mine)
        for row in mine:
            ordinal = re.fullmatch(
                r"What is the expression type of the (\d+)-th expression event in this video\?", row["question"]
            )
            if ordinal:
                assert row["answer"] == f"{kinds[int(ordinal[1]) - 1]}-expression"
            if "distinct" in row["question"]:
                units = {unit.number for e in shown for unit in parse(e["aus"])}
                assert row["answer"] == ", ".join(NAMES[number] for number in sorted(units))


def test_questions_use_the_official_templates(shared_data):
    path = shared_data / "me_vqa" / "me_vqa_casme2.jsonl"
    official = [json.loads(line) for line in path.read_text().splitlines()]
    rng = np.random.default_rng(0)
    event = corpus.script_of(Plan(settings=Settings(unilateral=1)), 1, 1, "surprise").events[0]
    ours = []
    for codes in (("AU12",), ("AU1", "LAU2")):
        ours += clip_questions(rng, "sub01", "c01", [replace(event, action_units=codes)])

    def templates(rows):
        names = "|".join(NAMES.values())
        classes = "positive|negative|surprise|happiness|disgust|repression"

        def swap(text):
            text = re.sub(rf"({names})(, ({names}))*", "X", text)
            return re.sub(rf"class is ({classes})\b", "class is C", text)

        return {(swap(r["question"]), swap(r["answer"]) if "Therefore" in r["answer"] else "") for r in rows}

    assert templates(ours) == templates(row for row in official if row["answer"])


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InputError, match="not an empty folder"):
        generate(tmp_path, **TINY)
    with pytest.raises(InputError, match="not an empty folder"):
        generate(tmp_path / "file", **TINY)
    with pytest.raises(InputError, match="cannot be written"):
        generate(tmp_path / "file" / "below", **TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"subjects": 0},
        {"clips_per_subject": 0},
        {"long_seconds": 1},
        {"fast_seconds": 1},
        {"fast_subjects": 3},
    ],
)
def test_impossible_sizes_are_refused(tmp_path, wrong):
    with pytest.raises(InputError, match="expected"):
        generate(tmp_path / "corpus", **{**TINY, **wrong})
    assert list(tmp_path.iterdir()) == []


class Interrupted(Exception):
    pass


def test_an_interrupted_run_leaves_nothing(tmp_path):
    def stop(done):
        raise Interrupted

    with pytest.raises(Interrupted):
        generate(tmp_path / "corpus", **{**TINY, "clips_per_subject": 1}, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("same", [True, False])
def test_a_concurrent_run_ends_well_when_it_made_the_same(tmp_path, same):
    sizes = {"subjects": 1, "clips_per_subject": 1, "long_seconds": 3}
    folder = tmp_path / "corpus"

    def overtake(done):
        if done == 1:
            generate(folder, seed=3 if same else 4, **sizes)

    if same:
        generate(folder, seed=3, **sizes, progress=overtake)
    else:
        with pytest.raises(InputError, match="meanwhile"):
            generate(folder, seed=3, **sizes, progress=overtake)
    assert [p.name for p in tmp_path.iterdir()] == ["corpus"]
    assert (folder / "identity.txt").read_text().strip() == identity(seed=3 if same else 4, **sizes)


def test_landmarks_and_units_pair_up():
    assert (OTHER_SIDE[OTHER_SIDE] == np.arange(68)).all()
    flipped = LANDMARKS[OTHER_SIDE] * [-1, 1]
    shift = (flipped - LANDMARKS).mean(0)
    assert np.abs(flipped - LANDMARKS - shift).max() < 10
    assert units_of("AU12") == (Unit(12, "L"), Unit(12, "R"))
    assert units_of("RAU12") == (Unit(12, "R"),)
    assert units_of("AU17") == (Unit(17, "M"),)
