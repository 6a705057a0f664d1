"""Zip files with a seal: a SHA-256 of the whole file, checked before anything in it is parsed.

It is the comment at the end of the file, so that other programs read the file as before. It tells damage, not malice:
whoever can write a file can seal it.
"""

import contextlib
import hashlib
import os
import stat
import zipfile

MARK = b"sha256 "  # and 64 hex digits over all that stands before these
DIGITS = 64
CHUNK = 1 << 18


class BrokenSeal(ValueError):
    """A file is not what was sealed, or was never sealed; the message says which."""


def seal(path):
    """Give a finished zip file its seal."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = MARK + bytes(DIGITS)
    with open(path, "r+b") as stream:
        digits = _digits(stream, _size(stream) - DIGITS)
        stream.seek(-DIGITS, os.SEEK_END)
        stream.write(digits)


@contextlib.contextmanager
def unsealed(path):
    """Give an open zip file whose seal was checked.

    Raises `BrokenSeal` where the seal is missing or does not fit, or where reading could take more memory than the file
    is long; `OSError` where there is no such file.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
        raise BrokenSeal("is no file")
    with open(path, "rb") as stream:
        _check(stream)
        stream.seek(0)
        yield stream


def _check(stream):
    size = _size(stream)
    stream.seek(max(0, size - len(MARK) - DIGITS))
    end = stream.read()
    if not end.startswith(MARK):
        raise BrokenSeal("has no SHA-256 at its end")
    if _digits(stream, size - DIGITS) != end[len(MARK) :]:
        raise BrokenSeal("does not fit the SHA-256 at its end")
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BrokenSeal(f"is no zip file ({error})") from None
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise BrokenSeal("holds compressed members")
    if sum(member.file_size for member in members) > size:
        raise BrokenSeal("claims to hold more than its own length")


def _size(stream):
    return stream.seek(0, os.SEEK_END)


def _digits(stream, length):
    """Return the hex digits of the SHA-256 of the first bytes of a file."""
    found, chunk = hashlib.sha256(), memoryview(bytearray(CHUNK))
    stream.seek(0)
    while length > 0 and (read := stream.readinto(chunk[: min(CHUNK, length)])):
        found.update(chunk[:read])
        length -= read
    return found.hexdigest().encode()
