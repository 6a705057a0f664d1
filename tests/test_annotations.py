import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets import DATASETS, annotations
from baselines.datasets.annotations import FIX_COLUMNS, label_fixes, mend, read_event
from baselines.datasets.records import Dataset, Event, Note
from baselines.files import read_csv

ROW = {"onset": "46", "apex": "59", "offset": "86", "emotion": "Happiness", "aus": "R6+12"}


def read(numbers=None, **cells):
    findings = []
    return read_event(ROW | cells, "sheet row 2", findings, numbers=numbers), findings


def test_a_whole_row():
    assert read() == (Event(46, 86, 59, "micro", "happiness", ("RAU6", "AU12")), [])


def test_numbers_of_the_files_become_positions():
    assert read(numbers=range(40, 101))[0] == Event(7, 47, 20, "micro", "happiness", ("RAU6", "AU12"))


@pytest.mark.parametrize("marker", ["", "/", "-", "0", "-1", "NaN", "0.0", "?", "NULL"])
def test_a_missing_apex_stays_unknown(marker):
    event, findings = read(apex=marker)
    assert (event.onset, event.apex, event.offset, findings) == (46, None, 86, [])


@pytest.mark.parametrize("marker", ["", "/", "0"])
def test_a_missing_offset_is_the_apex(marker):
    assert read(offset=marker)[0].offset == 59


def test_an_onset_of_zero_is_the_first_frame():
    assert read(onset="0")[0].onset == 1
    assert read(onset="0", numbers=range(40, 101)) == (Event(1, 47, 20, "micro", "happiness", ("RAU6", "AU12")), [])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"onset": "/"}, "no onset; the event is left out"),
        ({"offset": "", "apex": ""}, "no offset and no apex; the event is left out"),
        ({"onset": "90"}, "onset 90 is after offset 86"),
        ({"onset": "first"}, "onset is 'first'; expected a frame number"),
        ({"offset": "inf"}, "offset is 'inf'; expected a frame number"),
        ({"numbers": range(100, 200)}, "frames 46-86 lie outside the frames 100-199"),
        ({"numbers": [*range(1, 40), *range(90, 99)]}, "no frame of the event is there"),
    ],
)
def test_a_row_that_makes_no_event(cells, message):
    event, findings = read(**cells)
    assert event is None
    assert findings[0].startswith("sheet row 2: ")
    assert message in findings[0]
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("cells", "change", "message"),
    [
        ({"apex": "87"}, {"apex": None}, "apex 87 is outside 46-86"),
        ({"emotion": "boredom"}, {"emotion": ""}, "emotion 'boredom' is not known"),
        ({"aus": "R14+17+AU123"}, {"action_units": ("RAU14", "AU17")}, "'AU123' is no action unit"),
    ],
)
def test_a_row_that_is_repaired(cells, change, message):
    event, findings = read(**cells)
    expected = {"onset": 46, "offset": 86, "apex": 59, "emotion": "happiness", "action_units": ("RAU6", "AU12")}
    assert event == Event(kind="micro", **expected | change)
    assert message in findings[0]
    assert len(findings) == 1
    assert not isinstance(findings[0], Note)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [(range(50, 101), (1, 10, 37)), (range(60, 101), (1, None, 27)), (range(1, 71), (46, 59, 70))],
)
def test_an_event_that_reaches_outside_keeps_what_is_there(numbers, expected):
    event, findings = read(numbers=numbers)
    assert (event.onset, event.apex, event.offset) == expected
    assert findings == [
        f"sheet row 2: frames 46-86 reach outside the frames {numbers[0]}-{numbers[-1]}; the rest is used"
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4+7+L10", ("AU4", "AU7", "LAU10")),
        ("R1+R2", ("RAU1", "RAU2")),
        ("A9+12", ("AU9", "AU12")),
        ("NULL", ()),
        ("A(4B/C)+5B", ("AU4", "AU5")),
        ("ref(7B)+43", ("AU43",)),
        ("4D+ref(6)+7C+43E", ("AU4", "AU7", "AU43")),
        ("10A/B", ("AU10",)),
        ("4(B/C)+7B", ("AU4", "AU7")),
        ("A/L12", ("AU12",)),
        ("(L/A)4B", ("AU4",)),
        ("T18+39", ("AU18", "AU39")),
        ("12", ("AU12",)),
        ("-", ()),
        ("", ()),
    ],
)
def test_the_notations_of_the_databases(text, codes):
    event, findings = read(aus=text)
    assert event.action_units == codes
    assert findings == []


