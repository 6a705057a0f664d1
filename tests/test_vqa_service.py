"""`megc vqa`: clips and long videos found, measured and answered about; faults named, the rest answered."""

import json
import re
import zipfile

import cv2
import numpy as np
import pytest

from baselines.action_units import NUMBERS
from baselines.datasets.records import Clip, Event, Video
from baselines.datasets.synthetic import generate
from baselines.recipes import load_recipe
from baselines.recognition.model import Model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.media import find_media

# unit -> (rows, columns of its left-image half, u, v): brow down, brow up, corners up and out
PATCHES = {
    4: (slice(4, 9), slice(7, 12), 0.5, 1.0),
    1: (slice(2, 7), slice(5, 12), 0.0, -1.0),
    12: (slice(17, 23), slice(4, 9), -1.0, -0.5),
}
EMOTIONS = {4: "disgust", 1: "surprise", 12: "happiness"}
V1 = (
    "What is the coarse expression class?",
    "What is the fine-grained expression class?",
    "What is the action unit?",
    "Is the action unit lip corner puller shown on the face?",
    "What is the action unit present, and based on it, what is the fine-grained expression and the coarse "
    "expression class?",
)
LONG = (
    "How many expression events appear in this video?",
    "How many micro-expression events appear in this video?",
    "How many macro-expression events appear in this video?",
    "What distinct action units appear in this video?",
    "What is the expression type of the 1-th expression event in this video?",
    "How many expression events appear in this video? Localize every event.",
    "Reason over the whole video: what happens?",
)


