import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_clips import clip, clip64, golden, noise

from features.blocks import block_spans
from features.errors import FeatureError
from features.lbp_top import PLANES, lbp_codes, lbp_top, uniform_labels

CLIPS = {"noise": noise, "clip64": clip64}
clips = arrays(
    np.uint8, st.tuples(st.integers(3, 5), st.integers(3, 9), st.integers(3, 9)), elements=st.integers(0, 200)
)


def reference_codes(clip, plane, radii, neighbours, sampling):
    """The definition, voxel by voxel."""
    radius_x, radius_y, radius_t = radii
    frames, height, width = clip.shape
    grey = clip.astype(float)
    codes = np.zeros((frames - 2 * radius_t, height - 2 * radius_y, width - 2 * radius_x), int)
    for t, y, x in np.ndindex(codes.shape):
        centre = grey[t + radius_t, y + radius_y, x + radius_x]
        for p in range(neighbours):
            cos, sin = np.cos(2 * np.pi * p / neighbours), np.sin(2 * np.pi * p / neighbours)
            at = np.array([t + radius_t, y + radius_y, x + radius_x], float)
            at += {
                "XY": (0, -radius_y * sin, radius_x * cos),
                "XT": (radius_t * sin, 0, radius_x * cos),
                "YT": (radius_t * cos, -radius_y * sin, 0),
            }[plane]
            if sampling == "nearest":
                value = grey[tuple(np.floor(at + 0.5).astype(int))]
            else:
                low = np.floor(at + 1e-9).astype(int)
                part = np.maximum(at - low, 0).round(9)
                value = sum(
                    np.prod(np.where(corner, part, 1 - part)) * grey[tuple(low + corner)]
                    for corner in np.ndindex(2, 2, 2)
                    if np.prod(np.where(corner, part, 1 - part)) > 0
                )
            codes[t, y, x] += (value >= centre - 1e-6) << p
    return codes


def permuted(histogram, order):
    """A 59-bin histogram after bit p of every code has moved to order[p]."""
    labels = uniform_labels(8)
    moved = sum(((np.arange(256) >> p) & 1) << order[p] for p in range(8))
    result = np.empty(59)
    result[labels[moved]] = np.asarray(histogram)[labels]
    return result


@pytest.mark.parametrize("case", golden("lbp_top")["LBPTOP.m nearest"])
def test_nearest_equals_lbptop_m_to_the_last_count(case):
    name, radii = case.split(" R=")
    counts = lbp_top(CLIPS[name](), tuple(map(int, radii.split(","))), normalise=False).reshape(3, 59)
    published = np.array(golden("lbp_top")["LBPTOP.m nearest"][case]) * counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(published, np.rint(published), atol=1e-3)
    np.testing.assert_array_equal(counts, np.rint(published))


def test_bilinear_equals_lbptop_m_but_for_ties():
    for case, published in golden("lbp_top")["LBPTOP.m bilinear"].items():
        ours = lbp_top(CLIPS[case.split()[0]](), sampling="bilinear").reshape(3, 59)
        assert np.abs(ours - published).sum(axis=1).max() < (1e-6 if case.startswith("noise") else 2e-3)


@pytest.mark.parametrize("name", CLIPS)
def test_bilinear_equals_hong_after_the_permutation(name):
    reflected = [-p % 8 for p in range(8)]
    orders = {"XY": list(range(8)), "XT": reflected, "YT": [(6 + p) % 8 for p in reflected]}
    published = golden("lbp_top")["Hong 2016 bilinear"][f"{name} R=1,1,1"]
    for plane, theirs in zip(PLANES, published):
        ours = lbp_top(CLIPS[name](), sampling="bilinear", planes=(plane,))
        assert np.abs(permuted(ours, orders[plane]) - theirs).sum() < 1e-6


