import json
from dataclasses import replace

import numpy as np
import pytest
from replicas import empty_frames, write_frames, write_video, write_xlsx

from baselines.datasets.about import About
from baselines.datasets.check import check_dataset, check_records
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import ArrayFrames, ImageFrames
from baselines.datasets.megc2025_str import CAS_VIDEOS, SAMM_VIDEOS
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Clip, Dataset, Event, Video

ABOUT = About(title="", tasks=(), licence="")


def names(count):
    return [f"img{number}.jpg" for number in range(1, count + 1)]


def clip_of(folder, subject="sub01", name="c1"):
    return Clip("casme2", subject, name, ImageFrames(folder), 200.0, Event(1, 2, emotion="disgust"))


def findings_of(*clips, **options):
    return check_records(Dataset("casme2", clips=list(clips)), ABOUT, **options)["findings"]


def write_str(root, count=2):
    """The unseen test set in miniature: the one dataset that is whole with few small files."""
    folders = [f"{subject}/{video}" for subject, videos in CAS_VIDEOS.items() for video in videos]
    folders += [video for videos in SAMM_VIDEOS.values() for video in videos]
    for folder in folders:
        write_frames(root / folder, names(count))
    return folders


def test_a_complete_copy_is_told_to_be_one(megc, tmp_path):
    folders = write_str(tmp_path)
    done = megc("data", "check", "megc2025-str", "--data-root", tmp_path, "--jobs", 1)
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[:4] == [
        ["what", "found", "published", "ok"], ["subjects", "9", "9", "yes"], ["videos", "30", "30", "yes"],
        ["frames", "60"],
    ]  # fmt: skip
    assert "nothing is wrong" in done.stdout
    assert len(folders) == 30


def test_what_is_missing_and_broken_is_told_with_exit_code_1(megc, tmp_path):
    write_str(tmp_path)
    for path in (tmp_path / "wy/a2").iterdir():
        path.unlink()
    (tmp_path / "dzw/a1/img2.jpg").write_bytes(b"")
    arguments = ("data", "check", "megc2025-str", "--data-root", tmp_path, "--jobs", 2)
    done = megc(*arguments)
    assert done.exit_code == 1
    assert done.stdout.count("dzw/a1/img2.jpg: not a readable image (the file is empty); copy it again") == 1
    assert "wy/a2: no numbered images" in done.stdout
    assert "videos: 29 found, 30 published (file names of participants of MEGC2025 and 2026); copy" in done.stdout
    assert done.stderr.count("error: megc2025-str: findings in this copy: 3\n") == 1
    report = json.loads(megc(*arguments, "--json").stdout)
    assert report == check_dataset("megc2025-str", tmp_path)
    assert report["counts"] == {"subjects": 9, "videos": 29, "clips": 0, "frames": 57, "questions": 0}
    assert {row["what"]: row["ok"] for row in report["table"]} == {"subjects": True, "videos": False, "frames": None}


