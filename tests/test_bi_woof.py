import numpy as np
import pytest
from oracle_clips import clip

from features.bi_woof import bi_woof
from features.errors import FeatureError
from features.optical_flow import optical_flow
from features.optical_strain import optical_strain


@pytest.fixture(scope="module")
def flow():
    return optical_flow(clip()[0, :126, :123], clip()[15, :126, :123])


def reference(flow, edges):
    """The formula as two plain loops: edges gives first and last pixel, inclusive, of a block along an axis."""
    strain = optical_strain(flow)
    feature = []
    for top, bottom in edges(flow.shape[0]):
        for left, right in edges(flow.shape[1]):
            histogram, weight = np.zeros(8), 0.0
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    u, v = map(float, flow[y, x])
                    angle = np.degrees(np.arctan2(v, u))
                    histogram[min(int((angle + 180) // 45), 7)] += np.sqrt(u * u + v * v)
                    weight += float(strain[y, x])
            feature.append(histogram / histogram.sum() * weight)
    feature = np.concatenate(feature)
    return feature / np.sqrt((feature**2).sum())


def test_it_is_the_formula(flow):
    edges = lambda size: [(round(size * i / 5), round(size * (i + 1) / 5) - 1) for i in range(5)]  # noqa: E731
    feature = bi_woof(flow)
    assert feature.shape == (200,)
    np.testing.assert_allclose(feature, reference(flow, edges), rtol=1e-6)


def test_official_blocks_are_those_of_biwoof_m(flow):
    def edges(size):
        step = size // 5
        # biwoof.m counts from 1: 1 to step + 1, (i - 1) step to i step + 1, 4 step to size.
        return [(0, step), *((i * step - 1, (i + 1) * step) for i in (1, 2, 3)), (4 * step - 1, size - 1)]

    np.testing.assert_allclose(bi_woof(flow, official_blocks=True), reference(flow, edges), rtol=1e-6)


def test_motion_twice_as_far_is_the_same_feature(flow):
    np.testing.assert_allclose(bi_woof(2 * flow), bi_woof(flow), rtol=1e-5, atol=1e-9)


def test_a_mirrored_motion_has_mirrored_blocks_and_bins(flow):
    flow = flow[:, :120]
    mirrored = bi_woof(flow[:, ::-1] * np.float32([-1, 1])).reshape(5, 5, 2, 4)
    np.testing.assert_allclose(mirrored[:, ::-1, :, ::-1].ravel(), bi_woof(flow), rtol=1e-4, atol=1e-7)


def test_nothing_that_moves_gives_zeros():
    np.testing.assert_array_equal(bi_woof(np.zeros((30, 30, 2))), np.zeros(200))


@pytest.mark.parametrize("flow", [np.zeros((4, 30, 2)), np.zeros((30, 30)), np.full((30, 30, 2), np.nan)])
def test_what_cannot_be_described_is_a_clear_error(flow):
    with pytest.raises(FeatureError):
        bi_woof(flow)
