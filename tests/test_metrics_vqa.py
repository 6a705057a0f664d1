"""ME-VQA metrics: kinds of questions, answers by kind."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.metrics import vqa

LAW = settings(max_examples=50, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is the coarse expression class?", "coarse"),
        ("What is the fine-grained expression class?", "fine"),
        ("What is the action unit?", "action_units"),
        ("What are the action units?", "action_units"),
        ("What distinct action units appear in this video?", "action_units"),
        ("Is the action unit dimpler shown on the face?", "yes_no"),
        ("Is the action unit dimpler located on the left or right face?", "side"),
        (
            "What is the action unit present, and based on it, what is the fine-grained expression and the coarse "
            "expression class?",
            "combined",
        ),
        ("How many micro-expression events appear in this video?", "count"),
        ("How many expression events appear in this video? Localize every event in the video.", "free"),
        ("What is the expression type of the 2-th expression event?", "event_type"),
        ("Please analyse the micro-expression shown in this video in detail.", "free"),
    ],
)
def test_kinds_of_questions(question, kind):
    assert vqa.question_kind(question) == kind
    assert vqa.question_kind(f"  {question.upper()} ") == kind


def test_every_official_question_has_a_kind(shared_data):
    from baselines.formats import read_answers

    rows = read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    kinds = [vqa.question_kind(row["question"]) for row in rows]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    expected = {"coarse": 145, "fine": 145, "action_units": 145, "combined": 145, "yes_no": 290, "side": 41}
    assert counts == expected


def test_normalized_answers():
    assert vqa.normalize("  Negative. ") == "negative"
    assert vqa.normalize("Lip  corner\npuller") == "lip corner puller"
    assert vqa.normalize("...") == ".."


@pytest.mark.parametrize(
    ("truth", "predicted", "scores"),
    [
        ("brow lowerer, lid tightener", "AU7+AU4", (1, 1, 1)),
        ("brow lowerer, lid tightener", "brow lowerer", (2 / 3, 1 / 2, 0)),
        ("brow lowerer", "brow lowerer, a smile", (2 / 3, 1 / 2, 0)),
        ("dimpler", "lip stretcher", (0, 0, 0)),
        ("none", "none", (1, 1, 1)),
    ],
)
def test_action_unit_sets(truth, predicted, scores):
    assert tuple(vqa.action_unit_scores([truth], [predicted])[0]) == pytest.approx(scores)


@LAW
@given(st.frozensets(st.integers(1, 8)), st.frozensets(st.integers(1, 8)))
def test_set_scores_are_symmetric_and_f1_follows_from_jaccard(first, second):
    f1, jaccard, exact = vqa.set_scores(first, second)
    assert (f1, jaccard, exact) == vqa.set_scores(second, first)
    assert f1 == pytest.approx(2 * jaccard / (1 + jaccard))
    assert exact == (first == second)


def test_counts_take_the_first_number():
    errors = vqa.count_errors(["3", "There are 2 events", "4"], ["5 events", "2", "many"])
    assert errors.tolist() == [[2, 4], [0, 0], [4, 16]]
    with pytest.raises(ValueError, match="'some' has no whole number"):
        vqa.count_errors(["some"], ["1"])


def test_figures_of_each_kind():
    kinds = ["coarse", "coarse", "fine", "yes_no", "yes_no", "side", "action_units", "count", "count", "free"]
    truth = ["negative", "positive", "disgust", "yes", "no", "left", "dimpler", "3", "1", "a text"]
    predicted = ["Negative.", "no idea", "disgust", "yes", "yes", "right", "dimpler", "1", "1", "another"]
    result = vqa.evaluate(kinds, truth, predicted)
    assert result["coarse"] == {"uf1": 0.5, "uar": 0.5, "accuracy": 0.5, "n": 2}
    assert result["fine"]["uf1"] == 1
    assert result["yes_no"] == {"accuracy": 0.5, "n": 2}
    assert result["side"] == {"accuracy": 0.0, "n": 1}
    assert result["action_units"] == {"f1": 1.0, "jaccard": 1.0, "exact": 1.0, "n": 1}
    assert result["counts"] == {"mae": 1.0, "rmse": pytest.approx(math.sqrt(2)), "n": 2}
    assert result["n"] == 10
    assert "event_type" not in result


def test_class_set_changes_the_figure():
    given_set = vqa.evaluate(["coarse"], ["negative"], ["negative"], {"coarse": ["negative", "positive", "surprise"]})
    assert given_set["coarse"]["uf1"] == pytest.approx(1 / 3)


def test_majority_floor_of_real_questions(shared_data):
    """Always the commonest class on the CASME II rows: 88 of 145 negative, 61 of 145 disgust."""
    from baselines.formats import read_answers

    rows = read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    kinds = [vqa.question_kind(row["question"]) for row in rows]
    constant = {"coarse": "negative", "fine": "disgust", "yes_no": "yes"}
    result = vqa.evaluate(kinds, [row["answer"] for row in rows], [constant.get(kind, "none") for kind in kinds])
    assert result["coarse"]["uf1"] == pytest.approx(2 * 88 / (145 + 88) / 3)
    assert result["coarse"]["uar"] == pytest.approx(1 / 3)
    assert result["fine"]["uf1"] == pytest.approx(2 * 61 / (145 + 61) / 4)
    assert result["yes_no"]["accuracy"] == 0.5


def test_empty_and_faulty_input():
    result = vqa.evaluate([], [], [])
    assert result["coarse"] == {"uf1": 0.0, "uar": 0.0, "accuracy": 0.0, "n": 0}
    assert result["action_units"]["n"] == 0
    with pytest.raises(ValueError, match="not as many"):
        vqa.evaluate(["coarse"], [], [])
    with pytest.raises(ValueError, match="kind 'riddle' is unknown"):
        vqa.evaluate(["riddle"], ["a"], ["a"])
