import csv
from collections import Counter

import pytest
from replicas import empty_frames, write_xlsx
from test_dataset_casme2 import HEADER as CASME2_HEADER
from test_dataset_samm import HEADER as SAMM_HEADER
from test_dataset_samm import PREAMBLE, row

from baselines.datasets import describe, open_dataset
from baselines.datasets.megc2019 import load
from baselines.datasets.questions import read_questions
from baselines.datasets.records import Event
from baselines.errors import InputError

LIST = """casme2,sub01,EP02_01f,1
casme2,sub02,EP01_11f,0
smic,s01,s01_ne_01,0
smic,s20,s20_sur_01,2
samm,6,006_1_2,0
samm,7,007_6_2,1
"""
CASME2 = [
    [1, "EP02_01f", None, 46, 59, 86, None, 12, "happiness"],
    [1, "EP03_02", None, 131, 139, 161, None, 18, "others"],
    [2, "EP01_11f", None, 46, 91, 96, None, 15, "repression"],
]
SAMM = [row(6, "006_1_2", 5562, 5588, 5632, "4+7", "Anger"), row(7, "007_6_2", 1296, 1326, 1377, "12", "Happiness")]


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No root from the machine that runs the tests."""
    monkeypatch.delenv("MEGC_DATA_ROOT", raising=False)
    monkeypatch.setenv("MEGC_CONFIG", str(tmp_path / "none.toml"))


def write_casme2(root, rows=CASME2):
    for subject, name, _, onset, _, offset, *_ in rows:
        empty_frames(root / f"Cropped/sub{subject:02d}/{name}", [f"reg_img{n}.jpg" for n in range(onset, offset + 1)])
    write_xlsx(root / "CASME2-coding-20140508.xlsx", {"Sheet1": [CASME2_HEADER, *rows]})


def write_samm(root, rows=SAMM):
    for subject, name, _, onset, _, offset, *_ in rows:
        empty_frames(root / f"{subject:03d}/{name}", [f"{subject:03d}_{n:05d}.jpg" for n in range(onset, offset + 1)])
    write_xlsx(root / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO ONLY": [*PREAMBLE, SAMM_HEADER, *rows]})


def write_smic(root, names=("s1/micro/negative/s1_ne_01", "s20/micro/surprise/s20_sur_01"), frames=30):
    for name in names:
        empty_frames(root / "HS" / name, [f"image{n:06d}.bmp" for n in range(900, 900 + frames)])


def replica(folder):
    write_casme2(folder / "casme2")
    write_samm(folder / "SAMM")
    write_smic(folder / "smic")
    (folder / "combined_3class_gt.csv").write_text(LIST)
    return folder


@pytest.fixture
def root(tmp_path):
    return replica(tmp_path)


def names(dataset):
    return [(clip.dataset, clip.subject, clip.name) for clip in dataset.clips]


def test_the_list_decides_and_the_sheets_tell_the_rest(root):
    dataset = open_dataset("megc2019", root)
    assert dataset.findings == []
    assert names(dataset) == [
        ("casme2", "sub01", "EP02_01f"),
        ("casme2", "sub02", "EP01_11f"),
        ("smic", "s1", "s1_ne_01"),
        ("smic", "s20", "s20_sur_01"),
        ("samm", "006", "006_1_2"),
        ("samm", "007", "007_6_2"),
    ]
    assert [clip.label for clip in dataset.clips] == [
        "positive", "negative", "negative", "surprise", "negative", "positive",
    ]  # fmt: skip
    assert dataset.clips[0].event == Event(1, 41, 14, "micro", "happiness", ("AU12",))
    assert dataset.clips[3].event == Event(1, 30, None, "micro", "surprise", ())
    assert dataset.clips[4].event == Event(1, 71, 27, "micro", "anger", ("AU4", "AU7"))
    assert [clip.fps for clip in dataset.clips] == [200, 200, 100, 100, 200, 200]


def test_the_other_spelling_of_smic_in_the_list(root):
    (root / "combined_3class_gt.csv").write_text(LIST.replace("s01,s01_ne", "s1,s1_ne"))
    assert names(load(root))[2] == ("smic", "s1", "s1_ne_01")


def test_the_class_of_the_list_counts_where_the_sheet_differs(root):
    (root / "combined_3class_gt.csv").write_text(LIST.replace("EP01_11f,0", "EP01_11f,2"))
    dataset = load(root)
    assert (dataset.clips[1].label, dataset.clips[1].event.emotion) == ("surprise", "surprise")
    assert dataset.findings == [
        f"{root / 'combined_3class_gt.csv'} row 2: surprise, but casme2 says repression; the list counts"
    ]


def test_clips_that_are_not_there(root):
    (root / "smic/HS/s20/micro/surprise/s20_sur_01").rename(root / "smic/HS/s20/micro/surprise/s20_sur_02")
    dataset = load(root)
    assert len(dataset.clips) == 5
    path = root / "combined_3class_gt.csv"
    assert dataset.findings == [f"{path}: 1 of smic are not in the copy: s20/s20_sur_1; see its findings"]


def test_a_database_that_is_not_there(root):
    (root / "SAMM").rename(root / "elsewhere")
    dataset = load(root)
    assert len(dataset.clips) == 4
    assert "the 2 clips of samm are left out" in dataset.findings[0]
    assert "no SAMM; expected folders" in dataset.findings[0]
    assert len(dataset.findings) == 1


def test_databases_by_configuration_beside_and_in_the_root(root, tmp_path, monkeypatch):
    (root / "SAMM").rename(root / "elsewhere")
    (tmp_path / "own.toml").write_text(f'[data_roots]\nsamm = "{root / "elsewhere"}"')
    monkeypatch.setenv("MEGC_CONFIG", str(tmp_path / "own.toml"))
    assert len(load(root).clips) == 6
    inner = root / "megc2019"
    inner.mkdir()
    (root / "combined_3class_gt.csv").rename(inner / "combined_3class_gt.csv")
    assert len(open_dataset("megc2019", root).clips) == 6
    write_smic(inner)
    (root / "smic").rename(root / "old")
    assert [clip.frames.source.parts[-6] for clip in load(inner).clips if clip.dataset == "smic"] == ["megc2019"] * 2


def test_findings_of_the_databases_are_passed_on(root):
    write_casme2(root / "casme2", [*CASME2, [3, "EP01_2", None, 51, 99, 91, None, 1, "surprise"]])
    findings = load(root).findings
    assert len(findings) == 1
    assert "(sub03 EP01_2): apex 99 is outside 51-91" in findings[0]


def test_fixes_can_be_turned_off(root):
    write_casme2(root / "casme2", [[5, "EP09_05f", None, 69, 69, 123, None, "R2+15", "disgust"]])
    (root / "combined_3class_gt.csv").write_text("casme2,sub05,EP09_05f,0\n")
    assert [load(root, fix_labels=fix).clips[0].event.apex for fix in (True, False)] == [13, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LIST + "casme2,sub01\n", "row 7: 'casme2,sub01'; expected db,subject,clip,label"),
        ("casme2,sub01,EP02_01f,3\n", "row 1: 'casme2,sub01,EP02_01f,3'; expected"),
        ("casme3,sub01,EP02_01f,1\n", "row 1: 'casme3,sub01,EP02_01f,1'; expected"),
        ("casme2,sub09,EP02_01f,1\n", "none of the clips of combined_3class_gt.csv"),
    ],
)
def test_a_list_that_cannot_be_read(root, text, message):
    (root / "combined_3class_gt.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        load(root)


def test_a_row_that_stands_twice(root):
    (root / "combined_3class_gt.csv").write_text(LIST + "\nsmic,s1,s1_ne_01,1\n")
    dataset = load(root)
    assert dataset.findings[0].endswith("row 8: s1 s1_ne_01 stands twice and the first row counts; delete one")
    assert [clip.label for clip in dataset.clips if clip.name == "s1_ne_01"] == ["negative"]


def test_no_list(tmp_path):
    with pytest.raises(InputError, match=r"no file combined_3class_gt\.csv"):
        load(tmp_path)


def test_description_tells_layout_and_counts():
    known = describe("megc2019")
    assert "combined_3class_gt.csv" in known["layout"]
    assert sum(count for name, count in known["published"].items() if name.startswith("emotion")) == 442


def test_the_real_list_joins_clips_of_its_spelling(shared_data, tmp_path):
    """The 309 clips of the public flow pictures, as empty folders: each row finds its clip, and so do the questions."""
    with open(next((shared_data / "flow_images").glob("*.csv"))) as file:
        rows = [(row["dataset"], row["sub"], row["filename_o"], row["label"]) for row in csv.DictReader(file)]
    lines = [",".join(row) for row in rows]
    (tmp_path / "combined_3class_gt.csv").write_text("\n".join(lines))
    emotions, classes = ("disgust", "happiness", "surprise"), ("negative", "positive", "surprise")
    write_casme2(
        tmp_path / "casme2",
        [[int(s[3:]), n, None, 1, 2, 3, None, 1, emotions[int(label)]] for db, s, n, label in rows if db == "casme2"],
    )
    short = [(s.replace("s0", "s"), n.replace("s0", "s"), int(k)) for db, s, n, k in rows if db == "smic"]
    write_smic(tmp_path / "smic", [f"{s}/micro/{classes[label]}/{n}" for s, n, label in short], frames=2)
    dataset = load(tmp_path)
    assert dataset.findings == []
    assert Counter(clip.dataset for clip in dataset.clips) == {"casme2": 145, "smic": 164}
    assert Counter(clip.label for clip in dataset.clips if clip.dataset == "smic") == {
        "negative": 70, "positive": 51, "surprise": 43,
    }  # fmt: skip
    questions = read_questions(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    assert {(question.subject, question.video) for question in questions} == {
        (clip.subject, clip.name) for clip in dataset.clips if clip.dataset == "casme2"
    }
