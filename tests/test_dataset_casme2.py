import pytest
from replicas import empty_frames, write_frames, write_xls, write_xlsx

from baselines.datasets import describe, load_dataset, open_dataset
from baselines.datasets.casme2 import ABOUT, load
from baselines.datasets.records import Event
from baselines.errors import InputError

HEADER = [
    "Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units", "Estimated Emotion",
]  # fmt: skip
ROWS = [
    [1, "EP02_01f", None, 46, 59, 86, None, 12, "happiness"],
    ["02", "EP01_11f", None, 46, 91, 96, None, "L12+15", "repression"],
    [4, "EP12_01f", None, 261, "/", 321, None, "4+7+L10", "disgust"],
    [5, "EP09_05f", None, 69, 69, 123, None, "R2+15", "disgust"],
    [18, "EP08_01", None, 111, 139, 147, None, "4", "others"],
]
CLIPS = {
    "sub01/EP02_01f": (40, 90), "sub02/EP01_11f": (46, 96), "sub04/EP12_01f": (255, 325), "sub05/EP09_05f": (69, 123),
    "sub18/EP08_01": (100, 150),
}  # fmt: skip


def write_clips(base, picture="img{}.jpg", clips=CLIPS):
    for clip, (first, last) in clips.items():
        empty_frames(base / clip, [picture.format(n) for n in range(first, last + 1)])


def replica(folder, rows=ROWS, clips=CLIPS):
    write_clips(folder / "CASME2-RAW", clips=clips)
    table(folder, rows)
    return folder


def table(root, rows, header=HEADER):
    write_xlsx(root / "CASME2-coding-20140508.xlsx", {"Sheet1": [header, *rows]})


@pytest.fixture
def raw(tmp_path):
    replica(tmp_path)
    write_frames(tmp_path / "CASME2-RAW" / "sub01" / "EP02_01f", [f"img{n}.jpg" for n in range(40, 91)])
    return tmp_path


def by_name(dataset):
    return {f"{clip.subject}/{clip.name}": clip for clip in dataset.clips}


def test_a_clip_is_onset_to_offset_with_all_its_labels(raw):
    dataset = load(raw)
    assert dataset.findings == []
    assert list(by_name(dataset)) == list(CLIPS)
    clip = dataset.clips[0]
    assert (clip.dataset, clip.subject, clip.name, clip.fps, clip.label) == (
        "casme2", "sub01", "EP02_01f", 200.0, "positive",
    )  # fmt: skip
    assert clip.event == Event(1, 41, 14, "micro", "happiness", ("AU12",))
    assert list(clip.frames.numbers) == list(range(46, 87))
    assert clip.frames[0].shape == (24, 32, 3)
    assert by_name(dataset)["sub02/EP01_11f"].event == Event(1, 51, 46, "micro", "repression", ("LAU12", "AU15"))
    assert by_name(dataset)["sub18/EP08_01"].label == "others"


def test_known_label_errors_are_mended_unless_told_not_to(raw):
    mended, published = by_name(load(raw)), by_name(load(raw, fix_labels=False))
    assert mended["sub04/EP12_01f"].event.apex == 279 - 261 + 1
    assert published["sub04/EP12_01f"].event.apex is None
    assert mended["sub05/EP09_05f"].event.apex == 81 - 69 + 1
    assert published["sub05/EP09_05f"].event.apex == 1


@pytest.mark.parametrize(
    ("folder", "picture"),
    [
        ("Cropped", "reg_img{}.jpg"),
        ("cropped/Cropped", "reg_img{}.jpg"),
        ("CASME2/Cropped", "reg_img{}.jpg"),
        ("CASME2_RAW_selected/CASME2_RAW_selected", "img{}.jpg"),
        ("casme2/casme2-raw", "img{}.jpg"),
        ("", "img{}.jpg"),
    ],
)
def test_the_other_layouts(tmp_path, folder, picture):
    write_clips(tmp_path / folder, picture)
    table(tmp_path, ROWS)
    dataset = open_dataset("casme2", tmp_path)
    assert dataset.findings == []
    assert [clip.event.offset for clip in dataset.clips] == [41, 51, 61, 55, 37]


def test_raw_comes_before_cropped_and_the_root_may_point_at_one(raw):
    write_clips(raw / "Cropped", "reg_img{}.jpg")
    assert load(raw).clips[0].frames.source.parent.parent.name == "CASME2-RAW"
    assert load(raw / "Cropped").clips[0].frames.source.parent.parent.name == "Cropped"


def test_the_older_sheet_and_which_one_counts(tmp_path):
    write_clips(tmp_path / "CASME2-RAW")
    header = [cell for cell in HEADER if cell]
    older = [[row[k] for k in (0, 1, 3, 4, 5, 7, 8)] for row in ROWS]
    write_xls(tmp_path / "CASME2_label_Ver_2.xls", {"Sheet1": [header, *older]})
    assert len(load(tmp_path).clips) == 5
    write_xlsx(tmp_path / "CASME2-coding-20190701.xlsx", {"Sheet1": [HEADER, *ROWS[:4]]})
    with pytest.warns(UserWarning, match=r"EP08_01 not in the annotation.*`megc data check casme2` lists everything"):
        assert len(load_dataset("casme2", tmp_path).clips) == 4
    table(tmp_path, ROWS)
    assert load(tmp_path).findings == []


