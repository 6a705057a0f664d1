"""CAS(ME)^3 part A on a miniature copy, in both releases of its frames."""

import pytest
from replicas import empty_frames, write_frames, write_xls, write_xlsx

from baselines.datasets import open_dataset
from baselines.datasets.casme3 import load
from baselines.datasets.records import Event
from baselines.errors import InputError

MICRO_HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
MICRO = [
    ["spNO.1", "a", 37, 40, 44, "4+L10", 1, "Disgust"],
    ["spNO.1", "a", 50, 52, 55, "12", 2, "happy"],
    ["spNO.1", "B", 5, 6, 9, "R14", 3, "others"],
    ["spNO.10", "a", 0, 3, 8, 1, 4, "surprise"],
]
BOTH_HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type", "Objective class"]
BOTH = [
    ["spNO.1", "a", 58, 60, 64, "12", "Macro-expression", 2],
    ["spNO.1", "a", 37, 40, 44, "4+L10", "Micro-expression", 1],
]
FOLDERS = {"spNO.1/a": (37, 66), "spNO.1/b": (3, 12), "spNO.10/a": (1, 10), "spNO.10/c": (1, 4)}
MICRO_FILE, BOTH_FILE = "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "CAS(ME)3_part_A_v2.xls"


def tables(root, micro=MICRO, both=BOTH, place="annotation"):
    if micro is not None:
        write_xlsx(root / place / MICRO_FILE, {"label": [MICRO_HEADER, *micro]})
    if both is not None:
        sheets = {"AU+Emotion": [BOTH_HEADER, *both], "eye blink": [["Subject", "Filename", "Onset"]]}
        write_xls(root / place / BOTH_FILE, sheets)
    return root


def videos(root, place="part_A/data/part_A", folders=FOLDERS):
    for folder, (first, last) in folders.items():
        for kind, suffix in (("color", "jpg"), ("depth", "png")):
            write_frames(root / place / folder / kind, [f"{number}.{suffix}" for number in range(first, last + 1)])
    return root


def replica(folder):
    return videos(tables(folder))


def clips(root, place="Part_A_ME_clip/frame", spelling="spNO", rows=MICRO):
    for subject, video, onset, _, offset, *_ in rows:
        name = f"{subject.replace('spNO', spelling)}_{video}_{onset}"
        write_frames(root / place / name, [f"{number}.jpg" for number in range(max(onset, 1), offset + 1)])
    return root


def test_a_complete_copy_gives_its_videos_and_clips(tmp_path):
    dataset = open_dataset("casme3", replica(tmp_path))
    assert dataset.findings == []
    assert [(video.subject, video.name, video.fps) for video in dataset.videos] == [
        ("spNO.1", "a", 30.0),
        ("spNO.1", "b", 30.0),
        ("spNO.10", "a", 30.0),
        ("spNO.10", "c", 30.0),
    ]
    assert dataset.videos[0].events == (
        Event(1, 8, 4, "micro", "disgust", ("AU4", "LAU10")),
        Event(14, 19, 16, "micro", "happy", ("AU12",)),
        Event(22, 28, 24, "macro", "", ("AU12",)),
    )
    assert dataset.videos[2].events == (Event(1, 8, 3, "micro", "surprise", ("AU1",)),)
    assert dataset.videos[3].events == ()
    assert [(clip.subject, clip.name, clip.label) for clip in dataset.clips] == [
        ("spNO.1", "a_1", "negative"),
        ("spNO.1", "a_14", "positive"),
        ("spNO.1", "b", "others"),
        ("spNO.10", "a", "surprise"),
    ]
    assert list(dataset.clips[1].frames.numbers) == [50, 51, 52, 53, 54, 55]
    assert {frame.shape for frame in dataset.clips[1].frames} == {(24, 32, 3)}


def test_frames_that_are_missing_in_between_do_not_shift_an_event(tmp_path):
    replica(tmp_path)
    for number in (38, 39, 45):
        (tmp_path / "part_A/data/part_A/spNO.1/a/color" / f"{number}.jpg").unlink()
    events = load(tmp_path).videos[0].events
    assert events[:2] == (
        Event(1, 6, 2, "micro", "disgust", ("AU4", "LAU10")),
        Event(11, 16, 13, "micro", "happy", ("AU12",)),
    )


@pytest.mark.parametrize("place", ["data", "data/part_A", "part_A", "PART_A/data", "data/part_A_split/part_A", "."])
def test_the_usual_nestings_are_found(tmp_path, place):
    assert len(load(videos(tables(tmp_path, place="."), place)).videos) == 4


def test_the_release_of_clips_is_read_when_it_is_all_there_is(tmp_path):
    dataset = load(clips(tables(tmp_path), "Part_A_ME_clip/Part_A_ME_clip/frame", spelling="spNo"))
    assert (dataset.findings, dataset.videos) == ([], [])
    assert [(clip.subject, clip.name, clip.event) for clip in dataset.clips] == [
        ("spNO.1", "a_37", Event(1, 8, 4, "micro", "disgust", ("AU4", "LAU10"))),
        ("spNO.1", "a_50", Event(1, 6, 3, "micro", "happy", ("AU12",))),
        ("spNO.1", "b_5", Event(1, 5, 2, "micro", "others", ("RAU14",))),
        ("spNO.10", "a_0", Event(1, 8, 3, "micro", "surprise", ("AU1",))),
    ]
    assert {clip.dataset for clip in dataset.clips} == {"casme3"}
    assert {clip.fps for clip in dataset.clips} == {30.0}


def test_long_videos_come_before_clips(tmp_path):
    assert len(load(clips(replica(tmp_path))).videos) == 4


