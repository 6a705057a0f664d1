"""Similarity alignment, smoothing of landmarks in time, warping."""

import hashlib
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from features.alignment import (
    RIGID,
    Alignment,
    align,
    aligned_landmarks,
    bridge,
    canonical,
    registrations,
    similarity,
    smooth,
    smooth_stream,
    transform,
    warp,
)
from features.errors import FeatureError


def face(seed=0, centre=(200, 150), spread=40):
    """68 points that no similarity maps onto the canonical face exactly."""
    landmarks = np.random.default_rng(seed).normal(centre, spread, (68, 2))
    landmarks[list(RIGID)] = canonical() + np.random.default_rng(seed + 1).normal(0, 2, (len(RIGID), 2))
    return landmarks


def turned(points, angle, scale, shift):
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ rotation.T + shift


poses = st.tuples(st.floats(-np.pi, np.pi), st.floats(0.2, 20), st.tuples(st.floats(-500, 500), st.floats(-500, 500)))


@given(poses)
def test_a_posed_canonical_face_comes_back_exactly(pose):
    landmarks = face()
    landmarks[list(RIGID)] = canonical(96)
    posed = turned(landmarks, *pose)
    np.testing.assert_allclose(transform(posed, similarity(posed, 96))[list(RIGID)], canonical(96), atol=1e-6)


@given(poses)
def test_the_aligned_face_does_not_depend_on_the_pose(pose):
    landmarks = face()
    posed = turned(landmarks, *pose)
    np.testing.assert_allclose(
        transform(posed, similarity(posed)), transform(landmarks, similarity(landmarks)), atol=1e-5
    )


def test_similarity_is_the_least_squares_fit_of_scikit_image():
    from skimage.transform import SimilarityTransform, estimate_transform

    landmarks = face(3)
    points = landmarks[list(RIGID)], canonical()
    since_026 = hasattr(SimilarityTransform, "from_estimate")
    theirs = SimilarityTransform.from_estimate(*points) if since_026 else estimate_transform("similarity", *points)
    np.testing.assert_allclose(similarity(landmarks), theirs.params[:2], atol=1e-10)


def test_eyes_lie_where_the_docstring_says():
    corners = canonical(100)[:4] + 0.5
    np.testing.assert_allclose(corners[:2].mean(axis=0)[0], 33, atol=0.2)
    np.testing.assert_allclose(corners[2:].mean(axis=0)[0], 67, atol=0.2)
    np.testing.assert_allclose(corners[:, 1].mean(), 26, atol=0.6)


def test_no_face_gives_a_registration_of_nan():
    assert np.isnan(similarity(np.full((68, 2), np.nan))).all()
    landmarks = np.stack([face(), np.full((68, 2), np.nan)])
    assert np.isfinite(registrations(landmarks)[0]).all()
    assert np.isnan(registrations(landmarks)[1]).all()


@pytest.mark.parametrize("landmarks", [np.zeros((68, 3)), np.zeros((5, 2)), np.zeros((2, 68, 2))])
def test_similarity_refuses_other_shapes(landmarks):
    with pytest.raises(FeatureError, match=r"expected \(68, 2\)"):
        similarity(landmarks)


def test_similarity_refuses_one_point():
    with pytest.raises(FeatureError, match="coincide"):
        similarity(np.ones((68, 2)))


def test_a_clip_has_one_registration_or_one_for_each_frame():
    landmarks = np.stack([face(seed) for seed in range(6)])
    landmarks[[0, 3]] = np.nan
    known = [1, 2, 4, 5]
    own = np.stack([similarity(points, 96) for points in landmarks[known]])
    expected = {"mean": [similarity(landmarks[known].mean(axis=0), 96)] * 4, "first": [own[0]] * 4, "each": own}
    for by, matrices in expected.items():
        found = registrations(landmarks, 96, by)
        np.testing.assert_array_equal(found[known], matrices)
        assert np.isnan(found[[0, 3]]).all()
    assert (registrations(landmarks, 96) == registrations(landmarks, 96, "mean"))[known].all()
    assert np.isnan(registrations(np.full((2, 68, 2), np.nan), by="first")).all()
    with pytest.raises(FeatureError, match="by mean, first, each, none; got 'last'"):
        registrations(landmarks, by="last")


@given(poses)
def test_without_alignment_a_face_of_any_pose_is_cut_out_upright_at_its_size_and_place(pose):
    upright = face()
    posed = turned(upright, *pose)
    first, none = (registrations(np.stack([posed, upright]), 96, by) for by in ("first", "none"))
    middle = posed[list(RIGID)].mean(axis=0, keepdims=True)
    np.testing.assert_array_equal(none[0], none[1])
    assert none[0, 0, 1] == none[0, 1, 0] == 0
    assert none[0, 0, 0] == none[0, 1, 1] == pytest.approx(np.hypot(*first[0, :, 0]))
    np.testing.assert_allclose(transform(middle, none[0]), transform(middle, first[0]), atol=1e-6)


