"""Tables in .xlsx and .xls files as the databases publish them, or in CSV exports of their sheets.

There are preamble rows, odd headers, numbers as floats.
"""

import contextlib
import csv
import io
import re
import warnings
import zipfile
from pathlib import Path

from baselines.errors import InputError
from baselines.files import csv_fault
from baselines.inputs import read_bytes

HEADER_WITHIN = 40  # rows; how far down a header is looked for
MOST_ROWS = 1 << 20  # of a sheet, by the programs that make them
MOST_CELLS = 3_000_000  # of a sheet, empty ones before others of their row included; the largest published has 100 000
LARGEST = 32 << 20  # bytes, of a workbook as it is and unpacked
MOST_TAGS = {True: 1_500_000, False: 200_000}  # of the XML that holds cells, and of other XML, such as styles
HOLDS_CELLS = ("xl/worksheets/", "xl/sharedStrings")


def read_table(path, columns, optional=()):
    """Yield `(place, row)` for each row below the header of a table; `place` names file, sheet and row.

    columns: {name in the row given: header in the sheet, or several spellings of it}; optional: likewise, empty
    where the sheet has no such column. The table is the first sheet with a header: a row that holds all of `columns`,
    compared without case, blanks and punctuation. Cells are text, stripped; whole numbers have no decimals; rows
    without any of `columns` are skipped.
    """
    wanted = {name: _spellings(header) for name, header in dict(columns).items()}
    also = {name: _spellings(header) for name, header in dict(optional).items()}
    places = []
    for place, rows in read_sheets(path):
        places.append(place)
        above, header = _header(rows, wanted.values())
        if above:
            break
    else:
        shown = ", ".join(header if isinstance(header, str) else header[0] for header in dict(columns).values())
        others = f" or in {len(places) - 1} more" if len(places) > 1 else ""
        raise InputError(
            f"{places[0]}{others}: no row holds the headers {shown}; get the file as the database publishes it"
        )
    position = {
        name: next((header.index(key) for key in keys if key in header), None) for name, keys in (wanted | also).items()
    }
    for below, cells in enumerate(rows[above:], start=above + 1):
        row = {n: "" if at is None or at >= len(cells) else cells[at] for n, at in position.items()}
        if any(row[name] for name in wanted):
            yield f"{place} row {below}", row


def _header(rows, wanted):
    """Return the number of the first row that holds one of each of the `wanted` headers, and its keys; else 0."""
    for number, cells in enumerate(rows[:HEADER_WITHIN], start=1):
        header = [_key(cell) for cell in cells]
        if all(any(key in header for key in keys) for keys in wanted):
            return number, header
    return 0, []


def read_sheets(path):
    """Yield for each sheet of a file the text that names file and sheet, and its rows as lists of text.

    Of a CSV file, an export of one sheet, there are the rows of it and of the other exports beside it: a program that
    writes several sheets calls them alike up to a hyphen, like `labels-Sheet1.csv`.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; copy it there, the annotation of the database is in it")
    if path.suffix.lower() == ".csv":
        for export in (path, *_exports_beside(path)):
            yield str(export), _read_export(export)
        return
    data = read_bytes(path, LARGEST)
    with _readable(path):
        names, read = (_open_xls if path.suffix.lower() == ".xls" else _open_xlsx)(data)
    if not names:
        raise InputError(f"{path}: holds no sheet; copy it again")
    for name in names:
        with _readable(path, f" sheet {name}"):
            rows = _filled(read(name))
        yield f"{path} sheet {name}", rows


def _filled(rows):
    """Return the rows of a sheet as lists of text, up to the last that holds any; only so many cells are looked at."""
    found, looked = [], 0
    for number, cells in enumerate(rows, start=1):
        looked += len(cells)
        if number > MOST_ROWS:
            raise _TooMuch(f"has a row beyond {MOST_ROWS}")
        if looked > MOST_CELLS:
            raise _TooMuch(f"has more than {MOST_CELLS} cells up to row {number}")
        texts = [_text(cell) for cell in cells if cell is not None] and [_text(cell) for cell in cells]
        if any(texts):
            found += [[]] * (number - 1 - len(found))
            found.append(texts)
    return found


class _TooMuch(ValueError):
    """A workbook is larger than any table of labels."""


def _exports_beside(path):
    """Return the other CSV files in a folder that are called like one up to its last hyphen."""
    begin, hyphen, _ = path.stem.rpartition("-")
    return sorted(p for p in path.parent.glob("*.csv") if hyphen and p != path and p.stem.startswith(begin + hyphen))


def _read_export(path):
    """Return the rows of a CSV file as a spreadsheet program saves it, in its encoding and with its separator."""
    data = read_bytes(path, LARGEST)
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # no letter of it is read but in names and remarks
    most = max(",;\t", key=lambda mark: sum(line.count(mark) for line in text.splitlines()[:HEADER_WITHIN]))
    try:
        return [[_number_text(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=most)]
    except csv.Error as error:
        raise InputError(f"{path}: not CSV ({csv_fault(error)}); export the sheet again") from None


@contextlib.contextmanager
def _readable(path, sheet=""):
    """Turn whatever a damaged file makes its parser raise into `InputError`; each fails in a dozen ways of its own.

    What a parser prints meanwhile is no data.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except _TooMuch as error:
        raise InputError(f"{path}{sheet}: {error}; no table of labels is that large, copy it again") from None
    except Exception as error:
        why = str(error) or type(error).__name__
        raise InputError(f"{path}{sheet}: not a readable spreadsheet ({why}); copy it again") from None


def _open_xlsx(data):
    from openpyxl import load_workbook

    _check_parts(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that are not read anyway
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)

    def read(name):
        sheet = book[name]
        sheet.reset_dimensions()  # some programs declare a size that hides cells
        return sheet.iter_rows(values_only=True)

    return [sheet.title for sheet in book.worksheets], read


def _check_parts(data):
    """Raise `_TooMuch` for XML that would take much memory, and `ValueError` for entities, which no program writes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST:
            raise _TooMuch(f"unpacks to more than {LARGEST >> 20} MB")
        tags = {True: 0, False: 0}
        for part in parts:
            text = archive.read(part).replace(b"\0", b"")  # as it is also in UTF-16
            if not text.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<"):  # a picture
                continue
            cells = part.filename.startswith(HOLDS_CELLS)
            tags[cells] += text.count(b"<")
            if tags[cells] > MOST_TAGS[cells]:
                raise _TooMuch(f"holds more than {MOST_TAGS[cells]} tags in {part.filename} and the like")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise ValueError(f"{part.filename} in it declares a document type")


def _open_xls(data):
    import xlrd

    # the log is no data; rows are as long as their cells are, since one at the far end would fill all before it
    book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), on_demand=True, ragged_rows=True)

    def read(name):
        sheet = book.sheet_by_name(name)
        return (sheet.row_values(number) for number in range(sheet.nrows))

    return book.sheet_names(), read


def _text(cell):
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _number_text(text):
    """Return the text of a cell in a CSV file; a whole number is written without decimals."""
    return _text(re.sub(r"^\s*(-?\d+)\.0+\s*$", r"\1", text))


def _key(text):
    return re.sub(r"[\W_]+", "", text).lower()


def _spellings(header):
    return [_key(name) for name in ([header] if isinstance(header, str) else header)]
