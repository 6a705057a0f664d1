import pytest
from replicas import empty_frames, write_frames, write_xlsx

from baselines.datasets import describe, open_dataset
from baselines.datasets.records import Event
from baselines.datasets.smic_long import load
from baselines.errors import InputError

HEADER = [
    "Subject", "Filename", "Emotion", "OnsetF", "OffsetF", "Onset2F", "Offset2F", "Onset3F", "Offset3F", "FirstF",
    "LastF", "TotalMF1", "TotalMF2", "TotalMF3", "TotalVL",
]  # fmt: skip
ROWS = [
    [3, "s3_ne_02", "negative", 302330, 302356, 302370, 302380, None, None, 302300, 302400, 27, 11, None, 101],
    [4, "s4_ne_04", "negative", 219199, 219230, 219343, 219361, 219413, 219435, 219150, 219450, 32, 19, 23, 301],
    [20, "s20_po_01", "positive", 17598752, 17598798, None, None, None, None, 17598700, 17598820, 47, None, None, 121],
]
NOTES = [[], ["MF: micro frames", None], [None, "VL: length of the long video", None]]


def replica(root, folder="HS_long/SMIC_HS_E", rows=ROWS, notes=NOTES, sheet="HS_long/SMIC-HS-E_annotation.xlsx"):
    for subject, name, *_, first, last, _, _, _, _ in rows:
        names = [f"image{n:06d}.jpg" for n in range(first, last + 1)]
        empty_frames(root / folder / f"s{subject:02d}" / name, names)
    write_xlsx(root / sheet, {"Sheet1": [HEADER, *rows, *notes]})
    return root


def test_videos_with_up_to_three_events(tmp_path):
    replica(tmp_path)
    write_frames(tmp_path / "HS_long/SMIC_HS_E/s20/s20_po_01", [f"image{n}.jpg" for n in range(17598700, 17598821)])
    dataset = open_dataset("smic-long", tmp_path)
    assert dataset.findings == []
    videos = {video.name: video for video in dataset.videos}
    video = videos["s20_po_01"]
    assert (video.dataset, video.subject, video.fps, len(video.frames)) == ("smic-long", "s20", 100.0, 121)
    assert video.events == (Event(53, 99, None, "micro", "positive", ()),)
    assert video.frames[52].shape == (24, 32, 3)
    assert [(event.onset, event.offset) for event in videos["s3_ne_02"].events] == [(31, 57), (71, 81)]
    assert [(event.onset, event.offset) for event in videos["s4_ne_04"].events] == [(50, 81), (194, 212), (264, 286)]
    assert {event.emotion for event in videos["s4_ne_04"].events} == {"negative"}


def test_each_event_is_a_clip(tmp_path):
    clips = {clip.name: clip for clip in load(replica(tmp_path)).clips}
    assert list(clips) == ["s3_ne_02_31", "s3_ne_02_71", "s4_ne_04_50", "s4_ne_04_194", "s4_ne_04_264", "s20_po_01"]
    assert clips["s20_po_01"].event == Event(1, 47, None, "micro", "positive", ())
    assert list(clips["s3_ne_02_71"].frames.numbers) == list(range(302370, 302381))


@pytest.mark.parametrize(
    ("folder", "sheet"),
    [
        ("HS_long/SMIC-HS-E/HS", "HS_long/SMIC-HS-E_annotation.xlsx"),
        ("HS_long/SMIC-HS-E", "HS_long/SMIC-HS-E_annotation_2019.xlsx"),
        ("SMIC-E_raw image/HS_long/SMIC-HS-E", "SMIC-E_raw image/HS_long/SMIC-HS-E/SMIC-HS-E_annotation.xlsx"),
        ("smic_hs_e", "SMIC-HS-E_annotation.xlsx"),
    ],
)
def test_the_other_layouts(tmp_path, folder, sheet):
    dataset = load(replica(tmp_path, folder, sheet=sheet))
    assert (len(dataset.videos), dataset.findings) == (3, [])


def test_what_is_wrong_with_a_copy_is_told(tmp_path):
    lost = [1, "s1_ne_02", "negative", 563854, 563885, None, None, None, None, "missing", None, 32, None, None, None]
    late = [5, "s5_ne_01", "negative", 400, 420, None, None, None, None, 1, 60, 21, None, None, 60]
    replica(tmp_path, rows=[*ROWS, late])
    write_xlsx(tmp_path / "HS_long/SMIC-HS-E_annotation.xlsx", {"Sheet1": [HEADER, *ROWS, late, lost]})
    base = tmp_path / "HS_long" / "SMIC_HS_E"
    empty_frames(base / "s03" / "s3_ne_21", ["image000001.jpg"])
    (base / "s20" / "s20_po_01").rename(base / "s20" / "s20_po_02")
    dataset = load(tmp_path)
    findings = "\n".join(dataset.findings)
    assert "(s5_ne_01): frames 400-420 lie outside the frames 1-60" in findings
    assert "no folder for s1_ne_02 of s01" in findings
    assert "no folder for s20_po_01 of s20" in findings
    assert "s03: s3_ne_21 not in the annotation" in findings
    assert "s20: s20_po_02 not in the annotation" in findings
    assert len(dataset.findings) == 5
    assert [video.name for video in dataset.videos] == ["s3_ne_02", "s4_ne_04"]


def test_a_root_that_holds_no_smic_long(tmp_path):
    with pytest.raises(InputError, match="no SMIC-E-HS; expected HS_long/SMIC_HS_E/s20/s20_ne_01/image17581039.jpg"):
        load(tmp_path)
    empty_frames(tmp_path / "HS_long/SMIC_HS_E/s20/s20_ne_01", ["image17581039.jpg"])
    with pytest.raises(InputError, match=r"no file SMIC-HS-E_annotation\.xls\*"):
        load(tmp_path)


def test_description_tells_the_layout():
    assert "SMIC-HS-E_annotation.xlsx" in describe("smic-long")["layout"]