def test_a_root_that_cannot_be_read_is_exit_code_2(megc, tmp_path):
    for arguments in (("casme2", "--data-root", tmp_path), ("casme2", "--data-root", tmp_path / "none"), ("none",)):
        done = megc("data", "check", *arguments)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_label_fixes_can_be_left_out(megc, tmp_path):
    header = ["Subject", "Filename", "Onset Frame", "Apex Frame", "Offset Frame", "Action Units", "Estimated Emotion"]
    row = [28, "028_4_1", 1090, 1143, 1134, "4", "Anger"]  # a known error of the sheet
    write_xlsx(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO ONLY": [["preamble"], header, row]})
    empty_frames(tmp_path / "028/028_4_1", [f"028_{n:04d}.jpg" for n in range(1090, 1135)])
    arguments = ("data", "check", "samm", "--data-root", tmp_path, "--jobs", 1, "--json")
    mended, left = (json.loads(megc(*arguments, *more).stdout) for more in ((), ("--no-label-fixes",)))
    assert mended["counts"] == left["counts"]
    (finding,) = set(left["findings"]) - set(mended["findings"])
    assert "apex 1143 is outside 1090-1134 and taken as unknown" in finding


def test_broken_frames_are_named_up_to_three_and_then_counted(tmp_path):
    write_frames(tmp_path / "c", names(9), (64, 48))
    whole = (tmp_path / "c/img1.jpg").read_bytes()
    for number, content in enumerate((b"", whole[:300], whole[:-40], b"text", b""), start=3):
        (tmp_path / f"c/img{number}.jpg").write_bytes(content)
    findings = findings_of(clip_of(tmp_path / "c"))
    assert [line.split(": ")[0] for line in findings] == [
        *(str(tmp_path / f"c/img{number}.jpg") for number in (3, 4, 5)), str(tmp_path / "c"),
    ]  # fmt: skip
    assert findings[-1].endswith("2 more frames cannot be read; copy the folder again")


def test_quick_reads_sizes_only(tmp_path):
    write_frames(tmp_path / "c", names(3), (64, 48))
    cut = (tmp_path / "c/img2.jpg").read_bytes()[:-40]
    (tmp_path / "c/img2.jpg").write_bytes(cut)
    (tmp_path / "c/img3.jpg").write_bytes(b"")
    assert [line.split(" (")[0][-4:] for line in findings_of(clip_of(tmp_path / "c"), quick=True)] == ["mage"]
    assert len(findings_of(clip_of(tmp_path / "c"))) == 2


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
def test_frames_of_different_sizes_are_told(tmp_path, suffix):
    write_frames(tmp_path / "c", [f"{number}{suffix}" for number in range(1, 6)], (32, 24))
    write_frames(tmp_path / "c", [f"6{suffix}"], (24, 32))
    (finding,) = findings_of(clip_of(tmp_path / "c"))
    assert "frames of different sizes, 32x24 (5), 24x32 (1); export them in one size" in finding


def test_gaps_in_the_numbers_are_told_as_ranges(tmp_path):
    numbers = {*range(10, 60)} - {12, 20, 21, 22, 40, 50}
    write_frames(tmp_path / "c", [f"img{number}.jpg" for number in numbers])
    write_frames(tmp_path / "d", [f"img{number}.jpg" for number in range(1, 30, 7)])
    (finding,) = findings_of(clip_of(tmp_path / "c"), clip_of(tmp_path / "d", name="c2"))
    assert "c: 6 frames are missing, 12, 20-22, 40 and 1 more ranges; copy them" in finding
    with_gaps = replace(ABOUT, gaps=True)
    assert check_records(Dataset("casme3", clips=[clip_of(tmp_path / "c")]), with_gaps)["findings"] == []


def test_a_folder_is_read_once_and_whole(tmp_path):
    write_frames(tmp_path / "v", names(40))
    (tmp_path / "v/img39.jpg").write_bytes(b"")
    events = (Event(3, 9, 5, "micro", "disgust"), Event(20, 30, None, "macro"))
    video = Video("casme-sq", "s15", "a", ImageFrames(tmp_path / "v"), 30.0, events)
    dataset = Dataset("casme-sq", clips=event_clips([video]), videos=[video])
    report = check_records(dataset, ABOUT)
    assert (report["counts"]["frames"], len(report["findings"])) == (39, 1)
    assert [report["counts"][what] for what in ("micro events", "macro events", "emotion disgust")] == [1, 1, 1]
    clips = check_records(replace(dataset, videos=[]), ABOUT)
    assert (clips["counts"]["frames"], clips["findings"]) == (39, report["findings"])


def test_parts_of_a_video_file_are_read_once(tmp_path):
    path = write_video(tmp_path / "v.avi", range(0, 240, 8), 30, (32, 24))
    frames = open_frames(path)
    cuts = [Clip("manifest", "a", str(n), frames[part], 30.0) for n, part in enumerate([slice(5, 15), slice(10, 20)])]
    assert check_records(Dataset("manifest", clips=cuts), ABOUT)["counts"]["frames"] == 15
    assert check_records(Dataset("manifest", clips=cuts), ABOUT, quick=True)["counts"]["frames"] == 15
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    report = check_records(Dataset("manifest", clips=[Clip("manifest", "a", "b", frames, 30.0)]), ABOUT)
    assert report["counts"]["frames"] < 30
    assert "v.avi: " in report["findings"][0]


def test_events_after_the_last_frame_and_twice_told_clips():
    frames = ArrayFrames(np.zeros((10, 4, 4, 3), np.uint8))
    clips = [
        Clip("smic", subject, "c1", frames, 100.0, Event(1, offset))
        for subject, offset in (("s1", 10), ("s3", 11), ("s2", 3), ("s2", 3))
    ]
    video = Video("smic-long", "s1", "v", frames, 100.0, (Event(2, 14),))
    report = check_records(Dataset("smic", clips=clips, videos=[video]), ABOUT)
    assert [line.split(";")[0] for line in report["findings"]] == [
        "array: event 2-14 ends after the last frame, 10",
        "array: event 1-11 ends after the last frame, 10",
        "smic subject s2 clip c1 is there 2 times",
    ]


def test_numbers_that_differ_from_the_published_say_what_to_do(tmp_path):
    write_frames(tmp_path / "c", names(2))
    about = replace(ABOUT, published={"clips": 2, "emotion disgust": 0, "emotion fear": 1, "subjects": 1}, source="P")
    report = check_records(Dataset("x", clips=[clip_of(tmp_path / "c")]), about)
    assert [(row["what"], row["found"], row["published"], row["ok"]) for row in report["table"]] == [
        ("subjects", 1, 1, True), ("clips", 1, 2, False), ("frames", 2, None, None), ("emotion disgust", 1, 0, False),
        ("emotion fear", 0, 1, False),
    ]  # fmt: skip
    assert report["findings"] == [
        "clips: 1 found, 2 published (P); copy what is missing",
        "emotion disgust: 1 found, 0 published (P); see what does not belong to it",
        "emotion fear: 0 found, 1 published (P); copy what is missing",
    ]


def test_flow_pictures_are_read(tmp_path):
    write_frames(tmp_path, ["a.png", "b.png"])
    (tmp_path / "b.png").write_bytes(b"")
    clips = [Clip("smic", "s1", name, flow_image=tmp_path / f"{name}.png") for name in "ab"]
    report = check_records(Dataset("flow-images", clips=clips), ABOUT, jobs=2)
    assert report["counts"]["frames"] == 1
    assert "b.png: not a readable image (the file is empty)" in report["findings"][0]
