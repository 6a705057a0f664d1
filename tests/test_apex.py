import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_clips import clip, golden
from scipy.signal import find_peaks

from features.apex import divide_and_conquer, find_apex, onset_difference
from features.errors import FeatureError
from features.lbp_top import lbp_top
from features.optical_flow import optical_flow
from features.optical_strain import optical_strain


def landmarks():
    return np.array(golden("mdmo_meb")["landmarks"])


@pytest.mark.parametrize(
    "parameters", [{"feature": "lbp"}, {"feature": "strain"}, {"feature": "strain", "method": "dis"}]
)
def test_the_apex_of_a_known_motion_is_found(parameters):
    # Apex at 15, rise and fall of about six frames each way.
    assert abs(find_apex(clip(), landmarks(), **parameters) - 15) <= 3


def test_lbp_difference_is_one_minus_correlation_of_the_regions_histograms():
    video, points = clip()[:4], landmarks()
    expected = []
    for chosen in ([*range(17, 22), *range(36, 42)], [*range(22, 27), *range(42, 48)], [*range(48, 68)]):
        (left, top), (right, bottom) = points[chosen].min(axis=0), points[chosen].max(axis=0)
        across, down = 0.2 * (right - left), 0.2 * (bottom - top)
        rows = slice(int(top - down), int(np.ceil(bottom + down)) + 1)
        region = video[:, rows, int(left - across) : int(np.ceil(right + across)) + 1]
        # LBP-TOP on three equal frames sees one frame on its XY plane.
        histograms = [lbp_top(np.stack([frame] * 3), planes=("XY",)) for frame in region]
        expected.append([1 - np.corrcoef(histograms[0], histogram)[0, 1] for histogram in histograms])
    np.testing.assert_allclose(onset_difference(video, points), np.mean(expected, axis=0), atol=1e-9)


def test_strain_difference_without_landmarks_is_the_mean_of_the_frame():
    video = clip()[:3]
    expected = [0, *(optical_strain(optical_flow(video[0], frame)).mean() for frame in video[1:])]
    np.testing.assert_allclose(onset_difference(video, feature="strain"), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("curve", "apex"),
    [
        ([0, 1, 0, 0, 0, 0, 0, 0], 1),
        ([0, 3, 0, 0, 0, 2, 0, 2, 0, 0], 5),  # two lower peaks on the right outweigh one, then tie to the earlier
        ([0, 3, 0, 0, 0, 1, 0, 1, 0, 0], 1),
        ([0, 1, 2, 3], 3),
        ([5], 0),
        ([2, 2, 2], 0),
    ],
)
def test_halves_are_kept_by_the_sum_of_their_peaks(curve, apex):
    assert divide_and_conquer(curve) == apex


@given(arrays(float, st.integers(1, 40), elements=st.integers(0, 9)))
def test_the_apex_is_always_a_peak_when_there_is_one(curve):
    peaks = find_peaks(curve)[0]
    assert divide_and_conquer(curve) in (peaks if len(peaks) else [curve.argmax()])


def test_a_still_face_has_its_apex_at_once():
    still = np.full((6, 64, 64), 90, np.uint8)
    np.testing.assert_array_equal(onset_difference(still), 0)
    assert find_apex(still) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: find_apex(np.zeros((2, 64, 64))), "at least 3 frames"),
        (lambda: find_apex(np.zeros((5, 64, 64)), np.zeros((5, 2))), "68 finite landmarks"),
        (lambda: find_apex(np.zeros((5, 64, 64)), np.full((68, 2), 200.0)), "eye and brow on the left is not in"),
        (lambda: find_apex(np.zeros((5, 64, 64)), feature="hog"), "lbp .* or strain"),
        (lambda: find_apex(np.zeros((5, 64, 64)), method="dis"), "lbp .* or strain"),
        (lambda: find_apex(np.zeros((5, 2, 2))), "too small for radii"),
        (lambda: divide_and_conquer([]), "finite values"),
        (lambda: divide_and_conquer([1, np.nan]), "finite values"),
    ],
)
def test_what_has_no_apex_is_a_clear_error(call, message):
    with pytest.raises(FeatureError, match=message):
        call()
