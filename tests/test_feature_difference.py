import numpy as np
import pytest
from oracle_clips import clip

from features.errors import FeatureError
from features.feature_difference import difference_curve, feature_difference, lbp_histograms
from features.lbp_top import lbp_codes, uniform_labels


def test_the_curve_rises_where_the_expression_is():
    curve = feature_difference(clip(), 6)
    assert curve.shape == (30,)
    assert abs(curve.argmax() - 15) <= 2
    assert curve[np.r_[6:9, 22:24]].max() < 0.3 * curve.max()


def test_it_is_the_formula():
    """Moilanen's formula as plain loops."""
    video, k, top = clip()[:12, :69, :66], 2, 5
    labels = uniform_labels(8)
    codes = labels[lbp_codes(video, "XY", (3, 3, 0))]
    differences = np.zeros(12)
    for i in range(k, 12 - k):
        distances = []
        for rows in np.split(np.arange(63), 3):
            for columns in np.split(np.arange(60), 4):
                block = codes[:, rows][:, :, columns]
                a, b, c = (np.bincount(block[t].ravel(), minlength=59) / block[t].size for t in (i, i - k, i + k))
                mean = (b + c) / 2
                distances.append(sum((x - y) ** 2 / (x + y) for x, y in zip(a, mean) if x + y > 0))
        differences[i] = np.mean(sorted(distances)[-top:])
    differences[:k], differences[-k:] = differences[k], differences[-k - 1]
    plain = feature_difference(video, k, (3, 4), top=top, contrast=False)
    np.testing.assert_allclose(plain, differences, rtol=1e-5)
    expected = [
        max(differences[i] - (differences[i - k] + differences[i + k]) / 2, 0) if k <= i < 12 - k else 0
        for i in range(12)
    ]
    np.testing.assert_allclose(feature_difference(video, k, (3, 4), top=top), expected, atol=1e-6)


def test_a_long_video_may_come_in_parts():
    video = clip()
    parts = np.concatenate([lbp_histograms(video[:13]), lbp_histograms(video[13:])])
    assert parts.shape == (30, 36, 59)
    np.testing.assert_allclose(parts.sum(axis=2), 1, rtol=1e-5)
    np.testing.assert_array_equal(difference_curve(parts, 6), feature_difference(video, 6))


@pytest.mark.parametrize("offset", [1, 20, 55])
def test_light_that_changes_for_all_pixels_is_no_difference(offset):
    video = np.repeat((clip()[:1] // 2)[:, :60, :60], 7, axis=0)
    video[3] += np.uint8(offset)
    np.testing.assert_array_equal(feature_difference(video, 2), 0)


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((10, 60, 60), {"k": 5}, "more than 2 k frames"),
        ((10, 60, 60), {"k": 0}, "more than 2 k frames"),
        ((10, 60, 60), {"k": 2, "top": 37}, "top within the blocks"),
        ((10, 6, 60), {"k": 2}, "too small for radii"),
        ((10, 11, 60), {"k": 2}, "cannot be cut into 6 blocks"),
    ],
)
def test_what_has_no_curve_is_a_clear_error(shape, parameters, message):
    with pytest.raises(FeatureError, match=message):
        feature_difference(np.zeros(shape), **parameters)
