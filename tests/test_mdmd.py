import numpy as np
import pytest
from oracle_clips import clip

from features.contrast import contrasted
from features.errors import FeatureError
from features.mdmd import directional_difference, mdmd
from features.optical_flow import optical_flow


def reference(flow, past, blocks):
    """The definition, pixel by pixel, with four quadrants of direction."""
    values = []
    for rows in np.array_split(np.arange(flow.shape[0]), blocks[0]):
        for columns in np.array_split(np.arange(flow.shape[1]), blocks[1]):
            quadrants = [[] for _ in range(4)]
            for y in rows:
                for x in columns:
                    angle = np.degrees(np.arctan2(flow[y, x, 1], flow[y, x, 0]))
                    difference = np.hypot(*flow[y, x].astype(float)) - np.hypot(*past[y, x].astype(float))
                    quadrants[min(int((angle + 180) // 90), 3)].append(difference)
            main = sorted(max(quadrants, key=len), reverse=True)
            values.append(np.mean(main[: max(1, int(len(main) / 3 + 0.5))]))
    values = sorted(values, reverse=True)
    return np.mean(values[: max(1, int(len(values) / 3 + 0.5))])


@pytest.mark.parametrize("blocks", [(6, 6), (2, 4), (1, 1)])
def test_it_is_the_definition(blocks):
    video = clip()[:, :120, :120]
    flow, past = optical_flow(video[9], video[15]), optical_flow(video[9], video[21])
    assert directional_difference(flow, past, blocks) == pytest.approx(reference(flow, past, blocks), rel=1e-5)


def test_the_curve_rises_where_the_expression_is():
    curve = mdmd(clip(), 6)
    assert curve.shape == (30,)
    assert abs(curve.argmax() - 15) <= 2
    assert curve[np.r_[6:9, 21:24]].max() < 0.1 * curve.max()
    np.testing.assert_array_equal(contrasted(mdmd(clip(), 6, contrast=False), 5)[6:-6], curve[6:-6])
    assert not curve[:6].any()
    assert not curve[-6:].any()


def test_motion_that_does_not_come_back_is_no_difference():
    flow = np.zeros((30, 30, 2), np.float32)
    flow[..., 0] = 0.5
    assert directional_difference(flow, 2 * flow) < 0
    assert directional_difference(flow, 0 * flow) == pytest.approx(0.5)
    assert directional_difference(flow, flow) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mdmd(np.zeros((6, 40, 40)), 3), "more than 2 k frames"),
        (lambda: mdmd(np.zeros((6, 40, 40)), 0), "k >= 1"),
        (lambda: directional_difference(np.zeros((9, 9, 2)), np.zeros((9, 8, 2))), "differ in shape"),
        (lambda: directional_difference(np.zeros((5, 9, 2)), np.zeros((5, 9, 2))), "cannot be cut into 6"),
    ],
)
def test_what_has_no_curve_is_a_clear_error(call, message):
    with pytest.raises(FeatureError, match=message):
        call()
