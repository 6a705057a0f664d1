"""LBP histograms of a flow field's channels: the codes of scikit-image, one block by another."""

import numpy as np
import pytest
from oracle_clips import clip
from skimage.feature import local_binary_pattern

from features.blocks import block_means, block_spans
from features.errors import FeatureError
from features.flow_lbp import flow_lbp
from features.lbp_top import lbp_top
from features.optical_flow import optical_flow
from features.optical_strain import optical_strain


@pytest.fixture(scope="module")
def flow():
    return optical_flow(clip()[0, :126, :123], clip()[15, :126, :123])


def levels(channel):
    low, high = channel.min(), channel.max()
    return np.rint(((channel.astype(float) - low) / (high - low) * 255).round(3))


def test_codes_are_those_of_scikit_image(flow):
    for channel, values in (("u", flow[..., 0]), ("v", flow[..., 1]), ("strain", optical_strain(flow))):
        codes = local_binary_pattern(levels(values).astype(np.uint8), 8, 1, "default")[1:-1, 1:-1].astype(int)
        found = flow_lbp(flow, (1, 1), sampling="bilinear", mapping="full", channels=[channel], normalise=False)
        # bit 0 and the direction of counting are the same; a neighbour as bright as its centre may round either way
        assert np.abs(found - np.bincount(codes.ravel(), minlength=256)).sum() < 0.02 * codes.size


def test_blocks_and_channels_come_in_order(flow):
    whole = flow_lbp(flow, (2, 3), radius=2, normalise=False).reshape(3, 2, 3, 59)
    one = flow_lbp(flow, (2, 3), radius=2, channels=("strain",), normalise=False).reshape(2, 3, 59)
    np.testing.assert_array_equal(whole[2], one)
    np.testing.assert_array_equal(whole.sum(axis=(1, 2)).ravel(), flow_lbp(flow, (1, 1), radius=2, normalise=False))
    rows, columns = block_spans(126 - 4, 2), block_spans(123 - 4, 3)
    sizes = [[(y.stop - y.start) * (x.stop - x.start) for x in columns] for y in rows]
    np.testing.assert_array_equal(whole.sum(axis=-1), np.tile(sizes, (3, 1, 1)))
    np.testing.assert_allclose(flow_lbp(flow).reshape(-1, 59).sum(axis=1), 1)
    u = levels(flow[..., 0])[np.newaxis]
    np.testing.assert_array_equal(
        flow_lbp(flow, (4, 4), neighbours=4, mapping="full", overlap=0.3, channels=("u",)),
        lbp_top(u, (1, 1, 0), 4, "full", blocks=(4, 4, 1), overlap=0.3, planes=("XY",)),
    )


def test_size_and_level_of_the_flow_do_not_matter_nor_what_no_level_tells_apart(flow):
    expected = flow_lbp(flow, channels=("u", "v"))
    np.testing.assert_array_equal(flow_lbp(4 * flow, channels=("u", "v")), expected)
    shaken = flow + np.random.default_rng(0).normal(0, 1e-5, flow.shape)
    assert np.abs(flow_lbp(shaken, channels=("u", "v")) - expected).max() < 0.03


def test_a_picture_that_was_published_gives_what_its_flow_does(flow):
    """Scaled to levels and rounded, as such pictures are, u and v have the codes that they had."""
    published = np.dstack([levels(flow[..., 0]), levels(flow[..., 1])])
    for shift in (0, (3.0, -7.0)):
        found = flow_lbp(published - shift, channels=("u", "v"))
        np.testing.assert_array_equal(found, flow_lbp(flow, channels=("u", "v")))


def test_what_cannot_be_coded_is_a_clear_error(flow):
    for parameters, message in (
        ({"channels": ("w",)}, "channels are a choice of u, v, strain; got"),
        ({"channels": ()}, "channels are a choice"),
        ({"radius": 0}, "leave no neighbours"),
        ({"radius": 70}, "too small for radii"),
        ({"blocks": (200, 1)}, "cannot be cut into 200 blocks"),
    ):
        with pytest.raises(FeatureError, match=message):
            flow_lbp(flow, **parameters)


def test_the_mean_of_blocks_is_the_mean_of_their_pixels(flow):
    means = block_means(flow, (4, 3))
    assert means.shape == (4, 3, 2)
    np.testing.assert_allclose(block_means(flow, (1, 1))[0, 0], flow.mean(axis=(0, 1), dtype=float))
    np.testing.assert_allclose(means[3, 0], flow[95:, :41].mean(axis=(0, 1), dtype=float))
    np.testing.assert_allclose(
        block_means(flow[:120, :120], (5, 5)).mean(axis=(0, 1)), flow[:120, :120].mean((0, 1), dtype=float)
    )
    np.testing.assert_array_equal(block_means(flow, flow.shape[:2]), flow)
    with pytest.raises(FeatureError, match="cannot be cut into 200 blocks"):
        block_means(flow, (200, 1))
