import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.errors import FeatureError
from features.hoof import hoof

flows = arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(2, 8), st.just(2)), elements=st.integers(-9, 9))


def reference(flow, bins, fold):
    """The definition, vector by vector; the last bin takes its upper edge."""
    histogram = np.zeros(bins)
    span = 180 if fold else 360
    for u, v in flow.reshape(-1, 2):
        angle = np.degrees(np.arctan2(v, abs(u) if fold else u))
        for b in range(bins):
            low, high = -span / 2 + span * b / bins, -span / 2 + span * (b + 1) / bins
            if low <= angle < high or (b == bins - 1 and angle == high):
                histogram[b] += np.sqrt(u * u + v * v)
    return histogram


@given(flows, st.sampled_from([1, 4, 8, 12]), st.booleans())
@settings(max_examples=60)
def test_it_is_the_definition(flow, bins, fold):
    np.testing.assert_allclose(hoof(flow, bins, fold, normalise=False), reference(flow + 0.0, bins, fold), atol=1e-9)


@given(flows)
def test_a_mirrored_flow_folds_into_the_same_bins(flow):
    np.testing.assert_allclose(hoof(flow[:, ::-1] * (-1, 1), fold=True), hoof(flow, fold=True))


def test_a_mirrored_flow_mirrors_the_plain_bins():
    flow = np.random.default_rng(0).normal(size=(20, 20, 2))
    bins = hoof(flow[:, ::-1] * (-1, 1)).reshape(2, 4)
    np.testing.assert_allclose(bins[:, ::-1].ravel(), hoof(flow))


@given(flows, st.booleans())
@settings(max_examples=40)
def test_mass_is_that_of_all_vectors(flow, fold):
    lengths = np.hypot(flow[..., 0], flow[..., 1]).sum()
    assert hoof(flow, fold=fold, normalise=False).sum() == pytest.approx(lengths)
    assert hoof(flow, fold=fold).sum() == pytest.approx(1 if lengths else 0)


@pytest.mark.parametrize(("u", "v", "label"), [(1, 0, 4), (1, 1, 5), (0, 1, 6), (-1, 1, 7), (-1, 0, 7), (0, -1, 2)])
def test_bins_start_on_the_left_and_turn_over_the_top(u, v, label):
    assert hoof(np.full((3, 3, 2), (u, v), np.float32)).argmax() == label


def test_blocks_stand_row_by_row():
    flow = np.zeros((8, 8, 2))
    flow[:4, 4:] = (1, 0)
    histograms = hoof(flow, blocks=(2, 2)).reshape(4, 8)
    np.testing.assert_array_equal(histograms, np.eye(8)[[4]] * np.array([[0], [1], [0], [0]]))


@pytest.mark.parametrize(
    ("flow", "parameters", "message"),
    [
        (np.zeros((5, 5)), {}, r"\(H, W, 2\)"),
        (np.zeros((5, 5, 2)), {"bins": 0}, "at least one bin"),
        (np.zeros((5, 5, 2)), {"blocks": (6, 1)}, "cannot be cut into 6"),
        (np.full((5, 5, 2), np.inf), {}, "infinite"),
    ],
)
def test_what_has_no_histogram_is_a_clear_error(flow, parameters, message):
    with pytest.raises(FeatureError, match=message):
        hoof(flow, **parameters)
