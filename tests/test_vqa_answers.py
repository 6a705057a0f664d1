"""Answers have the wording of the annotation, to the character."""

from collections import defaultdict

import pytest

from baselines.action_units import parse as parse_units
from baselines.datasets.questions import read_questions
from baselines.datasets.records import Event
from baselines.vqa.answers import answer_text
from baselines.vqa.questions import parse
from baselines.vqa.records import Finding

EVENTS = (
    Event(557, 608, 572, "macro", "happiness", ("AU12",)),
    Event(2854, 2871, None, "micro", "disgust", ("AU4", "LAU10")),
)
FINDING = Finding("negative", "disgust", (4, 7), "right", EVENTS)

# Sentences of ME-VQA v1; counts and types as long-video answers give them.
WORDED = {
    "What is the coarse expression class?": "negative",
    "What is the fine-grained expression class?": "disgust",
    "What are the action units?": "brow lowerer, lid tightener",
    "Is the action unit lid tightener shown on the face?": "yes",
    "Is the action unit jaw drop shown on the face?": "no",
    "Is the action unit lip funneler shown on the face?": "no",
    "Is the action unit brow lowerer located on the left or right face?": "right",
    "What are the action units present, and based on them, what is the fine-grained expression and the coarse "
    "expression class?": "The action units present are: brow lowerer, lid tightener. Therefore, the fine-grained "
    "expression class is disgust, and the coarse expression class is negative.",
    "Please analyse the micro-expression shown in this video in detail.": "The action units present are: brow "
    "lowerer, lid tightener. Therefore, the fine-grained expression class is disgust, and the coarse expression "
    "class is negative.",
    "How many expression events appear in this video?": "2",
    "How many micro-expression events appear in this video?": "1",
    "How many macro-expression events appear in this video?": "1",
    "What distinct action units appear in this video?": "brow lowerer, lid tightener",
    "What is the expression type of the 1-th expression event in this video?": "macro-expression",
    "What is the expression type of the 2-th expression event in this video?": "micro-expression",
    "In the 1-th expression event of this video (frames 557-608, apex 572): describe it.": "The action unit present "
    "is: lip corner puller. Therefore, the fine-grained expression class is happiness, and the coarse expression "
    "class is positive.",
    "Describe the last expression event": "The action units present are: brow lowerer, upper lip raiser. Therefore, "
    "the fine-grained expression class is disgust, and the coarse expression class is negative.",
    "What is the type of the last expression event?": "micro-expression",
    "Summarize the whole video": "2 expression events. 1-th macro-expression: frames 557-608 (apex 572); 2-th "
    "micro-expression: frames 2854-2871. In the 1-th event: The action unit present is: lip corner puller. Therefore, "
    "the fine-grained expression class is happiness, and the coarse expression class is positive. In the 2-th event: "
    "The action units present are: brow lowerer, upper lip raiser. Therefore, the fine-grained expression class is "
    "disgust, and the coarse expression class is negative.",
    "How many expression events appear in this video? Localize every event.": "2 expression events. 1-th "
    "macro-expression: frames 557-608 (apex 572); 2-th micro-expression: frames 2854-2871",
}


@pytest.mark.parametrize("text", WORDED)
def test_wording(text):
    assert answer_text(parse(text), FINDING) == WORDED[text]


def test_one_unit_has_the_singular_sentence():
    question = parse("What is the action unit present, and based on it, what is the fine-grained and coarse class?")
    assert answer_text(question, Finding("positive", "happiness", (12,))) == (
        "The action unit present is: lip corner puller. Therefore, the fine-grained expression class is happiness, "
        "and the coarse expression class is positive."
    )


def test_a_video_without_events():
    nothing = Finding("others", "others", ())
    assert answer_text(parse("How many micro-expression events appear in this video?"), nothing) == "0"
    assert (
        answer_text(parse("How many micro-expression events? Localize them."), nothing) == "0 micro-expression events"
    )
    assert answer_text(parse("What distinct action units appear in this video?"), nothing) == "none"
    assert answer_text(parse("What type of expression is event 3?"), nothing) == "micro-expression"


def test_true_findings_give_all_real_answers(shared_data):
    clips = defaultdict(list)
    for question in read_questions(shared_data / "me_vqa" / "me_vqa_casme2.jsonl"):
        clips[question.subject, question.video].append(question)
    assert len(clips) == 145
    for questions in clips.values():
        true = {parse(question.text).kind: question.answer for question in questions}
        units = tuple(unit.number for unit in parse_units(true["action_units"]))
        finding = Finding(true["coarse"], true["fine"], units, true.get("side", "left"))
        assert [answer_text(parse(q.text), finding) for q in questions] == [q.answer for q in questions]
