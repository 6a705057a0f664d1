"""Anybody's own videos: a folder with videos.csv and, when the expressions are known, events.csv.

`videos.csv` has the columns subject,video,path,fps; `path` is relative to the folder and names a video
file or a folder of numbered images; `fps` may be empty for a video file, which tells its own. `events.csv` has
subject,video,onset,apex,offset,type,emotion,aus with 1-based inclusive frames; apex, emotion and aus
may be empty. An emotion may be any word; `classes.csv`, columns emotion,coarse, tells which of negative, positive,
surprise and others a word of one's own counts as, or with an empty cell as none.
`questions.jsonl` in the ME-VQA format asks about the clips named `<subject>_<video>`.
A single video file, or a folder of numbered images without videos.csv, is a manifest of one video.
"""

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from baselines import action_units
from baselines.datasets.about import About
from baselines.datasets.classes import COARSE, coarse_classes
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import Frames, open_frames
from baselines.datasets.questions import read_questions
from baselines.datasets.records import KINDS, Dataset, Event, Video
from baselines.errors import InputError
from baselines.files import inside, read_csv, whole_number

ABOUT = About(
    title="your own videos: a folder with videos.csv and events.csv, one video file, or a folder of images",
    tasks=("recognition", "spotting", "str", "vqa"),
    licence="yours",
)

ASSUMED_FPS = 30.0

