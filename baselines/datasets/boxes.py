"""What an MP4 or QuickTime file says of its pictures before FFmpeg believes it, and makes room for each of them."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from baselines.errors import DataFault

FIRST = {b"ftyp", b"moov", b"moof", b"mdat", b"wide", b"free", b"skip", b"pnot"}  # boxes that such a file begins with
HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}  # boxes of boxes
DEEPEST = 8  # of boxes in boxes
OF_EACH = 0xF00  # flags of a run that tells something of each picture, and so has bytes for each


def check_claims(path: Path) -> None:
    """Raise `DataFault` where the header tells of more pictures than the file has bytes."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(4)
        if stream.read(4) not in FIRST:
            return
        claimed = 0
        for count in _counts(stream, 0, size):
            claimed += count
            if claimed > size:
                raise DataFault(
                    f"{path}: its header tells of {claimed} pictures, more than the file has bytes ({size}); copy the "
                    "video again"
                )


def _counts(stream: BinaryIO, start: int, end: int, depth: int = 0) -> Iterator[int]:
    """Yield the numbers of pictures that boxes between two places tell without a byte for each; not those of sound."""
    while start + 8 <= end and depth <= DEEPEST:
        length, kind = struct.unpack(">I4s", _read(stream, start, 8))
        body = start + 8
        if length == 1:
            (length,) = struct.unpack(">Q", _read(stream, body, 8))
            body += 8
        stop = min(start + length, end) if length else end
        if kind == b"hdlr" and _read(stream, body + 8, 4) == b"soun":
            return
        if kind in HOLDERS:
            yield from _counts(stream, body, stop, depth + 1)
        elif kind == b"stsz":
            each, count = struct.unpack(">II", _read(stream, body + 4, 8))
            yield count if each else 0
        elif kind == b"trun":
            flags, count = struct.unpack(">II", _read(stream, body, 8))
            yield 0 if flags & OF_EACH else count
        if stop < body:  # a length that is none
            return
        start = stop


def _read(stream: BinaryIO, place: int, number: int) -> bytes:
    """Return bytes of a file, zeros beyond its end."""
    stream.seek(place)
    return stream.read(number).ljust(number, b"\0")
