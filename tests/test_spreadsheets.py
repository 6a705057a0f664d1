import csv
import io
import re
import zipfile
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import write_xls, write_xlsx

from baselines.errors import InputError
from baselines.formats.spreadsheets import read_sheets, read_table

COLUMNS = {"subject": "Subject", "name": "File Name", "onset": ("OnsetFrame", "Onset Frame")}
PREAMBLE = [["A title", None], [None, None], ["Symbol key:"]]


@pytest.fixture(params=[write_xlsx, write_xls], ids=["xlsx", "xls"])
def sheet(request, tmp_path):
    suffix = ".xls" if request.param is write_xls else ".xlsx"
    return lambda sheets: request.param(tmp_path / f"table{suffix}", sheets)


def test_header_is_found_below_a_preamble(sheet):
    rows = [*PREAMBLE, ["Subject", "Filename", None, " onset_frame "], [6, "006_1_2", "x", 5562.0]]
    path = sheet({"Labels": rows})
    assert list(read_table(path, COLUMNS)) == [
        (f"{path} sheet Labels row 5", {"subject": "6", "name": "006_1_2", "onset": "5562"})
    ]


def test_optional_columns_and_short_rows_are_empty(sheet):
    path = sheet({"S": [["Subject", "File name", "Onset Frame", "AU"], ["01", "a", 3], [2, "b", 4, "R4+12"]]})
    rows = [row for _, row in read_table(path, COLUMNS, {"aus": ("Action Units", "AU"), "fps": "FPS"})]
    assert [row["aus"] for row in rows] == ["", "R4+12"]
    assert [row["fps"] for row in rows] == ["", ""]
    assert rows[0]["subject"] == "01"


def test_rows_without_any_wanted_cell_are_skipped(sheet):
    path = sheet({"S": [["Subject", "Filename", "OnsetFrame", "Note"], [None, None, None, "note"], [None, "a", None]]})
    assert [place[-5:] for place, _ in read_table(path, COLUMNS)] == ["row 3"]


def test_all_sheets_are_read_in_order(sheet):
    path = sheet({"One": [["a"]], "AU+Emotion": [["b", 1.5, True]]})
    (first, rows), (second, more) = read_sheets(path)
    assert (first, rows) == (f"{path} sheet One", [["a"]])
    assert (second, more[0][:2]) == (f"{path} sheet AU+Emotion", ["b", "1.5"])


def test_the_first_sheet_with_the_headers_counts_whatever_it_is_called(sheet):
    header = ["Subject", "Filename", "OnsetFrame"]
    path = sheet({"Read me": [["Subject"]], "Sheet1": [header, [1, "a", 2]], "old": [header, [1, "a", 3]]})
    assert [(place, row["onset"]) for place, row in read_table(path, COLUMNS)] == [(f"{path} sheet Sheet1 row 2", "2")]


ROWS = [["Title"], ["Subject", "File Name", "Onset Frame"], ["006", 'a "b", c', "5562"], ["7", "é", "12.0"]]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_export_is_read_in_any_encoding_and_with_any_separator(tmp_path, mark, encoding):
    text = io.StringIO()
    csv.writer(text, delimiter=mark).writerows(ROWS)
    path = tmp_path / "labels-Sheet1.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    assert list(read_table(path, COLUMNS)) == [
        (f"{path} row 3", {"subject": "006", "name": 'a "b", c', "onset": "5562"}),
        (f"{path} row 4", {"subject": "7", "name": "é", "onset": "12"}),
    ]


def test_of_several_exports_of_a_workbook_the_one_with_the_headers_is_read(tmp_path):
    for name, text in (("a", "note\n"), ("b", "Subject,Filename,OnsetFrame\n1,x,2\n")):
        (tmp_path / f"labels-{name}.csv").write_text(text)
    assert [place for place, _ in read_table(tmp_path / "labels-a.csv", COLUMNS)] == [
        f"{tmp_path / 'labels-b.csv'} row 2"
    ]
    (tmp_path / "labels-b.csv").unlink()
    with pytest.raises(InputError, match=r"labels-a\.csv: no row holds the headers"):
        list(read_table(tmp_path / "labels-a.csv", COLUMNS))


def test_a_sheet_without_the_headers_is_told(sheet):
    path = sheet({"S": [["Subject", "Filename"], [1, "a"]]})
    with pytest.raises(InputError, match=r"sheet S: no row holds the headers Subject, File Name, OnsetFrame"):
        list(read_table(path, COLUMNS))


def test_missing_and_broken_files_are_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.xlsx: no such file; copy it there"):
        list(read_sheets(tmp_path / "none.xlsx"))
    for name in ("broken.xlsx", "broken.xls"):
        (tmp_path / name).write_bytes(b"no spreadsheet at all")
        with pytest.raises(InputError, match="not a readable spreadsheet"):
            list(read_sheets(tmp_path / name))