Key = tuple[str, str]  # subject, video
Events = dict[Key, list[tuple[str, Event]]]  # the place of each in events.csv with it


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` below the folder `root`; see the module text for the layout."""
    root = Path(root)
    videos = read_videos(root)
    questions = read_questions(root / "questions.jsonl") if (root / "questions.jsonl").exists() else []
    dataset = Dataset("manifest", clips=event_clips(videos), videos=videos, questions=questions)
    classes = coarse_classes(root)
    return replace(dataset.in_classes(classes), coarse=classes, own_words=own_words(root))


def own_words(root: str | Path) -> dict[str, str]:
    """Return {emotion: the place of its first row} of the emotions in `events.csv` that are none of the field's."""
    path = Path(root) / "events.csv"
    found: dict[str, str] = {}
    if path.exists():
        for place, row in read_csv(path, (), ("emotion",)):
            word = row["emotion"].lower()
            if word and COARSE.label(word) is None:
                found.setdefault(word, place)
    return found


def read_videos(root: str | Path, fps: float | None = None, findings: list[str] | None = None) -> list[Video]:
    """Return the videos of a manifest folder, of one video file, or of one folder of numbered images.

    fps: the frame rate of folders of images and of video files that tell none. A video file that tells its rate has
    that one, and a warning says when `fps` is another; the column `fps` of a manifest comes before both.
    A video of a manifest that cannot be opened raises `InputError`, or with a list `findings` is left out and told
    there.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(f"{root}: no such file or folder")
    if (root / "videos.csv").exists():
        return _read_manifest(root, fps, findings)
    return [_read_one(root, fps)]


def _read_one(path: Path, fps: float | None) -> Video:
    """Return the video in a file or a folder of images, with the name of the folder around it as its subject."""
    frames = open_frames(path)
    _warn_of_unused_rate(fps, [frames])
    name = path.name if path.is_dir() else path.stem
    subject = path.resolve().parent.name
    return Video("manifest", subject, name, frames, frames.fps or fps or ASSUMED_FPS)


def _read_manifest(root: Path, fps: float | None, findings: list[str] | None) -> list[Video]:
    """Return the videos of the rows of videos.csv with their events; `fps` and `findings` as in `read_videos`."""
    events = _read_events(root / "events.csv")
    videos: dict[Key, Video] = {}
    without_rate = []
    for place, row in read_csv(root / "videos.csv", ("subject", "video", "path"), ("fps",)):
        key = _key(row, place, videos)
        known = None if events is None else tuple(event for _, event in events.pop(key, []))
        frames = _open(root, row["path"], place, findings)
        if frames is None:
            continue
        rate = _rate(row["fps"], place)
        if rate is None:
            without_rate.append(frames)
            rate = _rate_of(frames, fps, place)
        _refuse_events_after_the_end(root / "events.csv", key, known or (), row["path"], len(frames))
        videos[key] = Video("manifest", *key, frames, rate, known)
    if not videos and not findings:
        raise InputError(f"{root / 'videos.csv'}: no videos; add a row subject,video,path,fps")
    _refuse_events_without_video(events or {})
    _warn_of_unused_rate(fps, without_rate)
    return list(videos.values())


def _key(row: Mapping[str, str], place: str, videos: Mapping[Key, Video]) -> Key:
    """Return subject and video of a row of videos.csv, which must be filled in and not among `videos`."""
    key = row["subject"], row["video"]
    if not all(key) or not row["path"]:
        raise InputError(f"{place}: subject, video and path are needed; fill them in")
    if key in videos:
        raise InputError(f"{place}: subject {key[0]} video {key[1]} stands twice; delete one row")
    return key


def _open(root: Path, path: str, place: str, findings: list[str] | None) -> Frames | None:
    """Return the frames at a path below `root`; one that cannot be opened raises, or makes a finding and None."""
    try:
        return open_frames(inside(root, path, place))
    except InputError as error:
        if findings is None:
            raise
        findings.append(str(error))
        return None


def _rate(text: str, place: str) -> float | None:
    """Return the frame rate in a cell, None for an empty one."""
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 1 <= rate <= 10000:
        raise InputError(f"{place}: fps is {text!r}; expected frames per second such as 30 or 200")
    return rate


def _rate_of(frames: Frames, fps: float | None, place: str) -> float:
    """Return the frame rate that a source tells, else `fps`."""
    rate = frames.fps or fps
    if rate is None:
        raise InputError(f"{place}: fps is empty and a folder of images has none; fill in the frame rate")
    return rate


def _warn_of_unused_rate(fps: float | None, sources: Iterable[Frames]) -> None:
    """Warn once when some of the sources tell another frame rate than the `fps` that was asked for."""
    others = [(s.source, s.fps) for s in sources if fps and s.fps and not math.isclose(s.fps, fps, rel_tol=1e-4)]
    if others:
        path, rate = others[0]
        more = f" (and {len(others) - 1} more)" if len(others) > 1 else ""
        warnings.warn(
            f"{path}{more}: --fps {fps:g} is not used, the file tells its own rate of {rate:g} frames per second; "
            "if that is wrong, give the right one in the column fps of a videos.csv",
            stacklevel=4,  # whoever called `read_videos`
        )


def _refuse_events_after_the_end(table: Path, key: Key, events: Iterable[Event], path: str, frames: int) -> None:
    for event in events:
        if event.offset > frames:
            raise InputError(
                f"{table}: subject {key[0]} video {key[1]} has an event up to frame {event.offset} "
                f"but {path} has {frames} frames; mend one of them"
            )


def _refuse_events_without_video(events: Events) -> None:
    for (subject, video), orphans in events.items():
        raise InputError(f"{orphans[0][0]}: subject {subject} video {video} is not in videos.csv; add it there")


def _read_events(path: Path) -> Events | None:
    """Return the events of a table by video, or None when there is no such file."""
    if not path.exists():
        return None
    events: Events = {}
    seen = set()
    columns = ("subject", "video", "onset", "offset")
    for place, row in read_csv(path, columns, ("apex", "type", "emotion", "aus")):
        event = _read_event(row, place)
        key = row["subject"], row["video"]
        same = *key, event.onset, event.offset, event.kind
        if same in seen:
            raise InputError(f"{place}: this event stands twice; delete one row")
        seen.add(same)
        events.setdefault(key, []).append((place, event))
    return events


def _read_event(row: Mapping[str, str], place: str) -> Event:
    """Return the event of a row of events.csv; `InputError` for any cell that is not as it should be."""
    onset, apex, offset = _read_span(row, place)
    kind = row["type"] or "micro"
    if kind not in KINDS:
        raise InputError(f"{place}: type is {kind!r}; expected {' or '.join(KINDS)}")
    return Event(onset, offset, apex, kind, row["emotion"].lower(), _action_units(row["aus"], place))


def _read_span(row: Mapping[str, str], place: str) -> tuple[int, int | None, int]:
    """Return onset, apex (None for an empty cell) and offset of a row, in order from 1 up."""
    onset, offset = (whole_number(row[name], place, name) for name in ("onset", "offset"))
    apex = whole_number(row["apex"], place, "apex") if row["apex"] else None
    if not 1 <= onset <= offset or (apex is not None and not onset <= apex <= offset):
        raise InputError(
            f"{place}: onset {onset}, apex {row['apex'] or '-'}, offset {offset} are not in order from 1 up"
        )
    return onset, apex, offset


def _action_units(text: str, place: str) -> tuple[str, ...]:
    try:
        return tuple(unit.code for unit in action_units.parse(text))
    except ValueError as error:
        raise InputError(f"{place}: aus is {text!r} ({error}); expected a form such as AU4+AU7 or LAU14") from None