def test_what_the_head_does_stays_in_the_crops_unless_each_frame_has_its_own():
    """A head that turns and drifts over a scene of its own: held still by "each", kept in by the others."""
    scene = np.kron(np.random.default_rng(3).integers(0, 256, (50, 50)), np.ones((6, 6))).astype(np.uint8)
    start, poses = canonical_face(64) + 100, [(0, (0, 0)), (0.1, (3, 1)), (0.2, (7, -2))]
    frames, moved = [], []
    for angle, shift in poses:
        c, s = np.cos(angle), np.sin(angle)
        matrix = np.column_stack([[[c, -s], [s, c]], np.add(shift, 150 - np.array([[c, -s], [s, c]]) @ (150, 150))])
        frames.append(cv2.warpAffine(scene, matrix, scene.shape[::-1]))
        moved.append(transform(start, matrix))
    seen = {by: [crop.astype(float) for crop in align(frames, moved, 64, by)] for by in get_args(Alignment)}
    places = {by: aligned_landmarks(moved, 64, by) for by in seen}
    apart = {by: np.abs(places[by][2] - places[by][0])[list(RIGID)].max() for by in seen}
    changes = {by: np.abs(crops[2] - crops[0]).mean() for by, crops in seen.items()}
    assert apart["each"] < 1e-6
    assert all(apart[by] > 5 for by in ("mean", "first", "none"))
    assert all(changes[by] > 3 * changes["each"] for by in ("mean", "first", "none"))
    np.testing.assert_array_equal(seen["first"][0], seen["each"][0])


def test_smooth_zero_changes_nothing_and_copies():
    landmarks = np.stack([face(seed) for seed in range(3)])
    smoothed = smooth(landmarks, 0)
    np.testing.assert_array_equal(smoothed, landmarks)
    smoothed[:] = 0
    assert landmarks.any()


@given(st.floats(0.3, 5), st.sets(st.integers(0, 19), max_size=15))
@settings(max_examples=30)
def test_smooth_keeps_a_still_face_whatever_is_missing(sigma, gaps):
    landmarks = np.repeat(face()[None], 20, axis=0)
    landmarks[list(gaps)] = np.nan
    smoothed = smooth(landmarks, sigma)
    np.testing.assert_allclose(smoothed, landmarks, atol=1e-9)


def test_smooth_is_a_gaussian_of_the_given_width():
    landmarks = np.zeros((101, 68, 2))
    landmarks[50] = 1
    response = smooth(landmarks, 3)[:, 0, 0]
    frames = np.arange(101) - 50
    assert response.sum() == pytest.approx(1, abs=1e-3)
    assert np.sqrt((response * frames**2).sum()) == pytest.approx(3, abs=0.02)


@given(st.integers(1, 40), st.floats(0.2, 4), st.sets(st.integers(0, 39), max_size=30))
@settings(max_examples=40)
def test_smoothing_a_stream_is_smoothing_the_whole(count, sigma, gaps):
    landmarks = np.random.default_rng(count).normal(size=(count, 68, 2))
    landmarks[[gap for gap in gaps if gap < count]] = np.nan
    streamed = np.stack(list(smooth_stream(iter(landmarks), sigma)))
    np.testing.assert_allclose(streamed, smooth(landmarks, sigma), atol=1e-9)


def test_a_stream_is_smoothed_while_it_runs():
    taken = []
    stream = smooth_stream((taken.append(1) or point for point in np.zeros((200, 68, 2))), 2)
    next(stream)
    assert len(taken) <= 17
    assert sum(1 for _ in stream) == 199


def test_bridge_fills_short_gaps_linearly_and_leaves_long_ones_and_the_ends():
    landmarks = np.arange(12.0)[:, None, None] * np.ones((12, 68, 2))
    gappy = landmarks.copy()
    gappy[[0, 2, 3, 5, 6, 7, 11]] = np.nan
    bridged = bridge(gappy, 2)
    np.testing.assert_allclose(bridged[[2, 3]], landmarks[[2, 3]])
    assert np.isnan(bridged[[0, 5, 6, 7, 11]]).all()
    assert np.isnan(gappy[2]).all()


def test_warp_samples_the_picture_at_the_mapped_points():
    y, x = np.mgrid[:60, :80]
    frame = (2 * x + y).astype(np.uint8)
    crop = warp(frame, [[1, 0, -10], [0, 1, -20]], 16)
    np.testing.assert_array_equal(crop, frame[20:36, 10:26])


