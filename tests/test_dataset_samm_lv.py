"""SAMM Long Videos on a miniature copy."""

import sys

import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import open_dataset
from baselines.datasets.records import Event
from baselines.datasets.samm_lv import load
from baselines.errors import InputError

PREAMBLE = [["SAMM Long Videos", None], *[[f"note {number}"] for number in range(8)]]
HEADER = [
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset",
    "Apex",
    "Offset",
    "Duration",
    "Type",
    "Action Units",
    "Notes",
]
ROWS = [
    [6, "006_1_1", 1, 3, 5.4, 9.5, 7, "Macro", "AU12 or 14", None],
    [6, "006_1_2", 1, 12, 14, 16, 5, "Micro - 1/2", "L4+R7", None],
    [6, "006_1_3", 1, 0, 4, 6, 7, "Macro", "12A", "no onset"],
    [6, "006_2_1", 2, 4, -1, 8, 5, "Micro - 1/2", "12", None],
    [7, "007_3_1", 3, 2, -1069.6, 8, 5, "Micro - 1/2", "12", None],
]
SAMM = [
    *[["note"]] * 13,
    ["Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro",
     "Action Units", "Estimated Emotion", "Objective Classes", "Notes"],
    ["006", "006_1_2", 1, 2012, 2014, 2016, 5, "Micro - 1/2", "L4+R7", "Anger", "II", None],
    ["006", "006_2_1", 2, 4, 5, 8, 5, "Micro - 1/2", "12", "Other", "VII", None],
    ["007", "007_3_1", 3, 2, 4, 8, 5, "Micro - 1/2", "12", "Happiness", "I", None],
]  # fmt: skip
FOLDERS = {"006_1": 20, "006_2": 10, "007_3": 10}


