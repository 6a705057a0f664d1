import sys
import time
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_clips import clip, golden

from features.errors import FeatureError
from features.mdmo import mdmo
from features.mdmo_regions import QUADRILATERALS, mdmo_regions
from features.optical_flow import flow_to_first

module = sys.modules["features.mdmo"]  # `features.mdmo` is the function
SMILE, SMILE_LEFT = 27, 24  # the regions under the corners of the mouth, right (where `clip` moves most) and left


def landmarks():
    return np.array(golden("mdmo_meb")["landmarks"])


def mirrored(points, width):
    pairs = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    pairs += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    pairs += [64, 63, 62, 61, 60, 67, 66, 65]
    return np.column_stack([width - 1 - points[:, 0], points[:, 1]])[pairs]


def test_meb_gives_the_vector_of_the_public_code():
    published = golden("mdmo_meb")
    feature = mdmo(clip(), landmarks(), "meb")
    np.testing.assert_allclose(feature[:36], published["rho"], atol=1e-6)
    np.testing.assert_allclose(feature[36:], published["theta"], atol=1e-5)
    assert feature[:36].argmax() == SMILE


def test_the_paper_s_feature_is_its_formula():
    """The formula as plain loops over frames, regions and pixels."""
    points, video = landmarks().astype(float), clip()[:18:4]
    height, width = video.shape[1:]
    grid = np.stack(np.mgrid[0:height, 0:width][::-1], axis=-1).reshape(-1, 2)
    lengths, directions = np.zeros((2, len(video) - 1, 36))
    for i, flow in enumerate(flow_to_first(video).astype(float)):
        rigid = points[[0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 30]]
        moved = rigid + [flow[int(y), int(x)] for x, y in rigid]
        affine = np.linalg.lstsq(np.column_stack([moved, np.ones(13)]), rigid, rcond=None)[0]
        flow = np.column_stack([grid + flow.reshape(-1, 2), np.ones(len(grid))]) @ affine - grid
        for r, corners in enumerate(mdmo_regions(points)):
            mask = cv2.drawContours(np.zeros((height, width), np.uint8), [corners.astype(np.int32)], 0, 1, -1).ravel()
            bins = [[] for _ in range(8)]
            for u, v in flow[mask > 0]:
                angle = np.degrees(np.arctan2(v, u)) % 360
                bins[int((angle + 22.5) // 45) % 8].append((np.hypot(u, v), (angle + 22.5) % 360 - 22.5))
            fullest = max(bins, key=len)
            lengths[i, r], directions[i, r] = np.mean(fullest, axis=0) * (1, np.pi / 180)
    weights = lengths.sum(axis=1) / lengths.sum()
    u, v = (weights @ (lengths * f(directions)) for f in (np.cos, np.sin))
    feature = mdmo(video, landmarks())
    np.testing.assert_allclose(feature[:36], np.hypot(u, v) / np.hypot(u, v).max(), atol=2e-3)
    np.testing.assert_allclose(np.exp(1j * feature[36:]), np.exp(1j * np.arctan2(v, u)), atol=2e-2)


def test_the_strongest_region_is_the_corner_of_the_mouth_and_goes_up_and_right():
    feature = mdmo(clip()[:16], landmarks())
    assert feature.shape == (72,)
    assert feature[:36].argmax() == SMILE
    assert feature[:36].max() == 1
    assert -np.pi / 2 < feature[36 + SMILE] < 0


def drifting(field, frames=4, size=128):
    """A textured picture whose points move by field(x, y) (u, v) px a frame."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (size, size)), (0, 0), 3).astype(np.float32)
    texture = (texture - texture.min()) / np.ptp(texture) * 255
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    u, v = field(x, y)
    moved = [
        cv2.remap(texture, x - t * u, y - t * v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for t in range(frames)
    ]
    return np.array(moved).clip(0, 255)


def test_motion_of_the_head_is_taken_out():
    def both(x, y):
        corner = np.exp(-((x - 80) ** 2 + (y - 93) ** 2) / 100)
        return 0.8 + 0 * corner, -0.3 - 0.5 * corner

    video = drifting(both)
    feature, without = mdmo(video, landmarks()), mdmo(video, landmarks(), "meb")
    brows = slice(0, 6)
    assert without[brows].mean() > 0.6
    assert feature[brows].mean() < 0.3
    assert feature[:36].argmax() in (23, 27, 31, 35)


def test_directions_on_both_sides_of_the_right_do_not_cancel():
    vectors = np.full((100, 2), (1.0, 0.05))
    vectors[::2, 1] = -0.05
    length, direction = module._main_vectors(vectors, np.zeros(100, int))
    assert length[0] == pytest.approx(1.00125, abs=1e-4)
    assert direction[0] == pytest.approx(0, abs=1e-6)


def test_a_mirrored_face_has_mirrored_directions():
    video = clip()[:16:3]
    feature = mdmo(video, landmarks())
    flipped = mdmo(video[:, :, ::-1], mirrored(landmarks(), 128))
    # The left corner of the mouth in one picture is the right one in the other.
    assert flipped[:36].argmax() == SMILE_LEFT
    assert feature[36 + SMILE] == pytest.approx(np.pi - flipped[36 + SMILE_LEFT] % (2 * np.pi), abs=0.3)


def test_regions_are_36_quadrilaterals_of_both_halves():
    regions = mdmo_regions(landmarks())
    assert regions.shape == (36, 4, 2)
    assert len({tuple(names) for names in QUADRILATERALS}) == 36
    areas = [cv2.contourArea(region.astype(np.float32)) for region in regions]
    assert min(areas) > 0
    centres = regions.mean(axis=1)[:, 0]
    assert (centres < landmarks()[27, 0]).sum() in range(15, 22)


def test_regions_of_a_mirrored_face_are_the_mirrored_regions():
    upright = np.random.default_rng(0).uniform(0, 200, (68, 2))
    flipped = mdmo_regions(mirrored(upright, 200)) * (-1, 1) + (199, 0)
    found = {tuple(np.sort(region.round(6), axis=0).ravel()) for region in mdmo_regions(upright)}
    missing = [tuple(np.sort(region.round(6), axis=0).ravel()) not in found for region in flipped]
    # Columns sorted apart describe a quadrilateral well enough; regions 16 and 19 use other corners of the eyes.
    assert sum(missing) <= 8


@given(st.integers(0, 60), st.floats(0, 40))
@settings(max_examples=20)
def test_the_brow_band_stays_in_the_picture(offset, height):
    points = landmarks() - (0, offset)
    regions = mdmo_regions(points, height)
    raised = [i for i, names in enumerate(QUADRILATERALS) if any("^" in name for name in names)]
    assert raised == [0, 1, 2, 3, 4, 5]
    assert (regions[raised][:, 1:3, 1] >= 0).all()


def test_a_face_partly_outside_has_empty_regions_and_no_nan():
    feature = mdmo(clip()[:6], landmarks() + (60, 0))
    assert np.isfinite(feature).all()
    assert (feature[:36] == 0).any()


@pytest.mark.parametrize("variant", ["paper", "meb"])
def test_a_still_face_gives_zeros(variant):
    feature = mdmo(np.full((4, 128, 128), 90), landmarks(), variant)
    np.testing.assert_array_equal(feature[:36], 0)
    assert np.isfinite(feature).all()


def test_time_goes_into_the_flow(monkeypatch):
    video = np.stack([cv2.resize(frame, (200, 200)) for frame in clip()])
    spent = []

    def timed(*arguments, compute=module.iterate_flow, **parameters):
        flows = compute(*arguments, **parameters)
        while True:
            start = time.perf_counter()
            flow = next(flows, None)
            spent.append(time.perf_counter() - start)
            if flow is None:
                return
            yield flow

    monkeypatch.setattr(module, "iterate_flow", timed)
    start = time.perf_counter()
    mdmo(video, landmarks() * 200 / 128)
    assert sum(spent) > 0.8 * (time.perf_counter() - start)


def test_memory_stays_under_four_clips():
    video = np.repeat(clip(), 3, axis=0)
    tracemalloc.start()
    mdmo(video, landmarks(), method="dis")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * video.nbytes


@pytest.mark.parametrize(
    ("video", "points", "variant", "message"),
    [
        (np.zeros((1, 64, 64)), np.zeros((68, 2)), "paper", "at least 2 frames"),
        (np.zeros((3, 64, 64)), np.zeros((67, 2)), "paper", "68 finite landmarks"),
        (np.zeros((3, 64, 64)), np.full((68, 2), np.nan), "paper", "68 finite landmarks"),
        (np.zeros((3, 64, 64)), np.full((68, 2), 900.0), "paper", "no region lies in the picture"),
        (np.zeros((3, 64, 64)), np.zeros((68, 2)), "matlab", "one of paper, meb"),
    ],
)
def test_what_cannot_be_described_is_a_clear_error(video, points, variant, message):
    with pytest.raises(FeatureError, match=message):
        mdmo(video, points, variant)
