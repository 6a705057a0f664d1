"""Tables in .xlsx and .xls files as the databases publish them: preamble rows, odd headers, numbers as floats."""

import contextlib
import io
import re
import warnings
from pathlib import Path

from baselines.errors import InputError

HEADER_WITHIN = 40  # rows; how far down a header is looked for


def read_table(path, columns, optional=(), sheet=None):
    """Yield `(place, row)` for each row below the header of a sheet; `place` names file, sheet and row.

    columns: {name in the row given: header in the sheet, or several spellings of it}; optional: likewise, empty
    where the sheet has no such column. The header is the first row that holds all of `columns`, compared without
    case, blanks and punctuation. sheet: name, or None for the first one. Cells are text, stripped; whole numbers
    have no decimals; rows without any of `columns` are skipped.
    """
    wanted = {name: _spellings(header) for name, header in dict(columns).items()}
    also = {name: _spellings(header) for name, header in dict(optional).items()}
    place, rows = read_rows(path, sheet)
    above = 0
    for cells in rows[:HEADER_WITHIN]:
        above += 1
        header = [_key(cell) for cell in cells]
        if all(any(key in header for key in keys) for keys in wanted.values()):
            break
    else:
        shown = ", ".join(header if isinstance(header, str) else header[0] for header in dict(columns).values())
        raise InputError(f"{place}: no row holds the headers {shown}; get the file as the database publishes it")
    position = {
        name: next((header.index(key) for key in keys if key in header), None) for name, keys in (wanted | also).items()
    }
    for below, cells in enumerate(rows[above:], start=above + 1):
        row = {n: "" if at is None or at >= len(cells) else cells[at] for n, at in position.items()}
        if any(row[name] for name in wanted):
            yield f"{place} row {below}", row


def read_rows(path, sheet=None):
    """Return the text that names file and sheet, and the rows of the sheet as lists of text."""
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; copy it there, the annotation of the database is in it")
    with _readable(path):
        names, read = (_open_xls if path.suffix.lower() == ".xls" else _open_xlsx)(path)
        if sheet is None:
            sheet = names[0]
    chosen = next((name for name in names if _key(name) == _key(sheet)), None)
    if chosen is None:
        raise InputError(f"{path}: no sheet {sheet!r}, only {', '.join(names)}; get the file as it is published")
    with _readable(path):
        return f"{path} sheet {chosen}", [[_text(cell) for cell in row] for row in read(chosen)]


@contextlib.contextmanager
def _readable(path):
    """Turn whatever a damaged file makes its parser raise into `InputError`; each fails in a dozen ways of its own."""
    try:
        yield
    except Exception as error:
        raise InputError(f"{path}: not a readable spreadsheet ({error}); copy it again") from None


def _open_xlsx(path):
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that are not read anyway
        book = load_workbook(path, read_only=True, data_only=True)

    def read(name):
        sheet = book[name]
        sheet.reset_dimensions()  # some programs declare a size that hides cells
        return list(sheet.iter_rows(values_only=True))

    return book.sheetnames, read


def _open_xls(path):
    import xlrd

    book = xlrd.open_workbook(path, logfile=io.StringIO())  # its remarks would go to stdout, which is data

    def read(name):
        sheet = book.sheet_by_name(name)
        return [sheet.row_values(number) for number in range(sheet.nrows)]

    return book.sheet_names(), read


def _text(cell):
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _key(text):
    return re.sub(r"[\W_]+", "", text).lower()


def _spellings(header):
    return [_key(name) for name in ([header] if isinstance(header, str) else header)]