def replica(root, rows=ROWS, emotions=True, folders=FOLDERS, place="SAMM_longvideos", version="V1"):
    write_xlsx(root / f"SAMM_LongVideos_{version}_Release.xlsx", {"FACS_Movement_Only": [*PREAMBLE, HEADER, *rows]})
    if emotions:
        write_xlsx(root / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO_ONLY": SAMM})
    for folder, count in folders.items():
        write_frames(root / place / folder, [f"{folder}_{number:04}.jpg" for number in range(1, count + 1)])
    return root


def test_a_complete_copy_gives_its_videos_and_clips(tmp_path):
    dataset = open_dataset("samm-lv", replica(tmp_path))
    assert dataset.findings == []
    assert [(video.subject, video.name, video.fps) for video in dataset.videos] == [
        ("006", "006_1", 200.0),
        ("006", "006_2", 200.0),
        ("007", "007_3", 200.0),
    ]
    assert dataset.videos[0].events == (
        Event(1, 6, 4, "macro", "", ("AU12",)),
        Event(3, 10, 5, "macro", "", ("AU12", "AU14")),
        Event(12, 16, 14, "micro", "anger", ("LAU4", "RAU7")),
    )
    assert [video.events[0].apex for video in dataset.videos[1:]] == [None, None]
    assert [(clip.name, clip.event.emotion, clip.label) for clip in dataset.clips] == [
        ("006_1", "anger", "negative"),
        ("006_2", "other", "others"),
        ("007_3", "happiness", "positive"),
    ]
    assert dataset.clips[0].event == Event(1, 5, 3, "micro", "anger", ("LAU4", "RAU7"))
    assert list(dataset.clips[0].frames.numbers) == [12, 13, 14, 15, 16]


def test_without_the_sheet_of_samm_there_are_events_but_no_clips(tmp_path):
    dataset = load(replica(tmp_path, emotions=False))
    assert (dataset.findings, dataset.clips) == ([], [])
    assert sum(len(video.events) for video in dataset.videos) == len(ROWS)


def test_the_newest_release_is_read(tmp_path):
    replica(tmp_path, [ROWS[0]])
    replica(tmp_path, ROWS, version="V3")
    assert [len(video.events) for video in load(tmp_path).videos] == [3, 1, 1]


@pytest.mark.parametrize("place", ["SAMMLV/SAMM_longvideos", "samm_LongVideos", "SAMM_longvideos/SAMM_longvideos", "."])
def test_the_usual_nestings_are_found(tmp_path, place):
    assert len(load(replica(tmp_path, place=place)).videos) == 3


def test_the_label_file_may_lie_beside_a_root_that_is_the_folder_of_videos(tmp_path):
    assert len(load(replica(tmp_path) / "SAMM_longvideos").clips) == 3


def test_the_sheet_may_have_another_name_and_stand_behind_another(tmp_path):
    replica(tmp_path)
    sheets = {"Read me": [["about"]], "Sheet1": [*PREAMBLE, HEADER, *ROWS]}
    write_xlsx(tmp_path / "SAMM_LongVideos_V1_Release.xlsx", sheets)
    assert len(load(tmp_path).videos) == 3


def test_an_export_with_decimal_commas_reads_as_the_sheet(tmp_path):
    before = load(replica(tmp_path)).videos
    (tmp_path / "SAMM_LongVideos_V1_Release.xlsx").unlink()
    rows = [";".join("" if cell is None else str(cell).replace(".", ",") for cell in row) for row in [HEADER, *ROWS]]
    (tmp_path / "SAMM_LongVideos_V1_Release.csv").write_text("\n".join(rows) + "\n")
    assert [video.to_dict() for video in load(tmp_path).videos] == [video.to_dict() for video in before]


def test_without_the_sheet_of_samm_the_lack_of_emotions_is_noted(tmp_path):
    dataset = load(replica(tmp_path, emotions=False))
    assert (dataset.findings, dataset.clips) == ([], [])
    assert [note.told for note in dataset.notes if "action unit" not in note.told] == [
        "no SAMM_Micro_FACS_Codes_v2.xlsx, so that no emotion is known and there are no clips"
    ]


def test_rows_and_folders_that_do_not_fit_are_told(tmp_path):
    bad = [
        [6, "video", 1, 1, 2, 3, 3, "Macro", "12", None],
        [6, "006_1_4", 1, 1, 2, 3, 3, "Blink", "45", None],
        [6, "006_1_5", 1, 1, 2, 3, 3, "Micro - 1/2", "45", None],
        [6, "006_1_6", 1, 15, 18, 25, 11, "Macro", "12", None],
        [6, "006_1_7", 1, 9, 12, 8, 1, "Macro", "12", None],
        [8, "008_1_1", 1, 9, 12, 18, 10, "Macro", "12", None],
        [6, "006_1_8", 1, None, 12, 18, 10, "Macro", "12", None],
    ]
    folders = FOLDERS | {"009_1": 3, "extra": 3}
    dataset = load(replica(tmp_path, ROWS + bad, folders=folders))
    assert [video.name for video in dataset.videos] == ["006_1", "006_2", "007_3"]
    assert dataset.videos[0].events[-1] == Event(15, 20, 18, "macro", "", ("AU12",))
    for part in (
        "row 16: Filename 'video'; expected 006_1_2",
        "row 17: Type 'Blink'; expected 006_1_2 and Macro or Micro - 1/2",
        "row 18: 006_1_5 has no emotion in the sheet of SAMM",
        "row 19: frames 15-25 reach outside the frames 1-20",
        "row 20: onset 9 is after offset 8",
        "row 21: no folder of subject 008 video 008_1; its 1 events are left out, copy it",
        "row 22: no onset",
        "009_1: no row of SAMM_LongVideos_V1_Release.xlsx is about it; take it away",
        "extra: not a folder of the database, expected one like 006_1",
    ):
        assert sum(part in finding for finding in dataset.findings) == 1, part
    assert len(dataset.findings) == 9


def test_known_label_errors_are_mended_unless_that_is_off(tmp_path):
    rows = [
        [20, "020_6_5", 6, 3532, 4315, 5476, 1945, "Macro", "12", None],
        [28, "028_4_1", 4, 1071, 1143, 1134, 64, "Micro - 1/2", "4", None],
    ]
    write_xlsx(tmp_path / "SAMM_LongVideos_V2_Release.xlsx", {"FACS_Movement_Only": [*PREAMBLE, HEADER, *rows]})
    videos = tmp_path / "SAMM_longvideos"
    empty_frames(videos / "020_6", [f"020_6_{number:04}.jpg" for number in (3500, 3532, 4315, 5001)])
    empty_frames(videos / "028_4", [f"028_4_{number:04}.jpg" for number in range(1071, 1140)])
    mended, raw = load(tmp_path), load(tmp_path, fix_labels=False)
    assert mended.findings == []
    assert [video.events[0].apex for video in mended.videos] == [3, 35]
    assert len(raw.findings) == 2
    assert "frames 3532-5476 reach outside the frames 3500-5001" in raw.findings[0]
    assert "apex 1143 is outside 1071-1134" in raw.findings[1]
    assert [video.events[0].apex for video in raw.videos] == [3, None]
    assert [video.events[0].offset for video in raw.videos] == [4, 64]


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="no long videos; expected SAMM_longvideos/006_1/006_1_0001.jpg"):
        load(tmp_path)
    write_frames(tmp_path / "SAMM_longvideos/006_1", ["006_1_0001.jpg"])
    with pytest.raises(InputError, match="no file SAMM_LongVideos_V3"):
        load(tmp_path)
    write_xlsx(tmp_path / "SAMM_LongVideos_V3_Release.xlsx", {"FACS_Movement_Only": [["Subject"], *ROWS]})
    with pytest.raises(InputError, match="no row holds the headers Filename, Onset"):
        load(tmp_path)


calls = []  # what this process opens and lists while `watching`
watching = False


def watch(event, arguments):
    if watching and event in ("open", "os.listdir", "os.scandir"):
        calls.append((event, str(arguments[0])))


sys.addaudithook(watch)


def test_loading_opens_no_picture_and_lists_each_folder_once(tmp_path):
    global watching
    videos = [f"{subject:03}_{number}" for subject in range(6, 10) for number in range(1, 8)]
    rows = [[int(name[:3]), f"{name}_1", 1, 2, 5, 9, 8, "Micro - 1/2", "4", None] for name in videos]
    replica(tmp_path, rows, emotions=False, folders={})
    for name in videos:
        names = [f"{name}_{number:04}.jpg" for number in range(1, 11)]
        empty_frames(tmp_path / "SAMM_longvideos" / name, names)
    watching = True
    try:
        dataset = load(tmp_path)
    finally:
        watching = False
    assert dataset.findings == []
    assert [len(video.frames) for video in dataset.videos] == [10] * 28
    assert not [path for event, path in calls if event == "open" and path.endswith(".jpg")]
    listed = [path for event, path in calls if event != "open"]
    assert [listed.count(str(tmp_path / "SAMM_longvideos" / name)) for name in videos] == [1] * 28