def test_the_sheet_of_2019_has_counts_of_its_own(raw):
    (raw / "CASME2-coding-20140508.xlsx").rename(raw / "CASME2-coding-20190701.xlsx")
    dataset = load(raw)
    assert dataset.findings == []
    assert [note.told for note in dataset.notes] == [
        "the sheet of 2019 calls three clips surprise that that of 2014 calls sadness"
    ]
    counts, usual = ABOUT.counts(dataset.release), ABOUT.counts()
    assert sum(count for what, count in counts.items() if what.startswith("emotion")) == 255
    assert counts["emotion surprise"] - usual["emotion surprise"] == 3


def test_frames_that_a_cropped_copy_lacks(tmp_path):
    write_clips(tmp_path / "Cropped", "reg_img{}.jpg", {"sub16/EP01_08": (73, 96)})
    table(tmp_path, [[16, "EP01_08", None, 73, 94, 110, None, 17, "repression"]])
    dataset = load(tmp_path)
    assert dataset.clips[0].event == Event(1, 24, 22, "micro", "repression", ("AU17",))
    assert dataset.findings == []
    assert dataset.notes == [
        f"{tmp_path / 'CASME2-coding-20140508.xlsx'} sheet Sheet1 row 2: sub16 EP01_08 ends at frame 96 in the Cropped "
        "release, where the sheet has 110; 96 is taken"
    ]
    write_clips(tmp_path / "CASME2-RAW", clips={"sub16/EP01_08": (73, 96)})
    assert "row 2 (sub16 EP01_08): frames 73-110 reach outside the frames 73-96" in load(tmp_path).findings[0]


@pytest.mark.parametrize(
    ("spoil", "finding", "left"),
    [
        (lambda root: table(root, ROWS[:4]), "sub18: EP08_01 not in the annotation, left out", 4),
        (lambda root: table(root, [*ROWS, ROWS[0]]), "row 7: sub01 EP02_01f stands twice", 5),
        (
            lambda root: table(root, [*ROWS, [6, "EP01_01", None, 1, 2, 3, None, 1, "fear"]]),
            "CASME2-RAW: no folder for EP01_01 of sub06, left out; unpack what is missing",
            5,
        ),
        (lambda root: (root / "CASME2-RAW/sub01/empty").mkdir(), "sub01: empty not in the annotation", 5),
        (
            lambda root: write_clips(root / "CASME2-RAW", clips={"sub1/EP02_01f": (46, 86)}),
            "CASME2-RAW: sub01 and sub1 are one subject; move all clips into sub01",
            5,
        ),
        (
            lambda root: empty_frames(root / "CASME2-RAW/sub01/EP02_01f", ["reg_img50.jpg"]),
            "img50.jpg and reg_img50.jpg both have number 50; keep one",
            4,
        ),
    ],
    ids=["extra", "twice", "missing", "unknown", "spelling", "doubled frame"],
)
def test_what_is_wrong_with_a_copy_is_told_and_the_rest_is_read(raw, spoil, finding, left):
    spoil(raw)
    dataset = load(raw)
    assert any(finding in line for line in dataset.findings), dataset.findings
    assert len(dataset.clips) == left


def test_an_empty_clip_folder_is_told(tmp_path):
    write_clips(tmp_path / "CASME2-RAW", clips={"sub01/EP02_01f": (46, 86)})
    (tmp_path / "CASME2-RAW/sub02/EP01_11f").mkdir(parents=True)
    table(tmp_path, ROWS[:2])
    dataset = load(tmp_path)
    assert len(dataset.clips) == 1
    assert dataset.findings[0].endswith("EP01_11f: no numbered images; expected files such as img001.jpg")


def test_a_root_that_holds_no_casme2(tmp_path):
    with pytest.raises(InputError, match="no CASME II; expected CASME2-RAW/sub01/EP02_01f/img46.jpg"):
        load(tmp_path)
    write_clips(tmp_path / "CASME2-RAW")
    with pytest.raises(InputError, match=r"no file CASME2-coding-20140508\.xls\* or "):
        load(tmp_path)
    table(tmp_path, ROWS, header=["Subject", "Clip"])
    with pytest.raises(InputError, match="no row holds the headers Subject, Filename, OnsetFrame"):
        load(tmp_path)


def test_description_tells_layout_and_counts():
    known = describe("casme2")
    assert "CASME2-RAW/sub01/EP02_01f/img46.jpg" in known["layout"]
    assert known["published"]["clips"] == 255
    assert sum(count for name, count in known["published"].items() if name.startswith("emotion")) == 255
