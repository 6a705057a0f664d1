"""The bench on reduced material: what its rows hold, and that what is compared computes the same. No time is judged."""

import dataclasses
import json

import numpy as np
import pytest
from oracle_clips import clip

from baselines.bench import REDUCED, large, run, run_bench, scale, table
from baselines.bench.clips import face_clip, face_video
from baselines.bench.features import strain_rows
from baselines.bench.measure import Row, peak_bytes, row, seconds
from baselines.bench.pipeline import write_video
from baselines.bench.references import lbp_top_by_shifts, lbp_top_by_slices, two_gradients
from baselines.datasets.images import read_image
from baselines.datasets.records import Video
from baselines.errors import InputError
from baselines.faces import following
from baselines.faces.track import track
from features.lbp_top import lbp_top
from features.optical_strain import optical_strain


@pytest.fixture(scope="module")
def rows():
    return run_bench(REDUCED)


def test_every_row_says_what_was_measured(rows):
    assert len(rows) >= 14
    for entry in rows:
        assert list(entry) == [field.name for field in dataclasses.fields(Row)]
        assert entry["value"] > 0
        assert entry["unit"] in ("ms", "s", "MB", "frames/s", "answers/s")
        assert (entry["met"] is None) == (not entry["target"])
        assert (entry["ratio"] is None) == (not entry["reference"])
    assert json.loads(json.dumps(rows)) == rows


def test_memory_and_published_length_are_the_same_on_any_machine(rows):
    named = {entry["name"]: entry for entry in rows}
    assert named["LBP-TOP peak memory"]["ratio"] < 4
    assert any("11328 values" in name for name in named)


def test_the_table_is_aligned_and_holds_every_row(rows):
    header, *lines = table(rows).splitlines()
    assert header.split() == ["what", "value", "unit", "reference", "ratio", "target", "met"]
    assert [line.split("  ")[0] for line in lines] == [entry["name"] for entry in rows]
    column = header.index("unit")
    assert all(line[column:].startswith(entry["unit"]) for line, entry in zip(lines, rows))


def test_the_command_prints_text_or_json(megc, monkeypatch):
    monkeypatch.setattr(run, "PARTS", (strain_rows,))
    printed = json.loads(megc("bench", "--json").stdout)
    assert [entry["name"] for entry in printed] == ["optical strain 128x128", "optical strain 400x400"]
    assert "optical strain 400x400" in megc("bench").stdout


def test_references_compute_what_they_are_compared_with():
    np.testing.assert_array_equal(lbp_top(clip()), lbp_top_by_shifts(clip()))
    # scikit-image numbers the uniform codes, and on XT and YT the neighbours, in another order
    ours, theirs = lbp_top(clip(), sampling="bilinear"), lbp_top_by_slices(clip())
    np.testing.assert_allclose(np.sort(ours.reshape(3, 59)), np.sort(theirs.reshape(3, 59)), atol=1e-5)
    flow = np.random.default_rng(0).normal(size=(40, 50, 2)).astype(np.float32)
    (u_y, u_x), (v_y, v_x) = two_gradients(flow)
    np.testing.assert_allclose(optical_strain(flow), np.sqrt(u_x**2 + v_y**2 + (u_y + v_x) ** 2 / 2), rtol=1e-4)


def test_the_faces_made_on_the_fly_move_and_have_their_landmarks_where_they_say():
    grey, landmarks = face_clip(3, 200)
    assert np.abs(np.diff(grey.astype(int), axis=0)).mean() > 0.5
    found = track(face_video(1, 400)).landmarks[0]
    expected = face_clip(1, 400)[1]
    assert np.abs(found - expected).mean() < 4
    assert (landmarks > 0).all()
    assert (landmarks < 200).all()


def test_targets_bound_the_ratio_or_else_the_value():
    assert row("a", 3, "ms", most=5).met is True
    assert row("a", 3, "ms", reference="b", ratio=0.5, least=1).met is False
    assert row("a", 3, "ms", reference="b", ratio=2, least=1).target == ">= 1"
    assert row("a", 3, "ms").met is None


def test_time_and_memory_are_those_of_the_function():
    ticks = iter(range(1000))
    assert seconds([lambda: None, lambda: next(ticks)], 3, clock=lambda: next(ticks)) == [1, 2]
    assert 8e6 <= peak_bytes(lambda: np.ones(1_000_000)) < 9e6


def test_a_video_is_rendered_large_and_spotted_in_twice(tmp_path):
    pytest.importorskip("dlib", reason="dlib is not installed")
    video = Video("d", "s1", "v1", write_video(tmp_path / "small.avi", face_video(8, 160), 1), 30.0)
    large.write_large(video.frames, tmp_path)
    assert read_image(tmp_path / "img00008.jpg").shape == (large.HEIGHT, large.WIDTH, 3)
    smaller, whole = large.spotted_twice(video)
    assert smaller.shape[1:] == whole.shape[1:] == (2,)


def test_agreement_of_spans_is_one_to_one_and_within_a_video():
    a = [np.array([[1, 10], [20, 30]]), np.zeros((0, 2), int)]
    b = [np.array([[1, 11], [2, 10]]), np.array([[20, 30]])]
    score, apart = large.f1(a, b)
    assert score == pytest.approx(2 / 5)
    assert apart.tolist() == [[0, 1]]


def test_material_for_very_many_frames_is_spotted_in_by_known_landmarks(tmp_path, megc, monkeypatch):
    for name in ("find_faces", "find_near", "predict_landmarks"):  # which the plug-in replaces in this process
        monkeypatch.setattr(following, name, getattr(following, name))
    scale.write_scale(tmp_path / "new", 2, 90)
    first, second = ([p.read_bytes() for p in sorted((tmp_path / "new").glob(f"data/s00/v00{n}/*"))] for n in (0, 1))
    assert len(first) == 90
    assert first[:40] == first[40:80][::-1] != second[:40]
    asked = ("--dataset", "manifest", "--data-root", tmp_path / "new" / "data", "--task", "spotting", "--jobs", 1)
    asked += ("--recipe", "regional-contrast", "--plugin", tmp_path / "new" / "known.py", "--output", tmp_path / "out")
    done = megc("run-all", *asked)
    assert done.exit_code == 0, done.stderr
    with pytest.raises(InputError, match="data: File exists; name a new folder"):
        scale.write_scale(tmp_path / "new", 2, 90)
