"""How far videos reach, and the intervals in them.

Frames count from 1, or from 0 where the truth has an event that begins there; where the `videos.csv` of a manifest says
so in its column `numbers`, they have the numbers of its pictures.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.files import inside, read_csv, whole_number
from baselines.formats.challenge import place_of
from baselines.scoring.common import Row

Videos = dict[tuple[str, str], range | None]  # (subject, video): the numbers of its frames, None where not known


def known_videos(table: Path, opened: bool = False) -> Videos | None:
    """Return the videos of a `videos.csv`, None where there is no such file.

    opened: it is that of a manifest folder; open each video without a number in the column `frames`, to see its length.
    """
    if not table.is_file():
        return None
    videos: Videos = {}
    needed = ("subject", "video", *(("path",) if opened else ()))
    for place, row in read_csv(table, needed, ("frames", "numbers")):
        by_files = row["numbers"].lower() == "files"
        frames = None
        if row["frames"] and not by_files:
            count = whole_number(row["frames"], place, "frames")
            if count < 1:
                raise InputError(f"{place}: frames is {count}; expected how many frames the video has, or nothing")
            frames = range(1, count + 1)
        elif opened:
            from baselines.datasets.opening import open_frames  # imports OpenCV, which files of events do not need

            if not row["path"]:
                raise InputError(f"{place}: path and frames are empty; fill in one of them")
            numbers = open_frames(inside(table.parent, row["path"], place)).numbers
            frames = range(numbers[0], numbers[-1] + 1) if by_files else range(1, len(numbers) + 1)
        videos[row["subject"], row["video"]] = frames
    return videos


class Extents:
    """The frames of videos. Videos that are not known begin at `first`, and so do those that are counted from 1."""

    def __init__(self, videos: Videos, first: int = 1) -> None:
        self.first = first
        self.known = {
            key: range(first, first + len(frames)) if frames.start == 1 else frames
            for key, frames in videos.items()
            if frames is not None
        }

    def clipped(self, predicted: Sequence[Row]) -> tuple[list[Row], list[str]]:
        """Return predictions cut to the frames of their videos, and a line that counts those that were not within.

        None is lost: two predictions that become equal stay two, and one that lies outside its video as a whole stays
        as it is written. No event is there, so it finds nothing and counts as a false positive.
        """
        rows, cut, outside = [], [], []
        for row in predicted:
            begin, end = self._of(row)
            onset, offset = max(row["onset"], begin), row["offset"] if end is None else min(row["offset"], end)
            if onset > offset:
                outside.append(row)
            elif (onset, offset) != (row["onset"], row["offset"]):
                cut.append(row)
                row = {**row, "onset": onset, "offset": offset}
            rows.append(row)
        if not cut and not outside:
            return rows, []
        row = (cut or outside)[0]
        begin, end = self._of(row)
        line = (
            f"{place_of(row)}: interval {row['onset']} to {row['offset']} reaches outside video {row['video']}, which "
            f"begins at frame {begin}{'' if end is None else f' and ends at {end}'}; clipped to their videos: "
            f"{len(cut)} of {len(rows)} intervals"
        )
        return rows, [line + (f", wholly outside and so false positives: {len(outside)}" if outside else "")]

    def refuse_events_outside(self, truth: Iterable[Row]) -> None:
        """Raise `InputError` at an event of the truth that is past the end of its video."""
        for row in truth:
            _, end = self._of(row)
            if end is not None and row["offset"] > end:
                frames = len(self.known[row["subject"], row["video"]])
                raise InputError(
                    f"{place_of(row)}: offset {row['offset']} is past the end of video {row['video']}, "
                    f"which has {frames} frames; correct one of them"
                )

    def _of(self, row: Row) -> tuple[int, int | None]:
        """Return the first and the last frame of the video of a row, None for an end that is not known."""
        known = self.known.get((row["subject"], row["video"]))
        return (self.first, None) if known is None else (known[0], known[-1])