@pytest.mark.parametrize("step", [2, 3, 5])
def test_warp_of_a_large_picture_averages_and_keeps_its_place(step):
    y, x = np.mgrid[:400, :400]
    frame = (x // 4 + y // 8).astype(np.uint8)
    noisy = np.clip(frame + np.random.default_rng(0).integers(-20, 21, frame.shape), 0, 255).astype(np.uint8)
    scale = 1 / step
    crop = warp(noisy, [[scale, 0, -10], [0, scale, -5]], 40).astype(float)
    y, x = np.mgrid[:40, :40]
    expected = ((x + 10) * step) / 4 + ((y + 5) * step) / 8 - 0.7
    assert abs((crop - expected).mean()) < 1
    assert (crop - expected).std() < 13 / step + 1


@given(st.floats(0.55, 3), st.floats(-1, 1), st.floats(-60, 60), st.floats(-60, 60), st.sampled_from([(), (3,)]))
@settings(max_examples=40, deadline=None)
def test_warp_is_bilinear_interpolation_with_repeated_borders(scale, angle, right, down, channels):
    frame = np.random.default_rng(1).integers(0, 256, (50, 70, *channels), dtype=np.uint8)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[c, -s, right], [s, c, down]])
    crop = warp(frame, matrix, 24)
    y, x = np.mgrid[:24, :24]
    places = np.linalg.solve(matrix[:, :2], np.stack([x - right, y - down]).reshape(2, -1))
    places = np.clip(places, 0, np.array([[69], [49]]))[::-1]
    planes = frame.reshape(50, 70, -1).transpose(2, 0, 1).astype(float)
    expected = np.stack([map_coordinates(plane, places, order=1) for plane in planes], axis=-1)
    # half a level of rounding, and half of 1/2048 px along either axis
    assert np.abs(crop.reshape(24 * 24, -1) - expected).max() <= 0.5 + 2 * 255 / 4096 + 1e-6


def test_warp_gives_the_same_bytes_with_every_library():
    y, x = np.mgrid[:300, :400]
    frame = ((x * 7 + y * 13 + (x * y) % 31) % 256).astype(np.uint8)
    crop = warp(frame, [[0.7, 0.1, 3.3], [-0.1, 0.7, 20.2]], 128)
    assert hashlib.sha256(crop.tobytes()).hexdigest()[:16] == "be828b33feb60498"


def test_warp_of_other_numbers_keeps_their_type():
    frame = np.linspace(0, 60000, 400).reshape(20, 20)
    half = [[1, 0, -2.5], [0, 1, -3]]
    np.testing.assert_allclose(warp(frame, half, 8), (frame[3:11, 2:10] + frame[3:11, 3:11]) / 2)
    assert warp(frame.astype(np.uint16), half, 8).dtype == np.uint16
    assert warp(frame.astype(np.float32), half, 8).dtype == np.float32


def test_warp_refuses_a_registration_that_shrinks_the_face_to_nothing():
    with pytest.raises(FeatureError, match="shrinks the face to nothing"):
        warp(np.zeros((20, 20), np.uint8), np.zeros((2, 3)))


def test_warp_refuses_a_frame_without_a_face():
    with pytest.raises(FeatureError, match="no face"):
        warp(np.zeros((20, 20), np.uint8), np.full((2, 3), np.nan))


def test_align_puts_a_moving_face_at_rest():
    rng = np.random.default_rng(0)
    landmarks = canonical_face(64) + 40
    scene = np.kron(rng.integers(0, 256, (30, 30)), np.ones((6, 6))).astype(np.uint8)
    frames, moved = [], []
    for shift in ((0, 0), (3, 1), (7, -2)):
        frames.append(np.roll(scene, shift[::-1], axis=(0, 1)))
        moved.append(landmarks + shift)
    faces = list(align(frames, np.array(moved), 64, by="each"))
    np.testing.assert_array_equal(faces[0], faces[1])
    np.testing.assert_array_equal(faces[0], faces[2])
    one_registration = list(align(frames, np.array(moved), 64))
    assert (one_registration[0] != one_registration[2]).any()


def test_align_skips_frames_without_a_face_and_keeps_colour_when_asked():
    frames = np.random.default_rng(1).integers(0, 256, (3, 90, 90, 3), dtype=np.uint8)
    landmarks = np.repeat(canonical_face(64)[None] + 10, 3, axis=0)
    landmarks[1] = np.nan
    grey = list(align(frames, landmarks, 32))
    assert [None if crop is None else (crop.shape, crop.dtype) for crop in grey] == [
        ((32, 32), np.uint8),
        None,
        ((32, 32), np.uint8),
    ]
    assert next(align(frames, landmarks, 32, grey=False)).shape == (32, 32, 3)


def test_aligned_landmarks_point_at_the_same_pixels():
    landmarks = turned(canonical_face(128), 0.3, 1.5, (90, 20))
    frame = np.zeros((300, 320), np.uint8)
    x, y = np.rint(landmarks[30]).astype(int)
    frame[y - 2 : y + 3, x - 2 : x + 3] = 255
    crop = next(align([frame], landmarks[None], 128)).astype(float)
    ys, xs = np.mgrid[:128, :128]
    centre = np.array([(xs * crop).sum(), (ys * crop).sum()]) / crop.sum()
    np.testing.assert_allclose(centre, aligned_landmarks(landmarks[None], 128)[0, 30], atol=0.6)


def canonical_face(size):
    landmarks = np.random.default_rng(5).uniform(0.2 * size, 0.8 * size, (68, 2))
    landmarks[list(RIGID)] = canonical(size)
    return landmarks
