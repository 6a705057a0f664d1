"""The table of question kinds: complete, obeyed by all that reads it, and enough to add a kind."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.action_units import NAMES
from baselines.datasets import question_kinds
from baselines.datasets.question_kinds import (
    ADMISSIBLE,
    KINDS,
    REPORTS,
    SCORED_AS,
    TEMPLATES,
    UNKNOWN,
    WORDED_AS,
    QuestionKind,
    find_kind,
    scored_kind,
)
from baselines.datasets.questions import read_rows
from baselines.datasets.records import Event
from baselines.scoring import vqa as scoring
from baselines.vqa.answers import WORDINGS, answer_text
from baselines.vqa.llama.grammars import RULES, grammar
from baselines.vqa.questions import ParsedQuestion
from baselines.vqa.records import Finding

FINDING = Finding("negative", "disgust", (4, 7), "right", (Event(1, 9, 5, "micro", "disgust", ("AU4",)),))
# wordings and other questions as the annotations have them, and what their answers are scored as
SCORED = {
    "What is the coarse expression class?": "coarse",
    "What is the fine-grained expression class?": "fine",
    "What is the action unit?": "action_units",
    "What are the action units?": "action_units",
    "What distinct action units appear in this video?": "action_units",
    "Is the action unit dimpler shown on the face?": "yes_no",
    "Is the action unit dimpler located on the left or right face?": "side",
    "What is the action unit present, and based on it, what is the fine-grained expression and the coarse expression "
    "class?": "combined",
    "What are the action units present, and based on them, what is the emotion?": "combined",
    "What is the expression type of the 2-th expression event?": "event_type",
    "How many micro-expression events appear in this video?": "count",
    "How many expression events appear in this video? Localize every event in the video.": "free",
    "Please analyse the micro-expression shown in this video in detail.": "free",
    "Does the face smile?": "yes_no",
    "How many people are there?": "count",
    "What is the action unitary?": "free",
    "hello, what is the coarse expression class?": "free",
    "": "free",
}


@pytest.mark.parametrize("question", SCORED)
def test_questions_are_scored_by_how_they_begin(question):
    assert scored_kind(question) == SCORED[question]
    assert scored_kind(f"  {question.upper()} ") == SCORED[question]


@given(st.sampled_from(sorted(TEMPLATES)), st.sampled_from(sorted(NAMES)), st.integers(1, 999))
def test_every_wording_is_scored_as_its_row_says(key, unit, ordinal):
    assert scored_kind(TEMPLATES[key].format(unit=NAMES[unit], ordinal=ordinal)) == KINDS[key[0]].scored_as


def test_the_official_questions_are_of_known_kinds(shared_data):
    kinds = [scored_kind(row["question"]) for row in read_rows(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    assert counts == {"coarse": 145, "fine": 145, "action_units": 145, "combined": 145, "yes_no": 290, "side": 41}


def test_what_the_columns_may_hold_is_what_the_readers_know():
    assert set(WORDINGS) == set(RULES) == set(WORDED_AS)
    scored = {kind.partition(" ")[0] for kind in (*scoring.CLASS_KINDS, *scoring.MEAN_KINDS)}
    assert set(SCORED_AS) == {*scored, "combined", "free"}
    assert set(REPORTS) <= set(vars(FINDING))
    assert len(set(TEMPLATES.values())) == len(TEMPLATES)
    assert {(name, variant): text for name, row in KINDS.items() for variant, text in row.wordings.items()} == TEMPLATES


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_answered_and_has_its_grammar(name):
    question = ParsedQuestion(name, 4, scope="expression" if "expression" in KINDS[name].wordings else "", ordinal=1)
    text = answer_text(question, FINDING)
    assert text
    if name in ADMISSIBLE:
        assert text in ADMISSIBLE[name]
        assert f'"{text}"' in grammar(question, ADMISSIBLE)
    if name in ("intervals", UNKNOWN):
        assert grammar(question, ADMISSIBLE) is None


def test_an_unknown_kind_is_refused():
    for ask in (find_kind, ParsedQuestion):
        with pytest.raises(ValueError, match="question kind 'riddle' is not known; expected one of coarse, fine"):
            ask("riddle")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"worded_as": "rhyme"}, "worded_as has 'rhyme'; expected one of .*'sentence'"),
        ({"scored_as": "beauty"}, "scored_as has 'beauty'"),
        ({"reports": ("coarse", "mood")}, "reports has 'mood'"),
        ({"presumes": "absent"}, "presumes has 'absent'"),
        ({"wordings": {"": "How is {name}?"}}, "wordings has '{name}'"),
        ({"reports": ("coarse", "fine")}, "an answer that is a field reports one"),
    ],
)
def test_a_row_that_nothing_could_answer_is_refused(changes, message):
    row = {"wordings": {"": "What?"}, "reports": ("coarse",), "worded_as": "field", "scored_as": "coarse"}
    assert QuestionKind("new", **row).beginning == "what"
    with pytest.raises(ValueError, match=f"question kind 'new': {message}"):
        QuestionKind("new", **(row | changes))


ROW = """
        QuestionKind(
            "mood",
            {"": "Does the face look {unit}, glad or gloomy?"},
            reports=("coarse",),
            worded_as="field",
            scored_as="coarse",
            admissible=("negative", "positive"),
        ),
        QuestionKind(UNKNOWN,"""
CHECK = """
import importlib.util, sys
name = "baselines.datasets.question_kinds"
spec = importlib.util.spec_from_file_location(name, sys.argv[1])
sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[name])

from baselines.datasets.question_kinds import ADMISSIBLE, scored_kind
from baselines.datasets.records import Question
from baselines.scoring.vqa import vqa_scores
from baselines.vqa.llama.grammars import grammar
from baselines.vqa.questions import parse, render
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

text = "Does the face look dimpler, glad or gloomy?"
asked = parse(" does THE face look: dimpler, glad or gloomy ")
assert (asked.kind, asked.action_unit) == ("mood", 14), asked
assert render(asked) == text
evidence = Evidence({"negative": 0.2, "positive": 0.8}, {"disgust": 0.3, "happiness": 0.7}, {12: 0.9, 14: 0.2})
both = [Question("1", "a", text), Question("2", "a", "What is the coarse expression class?")]
mood, broad = answer_questions(both, evidence)
assert (mood.text, mood.flag, mood.confidence) == ("positive", "", broad.confidence), mood
assert grammar(asked, ADMISSIBLE) == 'root ::= "negative" | "positive"'
assert scored_kind(text) == "coarse"
rows = [{"id": "1", "question": text, "answer": "positive", "subject": "s1"}]
assert vqa_scores(rows, ["positive"], resamples=0)["coarse"]["n"] == 1
"""


def test_a_row_in_the_table_alone_is_parsed_rendered_answered_and_scored(tmp_path):
    source = Path(question_kinds.__file__).read_text()
    path = tmp_path / "question_kinds.py"
    anchor = source.index("UNKNOWN,", source.index("KINDS = _by_name("))
    start = source.rindex("QuestionKind(", 0, anchor)
    path.write_text(source[:start].rstrip() + ROW + source[anchor + len("UNKNOWN,") :])
    done = subprocess.run([sys.executable, "-c", CHECK, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