def test_one_of_the_two_tables_is_enough_and_the_other_is_asked_for(tmp_path):
    micro = load(videos(tables(tmp_path / "micro", both=None)))
    assert {event.kind for video in micro.videos for event in video.events} == {"micro"}
    assert [finding.split(": ", 1)[1] for finding in micro.findings] == [
        "no CAS(ME)3_part_A_v2.xls, so that there are no macro-expressions; copy it there"
    ]
    both = load(videos(tables(tmp_path / "both", micro=None)))
    assert [event.kind for event in both.videos[0].events] == ["micro", "macro"]
    assert [clip.name for clip in both.clips] == []
    assert len(both.findings) == 1
    assert "so that micro-expressions have no emotion; copy it there" in both.findings[0]
    unlabelled = load(clips(tables(tmp_path / "unlabelled", micro=None), rows=MICRO[:1]))
    assert [(clip.name, clip.label) for clip in unlabelled.clips] == [("a_37", None)]
    assert unlabelled.findings[0] == both.findings[0].replace("both", "unlabelled")
    assert load(clips(tables(tmp_path / "clips", both=None))).findings == []


def test_rows_and_folders_that_do_not_fit_are_told(tmp_path):
    micro = [
        *MICRO,
        ["subject 2", "a", 1, 2, 3, 4, 1, "fear"],
        ["spNO.2", "a", 1, 2, 3, 4, 1, "fear"],
        ["spNO.10", "c", 2, 2, 3, 4, 1, "boredom"],
        MICRO[0],
    ]
    both = [*BOTH, ["spNO.1", "a", 58, 60, 64, "12", "Blink", 2]]
    folders = {**FOLDERS, "notes/a": (1, 2), "spNO.01/e": (1, 2), "spNO.01/a": (1, 2), "spNO.10/extra": (1, 2)}
    videos(tables(tmp_path, micro, both), folders=folders)
    (tmp_path / "part_A/data/part_A/spNO.10/m").mkdir()
    dataset = load(tmp_path)
    assert [f"{video.subject}/{video.name}" for video in dataset.videos] == [
        *("spNO.1/a", "spNO.1/e", "spNO.1/b", "spNO.10/a", "spNO.10/c")
    ]
    for part in (
        "row 6: 'subject 2', 'a'; expected spNO.1, a",
        "row 7: no folder of subject spNO.2 video a; its 1 events are left out",
        "row 8: emotion 'boredom' is not known",
        "row 9: the same as",
        "row 4: Expression type 'Blink'",
        "notes/a: not a folder of the database, expected one like spNO.1/a",
        "spNO.01 and spNO.1 are one subject",
        "spNO.1/a: the same as",
        "spNO.10/extra: not a folder of the database",
        "spNO.10/m/color: No such file or directory",
    ):
        assert sum(part in finding for finding in dataset.findings) == 1, (part, dataset.findings)


def test_clips_without_row_or_folder_are_told(tmp_path):
    clips(tables(tmp_path), rows=[*MICRO[:3], ["spNO.3", "c", 8, 9, 10]])
    (tmp_path / "Part_A_ME_clip/frame/other").mkdir()
    dataset = load(tmp_path)
    assert len(dataset.clips) == 3
    for part in (
        "row 5: no folder spNO.10_a_0; the clip is left out, copy it",
        "spNO.3_c_8: no row of the label file is about it",
        "other: not a folder of the database, expected one like spNO.1_a_355",
    ):
        assert sum(part in finding for finding in dataset.findings) == 1, (part, dataset.findings)
    assert len(dataset.findings) == 3


WRONG = [["spNO.216", "d", 3647, 2668, 2694, 4, 1, "fear"], ["spNO.216", "e", 0, 0, 25, 4, 1, "fear"]]


def test_known_label_errors_are_mended_unless_that_is_off(tmp_path):
    tables(tmp_path, WRONG, [])
    empty_frames(tmp_path / "data/spNO.216/d/color", [f"{number}.jpg" for number in range(2601, 2700)])
    empty_frames(tmp_path / "data/spNO.216/e/color", [f"{number}.jpg" for number in range(1, 30)])
    mended, raw = load(tmp_path), load(tmp_path, fix_labels=False)
    assert mended.findings == []
    assert [video.events for video in mended.videos] == [
        (Event(47, 94, 68, "micro", "fear", ("AU4",)),),
        (Event(1, 25, 1, "micro", "fear", ("AU4",)),),
    ]
    assert len(raw.findings) == 1
    assert "onset 3647 is after offset 2694" in raw.findings[0]
    assert [video.events for video in raw.videos] == [(), (Event(1, 25, None, "micro", "fear", ("AU4",)),)]


@pytest.mark.parametrize("onset", [2647, 3647])
def test_a_mended_onset_finds_the_folder_of_the_clip_by_either_number(tmp_path, onset):
    tables(tmp_path, WRONG[:1], None)
    names = [f"{number}.jpg" for number in range(2647, 2695)]
    empty_frames(tmp_path / f"Part_A_ME_clip/frame/spNO.216_d_{onset}", names)
    dataset = load(tmp_path)
    assert dataset.findings == []
    assert dataset.clips[0].event == Event(1, 48, 22, "micro", "fear", ("AU4",))


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="no label file; expected cas\\(me\\)3_part_A_ME_label_JpgIndex_v2.xlsx"):
        load(tmp_path)
    with pytest.raises(InputError, match="no frames; expected spNO.1/a/color/37.jpg, or the clips"):
        load(tables(tmp_path))
    write_xlsx(tmp_path / "annotation" / MICRO_FILE, {"label": [["Subject", "Onset"]]})
    with pytest.raises(InputError, match="no row holds the headers Subject, Filename"):
        load(videos(tmp_path))
