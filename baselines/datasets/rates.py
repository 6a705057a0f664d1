"""The frame rates of the videos that files of events tell of: as the user says, else where such a file knows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.datasets.names import subject_key
from baselines.files import inside, read_csv
from baselines.formats.marked import Key, Marks, rate_in

MISSING = "give --fps, the frames per second of the video"


class Rates:
    """Where frame rates are looked for, in this order: what the user says; what files of events tell of themselves; the
    column fps, or else the video, in a `videos.csv` beside them; a video beside them.

    A path in a file of events is of another machine perhaps: its name is looked for beside the file and nowhere else.
    """

    def __init__(
        self, files: Sequence[tuple[Path, Marks]], fps: float | None = None, media: Path | None = None
    ) -> None:
        self.files, self.fps, self.media = files, fps, media
        folders = dict.fromkeys(path if path.is_dir() else path.parent for path, _ in files)
        self.folders = [folder for folder in folders if folder.is_dir()]
        self.tables = [_table(folder / "videos.csv") for folder in self.folders]
        self.found: dict[Key, float | None] = {}

    def of(self, subject: str, video: str) -> float | None:
        """Return the rate of a video, None where it is not known."""
        key = subject, video
        if key not in self.found:
            self.found[key] = self.fps or self._told(key) or self._listed(key) or self._seen(key)
        return self.found[key]

    def media_of(self, key: Key) -> Path | None:
        """Return the video file of a video: that which the user names, or one beside the files of events."""
        if self.media is not None and not self.media.is_dir():
            return self.media
        from baselines.datasets.opening import VIDEO_SUFFIXES  # loads what files of events do not need

        named = [name for _, marks in self.files if (name := _match(marks.media, key))]
        names = [*named, *(key[1] + suffix for suffix in VIDEO_SUFFIXES)]
        for folder in (self.media,) if self.media else self.folders:
            for name in names:
                path = folder / name
                if path.name == name and path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES:
                    return path
        return None

    def _told(self, key: Key) -> float | None:
        return next((rate for _, marks in self.files if (rate := _match(marks.rates, key))), None)

    def _listed(self, key: Key) -> float | None:
        for table in self.tables:
            found = _match(table, key)
            if found is None:
                continue
            place, row = found
            if row["fps"]:
                return rate_in(row["fps"], f"{place}: fps")
            if row["path"]:
                path = inside(Path(place.rpartition(" row ")[0]).parent, row["path"], place)
                if path.is_file():
                    return _rate(path)
        return None

    def _seen(self, key: Key) -> float | None:
        path = self.media_of(key)
        return _rate(path) if path else None


def _rate(path: Path) -> float | None:
    from baselines.datasets.opening import open_frames

    return open_frames(path).fps


def _table(path: Path) -> dict[Key, tuple[str, Mapping[str, str]]]:
    """Return {(subject, video): (place, row)} of a `videos.csv`, nothing where there is none."""
    if not path.is_file():
        return {}
    rows = read_csv(path, ("subject", "video"), ("path", "fps"))
    return {(row["subject"], row["video"]): (place, row) for place, row in rows}


def _match(known: Mapping[Key, Any], key: Key) -> Any:
    """Return what is known of a video; by its name alone where either has no subject and one video is called so."""
    subject, video = key
    same = {other: told for other, told in known.items() if other[1] == video}
    for other, told in same.items():
        if subject_key(other[0]) == subject_key(subject):
            return told
    alone = [told for other, told in same.items() if not other[0] or not subject]
    return alone[0] if len(alone) == 1 else None
