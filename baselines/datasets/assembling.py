"""Long videos out of folders of images and rows of a label file; see `folders` for where those lie."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from baselines.datasets.annotations import mend, read_event
from baselines.datasets.folders import subfolders, subject_folders
from baselines.datasets.frames import ImageFrames
from baselines.datasets.records import KINDS, Video
from baselines.errors import InputError

Name = tuple[str, str]  # subject, video
Row = tuple[str, Name, dict[str, str]]  # the place of a row, what it is about, its cells by name
Key = TypeVar("Key", bound=tuple[str, ...])


def assemble_videos(
    dataset: str,
    fps: float,
    folders: Mapping[Name, Path],
    rows: Iterable[Row],
    findings: list[str],
    fix_labels: bool = True,
) -> list[Video]:
    """Return one `Video` a folder with the events of its rows, by onset.

    folders: {(subject, name): folder of numbered images}; rows: (place, (subject, name), row) with `kind` and what
    `annotations.read_event` reads, frames as the image files are numbered. `findings` gets a line for each folder
    without images, each row that makes no event or stands twice, and each video with rows but without a folder.
    """
    waiting: dict[Name, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    for place, key, row in rows:
        waiting[key].append((place, row))
    videos = []
    for key, folder in folders.items():
        mine = waiting.pop(key, [])
        try:
            frames = ImageFrames(folder)
        except InputError as error:
            findings.append(f"{error}; its {len(mine)} events are left out")
            continue
        clip = "/".join(key)
        mended = [(place, mend(dataset, clip, row, fix_labels)) for place, row in mine]
        events = [
            read_event(row, place, findings, row["kind"], frames.numbers) for place, row in _once(mended, findings)
        ]
        known = sorted((event for event in events if event), key=lambda event: (event.onset, event.offset))
        videos.append(Video(dataset, *key, frames, fps, tuple(known)))
    for (subject, name), lost in waiting.items():
        findings.append(
            f"{lost[0][0]}: no folder of subject {subject} video {name}; its {len(lost)} events are left out, copy it"
        )
    return videos


def nested(place: Path, findings: list[str]) -> dict[str, Path]:
    """Return {subject/video: folder} of the folders in those of a place; `findings` as in `folders.subject_folders`."""
    return {
        f"{folder.name}/{name}": path
        for _, folder in subject_folders(place, ".+", findings)
        for name, path in subfolders(folder).items()
    }


def index(
    folders: Mapping[str, Path], key: Callable[[str], Key | None], expected: str, findings: list[str]
) -> dict[Key, Path]:
    """Return {key(name): folder} of {name: folder}, with one line in `findings` for each folder left out.

    key: gives None for a name that is none of the database's; of two folders with the same key the first is used.
    expected: what such a name looks like.
    """
    found: dict[Key, Path] = {}
    for name, folder in folders.items():
        known = key(name)
        if known is None:
            findings.append(f"{folder}: not a folder of the database, expected one like {expected}; take it away")
        elif known in found:
            findings.append(f"{folder}: the same as {found[known]}, which is used; keep one of the two folders")
        else:
            found[known] = folder
    return found


def kind_of(text: str) -> str | None:
    """Return micro or macro as a type such as `Micro - 1/2` or `macro-expression` tells, else None."""
    return next((kind for kind in KINDS if text.lower().startswith(kind)), None)


def _once(rows: Iterable[tuple[str, dict[str, str]]], findings: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    seen: dict[tuple[tuple[str, str], ...], str] = {}
    for place, row in rows:
        content = tuple(sorted(row.items()))
        if content in seen:
            findings.append(f"{place}: the same as {seen[content]}; the event is counted once, delete one row")
        else:
            seen[content] = place
            yield place, row