def picture(rng, unit):
    """Return (28, 28, 3) flow of one unit, scaled to 0..255 as published pictures are."""
    rows, columns, u, v = PATCHES[unit]
    flow = rng.normal(0, 0.1, (28, 28, 3))
    flow[rows, columns] += (u, v, 1.0)
    flow[rows, 28 - columns.stop : 28 - columns.start] += (-u, v, 1.0)
    low, high = flow.min(axis=(0, 1)), flow.max(axis=(0, 1))
    return ((flow - low) / (high - low) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model file fitted on drawn flow pictures of three units."""
    rng = np.random.default_rng(0)
    units = [unit for _ in range(8) for unit in PATCHES]
    X = np.array([picture(rng, unit) for unit in units], np.float32)
    events = [Event(1, 2, 2, emotion=EMOTIONS[unit], action_units=(f"AU{unit}",)) for unit in units]
    recipe = load_recipe("flow-svm")
    recognizer = Recognizer.from_recipe(recipe, 0).fit(X, [EMOTIONS[unit] for unit in units])
    analyst = ClipAnalyst(kernels=load_recipe("flow-kernels").steps["kernels"])
    path = tmp_path_factory.mktemp("model") / "drawn.model"
    save_model(Model(recipe, recognizer, analyst.fit(X, events), {"dataset": "drawn"}), path)
    return path


@pytest.fixture
def media(tmp_path):
    """A folder of flow pictures: three clips of subject s1, named as the public ones are, with a space."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "media"
    folder.mkdir()
    for unit in PATCHES:
        cv2.imwrite(str(folder / f"s1_c{unit} .png"), picture(rng, unit)[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A synthetic manifest of one subject with one long video."""
    folder = tmp_path_factory.mktemp("videos") / "corpus"
    generate(folder, seed=3, subjects=1, clips_per_subject=1, long_seconds=8)
    return folder / "long"


def row(number, video, question, **fields):
    return {"video_id": f"q{number}", "video": video, "question": question, "answer": ""} | fields


def write_rows(path, rows):
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in rows))
    return path


@pytest.fixture
def ask(megc, model, tmp_path):
    """Write rows to a file, answer them, and return (result of the command, rows written or None)."""

    def run(rows, media, *more):
        output = tmp_path / "pred.jsonl"
        done = megc(
            "vqa", "--questions", write_rows(tmp_path / "q.jsonl", rows), "--media", media, "--model", model,
            "--output", output, "--jobs", 1, *more,
        )  # fmt: skip
        return done, [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else None

    return run


def errors(done):
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def test_a_clip_is_measured_and_its_answers_agree(ask, media):
    rows = [row(f"{unit}{n}", f"s1_c{unit}", text) for unit in PATCHES for n, text in enumerate(V1)]
    done, answered = ask(rows, media)
    assert done.exit_code == 0, done.stderr
    assert [{k: v for k, v in a.items() if k != "confidence"} | {"answer": ""} for a in answered] == rows
    said = [[a["answer"] for a in answered[start : start + 5]] for start in (0, 5, 10)]
    assert [answers[:4] for answers in said] == [
        ["negative", "disgust", "brow lowerer", "no"],
        ["surprise", "surprise", "inner brow raiser", "no"],
        ["positive", "happiness", "lip corner puller", "yes"],
    ]
    assert said[0][4] == (
        "The action unit present is: brow lowerer. Therefore, the fine-grained expression class is disgust, and the "
        "coarse expression class is negative."
    )
    for start in (0, 5, 10):
        broad, fine, units, shown, sentence = (a["confidence"] for a in answered[start : start + 5])
        assert 1 / 3 < fine <= broad <= 1
        assert 0 < sentence == min(broad, fine, units)
        assert 0.5 < shown <= 1


def test_every_field_of_a_row_stays_in_its_place(ask, media):
    odd = {"extra": [1, {"\u00e4": None}]} | row(1, "s1_c4", V1[0]) | {"last": 2.5}
    without = {name: value for name, value in odd.items() if name not in ("answer", "video_id")} | {"id": 7}
    done, answered = ask([odd, without], media)
    assert done.exit_code == 0
    assert [list(a) for a in answered] == [[*odd, "confidence"], [*without, "answer", "confidence"]]
    assert answered[0] == odd | {"answer": "negative", "confidence": answered[0]["confidence"]}


def test_the_answer_that_stood_there_leaves_no_trace(ask, media):
    truth = row(1, "s1_c4", V1[0], answer="surprise", confidence=0.9, flag="old")
    done, (answered,) = ask([truth, row(2, "gone", V1[0], answer="surprise", flag="old")][:1], media)
    assert done.exit_code == 0
    assert answered["answer"] == "negative"
    assert "flag" not in answered
    done, answered = ask([truth, row(2, "gone", V1[0], answer="surprise", flag="old")], media)
    assert answered[1] == row(2, "gone", V1[0])


def test_a_question_that_is_not_understood_is_answered_and_flagged(ask, media):
    done, answered = ask([row(1, "s1_c12", "What colour is the wall?"), row(2, "s1_c12", V1[0])], media)
    assert done.exit_code == 0
    assert answered[0]["answer"].startswith("The action unit present is: lip corner puller.")
    assert answered[0]["flag"].startswith("question not understood")
    assert "flag" not in answered[1]
    assert "warning: 1 answers are best efforts: question not understood" in done.stderr


def test_every_fault_is_one_line_and_the_rest_is_answered(ask, media):
    (media / "s1_broken").mkdir()
    (media / "s1_dented.png").write_bytes(b"\x89PNG no picture")
    rows = [
        row(1, "s1_c4", V1[0]),
        "{not json",
        row(1, "s1_c12", V1[0]),
        row(3, "s1_c4", ""),
        "[1, 2]",
        {"video_id": "q4", "video": "s1_c4"},
        row(5, "gone", V1[0]),
        row(6, "gone", V1[1]),
        row(7, "s1_broken", V1[0]),
        row(8, "s1_dented", V1[0]),
        {"question": V1[0], "video": "s1_c4"},
        row(9, "s1_c12", V1[0]),
    ]
    done, answered = ask(rows, media)
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    kept = [line for line in rows if not isinstance(line, str)]
    stripped = [{k: v for k, v in a.items() if k != "confidence"} | {"answer": ""} for a in answered]
    assert stripped == [line | {"answer": ""} for line in kept]
    given = [a["answer"] for a in answered]
    assert given == ["negative", "", "", "", "", "", "", "", "", "positive"]
    lines = errors(done)
    for number, part in enumerate((
        "q.jsonl line 2: not JSON",
        "q.jsonl line 3: id 'q1' is a duplicate of ",
        "q.jsonl line 4: no question to q3; fill it in",
        "q.jsonl line 5: expected a JSON object",
        "q.jsonl line 6: no question to q4",
        "q.jsonl line 11: no id or video_id",
        "no clip gone for 2 questions; add it",
        "s1_broken: ",
        "s1_dented.png",
    )):  # fmt: skip
        assert sum(part in line for line in lines) == 1, (number, part, lines)
    assert len(lines) == 10
    assert lines[-1].endswith(
        "pred.jsonl: 8 of 10 rows not answered: q1, q3, q4, q5, q6, q7, q8, "
        f"({media.parent / 'q.jsonl'} line 11); their answers are empty; 2 lines of the questions are no JSON object "
        "and left out"
    )


def test_strange_lines_and_texts_are_no_crash(ask, media):
    rows = [
        row(1, "s1_c4", V1[0]),
        "[" * 100_000,
        "1" * 5000,
        row(2, "s1_c4", "half a pair \ud800"),
        row(3, "\0", V1[0]),
        row(4, "a" * 5000, V1[0]),
        {"video_id": ["x"], "video": "s1_c4", "question": V1[0]},
    ]
    done, answered = ask(rows, media)
    assert done.exit_code == 1
    assert [bool(a["answer"]) for a in answered] == [True, True, False, False, False]
    assert answered[1]["question"] == rows[3]["question"]
    assert done.stderr.count("lists are nested too deep") == done.stderr.count("a number is too long") == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "q.jsonl: no question; expected one JSON object a line"),
        (["{"], "q.jsonl line 1: not JSON"),
        ([row(1, "gone", V1[0])], "no clip gone for 1 questions; add it"),
    ],
)
def test_without_any_answer_nothing_is_written(ask, media, rows, message):
    done, answered = ask(rows, media)
    assert done.exit_code == 2
    assert answered is None
    assert len(errors(done)) == 1
    assert message in errors(done)[0]


def test_scores_and_submissions_refuse_a_file_with_gaps(ask, media, megc, tmp_path):
    rows = [row(n, video, V1[0], answer="positive") for n, video in enumerate(("s1_c4", "gone"))]
    done, _ = ask(rows, media)
    assert done.exit_code == 1
    truth = write_rows(tmp_path / "truth.jsonl", rows)
    scored = megc("score", "vqa", "--truth", truth, "--predictions", tmp_path / "pred.jsonl")
    sent = megc("submit", "vqa", "--predictions", tmp_path / "pred.jsonl", "--output", tmp_path / "out.zip")
    for refused in (scored, sent):
        assert refused.exit_code == 2
        assert errors(refused) == [f"error: {tmp_path / 'pred.jsonl'} line 2: no answer to q1; fill it in"]
    assert not (tmp_path / "out.zip").exists()


def test_a_long_video_is_spotted_and_its_events_are_told(ask, videos, megc, tmp_path):
    (subject,) = (line.split(",")[0] for line in (videos / "videos.csv").read_text().splitlines()[1:])
    megc("spot", videos, "--output", tmp_path / "spotted.csv", "--jobs", 1)
    spotted = [line.split(",") for line in (tmp_path / "spotted.csv").read_text().splitlines()[1:]]
    kinds = [cells[4] for cells in spotted]
    assert kinds, "the video of this seed has events to find"
    done, answered = ask([row(n, f"{subject}_long", text) for n, text in enumerate(LONG)], videos)
    assert done.exit_code == 0, done.stderr
    assert not any("flag" in a or "confidence" in a for a in answered)
    every, micro, macro, units, kind, intervals, story = (a["answer"] for a in answered)
    assert (int(every), int(micro), int(macro)) == (len(kinds), kinds.count("micro"), kinds.count("macro"))
    assert kind == f"{kinds[0]}-expression"
    assert {NUMBERS[name] for name in units.split(", ")} <= set(PATCHES)
    assert intervals.startswith(f"{len(kinds)} expression events. 1-th {kinds[0]}-expression: frames ")
    assert all(f"frames {cells[2]}-{cells[3]} (apex " in intervals for cells in spotted)
    assert story.startswith(f"{intervals}. In the 1-th event: The action unit")
    wording = "In the 1-th expression event of this video (frames {}-{}, apex {}): describe it."
    first = re.search(r"frames (\d+)-(\d+) \(apex (\d+)\)", intervals).groups()
    spans = [row(n, "long", wording.format(*frames)) for n, frames in enumerate((first, (9000, 9001, 9000)))]
    done, (described, nothing) = ask(spans, videos)
    assert done.exit_code == 1
    assert "a question asks about frames 9000-9001; the video has frames 1-240, correct the question" in done.stderr
    assert described["answer"].startswith("The action unit")
    assert described["answer"] in story  # the same frames, the same reading
    assert nothing["answer"] == ""


def test_the_wording_counts_only_when_it_is_told_to(ask, videos):
    rows = [row(n, "long", LONG[n]) for n in range(3)] + [row(3, "long", LONG[4].replace("1-th", "90-th"))]
    counts = []
    for more in ((), ("--use-wording",)):
        done, answered = ask(rows, videos, *more)
        assert done.exit_code == 0, done.stderr
        counts.append([int(one["answer"]) for one in answered[:3]])
    plain, worded = counts
    assert plain[0] == plain[1] + plain[2] < worded[0] == worded[1] + worded[2] == 90
    done, _ = ask(rows, videos, "--answerer", "llama", "--use-wording")
    assert done.exit_code == 2
    assert "--use-wording goes with --answerer rules and hybrid" in done.stderr


def test_events_beyond_those_spotted_are_flagged(ask, videos):
    question = "What is the expression type of the 90-th expression event in this video?"
    done, (answered,) = ask([row(1, "long", question)], videos)
    assert done.exit_code == 0
    assert answered["answer"] in ("micro-expression", "macro-expression")
    assert "fewer events were spotted" in answered["flag"]


def test_a_missing_file_of_a_manifest_stops_nothing_else(ask, videos, tmp_path):
    (video,) = videos.rglob("*.avi")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.avi").symlink_to(video)
    (tmp_path / "media" / "videos.csv").write_text("subject,video,path,fps\ns1,a,a.avi,30\ns1,b,b.avi,30\n")
    done, answered = ask([row(1, "s1_a", LONG[0]), row(2, "s1_b", LONG[0])], tmp_path / "media")
    assert done.exit_code == 1
    assert answered[0]["answer"].isdigit()
    assert answered[1]["answer"] == ""
    assert "b.avi: no such file" in done.stderr
    assert "no clip s1_b for 1 questions" in done.stderr


@pytest.mark.parametrize(
    ("place", "subject", "name"),
    [
        ("s1_a", "", "s1_a"),
        ("s1_a", "s1", "a"),
        ("s1_a", "S01", "a"),
        ("a", "", "a"),
        ("a", "s1", "a"),
        ("s1/a", "s1", "a"),
        ("s1/a", "", "s1_a"),
        ("006/006_1_2", "6", "006_1_2"),
        ("CAS-1", "", "CAS-1"),
    ],
)
def test_names_of_clips_in_a_folder(tmp_path, write_images, place, subject, name):
    write_images(tmp_path / "media" / place, 4)
    found, failures = find_media({(subject, name, None): False, (subject, "none", None): False}, tmp_path / "media", 30)
    assert not failures
    assert list(found) == [(subject, name, None)]
    assert isinstance(found[subject, name, None], Clip)
    assert len(found[subject, name, None].frames) == 4


def test_what_is_asked_decides_whether_it_is_a_clip_or_a_video(tmp_path, write_images):
    write_images(tmp_path / "a", 8)
    asked = {("", "a", None): True, ("s", "a", None): False, ("", "a", (3, 6, 4)): False, ("", "a", (3, 9, 4)): False}
    (video, clip, part), failures = (lambda found, bad: (found.values(), bad))(*find_media(asked, tmp_path, 30))
    assert isinstance(video, Video)
    assert (len(clip.frames), clip.event.apex) == (8, None)
    assert (len(part.frames), part.event.apex) == (4, 2)
    assert "frames 3-9; the video has frames 1-8" in failures["", "a", (3, 9, 4)]


def test_nothing_outside_the_folder_is_found(tmp_path, write_images):
    write_images(tmp_path / "secret" / "a", 4)
    (tmp_path / "media").mkdir()
    for subject, name in (("..", "secret"), ("../secret", "a"), ("", "../secret/a"), ("", "..")):
        assert find_media({(subject, name, None): False}, tmp_path / "media", 30) == ({}, {})


def test_a_clip_of_faces_without_annotation_is_answered(ask, videos, tmp_path):
    (clip,) = (videos.parent / "clips" / "sub01").iterdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "CAS-1").symlink_to(clip)
    done, answered = ask([row(n, "CAS-1", text) for n, text in enumerate(V1)], tmp_path / "media", "--fps", 100)
    assert done.exit_code == 0, done.stderr
    assert answered[0]["answer"] in ("negative", "positive", "surprise")
    assert answered[2]["answer"] in answered[4]["answer"]
    assert answered[1]["answer"] in answered[4]["answer"]


def test_a_submission_holds_no_fields_of_ours(ask, media, megc, tmp_path):
    names = [f"CAS-{n}" for n in range(1, 18)] + [f"SAMM-{n}" for n in range(1, 8)]
    picture = (media / "s1_c4 .png").read_bytes()
    for name in names:
        (media / f"{name}.png").write_bytes(picture)
    rows = [row(f"{name}_{n}", name, text) for name in names for n, text in enumerate(V1)]
    done, answered = ask(rows, media)
    assert done.exit_code == 0, done.stderr
    assert all("confidence" in a for a in answered)
    sent = megc("submit", "vqa", "--predictions", tmp_path / "pred.jsonl", "--output", tmp_path / "out.zip")
    assert sent.exit_code == 0, sent.stderr
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        lines = [line for name in archive.namelist() for line in archive.read(name).decode().splitlines()]
    assert sorted(map(str, map(json.loads, lines))) == sorted(
        str({name: value for name, value in a.items() if name != "confidence"}) for a in answered
    )
