import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_clips import clip64, noise

from features.errors import FeatureError
from features.lbp_sip import lbp_sip
from features.lbp_top import lbp_top

clips = arrays(
    np.uint8, st.tuples(st.integers(3, 5), st.integers(3, 8), st.integers(3, 8)), elements=st.integers(0, 200)
)


def reference(clip, radius_x, radius_y, radius_t):
    """The definition, voxel by voxel."""
    grey = clip.astype(int)
    space, time = np.zeros(16), np.zeros(4)
    frames, height, width = clip.shape
    for t in range(radius_t, frames - radius_t):
        for y in range(radius_y, height - radius_y):
            for x in range(radius_x, width - radius_x):
                c = grey[t, y, x]
                right, up = grey[t, y, x + radius_x] >= c, grey[t, y - radius_y, x] >= c
                left, down = grey[t, y, x - radius_x] >= c, grey[t, y + radius_y, x] >= c
                space[right + 2 * up + 4 * left + 8 * down] += 1
                time[(grey[t + radius_t, y, x] >= c) + 2 * (grey[t - radius_t, y, x] >= c)] += 1
    return np.concatenate([space, time]) / space.sum()


@pytest.mark.parametrize("radii", [(1, 1, 1), (2, 3, 1), (1, 1, 4)])
def test_it_is_the_definition(radii):
    video = noise()[:10, :14, :16]
    np.testing.assert_allclose(lbp_sip(video, radii), reference(video, *radii))


@given(clips, st.integers(1, 55))
@settings(max_examples=40)
def test_brighter_by_any_offset_is_the_same(video, offset):
    np.testing.assert_array_equal(lbp_sip(video + np.uint8(offset)), lbp_sip(video))


def test_the_part_in_space_is_that_of_lbp_top():
    top = lbp_top(clip64(), neighbours=4, mapping="full", planes=("XY",))
    np.testing.assert_array_equal(lbp_sip(clip64())[:16], top)


def test_levels_and_blocks_are_joined():
    video = clip64()
    feature = lbp_sip(video, levels=3, blocks=(2, 2, 1)).reshape(3, 4, 20)
    np.testing.assert_allclose(feature[..., :16].sum(axis=2), 1)
    np.testing.assert_allclose(feature[..., 16:].sum(axis=2), 1)
    half = np.stack([cv2.pyrDown(frame) for frame in video])
    np.testing.assert_array_equal(feature[1].ravel(), lbp_sip(half, blocks=(2, 2, 1)))


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((2, 20, 20), {}, "at least 3 frames"),
        ((5, 8, 8), {"levels": 4}, "too small for radii"),
        ((5, 8, 8), {"levels": 0}, "at least one level"),
        ((5, 8, 8), {"radii": (1, 1, 0)}, "radii of 1 or more"),
    ],
)
def test_what_cannot_be_described_is_a_clear_error(shape, parameters, message):
    with pytest.raises(FeatureError, match=message):
        lbp_sip(np.zeros(shape), **parameters)
