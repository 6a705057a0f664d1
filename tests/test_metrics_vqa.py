"""ME-VQA metrics: scores of answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from baselines.action_units import NAMES
from baselines.metrics import vqa
from baselines.metrics.figures import summary

LAW = settings(max_examples=50, deadline=None, derandomize=True)


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
    figures = {name: vqa.FIGURES["action_units"][name] for name in ("f1", "jaccard", "exact")}
    assert tuple(vqa.counts(figures, [truth], [predicted])[0]) == pytest.approx((*scores, 1))


UNITS = st.frozensets(st.sampled_from(sorted(NAMES.values()))).map(", ".join)


@LAW
@given(UNITS, UNITS)
def test_set_scores_are_symmetric_and_f1_follows_from_jaccard(first, second):
    scores = vqa.set_f1, vqa.jaccard, vqa.same_set
    f1, jaccard, exact = (score(first, second) for score in scores)
    assert (f1, jaccard, exact) == tuple(score(second, first) for score in scores)
    assert f1 == pytest.approx(2 * jaccard / (1 + jaccard))
    assert exact == (set(first.split(", ")) == set(second.split(", ")))


def test_counts_take_the_first_number():
    truth, predicted = ["3", "There are 2 events", "4"], ["5 events", "2", "many"]
    errors = {name: vqa.FIGURES["counts"][name] for name in ("mae", "rmse")}
    assert vqa.counts(errors, truth, predicted).tolist() == [[2, 4, 1], [0, 0, 1], [4, 16, 1]]
    assert [vqa.has_number(answer) for answer in ("3", "2 events", "many", "")] == [True, True, False, False]
    with pytest.raises(ValueError, match="'some' has no whole number"):
        vqa.counts(errors, ["some"], ["1"])


@LAW
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=9))
def test_errors_are_those_of_scikit_learn(pairs):
    truth, predicted = zip(*pairs)
    errors = vqa.FIGURES["counts"]
    counts = vqa.counts(errors, list(map(str, truth)), list(map(str, predicted)))
    found = summary(vqa.rates(errors), counts.sum(axis=0))
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, predicted))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(truth, predicted))
    assert found["n"] == len(pairs)


def test_equal_answers():
    accuracy = vqa.FIGURES["accuracy"]
    counts = vqa.counts(accuracy, ["yes", "no", "left"], ["Yes.", "yes", " left"])
    assert summary(vqa.rates(accuracy), counts.sum(axis=0)) == {"accuracy": 2 / 3, "n": 3}


def test_no_answers_and_faulty_input():
    for figures in vqa.FIGURES.values():
        none = summary(vqa.rates(figures), vqa.counts(figures, [], []).sum(axis=0))
        assert none == {**dict.fromkeys(figures, 0.0), "n": 0}
    with pytest.raises(ValueError, match="1 true answers but 0 predictions"):
        vqa.counts(vqa.FIGURES["accuracy"], ["yes"], [])
