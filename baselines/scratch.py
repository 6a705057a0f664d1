"""Temporary files and folders, and whether a living process still needs them: a killed one cannot remove its own."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

OWNED = ".megc-owned"  # a file in a folder, locked by the process that needs the folder
DAY = 24 * 3600  # seconds, after which what cannot be locked belongs to nobody


@contextlib.contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Give a new folder beside a path, to be renamed to it; what is left of it goes when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    with own(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def own(folder: Path) -> IO[bytes]:
    """Return an open file in a folder that tells others, as long as it is open, that a process needs the folder."""
    stream = open(folder / OWNED, "wb")  # noqa: SIM115
    with contextlib.suppress(ImportError, OSError):
        _lock(stream)
    return stream


def disown(folder: Path) -> None:
    """Remove from a finished folder what tells that it is under way."""
    (folder / OWNED).unlink(missing_ok=True)


def remove_abandoned(path: Path) -> bool:
    """Remove a temporary file or folder of this user that no living process needs; tell whether it did."""
    try:
        if (hasattr(os, "geteuid") and path.lstat().st_uid != os.geteuid()) or not _is_abandoned(path):
            return False
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:  # gone meanwhile, or in a folder that is only read
        return False
    return True


def _is_abandoned(path: Path) -> bool:
    try:
        with open(path / OWNED, "r+b") as stream:
            _lock(stream)
            return True
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # a file, a folder that nobody owned, or no locks in this place
        return time.time() - path.lstat().st_mtime > DAY


def _lock(stream: IO[bytes]) -> None:
    import fcntl

    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def size_of(path: Path) -> int:
    """Return how many bytes a file has, or all the files in a folder."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else (path,):
        with contextlib.suppress(OSError):  # gone meanwhile
            total += file.lstat().st_size
    return total
