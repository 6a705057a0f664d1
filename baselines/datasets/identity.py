"""Who and what a dataset holds, as short texts: the identity of all it holds, the person that a record shows."""

from pathlib import Path

from baselines.datasets.records import Clip, Dataset, Video
from baselines.identity import digest


def data_identity(dataset: Dataset) -> str:
    """Return a digest of everything a dataset holds: names, annotations, questions, size and time of the files."""
    records: list[Clip | Video] = [*dataset.clips, *dataset.videos]
    seen = [[subject_of(r), r.name, r.fps, str(getattr(r, "event", None) or getattr(r, "events", ""))] for r in records]
    return digest(seen, [_pixels(r) for r in records], [str(question) for question in dataset.questions])


def subject_of(record: Clip | Video) -> str:
    """Return the fold of a clip or video: subjects of different databases are different people."""
    return f"{record.dataset}/{record.subject}"


def file_stamp(path: Path) -> list[int]:
    """Return size and time of a file."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _pixels(record: Clip | Video) -> str | list[int] | None:
    """Return what changes with the frames of a record, or with the flow picture that stands for them."""
    if record.frames:
        return record.frames.identity()
    picture = record.flow_image if isinstance(record, Clip) else None
    return None if picture is None else file_stamp(picture)
