"""UF1, UAR and accuracy, against scikit-learn and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from baselines.metrics import classification, recognition
from baselines.metrics.figures import summary

LAW = settings(max_examples=50, deadline=None, derandomize=True)

CLASSES = ["negative", "positive", "surprise"]


def figures(truth, predicted, labels=CLASSES):
    return summary(recognition.FIGURES, recognition.confusion(truth, predicted, labels))


ANSWERS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from([*CLASSES, "others"])), min_size=1, max_size=40)


@LAW
@given(ANSWERS)
def test_equal_to_scikit_learn_over_a_fixed_set(pairs):
    truth, predicted = zip(*pairs)
    mine = figures(truth, predicted)
    options = {"labels": CLASSES, "average": "macro", "zero_division": 0}
    assert mine["uf1"] == pytest.approx(f1_score(truth, predicted, **options))
    assert mine["uar"] == pytest.approx(recall_score(truth, predicted, **options))
    assert mine["accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    assert mine["n"] == len(truth)


@LAW
@given(ANSWERS, st.randoms(use_true_random=False))
def test_order_of_clips_changes_nothing(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert figures(*zip(*pairs)) == figures(*zip(*shuffled))


# Always "negative" on the class counts of the MEGC2019 composite ground truth (combined_3class_gt.csv).
@pytest.mark.parametrize(
    ("counts", "uf1"),
    [((88, 32, 25), 0.2518), ((70, 51, 43), 0.1994), ((92, 26, 15), 0.2726), ((250, 109, 83), 0.2408)],
)
def test_majority_floor_of_the_composite(counts, uf1):
    truth = [name for name, number in zip(CLASSES, counts) for _ in range(number)]
    found = figures(truth, ["negative"] * len(truth))
    assert round(found["uf1"], 4) == uf1
    assert found["uar"] == pytest.approx(1 / 3)


def test_truth_against_itself_is_perfect_and_absent_classes_still_divide():
    truth = ["negative", "positive", "positive"]
    assert figures(truth, truth, ["negative", "positive"])["uf1"] == 1
    assert figures(truth, truth)["uf1"] == pytest.approx(2 / 3)


def test_fold_mean_is_another_quantity():
    truth, predicted = ["negative", "positive", "negative"], ["negative", "positive", "positive"]
    counts = classification.confusions(truth, predicted, ["negative", "positive"], [0, 0, 1], 2)
    means, none = recognition.fold_means(counts), recognition.fold_means(counts[:0])
    assert [means[name] for name in ("uf1", "uar", "accuracy")] == [0.5, 0.5, 0.5]
    assert classification.uf1(counts.sum(axis=0)) == pytest.approx(2 / 3)
    assert means.keys() == none.keys() == recognition.FIGURES.keys() - {"n"}
    assert set(none.values()) == {0.0}


def test_confusion_has_a_column_for_what_is_outside_the_set():
    counts = recognition.confusion(["a", "a", "b"], ["a", "?", "a"], ["a", "b"])
    assert counts.tolist() == [[1, 0, 1], [1, 0, 0]]
    assert [n.tolist() for n in classification.class_counts(counts)] == [[1, 0], [1, 0], [1, 1]]


def test_a_resample_without_a_class_leaves_it_out():
    whole = np.array([[2, 0, 0], [0, 2, 0]])
    counted = recognition.counted_in_resample(whole)
    lacking = np.array([[[2, 0, 0], [0, 0, 0]]])
    averaging = recognition.averaging(recognition.FIGURES, counted)
    for name, over_all, over_counted in (("uf1", 0.5, 1), ("uar", 0.5, 1), ("accuracy", 1, 1), ("n", 2, 2)):
        assert recognition.FIGURES[name](lacking) == over_all
        assert averaging[name](lacking) == over_counted


def test_nothing_is_defined_and_faults_are_named():
    assert set(figures([], [], []).values()) == {0}
    with pytest.raises(ValueError, match="2 true labels but 1 predictions"):
        recognition.confusion(["a", "b"], ["a"], ["a", "b"])
    with pytest.raises(ValueError, match="'b' is outside the classes a"):
        recognition.confusion(["a", "b"], ["a", "a"], ["a"])
    with pytest.raises(ValueError, match="stands twice"):
        recognition.confusion(["a"], ["a"], ["a", "a"])


def test_expected_calibration_error_by_hand():
    """.9 said twice, right once: |.5 - .9| on 2 of 4 clips; .25 said twice, right once: |.5 - .25| on 2 of 4."""
    counts = recognition.calibration_counts([True, False, True, False], [0.9, 0.9, 0.25, 0.25], [0, 1, 0, 1], 2)
    assert counts.shape == (2, recognition.BINS, 3)
    assert recognition.expected_calibration_error(counts.sum(axis=0)) == pytest.approx(0.5 * 0.4 + 0.5 * 0.25)
    assert recognition.expected_calibration_error(np.zeros((recognition.BINS, 3))) == 0


@LAW
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40))
def test_expected_calibration_error_is_a_rate_and_adds_up_over_clips(answers):
    correct, confidence = zip(*answers)
    apart = recognition.calibration_counts(correct, confidence, np.arange(len(answers)), len(answers))
    whole = recognition.calibration_counts(correct, confidence, np.zeros(len(answers), int), 1)[0]
    np.testing.assert_allclose(apart.sum(axis=0), whole)
    assert 0 <= recognition.expected_calibration_error(whole) <= 1 + 1e-9
    always = recognition.calibration_counts([True] * len(answers), [1.0] * len(answers), [0] * len(answers), 1)
    assert recognition.expected_calibration_error(always)[0] == 0


def test_confidence_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        recognition.calibration_counts([True], [1.2], [0], 1)
