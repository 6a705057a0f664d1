"""Reading tables row by row with good errors, and writing files whole or not at all."""

import contextlib
import csv
import errno
import hashlib
import io
import json
import math
import os
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from baselines.errors import InputError
from baselines.inputs import lines_of, read_bytes, text_of

_DESCRIPTOR = re.compile(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/(\d+)")  # an open file of this process
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # no more can be written: a full disk, a quota, a fault
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet runs
MOST_ROWS = 1_000_000  # of a table, each of which becomes an object or two
DEEPEST = 20  # tables in tables
LONGEST_PATH = 2000  # letters, below a folder
LONGEST_TOML = 256 << 10  # letters
# a dotted key so long that the parser takes all memory
_FAR = re.compile(r"""(?:(?:[\w-]{1,64}|"[^"\n]{0,64}"|'[^'\n]{0,64}')[ \t]*\.[ \t]*){50}""")
LONGEST_NAME = 150  # bytes, of `safe_name`
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}  # of columns, but commas


class CannotWrite(InputError):
    """A file cannot be written, for want of space, say."""


def cannot_write(path, error, otherwise="choose another place"):
    """Return the error of a file that an `OSError` keeps from being written; otherwise: what helps but space."""
    kept = "; the file that is there stays as it was" if os.path.isfile(path) else ""
    helps = f"free space, or {otherwise}" if error.errno in FULL else otherwise
    return CannotWrite(f"{path}: cannot be written ({error.strerror or error}); {helps}{kept}")


def user_path(text):
    """Return the path in a text in which `~` and `~name` mean a home folder; they stay where there is none."""
    return Path(os.path.expanduser(text))


def check_file(path):
    """Raise `CannotWrite` where no file can be written to a path: before the work, whose result would be lost."""
    path, target = Path(path), Path(os.path.realpath(path))
    if os.path.isdir(target):
        raise CannotWrite(f"{path}: is a folder; expected a file, so name one in it, such as {path / 'output'}")
    try:
        number = _descriptor(path)
        if number is not None:
            os.fstat(number)
        elif os.path.exists(target) and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise cannot_write(path, error) from error
    if not _is_stream(path):
        _check_room(target.parent, path)


def check_folder(path):
    """Raise `CannotWrite` where no file can be written into a folder, which need not be there yet."""
    if os.path.exists(path) and not os.path.isdir(path):
        why = NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        raise CannotWrite(f"{path}: is a file; expected a folder, so name another place") from why
    _check_room(Path(os.path.realpath(path)), path)


def _check_room(folder, path):
    """Raise `CannotWrite` of `path` where no file can be made in a folder, or in the nearest one above it."""
    while not os.path.exists(folder):
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(prefix=".megc-", dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        raise cannot_write(path, error) from error


@contextlib.contextmanager
def atomic_path(path):
    """Give a temporary path that becomes `path` when the block ends without error; it lies beside it.

    Links are followed; what is written to a device or pipe, such as /dev/stdout, goes into it. Raises `CannotWrite`
    where either path cannot be written; what stood there stays as it was.
    """
    path = Path(path)
    stream, target = _is_stream(path), Path(os.path.realpath(path))
    try:
        if not stream:
            target.parent.mkdir(parents=True, exist_ok=True)
        beside = None if stream else target.parent
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=beside)
    except OSError as error:
        raise cannot_write(path, error) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        if stream:
            _pour(temporary, path)
            return
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        if error.filename and not str(error.filename).startswith(name):  # of a file that is read meanwhile
            raise
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _is_stream(path):
    """Return whether a path is written to and never replaced: a device, a pipe, an open file of this process."""
    there = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
    return there or _descriptor(path) is not None


def _descriptor(path):
    """Return the number of the open file of this process that a path such as /dev/stdout names, or None."""
    found = _DESCRIPTOR.fullmatch(str(path))
    return found and (int(found[2]) if found[2] else ("stdout", "stderr").index(found[1]) + 1)


def _pour(file, path):
    """Write what a file holds to a stream; an open file goes on where it is."""
    number = _descriptor(path)
    try:
        sys.stdout.flush()
        with open(file, "rb") as source, open(path if number is None else os.dup(number), "wb") as stream:
            shutil.copyfileobj(source, stream)
    except OSError as error:
        raise cannot_write(path, error) from error


