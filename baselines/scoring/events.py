"""Rows of events, true and predicted: whether they speak of the same videos, and whose they are."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.files import read_csv
from baselines.formats.challenge import place_of
from baselines.metrics.figures import Array
from baselines.scoring.common import Row

Videos = set[tuple[str, str]]  # (subject, video)


def sibling_videos(path: Path | str) -> Videos | None:
    """Return {(subject, video)} of the `videos.csv` beside an `events.csv`, or None: what a manifest knows."""
    path = Path(path)
    videos = path.with_name("videos.csv")
    if path.name != "events.csv" or not videos.is_file():
        return None
    return {(row["subject"], row["video"]) for _, row in read_csv(videos, ("subject", "video"))}


def join_subjects(truth: Sequence[dict], predicted: Sequence[dict]) -> None:
    """Give the events of a file without subjects those of the other file, found by the name of the video."""
    for mine, other in ((truth, predicted), (predicted, truth)):
        if not mine or any(row["subject"] for row in mine) or not any(row["subject"] for row in other):
            continue
        subjects: dict[str, set[str]] = {}
        for row in other:
            subjects.setdefault(row["video"], set()).add(row["subject"])
        for row in mine:
            found = subjects.get(row["video"], {""})
            if len(found) > 1:
                raise InputError(
                    f"{place_of(row)}: video {row['video']} is one of several subjects; add the column subject"
                )
            row["subject"] = next(iter(found))


def check_known_videos(
    truth: Sequence[Row], predicted: Sequence[Row], videos: Videos | None = None, refuse: bool = True
) -> list[str]:
    """Raise `InputError` at a prediction for a video that the truth cannot know; return warnings.

    With a list of `videos` every other video is refused. Without one the truth lists events only, and a
    video without events is rightly absent: predictions there count as false positives and are reported,
    and only a subject that the truth does not know is refused (`refuse`).
    """
    listed = {(row["subject"], row["video"]) for row in truth} | (videos or set())
    subjects = {subject for subject, _ in listed}
    unknown: dict[tuple[str, str], Row] = {}
    for row in predicted:
        key = row["subject"], row["video"]
        if key not in listed:
            unknown.setdefault(key, row)
    for (subject, video), row in unknown.items():
        if videos is not None or (refuse and truth and subject not in subjects):
            name = f"video {video} of subject {subject}" if subject else f"video {video}"
            raise InputError(f"{place_of(row)}: {name} is not in the truth; mend the name or take the row out")
    if not unknown:
        return []
    (_, video), row = next(iter(unknown.items()))
    return [
        f"{place_of(row)}: video {video} has no event in the truth ({len(unknown)} such videos); "
        "a misspelt name would look the same"
    ]


def subjects_of(rows: Iterable[Row]) -> Array:
    """Return (N,) names of the subjects of event rows; the video where a file has no subjects."""
    return np.array([f"{row.get('dataset', '')}/{row['subject'] or row['video']}" for row in rows], dtype=str)


def intervals_of(rows: Iterable[Row]) -> Array:
    """Return the (N, 2) onsets and offsets of event rows."""
    return np.array([[row["onset"], row["offset"]] for row in rows], int).reshape(-1, 2)
