"""Who and what a dataset holds, as short texts: the identity of all it holds, the person that a record shows."""

from pathlib import Path

from baselines.datasets.records import Clip, Dataset, Video
from baselines.identity import digest


def data_identity(dataset: Dataset) -> str:
    """Return a digest of everything a dataset holds: names, annotations, questions, size and time of the files."""
    records: list[Clip | Video] = [*dataset.clips, *dataset.videos]
    seen = [[subject_of(r), r.name, r.fps, _events(r)] for r in records]
    labels = [_labels(r) for r in records]
    return digest(seen, labels, [_pixels(r) for r in records], [str(question) for question in dataset.questions])


def subject_of(record: Clip | Video) -> str:
    """Return whom a clip or video shows: subjects of different databases are different people."""
    return f"{record.dataset}/{record.subject}"


def sample_of(record: Clip | Video) -> str:
    """Return which one a clip or video is among all of its kind."""
    return f"{subject_of(record)}/{record.name}"


def file_stamp(path: Path) -> list[int]:
    """Return size and time of a file."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _events(record: Clip | Video) -> list[str]:
    """Return the annotation of a record, as it is and as it is learned from."""
    if isinstance(record, Clip):
        return [str(record.event)]
    return [str(record.events), str(record.to_learn().events)]


def _labels(record: Clip | Video) -> list[str | None]:
    """Return the classes of the emotions of a record, by the set in force."""
    if isinstance(record, Clip):
        return [record.label]
    return [record.classes.label(event.emotion) for event in record.events or ()]


def _pixels(record: Clip | Video) -> str | list[int] | None:
    """Return what changes with the frames of a record, or with the flow picture that stands for them."""
    if record.frames:
        return record.frames.identity()
    picture = record.flow_image if isinstance(record, Clip) else None
    return None if picture is None else file_stamp(picture)
