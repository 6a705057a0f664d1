"""CAS(ME)^2 on a miniature copy, and its rules against the published ground truth."""

import csv
from collections import Counter

import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import open_dataset
from baselines.datasets.annotations import read_event
from baselines.datasets.casme_sq import load
from baselines.datasets.records import Event
from baselines.errors import InputError

RULE1 = [[15, "s15", 1], [16, "s16", 2], [15, "s15", 1]]  # one row an event, so that subjects come again
RULE2 = [
    *(["0101", "disgust1"], ["0102", "disgust2"], ["0401", "anger1"], ["0402", "anger2"], ["0502", "happy1"]),
    *(["0503", "happy2"], ["0505", "happy3"], ["0507", "happy4"], ["0508", "happy5"]),
]
ROWS = [
    [1, "anger1_1", 4, 7, 9, "4+10+14+15", "negative", "macro-expression", "anger"],
    [1, "anger1_2", 12, 15, 0, 38, "others", "macro-expression", "sadness"],
    [1, "anger1_3", 17, 0, 20, None, "surprise", "micro-expression", "surprise"],
    [1, "disgust1_1", 2, 3, 6, "L12", "positive", "micro-expression", "happiness"],
    [2, "disgust1_1", 3, 5, 8, "4+L10", "negative", "micro-expression", "disgust"],
]
FOLDERS = {"s15/15_0401girlcrashing": 20, "s15/15_0101disgustingteeth": 8, "s16/16_0101disgustingteeth": 10}


def replica(root, rows=ROWS, place="rawpic", name="CAS(ME)^2code_final.xlsx", folders=FOLDERS):
    sheets = {"CASFEcode_final": rows, "naming rule1": RULE1, "naming rule2": RULE2}
    write_xlsx(root / name, sheets)
    for folder, count in folders.items():
        write_frames(root / place / folder, [f"img{number:03}.jpg" for number in range(1, count + 1)])
    return root


def test_a_complete_copy_gives_its_videos_and_clips(tmp_path):
    dataset = open_dataset("casme-sq", replica(tmp_path))
    assert dataset.findings == []
    videos = {video.name: video for video in dataset.videos}
    assert list(videos) == ["s15_0101", "s15_0401", "s16_0101"]
    video = videos["s15_0401"]
    assert (video.dataset, video.subject, video.fps, len(video.frames)) == ("casme-sq", "s15", 30.0, 20)
    assert video.events == (
        Event(4, 9, 7, "macro", "negative", ("AU4", "AU10", "AU14", "AU15")),
        Event(12, 15, 15, "macro", "others", ("AU38",)),
        Event(17, 20, None, "micro", "surprise", ()),
    )
    clips = {(clip.subject, clip.name): clip for clip in dataset.clips}
    assert set(clips) == {("s15", "s15_0401"), ("s15", "s15_0101"), ("s16", "s16_0101")}
    clip = clips["s16", "s16_0101"]
    assert clip.event == Event(1, 6, 3, "micro", "negative", ("AU4", "LAU10"))
    assert list(clip.frames.numbers) == [3, 4, 5, 6, 7, 8]
    assert [frame.shape for frame in clip.frames] == [(24, 32, 3)] * 6


@pytest.mark.parametrize("name", ["code_final.xlsx", "CAS(ME)^2code_final(Updated).xlsx"])
def test_the_label_file_goes_by_its_other_names(tmp_path, name):
    assert len(load(replica(tmp_path, name=name)).videos) == 3


@pytest.mark.parametrize("place", ["CAS(ME)^2/rawpic", "RawPic", "longVideoFaceCropped/longVideoFaceCropped", "."])
def test_the_usual_nestings_are_found(tmp_path, place):
    assert len(load(replica(tmp_path, place=place)).videos) == 3


def test_sheets_are_known_by_what_stands_in_them(tmp_path):
    header = ["Subject", "Video", "Onset", "Apex", "Offset", "AU", "Emotion", "Type", "Report"]
    replica(tmp_path)
    sheets = {"Sheet1": RULE2, "Sheet2": [header, *ROWS], "Sheet3": [["Folder", "Name", "Subject"], *RULE1]}
    write_xlsx(tmp_path / "CAS(ME)^2code_final.xlsx", sheets)
    dataset = load(tmp_path)
    assert dataset.findings == []
    assert sum(len(video.events) for video in dataset.videos) == len(ROWS)


def test_raw_pictures_come_before_cropped_ones(tmp_path):
    replica(tmp_path, place="longVideoFaceCropped")
    dataset = load(replica(tmp_path))
    assert {video.frames.source.parent.parent.name for video in dataset.videos} == {"rawpic"}


def test_rows_and_folders_that_do_not_fit_are_told(tmp_path):
    bad = [
        [3, "anger1_1", 1, 2, 3, 4, "negative", "micro-expression", ""],
        [1, "fear1_1", 1, 2, 3, 4, "negative", "micro-expression", ""],
        [1, "happy1_1", 1, 2, 3, 4, "positive", "micro-expression", ""],
        [1, "anger1_4", 10, 12, 11, 4, "negative", "blink", ""],
        [1, "anger1_4", 30, 31, 33, 4, "negative", "macro-expression", ""],
        [1, "anger1_4", "x", 31, 33, 4, "negative", "macro-expression", ""],
        ROWS[3],
    ]
    folders = FOLDERS | {"s15/notes": 2, "s15/15_0999unknown": 2, "s17/17_0101disgustingteeth": 2}
    replica(tmp_path, ROWS + bad, folders=folders)
    (tmp_path / "rawpic" / "s16" / "16_0401girlcrashing").mkdir()
    dataset = load(tmp_path)
    assert len(dataset.videos) == 3
    assert sum(len(video.events) for video in dataset.videos) == len(ROWS)
    for part in (
        "row 6: subject '3' is not in the naming rules",
        "row 7: video 'fear1_1' is not in the naming rules",
        "row 8: no folder of subject s15 video s15_0502; its 1 events are left out",
        "row 9: type 'blink'; expected macro-expression",
        "row 10: frames 30-33 lie outside the frames 1-20",
        "row 11: onset is 'x'; expected a frame number",
        "row 12: the same as",
        "notes: not a folder of the database, expected one like s15/15_0101disgustingteeth",
        "15_0999unknown: not a folder of the database",
        "s17/17_0101disgustingteeth: not a folder of the database",
        "16_0401girlcrashing: no numbered images",
    ):
        assert sum(part in finding for finding in dataset.findings) == 1, part
    assert len(dataset.findings) == 11


