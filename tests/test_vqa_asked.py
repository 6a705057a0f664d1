"""`megc vqa --question`: whatever lies at a path is asked about, and what each answer rests on is told."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from replicas import write_noise, write_video
from test_vqa_service import PATCHES, model, picture  # noqa: F401 - a fixture

from baselines.action_units import NAMES
from baselines.commands.answer import answers_text, sheet_of
from baselines.datasets.cutting import event_clips
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Clip, Event, Question, Video
from baselines.errors import InputError
from baselines.vqa.grounds import REGION_OF, common_in_words, frames_looked_at, grounds, measured_in_words, told
from baselines.vqa.media import media_names
from baselines.vqa.questions import parse
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

COARSE, UNITS = "What is the coarse expression class?", "What are the action units?"
SIDE, SHOWN = "Is the dimpler located on the left or right face?", "Is the action unit brow lowerer shown on the face?"
EVIDENCE = Evidence(
    {"negative": 0.7, "positive": 0.2, "surprise": 0.1}, {"disgust": 0.6, "happiness": 0.3, "surprise": 0.1},
    {4: 0.6, 12: 0.2, 14: 0.3, 1: 0.01, 2: 0.02}, 0.25, 0.1,
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(1)
    (tmp_path / "flow").mkdir()
    for unit in PATCHES:
        cv2.imwrite(str(tmp_path / "flow" / f"s1_c{unit} .png"), picture(rng, unit)[..., ::-1])
    return tmp_path / "flow"


@pytest.fixture
def ask(megc, model):  # noqa: F811
    def run(media, *asked, **more):
        named = [part for text in asked for part in ("--question", text)]
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        return megc("vqa", *named, "--media", media, "--model", model, "--jobs", 1, *options)

    return run


def asked(*texts):
    return [Question(str(n), "a", text) for n, text in enumerate(texts)]


def test_every_unit_shows_in_a_region():
    assert REGION_OF.keys() == NAMES.keys()


def test_grounds_are_what_the_answers_say():
    questions = asked(COARSE, UNITS, SHOWN, SIDE)
    answers, found = answer_questions(questions, EVIDENCE), grounds(EVIDENCE, questions)
    assert next(iter(found[0]["coarse"])) == answers[0].text
    assert found[0]["coarse"][answers[0].text] == pytest.approx(answers[0].confidence, abs=1e-3)
    units = {unit["name"]: unit for unit in found[1]["action_units"]}
    assert all(units[name]["probability"] >= 0.5 for name in answers[1].text.split(", "))
    assert units["brow lowerer"]["probability"] == pytest.approx(answers[2].confidence, abs=1e-3)
    assert units["brow lowerer"]["measured"] == 0.6
    assert units["brow lowerer"]["region"] == "brows"
    assert units["dimpler"]["probability"] == 1  # its side is asked
    assert found[3]["side"] == {"left": 0.25}
    assert [sorted(one) for one in found] == [
        ["action_units", "coarse", "told"], ["action_units", "told"], ["action_units", "told"], ["side", "told"],
    ]  # fmt: skip
    json.dumps(found)


def test_questions_tell_of_themselves_only_where_each_is_alone():
    together, alone = (grounds(EVIDENCE, asked(UNITS, SIDE), how) for how in (True, False))
    both = ["there are several action units", "dimpler is present"]
    assert [one["told"] for one in together] == [both, both]
    assert [one["told"] for one in alone] == [both[:1], both[1:]]
    shown = told([parse(SHOWN), parse(SHOWN), parse("What is the action unit?"), parse(COARSE)])
    assert shown == [
        "brow lowerer is asked about, so as likely present as absent", "there is one action unit",
    ]  # fmt: skip


def test_what_was_not_measured_is_not_told():
    (nothing,) = grounds(Evidence(), asked(COARSE))
    assert nothing == {"told": []}
    assert measured_in_words(nothing) == common_in_words([nothing]) == []
    (long,) = grounds(Evidence(events=(Event(1, 9),)), asked("How many expression events appear in this video?"))
    assert common_in_words([long]) == ["events spotted: 1"]


def test_an_answer_that_was_not_weighed_rests_on_what_was_found_of_its_question():
    questions = asked(COARSE, SHOWN, UNITS)
    weighed, direct = (
        grounds(EVIDENCE, questions, concludes=lambda one, closed=closed: not closed or one.kind == "action_units")
        for closed in (False, True)
    )
    total = sum(EVIDENCE.coarse.values())
    assert direct[0] == {
        "coarse": {n: round(p / total, 3) for n, p in sorted(EVIDENCE.coarse.items(), key=lambda x: -x[1])},
        "told": [],
    }
    assert [unit["name"] for unit in direct[1]["action_units"]] == ["brow lowerer"]
    assert direct[2] == weighed[2]
    assert "action_units" in weighed[0]
    assert common_in_words(direct)[-1].startswith("told by the questions: brow lowerer is asked about")


def test_frames_are_told_by_their_numbers_outside(corpus):
    settings = {"name": "flow_image", "method": "dis", "apex": "annotated"}
    known = event_clips(read_videos(corpus / "clips"))[0]
    clip = replace(known, event=replace(known.event, apex=None))
    assert frames_looked_at(known, settings)["apex"] == clip.frames.numbers[known.event.apex - 1]
    found = frames_looked_at(clip, settings)
    numbers = list(clip.frames.numbers)
    assert found["onset"] in numbers
    assert found["onset"] < found["apex"] <= found["offset"] <= numbers[-1]
    assert found["apex_source"] == "spotted"
    assert frames_looked_at(clip, settings | {"apex": "middle"})["apex_source"] == "middle"
    assert frames_looked_at(Clip("d", "s", "n"), settings) == {}
    assert frames_looked_at(Video("d", "s", "n", clip.frames, 30.0), settings) == {}


def test_what_can_be_asked_about_is_found(tmp_path, pictures):
    write_noise(tmp_path / "frames", 3)
    write_video(tmp_path / "v1.avi")
    (tmp_path / "notes.txt").write_text("no clip")
    (tmp_path / "s2").mkdir()
    write_video(tmp_path / "s2" / "v.avi")

    def names(path, about_events=False):
        return sorted("/".join(filter(None, name)) for name in media_names(path, about_events))

    assert names(tmp_path) == ["flow_s1_c1", "flow_s1_c12", "flow_s1_c4", "frames", "s2_v", "v1"]
    assert names(tmp_path / "v1.avi") == ["v1"]
    assert names(tmp_path / "frames") == ["frames"]
    assert names(pictures) == ["s1_c1", "s1_c12", "s1_c4"]
    assert names(pictures / "s1_c4 .png") == ["s1_c4"]
    for empty in (tmp_path / "notes.txt", tmp_path / "none"):
        with pytest.raises(InputError, match=f"{empty}: no "):
            media_names(empty, False)
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns1,v1,v1.avi,30\n")
    assert names(tmp_path) == ["s1/v1"]
    (tmp_path / "events.csv").write_text(
        "subject,video,onset,apex,offset,kind\ns1,v1,2,3,9,micro\ns1,v1,12,,15,micro\n"
    )
    assert names(tmp_path) == ["s1/v1_12", "s1/v1_2"]
    assert names(tmp_path, about_events=True) == ["s1/v1"]


def test_answers_are_printed_with_what_they_rest_on(ask, pictures):
    done = ask(pictures / "s1_c12 .png", COARSE, "What is the action unit?")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "s1_c12:"
    assert lines[1] == f"  {COARSE}"
    assert lines[2].startswith("    positive (confidence ")
    assert lines[3].startswith("      coarse: positive ")
    assert lines[4].startswith("      action units: AU12 lip corner puller (mouth) ")
    assert lines[-1] == "  told by the questions: there is one action unit"


def test_a_folder_is_asked_clip_by_clip_and_as_json(megc, model, pictures):  # noqa: F811
    done = megc(
        "vqa", "--question", COARSE, "--question", SHOWN, "--media", pictures, "--model", model, "--json", "--jobs", 1
    )
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [(row["video"], row["question"]) for row in rows] == [
        (name, text) for name in ("s1_c1", "s1_c12", "s1_c4") for text in (COARSE, SHOWN)
    ]
    assert [row["answer"] for row in rows] == ["surprise", "no", "positive", "no", "negative", "yes"]
    assert all(row["grounds"]["told"] for row in rows)


def test_clips_of_one_name_of_two_subjects_are_two(ask, tmp_path):
    for subject in ("s1", "s2"):
        write_noise(tmp_path / subject / "v", 4)
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns1,v,s1/v,30\ns2,v,s2/v,30\n")
    question = "How many expression events appear in this video?"
    done = ask(tmp_path, question)
    assert done.exit_code == 2  # noise shows no face
    assert sorted(line.split(": no face")[0] for line in done.stderr.splitlines() if line.startswith("error")) == [
        f"error: {tmp_path / subject / 'v'}" for subject in ("s1", "s2")
    ]
    sheet = sheet_of([question, COARSE], tmp_path)
    assert len({place for place, _ in sheet.rows}) == 4
    rows = [row | {"answer": "0"} for _, row in sheet.rows]
    assert [line for line in answers_text(rows).splitlines() if line.endswith(":")] == ["s1/v:", "s2/v:"]


def test_a_file_of_questions_gets_grounds_where_asked(megc, model, pictures, tmp_path):  # noqa: F811
    rows = [
        {"video_id": name, "video": f"{name} .png", "question": COARSE, "answer": ""}
        for name in ("s1_c1", "gone", "s1_c4", "lost")
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = ["vqa", "--questions", tmp_path / "q.jsonl", "--media", pictures, "--model", model, "--jobs", 1]
    done = megc(*common, "--explain", "--output", tmp_path / "a.jsonl")
    assert done.exit_code == 1
    assert f"{pictures}: no clip gone .png, lost .png for 2 questions; add them" in done.stderr
    answered = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [bool(row["answer"]) for row in answered] == ["grounds" in row for row in answered] == [1, 0, 1, 0]
    megc(*common, "--output", tmp_path / "b.jsonl")
    for row in answered:
        row.pop("grounds", None)
    assert [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == answered


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give either --questions FILE or --question TEXT"),
        (["--question", COARSE, "--output", "a.jsonl"], "--output and --explain go with --questions"),
        (["--question", COARSE, "--questions", "q.jsonl"], "give either"),
        (["--questions", "q.jsonl"], "--questions needs --output FILE"),
    ],
)
def test_options_that_do_not_go_together_are_refused(megc, pictures, options, message):
    done = megc("vqa", "--media", pictures, *options)
    assert done.exit_code == 2
    assert message in done.stderr
