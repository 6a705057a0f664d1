"""Emotions that no training clip has: when they are named, and that what was learned stays as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import ADMISSIBLE
from baselines.datasets.records import Question
from baselines.vqa.answerers import Rules, Seen
from baselines.vqa.names import MARKS, RARER, with_unseen
from baselines.vqa.records import Evidence

FINE = Question("1", "c", "What is the fine-grained expression class?")
UNITS = (1, 4, 7, 12, 14, 15, 20)


def evidence(shown=(), **changes):
    """What classifiers of three emotions say of a clip that surely shows some units."""
    learned = {
        "disgust": {4: 0.7, 7: 0.4, 1: 0.02, 12: 0.02, 14: 0.02, 15: 0.05, 20: 0.02},
        "happiness": {12: 0.9, 4: 0.05, 7: 0.1, 1: 0.05, 14: 0.1, 15: 0.02, 20: 0.02},
        "repression": {15: 0.5, 14: 0.3, 4: 0.1, 7: 0.1, 1: 0.05, 12: 0.1, 20: 0.02},
    }
    whole = {
        "coarse": {"negative": 0.7, "positive": 0.3},
        "fine": {"disgust": 0.4, "happiness": 0.3, "repression": 0.3},
        "action_units": {unit: 0.95 if unit in shown else 0.02 for unit in UNITS},
        "unit_shares": learned,
    }
    return Evidence(**whole | changes)


def test_every_emotion_of_the_challenge_has_its_marks():
    assert set(MARKS) == set(ADMISSIBLE["fine"])


@pytest.mark.parametrize(
    ("shown", "closed", "opened"),
    [
        ((4, 7), "disgust", "disgust"),
        ((12,), "happiness", "happiness"),
        ((1, 4, 20), "disgust", "fear"),
        ((1, 4, 15), "repression", "sadness"),
    ],
)
def test_an_emotion_without_training_clips_is_told_by_its_units(shown, closed, opened):
    for open_names, expected in ((False, closed), (True, opened)):
        rules = Rules(open_names=open_names)
        (answer,) = rules.answer_clip([FINE], Seen(measured=evidence(shown)))
        assert answer.text == expected
        assert not answer.flag
        assert 0 < answer.confidence <= 1


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_what_was_learned_stays(weights):
    found = evidence(fine=dict(zip(("disgust", "happiness", "repression"), weights)))
    opened = with_unseen(found)
    for name in found.fine:
        assert opened.fine[name] == found.fine[name]
        assert opened.unit_shares[name] == found.unit_shares[name]
    assert (opened.coarse, opened.action_units) == (found.coarse, found.action_units)
    for name in set(opened.fine) - set(found.fine):
        alike = [p for other, p in found.fine.items() if coarse(other) == coarse(name)]
        assert opened.fine[name] == pytest.approx(RARER * sum(alike) / len(alike))
        assert all(0 < share < 1 for share in opened.unit_shares[name].values())
    assert "surprise" not in opened.fine  # no clip of that coarse class was learned
    assert with_unseen(opened) == opened


def test_without_units_or_of_all_emotions_nothing_is_added():
    bare = evidence(unit_shares={})
    assert with_unseen(bare) == bare
    assert with_unseen(Evidence()) == Evidence()


def test_the_flag_goes_with_the_rules(megc, write, tmp_path):
    asked = write("q.jsonl", '{"id": "1", "video": "c", "question": "What is the fine-grained expression class?"}\n')
    done = megc(
        "vqa", "--questions", asked, "--media", tmp_path, "--output", "-", "--answerer", "hybrid", "--open-names"
    )
    assert done.exit_code == 2
    assert "--open-names goes with --answerer rules; a vision model has names of its own" in done.stderr
