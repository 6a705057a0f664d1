"""The records that every dataset adapter gives: events, clips, videos, questions.

Frame numbers in records are 1-based and inclusive positions in the frames of the record; array indices
are 0-based. `frame_slice` is the one place where the two meet, and `Video.number` the one where a position becomes the
number that a frame has outside, in files of events. `to_dict` of a record gives what JSON and tables take:
numbers, texts, lists and mappings; frames are told by their source and their number.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from baselines.datasets import shown
from baselines.datasets.classes import COARSE, ClassSet
from baselines.datasets.frames import Frames

KINDS = ("micro", "macro")
Numbering = Literal["files", "positions"]  # how frames are counted outside


class Note(str):
    """A line among the findings of a copy that is worth knowing and needs no mending: a place, what is told of it."""

    place: str
    told: str

    @classmethod
    def of(cls, place: str, told: str) -> "Note":
        """Return the note about a place, such as a row."""
        note = cls(f"{place}: {told}")
        note.place, note.told = place, told
        return note


@dataclass(frozen=True)
class Event:
    """One facial expression: frame numbers are 1-based and inclusive; `apex` may be None."""

    onset: int
    offset: int
    apex: int | None = None
    kind: str = "micro"
    emotion: str = ""
    action_units: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values; the action units are a list."""
        return {
            "onset": int(self.onset),
            "apex": None if self.apex is None else int(self.apex),
            "offset": int(self.offset),
            "kind": self.kind,
            "emotion": self.emotion,
            "action_units": list(self.action_units),
        }


