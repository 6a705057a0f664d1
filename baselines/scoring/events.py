"""Events, true and predicted: whose they are, of which videos, and how far those reach.

What a file of predictions holds beyond the frames of a video (`peak - k` of a method near the start) is cut off, with a
warning, except where the challenge's script is followed: it takes intervals as they are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.formats.challenge import place_of, read_events
from baselines.metrics.figures import Array
from baselines.scoring.common import Row
from baselines.scoring.extents import Extents, Videos, known_videos
from baselines.scoring.score import Sides, event_names
from baselines.scoring.subjects import Spellings


def read_sides(
    truth: Path | str,
    predictions: Path | str,
    emotion: bool = False,
    refuse: bool = True,
    clip: bool = True,
    where: Mapping[str, str] | None = None,
) -> Sides:
    """Return the events of the truth and of a file of predictions.

    truth: a file, or a manifest folder. A `videos.csv` beside an `events.csv` tells which videos exist and, in its
    column `frames`, how long they are; of a folder, the other videos are opened to see. A subject has the spelling that
    is met first, in these, the truth, the predictions (`Spellings`). emotion: both have the column
    `emotion`. refuse: as in `check_known_videos`. clip: cut predictions to their videos (`Extents.clipped`). where: as
    in `formats.challenge.read_events`; a file of run-all holds both sides.
    """
    truth = Path(truth)
    path = truth / "events.csv" if truth.is_dir() else truth
    videos = known_videos(path.with_name("videos.csv"), truth.is_dir()) if path.name == "events.csv" else None
    events, predicted = (
        [row | event_names(row, row) if "fold" in row else row for row in read_events(file, emotion, side, where)]
        for file, side in ((path, "truth"), (predictions, "predictions"))
    )
    join_subjects(events, predicted, videos or ())
    spellings = Spellings()
    if videos is not None:
        videos = spellings.videos(path.with_name("videos.csv"), videos)
    warnings = [
        *spellings.join(events, "events of the truth", "video"),
        *spellings.join(predicted, "predictions", "video"),
    ]
    warnings += check_known_videos(events, predicted, videos, refuse and path != Path(predictions))
    extents = Extents(videos or {}, first=0 if any(row["onset"] == 0 for row in events) else 1)
    extents.refuse_events_outside(events)
    if clip:
        predicted, clipped = extents.clipped(predicted)
        warnings += clipped
    return Sides(events, predicted, warnings)


def join_subjects(
    truth: Sequence[dict[str, Any]], predicted: Sequence[dict[str, Any]], videos: Iterable[tuple[str, str]] = ()
) -> None:
    """Give events of a file without subjects those of the other file or of `videos`, by the name of the video."""
    listed = [{"subject": subject, "video": video} for subject, video in videos]
    for mine, other in ((truth, [*predicted, *listed]), (predicted, [*truth, *listed])):
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
    listed = {(row["subject"], row["video"]) for row in truth} | set(videos or ())
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
