"""Read a whole dataset once and say what it holds, what is wrong with it, and what a complete copy would hold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from baselines.datasets import adapter, open_dataset
from baselines.datasets.about import About
from baselines.datasets.classes import unknown_word
from baselines.datasets.frames import Frames, ImageFrames
from baselines.datasets.images import MAX_PIXELS, check_regular, read_image
from baselines.datasets.records import Clip, Dataset, Event, Note, Video
from baselines.errors import InputError, in_line
from baselines.parallel import run_parallel

SHOWN = 3  # frames or ranges of frames of a source that are named one by one


def check_dataset(
    name: str, root: str | Path | None = None, jobs: int = 1, fix_labels: bool = True, quick: bool = False
) -> dict[str, Any]:
    """Return `check_records` of a copy; a layout that cannot be read at all raises `InputError`."""
    return check_records(open_dataset(name, root, fix_labels, None), adapter(name).ABOUT, jobs, quick)


def check_records(dataset: Dataset, about: About, jobs: int = 1, quick: bool = False) -> dict[str, Any]:
    """Return {"dataset", "counts", "table", "findings", "notes"} of a `Dataset`, beside what `About` says is published.

    counts: {what: number found}, emotions of clips and events of videos; table: mappings what, found, published (None
    where nothing is published) and ok (True, False or None); findings: one line for each thing that is wrong, which
    says what to do; notes: one line for each that is worth knowing and needs no mending. Every frame is decoded once,
    or with `quick` only its size is read.
    """
    sources = _sources(dataset)
    read = partial(_read, quick=quick, gaps=about.gaps)
    results = run_parallel(read, sources, jobs, f"reading {len(sources)} clips and videos")
    counts = _counts(dataset, sum(frames for frames, _ in results))
    table = _table(counts, about.counts(dataset.release))
    findings = [
        *dataset.findings,
        *(unknown_word(place, word) for word, place in dataset.own_words.items() if not dataset.coarse.knows(word)),
        *_outside(dataset),
        *_twice(dataset),
        *(message for _, messages in results for message in messages),
        *_differing(table, about.source),
    ]
    return {
        "dataset": dataset.name,
        "counts": counts,
        "table": table,
        "findings": list(dict.fromkeys(map(in_line, findings))),
        "notes": _grouped(dataset.notes),
    }


def _sources(dataset: Dataset) -> list[Frames | Path]:
    """Return what is to be read: flow pictures, whole folders of images, and parts of video files, nothing twice."""
    views: dict[Path, list[Frames]] = defaultdict(list)
    for record in _records(dataset):
        if record.frames is not None:
            views[record.frames.source].append(record.frames)
    pictures = (clip.flow_image for clip in dataset.clips if clip.frames is None and clip.flow_image is not None)
    sources: list[Frames | Path] = list(dict.fromkeys(pictures))
    for same in views.values():
        first = same[0]
        sources += [first.whole()] if isinstance(first, ImageFrames) else _distinct(same)
    return sources


def _records(dataset: Dataset) -> list[Video | Clip]:
    return [*dataset.videos, *dataset.clips]


def _events(record: Video | Clip) -> tuple[Event, ...]:
    """Return the events of a video or the one of a clip, none where they are not known."""
    if isinstance(record, Video):
        return record.events or ()
    return () if record.event is None else (record.event,)


def _distinct(views: Iterable[Frames]) -> Iterator[Frames]:
    """Yield views of one source so that each frame of theirs is in exactly one."""
    read = 0
    for frames in sorted(views, key=lambda frames: (frames.start, -frames.stop)):
        if frames.stop > max(read, frames.start):
            yield frames[max(read - frames.start, 0) :]
            read = frames.stop


def _read(source: Frames | Path, quick: bool, gaps: bool) -> tuple[int, list[str]]:
    """Return how many frames of a source can be read, and what is wrong with it; with `gaps`, gaps are not."""
    if not isinstance(source, Frames):
        sizes, broken = _look([source], quick)
        return sizes.total(), broken
    if not isinstance(source, ImageFrames):
        return (len(source), []) if quick else _decode(source)
    sizes, broken = _look([source.source / name for name in source.names[source.start : source.stop] if name], quick)
    messages = broken[:SHOWN]
    if len(broken) > SHOWN:
        messages.append(f"{source.source}: {len(broken) - SHOWN} more frames cannot be read; copy the folder again")
    if len(sizes) > 1:
        shown = ", ".join(f"{width}x{height} ({number})" for (width, height), number in sizes.most_common())
        messages.append(f"{source.source}: frames of different sizes, {shown}; export them in one size")
    return sizes.total(), messages if gaps else [*messages, *_gaps(source)]


def _look(paths: Iterable[Path], quick: bool) -> tuple[Counter[tuple[int, int]], list[str]]:
    """Return the sizes of pictures with their numbers, and one message for each that cannot be read.

    A JPEG is decoded to its end but to an eighth of its size, which shows the same faults in less than half the time.
    """
    from PIL import Image

    sizes: Counter[tuple[int, int]] = Counter()
    broken = []
    for path in paths:
        try:
            check_regular(path)
            with Image.open(path) as image:
                size = image.size
                if image.format == "JPEG" and size[0] * size[1] <= MAX_PIXELS and not quick:
                    image.draft(None, (size[0] // 8, size[1] // 8))
                    image.load()
                elif not quick:
                    read_image(path)
            sizes[size] += 1
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            broken.append(_fault(path, error))
    return sizes, broken


def _fault(path: Path, error: Exception) -> str:
    """Return the message that reading a broken picture gives."""
    try:
        read_image(path)
    except InputError as known:
        return str(known)
    return f"{path}: not a readable image ({error}); copy it again"


def _decode(video: Frames) -> tuple[int, list[str]]:
    """The same as `_read` for a video file."""
    try:
        sizes = Counter(frame.shape for frame in video.in_grey())
    except InputError as error:
        return 0, [str(error)]
    lost = sorted(video.undecoded)
    messages = []
    if lost:
        shown = ", ".join(map(str, lost[:SHOWN])) + (" ..." if len(lost) > SHOWN else "")
        messages.append(f"{video.source}: {len(lost)} frames cannot be decoded ({shown}); copy the video again")
    if video.cut_off():
        messages.append(
            f"{video.source}: its header tells of {video.cut_off()} frames more than it holds; copy the video again"
        )
    if video.is_variable_rate():
        messages.append(
            f"{video.source}: the frames are not equally spaced in time, so their numbers are no measure of it; "
            "export it at a constant rate"
        )
    return sizes.total() - len(lost), messages


def _gaps(frames: ImageFrames) -> list[str]:
    """Tell which numbers are missing between the first and the last, unless all are equally spaced."""
    numbers = [number for number in frames.numbers if number not in frames.absent]
    pairs = list(zip(numbers, numbers[1:]))
    if len({after - before for before, after in pairs}) < 2:
        return []
    spans = [(before + 1, after - 1) for before, after in pairs if after - before > 1]
    missing = sum(last - first + 1 for first, last in spans)
    return [f"{frames.source}: {missing} frames are missing, {_ranges(spans)}; copy them, or correct the names"]


def _ranges(spans: Sequence[tuple[int, int]]) -> str:
    """Return (first, last) of ranges as text: 3, 7-12 and how many more there are."""
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans[:SHOWN])
    return text if len(spans) <= SHOWN else f"{text} and {len(spans) - SHOWN} more ranges"


def _outside(dataset: Dataset) -> Iterator[str]:
    """Tell which events end after the last frame."""
    for record in _records(dataset):
        if record.frames is None:
            continue
        for event in _events(record):
            if event.offset > len(record.frames):
                yield (
                    f"{record.frames.source}: event {event.onset}-{event.offset} ends after the last frame, "
                    f"{len(record.frames)}; copy the missing frames or correct the annotation"
                )


def _twice(dataset: Dataset) -> Iterator[str]:
    """Tell which clips or videos stand twice."""
    for kind, records in (("video", dataset.videos), ("clip", dataset.clips)):
        seen = Counter((record.dataset, record.subject, record.name) for record in records)
        for (database, subject, name), times in seen.items():
            if times > 1:
                yield f"{database} subject {subject} {kind} {name} is there {times} times; keep one"


def _grouped(notes: Iterable[Note]) -> list[str]:
    """Return notes as lines, one for all places of which the same is told."""
    places: dict[str, list[str]] = {}
    for note in dict.fromkeys(notes):
        places.setdefault(note.told, []).append(note.place)
    return [
        f"{first}{f' and {len(others)} more' if others else ''}: {told}" for told, (first, *others) in places.items()
    ]


def _counts(dataset: Dataset, frames: int) -> dict[str, int]:
    """Return {what: how many}."""
    records = _records(dataset)
    events = Counter(event.kind for video in dataset.videos for event in video.events or ())
    emotions = Counter(clip.event.emotion for clip in dataset.clips if clip.event and clip.event.emotion)
    return {
        "subjects": len({(record.dataset, record.subject) for record in records if record.subject}),
        "videos": len(dataset.videos),
        "clips": len(dataset.clips),
        "frames": frames,
        **{f"{kind} events": events[kind] for kind in sorted(events)},
        **{f"emotion {emotion}": number for emotion, number in emotions.most_common()},
        "questions": len(dataset.questions),
    }


def _table(counts: Mapping[str, int], published: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the rows of the table; what is nowhere and not published is left out."""
    found = {**counts} | {what: counts.get(what, 0) for what in published}
    return [
        {
            "what": what,
            "found": number,
            "published": published.get(what),
            "ok": number == published[what] if what in published else None,
        }
        for what, number in found.items()
        if number or what in published
    ]


def _differing(table: Iterable[Mapping[str, Any]], source: str) -> Iterator[str]:
    """Tell which numbers are not those of a complete copy."""
    for row in table:
        if row["ok"] is False:
            way = "copy what is missing" if row["found"] < row["published"] else "see what does not belong to it"
            yield f"{row['what']}: {row['found']} found, {row['published']} published ({source}); {way}"
