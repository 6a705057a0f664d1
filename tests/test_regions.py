"""Regions of the face, mean motion in them, rigid motion of the head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import FeatureError
from features.regions import (
    EYES,
    MIRRORED,
    NOSE,
    REGIONS,
    RIGID_PARTS,
    action_unit_regions,
    boxes,
    centres,
    points_in,
    region_means,
    relative_motion,
    rigid_motion,
)

# A frontal face of 43.5 px between the eyes, as in a 128 px crop: brows, nose, eyes, mouth by hand.
LANDMARKS = np.zeros((68, 2))
LANDMARKS[:17] = np.column_stack([np.linspace(16, 112, 17), 40 + 75 * np.sin(np.linspace(0, np.pi, 17))])
LANDMARKS[17:22] = [(23, 22), (29, 17), (37, 15), (45, 16), (52, 19)]
LANDMARKS[22:27] = [(76, 19), (83, 16), (91, 15), (99, 17), (105, 22)]
LANDMARKS[27:36] = [(64, 32), (64, 41), (64, 50), (64, 58), (55, 64), (59, 66), (64, 67), (69, 66), (73, 64)]
LANDMARKS[36:42] = [(34, 33), (39, 30), (46, 30), (51, 34), (46, 36), (39, 36)]
LANDMARKS[42:48] = [(77, 34), (82, 30), (89, 30), (94, 33), (89, 36), (82, 36)]
LANDMARKS[48:60] = np.column_stack(
    [64 - 17 * np.cos(np.linspace(0, 2 * np.pi, 13)[:-1]), 82 - 6 * np.sin(np.linspace(0, 2 * np.pi, 13)[:-1])]
)
LANDMARKS[60:] = LANDMARKS[48:56] * 0.5 + (32, 41)

RIGID = points_in(boxes(LANDMARKS, RIGID_PARTS), (128, 128))
Y, X = np.mgrid[:128, :128].astype(float)


def similarity_flow(a, b, u, v):
    """Flow of a small rotation and growth about the origin and a shift: (128, 128, 2)."""
    return np.stack([u + a * X - b * Y, v + b * X + a * Y], axis=-1)


def test_boxes_hold_their_landmarks_and_left_is_the_persons_left():
    table = {**REGIONS, **EYES, **NOSE}
    for (name, (indices, _)), (x0, y0, x1, y1) in zip(table.items(), boxes(LANDMARKS, table)):
        points = LANDMARKS[list(indices)]
        assert ((points >= (x0, y0)) & (points < (x1, y1))).all(), name
    middles = dict(zip(table, centres(boxes(LANDMARKS, table))[:, 0]))
    for name in table:
        if "left" in name:
            assert middles[name] > 64 > middles[name.replace("left", "right")]


def test_brows_and_mouth_keep_clear_of_the_eyes():
    eyes = boxes(LANDMARKS, EYES)
    for box in boxes(LANDMARKS, REGIONS):
        for eye in eyes:
            apart = (box[:2] >= eye[2:]).any() or (eye[:2] >= box[2:]).any()
            assert apart


@given(st.floats(0.5, 6), st.integers(-50, 50))
def test_boxes_follow_size_and_place(scale, shift):
    moved = boxes(LANDMARKS * scale + shift)
    np.testing.assert_allclose(moved, boxes(LANDMARKS) * scale + shift, atol=2 + 2 * scale)


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.full((68, 2), np.nan)])
def test_boxes_refuse_what_is_no_face(landmarks):
    with pytest.raises(FeatureError, match="68, 2"):
        boxes(landmarks)


def test_region_means_are_means_of_the_visible_part():
    field = np.arange(20.0).reshape(4, 5)
    means = region_means(field, np.array([[1, 1, 3, 3], [-4, -4, 1, 1], [3, 2, 90, 90], [7, 7, 9, 9]]))
    np.testing.assert_allclose(means, [9, 0, 16, np.nan])
    assert region_means(np.dstack([field, -field]), np.array([[1, 1, 3, 3]])).tolist() == [[9, -9]]


@given(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=30)
def test_a_moving_head_leaves_no_relative_motion(a, b, u, v):
    flow = similarity_flow(a, b, u, v)
    np.testing.assert_allclose(rigid_motion(flow, RIGID), [[a, -b, u], [b, a, v]], atol=1e-6)
    np.testing.assert_allclose(relative_motion(flow, boxes(LANDMARKS), RIGID), 0, atol=1e-6)


def test_a_lifted_cheek_hardly_changes_the_rigid_motion():
    flow = similarity_flow(0.01, -0.02, 0.5, 1)
    x0, y0, x1, y1 = boxes(LANDMARKS, RIGID_PARTS)[list(RIGID_PARTS).index("left cheekbone")]
    flow[y0:y1, x0:x1] += (0, -2)
    np.testing.assert_allclose(relative_motion(flow, boxes(LANDMARKS), RIGID), 0, atol=0.1)


def test_a_lip_corner_moves_alone():
    flow = similarity_flow(0.01, 0.02, -0.5, 0.3)
    corner = LANDMARKS[54]
    flow[..., 1] -= 2 * np.exp(-((X - corner[0]) ** 2 + (Y - corner[1]) ** 2) / (2 * 6**2))
    motion = dict(zip(REGIONS, relative_motion(flow, boxes(LANDMARKS), RIGID)))
    assert motion.pop("left mouth corner")[1] < -0.8
    assert max(np.abs(motion[name]).max() for name in motion if "lip" not in name) < 0.1


def test_rigid_motion_needs_points():
    with pytest.raises(FeatureError, match="outside"):
        rigid_motion(np.zeros((128, 128, 2)), np.zeros((0, 2), int))


def inside(corners, point):
    import cv2

    return cv2.pointPolygonTest(np.float32(corners), tuple(map(float, point)), True) >= -1e-3


def test_action_unit_regions_lie_where_facs_describes_them():
    regions = action_unit_regions(LANDMARKS)
    above_brow = {"RAU1": 20, "RAU2": 18, "LAU1": 23, "LAU2": 25}
    for code, brow in above_brow.items():
        assert inside(regions[code], LANDMARKS[brow] - (0, 2)), code
    assert inside(regions["AU4"], LANDMARKS[[21, 22]].mean(axis=0))
    for side, eye, cheek, corner in (("R", range(36, 42), (38, 48), 48), ("L", range(42, 48), (90, 48), 54)):
        assert inside(regions[f"{side}AU43"], LANDMARKS[list(eye)].mean(axis=0))
        assert inside(regions[f"{side}AU6"], cheek)
        for number in (12, 14, 15):
            assert inside(regions[f"{side}AU{number}"], LANDMARKS[corner]), number
    assert inside(regions["AU9"], LANDMARKS[29])
    assert inside(regions["AU17"], LANDMARKS[8] - (0, 2))
    lowest = {code: corners[:, 1].max() for code, corners in regions.items()}
    assert lowest["RAU1"] < lowest["AU4"] < lowest["AU9"] < lowest["AU10"] < lowest["AU16"] < lowest["AU17"]


def test_action_unit_regions_of_the_mirrored_face_are_the_mirrored_regions():
    other = (LANDMARKS * (-1, 1) + (127, 0))[list(MIRRORED)]
    assert sorted(MIRRORED) == list(range(68))
    mirrored = action_unit_regions(other)
    for code, corners in action_unit_regions(LANDMARKS).items():
        twin = mirrored[{"R": "L", "L": "R"}.get(code[0], "") + code.lstrip("RL")]
        low, high = twin.min(axis=0), twin.max(axis=0)
        np.testing.assert_allclose((127 - high[0], low[1]), corners.min(axis=0), atol=1e-9)
        np.testing.assert_allclose((127 - low[0], high[1]), corners.max(axis=0), atol=1e-9)


def test_action_unit_regions_need_a_face():
    with pytest.raises(FeatureError, match="expected \\(68, 2\\) without NaN"):
        action_unit_regions(np.full((68, 2), np.nan))
