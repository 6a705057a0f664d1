"""The hybrid's rule: laws of log-linear pooling, and the weight that annotated clips choose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets.records import Event
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.pooling import fit_weight, inner_weight, pool
from baselines.vqa.records import Evidence

PROBABILITY = st.floats(0.001, 0.999)


def evidence(positive, smile, left=0.5, rate=0.2):
    fine = {"happiness": positive, "disgust": 1 - positive}
    return Evidence({"positive": positive, "negative": 1 - positive}, fine, {12: smile, 4: 1 - smile}, left, rate)


@given(PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY)
def test_weights_0_and_1_are_the_sources_themselves(a, b, c, d):
    vision, measured = evidence(a, b, left=c), evidence(c, d, left=a)
    for weight, source in ((0, measured), (1, vision)):
        pooled = pool(vision, measured, weight)
        assert pooled.coarse == pytest.approx(source.coarse, abs=1e-9)
        assert pooled.fine == pytest.approx(source.fine, abs=1e-9)
        assert pooled.action_units == pytest.approx(source.action_units, abs=1e-9)
        assert pooled.left == pytest.approx(source.left, abs=1e-9)


@given(PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY, st.floats(0, 1))
def test_pooled_probabilities_lie_between_the_sources_and_sum_to_one(a, b, c, d, weight):
    vision, measured = evidence(a, b), evidence(c, d)
    pooled = pool(vision, measured, weight)
    assert sum(pooled.coarse.values()) == pytest.approx(1)
    assert min(a, c) - 1e-9 <= pooled.coarse["positive"] <= max(a, c) + 1e-9
    assert min(b, d) - 1e-9 <= pooled.action_units[12] <= max(b, d) + 1e-9


def test_two_sources_that_agree_are_one():
    same = evidence(0.7, 0.9)
    assert pool(same, same, 0.4).coarse == pytest.approx(same.coarse)


def test_units_count_relative_to_each_source_s_own_rate():
    """A source that says as much as its rate says nothing: the pooled probability is the other source's rate."""
    pooled = pool(evidence(0.5, 0.2, rate=0.2), evidence(0.5, 0.05, rate=0.05), 0.5)
    assert pooled.action_units[12] == pytest.approx(0.05)
    assert pooled.rate == 0.05


def test_what_the_classifiers_did_not_learn():
    vision = evidence(0.7, 0.9, left=0.8)
    assert pool(vision, Evidence({"positive": 0.4, "negative": 0.6}), 0.3).action_units == pytest.approx(
        vision.action_units
    )
    measured = Evidence({"positive": 0.4, "negative": 0.6}, {}, {12: 0.2})
    pooled = pool(vision, measured, 0.3)
    assert list(pooled.action_units) == [12]
    assert pooled.left == vision.left


def test_weight_goes_to_the_source_that_is_right():
    rng = np.random.default_rng(0)
    truth = rng.random(40) < 0.5
    events = [Event(1, 2, 2, "micro", *(("happiness", ("AU12",)) if t else ("disgust", ("AU4",)))) for t in truth]
    right = [evidence(0.9 if t else 0.1, 0.9 if t else 0.1) for t in truth]
    guess = [evidence(*rng.uniform(0.1, 0.9, 2)) for _ in truth]
    assert fit_weight(list(zip(right, guess)), events) >= 0.8
    assert fit_weight(list(zip(guess, right)), events) <= 0.2
    assert fit_weight(list(zip(right, right)), events) == 0


def test_inner_weight_is_fitted_on_subjects_left_out_of_the_classifiers():
    rng = np.random.default_rng(0)
    truth = np.arange(24) % 2 == 0
    events = [Event(1, 2, 2, "micro", *(("happiness", ("AU12",)) if t else ("disgust", ("AU4",)))) for t in truth]
    subjects = [f"s{n // 6}" for n in range(24)]
    seen = [evidence(0.95 if t else 0.05, 0.95 if t else 0.05) for t in truth]
    noise = rng.normal(size=(24, 5)).astype(np.float32)
    assert inner_weight(ClipAnalyst(), noise, events, subjects, seen) >= 0.8
    assert 0 <= inner_weight(ClipAnalyst(), noise, events, ["one"] * 24, seen) <= 1