def drop_stdout():
    """Drop what waits in a standard output that takes no more: it would fail once more when Python ends."""
    with contextlib.suppress(OSError):  # where it is no file, as in a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_text(path, text):
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _no_formula(cell):
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def csv_text(columns, rows, excel_safe=False):
    """Return rows (mappings or sequences) as CSV text with a header line and LF line ends.

    excel_safe: put ' before texts that a spreadsheet would run as a formula.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row[c] for c in columns] if isinstance(row, dict) else row
        writer.writerow(map(_no_formula, cells) if excel_safe else cells)
    return buffer.getvalue()


def read_text(path):
    """Return the text of a UTF-8 file (a byte-order mark is dropped)."""
    return text_of(read_bytes(path), path)


def read_csv(path, required, optional=(), most=MOST_ROWS):
    """Yield `(place, row)` for each row of a CSV file; `place` names file and row for messages.

    Header names and values are stripped, and names may have capitals. Blank rows and extra columns are skipped, a
    missing optional column reads as an empty string, and a missing required one raises `InputError`, as do more than
    `most` lines.
    """
    reader = csv.reader(lines_of(path))
    try:
        header = csv_header(next(reader, []), (*required, *optional))
        missing = [name for name in required if name not in header]
        if missing:
            raise InputError(f"{path} row 1: {_why_missing(header, missing, required)}")
        for cells in reader:
            place = f"{path} row {reader.line_num}"
            if reader.line_num > most:
                raise InputError(f"{place}: expected at most {most} rows; split the table")
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < len(header):
                raise InputError(f"{place}: {len(cells)} cells where the header has {len(header)}; complete the row")
            named = dict(zip(header, (cell.strip() for cell in cells)))
            yield place, {name: named.get(name, "") for name in (*required, *optional)}
    except csv.Error as error:
        raise InputError(f"{path} row {reader.line_num}: not CSV ({csv_fault(error)})") from None


def csv_fault(error):
    """Return what a `csv.Error` means to who made the table."""
    if "field larger" in str(error):
        return f"a cell has more than {csv.field_size_limit()} letters; is a quote missing?"
    return (
        "a line holds a bare carriage return; save it with the usual line ends" if "new-line" in str(error) else error
    )


def csv_header(cells, wanted=()):
    """Return the names in the first row of a CSV file; one that is wanted but for its capitals has the wanted ones."""
    names = [cell.strip() for cell in cells]
    spelling = {name.lower(): name for name in wanted if name not in names}
    return [spelling.get(name.lower(), name) for name in names]


def _why_missing(header, missing, required):
    """Return why columns are missing from a header; often they are separated by something else than commas."""
    expected = f"expected the header {','.join(_some(required))}"
    for separator, name in SEPARATORS.items():
        if len(header) < len(required) and separator in "".join(header):
            return f"the columns are separated by {name}; save the table as CSV with commas ({expected})"
    return f"no column {', '.join(_some(missing))}; {expected}"


def _some(names, most=12):
    """Return names for a message, the first and the last of many."""
    return names if len(names) <= most else [*names[:5], "...", names[-1]]


def read_jsonl(path, findings=None):
    """Yield `(place, record)` for each JSON object of a JSON Lines file; blank lines are skipped.

    A line that is none raises `InputError`; with a list `findings` it is skipped, and the list says why.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path} line {number}"
        try:
            record = parse_json(line)
            fault = f'expected a JSON object like {{"id": ...}}, found {type(record).__name__}'
        except ValueError as error:
            record, fault = None, f"{error}; correct or delete the line"
        if isinstance(record, dict):
            yield place, record
        elif findings is None:
            raise InputError(f"{place}: {fault}")
        else:
            findings.append(f"{place}: {fault}")


def parse_json(text):
    """Return what a JSON text holds; raises `ValueError` that says what is wrong: more than `json` minds.

    That are keys that stand twice, of which one would be lost, and NaN and infinity, which JSON has not.
    """
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if error.lineno > 1 else ""
        raise ValueError(f"not JSON ({error.msg} at {line}column {error.colno})") from None
    except RecursionError:
        raise ValueError("not JSON that can be read (lists are nested too deep)") from None
    except ValueError as error:  # of Python's own for a number of thousands of digits, or of ours
        text = str(error)
        raise ValueError("a number is too long" if text.startswith("Exceeds the limit") else text) from None


def _each_once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"not JSON that can be read ({twice!r} stands twice in an object)")
    return found


def _no_number(text):
    raise ValueError(f"not JSON ({text} is no number in it)")


def _finite(text):
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def parse_toml(text):
    """Return what a TOML text holds; raises `ValueError` that says what is wrong.

    TOML has whole numbers of 64 bits only, which Python does not mind; tables and lists are 20 deep at most.
    """
    if len(text) > LONGEST_TOML:
        raise ValueError(f"not TOML that can be read (it has more than {LONGEST_TOML >> 10} KB)")
    if _FAR.search(text):
        raise ValueError("not TOML that can be read (a key has more than 50 parts)")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML ({error})") from None
    except (ValueError, RecursionError):  # Python's own limits
        raise ValueError("not TOML that can be read (a number is too long, or lists are nested too deep)") from None
    level = [table]
    for _ in range(DEEPEST):
        level = [one for value in level for one in (value.values() if isinstance(value, dict) else value)]
        if any(type(one) is int and not -(2**63) <= one < 2**63 for one in level):
            raise ValueError("not TOML (a whole number has more than 64 bits)")
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return table
    raise ValueError(f"not TOML that can be read (tables or lists are nested more than {DEEPEST} deep)")


def whole_number(text, place, column):
    """Return `text` as an int, or raise `InputError` naming the place and column."""
    try:
        number = float(text)
        if number != int(number):
            raise ValueError
        return int(number)
    except (ValueError, OverflowError):
        raise InputError(f"{place}: {column} is {text!r}; expected a whole frame number") from None


def safe_name(text):
    """Return a name of a file for a text, such as that of a video: no path, at most 150 bytes, of each text another.

    Letters, digits, blanks and - _ . + ( ) stay as they are; of a long text the beginning stays.
    """
    kept = "".join(c if c.isalnum() or c in "-_+() " or (c == "." and k) else _escaped(c) for k, c in enumerate(text))
    if text and len(kept.encode()) <= LONGEST_NAME:
        return kept
    told = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return kept.encode()[: LONGEST_NAME - len(told) - 1].decode("utf-8", "ignore") + "~" + told


def _escaped(character):
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))


def inside(root, relative, place):
    """Return `root / relative`, refusing a path that leaves `root`; links that lie in the folder are followed."""
    if len(relative) > LONGEST_PATH or any(len(part.encode(errors="replace")) > 255 for part in Path(relative).parts):
        raise InputError(f"{place}: path {relative!r} is longer than a path can be; correct it")
    base = os.path.abspath(root)
    path = Path(os.path.abspath(os.path.join(base, relative)))
    if not path.is_relative_to(base):
        raise InputError(f"{place}: path {relative!r} leaves the folder {root}; give a path below it")
    return path
