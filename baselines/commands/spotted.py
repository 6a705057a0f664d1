"""What is told of a video that was spotted in: rows of a CSV file, plain values for JSON, one line for the user."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.datasets.records import KINDS, Video
from baselines.errors import InputError
from baselines.formats.challenge import STRS_COLUMNS
from baselines.signatures import nearest
from baselines.spotting.base import Interval, SpottingResult
from baselines.spotting.recipe import spotting_row

STR_COLUMNS = (*STRS_COLUMNS, "type")
MORE_COLUMNS = {  # what may be asked for besides, since a file for the challenge has exactly its own
    "seconds": ("onset_seconds", "offset_seconds"),
    "apex": ("apex",),
    "score": ("score",),
    "region": ("region",),
}
SEEN = {"with_face": "with a face", "stood_in": "that cannot be read", "absent": "that are not there"}


def more_columns(asked: str) -> tuple[str, ...]:
    """Return the columns that a list of `MORE_COLUMNS` such as seconds,score means; apex and seconds give its too."""
    names = [name.strip().lower() for name in asked.split(",") if name.strip()]
    for name in names:
        if name not in MORE_COLUMNS:
            raise InputError(f"--columns {name}: is not known; {nearest(name, MORE_COLUMNS)}")
    columns = [column for name in dict.fromkeys(names) for column in MORE_COLUMNS[name]]
    return (*columns, *(("apex_seconds",) if {"seconds", "apex"} <= set(names) else ()))


def interval_rows(video: Video, intervals: Sequence[Interval]) -> list[dict[str, Any]]:
    """Return the rows of spotted intervals with all columns.

    Seconds are those at which the onset frame comes and the offset frame goes; the apex is told by when it comes.
    """
    if not intervals:
        return []
    times = np.round(video.seconds(), 6).tolist()
    return [
        {
            **found.to_dict(),
            **spotting_row(video, found),
            "apex": video.number(found.apex),
            "onset_seconds": times[found.onset - 1],
            "apex_seconds": times[found.apex - 1],
            "offset_seconds": times[found.offset],
        }
        for found in intervals
    ]


def details_of(video: Video, result: SpottingResult) -> dict[str, Any]:
    """Return a JSON-able mapping of a spotting result: intervals with scores, curves with thresholds, warnings.

    The curves begin at `first_frame`, the number that the first frame has, as files are numbered or from 1
    (`numbering`).
    """
    below = interval_rows(video, [result.below] if result.below else [])
    return {
        "subject": video.subject,
        "video": video.name,
        "fps": video.fps,
        "numbering": video.numbering,
        "first_frame": video.number(1),
        **result.to_dict(),
        "below_threshold": below[0] if below else None,
        "intervals": interval_rows(video, result.intervals),
    }


def summary_of(details: dict[str, Any]) -> str:
    """Return what a user wants to know of a spotted video, as one line of `details_of` it."""
    numbers = Counter(interval["type"] for interval in details["intervals"])
    found = ", ".join(f"{numbers[kind]} {kind}" for kind in KINDS if numbers[kind]) or "no interval"
    below, seen = details["below_threshold"], details["coverage"]
    surest = f"; below the threshold {below['score']:.2f} at frame {below['apex']}" if below else ""
    frames = ", ".join(f"{seen[what]} {told}" for what, told in SEEN.items() if what == "with_face" or seen[what])
    first = details["first_frame"]
    origin = "" if first == 1 else f", counted from {first} as the pictures are numbered"
    return f"{details['subject']} {details['video']}: {found}{surest}; {seen['frames']} frames, {frames}{origin}"
