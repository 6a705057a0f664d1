"""Anybody's own videos: a folder with videos.csv and, when the expressions are known, events.csv.

`videos.csv` has the columns subject,video,path,fps; `path` is relative to the folder and names a video
file or a folder of numbered images; `fps` may be empty for a video file. `events.csv` has
subject,video,onset,apex,offset,type,emotion,aus with 1-based inclusive frames; apex, emotion and aus
may be empty. `questions.jsonl` in the ME-VQA format asks about the clips named `<subject>_<video>`.
A single video file, or a folder of numbered images without videos.csv, is a manifest of one video.
"""

from pathlib import Path

from baselines import action_units
from baselines.datasets.about import About
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import open_frames
from baselines.datasets.questions import read_questions
from baselines.datasets.records import COARSE_OF_FINE, Dataset, Event, Video, coarse
from baselines.errors import InputError
from baselines.files import inside, read_csv, whole_number

ABOUT = About(
    title="your own videos: a folder with videos.csv and events.csv, one video file, or a folder of images",
    tasks=("recognition", "spotting", "str", "vqa"),
    licence="yours",
)

ASSUMED_FPS = 30.0


def load(root, fix_labels=True):
    """Return the `Dataset` below the folder `root`; see the module text for the layout."""
    root = Path(root)
    videos = read_videos(root)
    questions = read_questions(root / "questions.jsonl") if (root / "questions.jsonl").exists() else []
    return Dataset("manifest", clips=event_clips(videos), videos=videos, questions=questions)


def read_videos(root, fps=None, findings=None):
    """Return the videos of a manifest folder, of one video file, or of one folder of numbered images.

    `fps` stands in where neither the manifest nor the file tells the frame rate. A video of a manifest that cannot
    be opened raises `InputError`, or with a list `findings` is left out and told there.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(f"{root}: no such file or folder")
    if not (root / "videos.csv").exists():
        frames = open_frames(root)
        name = root.name if root.is_dir() else root.stem
        subject = root.resolve().parent.name
        return [Video("manifest", subject, name, frames, fps or frames.fps or ASSUMED_FPS)]

    events = _read_events(root / "events.csv") if (root / "events.csv").exists() else None
    videos = {}
    for place, row in read_csv(root / "videos.csv", ("subject", "video", "path"), ("fps",)):
        key = row["subject"], row["video"]
        if not all(key) or not row["path"]:
            raise InputError(f"{place}: subject, video and path are needed; fill them in")
        if key in videos:
            raise InputError(f"{place}: subject {key[0]} video {key[1]} stands twice; delete one row")
        try:
            frames = open_frames(inside(root, row["path"], place))
        except InputError as error:
            if findings is None:
                raise
            findings.append(str(error))
            (events or {}).pop(key, None)
            continue
        rate = _rate(row["fps"], place) or frames.fps or fps
        if rate is None:
            raise InputError(f"{place}: fps is empty and a folder of images has none; fill in the frame rate")
        found = None if events is None else tuple(e for _, e in events.pop(key, ()))
        videos[key] = Video("manifest", *key, frames, rate, found)
        for event in found or ():
            if event.offset > len(frames):
                raise InputError(
                    f"{root / 'events.csv'}: subject {key[0]} video {key[1]} has an event up to frame {event.offset} "
                    f"but {row['path']} has {len(frames)} frames; mend one of them"
                )
    if not videos and not findings:
        raise InputError(f"{root / 'videos.csv'}: no videos; add a row subject,video,path,fps")
    for key, orphans in (events or {}).items():
        raise InputError(f"{orphans[0][0]}: subject {key[0]} video {key[1]} is not in videos.csv; add it there")
    return list(videos.values())


def _rate(text, place):
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 1 <= rate <= 10000:
        raise InputError(f"{place}: fps is {text!r}; expected frames per second such as 30 or 200")
    return rate


def _read_events(path):
    """Return {(subject, video): [(place, Event), ...]}."""
    events, seen = {}, set()
    columns = ("subject", "video", "onset", "offset")
    for place, row in read_csv(path, columns, ("apex", "type", "emotion", "aus")):
        onset, offset = (whole_number(row[c], place, c) for c in ("onset", "offset"))
        apex = whole_number(row["apex"], place, "apex") if row["apex"] else None
        if not 1 <= onset <= offset or (apex is not None and not onset <= apex <= offset):
            raise InputError(
                f"{place}: onset {onset}, apex {row['apex'] or '-'}, offset {offset} are not in order from 1 up"
            )
        kind = row["type"] or "micro"
        if kind not in ("micro", "macro"):
            raise InputError(f"{place}: type is {kind!r}; expected micro or macro")
        if row["emotion"] and coarse(row["emotion"]) is None:
            raise InputError(
                f"{place}: emotion {row['emotion']!r} is not known; expected one of {', '.join(COARSE_OF_FINE)}"
            )
        key = row["subject"], row["video"], onset, offset, kind
        if key in seen:
            raise InputError(f"{place}: this event stands twice; delete one row")
        seen.add(key)
        event = Event(onset, offset, apex, kind, row["emotion"].lower(), _action_units(row["aus"], place))
        events.setdefault(key[:2], []).append((place, event))
    return events


def _action_units(text, place):
    try:
        return tuple(unit.code for unit in action_units.parse(text))
    except ValueError as error:
        raise InputError(f"{place}: aus is {text!r} ({error}); expected a form such as AU4+AU7 or LAU14") from None