@pytest.mark.parametrize("name", CLIPS)
def test_bilinear_equals_scikit_image_on_every_slice(name):
    from skimage.feature import local_binary_pattern

    video = CLIPS[name]()
    inner = np.s_[1:-1, 1:-1]
    slices = {
        "XY": [local_binary_pattern(video[t], 8, 1)[inner] for t in range(1, len(video) - 1)],
        "XT": [local_binary_pattern(video[::-1, y], 8, 1)[inner][::-1] for y in range(1, video.shape[1] - 1)],
        "YT": [local_binary_pattern(video[:, :, x].T, 8, 1)[inner] for x in range(1, video.shape[2] - 1)],
    }
    order = {"XY": (0, 1, 2), "XT": (1, 0, 2), "YT": (2, 1, 0)}
    for plane in PLANES:
        ours = lbp_codes(video, plane, sampling="bilinear").transpose(order[plane])
        np.testing.assert_array_equal(ours, np.array(slices[plane]))


@pytest.mark.parametrize("sampling", ["nearest", "bilinear"])
@pytest.mark.parametrize("neighbours", [4, 8])
@pytest.mark.parametrize("radii", [(1, 1, 1), (3, 2, 1), (1, 2, 3)])
@pytest.mark.parametrize("plane", PLANES)
def test_codes_follow_the_definition(plane, radii, neighbours, sampling):
    video = np.random.default_rng(1).integers(0, 4, (8, 9, 10), dtype=np.uint8)
    expected = reference_codes(video, plane, radii, neighbours, sampling)
    np.testing.assert_array_equal(lbp_codes(video, plane, radii, neighbours, sampling), expected)


def test_a_clip_longer_than_one_chunk_is_coded_the_same(monkeypatch):
    video = clip()
    whole = lbp_codes(video, "YT", (1, 2, 3))
    # `features.lbp_top` is the function.
    monkeypatch.setattr(sys.modules["features.lbp_top"], "CHUNK", 1)
    np.testing.assert_array_equal(lbp_codes(video, "YT", (1, 2, 3)), whole)


@pytest.mark.parametrize(
    ("parameters", "length"),
    [
        ({}, 177),
        ({"neighbours": 4, "mapping": "full"}, 48),
        ({"neighbours": 4}, 45),
        ({"mapping": "full"}, 768),
        ({"planes": ("XY",)}, 59),
        ({"radii": (3, 3, 3), "blocks": (8, 8, 1), "overlap": 0.7}, 11328),
        ({"blocks": (2, 3, 4)}, 2 * 3 * 4 * 177),
    ],
)
def test_published_lengths(parameters, length):
    assert lbp_top(clip()[:10], **parameters).shape == (length,)


def test_uniform_labels_are_in_the_order_of_the_codes():
    labels = uniform_labels(8)
    assert labels.max() == 58
    assert (labels == 58).sum() == 256 - 58
    assert (np.diff(labels[labels < 58]) > 0).all()
    assert labels[0] == 0
    assert labels[255] == 57
    assert labels[0b101] == 58


@given(clips, st.integers(1, 55), st.sampled_from(["nearest", "bilinear"]))
@settings(max_examples=40)
def test_brighter_by_any_offset_is_the_same(video, offset, sampling):
    np.testing.assert_array_equal(
        lbp_top(video + np.uint8(offset), sampling=sampling), lbp_top(video, sampling=sampling)
    )


@given(clips)
@settings(max_examples=40)
def test_any_rising_curve_of_grey_levels_is_the_same(video):
    np.testing.assert_array_equal(lbp_top(np.sqrt(video.astype(float))), lbp_top(video))


