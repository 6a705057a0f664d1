"""Files of BORIS: its aggregated and tabular events, `.csv` and `.tsv`, and its projects `.boris`.

Behaviors called micro and macro (micro-expression, ME, ...) are expressions. Written are aggregated events, one row an
expression: the observation is the video, the modifiers are emotion and action units, and the comment holds the rest,
like `apex: 1.234; score: 1.2`. Read are these, the tabular ones with START and STOP, and projects. A behavior called
apex, a point event, tells the apex of the expression that it lies in. All others are counted.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.files import MOST_ROWS, csv_text, parse_json, read_text
from baselines.formats.marked import (
    MORE,
    MOST_RATE,
    Key,
    Marked,
    Marks,
    Span,
    attribute_of,
    base_name,
    checked,
    counted,
    details_text,
    in_order,
    kind_of,
    names_units,
    number_text,
    seconds_in,
    stem,
    with_attribute,
    with_details,
)

NOBODY = "No focal subject"
COLUMNS = (
    "Observation id", "Media file name", "FPS (frame/s)", "Subject", "Behavior", "Modifiers", "Behavior type",
    "Start (s)", "Stop (s)", "Duration (s)", "Comment start", "Comment stop",
)  # fmt: skip
_SPELLINGS = {  # of the columns, in the versions of BORIS
    "observation": ("observation id",),
    "media": ("media file name", "media file", "media file path", "media file(s)"),
    "fps": ("fps (frame/s)", "fps"),
    "offset": ("time offset (s)",),
    "subject": ("subject",),
    "behavior": ("behavior", "behaviour"),
    "type": ("status", "event type", "behavior type"),
    "start": ("start (s)",),
    "stop": ("stop (s)",),
    "time": ("time", "time (s)"),
    "comment": ("comment start", "comment"),
}
_HEADER_WITHIN = 60  # rows; how far down a header is looked for


@dataclass
class _Row:
    """A row or an event of an observation, as it stands."""

    place: str
    cells: Mapping[str, str]
    modifiers: tuple[str, ...]

    def __getattr__(self, name: str) -> str:
        return self.cells.get(name, "")


def is_table(path: Path) -> bool:
    """Tell whether a text file is a table that BORIS writes."""
    return _table(path)[1] is not None


def read(path: Path) -> Marks:
    """Return the expressions of a file of BORIS; other behaviors are counted."""
    marks = Marks()
    others: Counter[str] = Counter()
    if path.suffix.lower() == ".boris":
        rows = _project_rows(path, marks)
    else:
        rows = _table_rows(path)
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        if kind_of(row.behavior) or attribute_of(row.behavior) == "apex":
            groups.setdefault((row.observation, row.media), []).append(row)
        else:
            others[row.behavior] += 1
    _refuse_queues(groups)
    for (observation, media), mine in groups.items():
        events, apexes = _paired(mine, stem(base_name(media)) or observation or path.stem)
        marks.events += [checked(event) for event in _with_apexes(events, apexes, marks, path)]
        for row in mine:
            _note_media(marks, row, events)
    marks.events = in_order(marks.events)
    if others:
        marks.notes.append(f"{path}: behaviors that are neither micro nor macro, left out: {counted(others)}")
    return marks


def text(
    events: Sequence[Marked], path: str, rates: Mapping[Key, float], media: Mapping[Key, str]
) -> tuple[str, list[str]]:
    """Return events as a table of aggregated events, between tabs for a path in .tsv, and no line: it holds all."""
    if path.lower().endswith(".boris"):
        raise InputError(f"{path}: a project is not written, but its aggregated events; name a .csv or .tsv file")
    rows = []
    for event in in_order(events):
        assert event.seconds is not None
        modifiers = _modifiers(event.emotion, event.units)
        untold = ("emotion", "AU") if modifiers is None else ()
        name = base_name(media.get(event.key, ""))
        rate = rates.get(event.key)
        begin, end = (f"{round(second, 6):.6f}" for second in (event.seconds.onset, event.seconds.offset))
        values = (
            event.video,
            name if stem(name) == event.video else "",
            repr(rate) if rate else "",
            event.subject or NOBODY,
            event.kind,
            modifiers or "",
            "STATE",
            begin,
            end,
            f"{event.seconds.offset - event.seconds.onset:.6f}",
            details_text(event, (*untold, "apex", *MORE), "; ", _escaped),
            "",
        )
        rows.append(values)
    written = csv_text(COLUMNS, rows)
    if path.lower().endswith(".tsv"):
        buffer = io.StringIO()
        csv.writer(buffer, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])
        written = buffer.getvalue()
    return written, []


def _escaped(value: str) -> str:
    """Return a text as it stands between semicolons."""
    return value.replace("%", "%25").replace(";", "%3B")


def _modifiers(emotion: str, units: str) -> str | None:
    """Return emotion and action units as modifiers of two sets, None where they would be read otherwise."""
    if not (emotion or units):
        return ""
    written = f"{emotion or 'None'}|{units or 'None'}"
    return written if _read_modifiers(written.split("|")) == (emotion, units) else None


def _read_modifiers(parts: Iterable[str]) -> tuple[str, str]:
    """Return emotion and action units of modifiers; an emotion is what is no list of action units."""
    emotion, units = "", []
    for part in (part.strip() for part in parts):
        if part.lower() in ("", "none", "nan", "na"):
            continue
        if names_units(part):
            units.append(part)
        else:
            emotion = emotion or part
    return emotion, "+".join(units)


def _paired(rows: Sequence[_Row], video: str) -> tuple[list[Marked], list[Marked]]:
    """Return the expressions of an observation, and its apexes as events without length."""
    events: list[Marked] = []
    apexes: list[Marked] = []
    begun: dict[tuple[str, ...], _Row] = {}
    for row in sorted(rows, key=lambda row: seconds_in(row.start or row.time, row.place, "the time")):
        begin = seconds_in(row.start or row.time, row.place, "the time")
        if attribute_of(row.behavior) == "apex":
            apexes.append(_marked(row, video, begin, begin))
            continue
        point = row.type.upper() == "POINT" or (row.stop and seconds_in(row.stop, row.place, "Stop (s)") == begin)
        if point:
            raise InputError(
                f"{row.place}: {row.behavior} at {begin:g} s is a point event, without an end; code it as a state event"
            )
        if row.stop:
            events.append(_marked(row, video, begin, seconds_in(row.stop, row.place, "Stop (s)")))
            continue
        who = (row.subject, row.behavior, *row.modifiers)
        if row.type.upper() not in ("", "START", "STOP", "STATE"):
            raise InputError(f"{row.place}: its type is {row.type!r}; expected START or STOP")
        stops = row.type.upper() == "STOP" or (row.type.upper() != "START" and who in begun)
        if stops and who not in begun:
            raise InputError(f"{row.place}: {row.behavior} stops at {begin:g} s and never started; correct it in BORIS")
        if stops:
            first = begun.pop(who)
            events.append(_marked(first, video, seconds_in(first.time, first.place, "the time"), begin))
        elif who in begun:
            raise InputError(
                f"{row.place}: {row.behavior} starts at {begin:g} s and has not stopped; correct it in BORIS"
            )
        else:
            begun[who] = row
    for row in begun.values():
        raise InputError(f"{row.place}: {row.behavior} starts at {row.time} s and never stops; correct it in BORIS")
    return events, apexes


def _marked(row: _Row, video: str, begin: float, end: float) -> Marked:
    subject = "" if row.subject == NOBODY else row.subject
    emotion, units = _read_modifiers(row.modifiers)
    kind = kind_of(row.behavior) or ""
    event = Marked(subject, video, Span(begin, None, end), None, kind, emotion, units, place=row.place)
    parts = (part.replace("%3B", ";").replace("%25", "%") for part in row.comment.split(";"))
    return with_details(event, parts)[0]  # other comments are remarks of the coder


def _with_apexes(events: Sequence[Marked], apexes: Sequence[Marked], marks: Marks, path: Path) -> list[Marked]:
    """Return events with the apexes that lie in them, each in the shortest; the others are counted."""
    found, lost = list(events), 0
    for apex in apexes:
        assert apex.seconds is not None
        at = apex.seconds.onset
        holding = [
            (event.seconds.offset - event.seconds.onset, number)
            for number, event in enumerate(found)
            if event.seconds and event.seconds.onset <= at <= event.seconds.offset and event.subject == apex.subject
        ]
        if holding:
            number = min(holding)[1]
            found[number] = with_attribute(found[number], "apex", number_text(at))
        else:
            lost += 1
    if lost:
        marks.notes.append(f"{path}: apexes that lie in no expression, left out: {lost}")
    return found


def _note_media(marks: Marks, row: _Row, events: Sequence[Marked]) -> None:
    for event in events:
        if row.media:
            marks.media.setdefault(event.key, base_name(row.media))
        if re.fullmatch(r"\d+(\.\d+)?", row.fps) and 1 <= float(row.fps) <= MOST_RATE:
            marks.rates.setdefault(event.key, float(row.fps))


def _refuse_queues(groups: Mapping[tuple[str, str], Sequence[_Row]]) -> None:
    """Refuse an observation of several media files one after the other, whose times run on, and one with an offset."""
    seen: dict[str, str] = {}
    for (observation, media), rows in groups.items():
        if observation and seen.setdefault(observation, media) != media:
            raise InputError(
                f"{rows[0].place}: observation {observation} has several media files, {base_name(seen[observation])} "
                f"and {base_name(media)}, through which its times run on; code each video in an observation of its own"
            )
        for row in rows:
            if row.offset and seconds_in(row.offset, row.place, "Time offset (s)"):
                raise InputError(
                    f"{row.place}: observation {observation} has a time offset of {row.offset} s, so its times are not "
                    "those of the video; set it to 0 in BORIS and export again"
                )


def _table(path: Path) -> tuple[list[list[str]], int | None]:
    """Return the rows of a table, and the number of its header from 0, None where there is none of BORIS."""
    content, rows = read_text(path), []
    head = content[:20000]
    delimiter = max("\t,;", key=lambda mark: sum(line.count(mark) for line in head.splitlines()))
    try:
        for row in csv.reader(io.StringIO(content), delimiter=delimiter):
            rows.append([cell.strip() for cell in row])
            if len(rows) > MOST_ROWS:
                raise InputError(f"{path}: has more than {MOST_ROWS} rows; split the table")
    except csv.Error:
        return [], None
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        names = {cell.lower() for cell in row}
        if names & {*_SPELLINGS["behavior"]} and ({"start (s)", "stop (s)"} <= names or names & {*_SPELLINGS["time"]}):
            return rows, number
    return rows, None


def _table_rows(path: Path) -> list[_Row]:
    rows, header = _table(path)
    assert header is not None
    names = [cell.lower() for cell in rows[header]]
    above = {row[0].lower(): row[1] for row in rows[:header] if len(row) > 1 and row[0]}
    position = {
        name: next((names.index(spelling) for spelling in spellings if spelling in names), None)
        for name, spellings in _SPELLINGS.items()
    }
    modifiers = [number for number, name in enumerate(names) if name.startswith("modifier")]
    if "start (s)" not in names:
        position["start"] = position["stop"] = None
    found = []
    for number, cells in enumerate(rows[header + 1 :], start=header + 2):
        place = f"{path} row {number}"
        if not any(cells):
            continue
        if len(cells) < len(names):
            raise InputError(f"{place}: {len(cells)} cells where the header has {len(names)}; complete the row")
        row = {name: "" if at is None else cells[at] for name, at in position.items()}
        row["observation"] = row["observation"] or above.get("observation id", "")
        row["offset"] = row["offset"] or above.get("time offset (s)", "")
        parts = tuple(part for at in modifiers for part in cells[at].split("|"))
        found.append(_Row(place, row, parts))
    return found


def _project_rows(path: Path, marks: Marks) -> list[_Row]:
    """Return the events of the observations of a project."""
    content = read_text(path)
    try:
        project = parse_json(content)
    except ValueError as error:
        raise InputError(f"{path}: not a project of BORIS ({error}); save it in BORIS again") from None
    observations = project.get("observations") if isinstance(project, dict) else None
    if not isinstance(observations, dict):
        raise InputError(f"{path}: has no observations; expected a project of BORIS")
    points = {
        _text(told.get("code"))
        for told in _values(project.get("behaviors_conf"))
        if _text(told.get("type")).lower().startswith("point")
    }
    rows = []
    for name, observation in observations.items():
        if not isinstance(observation, dict):
            raise InputError(f"{path}: observation {name} is no mapping; expected a project of BORIS")
        told = {"observation": name, "offset": _text(observation.get("time offset"))}
        media = _project_media(observation)
        info = observation.get("media_info")
        fps = info.get("fps") if isinstance(info, dict) else None
        events = observation.get("events")
        for number, event in enumerate(events if isinstance(events, list) else (), start=1):
            place = f"{path} observation {name} event {number}"
            if not isinstance(event, list) or len(event) < 3:
                raise InputError(f"{place}: expected time, subject, behavior, modifier, comment; save it in BORIS")
            time, subject, behavior, modifier, comment = (*map(_text, event[:5]), "", "")[:5]
            cells = told | {"time": time, "subject": subject, "behavior": behavior, "comment": comment}
            cells |= {"type": "POINT" if behavior in points else "", "media": media[0] if media else ""}
            if media and isinstance(fps, dict):
                cells["fps"] = _text(fps.get(media[0]))
            if len(media) > 1 and kind_of(behavior):
                raise InputError(
                    f"{place}: the observation has several media files, {base_name(media[0])} and "
                    f"{base_name(media[1])}, through which its times run on; code each video in one of its own"
                )
            rows.append(_Row(place, cells, tuple(modifier.split("|"))))
    return rows


def _project_media(observation: Mapping[str, Any]) -> list[str]:
    """Return the media files of the first player of an observation."""
    players = observation.get("file")
    first = players.get("1") if isinstance(players, dict) else None
    return [name for name in first if isinstance(name, str)] if isinstance(first, list) else []


def _values(mapping: object) -> list[Mapping[str, Any]]:
    return [value for value in mapping.values() if isinstance(value, dict)] if isinstance(mapping, dict) else []


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
