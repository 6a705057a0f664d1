import numpy as np
import pytest
from oracle_clips import clip

from features.errors import FeatureError
from features.lbp_top import lbp_top
from features.optical_strain import strain_maps
from features.osw_lbp_top import osw_lbp_top, strain_weights


def test_weights_are_block_means_over_the_largest():
    maps = np.zeros((3, 8, 8), np.float32)
    maps[0, :4, :4] = 3
    maps[1, 4:, 4:] = 6
    np.testing.assert_allclose(strain_weights(maps, (2, 2)), [[0.5, 0], [0, 1]])
    np.testing.assert_array_equal(strain_weights(np.zeros((3, 8, 8)), (2, 2)), 1)


def test_osw_weighs_the_xy_plane_only():
    video = clip()[8:20]
    weighted = osw_lbp_top(video, blocks=(4, 4)).reshape(16, 3, 16)
    plain = lbp_top(video, (1, 1, 4), 4, "full", blocks=(4, 4, 1)).reshape(16, 3, 16)
    np.testing.assert_array_equal(weighted[:, 1:], plain[:, 1:])
    weights = strain_weights(strain_maps(video), (4, 4)).ravel()
    np.testing.assert_allclose(weighted[:, 0].sum(axis=1), weights)
    np.testing.assert_allclose(weighted[:, 0], plain[:, 0] * weights[:, None])


def test_maps_with_fewer_pixels_than_blocks_are_a_clear_error():
    with pytest.raises(FeatureError, match="8x8 px"):
        strain_weights(np.zeros((3, 4, 4)), (8, 8))
