"""Inner folds: the choice among alternatives, and probabilities that mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from baselines.metrics.recognition import calibration_counts, expected_calibration_error
from baselines.recognition.inner_folds import choose, fit_temperature, softmax, split_groups
from baselines.recognition.kernels import Samples
from baselines.recognition.recognizer import Recognizer

FIRST, SECOND = ({"transforms": [{"name": "channels", "keep": [n]}], "gamma": "mean"} for n in (0, 1))


def two_channels(n=120, seed=0, apart=2.5):
    """Samples (n, 1, 2) whose second channel tells the class, their classes and subjects; the first is noise."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, n)
    X = rng.normal(size=(n, 1, 2))
    X[:, 0, 1] += apart * codes
    return X.astype(np.float32), np.array(["negative", "positive", "surprise"])[codes], np.arange(n) // 6


@given(st.lists(st.integers(0, 8), min_size=1, max_size=40), st.integers(2, 6))
def test_inner_folds_leave_every_group_out_as_a_whole_once(groups, folds):
    masks = split_groups(groups, folds)
    if len(set(groups)) == 1:
        assert masks == []
        return
    assert len(masks) == min(folds, len(set(groups)))
    np.testing.assert_array_equal(np.sum(masks, axis=0), 1)
    for mask in masks:
        assert mask.any()
        assert not {g for g, out in zip(groups, mask) if out} & {g for g, out in zip(groups, mask) if not out}


@given(st.lists(st.integers(1, 4), min_size=5, max_size=12), st.integers(2, 5))
def test_inner_folds_are_as_large_as_those_of_scikit_learn(sizes, folds):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    theirs = [len(out) for _, out in GroupKFold(folds).split(groups, groups=groups)]
    assert sorted(mask.sum() for mask in split_groups(groups, folds)) == sorted(theirs)


def test_the_alternative_that_tells_the_classes_is_chosen():
    X, y, groups = two_channels()
    recognizer = Recognizer(
        kernels=[FIRST, SECOND],
        classifier={"name": "ridge"},
        choose={"kernels": [[0], [0, 1], [1]], "classifier": [{"name": "svm"}, {"name": "ridge"}]},
    )
    recognizer.fit(X, y, groups)
    assert recognizer.chosen_ >= 2
    assert np.mean(recognizer.predict(two_channels(seed=1)[0]) == two_channels(seed=1)[1]) > 0.7


def test_a_difference_that_may_be_chance_keeps_the_first():
    rng = np.random.default_rng(0)
    codes, groups = rng.integers(0, 3, 60), np.arange(60) // 6
    right = 2.0 * np.eye(3)[codes]
    first, other, poor = right.copy(), right.copy(), right.copy()
    first[:3] = first[:3, [1, 2, 0]]
    poor[:40] = poor[:40, [1, 2, 0]]
    assert choose([first, other], codes, groups) == 0
    assert choose([poor, first, other], codes, groups) == 2
    assert choose([first], codes, groups) == 0
    assert choose([None, None], codes, groups) == 0


def test_the_choice_sees_training_samples_only():
    X, y, groups = two_channels()
    recognizer = Recognizer(kernels=[FIRST, SECOND], classifier={"name": "ridge"}, choose={"kernels": [[0], [1]]})
    training = groups != 3
    found = []
    for data, labels in ((X, y), (np.where(training[:, None, None], X, -9 * X), np.where(training, y, "surprise"))):
        samples = recognizer.share(Samples(data))
        recognizer.fit(samples[training], labels[training], groups[training])
        found.append((recognizer.chosen_, recognizer.temperature_, recognizer.predict_proba(X[~training]).tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_under_which_scores_were_drawn_is_found(true):
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 3, (4000, 3))
    codes = np.array([rng.choice(3, p=p) for p in softmax(scores / true)])
    assert fit_temperature(scores, codes) == pytest.approx(true, rel=0.1)
    assert fit_temperature(None, codes) == 1.0


@pytest.mark.parametrize("classifier", [{"name": "svm"}, {"name": "ridge"}, {"name": "xgboost", "n_estimators": 20}])
def test_probabilities_agree_with_answers_and_with_how_often_they_are_right(classifier):
    X, y, groups = two_channels(240, apart=1.5)
    X_test, truth, _ = two_channels(600, seed=1, apart=1.5)
    recognizer = Recognizer(classifier=classifier).fit(X, y, groups)
    p = recognizer.predict_proba(X_test)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    predicted = recognizer.predict(X_test)
    np.testing.assert_array_equal(recognizer.classes_[p.argmax(axis=1)], predicted)
    counts = calibration_counts(predicted == truth, p.max(axis=1), np.zeros(len(p), int), 1)
    assert expected_calibration_error(counts)[0] < 0.12


def test_a_class_that_an_inner_fold_lacks_is_no_harm():
    X, y, groups = two_channels(36)
    y = np.where(groups == 0, "others", y)  # known from one subject only
    recognizer = Recognizer(classifier={"name": "svm"}).fit(X, y, groups)
    assert set(recognizer.classes_) == {"negative", "others", "positive", "surprise"}
    assert np.isfinite(recognizer.predict_proba(X)).all()


def test_one_group_or_one_class_leaves_scores_as_they_are():
    X, y, _ = two_channels(30)
    assert Recognizer(classifier={"name": "svm"}).fit(X, y, np.zeros(30)).temperature_ == 1.0
    assert set(Recognizer(classifier={"name": "svm"}).fit(X, ["positive"] * 30).predict(X)) == {"positive"}
