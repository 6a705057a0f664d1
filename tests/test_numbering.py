"""Frames have one number outside: that of the pictures, or from 1; more columns, JSON and probabilities as asked."""

import csv
import io
import json

import cv2
import numpy as np
import pytest

from baselines.datasets.frames import ArrayFrames, ImageFrames
from baselines.datasets.manifest import read_videos
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Video
from baselines.errors import InputError

FIRST = 184
VIDEOS = "subject,video,path,fps{}\ns1,v1,pictures,30{}\n"
EVENTS = "subject,video,onset,apex,offset,type,emotion,aus\ns1,v1,{},{},{},micro,,\n"


@pytest.fixture(scope="module")
def pictures(corpus, tmp_path_factory):
    """A long video as pictures that are numbered from FIRST."""
    folder = tmp_path_factory.mktemp("numbered") / "pictures"
    folder.mkdir()
    for number, frame in enumerate(open_frames(corpus / "long" / "sub01" / "long.avi"), start=FIRST):
        cv2.imwrite(str(folder / f"img{number:05d}.png"), frame[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def spotted(pictures, tmp_path_factory):
    """The function that runs `spot` on a path, the pictures under other names, numbered from 1, and the pictures."""
    from click.testing import CliRunner

    from cli import main

    def spot(path, *more):
        run = CliRunner().invoke(main, ["spot", str(path), "--fps", "30", "--output", "-", "--jobs", "1", *more])
        assert run.exit_code == 0, run.stderr
        return run

    plain = tmp_path_factory.mktemp("plain") / "pictures"
    plain.mkdir()
    for number, path in enumerate(sorted(pictures.iterdir()), start=1):
        (plain / f"{number}.png").symlink_to(path)
    return spot, plain, pictures


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_intervals_have_the_numbers_of_the_pictures(spotted):
    spot, plain, pictures = spotted
    counted, numbered = rows_of(spot(plain).stdout), spot(pictures)
    found = rows_of(numbered.stdout)
    assert counted
    assert [(int(row["onset"]), int(row["offset"])) for row in found] == [
        (int(row["onset"]) + FIRST - 1, int(row["offset"]) + FIRST - 1) for row in counted
    ]
    assert f", counted from {FIRST} as the pictures are numbered" in numbered.stderr
    assert "counted from" not in spot(plain).stderr


def test_json_to_stdout_is_one_document_and_tells_the_origin(spotted):
    spot, plain, pictures = spotted
    (found,) = json.loads(spot(pictures, "--json").stdout)
    (counted,) = json.loads(spot(plain, "--json").stdout)
    assert (found["numbering"], found["first_frame"], counted["first_frame"]) == ("files", FIRST, 1)
    for name in ("onset", "apex", "offset"):
        assert [i[name] - FIRST + 1 for i in found["intervals"]] == [i[name] for i in counted["intervals"]]
    assert found["below_threshold"]["apex"] - FIRST + 1 == counted["below_threshold"]["apex"]
    assert [i["onset_seconds"] for i in found["intervals"]] == [i["onset_seconds"] for i in counted["intervals"]]


def test_more_columns_come_as_asked_and_no_others(spotted):
    spot, plain, _ = spotted
    assert spot(plain).stdout.splitlines()[0] == "subject,video,onset,offset,type"
    found = rows_of(spot(plain, "--columns", "seconds,score, Region,apex").stdout)
    assert list(found[0])[5:] == ["onset_seconds", "offset_seconds", "score", "region", "apex", "apex_seconds"]
    for row in found:
        assert float(row["onset_seconds"]) == pytest.approx((int(row["onset"]) - 1) / 30, abs=1e-6)
        assert float(row["offset_seconds"]) == pytest.approx(int(row["offset"]) / 30, abs=1e-6)
        assert float(row["apex_seconds"]) == pytest.approx((int(row["apex"]) - 1) / 30, abs=1e-6)
        assert int(row["onset"]) <= int(row["apex"]) <= int(row["offset"])
        assert float(row["score"]) >= 1
        assert row["region"]


def test_a_column_that_is_not_known_is_told_before_the_work(megc, tmp_path):
    done = megc("spot", tmp_path / "none.mp4", "--output", tmp_path / "o.csv", "--columns", "second")
    assert done.exit_code == 2
    assert done.stderr == "error: --columns second: is not known; did you mean 'seconds'?\n"


@pytest.mark.parametrize(
    ("column", "word", "shift", "numbering"),
    [("", "", 0, "positions"), (",numbers", ",positions", 0, "positions"), (",numbers", ",Files", FIRST - 1, "files")],
)
def test_a_manifest_says_how_its_events_count(pictures, column, word, shift, numbering):
    root = pictures.parent
    (root / "videos.csv").write_text(VIDEOS.format(column, word))
    (root / "events.csv").write_text(EVENTS.format(11 + shift, 15 + shift, 20 + shift))
    (video,) = read_videos(root)
    (event,) = video.events
    assert (event.onset, event.apex, event.offset) == (11, 15, 20)
    assert video.numbering == numbering
    assert video.number(event.apex) == 15 + shift
    (root / "events.csv").unlink()
    (video,) = read_videos(root)
    assert video.number(1) == (1 if word == ",positions" else FIRST)


@pytest.mark.parametrize(
    ("word", "event", "message"),
    [
        ("", (190, "", 195), r"csv row 2: frames 190 to 195, but .* 6 frames, counted from 1; if they are the numbers "
         "of the pictures, 184 to 189, write files in the column numbers"),
        (",files", (184, 185, 190), "row 2: offset is 190, but .* has frames 184 to 189; correct one of them"),
        (",files", (1, "", 4), "row 2: onset is 1, but .* has frames 184 to 189"),
        (",file", (184, "", 185), "videos.csv row 2: numbers is 'file'; expected files, where events.csv has"),
    ],
)  # fmt: skip
def test_events_outside_are_one_line(tmp_path, word, event, message):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(FIRST, FIRST + 6):
        cv2.imwrite(str(folder / f"{number}.png"), np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "videos.csv").write_text(VIDEOS.format(",numbers" if word else "", word))
    (tmp_path / "events.csv").write_text(EVENTS.format(*event))
    with pytest.raises(InputError, match=message):
        read_videos(tmp_path)


def test_numbers_of_a_manifest_are_scored_as_they_are(pictures, megc, tmp_path):
    root = pictures.parent
    count = len(ImageFrames(pictures))
    (root / "videos.csv").write_text(VIDEOS.format(",numbers", ",files"))
    (root / "events.csv").write_text(EVENTS.format(FIRST, "", FIRST + 9))
    predicted = tmp_path / "p.csv"
    rows = [(FIRST - 5, FIRST + 9), (FIRST + count - 3, FIRST + count + 2)]
    predicted.write_text("subject,video,onset,offset,type\n" + "".join(f"s1,v1,{on},{off},micro\n" for on, off in rows))
    done = megc("score", "spotting", "--truth", root, "--predictions", predicted, "--json")
    assert json.loads(done.stdout)["micro"]["tp"] == 1
    assert f"begins at frame {FIRST} and ends at {FIRST + count - 1}; clipped to their videos: 2 of 2" in done.stderr
    for name in ("videos.csv", "events.csv"):
        (root / name).unlink()


def test_seconds_are_those_of_the_file_and_end_with_the_video():
    frames = ArrayFrames(np.zeros((5, 2, 2, 3), np.uint8))
    np.testing.assert_allclose(Video("d", "s", "v", frames, 25.0).seconds(), np.arange(6) / 25)


def test_recognize_writes_probabilities(corpus, megc, tmp_path):
    clip = next(path for path in sorted((corpus / "clips" / "sub01").iterdir()) if path.is_dir())
    model = ("--model", tmp_path / "m.model", "--fps", 100, "--jobs", 1)
    trained = ("--dataset", "manifest", "--data-root", corpus / "clips", "--recipe", "hoof-svm", "--jobs", 1)
    assert megc("train", *trained, "--output", model[1]).exit_code == 0
    done = megc("recognize", clip, "--output", tmp_path / "p.csv", "--json", *model)
    assert done.exit_code == 0, done.stderr
    (row,) = rows_of((tmp_path / "p.csv").read_text())
    (found,) = json.loads(done.stdout)
    shares = {name[2:]: float(p) for name, p in row.items() if name.startswith("p_")}
    assert found["probabilities"] == shares
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert max(shares, key=shares.get) == row["prediction"] == found["prediction"]
    both = megc("recognize", clip, "--output", "-", "--json", *model)
    assert json.loads(both.stdout) == [found]
