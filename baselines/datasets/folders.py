"""Where the parts of a database lie, in whatever case it was unpacked, and how its annotation joins its folders."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from baselines.datasets.annotations import read_event
from baselines.datasets.cutting import cut_clip
from baselines.datasets.frames import ImageFrames
from baselines.datasets.names import subject_key
from baselines.datasets.records import Clip
from baselines.errors import InputError

SHOWN = 5  # names in one finding

Key = tuple[str, str]  # subject and clip as `key` writes them
Row = tuple[str, str, str, dict[str, str]]  # the place of a row, its subject, its clip, its cells by name


def subfolders(folder: str | Path) -> dict[str, Path]:
    """Return the folders in a folder by name, sorted; hidden ones and links to nowhere are skipped."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name[0] not in "._" and entry.is_dir())
    except OSError:
        return {}
    return {name: Path(folder) / name for name in names}


def find_folder(root: str | Path, routes: Iterable[str], holds: str) -> Path | None:
    """Return the first of `routes` (paths below `root`, "" for itself) with a subfolder whose name matches `holds`.

    Case does not count, and a folder that lies in one of the same name, as archives unpack, is found. None: no such.
    """
    for route in routes:
        folder = _below(Path(root), route)
        for place in (folder, folder and folder.name and _child(folder, folder.name)):
            if place and any(re.fullmatch(holds, name, re.IGNORECASE) for name in subfolders(place)):
                return place
    return None


def find_file(folders: Sequence[str | Path], patterns: Sequence[str]) -> Path:
    """Return the first file in `folders` whose name matches one of `patterns` (like `*.xlsx`), best pattern first.

    A pattern of spreadsheets (`.xls*`) takes a CSV export of one too, where that is all there is.
    """
    names = [(Path(folder), name) for folder in dict.fromkeys(folders) for name in _file_names(folder)]
    for pattern in (each for one in patterns for each in (one, *exported(one))):
        for folder, name in names:
            if fnmatch(name.lower(), pattern.lower()) and not name.startswith(("~", ".")):
                return folder / name
    raise InputError(f"{folders[0]}: no file {' or '.join(patterns)}; copy the annotation of the database there")


def exported(pattern: str) -> tuple[str, ...]:
    """Return the pattern of the CSV exports of the spreadsheets of a pattern; none where it is of no spreadsheets."""
    stem, dot, kind = pattern.rpartition(".")
    return (f"{stem}*.csv",) if dot and kind.startswith("xls") else ()


def key(subject: str, name: str) -> Key:
    """Return what joins a row of the annotation to a folder: both names without regard to case and zeros."""
    return subject_key(subject), name.strip().lower()


def subject_folders(folder: Path, holds: str, findings: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield `(subject, folder)` for the subfolders whose names match `holds`.

    A subject under two spellings has the name that comes first, and gives a finding.
    """
    seen: dict[str, str] = {}
    for name, path in subfolders(folder).items():
        if not re.fullmatch(holds, name, re.IGNORECASE):
            continue
        first = seen.setdefault(subject_key(name), name)
        if first != name:
            findings.append(f"{folder}: {first} and {name} are one subject; move all clips into {first}")
        yield first, path


def clip_folders(base: Path, holds: str, findings: list[str]) -> dict[Key, Path]:
    """Return {key(subject, clip): folder} of the clips in `base/subject/clip`; `holds` matches subjects' names."""
    found: dict[Key, Path] = {}
    for subject, folder in subject_folders(base, holds, findings):
        for name, path in subfolders(folder).items():
            first = found.setdefault(key(subject, name), path)
            if first != path:
                findings.append(f"{path}: the same clip as {first}; it is left out, remove one")
    return found


def matching_folders(root: Path, pattern: str, depth: int) -> Iterator[Path]:
    """Yield the folders at most `depth` levels below `root` whose name matches `pattern`; none is looked into."""
    for name, path in subfolders(root).items():
        if re.fullmatch(pattern, name, re.IGNORECASE):
            yield path
        elif depth > 1:
            yield from matching_folders(path, pattern, depth - 1)


def join(
    rows: Iterable[Row], folders: Mapping[Key, Path], base: Path, findings: list[str]
) -> Iterator[tuple[str, str, str, dict[str, str], Path]]:
    """Yield `(place, subject, name, row, folder)` for each row that has a folder; the others make findings.

    rows: `(place, subject, name, row)`; folders: {key(subject, name): folder} of those below `base`. Findings: a row
    that stands twice, and by subject the rows without a folder and the folders without a row.
    """
    seen: set[Key] = set()
    missing: dict[str, list[str]] = {}
    for place, subject, name, row in rows:
        found = key(subject, name)
        if found in seen:
            findings.append(f"{place}: {subject} {name} stands twice and the first row counts; delete one")
        elif found in folders:
            yield place, subject, name, row, folders[found]
        else:
            missing.setdefault(subject, []).append(name)
        seen.add(found)
    for subject, names in missing.items():
        findings.append(f"{base}: no folder for {shown(names)} of {subject}, left out; unpack what is missing")
    extra: dict[Path, list[str]] = {}
    for found, folder in folders.items():
        if found not in seen:
            extra.setdefault(folder.parent, []).append(folder.name)
    for parent, names in extra.items():
        findings.append(f"{parent}: {shown(names)} not in the annotation, left out; rename or remove")


def annotated_clips(
    database: str, fps: float, rows: Iterable[Row], folders: Mapping[Key, Path], base: Path, findings: list[str]
) -> list[Clip]:
    """Return the `folder_clip` of each row that has a folder; rows, folders and base as in `join`."""
    found = [
        folder_clip(Clip(database, subject, name, fps=fps), folder, row, place, findings)
        for place, subject, name, row, folder in join(rows, folders, base, findings)
    ]
    return [clip for clip in found if clip]


def folder_clip(clip: Clip, folder: Path, row: Mapping[str, str], place: str, findings: list[str]) -> Clip | None:
    """Return `clip` (dataset, subject, name, fps) with the frames and the event of a row, or None with a finding.

    The row counts in the numbers of the pictures in `folder`; the clip is onset to offset.
    """
    try:
        frames = ImageFrames(folder)
    except InputError as error:
        findings.append(str(error))
        return None
    event = read_event(row, f"{place} ({clip.subject} {clip.name})", findings, numbers=frames.numbers)
    return None if event is None else cut_clip(replace(clip, frames=frames), event, clip.name)


def shown(names: Sequence[str]) -> str:
    """Return a list of names as text, the first few of a long one."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _below(folder: Path, route: str) -> Path | None:
    """Return the folder at a route below `folder`, whatever its case and doubled or not, or None."""
    for part in Path(route).parts:
        found = _child(folder, part)
        if found is None:
            return None
        folder = _child(found, found.name) or found
    return folder


def _child(folder: Path, name: str) -> Path | None:
    if (folder / name).is_dir():
        return folder / name
    return next((path for found, path in subfolders(folder).items() if found.lower() == name.lower()), None)


def _file_names(folder: str | Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