def test_a_workbook_whose_declared_size_is_wrong_is_read_whole(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [["Subject", "Filename", "OnsetFrame"], [1, "a", 2]]})
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', content)
            new.writestr(name, content)
    assert [row["onset"] for _, row in read_table(wrong, COLUMNS)] == ["2"]


@settings(max_examples=15)
@given(st.lists(st.integers(0, 99999), min_size=1, max_size=5), st.integers(0, 12))
def test_numbers_come_back_whole_whatever_stands_above(tmp_path_factory, numbers, above):
    folder = tmp_path_factory.mktemp("law")
    rows = [["note"]] * above + [["Subject", "File-Name", "ONSET FRAME"]] + [[1, "x", n] for n in numbers]
    for write, suffix in ((write_xls, ".xls"), (write_xlsx, ".xlsx")):
        found = read_table(write(folder / f"a{suffix}", {"S": rows}), COLUMNS)
        assert [int(row["onset"]) for _, row in found] == numbers


SHEET = "xl/worksheets/sheet1.xml"
HEADER = ["Subject", "Filename", "OnsetFrame"]


@pytest.fixture
def rebuilt(tmp_path):
    """Return what writes a workbook with other rows in its sheet, or with other parts."""
    sound = write_xlsx(tmp_path / "sound.xlsx", {"S": [HEADER, [1, "a", 2]]})

    def write(rows=None, parts=None):
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                content = old.read(name)
                if rows is not None and name == SHEET:
                    content = content[: content.index(b"<sheetData")] + b"<sheetData>%b</sheetData></worksheet>" % rows
                content = (parts or {}).get(name, content)
                if content is not None:
                    new.writestr(name, content)
        return path

    return write


BLANK_BELOW = b"<row>%b</row>" % b"".join(b'<c t="str"><v>%b</v></c>' % name.encode() for name in HEADER)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (b'<row r="99999999"><c r="A99999999"><v>1</v></c></row>', "sheet S: has a row beyond 1048576; no table of"),
        (b"<row>%b</row>" % (b"<c><v>1</v></c>" * 400_000), "holds more than 1500000 tags"),
        (b"a" * (33 << 20), "unpacks to more than 32 MB"),
        (
            b"".join(b'<row><c r="XFD%d"><v>1</v></c></row>' % n for n in range(1, 300)),
            "sheet S: has more than 3000000",
        ),
        (b'<row r="x"/>', "sheet S: not a readable spreadsheet"),
        (b'<row><c r="ZZZZZ1"><v>1</v></c></row>', "not a valid column name"),
        (b"<row><c><v>" + b"9" * 5000 + b"</v></c></row>", "not a readable spreadsheet"),
    ],
)
def test_a_workbook_that_would_take_all_memory_is_refused(rebuilt, rows, message):
    path = rebuilt(rows)
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}.*{message}"):
        list(read_table(path, COLUMNS))


def test_formatted_rows_to_the_end_of_a_sheet_are_none(rebuilt):
    path = rebuilt(BLANK_BELOW + b'<row r="4"><c><v>1</v></c></row><row r="1048576"></row>')
    assert [place[-5:] for place, _ in read_table(path, COLUMNS)] == ["row 4"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_entities_of_a_workbook_are_refused(rebuilt, codec):
    text = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><worksheet/>'
    with pytest.raises(InputError, match="xl/worksheets/sheet1.xml in it declares a document type"):
        list(read_sheets(rebuilt(parts={SHEET: text.encode(codec)})))


def test_a_workbook_without_sheets_is_told(rebuilt):
    with pytest.raises(InputError, match="a.xlsx: holds no sheet; copy it again"):
        list(read_sheets(rebuilt(parts={SHEET: None})))


def test_a_cell_at_the_far_end_of_an_xls_fills_nothing(tmp_path):
    rows = [HEADER, [1, "a", 2], *[[]] * 60_000, [*[None] * 255, "x"]]
    path = write_xls(tmp_path / "a.xls", {"S": rows})
    ((_, found),) = read_sheets(path)
    assert [len(row) for row in found if row] == [3, 3, 256]


def test_whatever_is_damaged_in_a_workbook_is_one_line(sheet, tmp_path, capsys):
    """Truncated at many places, and single bytes changed: read as far as it goes, or told, and nothing is printed."""
    whole = sheet({"S": [HEADER, *[[k, "a", k] for k in range(30)]]})
    data, random = whole.read_bytes(), Random(1)
    damaged = [data[: len(data) * part // 40] for part in range(40)]
    for _ in range(160):
        place = random.randrange(len(data))
        damaged.append(data[:place] + bytes([random.randrange(256)]) + data[place + 1 :])
    told, path = [], tmp_path / f"damaged{whole.suffix}"
    for content in damaged:
        path.write_bytes(content)
        try:
            list(read_table(path, COLUMNS))
        except InputError as error:
            told.append(str(error))
    assert len(told) > 40
    assert all(text.startswith(str(path)) and len(text) < 600 for text in told)
    assert capsys.readouterr() == ("", "")