def test_a_known_label_error_is_mended_unless_that_is_off(tmp_path):
    rows = [[2, "disgust1_1", 1221, 1230, 1224, 4, "others", "macro-expression", ""]]
    sheets = {"CASFEcode_final": rows, "naming rule1": [[27, "s27", 2]], "naming rule2": RULE2}
    write_xlsx(tmp_path / "code_final.xlsx", sheets)
    empty_frames(tmp_path / "rawpic/s27/27_0101disgustingteeth", [f"img{k}.jpg" for k in range(1220, 1226)])
    mended, raw = load(tmp_path), load(tmp_path, fix_labels=False)
    assert mended.findings == []
    assert ["apex 1230 is outside 1221-1224" in finding for finding in raw.findings] == [True]
    assert mended.videos[0].events == raw.videos[0].events == (Event(2, 5, None, "macro", "others", ("AU4",)),)


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="no long videos; expected rawpic/s15/15_0101disgustingteeth/img001.jpg"):
        load(tmp_path)
    write_frames(tmp_path / "rawpic/s15/15_0101disgustingteeth", ["img001.jpg"])
    with pytest.raises(InputError, match="no file CAS\\(ME\\)\\^2code_final.xlsx"):
        load(tmp_path)
    write_xlsx(tmp_path / "code_final.xlsx", {"CASFEcode_final": ROWS, "naming rule1": RULE1})
    with pytest.raises(InputError, match="no sheet has rows like 0401, anger1; get"):
        load(tmp_path)
    write_xlsx(
        tmp_path / "code_final.xlsx", {"CASFEcode_final": ROWS, "naming rule1": [["s15"]], "naming rule2": RULE2}
    )
    with pytest.raises(InputError, match="no sheet has rows like 15, s15, 1; get"):
        load(tmp_path)


@pytest.fixture(scope="module")
def truth(shared_data):
    """The events of CAS(ME)^2 as the MEGC2020 baseline derived them from the label file."""
    with (shared_data / "spotting" / "casme_sq_gt.csv").open() as file:
        return list(csv.DictReader(file))


def as_in_the_sheet(row):
    """Undo the rule of the baseline: an offset that equals the apex was 0 in the label file."""
    cells = {name: row[name] for name in ("onset", "apex", "offset")}
    return cells | ({"offset": "0"} if row["offset"] == row["apex"] else {})


def test_the_missing_offsets_are_those_of_the_published_ground_truth(truth):
    assert Counter(row["type"] for row in truth) == {"macro": 300, "micro": 57}
    assert sum(as_in_the_sheet(row)["offset"] == "0" for row in truth) == 44
    findings = []
    for row in truth:
        event = read_event(as_in_the_sheet(row), "row", findings, row["type"])
        assert (event.onset, event.offset, event.kind) == (int(row["onset"]), int(row["offset"]), row["type"])
        assert event.apex in (int(row["apex"]), None)
    assert [finding.split("apex ")[1].split(" ")[0] for finding in findings] == ["1230", "2203", "2455"]


def test_the_whole_published_ground_truth_comes_out_as_it_stands(truth, tmp_path):
    subjects = sorted({row["subject"] for row in truth})
    names = dict(RULE2)
    rows, frames = [], {}
    for number, row in enumerate(truth, start=1):
        cells = [int(cell) for cell in as_in_the_sheet(row).values()]
        subject, code = row["video"].split("_")
        video = f"{names[code]}_{number}"
        rows.append([1 + subjects.index(subject), video, *cells, "4", "others", f"{row['type']}-expression", "none"])
        frames.setdefault(f"{subject}/{subject[1:]}_{code}clip", set()).update(cell for cell in cells if cell)
    rule1 = [[int(subject[1:]), subject, number] for number, subject in enumerate(subjects, start=1)]
    sheets = {"CASFEcode_final": rows, "naming rule1": rule1, "naming rule2": RULE2}
    write_xlsx(tmp_path / "CAS(ME)^2code_final.xlsx", sheets)
    for folder, numbers in frames.items():  # the frames that are named; the others would only cost time
        empty_frames(tmp_path / "rawpic" / folder, [f"img{number:03}.jpg" for number in numbers])
    dataset = load(tmp_path)
    assert dataset.findings == []
    found = []
    for video in dataset.videos:
        at = dict(enumerate(map(str, video.frames.numbers), start=1))
        found += [(video.name, at[e.onset], at.get(e.apex, ""), at[e.offset], e.kind) for e in video.events]
    wanted = [(r["video"], r["onset"], r["apex"], r["offset"], r["type"]) for r in truth]
    mended = {("s27_0101", "1230"), ("s31_0503", "2203"), ("s32_0401", "2455")}
    wanted = [
        (video, *cells[:1], "" if (video, cells[1]) in mended else cells[1], *cells[2:]) for video, *cells in wanted
    ]
    assert sorted(found) == sorted(wanted)
    assert (len(dataset.videos), len({video.subject for video in dataset.videos})) == (95, 22)
