import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import describe, open_dataset
from baselines.datasets.mmew import load
from baselines.datasets.records import Event
from baselines.errors import InputError

HEADER = [
    "Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks",
]  # fmt: skip
ROWS = [
    [1, "S01-02-001", 3, 7, 12, "1+2", "surprise", None],
    [3, "S03-01-002", 1, 9, 20, "AU6+L12", "happiness", "eyes closed at the end"],
    [3, "S03-04-001", 1, "/", 9, "4", "others", None],
]
FRAMES = {"surprise/S01-02-001": 14, "happiness/S03-01-002": 20, "repression/S03-04-001": 9}


def replica(folder):
    for clip, frames in FRAMES.items():
        empty_frames(folder / "Micro_Expression" / clip, [f"{n}.jpg" for n in range(1, frames + 1)])
    table(folder, ROWS)
    return folder


@pytest.fixture
def root(tmp_path):
    return replica(tmp_path)


def table(root, rows, name="MMEW_Micro_Exp.xlsx"):
    write_xlsx(root / name, {"Sheet1": [HEADER, *rows]})


def test_a_clip_has_the_labels_of_its_row(root):
    write_frames(root / "Micro_Expression/surprise/S01-02-001", [f"{n}.jpg" for n in range(1, 15)])
    dataset = open_dataset("mmew", root)
    assert dataset.findings == []
    first, second, third = dataset.clips
    assert (first.dataset, first.subject, first.name, first.fps) == ("mmew", "S01", "S01-02-001", 90.0)
    assert first.event == Event(1, 10, 5, "micro", "surprise", ("AU1", "AU2"))
    assert list(first.frames.numbers) == list(range(3, 13))
    assert first.frames[0].shape == (24, 32, 3)
    assert second.event == Event(1, 20, 9, "micro", "happiness", ("AU6", "LAU12"))
    assert (third.event.apex, third.event.emotion, third.label) == (None, "others", "others")


@pytest.mark.parametrize("home", ["MMEW_Final", "MMEW", "Micro_Expression"])
def test_folders_of_subjects_and_usual_nesting_are_found(tmp_path, home):
    base = tmp_path / home / "Micro_Expression" if home != "Micro_Expression" else tmp_path / home
    empty_frames(base / "S03" / "happiness" / "S03-01-002", [f"{n}.jpg" for n in range(1, 21)])
    table(tmp_path, ROWS[1:2], "MMEW_Micro_Exp (20).xlsx")
    dataset = load(tmp_path)
    assert [clip.name for clip in dataset.clips] == ["S03-01-002"]
    assert dataset.findings == []


def test_what_does_not_fit_is_told(root):
    empty_frames(root / "Micro_Expression/fear/S05-06-001", ["1.jpg"])
    (root / "Micro_Expression/fear/S05-06-002").mkdir()
    odd = [
        [2, "S01-02-001", 3, 7, 12, "1+2", "disgust", None],
        [3, "S03-01-002", 1, 40, 75, "12", "happiness", None],
        [3, "S03-01-002", 1, 9, 20, "12", "happiness", None],
        [4, "S04-01-001", 1, 9, 20, "12", "happiness", None],
        [5, "S05-06-002", 1, 9, 20, "12", "fear", None],
    ]
    table(root, odd)
    dataset = load(root)
    assert [(clip.name, clip.event.onset, clip.event.offset) for clip in dataset.clips] == [
        ("S01-02-001", 1, 10), ("S03-01-002", 1, 20),
    ]  # fmt: skip
    for finding in (
        "row 2: subject 2 but clip S01-02-001, whose name counts",
        "row 2: emotion is disgust but the clip is",
        "frames 1-75 reach outside the frames 1-20",
        "row 4: S03 S03-01-002 stands twice",
        "no folder for S04-01-001 of S04",
        "S05-06-001 not in the annotation",
        "S05-06-002: no numbered images",
        "S03-04-001 not in the annotation",
    ):
        assert sum(finding in line for line in dataset.findings) == 1, finding
    assert len(dataset.findings) == 8


def test_a_folder_without_the_database_or_its_sheet_is_refused(root, tmp_path):
    with pytest.raises(InputError, match="no MMEW; expected Micro_Expression/happiness"):
        load(tmp_path / "none")
    (root / "MMEW_Micro_Exp.xlsx").unlink()
    with pytest.raises(InputError, match="MMEW_Micro_Exp"):
        load(root)
    write_xlsx(root / "MMEW_Micro_Exp.xlsx", {"Sheet1": [["a", "b"]]})
    with pytest.raises(InputError, match="no row holds the headers Subject, Filename"):
        load(root)


def test_the_published_counts_add_up():
    published = describe("mmew")["published"]
    assert sum(n for what, n in published.items() if what.startswith("emotion")) == published["clips"] == 300
