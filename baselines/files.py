"""Reading tables row by row with good errors, and writing files whole or not at all."""

import contextlib
import csv
import errno
import io
import json
import os
import sys
import tempfile
from pathlib import Path

from baselines.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # no more can be written: a full disk, a quota, a fault


class CannotWrite(InputError):
    """A file cannot be written, for want of space, say."""


def cannot_write(path, error, otherwise="choose another place"):
    """Return the error of a file that an `OSError` keeps from being written; otherwise: what helps but space."""
    kept = "; the file that is there stays as it was" if os.path.isfile(path) else ""
    helps = f"free space, or {otherwise}" if error.errno in FULL else otherwise
    return CannotWrite(f"{path}: cannot be written ({error.strerror or error}); {helps}{kept}")


@contextlib.contextmanager
def atomic_path(path):
    """Give a temporary path beside `path` that becomes `path` when the block ends without error.

    Raises `CannotWrite` where either of them cannot be written; what stood there stays as it was.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        if error.filename and not str(error.filename).startswith(name):  # of a file that is read meanwhile
            raise
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def drop_stdout():
    """Drop what waits in a standard output that takes no more: it would fail once more when Python ends."""
    with contextlib.suppress(OSError):  # where it is no file, as in a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_text(path, text):
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def csv_text(columns, rows):
    """Return rows (mappings or sequences) as CSV text with a header line and LF line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row[c] for c in columns] if isinstance(row, dict) else row)
    return buffer.getvalue()


def read_text(path):
    """Return the text of a UTF-8 file (a byte-order mark is dropped)."""
    path = Path(path)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def read_csv(path, required, optional=()):
    """Yield `(place, row)` for each row of a CSV file; `place` names file and row for messages.

    Header names and values are stripped, blank rows and extra columns are skipped, a missing
    optional column reads as an empty string, and a missing required one raises `InputError`.
    """
    reader = csv.reader(io.StringIO(read_text(path)))
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in required if name not in header]
        if missing:
            raise InputError(f"{path} row 1: no column {', '.join(missing)}; expected the header {','.join(required)}")
        for cells in reader:
            place = f"{path} row {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(header):
                raise InputError(f"{place}: {len(cells)} cells where the header has {len(header)}; complete the row")
            named = dict(zip(header, (cell.strip() for cell in cells)))
            yield place, {name: named.get(name, "") for name in (*required, *optional)}
    except csv.Error as error:
        raise InputError(f"{path} row {reader.line_num}: not CSV ({error})") from None


def read_jsonl(path, findings=None):
    """Yield `(place, record)` for each JSON object of a JSON Lines file; blank lines are skipped.

    A line that is none raises `InputError`; with a list `findings` it is skipped too, and told there.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path} line {number}"
        try:
            record = json.loads(line)
            fault = f'expected a JSON object like {{"id": ...}}, found {type(record).__name__}'
        except json.JSONDecodeError as error:
            record, fault = None, f"not JSON ({error.msg} at column {error.colno}); mend or delete the line"
        except (ValueError, RecursionError):  # Python's own limits
            record, fault = None, "a number is too long, or lists are nested too deep; mend or delete the line"
        if isinstance(record, dict):
            yield place, record
        elif findings is None:
            raise InputError(f"{place}: {fault}")
        else:
            findings.append(f"{place}: {fault}")


def whole_number(text, place, column):
    """Return `text` as an int, or raise `InputError` naming the place and column."""
    try:
        number = float(text)
        if number != int(number):
            raise ValueError
        return int(number)
    except (ValueError, OverflowError):
        raise InputError(f"{place}: {column} is {text!r}; expected a whole frame number") from None


def inside(root, relative, place):
    """Return `root / relative`, refusing a path that leaves `root`; links that lie in the folder are followed."""
    base = os.path.abspath(root)
    path = Path(os.path.abspath(os.path.join(base, relative)))
    if not path.is_relative_to(base):
        raise InputError(f"{place}: path {relative!r} leaves the folder {root}; give a path below it")
    return path
