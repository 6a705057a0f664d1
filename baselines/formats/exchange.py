"""What a file of events is - a table of ours, of ELAN, of BORIS, subtitles - and its expressions, whichever it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from baselines.errors import InputError
from baselines.formats import boris, elan, event_tables, subtitles
from baselines.formats.marked import Key, Marked, Marks

Writer = Callable[[Sequence[Marked], str, Mapping[Key, float], Mapping[Key, str]], tuple[str, list[str]]]
WRITERS: dict[str, Writer] = {
    "elan": elan.text,
    "boris": boris.text,
    "csv": event_tables.text,
    "srt": subtitles.text,
    "vtt": partial(subtitles.text, vtt=True),
}
SUFFIXES = {"elan": ".eaf", "boris": ".csv", "csv": ".csv", "srt": ".srt", "vtt": ".vtt"}
ONE_VIDEO = ("elan", "srt", "vtt")  # formats whose files are of one video each
_READERS = {"elan": elan.read, "boris": boris.read, "csv": event_tables.read, "subtitles": subtitles.read}
_BY_SUFFIX = {".eaf": "elan", ".boris": "boris", ".srt": "subtitles", ".vtt": "subtitles"}


def kind_of_file(path: Path) -> str:
    """Return elan, boris, subtitles or csv, as the suffix of a file says, else what it holds."""
    known = _BY_SUFFIX.get(path.suffix.lower())
    if known or not path.is_file():
        return known or "csv"
    try:
        with open(path, "rb") as file:
            begin = file.read(4096).lstrip(b"\xef\xbb\xbf \r\n")
    except OSError:  # which a reader tells
        return "csv"
    if begin.startswith(b"<") and b"ANNOTATION_DOCUMENT" in begin:
        return "elan"
    if begin.startswith(b"WEBVTT") or re.match(rb"\d+\s*\r?\n[\d:.,]+ *-->", begin):
        return "subtitles"
    return "boris" if boris.is_table(path) else "csv"


def tells_frames(path: Path) -> bool:
    """Tell whether a file of events has them in frames, rather than in seconds only."""
    return not path.is_dir() and kind_of_file(path) == "csv" and event_tables.tells_frames(path)


def tells_seconds(path: Path) -> bool:
    """Tell whether a file of events has them in seconds."""
    return path.is_dir() or kind_of_file(path) != "csv" or event_tables.tells_seconds(path)


def read(path: Path) -> Marks:
    """Return the expressions of a file, or of the files of one coding tool in a folder, in the order of their names."""
    if not path.is_dir():
        return _READERS[kind_of_file(path)](path)
    files = files_in(path)
    if not files:
        raise InputError(f"{path}: holds no {', '.join(_BY_SUFFIX)} file; name a file of events, or a folder of these")
    if len({file.suffix.lower() for file in files}) > 1:
        names = ", ".join(sorted({file.suffix.lower() for file in files}))
        raise InputError(f"{path}: holds files of several kinds, {names}; keep those of one, or name one file")
    whole, owners = Marks(), dict[Key, Path]()
    for file in files:
        marks = read(file)
        for key in {event.key for event in marks.events}:
            if owners.setdefault(key, file) != file:
                raise InputError(
                    f"{file}: marks video {key[1]}, and so does {owners[key].name}; keep one file of each video there"
                )
        whole.events += marks.events
        whole.rates |= marks.rates
        whole.media |= marks.media
        whole.notes += marks.notes
    return whole


def files_in(folder: Path) -> list[Path]:
    """Return the files of coding tools in a folder."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in _BY_SUFFIX and not p.name.startswith("."))