@given(clips, st.sampled_from([4, 8]), st.sampled_from(["nearest", "bilinear"]))
@settings(max_examples=40)
def test_a_mirrored_face_has_mirrored_codes(video, neighbours, sampling):
    bits = [(neighbours // 2 - p) % neighbours for p in range(neighbours)]
    for plane in PLANES:
        codes = lbp_codes(video[:, :, ::-1], plane, neighbours=neighbours, sampling=sampling)[:, :, ::-1]
        if "X" in plane:
            codes = sum(((codes >> p) & 1) << bits[p] for p in range(neighbours))
        np.testing.assert_array_equal(codes, lbp_codes(video, plane, neighbours=neighbours, sampling=sampling))


@given(clips, st.integers(1, 2), st.integers(1, 2), st.sampled_from(["uniform", "full"]))
@settings(max_examples=40)
def test_every_histogram_sums_to_one_and_every_voxel_counts_once(video, rows, columns, mapping):
    if video.shape[1] < rows + 2 or video.shape[2] < columns + 2:
        return
    blocks = (rows, columns, 1)
    histograms = lbp_top(video, mapping=mapping, blocks=blocks).reshape(rows * columns, 3, -1)
    np.testing.assert_allclose(histograms.sum(axis=2), 1)
    counts = lbp_top(video, mapping=mapping, blocks=blocks, normalise=False).reshape(rows * columns, 3, -1)
    np.testing.assert_array_equal(counts.sum(axis=(0, 2)), np.prod(np.array(video.shape) - 2))
    np.testing.assert_array_equal(counts.sum(axis=0).ravel(), lbp_top(video, mapping=mapping, normalise=False))


def test_a_face_moved_by_one_block_moves_its_histograms_by_one_block():
    video, step = clip()[:6], 20
    first = lbp_top(video[:, :82, :82], blocks=(4, 4, 1)).reshape(4, 4, -1)
    moved = lbp_top(video[:, :82, step : 82 + step], blocks=(4, 4, 1)).reshape(4, 4, -1)
    np.testing.assert_array_equal(moved[:, :-1], first[:, 1:])


@given(st.integers(1, 300), st.integers(1, 12), st.floats(0, 0.9))
def test_blocks_cover_everything_and_share_what_was_asked(size, count, overlap):
    try:
        spans = block_spans(size, count, overlap)
    except FeatureError:
        assert size < 3 * count
        return
    assert spans[0].start == 0
    assert spans[-1].stop == size
    lengths = [span.stop - span.start for span in spans]
    assert max(lengths) - min(lengths) <= 1
    for before, after in zip(spans, spans[1:]):
        assert abs(before.stop - after.start - overlap * np.mean(lengths)) <= 2
        if overlap == 0:
            assert before.stop == after.start


def test_memory_stays_under_four_clips():
    video = np.random.default_rng(0).integers(0, 256, (60, 200, 200), dtype=np.uint8)
    tracemalloc.start()
    lbp_top(video)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * video.nbytes


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((2, 20, 20), {}, "at least 3 frames"),
        ((8, 20, 20), {"radii": (1, 1, 4)}, "at least 9 frames"),
        ((5, 20, 2), {}, "too small for radii"),
        ((5, 20, 20), {"blocks": (19, 1, 1)}, "cannot be cut into 19 blocks"),
        ((5, 20, 20), {"blocks": (0, 1, 1)}, "at least one block"),
        ((5, 20, 20), {"overlap": 1.0}, "overlap"),
        ((5, 20, 20), {"neighbours": 6}, "4 or 8 neighbours"),
        ((5, 20, 20), {"mapping": "ri"}, "uniform or full"),
        ((5, 20, 20), {"sampling": "cubic"}, "nearest or bilinear"),
        ((5, 20, 20), {"planes": ("XZ",)}, "XY, XT and YT"),
        ((5, 20, 20), {"planes": ()}, "XY, XT and YT"),
        ((5, 20, 20), {"radii": (1, 1, 0)}, "no neighbours"),
        ((5, 20, 20), {"radii": (1, 1.5, 1)}, "whole numbers"),
        ((20, 20), {}, r"\(T, H, W\)"),
    ],
)
def test_what_cannot_be_described_is_a_clear_error(shape, parameters, message):
    with pytest.raises(FeatureError, match=message):
        lbp_top(np.zeros(shape), **parameters)
