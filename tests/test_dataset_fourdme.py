import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import open_dataset
from baselines.datasets.fourdme import load
from baselines.datasets.records import Event
from baselines.errors import InputError

HEADER = [
    "fold", "sub_ID", "fold_name", "Emotion", "Onset", "Apex", "Offset", "eye blink", "AUs", "AU1", "AU2", "Total",
]  # fmt: skip
ROWS = [
    [1, "S01", "001_01_1", "Positive", 120, 130, 145, 0, "AU12", 0, 0, 1],
    [1, "S13_1st", "001_01_1", "Surprise+Positive", 2480, 2490, 2500, 0, "AUR2+12(k)+45", 0, 1, 3],
    [1, "S13_2nd", "001_01_1", "Negative+Repression", 10, 12, 20, 1, "AU4(k)+L7", 0, 0, 2],
    [1, "S49_2", "002_03_2", "Others", 5, 9, 15, 0, "AU4（k）", 0, 0, 1],
    [None, None, None, None, None, None, None, 1, None, 0, 1, 7],
]


def names(first, last):
    return [f"Frame_{number:09d}.jpg" for number in range(first, last + 1)]


def replica(folder):
    write_xlsx(folder / "4DME_Labelling_Micro_release v1.xlsx", {"Sheet1": [HEADER, *ROWS]})
    for row in ROWS[:-1]:
        empty_frames(folder / "gray_micro" / row[1] / row[2], names(row[4], row[6]))
    return folder


@pytest.fixture
def root(tmp_path):
    return replica(tmp_path)


def test_frames_count_from_the_start_of_the_recording(root):
    write_frames(root / "gray_micro/S01/001_01_1", names(120, 145))
    dataset = open_dataset("4dme", root)
    assert dataset.findings == []
    clip = dataset.clips[0]
    assert (clip.dataset, clip.subject, clip.name, clip.fps) == ("4dme", "S01", "001_01_1", 60.0)
    assert clip.event == Event(1, 26, 11, "micro", "positive", ("AU12",))
    assert clip.frames[25].shape == (24, 32, 3)


def test_sessions_are_one_subject_two_emotions_one_class_and_held_units_none(root):
    clips = load(root).clips[1:]
    assert [(clip.subject, clip.name) for clip in clips] == [
        ("S13", "1st_001_01_1"), ("S13", "2nd_001_01_1"), ("S49", "2_002_03_2"),
    ]  # fmt: skip
    assert [(clip.event.emotion, clip.label) for clip in clips] == [
        ("surprise+positive", "surprise"), ("negative+repression", "negative"), ("others", "others"),
    ]  # fmt: skip
    assert [clip.event.action_units for clip in clips] == [("RAU2", "AU45"), ("LAU7",), ()]


def test_the_first_of_raw_and_cropped_is_read(root):
    empty_frames(root / "gray_micro_crop/S01/001_01_1", names(120, 145))
    assert load(root).clips[0].frames.source.parts[-3] == "gray_micro"
    (root / "gray_micro").rename(root / "other")
    assert load(root).clips[0].frames.source.parts[-3] == "gray_micro_crop"


def test_the_single_label_sheet_stands_in(root):
    (root / "4DME_Labelling_Micro_release v1.xlsx").unlink()
    header = ["SubID", "VideoNo", "longclipNo", "MENo", "fold_name", "a", "b", "Onset", "Apex", "Offset", "Emotion"]
    first = ["S01", 1, 1, 1, "001_01_1", 0, 0, 120, 130, 145, "Positive"]
    rows = [first, ["S01", 1, 2, 1, "9", 0, 0, 1, 2, 3, "Others"]]
    write_xlsx(root / "Micro_and_Macro-expression_labels_new_2D_oneLabel.xlsx", {"Sheet1": [header, *rows]})
    dataset = load(root)
    assert [clip.event for clip in dataset.clips] == [Event(1, 26, 11, "micro", "positive")]
    assert not [line for line in dataset.findings if "no folder" in line]


def test_what_does_not_fit_is_told(root):
    rows = [ROWS[0], ROWS[0], [1, "S02", "001_01_1", "Positive", 1, 2, 3, 0, "AU12", 0, 0, 1]]
    write_xlsx(root / "4DME_Labelling_Micro_release v1.xlsx", {"Sheet1": [HEADER, *rows]})
    empty_frames(root / "gray_micro/s01/003_01_1", names(1, 5))
    dataset = load(root)
    assert [clip.name for clip in dataset.clips] == ["001_01_1"]
    for finding in (
        "row 3: S01 001_01_1 stands twice",
        "no folder for 001_01_1 of S02",
        "S01 and s01 are one subject",
        "003_01_1 not in the annotation",
    ):
        assert sum(finding in line for line in dataset.findings) == 1, finding


def test_a_folder_without_clips_or_sheet_is_refused(root, tmp_path):
    with pytest.raises(InputError, match="no 4DME; expected gray_micro/S01"):
        load(tmp_path / "none")
    (root / "4DME_Labelling_Micro_release v1.xlsx").unlink()
    with pytest.raises(InputError, match="no file 4DME_Labelling_Micro"):
        load(root)
