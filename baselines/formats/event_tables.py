"""Tables of events in frames, in seconds, or in both: CSV files of spot, str and manifests, and those of `convert`.

Columns are subject, video, onset, apex, offset, type, emotion, aus, onset_seconds, apex_seconds, offset_seconds, score
and region. Needed are the video, and onset and offset in frames or in seconds; a row may have either.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.files import csv_text, read_csv, whole_number
from baselines.formats.challenge import event_columns, event_frames, event_kind, is_log, is_of_run
from baselines.formats.marked import MORE, Key, Marked, Marks, Span, checked, number_text, seconds_in

SECONDS = ("onset_seconds", "apex_seconds", "offset_seconds")
COLUMNS = ("subject", "video", "onset", "apex", "offset", "type", "emotion", "aus", *SECONDS)


def read(path: Path) -> Marks:
    """Return the events of a table; columns that are not known are named in a note."""
    if is_log(path) or is_of_run(path):
        raise InputError(f"{path}: holds both truth and predictions; expected a table of events of one of them")
    names = event_columns(path)
    spans = [("onset", "offset"), ("onset_seconds", "offset_seconds")]
    if "video" not in names or not any(set(pair) <= set(names) for pair in spans):
        for _ in read_csv(path, ("subject", "video", "onset", "offset")):  # which tells what is missing
            break
    columns = {name: names.get(name, name) for name in (*COLUMNS, *MORE)}
    marks = Marks()
    for place, cells in read_csv(path, (columns["video"],), columns.values()):
        marks.events.append(_event({name: cells[column] for name, column in columns.items()}, place))
    unknown = [name for name in names if name not in columns]
    if unknown:
        marks.notes.append(f"{path}: columns that are not taken over: {', '.join(unknown)}")
    return marks


def tells_seconds(path: Path) -> bool:
    """Tell whether a table has the columns of seconds."""
    return {"onset_seconds", "offset_seconds"} <= set(event_columns(path)) and not is_of_run(path)


def tells_frames(path: Path) -> bool:
    """Tell whether every event of a table has frames."""
    names = event_columns(path)
    if not {"onset", "offset"} <= set(names):
        return not tells_seconds(path)  # then a reader of frames tells what is missing
    return not tells_seconds(path) or all(row[names["onset"]] for _, row in read_csv(path, (names["onset"],)))


def text(
    events: Sequence[Marked], path: str, rates: Mapping[Key, float], media: Mapping[Key, str]
) -> tuple[str, list[str]]:
    """Return events as a table in frames and seconds, in their order, and a line where either is not known."""
    more = tuple(name for name in MORE if any(event.more.get(name) for event in events))
    rows = [_row(event) for event in events]
    notes = []
    for name, what in (("onset", "frames"), ("onset_seconds", "seconds")):
        without = Counter(not row[name] for row in rows)[True]
        if without:
            notes.append(f"{path}: {what} are left empty where no frame rate is known: {without} events; give --fps")
    return csv_text((*COLUMNS, *more), rows), notes


def _event(row: Mapping[str, str], place: str) -> Marked:
    if not row["video"]:
        raise InputError(f"{place}: video is empty; fill it in")
    return checked(
        Marked(
            row["subject"],
            row["video"],
            _seconds(row, place),
            _frames(row, place),
            event_kind(row["type"] or "micro", place),
            row["emotion"],
            row["aus"],
            {name: row[name] for name in MORE},
            place,
        )
    )


def _frames(row: Mapping[str, str], place: str) -> Span | None:
    if not row["onset"] and not row["offset"]:
        if row["onset_seconds"]:
            return None
        raise InputError(f"{place}: onset is empty; fill in onset and offset, in frames or in seconds")
    onset, offset = event_frames(row["onset"], row["offset"], place, "predictions")
    apex = whole_number(row["apex"], place, "apex") if row["apex"] else None
    if apex is not None and not onset <= apex <= offset:
        raise InputError(f"{place}: onset {onset}, apex {apex}, offset {offset} are not in order; correct them")
    return Span(onset, apex, offset)


def _seconds(row: Mapping[str, str], place: str) -> Span | None:
    if not row["onset_seconds"] and not row["offset_seconds"]:
        return None
    onset, apex, offset = (
        seconds_in(row[name], place, name) if row[name] or name != "apex_seconds" else None for name in SECONDS
    )
    assert onset is not None
    assert offset is not None
    return Span(onset, apex, offset)


def _row(event: Marked) -> dict[str, str]:
    frames, seconds = event.frames, event.seconds
    row = {"subject": event.subject, "video": event.video, "type": event.kind, "emotion": event.emotion}
    row |= {"aus": event.units, **{name: event.more.get(name, "") for name in MORE}}
    for name in Span._fields:
        frame, second = (getattr(span, name) if span else None for span in (frames, seconds))
        row[name] = "" if frame is None else str(frame)
        row[f"{name}_seconds"] = "" if second is None else number_text(second)
    return row
