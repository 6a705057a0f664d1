import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import open_dataset
from baselines.datasets.dfme import load
from baselines.datasets.records import Event
from baselines.errors import InputError

HEADER = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Emotion", "EmotionId", "Fps", "AU"]
TRAIN = [
    ["sub0003", "sub0003_01", 5, 20, 40, "disgust", 2, 500, "4+7"],
    ["sub0003", "sub0003_02", 1, None, 30, "happiness", 4, 500, "12"],
    ["sub0601", "sub0601_11", 10, 15, 33, "Contempt", 1, 200, "L14"],
]
TEST_A = [["sub0008", "sub0008_03", 2, 9, 25, "surprise", 6, 300, "1+2+5"]]


def replica(folder):
    labels = folder / "full_release_annotation" / "full_release_annotation"
    write_xlsx(labels / "training_full_with_AU.xlsx", {"Sheet1": [HEADER, *TRAIN]})
    write_xlsx(labels / "test_A_full_with_AU.xlsx", {"Sheet1": [HEADER, *TEST_A]})
    for part, rows in (("DFME_train", TRAIN), ("DFME_test_A", TEST_A)):
        for row in rows:
            empty_frames(folder / part / row[1], [f"{n:05d}.png" for n in range(1, 45)])
    return folder


@pytest.fixture
def root(tmp_path):
    return replica(tmp_path)


def test_the_parts_are_one_dataset_with_a_frame_rate_a_clip(root):
    write_frames(root / "DFME_train/sub0003_01", [f"{n:05d}.png" for n in range(1, 45)])
    dataset = open_dataset("dfme", root)
    assert dataset.findings == []
    clips = {clip.name: clip for clip in dataset.clips}
    assert {name: clip.fps for name, clip in clips.items()} == {
        "sub0003_01": 500, "sub0003_02": 500, "sub0601_11": 200, "sub0008_03": 300,
    }  # fmt: skip
    first = clips["sub0003_01"]
    assert (first.dataset, first.subject) == ("dfme", "sub0003")
    assert first.event == Event(1, 36, 16, "micro", "disgust", ("AU4", "AU7"))
    assert list(first.frames.numbers) == list(range(5, 41))
    assert first.frames[35].shape == (24, 32, 3)
    assert clips["sub0003_02"].event.apex is None
    assert (clips["sub0601_11"].event.emotion, clips["sub0601_11"].label) == ("contempt", "negative")


def test_clips_right_below_the_root_and_rows_without_emotion(tmp_path):
    empty_frames(tmp_path / "sub0001_01", [f"{n:05d}.png" for n in range(1, 10)])
    header = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Fps"]
    write_xlsx(tmp_path / "test_B.xlsx", {"Sheet1": [header, ["sub0001", "sub0001_01", 1, 4, 9, 200]]})
    (clip,) = load(tmp_path).clips
    assert (clip.event, clip.label) == (Event(1, 9, 4), None)


def test_what_does_not_fit_is_told(root):
    odd = [[*TRAIN[0][:7], "fast", "4"], TRAIN[0], ["sub0004", "sub0004_01", 1, 2, 3, "fear", 3, 200, "1"]]
    odd.append(["sub0601", "sub0601_11", 10, 15, 33, "bored", 9, 200, "L14"])
    write_xlsx(root / "full_release_annotation/training_full_with_AU.xlsx", {"Sheet1": [HEADER, *odd]})
    (root / "full_release_annotation/full_release_annotation/training_full_with_AU.xlsx").unlink()
    write_xlsx(root / "test_notes.xlsx", {"Sheet1": [["a", "b"]]})
    dataset = load(root)
    assert {clip.name: clip.fps for clip in dataset.clips} == {"sub0003_01": None, "sub0601_11": 200, "sub0008_03": 300}
    for finding in (
        "row 2: Fps is 'fast'; expected 200, 300 or 500",
        "row 3: sub0003 sub0003_01 stands twice",
        "no folder for sub0004_01 of sub0004",
        "emotion 'bored' is not known",
        "sub0003_02 not in the annotation",
        "test_notes.xlsx sheet Sheet1: no row holds the headers",
    ):
        assert sum(finding in line for line in dataset.findings) == 1, finding
    assert len(dataset.findings) == 6


def test_frame_numbers_from_0_and_other_tables_are_noted(root):
    rows = [[*TRAIN[0][:2], 0, *TRAIN[0][3:]], *TRAIN[1:]]
    path = write_xlsx(root / "full_release_annotation/training_full_with_AU.xlsx", {"Sheet1": [HEADER, *rows]})
    (root / "full_release_annotation/full_release_annotation/training_full_with_AU.xlsx").unlink()
    (root / "train_split.csv").write_text("fold,clip\n1,sub0003_01\n")
    dataset = load(root)
    assert dataset.findings == []
    assert dataset.notes == [
        f"{root / 'train_split.csv'}: no table of labels",
        f"{path} sheet Sheet1 row 2: frame numbers start at 0 in 1 of 4 rows; such an onset is read as the first frame",
    ]
    assert {clip.name: clip.event.offset for clip in dataset.clips}["sub0003_01"] == 40


def test_a_folder_without_clips_or_sheets_is_refused(root, tmp_path):
    with pytest.raises(InputError, match="no DFME; expected DFME_train/sub0003_01"):
        load(tmp_path / "DFME_train")
    with pytest.raises(InputError, match="no DFME; expected DFME_train/sub0003_01"):
        load(root / "full_release_annotation")
