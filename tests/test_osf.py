import numpy as np
import pytest
from oracle_clips import clip
from scipy.signal import wiener

from features.errors import FeatureError
from features.osf import _wiener, osf


def test_the_pooled_map_shows_where_the_mouth_moves():
    onset_to_apex = clip()[[0, 15]]
    feature = osf(onset_to_apex, method="tvl1")
    assert feature.shape == (2500,)
    assert feature.min() >= 0
    assert feature.max() <= 1
    # Away from the picture's edge, where flow is a guess.
    y, x = np.unravel_index(feature.reshape(50, 50)[8:42, 8:42].argmax(), (34, 34))
    assert abs(y + 8 - 37) <= 6
    assert min(abs(x + 8 - 19), abs(x + 8 - 31)) <= 5
    np.testing.assert_allclose(osf(onset_to_apex, pooling="sum", method="tvl1"), feature, atol=1e-4)
    assert np.abs(osf(onset_to_apex, smoothing=None, method="tvl1") - feature).max() > 0.01


def test_the_wiener_filter_is_scipy_s():
    image = np.random.default_rng(0).uniform(0, 1, (30, 30)).astype(np.float32)
    image[10:20, 10:20] += 5
    # scipy takes the outside for zero, so the noise is given to it and borders are left out.
    local = wiener(image, 5)[2:-2, 2:-2]
    assert np.abs(_wiener(image)[2:-2, 2:-2] - local).mean() < 0.02
    np.testing.assert_array_equal(_wiener(np.zeros((9, 9), np.float32)), 0)


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((3, 40, 40), {"pooling": "max"}, "pooling mean or sum"),
        ((3, 40, 40), {"smoothing": "median"}, "smoothing wiener, gaussian or None"),
        ((1, 40, 40), {}, "at least 2 frames"),
    ],
)
def test_what_has_no_map_is_a_clear_error(shape, parameters, message):
    with pytest.raises(FeatureError, match=message):
        osf(np.zeros(shape), **parameters)
