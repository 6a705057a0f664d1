"""Anybody's own videos: a folder with videos.csv and, when the expressions are known, events.csv.

`videos.csv` has the columns subject,video,path,fps; `path` is relative to the folder and names a video
file or a folder of numbered images; `fps` may be empty for a video file, which tells its own. `events.csv` has
subject,video,onset,apex,offset,type,emotion,aus with inclusive frames; apex, emotion and aus
may be empty. Frames count from 1, or have the numbers in the names of the images where `videos.csv` has a column
`numbers` that says `files` (the other word is `positions`). Subjects that differ in case or leading zeros only (`s1`
and `S01`, `6` and `006`) are one person. An emotion may be any word; `classes.csv`, columns emotion,coarse, tells which
of negative, positive, surprise and others a word of one's own counts as, or with an empty cell as none.
`questions.jsonl` in the ME-VQA format asks about the clips named `<subject>_<video>`.
A single video file, or a folder of numbered images without videos.csv, is a manifest of one video, and a folder of
video files is one of these. The subject is then the name of the folder around the video.
"""

import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from baselines import action_units
from baselines.datasets.about import About
from baselines.datasets.annotations import unit_notes
from baselines.datasets.classes import COARSE, coarse_classes
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import Frames, ImageFrames, UnreadFrames
from baselines.datasets.images import numbered
from baselines.datasets.manifest_events import Events, Key, placed, read_events
from baselines.datasets.names import one_person, subject_key
from baselines.datasets.opening import VIDEO_SUFFIXES, open_frames
from baselines.datasets.questions import read_questions, with_names_of
from baselines.datasets.records import Dataset, Event, Note, Numbering, Video
from baselines.errors import DataFault, InputError
from baselines.files import inside, read_csv
from baselines.formats.marked import rate_in

ABOUT = About(
    title="your own videos: a folder with videos.csv and events.csv, one video file, or a folder of images",
    tasks=("recognition", "spotting", "str", "vqa"),
    licence="yours",
)

