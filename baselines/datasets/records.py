"""The records that every dataset adapter gives: events, clips, videos, questions.

Frame numbers in records are 1-based and inclusive, as the databases write them; array indices
are 0-based. `frame_slice` is the one place where the two meet.
"""

from dataclasses import dataclass, field
from typing import Any

from baselines.datasets.frames import Frames

COARSE = ("negative", "positive", "surprise", "others")

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


def coarse(emotion):
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
    flow_image: Any = None

    @property
    def label(self):
        """The coarse emotion, or None."""
        return coarse(self.event.emotion) if self.event else None


@dataclass(frozen=True)
class Video:
    """A long sequence with any number of events; `events` is None when they are not known."""

    dataset: str
    subject: str
    name: str
    frames: Frames
    fps: float
    events: tuple[Event, ...] | None = None


@dataclass(frozen=True)
class Question:
    """One ME-VQA question about the clip or video named `video`; `answer` is empty if unknown."""

    id: str
    video: str
    text: str
    answer: str = ""
    subject: str = ""


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


def questions_by_clip(questions):
    """Return {(subject, video): [its `Question`s]}, in order."""
    asked = {}
    for question in questions:
        asked.setdefault((question.subject, question.video), []).append(question)
    return asked


def frame_slice(onset, offset):
    """Return the slice of array indices for the inclusive 1-based frames onset..offset."""
    return slice(onset - 1, offset)
