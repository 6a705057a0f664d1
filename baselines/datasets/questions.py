"""ME-VQA questions as records; `baselines.formats.challenge` reads and writes the files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines.datasets.images import SUFFIXES as PICTURES
from baselines.datasets.opening import VIDEO_SUFFIXES
from baselines.datasets.records import Clip, Question, Video
from baselines.formats import challenge as formats
from baselines.formats.challenge import field_text


def read_rows(path: str | Path, findings: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a question file as mappings, as they stand; `as_question` makes a record of one.

    Faults raise `InputError`, or with a list `findings` leave the row out: see `formats.read_question_rows`.
    """
    return [row for _, row in formats.read_question_rows(path, findings=findings)]


def as_question(row: Mapping[str, Any]) -> Question:
    """Return the `Question` of a row. Subject and video are those of the clip asked about.

    SAMM subjects are padded to three digits, as the database writes them ("6" is 006).
    """
    subject = field_text(row, "subject")
    if field_text(row, "dataset").lower() == "samm" and subject.isdigit():
        subject = subject.zfill(3)
    identity, video, text, answer = (field_text(row, field) for field in ("id", "video", "question", "answer"))
    return Question(identity, video, text, answer, subject)


def read_questions(path: str | Path) -> list[Question]:
    """Return the `Question`s of a JSON Lines file; see `read_rows`."""
    return [as_question(row) for row in read_rows(path)]


def with_names_of(records: Iterable[Clip | Video], questions: Iterable[Question]) -> list[Question]:
    """Return questions in which the name of a file, such as v1.mp4, is that of the clip or video there is, v1."""
    known = {record.name for record in records}
    renamed = []
    for question in questions:
        name = question.video if question.video in known else without_suffix(question.video)
        renamed.append(replace(question, video=name) if name in known else question)
    return renamed


def without_suffix(name: str) -> str:
    """Return a name without the suffix of a video file or picture."""
    path = Path(name)
    return path.stem if path.suffix.lower() in (*VIDEO_SUFFIXES, *PICTURES) else name