ASSUMED_FPS = 30.0


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` below the folder `root`; see the module text for the layout."""
    root = Path(root)
    videos = read_videos(root)
    questions = read_questions(root / "questions.jsonl") if (root / "questions.jsonl").exists() else []
    clips = event_clips(videos)
    questions = with_names_of([*clips, *videos], questions)
    dataset = Dataset("manifest", clips=clips, videos=videos, questions=questions, notes=_unit_notes(root))
    classes = coarse_classes(root)
    return replace(dataset.in_classes(classes), coarse=classes, own_words=own_words(root))


def _unit_notes(root: Path) -> list[Note]:
    """Return what is worth knowing of the action units in `events.csv`."""
    path = root / "events.csv"
    rows = read_csv(path, (), ("aus",)) if path.exists() else ()
    return [note for place, row in rows for note in unit_notes(action_units.read(row["aus"]), place)]


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


def read_videos(
    root: str | Path,
    fps: float | None = None,
    findings: list[str] | None = None,
    numbering: re.Pattern[str] | None = None,
) -> list[Video]:
    """Return the videos of a manifest folder, of a folder of video files, of one of these, or of numbered images.

    fps: the frame rate of folders of images and of video files that tell none. A video file that tells its rate has
    that one, and a warning says when `fps` is another; the column `fps` of a manifest comes before both.
    A video of several that is there but cannot be read raises `DataFault` where it is read, so that the others can
    be; with a list `findings` it is left out and the list says why. numbering: where the number of an image stands in
    its name, as `ImageFrames` takes it.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(f"{root}: no such file or folder")
    if os.path.lexists(root / "videos.csv"):  # also a link to nothing, which is told
        return _read_manifest(root, fps, findings, numbering)
    files = _video_files(root, numbering)
    return _read_files(files, fps, findings) if files else [read_video(root, fps, numbering)]


def read_video(path: Path, fps: float | None = None, numbering: re.Pattern[str] | None = None) -> Video:
    """Return the video in a file or a folder of images; `fps` and `numbering` as in `read_videos`."""
    frames = _open_frames(path, numbering)
    _warn_of_unused_rate(fps, [frames])
    name = path.name if path.is_dir() else path.stem
    return Video("manifest", _folder_around(path), name, frames, _rate_or_assumed(frames, fps))


def _read_files(paths: Sequence[Path], fps: float | None, findings: list[str] | None) -> list[Video]:
    """Return the videos of several files of one folder; two whose names differ in their suffix only keep it."""
    stems = Counter(path.stem for path in paths)
    opened = [(path, _open(path, findings)) for path in paths]
    videos = [
        Video("manifest", _folder_around(path), name, frames, _rate_or_assumed(frames, fps))
        for path, frames in opened
        if frames is not None
        for name in [path.stem if stems[path.stem] == 1 else path.name]
    ]
    _warn_of_unused_rate(fps, [video.frames for video in videos])
    return videos


def _video_files(root: Path, numbering: re.Pattern[str] | None) -> list[Path]:
    """Return the video files of a folder in the order of their names; `InputError` where pictures lie among them."""
    names = sorted(os.listdir(root)) if root.is_dir() else []
    videos = [name for name in names if name.lower().endswith(VIDEO_SUFFIXES) and not name.startswith(".")]
    _, pictures = numbered(names, numbering) if videos else ((), ())
    if pictures:
        raise InputError(
            f"{root}: holds both pictures ({pictures[0]}) and videos ({videos[0]}), so it may be one video or several; "
            "name the video files instead, or move the ones or the others to a folder of their own"
        )
    return [root / name for name in videos]


def _open_frames(path: Path, numbering: re.Pattern[str] | None) -> Frames:
    if numbering is None or not path.is_dir():
        return open_frames(path)
    try:
        numbers, _ = numbered(os.listdir(path), numbering)
    except (TypeError, ValueError):  # what the group found is nothing, or no number
        numbers = []
    if not numbers:
        raise InputError(
            f"{path}: {numbering.pattern!r} finds no numbers in the names of pictures; its group must hold digits "
            "only, as in (\\d+)"
        )
    return ImageFrames(path, numbering)


def _folder_around(path: Path) -> str:
    """Return the name of the folder around a video, which stands for its subject."""
    return Path(os.path.abspath(path)).parent.name


def _read_manifest(
    root: Path, fps: float | None, findings: list[str] | None, numbering: re.Pattern[str] | None
) -> list[Video]:
    """Return the videos of the rows of videos.csv with their events; the others as in `read_videos`."""
    events = read_events(root / "events.csv")
    videos: dict[Key, Video] = {}
    without_rate, respelled = [], []
    for place, row in read_csv(root / "videos.csv", ("subject", "video", "path"), ("fps", "numbers")):
        key = _key(row, place, videos)
        mine = [] if events is None else events.pop(key, [])
        respelled += [place for place, subject, _ in mine if subject != row["subject"]]
        numbers = _numbering(row["numbers"], place, events is not None)
        frames = _open(inside(root, row["path"], place), findings, numbering, [event for _, _, event in mine])
        if frames is None:
            continue
        rate = _rate(row["fps"], place)
        if rate is None:
            without_rate.append(frames)
            rate = _rate_of(frames, fps, place)
        known = None if events is None else tuple(placed(event, frames, numbers, at) for at, _, event in mine)
        videos[key] = Video("manifest", row["subject"], row["video"], frames, rate, known, numbering=numbers)
    if not videos and not findings:
        raise InputError(f"{root / 'videos.csv'}: no videos; add a row subject,video,path,fps")
    _refuse_events_without_video(events or {})
    if respelled:
        warnings.warn(
            f"{respelled[0]}: the subject is spelled otherwise than in videos.csv; case and leading zeros do not "
            f"count, so it is the same person, in {len(respelled)} rows; write the name alike",
            stacklevel=3,  # whoever called `read_videos`
        )
    _warn_of_unused_rate(fps, without_rate)
    return list(videos.values())


def _key(row: Mapping[str, str], place: str, videos: Mapping[Key, Video]) -> Key:
    """Return the key of a row of videos.csv, which must be filled in and not among `videos`."""
    subject, video = row["subject"], row["video"]
    if not (subject and video and row["path"]):
        raise InputError(f"{place}: subject, video and path are needed; fill them in")
    key = subject_key(subject), video
    if key in videos and videos[key].subject != subject:
        raise InputError(
            f"{place}: {one_person(videos[key].subject, subject)}, and both have a video {video}; give one of them "
            "another name"
        )
    if key in videos:
        raise InputError(f"{place}: subject {subject} video {video} stands twice; delete one row")
    return key


def _open(
    path: Path,
    findings: list[str] | None,
    numbering: re.Pattern[str] | None = None,
    events: Iterable[Event] = (),
) -> Frames | None:
    """Return the frames at a path, `UnreadFrames` up to the last event if that cannot be read.

    With a list of findings, what cannot be opened gives None and the list says why.
    """
    try:
        return _open_frames(path, numbering)
    except InputError as error:
        if findings is not None:
            findings.append(str(error))
            return None
        if isinstance(error, DataFault):
            return UnreadFrames(path, max((event.offset for event in events), default=1), str(error))
        raise


def _rate(text: str, place: str) -> float | None:
    """Return the frame rate in a cell, None for an empty one."""
    return rate_in(text, f"{place}: fps") if text else None


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


def _rate_or_assumed(frames: Frames, fps: float | None) -> float:
    """Return the frame rate that a source tells, else `fps`, else an assumed one with a warning."""
    if not (frames.fps or fps):
        warnings.warn(
            f"{frames.source}: its frame rate is not known; {ASSUMED_FPS:g} frames per second are assumed, give --fps",
            stacklevel=2,
        )
    return frames.fps or fps or ASSUMED_FPS


def _numbering(text: str, place: str, annotated: bool) -> Numbering:
    """Return how events.csv counts the frames of a video: as a cell says; else from 1, and without events as files."""
    if not text:
        return "positions" if annotated else "files"
    for numbering in get_args(Numbering):
        if text.lower() == numbering:
            return numbering
    raise InputError(
        f"{place}: numbers is {text!r}; expected files, where events.csv has the numbers in the names of pictures, or "
        "positions, where it counts from 1"
    )


def _refuse_events_without_video(events: Events) -> None:
    for (_, video), orphans in events.items():
        place, subject, _ = orphans[0]
        raise InputError(f"{place}: subject {subject} video {video} is not in videos.csv; add it there")
