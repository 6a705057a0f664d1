"""The records that every dataset adapter gives: events, clips, videos, questions.

Frame numbers in records are 1-based and inclusive, as the databases write them; array indices
are 0-based. `frame_slice` is the one place where the two meet. `to_dict` of a record gives what JSON and tables take:
numbers, texts, lists and mappings; frames are told by their source and their number.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from baselines.datasets.frames import Frames

KINDS = ("micro", "macro")
# Fine names as the databases write them -> coarse classes of the MEGC (MEGC2019 guideline, section
# "composite database"; CAS(ME)^3 and 4DME spellings from their label files).
COARSE_OF_FINE = {
    "negative": "negative", "repression": "negative", "anger": "negative", "angry": "negative",
    "contempt": "negative", "disgust": "negative", "fear": "negative", "sadness": "negative", "sad": "negative",
    "positive": "positive", "happiness": "positive", "happy": "positive",
    "surprise": "surprise",
    "others": "others", "other": "others",
    # two at once in 4DME: the first one, as public loaders take it
    "surprise+positive": "surprise", "surprise+negative": "surprise", "surprise+repression": "surprise",
    "positive+repression": "positive", "negative+repression": "negative",
}  # fmt: skip


def coarse(emotion: str) -> str | None:
    """Return the coarse class of a fine or coarse emotion name, or None for an unknown or empty one."""
    return COARSE_OF_FINE.get(emotion.strip().lower()) if emotion else None


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
    RGB image whose channels are u, v and optical strain. Such a clip has no frames.
    """

    dataset: str
    subject: str
    name: str
    frames: Frames | None = None
    fps: float | None = None
    event: Event | None = None
    flow_image: Path | None = None

    @property
    def label(self) -> str | None:
        """The coarse emotion, or None."""
        return coarse(self.event.emotion) if self.event else None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, with the mapping of the event; what is not there is None."""
        return {
            **_whose(self),
            "event": self.event and self.event.to_dict(),
            "flow_image": None if self.flow_image is None else str(self.flow_image),
        }


@dataclass(frozen=True)
class Video:
    """A long sequence with any number of events; `events` is None when they are not known."""

    dataset: str
    subject: str
    name: str
    frames: Frames
    fps: float
    events: tuple[Event, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, with a list of the mappings of the events; None if they are not known."""
        return {**_whose(self), "events": None if self.events is None else [event.to_dict() for event in self.events]}


@dataclass(frozen=True)
class Question:
    """One ME-VQA question about the clip or video named `video`; `answer` is empty if unknown."""

    id: str
    video: str
    text: str
    answer: str = ""
    subject: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, which are texts."""
        return asdict(self)


@dataclass(frozen=True)
class Dataset:
    """What an adapter gives: clips to recognize, videos to spot in, questions to answer.

    `findings` are the things that were wrong with the copy and left out, one line each that says what to do.
    """

    name: str
    clips: list[Clip] = field(default_factory=list)
    videos: list[Video] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def questions_by_clip(questions: Iterable[Question]) -> dict[tuple[str, str], list[Question]]:
    """Return {(subject, video): [its `Question`s]}, in order."""
    asked: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        asked.setdefault((question.subject, question.video), []).append(question)
    return asked


def frame_slice(onset: int, offset: int) -> slice:
    """Return the slice of array indices for the inclusive 1-based frames onset..offset."""
    return slice(onset - 1, offset)


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
