"""The unseen test set of MEGC2025 ME-STR on a miniature copy."""

import zipfile

import pytest
from replicas import write_frames

from baselines.commands.submit import write_submission
from baselines.datasets import open_dataset
from baselines.datasets.megc2025_str import CAS_VIDEOS, SAMM_VIDEOS, load
from baselines.errors import InputError

CAS = [f"{subject}/{video}" for subject, videos in CAS_VIDEOS.items() for video in videos]
SAMM = [video for videos in SAMM_VIDEOS.values() for video in videos]


def replica(root, cas_place="CAS_data", samm_place="SAMM_data", frames=3):
    for place, names, pattern in ((cas_place, CAS, "{}.jpg"), (samm_place, SAMM, "frame_{:05}.jpg")):
        for name in names:
            write_frames(root / place / name, [pattern.format(number) for number in range(1, frames + 1)])
    return root


def test_a_complete_copy_gives_thirty_videos_without_events(tmp_path):
    dataset = open_dataset("megc2025-str", replica(tmp_path))
    assert dataset.findings == []
    found = {(video.subject, video.name, video.fps) for video in dataset.videos}
    assert len(dataset.videos) == len(found) == 30
    assert len({video.subject for video in dataset.videos}) == 9
    assert {("dzw", "a1", 30.0), ("wy", "s1", 30.0), ("1", "1_001_2", 200.0), ("5", "5_005_7", 200.0)} <= found
    assert {video.events for video in dataset.videos} == {None}
    assert {len(list(video.frames)) for video in dataset.videos} == {3}
    assert dataset.clips == []


@pytest.mark.parametrize(
    ("cas_place", "samm_place"),
    [("CASME_test/CAS_data", "SAMM_test/SAMM_data"), ("CAS", "SAMM"), ("data", "data"), (".", "."), (".", "SAMM_data")],
)
def test_the_usual_nestings_are_found(tmp_path, cas_place, samm_place):
    dataset = load(replica(tmp_path, cas_place, samm_place, frames=1))
    assert (len(dataset.videos), dataset.findings) == (30, [])


def test_missing_and_foreign_videos_are_told(tmp_path):
    replica(tmp_path, frames=1)
    (tmp_path / "CAS_data/dzw/a1").rename(tmp_path / "CAS_data/dzw/a9")
    (tmp_path / "SAMM_data/1_001_2").rename(tmp_path / "SAMM_data/6_006_1")
    (tmp_path / "SAMM_data/2_002_1/frame_00001.jpg").unlink()
    dataset = load(tmp_path)
    assert len(dataset.videos) == 27
    for part in (
        "no folder of subject dzw video a1; copy it from the test set",
        "no folder of subject 1 video 1_001_2; copy it from the test set",
        "a9: not a folder of the database, expected one like dzw/a1 or 1_001_2",
        "6_006_1: not a folder of the database",
        "2_002_1: no numbered images",
    ):
        assert sum(part in finding for finding in dataset.findings) == 1, part
    assert len(dataset.findings) == 5


def test_half_of_the_set_is_read_and_the_other_half_asked_for(tmp_path):
    for name in SAMM:
        write_frames(tmp_path / name, ["1.jpg"])
    dataset = load(tmp_path)
    assert len(dataset.videos) == 10
    assert len(dataset.findings) == 20


def test_an_empty_folder_tells_what_was_expected(tmp_path):
    with pytest.raises(InputError, match="no video of the test set; expected CAS_data/dzw/a1/1.jpg"):
        load(tmp_path)


def test_its_names_are_those_that_a_submission_takes(tmp_path):
    dataset = load(replica(tmp_path / "set", frames=1))
    rows = [f"{video.subject},{video.name},1,1,negative" for video in dataset.videos]
    (tmp_path / "pred.csv").write_text("\n".join(["subject,video,onset,offset,emotion", *rows]))
    summary = write_submission("str", tmp_path / "pred.csv", tmp_path / "out.zip")
    assert (summary["files"], summary["warnings"]) == ({"cas_pred.csv": 20, "samm_pred.csv": 10}, [])
    assert zipfile.ZipFile(tmp_path / "out.zip").namelist() == ["cas_pred.csv", "samm_pred.csv"]
