"""The events of a manifest: the rows of events.csv, and where they lie in the frames of their video."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from baselines import action_units
from baselines.datasets.frames import Frames, UnreadFrames
from baselines.datasets.names import subject_key
from baselines.datasets.records import KINDS, Event, Numbering
from baselines.errors import InputError
from baselines.files import read_csv, whole_number

Key = tuple[str, str]  # subject in the one spelling of `subject_key`, video
Events = dict[Key, list[tuple[str, str, Event]]]  # the place of each in events.csv and its subject there with it


def read_events(path: Path) -> Events | None:
    """Return the events of a table by video, or None when there is no such file."""
    if not path.exists():
        return None
    events: Events = {}
    seen = set()
    columns = ("subject", "video", "onset", "offset")
    for place, row in read_csv(path, columns, ("apex", "type", "emotion", "aus")):
        event = _read_event(row, place)
        key = subject_key(row["subject"]), row["video"]
        same = *key, event.onset, event.offset, event.kind
        if same in seen:
            raise InputError(f"{place}: this event stands twice; delete one row")
        seen.add(same)
        events.setdefault(key, []).append((place, row["subject"], event))
    return events


def _read_event(row: Mapping[str, str], place: str) -> Event:
    """Return the event of a row of events.csv; `InputError` for any cell that is not as it should be."""
    onset, apex, offset = _read_span(row, place)
    kind = row["type"].lower() or "micro"
    if kind not in KINDS:
        raise InputError(f"{place}: type is {kind!r}; expected {' or '.join(KINDS)}")
    return Event(onset, offset, apex, kind, row["emotion"].lower(), _action_units(row["aus"], place))


def _read_span(row: Mapping[str, str], place: str) -> tuple[int, int | None, int]:
    """Return onset, apex (None for an empty cell) and offset of a row, in order and not below 0."""
    onset, offset = (whole_number(row[name], place, name) for name in ("onset", "offset"))
    apex = whole_number(row["apex"], place, "apex") if row["apex"] else None
    if not 0 <= onset <= offset or (apex is not None and not onset <= apex <= offset):
        raise InputError(
            f"{place}: onset {onset}, apex {row['apex'] or '-'}, offset {offset} are not in order; correct them"
        )
    return onset, apex, offset


def _action_units(text: str, place: str) -> tuple[str, ...]:
    try:
        return tuple(unit.code for unit in action_units.parse(text))
    except ValueError as error:
        raise InputError(f"{place}: aus is {text!r} ({error}); expected a form such as AU4+AU7 or LAU14") from None


def placed(event: Event, frames: Frames, numbering: Numbering, place: str) -> Event:
    """Return an event of events.csv at its positions in the frames; there it counts from 1, or as files are numbered.

    Of frames that cannot be opened the numbers are not known: what counts as the files do is taken as positions.
    """
    if numbering == "files" and not isinstance(frames, UnreadFrames):
        return replace(event, **{name: _position(event, name, frames, place) for name in ("onset", "apex", "offset")})
    if event.offset > len(frames) or (event.onset < 1 and numbering == "positions"):
        first, last = frames.numbers[0], frames.numbers[-1]
        hint = (
            "correct one of them"
            if first == 1
            else f"if they are the numbers of the pictures, {first} to {last}, write files in the column numbers of "
            "videos.csv"
        )
        raise InputError(
            f"{place}: frames {event.onset} to {event.offset}, but {frames.source} has {len(frames)} frames, counted "
            f"from 1; {hint}"
        )
    return event


def _position(event: Event, name: str, frames: Frames, place: str) -> int | None:
    """Return the position of the onset, apex or offset of an event that has the numbers of files."""
    number = getattr(event, name)
    position = None if number is None else frames.position(number)
    if position is None and number is not None:
        raise InputError(
            f"{place}: {name} is {number}, but {frames.source} has frames {frames.numbers[0]} to {frames.numbers[-1]}; "
            "correct one of them"
        )
    return position
