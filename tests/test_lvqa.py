"""ME-LVQA: counts that agree with each other and with the questions, floors, and the task in `run-all`."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets import load_dataset
from baselines.datasets.records import Event, Question
from baselines.errors import InputError
from baselines.experiments.tasks import TASKS, is_chosen
from baselines.experiments.tasks.lvqa import LongQuestionAnswering
from baselines.metrics.vqa import jaccard, set_f1
from baselines.recipes import load_recipe
from baselines.recognition.kernels import Samples
from baselines.vqa.answerers import Asked, Prior, Seen
from baselines.vqa.counting import least_events, shared_out
from baselines.vqa.grounds import told
from baselines.vqa.questions import parse
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

ALL, MICRO, MACRO = (
    f"How many {scope} events appear in this video?" for scope in ("expression", "micro-expression", "macro-expression")
)
UNITS = "What distinct action units appear in this video?"
numbers = st.integers(0, 60)


def nth(n):
    return f"What is the expression type of the {n}-th expression event in this video?"


def asked(*texts, answers=()):
    answers = answers or [""] * len(texts)
    return [Question(str(n), "v", text, answer) for n, (text, answer) in enumerate(zip(texts, answers))]


@given(numbers, numbers, numbers)
def test_counts_agree_with_each_other(number, micro, macro):
    found = shared_out(number, {"micro": micro, "macro": macro})
    assert found["micro"] + found["macro"] == found["expression"] == number
    assert min(found.values()) >= 0
    again = shared_out(number, found)
    assert again == found
    assert shared_out(micro + macro, {"micro": micro, "macro": macro})["micro"] == micro


def test_the_highest_ordinal_tells_how_many_events_there_are_at_least():
    assert least_events([parse(nth(3)), parse(nth(13)), parse(ALL)]) == 13
    assert least_events([parse(ALL), parse("What is the type of the last expression event?")]) == 0


EVENTS = (Event(10, 30, 20, "macro"), Event(50, 60, 55, "micro"), Event(80, 95, 90, "macro"))


@pytest.mark.parametrize(
    ("least", "use_wording", "expected"),
    [(13, False, ["3", "1", "2"]), (13, True, ["13", "5", "8"]), (2, True, ["3", "1", "2"])],
)
def test_wording_counts_only_where_it_is_asked_for(least, use_wording, expected):
    questions = asked(
        ALL, MICRO, MACRO, nth(least), "How many expression events appear in this video? Localize every event."
    )
    answers = answer_questions(questions, Evidence(events=EVENTS), use_wording=use_wording)
    assert [answer.text for answer in answers[:3]] == expected
    assert answers[4].text.startswith("3 expression events. ")  # none is made up
    assert ("there are at least 13 events" in told([parse(q.text) for q in questions], use_wording)) == (
        use_wording and least == 13
    )


def test_without_reading_together_each_question_tells_of_itself_only():
    questions = asked(ALL, nth(13))
    count, _ = answer_questions(questions, Evidence(events=EVENTS), together=False, use_wording=True)
    assert count.text == "3"


def test_a_clip_is_one_event_whatever_the_wording():
    answers = answer_questions(asked(ALL, nth(7)), Evidence(coarse={"negative": 1.0}), use_wording=True)
    assert answers[0].text == "1"


def trained(**settings):
    """A prior fitted on the questions of three videos."""
    texts = (ALL, MICRO, MACRO, UNITS, nth(1))
    answers = (
        ("4", "1", "3", "brow lowerer, lip corner puller", "macro-expression"),
        ("4", "1", "3", "lip corner puller", "macro-expression"),
        ("5", "2", "3", "dimpler, lip corner puller, brow lowerer", "micro-expression"),
    )
    questions = [asked(*texts, answers=given) for given in answers]
    return Prior(**settings).fit(Asked([None] * 3, questions, Samples(np.zeros((3, 1))), [Seen()] * 3))


def test_the_prior_counts_what_is_usual_and_names_the_usual_units():
    answers = [answer.text for answer in trained().answer_clip(asked(ALL, MICRO, MACRO, UNITS, nth(9)))]
    assert answers == ["4", "1", "3", "brow lowerer, lip corner puller", "macro-expression"]


def test_the_floor_that_reads_questions_counts_as_many_as_they_tell():
    answers = [answer.text for answer in trained(use_wording=True).answer_clip(asked(ALL, MICRO, MACRO, UNITS, nth(9)))]
    assert answers == ["12", "4", "8", "brow lowerer, lip corner puller", "macro-expression"]  # 3.3 more than told
    answers = [answer.text for answer in trained(use_wording=True).answer_clip(asked(ALL, MICRO, MACRO))]
    assert answers == ["4", "1", "3"]


def test_vqa_chooses_the_questions_about_long_videos_too():
    assert [name for name in TASKS if is_chosen(name, ["vqa"])] == ["vqa", "lvqa"]
    assert [name for name in TASKS if is_chosen(name, ["lvqa"])] == ["lvqa"]
    assert all(is_chosen(name, []) for name in TASKS)


def test_the_embedded_corpus_asks_about_its_long_videos(corpus):
    dataset = load_dataset("synthetic", corpus)
    videos = LongQuestionAnswering().records(dataset)
    assert [video.name for video in videos] == ["long"] * 3
    rows = [json.loads(line) for line in (corpus / "long" / "questions.jsonl").read_text().splitlines()]
    assert {question.id for question in dataset.questions} >= {row["video_id"] for row in rows}
    assert all(question.video != "long" for question in dataset.questions if question.id.split("_")[2] != "long")


def test_run_all_has_a_table_of_long_videos(corpus, megc, tmp_path):
    done = megc(
        "run-all", "--task", "lvqa", "--data-root", corpus, "--output", tmp_path, "--jobs", 1,
        "--recipe", "lvqa-rules", "--recipe", "lvqa-rules-worded", "--recipe", "lvqa-prior", "--recipe", "lvqa-wording",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "### lvqa on synthetic" in (tmp_path / "scores.md").read_text()
    rows = list(csv.DictReader((tmp_path / "predictions-lvqa.csv").open()))
    by_recipe = {name: [row for row in rows if row["recipe"] == name] for name in {row["recipe"] for row in rows}}
    assert set(by_recipe) == {"lvqa-rules", "lvqa-rules-worded", "lvqa-prior", "lvqa-wording"}
    scores = list(csv.DictReader((tmp_path / "scores.csv").open()))
    units = {
        (row["recipe"], row["metric"]): float(row["value"])
        for row in scores
        if row["metric"].startswith("action_units")
    }
    for name, mine in by_recipe.items():
        pairs = [(row["answer"], row["prediction"]) for row in mine if row["question"] == UNITS]
        assert units[name, "action_units_f1"] == pytest.approx(np.mean([set_f1(*pair) for pair in pairs]), abs=1e-4)
        assert units[name, "action_units_jaccard"] == pytest.approx(
            np.mean([jaccard(*pair) for pair in pairs]), abs=1e-4
        )
    worded = {row["video"] + row["subject"]: [] for row in rows}
    for row in by_recipe["lvqa-rules-worded"]:
        worded[row["video"] + row["subject"]].append(row)
    for mine in worded.values():
        counts = {row["question"]: int(row["prediction"]) for row in mine if row["question"].startswith("How many")}
        assert counts[MICRO] + counts[MACRO] == counts[ALL] >= least_events([parse(row["question"]) for row in mine])


def test_a_recipe_that_measures_names_how_events_are_found(corpus):
    recipe = load_recipe("lvqa-rules")
    dataset = load_dataset("synthetic", corpus)
    lacking = type(recipe)(**{**vars(recipe), "named": {}})
    with pytest.raises(InputError, match="recipe lvqa-rules: no step spotting; name the recipe that finds the events"):
        LongQuestionAnswering().prepare(lacking, dataset, 1)


def test_an_answerer_that_looks_at_pictures_is_refused(megc, corpus, tmp_path):
    (tmp_path / "seeing.toml").write_text(
        'task = "lvqa"\nsummary = "x"\ncitation = "x"\n[steps]\nanswerer = { name = "llama" }\n'
        'representation = { name = "nothing" }\n'
    )
    done = megc("run-all", "--recipe", tmp_path / "seeing.toml", "--data-root", corpus, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "answerer llama is shown single expressions; name rules or prior" in done.stderr
