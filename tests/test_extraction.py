"""`features list` and `features extract` as a user runs them, on a small embedded corpus."""

import csv
import json

import numpy as np
import pytest

from baselines.commands.per_frame import PER_FRAME
from baselines.datasets.cutting import event_clips
from baselines.datasets.manifest import read_videos
from baselines.faces.clips import aligned_faces, onset_and_apex
from baselines.recipes.values import read_set
from baselines.recognition.inputs import EXPRESSION
from baselines.recognition.representation import feature_of
from features import FEATURES
from features.bi_woof import bi_woof
from features.lbp_top import lbp_top
from features.optical_flow import optical_flow


@pytest.fixture(scope="module")
def subject(corpus, tmp_path_factory):
    """A manifest of one subject of the corpus: four clips with apex frames."""
    folder = tmp_path_factory.mktemp("one") / "manifest"
    folder.mkdir()
    (folder / "sub01").symlink_to(corpus / "clips" / "sub01")
    for name in ("videos.csv", "events.csv"):
        lines = (corpus / "clips" / name).read_text().splitlines()
        (folder / name).write_text("\n".join(line for line in lines if line.startswith(("subject", "sub01"))) + "\n")
    return folder


@pytest.fixture(scope="module")
def clips(subject):
    return event_clips(read_videos(subject))


def table(path):
    with open(path, newline="") as stream:
        return list(csv.reader(stream))


def test_the_list_has_every_feature_with_its_parameters(megc):
    entries = {entry["name"]: entry for entry in json.loads(megc("features", "list", "--json").stdout)}
    assert set(entries) == {*FEATURES, *PER_FRAME}
    assert entries["lbp_top"]["parameters"]["radii"] == [1, 1, 1]
    assert entries["mdmo"]["input"] == "clip+landmarks"
    assert all(entry["citation"] and entry["summary"] for entry in entries.values())
    text = megc("features", "list").stdout
    assert len(text.splitlines()) == len(FEATURES) + len(PER_FRAME)


def test_csv_holds_one_row_a_clip_and_the_features_own_values(megc, subject, clips, tmp_path):
    done = megc("features", "extract", "lbp_top", subject, "--output", tmp_path / "o.csv", "--set", "radii=[1, 1, 4]",
                "--set", "mapping=full", "--set", "neighbours = 4", "--set", "size=64", "--jobs", 2)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    header, *rows = table(tmp_path / "o.csv")
    assert header == ["dataset", "subject", "clip", *map(str, range(48))]
    assert [tuple(row[:3]) for row in rows] == [("manifest", clip.subject, clip.name) for clip in clips]
    for row, clip in zip(rows, clips):
        expected = lbp_top(aligned_faces(clip, 64), (1, 1, 4), 4, "full")
        assert np.array_equal(np.array(row[3:], float), expected)


