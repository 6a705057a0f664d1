"""What papers vary between a clip and its representation: alignment, size, magnification, flow, apex, blocks."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Clip, Event
from baselines.errors import InputError
from baselines.faces.clips import aligned_faces, first_landmarks, onset_and_apex
from baselines.parts import PARTS, check_part
from baselines.recognition.kernels import Samples, View
from baselines.recognition.representation import misfit, represent_one, supports
from features.bi_woof import bi_woof
from features.blocks import block_means
from features.lbp_top import lbp_top
from features.mdmo import mdmo
from features.optical_flow import optical_flow

ALIGNMENTS = ("mean", "first", "each", "none")
FAST = {"method": "dis"}
STRONG = {"alpha": 10, "cutoff": 16}
FROM_FRAMES = [part for part in PARTS["representation"].values() if part.name != "nothing"]
PAGE = (Path(__file__).parents[1] / "docs" / "axes.md").read_text(encoding="utf-8")
OF_FLOW = [part for part in FROM_FRAMES if part.feature is None or part.feature.input == "flow"]


@pytest.fixture(scope="module")
def clip(corpus):
    return event_clips(read_videos(corpus / "clips"))[0]


@pytest.fixture(scope="module")
def nodding():
    """A clip of a portrait, tilted, that drifts to the right and turns; nothing moves in the face."""
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:260, 80:380])
    frames = []
    for step in range(8):
        matrix = cv2.getRotationMatrix2D((140, 130), 8 + step, 1.0)
        matrix[0, 2] += step
        frames.append(cv2.warpAffine(portrait, matrix, (300, 260), borderMode=cv2.BORDER_REPLICATE))
    return Clip("d", "s", "nodding", ArrayFrames(np.stack(frames), "nodding"), 100.0, Event(1, 8, 8))


@pytest.mark.parametrize("part", FROM_FRAMES, ids=lambda part: part.name)
def test_every_representation_of_frames_has_the_axes_that_mean_something_for_it(part):
    known = set(part.parameters())
    assert {"size", "align", "magnification"} <= known
    assert {"method", "apex"} <= known if part in OF_FLOW else "frames" in known
    assert "apex" not in known or part in OF_FLOW


def test_histograms_and_pixels_of_flow_have_blocks():
    assert {part.name for part in OF_FLOW if "blocks" in part.parameters()} == {
        "hoof", "bi_woof", "flow_lbp", "flow_image", "raw_flow"
    }  # fmt: skip


def eyes(face):
    """The rows and columns of an aligned face around its eyes, where a face that is at rest shows no change."""
    size = len(face)
    return face[round(0.15 * size) : round(0.4 * size), round(0.2 * size) : round(0.8 * size)].astype(float)


def test_a_head_that_moves_is_held_still_by_each_and_by_no_other_alignment(nodding):
    faces = {align: aligned_faces(nodding, align=align) for align in ALIGNMENTS}
    change = {align: np.abs(eyes(seen[-1]) - eyes(seen[0])).mean() for align, seen in faces.items()}
    assert all(change[align] > 2.5 * change["each"] for align in ("mean", "first", "none")), change
    first = {align: seen[0] for align, seen in faces.items()}
    np.testing.assert_array_equal(first["first"], first["each"])
    assert np.abs(first["none"].astype(float) - first["first"]).mean() > 5  # tilted as it came
    np.testing.assert_array_equal(aligned_faces(nodding), aligned_faces(nodding, align="mean"))


def test_landmarks_go_with_the_faces(nodding):
    points = {align: first_landmarks(nodding, 128, align) for align in ALIGNMENTS}
    np.testing.assert_array_equal(points["first"], points["each"])
    # from one outer corner of the eyes to the other
    tilt = {align: np.diff(place[[36, 45]], axis=0)[0] for align, place in points.items()}
    assert abs(tilt["first"][1]) < 1.5
    assert abs(tilt["none"][1]) > 5
    assert np.hypot(*tilt["none"]) == pytest.approx(np.hypot(*tilt["first"]), rel=1e-3)
    faces = aligned_faces(nodding, 96, "none")
    np.testing.assert_array_equal(
        represent_one(nodding, {"name": "mdmo", "align": "none", "size": 96, "brow_height": 10}),
        mdmo(faces, first_landmarks(nodding, 96, "none"), brow_height=10).astype(np.float32),
    )


@pytest.mark.parametrize("align", ALIGNMENTS)
def test_representations_are_made_of_the_faces_that_align_says(clip, align):
    faces = aligned_faces(clip, 64, align)
    np.testing.assert_array_equal(
        represent_one(clip, {"name": "lbp_top", "size": 64, "align": align, "blocks": [2, 2, 1]}),
        lbp_top(faces, blocks=(2, 2, 1)).astype(np.float32),
    )
    flow = optical_flow(*onset_and_apex(clip, 64, align=align), method="dis")
    np.testing.assert_array_equal(
        represent_one(clip, {"name": "bi_woof", "size": 64, "align": align, **FAST}), bi_woof(flow).astype(np.float32)
    )


def test_every_alignment_gives_another_picture_and_the_default_is_the_mean(clip):
    for name in ("flow_image", "raw_flow", "flow_lbp"):
        found = {align: represent_one(clip, {"name": name, "align": align, **FAST}) for align in ALIGNMENTS}
        np.testing.assert_array_equal(represent_one(clip, {"name": name, **FAST}), found["mean"])
        assert len({array.tobytes() for array in found.values()}) == 4


def test_motions_are_magnified_before_the_flow_from_onset_to_apex(clip):
    onset, apex = onset_and_apex(clip)
    larger = onset_and_apex(clip, magnification=STRONG)
    faces, number = aligned_faces(clip, magnification=STRONG), clip.event.apex - 1
    np.testing.assert_array_equal(larger[0], faces[0])
    np.testing.assert_array_equal(larger[1], faces[number])
    plain = optical_flow(onset, apex, method="dis")
    flow = optical_flow(*larger, method="dis")
    assert np.hypot(*np.moveaxis(flow, -1, 0)).mean() > 1.2 * np.hypot(*np.moveaxis(plain, -1, 0)).mean()
    for name in ("hoof", "bi_woof", "flow_lbp", "flow_image", "raw_flow", "optical_strain"):
        found = [represent_one(clip, {"name": name, **FAST, **more}) for more in ({}, {"magnification": STRONG})]
        assert (found[0] != found[1]).any()


def test_a_spotted_apex_is_that_of_the_faces_as_they_are_aligned_but_not_magnified(clip):
    for align in ("mean", "none"):
        plain, larger = (
            onset_and_apex(clip, apex="spotted", align=align, magnification=magnification)[1]
            for magnification in (None, STRONG)
        )
        (index,) = [n for n, face in enumerate(aligned_faces(clip, align=align)) if (face == plain).all()]
        np.testing.assert_array_equal(larger, aligned_faces(clip, align=align, magnification=STRONG)[index])


def test_magnification_that_no_clip_can_have_is_told(clip):
    slow = replace(clip, fps=8.0)
    with pytest.raises(InputError, match=rf"clip {clip.name} of .*: magnification: a band 0 < low < high"):
        represent_one(slow, {"name": "hoof", "magnification": STRONG, **FAST})


@pytest.mark.parametrize("name", ["raw_flow", "flow_image"])
def test_blocks_of_pixels_are_their_means(clip, name):
    pixels = represent_one(clip, {"name": name, **FAST})
    found = represent_one(clip, {"name": name, "blocks": [4, 7], **FAST})
    assert found.shape == (4, 7, pixels.shape[-1])
    np.testing.assert_allclose(found, pixels.reshape(4, 7, 7, 4, -1).mean(axis=(1, 3)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        represent_one(clip, {"name": name, "blocks": [5, 5], **FAST}), block_means(pixels, (5, 5)), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_array_equal(represent_one(clip, {"name": name, "blocks": [28, 28], **FAST}), pixels)
    with pytest.raises(InputError, match=rf"clip {clip.name} of .*: blocks: 28 px or frames cannot"):
        represent_one(clip, {"name": name, "blocks": [29, 1], **FAST})


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return Clip("casme2", "sub01", "c", flow_image=tmp_path / "a.png")


@pytest.mark.parametrize("blocks", [[2, 2], [5, 5], [8, 8]])
def test_blocks_fit_published_pictures(picture, blocks):
    count = blocks[0] * blocks[1]
    for name, values in (("hoof", 8), ("bi_woof", 8), ("flow_lbp", 177), ("flow_image", 3), ("raw_flow", 2)):
        settings = {"name": name, "blocks": blocks}
        assert supports(settings, picture)
        assert represent_one(picture, settings).size == count * values


@pytest.mark.parametrize("part", OF_FLOW, ids=lambda part: part.name)
def test_a_published_picture_serves_who_states_nothing_that_only_frames_can_give(part, picture, clip):
    default = {"method": "tvl1-skimage", "size": 128, "apex": "annotated", "align": "mean"}
    assert supports({"name": part.name, **default}, picture)
    for stated in ({"align": "first"}, {"size": 64}, {"method": "dis"}, {"apex": "middle"}, {"magnification": STRONG}):
        settings = {"name": part.name, **stated}
        (key,) = stated
        assert misfit(settings, picture).startswith(f"published flow pictures are as they are, without {key} = ")
        assert supports(settings, clip)


def test_why_a_representation_does_not_fit_is_told(picture, clip):
    assert misfit({"name": "lbp_top"}, picture) == "lbp_top is made of frames, which published flow pictures lack"
    assert misfit({"name": "nothing"}, picture) == misfit({"name": "lbp_top"}, clip) == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "hoof", "align": "eyes"}, "align: 'eyes' does not suit; expected one of 'mean', 'first', 'each'"),
        ({"name": "lbp_top", "align": True}, "align: True does not suit"),
        ({"name": "hoof", "frames": 10}, "frames: hoof has no such parameter"),
        ({"name": "raw_flow", "blocks": [5]}, r"blocks: \[5\] does not suit"),
        ({"name": "flow_image", "blocks": 5}, "blocks: 5 does not suit"),
        ({"name": "flow_image", "magnification": {"alfa": 3}}, "magnification: .* does not suit"),
        ({"name": "raw_flow", "size": 8}, "size: 8 does not suit; expected int of at least 16"),
        ({"name": "flow_lbp", "channels": ["w"]}, r"channels: \['w'\] does not suit"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place(settings, message):
    with pytest.raises(InputError, match=f"steps.representation.{message}"):
        check_part("representation", settings, "steps.representation")


def test_a_kernel_over_windows_tells_pictures_that_hold_none():
    for X in (np.zeros((3, 5, 5, 2)), np.zeros((3, 40))):
        with pytest.raises(InputError, match=r"a kernel over windows of 14 px: pictures of .* px hold none"):
            View(window=14).fit_gram(Samples(X))


def test_the_page_of_the_axes_tells_what_there_is():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    known = {name for part in FROM_FRAMES for name in part.parameters()}
    keys = [
        name
        for key, *_ in rows
        if "representation." in key
        for name in re.findall(r"`(?:representation\.)?(\w+)`", key)
    ]
    assert set(keys) <= known
    assert {"align", "size", "magnification", "frames", "method", "apex", "blocks"} <= set(keys)
    classifiers = {name for key, *_ in rows for name in re.findall(r"^`(\w+)`", key)}
    assert set(PARTS["classifier"]) <= classifiers
    for key, values, default in (
        row[:3] for row in rows if row[0] in ("`representation.align`", "`representation.apex`")
    ):
        parameter = PARTS["representation"]["hoof"].parameters()[key.strip("`").partition(".")[2]]
        assert set(re.findall(r"`(\w+)`", values)) == set(get_args(parameter.hint))
        assert default.strip("`") == parameter.default