@dataclass(frozen=True)
class Clip:
    """A short sequence that holds one expression; `event` counts frames within the clip.

    `flow_image` is for databases published only as onset-to-apex flow pictures: the path of one
    RGB image whose channels are u, v and optical strain. Such a clip has no frames. `classes` is the set in force.
    """

    dataset: str
    subject: str
    name: str
    frames: Frames | None = None
    fps: float | None = None
    event: Event | None = None
    flow_image: Path | None = None
    classes: ClassSet = field(default=COARSE, repr=False)

    @property
    def label(self) -> str | None:
        """The class of its emotion, or None."""
        return self.classes.label(self.event.emotion) if self.event else None

    def __repr__(self) -> str:
        frames = "flow picture" if self.frames is None else _length(self)
        return f"Clip({_called(self)}: {', '.join([frames, *_told(self.event), *filter(None, [self.label])])})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the fields, and the frame at the apex."""
        values = self.to_dict()
        event = values.pop("event") or {}
        told = {**values, **event, "action_units": " ".join(event.get("action_units", ())), "label": self.label}
        middle = (self.event and self.event.apex) or (values["frames"] + 1) // 2
        return shown.thumbnail(self.frames, middle) + shown.fields(repr(self), told)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, with the mapping of the event; what is not there is None."""
        return {
            **_whose(self),
            "event": self.event and self.event.to_dict(),
            "flow_image": None if self.flow_image is None else str(self.flow_image),
        }


@dataclass(frozen=True)
class Video:
    """A long sequence with any number of events; `events` is None when they are not known.

    `classes` is the set in force, in which the emotion of an event has a `label`. `learned` are the events as training
    sees them, where these are not the true ones (`shift`). `numbering` tells how files of events count its frames: as
    the pictures are numbered, or from 1; of a video file both are the same.
    """

    dataset: str
    subject: str
    name: str
    frames: Frames
    fps: float
    events: tuple[Event, ...] | None = None
    classes: ClassSet = field(default=COARSE, repr=False)
    learned: tuple[Event, ...] | None = None
    numbering: Numbering = "files"

    def number(self, position: int) -> int:
        """Return the number that the frame at a position from 1 has in files of events."""
        return int(self.frames.numbers[position - 1]) if self.numbering == "files" else position

    def seconds(self) -> NDArray[np.float64]:
        """Return when each frame is shown, (T + 1,) seconds from the start, and last when the video ends."""
        told = self.frames.fps is not None and math.isclose(self.frames.fps, self.fps, rel_tol=1e-4)
        starts = self.frames.seconds() if told else np.arange(len(self.frames)) / self.fps
        return np.append(starts, starts[-1:] + 1 / self.fps)

    def to_learn(self) -> "Video":
        """Return the video with the events that training sees."""
        return self if self.learned is None else replace(self, events=self.learned)

    def __repr__(self) -> str:
        events = "events not known" if self.events is None else shown.counted(len(self.events), "event")
        return f"Video({_called(self)}: {_length(self)}, {events})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the first frame and the events."""
        rows = [event.to_dict() | {"action_units": " ".join(event.action_units)} for event in self.events or ()]
        return shown.thumbnail(self.frames, 1) + shown.table(repr(self), rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, with a list of the mappings of the events; None if they are not known."""
        return {**_whose(self), "events": None if self.events is None else [event.to_dict() for event in self.events]}


@dataclass(frozen=True)
class Question:
    """One ME-VQA question about the clip or video named `video`; `answer` is empty if unknown.

    `dataset` is that of the clip, and empty where all of one subject and name are meant.
    """

    id: str
    video: str
    text: str
    answer: str = ""
    subject: str = ""
    dataset: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, which are texts."""
        return asdict(self)


@dataclass(frozen=True)
class Dataset:
    """What an adapter gives: clips to recognize, videos to spot in, questions to answer.

    `findings` are the things that were wrong with the copy and left out, one line each that says what to do. `notes`
    are worth knowing and need no mending; those among the findings that an adapter gives are put there. `release`
    tells which one of `About.releases` the copy is of, empty for the usual one.
    `classes` is the set in force, the same as that of all records; `coarse` the one by default. `own_words` are the
    emotions that are none of the field's: {word: the place where it stands}. `shift` tells how key frames were moved.
    """

    name: str
    clips: list[Clip] = field(default_factory=list)
    videos: list[Video] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    classes: ClassSet = COARSE
    coarse: ClassSet = COARSE
    own_words: Mapping[str, str] = field(default_factory=dict)
    shift: str = ""
    notes: list[Note] = field(default_factory=list)
    release: str = ""

    def __post_init__(self) -> None:
        notes = [*self.notes, *(line for line in self.findings if isinstance(line, Note))]
        object.__setattr__(self, "findings", [line for line in self.findings if not isinstance(line, Note)])
        object.__setattr__(self, "notes", notes)

    def __repr__(self) -> str:
        counts = ", ".join(shown.counted(number, what) for what, number in self._counts().items())
        return f"Dataset({self.name}: {counts or 'empty'})"

    def _repr_html_(self) -> str:
        """What a notebook shows: how many there are of each, and the clips of each class."""
        labels = Counter(clip.label or "in no class" for clip in self.clips)
        counts = {f"{what}s": n for what, n in self._counts().items()}
        return shown.fields(repr(self), counts | {f"clips: {label}": n for label, n in sorted(labels.items())})

    def _counts(self) -> dict[str, int]:
        """Return how many there are of what, without what there is none of."""
        records: list[Clip | Video] = [*self.clips, *self.videos]
        people = {(record.dataset, record.subject) for record in records}
        found = {
            "subject": len(people),
            "clip": len(self.clips),
            "video": len(self.videos),
            "question": len(self.questions),
            "finding": len(self.findings),
        }
        return {what: number for what, number in found.items() if number}

    def in_classes(self, classes: ClassSet) -> "Dataset":
        """Return the dataset with its emotions counted in other classes."""
        clips = [replace(clip, classes=classes) for clip in self.clips]
        videos = [replace(video, classes=classes) for video in self.videos]
        return replace(self, clips=clips, videos=videos, classes=classes)


def questions_by_clip(questions: Iterable[Question]) -> dict[tuple[str, str], list[Question]]:
    """Return {(subject, video): [its `Question`s]}, in order."""
    asked: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        asked.setdefault((question.subject, question.video), []).append(question)
    return asked


def questions_about(clips: Iterable[Clip | Video], questions: Iterable[Question]) -> list[list[Question]]:
    """Return the questions about each of some clips, in order; of several databases none takes another's."""
    asked = questions_by_clip(questions)
    return [
        [question for question in asked.get((clip.subject, clip.name), ()) if question.dataset in ("", clip.dataset)]
        for clip in clips
    ]


def frame_slice(onset: int, offset: int) -> slice:
    """Return the slice of array indices for the inclusive 1-based frames onset..offset."""
    return slice(onset - 1, offset)


def _called(record: Clip | Video) -> str:
    """Return what one line calls a record."""
    return " ".join(f"{record.dataset} {'/'.join(filter(None, (record.subject, record.name)))}".split())


def _length(record: Clip | Video) -> str:
    """Return how long a record is, in one line."""
    rate = "" if record.fps is None else f" at {record.fps:g} fps"
    return f"{shown.counted(len(record.frames or ()), 'frame')}{rate}"


def _told(event: Event | None) -> list[str]:
    """Return the kind of an event and its action units, in one line."""
    return [] if event is None else [event.kind, *(["+".join(event.action_units)] if event.action_units else [])]


def _whose(record: Clip | Video) -> dict[str, Any]:
    """Return whose clip or video it is, and its frames: where they lie, the number there of the first, how many."""
    frames = record.frames
    return {
        "dataset": record.dataset,
        "subject": record.subject,
        "name": record.name,
        "source": None if frames is None else str(frames.source),
        "first_frame": int(frames.numbers[0]) if frames else None,
        "frames": 0 if frames is None else len(frames),
        "fps": None if record.fps is None else float(record.fps),
    }
