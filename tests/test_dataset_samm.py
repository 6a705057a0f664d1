import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import describe, open_dataset
from baselines.datasets.records import Event
from baselines.datasets.samm import load
from baselines.errors import InputError

PREAMBLE = [
    ["SAMM Dataset - Master FACS Codes"], [], ["9/9/17 - New updates with Emotional and Objective Classes."], [], [],
    ["Symbol Key:"], ['"/" = or'], ['"?" = some AUs continue for a while and have unclear offset'], [], ["AU Help:"],
    ['"L2 or R2" = Unilateral AU 2'], ['"A2" = Asymmetric AU 2'], [],
]  # fmt: skip
HEADER = [
    "Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro",
    "Action Units", "Estimated Emotion", "Objective Classes", "Notes",
]  # fmt: skip


def row(subject, name, onset, apex, offset, aus, emotion):
    return [subject, name, 1, onset, apex, offset, offset - onset + 1, "Micro - 1/2", aus, emotion, 3, None]


ROWS = [
    row(6, "006_1_2", 5562, 5588, 5632, "4+7", "Anger"),
    row("007", "007_6_1", 497, 511, 541, "(R6 or R12)+R15", "Happiness"),
    row(11, "011_6_1", 4422, 4463, 4486, "10A/B", "Disgust"),
    row(14, "014_6_3", 128, 171, 196, "A/L12", "Happiness"),
    row(26, "026_5_1", 5073, 5089, 5146, "R14+17+soft focus", "Contempt"),
    row(28, "028_4_1", 1071, 1143, 1134, "A14C", "Contempt"),
    row(20, "020_1_4", 8114, 8131, 8209, "8+25", "Other"),
]


def replica(root, folder="", rows=ROWS, sheet="SAMM_Micro_FACS_Codes_v2.xlsx"):
    for subject, name, _, onset, _, offset, *_ in rows:
        subject = str(subject).zfill(3)
        empty_frames(root / folder / subject / name, [f"{subject}_{n:05d}.jpg" for n in range(onset, offset + 1)])
    write_xlsx(root / sheet, {"MICRO ONLY": [*PREAMBLE, HEADER, *rows]})
    return root


def by_name(dataset):
    return {clip.name: clip for clip in dataset.clips}


def test_a_copy_is_read_whole(tmp_path):
    replica(tmp_path)
    names = [f"006_{n:05d}.jpg" for n in range(5562, 5633)]
    write_frames(tmp_path / "006" / "006_1_2", names)
    dataset = open_dataset("samm", tmp_path)
    assert dataset.findings == []
    clip = dataset.clips[0]
    assert (clip.dataset, clip.subject, clip.name, clip.fps, clip.label) == ("samm", "006", "006_1_2", 200, "negative")
    assert clip.event == Event(1, 71, 27, "micro", "anger", ("AU4", "AU7"))
    assert (clip.frames.numbers[0], clip.frames.numbers[-1]) == (5562, 5632)
    assert clip.frames[70].shape == (24, 32, 3)
    assert [clip.subject for clip in dataset.clips] == ["006", "007", "011", "014", "026", "028", "020"]
    assert by_name(dataset)["020_1_4"].label == "others"


def test_action_units_in_every_notation_and_the_fixes(tmp_path):
    mended, published = by_name(load(replica(tmp_path))), load(tmp_path, fix_labels=False)
    units = {name: clip.event.action_units for name, clip in mended.items()}
    assert units["007_6_1"] == ("RAU12", "RAU15")
    assert units["011_6_1"] == ("AU10",)
    assert units["014_6_3"] == ("AU12",)
    assert units["026_5_1"] == ("RAU14", "AU17")
    assert mended["028_4_1"].event.apex == 1105 - 1071 + 1
    original = by_name(published)
    assert original["007_6_1"].event.action_units == ("RAU6", "RAU12", "RAU15")
    assert original["026_5_1"].event.action_units == ("RAU14", "AU17")
    assert original["028_4_1"].event.apex is None
    assert [line.split(": ", 1)[1] for line in published.findings] == [
        "apex 1143 is outside 1071-1134 and taken as unknown; correct the row",
    ]


@pytest.mark.parametrize("folder", ["SAMM", "samm_crop", "SAMM/SAMM", "SAMM/SAMM_CROP"])
def test_the_other_layouts(tmp_path, folder):
    dataset = load(replica(tmp_path, folder, sheet="SAMM_20181215_Micro_FACS_Codes_v2.xlsx"))
    assert dataset.findings == []
    assert len(dataset.clips) == 7


def test_four_digits_and_subjects_without_zeros(tmp_path):
    rows = [row(28, "028_4_1", 1071, 1100, 1134, "A14C", "Contempt")]
    replica(tmp_path, rows=rows)
    (tmp_path / "028").rename(tmp_path / "28")
    for path in (tmp_path / "28" / "028_4_1").iterdir():
        path.rename(path.with_name(path.name.replace("_0", "_")))
    clip = load(tmp_path).clips[0]
    assert (clip.subject, clip.event.offset, clip.event.apex) == ("028", 64, 30)


def test_findings(tmp_path):
    replica(tmp_path, rows=[*ROWS, row(30, "030_1_1", 10, 12, 20, "4", "Angst")])
    (tmp_path / "006" / "006_9_9").mkdir()
    for path in (tmp_path / "007" / "007_6_1").iterdir():
        path.unlink()
    (tmp_path / "007" / "007_6_1").rmdir()
    findings = "\n".join(load(tmp_path).findings)
    assert "006: 006_9_9 not in the annotation" in findings
    assert "no folder for 007_6_1 of 007" in findings
    assert "(030 030_1_1): emotion 'angst' is not known" in findings
    assert len(load(tmp_path).clips) == 7


def test_a_root_that_holds_no_samm(tmp_path):
    with pytest.raises(InputError, match=r"no SAMM; expected folders such as 006/006_1_2/006_05562\.jpg"):
        load(tmp_path)
    empty_frames(tmp_path / "006" / "006_1_2", ["006_05562.jpg"])
    with pytest.raises(InputError, match=r"no file SAMM\*Micro_FACS_Codes\*\.xls\*; copy the annotation"):
        load(tmp_path)


def test_description_tells_layout_and_counts():
    known = describe("samm")
    assert "006/006_1_2/006_05562.jpg" in known["layout"]
    assert sum(count for name, count in known["published"].items() if name.startswith("emotion")) == 159
