"""What a file holds, or a pipe gives: nothing is waited for endlessly, and nothing endless is read."""

import io
import os
import select
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from baselines.errors import InputError

LARGEST = 64 << 20  # bytes of what is read whole
LONGEST_LINE = 16 << 20  # bytes
PATIENCE = 5.0  # seconds in which somebody must begin to write to a pipe that lies in a folder
_CHUNK = 1 << 20
_OURS = ("/dev/", "/proc/")  # where the open files of this process are, such as a shell's <(...)
_given: dict[tuple[int, int], bytes] = {}  # what a pipe gave, since a file may be looked into more than once


def read_bytes(path: str | os.PathLike[str], most: int = LARGEST) -> bytes:
    """Return what a file holds, or a pipe gives until nobody writes to it.

    Raises `InputError` where there is no such file, where it is a folder or has more bytes than `most`, and where
    nobody writes to a pipe for `PATIENCE`.
    """
    with opened(path, most) as stream, _telling(path):
        data = stream.read(most + 1)
    return _bounded(data, path, most)


def lines_of(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their ends, as `read_bytes` does but of any number of bytes.

    A byte-order mark is dropped. Raises `InputError` for a line that is not UTF-8 or too long.
    """
    place = number = 0
    with opened(path) as stream, _telling(path):
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise InputError(f"{path} line {number}: has more than {LONGEST_LINE >> 20} MB; expected a shorter one")
            yield text_of(line, path, place)
            place += len(line)


def text_of(data: bytes, path: str | os.PathLike[str], place: int = 0) -> str:
    """Return UTF-8 as text. place: of its first byte in the file, where a byte-order mark is dropped."""
    try:
        return data.decode("utf-8" if place else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {place + error.start} is not UTF-8 text; save the file as UTF-8") from None


def opened(path: str | os.PathLike[str], most: int = LARGEST) -> BinaryIO:
    """Return a file to be read from its begin; of a pipe or device what it gives, up to `most` bytes."""
    with _telling(path):
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return open(descriptor, "rb")
        try:
            if stat.S_ISDIR(mode):
                raise IsADirectoryError
            return io.BytesIO(_poured(descriptor, path, most))
        finally:
            os.close(descriptor)


@contextmanager
def _telling(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read into `InputError`."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: {_why_absent(path)}") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected a file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _why_absent(path: str | os.PathLike[str]) -> str:
    return (
        f"is a link to {os.readlink(path)}, which is not there; correct the link"
        if os.path.islink(path)
        else "no such file"
    )


def _poured(descriptor: int, path: str | os.PathLike[str], most: int) -> bytes:
    """Return what a pipe or device gives, or gave before where nobody writes to it any longer."""
    there = os.fstat(descriptor)
    key, data, deadline = (there.st_dev, there.st_ino), bytearray(), time.monotonic() + PATIENCE
    begun = not stat.S_ISFIFO(there.st_mode) or str(path).startswith(_OURS)  # then its end is not its begin
    while len(data) <= most:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:  # somebody is about to write
            begun = True
            select.select([descriptor], [], [])
            continue
        if chunk:
            data += chunk
            begun = True
        elif begun or key in _given:
            break
        elif time.monotonic() > deadline:
            raise InputError(f"{path}: is a pipe that nobody writes to; name a file, or write to it at the same time")
        else:
            time.sleep(0.02)
    if not data:
        return _given.get(key, b"")
    _given[key] = _bounded(bytes(data), path, most)
    return _given[key]


def _bounded(data: bytes, path: str | os.PathLike[str], most: int) -> bytes:
    if len(data) > most:
        raise InputError(f"{path}: has more than {most >> 20} MB; expected a file of {most >> 20} MB at most")
    return data