@pytest.mark.parametrize(
    ("text", "codes", "told"),
    [
        ("L12 or L14", ("LAU12", "LAU14"), "'L12 or L14': which of them was shown cannot be told; all are kept"),
        (
            "(R6 or R12)+R15",
            ("RAU6", "RAU12", "RAU15"),
            "'R6 or R12': which of them was shown cannot be told; all are kept",
        ),
        ("4+M57", ("AU4",), "'M57': a movement of the head or the eyes, no action unit; it is left out"),
        ("AD38", ("AU38",), "'AD38': an action descriptor that the ME-VQA counts as an action unit; read as AU38"),
        ("R14+17+soft focus", ("RAU14", "AU17"), "'soft focus': a remark, no action unit; it is left out"),
    ],
)
def test_what_a_published_sheet_holds_besides_units_is_a_note_and_no_finding(text, codes, told):
    event, findings = read(aus=text)
    assert event.action_units == codes
    assert findings == [f"sheet row 2: action unit {told}"]
    dataset = Dataset("casme2", findings=["one more", *findings])
    assert (dataset.findings, [(note.place, note.told) for note in dataset.notes]) == (
        ["one more"], [("sheet row 2", f"action unit {told}")],
    )  # fmt: skip
    assert replace(dataset, name="x").notes == pickle.loads(pickle.dumps(dataset)).notes == dataset.notes


@given(
    st.sets(st.integers(1, 300), min_size=1),
    st.integers(0, 310),
    st.integers(0, 310),
    st.one_of(st.none(), st.integers(0, 310)),
)
def test_an_event_lies_in_its_frames(files, onset, offset, apex):
    files = sorted(files)
    event, findings = read(numbers=files, onset=str(onset), offset=str(offset), apex="/" if apex is None else str(apex))
    if event is None:
        assert findings
        return
    assert 1 <= event.onset <= event.offset <= len(files)
    assert event.apex is None or event.onset <= event.apex <= event.offset
    # the frames kept are those between onset and offset, no other
    stop = offset or apex
    assert files[event.onset - 1 : event.offset] == [n for n in files if onset <= n <= stop]


def test_known_errors_are_mended_only_where_they_stand(monkeypatch):
    fix = dict(zip(FIX_COLUMNS, ("casme2", "sub01/EP02_01f", "apex", "59", "60", "somebody")))
    monkeypatch.setattr(annotations, "_all_fixes", lambda: [fix])
    assert mend("casme2", "sub01/EP02_01f", ROW)["apex"] == "60"
    assert mend("casme2", "sub01/EP02_01f", ROW, fix_labels=False) == ROW
    assert mend("casme2", "sub01/EP03_02", ROW) == ROW
    assert mend("samm", "sub01/EP02_01f", ROW) == ROW
    assert mend("casme2", "sub01/EP02_01f", ROW | {"apex": "61"})["apex"] == "61"


def test_the_table_of_fixes_is_sound():
    rows = [row for _, row in read_csv(annotations.FIXES, FIX_COLUMNS)]
    assert rows
    for row in rows:
        assert row["dataset"] in DATASETS
        assert row["column"] in {"onset", "apex", "offset", "emotion", "aus"}
        assert row["original"] != row["fix"]
        assert "/" in row["clip"]
        assert row["source"]
    assert len({tuple(row.values())[:4] for row in rows}) == len(rows)
    assert {row["dataset"] for row in label_fixes("samm")} == {"samm"}
