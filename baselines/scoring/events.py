"""Events, true and predicted: whose they are, of which videos, and how far those reach.

What a file of predictions holds beyond the frames of a video (`peak - k` of a method near the start) is cut off, with a
warning, except where the challenge's script is followed: it takes intervals as they are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.datasets.lengths import kind_of
from baselines.datasets.rates import MISSING, Rates
from baselines.errors import InputError
from baselines.formats import exchange
from baselines.formats.challenge import place_of, read_events, refuse_duplicates
from baselines.formats.marked import Marked, Marks, in_frames
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
    by_length: bool = False,
    where: Mapping[str, str] | None = None,
    fps: float | None = None,
) -> Sides:
    """Return the events of the truth and of a file of predictions.

    truth: a file, a manifest folder, or a folder of files of a coding tool. A `videos.csv` beside an `events.csv`, or
    in the folder, tells which videos exist and, in its column `frames`, how long they are; of a folder, the other
    videos are opened to see. A subject has the spelling that is met first, in these, the truth, the predictions
    (`Spellings`). emotion: both have the column `emotion`. refuse: as in `check_known_videos`. clip: cut predictions to
    their videos (`Extents.clipped`). by_length: the type is what the length tells, whatever a file
    says. where: as in `formats.challenge.read_events`; a file of run-all holds both sides. fps: as in `Rates`. Where
    one file has no frames, the other is read in seconds as well if it has them: frames may count from another number
    there.
    """
    truth, predictions = Path(truth), Path(predictions)
    path = truth / "events.csv" if truth.is_dir() and not _is_of_tools(truth) else truth
    table = (path if path.is_dir() else path.parent) / "videos.csv"
    videos = known_videos(table, truth.is_dir()) if path.is_dir() or path.name == "events.csv" else None
    files = {"truth": path, "predictions": predictions}
    timed = [side for side, file in files.items() if exchange.tells_seconds(file)]
    if all(map(exchange.tells_frames, files.values())):
        timed = []
    marks = {side: exchange.read(files[side]) for side in timed}
    rates = Rates([(file, marks.get(side, Marks())) for side, file in files.items()], fps)
    events, predicted = (
        events_in_frames(marks[side].events, rates, emotion)
        if side in marks
        else [row | event_names(row, row) if "fold" in row else row for row in read_events(file, emotion, side, where)]
        for side, file in files.items()
    )
    notes = [note for side in timed if exchange.kind_of_file(files[side]) != "csv" for note in marks[side].notes]
    join_subjects(events, predicted, videos or ())
    spellings = Spellings()
    if videos is not None:
        videos = spellings.videos(table, videos)
    warnings = [
        *notes,
        *spellings.join(events, "events of the truth", "video"),
        *spellings.join(predicted, "predictions", "video"),
    ]
    warnings += check_known_videos(events, predicted, videos, refuse and path != predictions)
    extents = Extents(videos or {}, first=0 if any(row["onset"] == 0 for row in events) else 1)
    extents.refuse_events_outside(events)
    if clip:
        predicted, clipped = extents.clipped(predicted)
        warnings += clipped
    if by_length:
        events, predicted = ([_typed(row, rates) for row in rows] for rows in (events, predicted))
    return Sides(events, predicted, warnings)


def _is_of_tools(folder: Path) -> bool:
    """Tell whether a folder holds files of a coding tool and is no manifest."""
    return not (folder / "events.csv").exists() and bool(exchange.files_in(folder))


def events_in_frames(events: Iterable[Marked], rates: Rates, emotion: bool = False) -> list[dict[str, Any]]:
    """Return events that are in seconds as `read_events` gives those in frames, which count from 1."""
    rows = [_row(event, rates, emotion) for event in events]
    refuse_duplicates(rows, ("subject", "video", "onset", "offset", "type"))
    return rows


def _row(event: Marked, rates: Rates, emotion: bool) -> dict[str, Any]:
    frames = event.frames
    if event.seconds is not None:
        rate = rates.of(event.subject, event.video)
        if rate is None:
            raise InputError(
                f"{event.place}: is in seconds, and the frame rate of video {event.video} is not known; {MISSING}"
            )
        frames = in_frames(event.seconds, rate)
    assert frames is not None
    row = {"subject": event.subject, "video": event.video, "onset": frames.onset, "offset": frames.offset}
    if emotion and not event.emotion:
        raise InputError(f"{event.place}: tells no emotion; add it, `others` if it is none of the classes")
    return row | {"type": event.kind, **({"emotion": event.emotion.lower()} if emotion else {}), "place": event.place}


def _typed(row: Row, rates: Rates) -> dict[str, Any]:
    """Return a row with the type that its length tells."""
    rate = rates.of(row["subject"], row["video"])
    if rate is None:
        raise InputError(
            f"{place_of(row)}: what is longer than half a second is macro, and the frame rate of video {row['video']} "
            f"is not known; {MISSING}"
        )
    return {**row, "type": kind_of(row["offset"] - row["onset"] + 1, rate)}


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
            raise InputError(f"{place_of(row)}: {name} is not in the truth; correct the name or take the row out")
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