def test_npz_holds_one_array_a_clip_and_their_index(megc, subject, clips, tmp_path):
    done = megc("features", "extract", "flow_to_first", subject, "--output", tmp_path / "o.npz", "--set", "method=dis",
                "--set", 'quality="ultrafast"', "--set", "size=32", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert set(stored) == {"index", *(f"{clip.subject}/{clip.name}" for clip in clips)}
        assert list(stored["index"]) == [f"{clip.subject}/{clip.name}" for clip in clips]
        for clip in clips:
            assert stored[f"{clip.subject}/{clip.name}"].shape == (len(clip.frames) - 1, 32, 32, 2)


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_can_be_extracted_from_a_clip(name, clips):
    """At 100 frames/s, in which the band of `magnify` fits; a clip cut to its expression has no contrast."""
    parameters = {"contrast": False} if FEATURES[name].input == "clip+k" else {}
    flow = {"method": "fast"} if FEATURES[name].input == "flow" else {}
    array = feature_of(clips[0], {"name": name, "size": 96, **parameters, **flow})
    assert np.isfinite(array).all()
    assert array.dtype.kind in "if"
    if name != "find_apex":
        assert array.any()


def test_flow_features_see_onset_to_apex_of_the_event(clips):
    clip = clips[1]
    expected = bi_woof(optical_flow(*onset_and_apex(clip, 96), method="farneback"), blocks=(4, 4))
    found = feature_of(clip, {"name": "bi_woof", "blocks": [4, 4], "size": 96, "method": "farneback"})
    assert np.array_equal(found, expected)


def test_spotting_features_get_half_an_expression_and_keep_the_length_of_the_clip(clips):
    clip = clips[0]
    k = round(clip.fps * EXPRESSION / 2)
    faces = aligned_faces(clip, 96)
    assert k == 20
    expected = FEATURES["feature_difference"].function(faces, k)
    assert np.array_equal(feature_of(clip, {"name": "feature_difference", "size": 96}), expected)


def test_a_folder_of_images_and_a_video_file_are_clips_as_a_whole(megc, corpus, tmp_path):
    images, video = corpus / "clips" / "sub02" / "c01", corpus / "long" / "sub01" / "long.avi"
    done = megc("features", "extract", "hoof", images, video, tmp_path / "none.mp4", "--fps", 100, "--set",
                "method=fast", "--output", tmp_path / "o.csv", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    assert done.stderr.count("none.mp4: no such file") == 1
    _, *rows = table(tmp_path / "o.csv")
    assert [row[1:3] for row in rows] == [["sub02", "c01"], ["sub01", "long"]]
    assert all(np.isclose(sum(map(float, row[3:])), 1) for row in rows)


def test_events_without_emotions_are_clips_too(megc, subject, tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "sub01").symlink_to((subject / "sub01").resolve())
    (folder / "videos.csv").write_text((subject / "videos.csv").read_text())
    video = table(subject / "videos.csv")[1][1]
    (folder / "events.csv").write_text(f"subject,video,onset,offset\nsub01,{video},2,20\nsub01,{video},5,30\n")
    done = megc("features", "extract", "find_apex", folder, "--output", tmp_path / "o.csv", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    _, *rows = table(tmp_path / "o.csv")
    assert [row[2] for row in rows] == [f"{video}_2", f"{video}_5"]
    (folder / "events.csv").write_text("subject,video,onset,offset\n")
    done = megc("features", "extract", "find_apex", folder, "--output", tmp_path / "none.csv")
    assert done.exit_code == 2
    assert "events.csv holds no event" in done.stderr


def test_values_of_settings_are_toml_or_json_or_text():
    settings = ("size=20", "smoothing=null", 'pooling="sum"', "method=dis", "quality=fast", "to_first = true")
    assert read_set(settings) == {
        "size": 20, "smoothing": None, "pooling": "sum", "method": "dis", "quality": "fast", "to_first": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none",), "feature 'none' is not known; choose one of lbp_top"),
        (("lbp-top",), "feature 'lbp-top' is not known; did you mean 'lbp_top'?"),
        (("lbp_top", "--set", "radius=3"), "--set.radius: lbp_top has no such parameter; did you mean 'radii'?"),
        (
            ("lbp_top", "--set", "radii"),
            "--set 'radii': expected a key, = and what it is set to, as in --set radii",
        ),
        (("osf", "--set", "method=none"), "--set.method: 'none' does not suit; expected one of 'farneback', 'dis'"),
        (("osf", "--set", "quality=fast"), "--set.quality: osf has no such parameter"),
        (("lbp_top", "--set", "radii=3"), "--set.radii: 3 does not suit; expected tuple of int, int, int"),
        (("lbp_top", "--set", "neighbours=5"), "--set.neighbours: 5 does not suit; expected one of 4, 8"),
        (("lbp_top", "--set", "blocks=[500, 1, 1]"), "clip c01 of subject sub01, manifest: blocks: "),
        (("hoof", "--set", "method=none"), "--set.method: 'none' does not suit"),
        (("hoof", "--set", "size=-5"), "--set.size: -5 does not suit; expected int of at least 16 and at most 1024"),
        (("lbp_top", "--set", "frames=0"), "--set.frames: 0 does not suit; expected int of at least 2"),
        (("lbp_top", "--set", "magnification={alpha = nan}"), "--set.magnification: {'alpha': nan} does not suit"),
        (("hoof", "--set", "bins=10000000000"), "--set.bins: 10000000000 does not suit; expected whole numbers up to"),
        (("hoof", "--set", "name=lbp_top"), "--set name: the feature is named already; give it once"),
        (("hoof", "--set", "size=64", "--set", "size=96"), "size is given already; give it once"),
        (("flow_to_first", "--set", "size=32"), "use .npz"),
    ],
)
def test_bad_usage_is_one_line_and_writes_nothing(megc, corpus, tmp_path, arguments, message):
    clip = corpus / "clips" / "sub01" / "c01"
    name, *options = arguments
    done = megc("features", "extract", name, clip, "--fps", 100, "--output", tmp_path / "o.csv", "--jobs", 1, *options)
    assert done.exit_code == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert len(errors) == 1
    assert message in errors[0]
    assert not list(tmp_path.iterdir())


def test_the_output_must_be_npz_or_csv(megc, tmp_path):
    done = megc("features", "extract", "lbp_top", "x.mp4", "--output", tmp_path / "o.txt")
    assert done.exit_code == 2
    assert "must end in .npz or .csv" in done.stderr
