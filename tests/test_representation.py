"""What a classifier sees of a clip: dimensions as published, apex sources, published pictures, shared arrays."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Clip, Event
from baselines.errors import InputError
from baselines.experiments.run import run_experiments
from baselines.faces.clips import aligned_faces, first_landmarks, onset_and_apex
from baselines.recipes import load_recipe, recipe_names
from baselines.recognition.flow import clip_flow, onset_to_apex_flow
from baselines.recognition.inputs import aligned_clip
from baselines.recognition.representation import represent, represent_one, supports
from features.apex_by_motion import find_apex_by_motion
from features.bi_woof import bi_woof
from features.hoof import hoof
from features.lbp_top import lbp_top
from features.osf import osf
from features.osw_lbp_top import osw_lbp_top

SHAPES = {
    "lbp-top-svm": (5 * 5 * 48,),
    "lbp-top-smic-svm": (11328,),
    "lbp-top-meb-svm": (11328,),
    "lbp-top-4x4x2-svm": (4 * 4 * 2 * 177,),
    "lbp-top-magnified-svm": (11328,),
    "lbp-sip-svm": (3 * 5 * 5 * 20,),
    "mdmo-svm": (72,),
    "osf-svm": (2500,),
    "osw-lbp-top-svm": (5 * 5 * 48,),
    "osw-lbp-top-8x8-svm": (8 * 8 * 48,),
    "hoof-svm": (200,),
    "bi-woof-svm": (200,),
    "raw-flow-svm": (28, 28, 2),
    "flow-pixels-svm": (28, 28, 3),
}
FAST_FLOW = {"method": "dis"}


@pytest.fixture(scope="module")
def clips(corpus):
    return event_clips(read_videos(corpus / "clips"))


@pytest.fixture
def clip(clips):
    return clips[0]


def settings_of(recipe):
    return load_recipe(recipe).steps["representation"]


@pytest.mark.parametrize("recipe", SHAPES)
def test_dimensions_are_those_published(recipe, clip):
    found = represent_one(clip, settings_of(recipe))
    assert found.shape == SHAPES[recipe]
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.ptp(found) > 0


def test_every_recognition_recipe_runs_on_clips(corpus, tmp_path):
    outcome = run_experiments(("synthetic",), corpus, ("recognition",), limit=6, output=tmp_path)
    assert outcome.failures == []
    assert {folds[0]["recipe"] for folds in outcome.results} == set(recipe_names("recognition"))
    assert {sum(len(fold["predictions"]) for fold in folds) for folds in outcome.results} == {6}


def test_textures_are_those_of_the_features(clip):
    faces = aligned_faces(clip)
    assert faces.dtype == np.uint8
    np.testing.assert_array_equal(
        represent_one(clip, settings_of("lbp-top-svm")),
        lbp_top(faces, (1, 1, 4), 4, "full", blocks=(5, 5, 1)).astype(np.float32),
    )
    for recipe, expected in (
        ("osf-svm", osf(faces, to_first=True)),
        ("osw-lbp-top-svm", osw_lbp_top(faces, blocks=(5, 5), to_first=True)),
    ):
        np.testing.assert_allclose(represent_one(clip, settings_of(recipe)), expected, rtol=1e-4, atol=1e-5)


def test_flow_features_share_one_flow_field(clip, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    found = {name: represent_one(clip, {"name": name, "blocks": [5, 5], **FAST_FLOW}) for name in ("hoof", "bi_woof")}
    represent_one(clip, {"name": "flow_image", **FAST_FLOW})
    assert len(list((tmp_path / "arrays" / "flows").iterdir())) == 1
    assert len(list((tmp_path / "arrays" / "faces").iterdir())) == 1
    flow = onset_to_apex_flow(clip, **FAST_FLOW)
    np.testing.assert_allclose(found["hoof"], hoof(flow, blocks=(5, 5)), rtol=1e-6)
    np.testing.assert_allclose(found["bi_woof"], bi_woof(flow), rtol=1e-6)
    monkeypatch.setenv("MEGC_CACHE", "off")
    np.testing.assert_array_equal(represent_one(clip, {"name": "bi_woof", **FAST_FLOW}), found["bi_woof"])


def test_apex_sources(clip):
    faces, middle = aligned_faces(clip), (len(clip.frames) + 1) // 2
    spotted = find_apex_by_motion(faces, first_landmarks(clip), clip.fps)
    moved = replace(clip, event=replace(clip.event, apex=4))
    unknown = replace(clip, event=replace(clip.event, apex=None))
    for case, source, index in (
        (moved, "annotated", 3), (moved, "spotted", spotted), (moved, "middle", middle - 1),
        (unknown, "annotated", spotted), (replace(clip, event=None), "annotated", spotted),
    ):  # fmt: skip
        onset, apex = onset_and_apex(case, apex=source)
        np.testing.assert_array_equal(onset, faces[0])
        np.testing.assert_array_equal(apex, faces[index])
    pair = replace(clip, frames=clip.frames[:2], event=None)
    np.testing.assert_array_equal(onset_and_apex(pair)[1], aligned_faces(pair)[1])
    with pytest.raises(InputError, match="choose one of annotated, spotted, middle"):
        onset_and_apex(clip, apex="offset")


def test_spotted_apexes_lie_near_the_true_ones(clips):
    off = [
        abs(find_apex_by_motion(aligned_faces(clip), first_landmarks(clip), clip.fps) + 1 - clip.event.apex)
        / len(clip.frames)
        for clip in clips
    ]
    assert np.median(off) < 0.1


def picture_of(flow, path, strain=0.0):
    """Write flow (28, 28, 2) as a published picture, each channel from least to largest; return it as a clip."""
    channels = np.dstack([flow, np.full(flow.shape[:2], strain)])
    low, high = channels.min(axis=(0, 1)), channels.max(axis=(0, 1))
    Image.fromarray(np.rint((channels - low) / np.maximum(high - low, 1e-9) * 255).astype(np.uint8)).save(path)
    return Clip("casme2", "sub01", "c", flow_image=path)


def test_the_zero_level_of_published_pictures_is_restored(tmp_path):
    """A brow rises and the lip corners move out; u and v have one range, so that their ratio survives too."""
    flow = np.zeros((28, 28, 2))
    flow[3:8, 5:23, 1] = -2
    flow[18:22, 4:9, 0], flow[18:22, 19:24, 0] = -1, 1
    clip = picture_of(flow, tmp_path / "a.png")
    found = clip_flow(clip)
    np.testing.assert_allclose(found, flow * 127.5, atol=1.5)
    np.testing.assert_allclose(represent_one(clip, settings_of("bi-woof-svm")), bi_woof(flow), atol=0.02)
    np.testing.assert_allclose(represent_one(clip, settings_of("raw-flow-svm")), found)


def test_pictures_serve_recipes_of_flow_only(tmp_path, clip):
    picture = picture_of(np.random.default_rng(0).normal(size=(28, 28, 2)), tmp_path / "a.png")
    able = {name for name in recipe_names("recognition") if supports(settings_of(name), picture)}
    assert {"hoof-svm", "bi-woof-svm", "bi-woof-xgb", "raw-flow-svm", "flow-pixels-svm", "majority"} <= able
    assert not any(name.startswith(("lbp", "osf", "osw", "mdmo")) for name in able)
    assert not supports(settings_of("bi-woof-svm@spotted"), picture)
    assert all(supports(settings_of(name), clip) for name in recipe_names("recognition"))


def test_clips_too_short_for_their_radii_are_interpolated(clip):
    short = replace(clip, frames=clip.frames[:5], event=None)
    assert aligned_clip(short, 9)[0].shape == (9, 128, 128)
    assert aligned_clip(short, 2)[0].shape == (5, 128, 128)
    assert aligned_clip(clip, 2, frames=10)[0].shape == (10, 128, 128)
    assert represent_one(short, settings_of("lbp-top-svm")).shape == (1200,)


def test_magnification_works_at_any_frame_rate(clip):
    (plain,) = aligned_clip(clip, 2, frames=10)
    for fps in (100.0, 30.0):
        (larger,) = aligned_clip(replace(clip, fps=fps), 2, frames=10, magnification={"alpha": 10, "cutoff": 16})
        np.testing.assert_array_equal(larger, larger.astype(np.uint8))
        change = np.abs(larger - plain).mean()
        assert 0.2 < change < 20


def test_errors_are_one_line_and_name_the_clip(clip):
    with pytest.raises(InputError, match="representation 'pixels' is not known; choose one of lbp_top, lbp_sip"):
        represent_one(clip, {"name": "pixels"})
    named = f"clip {clip.name} of subject {clip.subject}, {clip.dataset}: "
    with pytest.raises(InputError, match=f"{named}.*cannot be cut into 500 blocks"):
        represent_one(clip, {"name": "lbp_top", "blocks": [500, 1, 1]})
    noise = np.random.default_rng(0).integers(0, 256, (4, 120, 120, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="grey-noise"):
        represent([Clip("d", "s", "c", ArrayFrames(noise, "grey-noise"), 30.0, Event(1, 4, 2))], {"name": "mdmo"})
