"""The files of the challenges: events, recognition tables, ME-VQA answers; and the predictions that run-all writes.

Readers give one mapping a row with plain values and `place` (file and row, for messages). They are
tolerant of what does not change the meaning - a byte-order mark, CRLF, extra columns, spaces, blank
lines, capitals in types and emotions and in the header of an event file - and strict on what does: each
fault is one `InputError` with file and row.

Event files: `subject,video,onset,offset` with `type` (micro, macro, or me, mae) or `emotion`; the
header of 2022 `vid,pred_onset,pred_offset,type` and of 2023 `vid,onset,offset,type`, in which a
video has no subject; the log of MEGC2019 and MEGC2020, lines `video onset offset onset offset
TP|FP|FN` below a line with the number of the database.

A file of predictions of run-all has the columns RUN besides, and `side` (truth or predictions) if it holds events; of
several experiments in it `where`, {column: value}, says which.
"""

import csv
import json
import math
import shlex

from baselines.errors import InputError
from baselines.files import csv_text, parse_json, read_csv, read_jsonl, read_text, whole_number, write_text
from baselines.signatures import nearest

SPOTTING_COLUMNS = ("subject", "video", "onset", "offset", "type")
STRS_COLUMNS = ("subject", "video", "onset", "offset", "emotion")
RECOGNITION_KEYS = ("dataset", "subject", "clip")
# columns of a file of run-all; the first three name one experiment
RUN = ("recipe", "seed", "table", "protocol", "fold", "dataset")
PROBABILITY = "p_"  # begins the columns of probabilities in it
LOG_DATASETS = {"1": "samm", "2": "casme_sq"}
# what a ME-VQA row tells, and the keys that the challenges use for it; `image` names a clip without its subject
VQA_FIELDS = {
    "id": ("id", "video_id"), "question": ("question",), "answer": ("answer",), "dataset": ("dataset",),
    "subject": ("subject",), "video": ("video", "filename", "image_id"), "image": ("video", "image_id", "filename"),
}  # fmt: skip
VQA_ADDED = ("confidence", "flag", "grounds")  # fields that `megc vqa` adds to an answered row; no leaderboard has them
_KINDS = {
    "micro": "micro", "me": "micro", "micro-expression": "micro",
    "macro": "macro", "mae": "macro", "macro-expression": "macro",
}  # fmt: skip
_ALIASES = {"vid": "video", "pred_onset": "onset", "pred_offset": "offset"}
_MOST_FRAMES = 10**9  # a year of 30 frames per second


def read_events(path, emotion=False, side="predictions", where=None):
    """Return the events of a file: mappings subject, video, onset, offset, type (and emotion), place.

    emotion: the column `emotion` is required and read in lower case. A file without `type` gives
    micro, one without `subject` an empty subject. side: truth or predictions: which half of a log, or of a
    file of run-all, to take, and whether an onset may lie before the first frame, as `peak - k` of a method
    does; such intervals are given as written (`baselines.scoring.events` clips them). Rows of run-all have
    RUN besides, and may be in no class. Raises `InputError` for an onset after its offset, a duplicate row,
    an unknown type, an empty emotion, or an event of the truth before frame 0.
    """
    if is_log(path):
        if emotion:
            raise InputError(f"{path}: a MEGC2020 log has no emotions; expected the header {','.join(STRS_COLUMNS)}")
        rows = _log_events(path, side)
    else:
        rows = [_event(place, row, emotion, side) for place, row in _event_rows(path, emotion, side, where)]
    refuse_duplicates(rows, ("subject", "video", "onset", "offset", "type", "emotion", "dataset", "fold"))
    return rows


def write_events(path, rows, columns=SPOTTING_COLUMNS):
    """Write event rows (mappings) as CSV with `columns`."""
    write_text(path, csv_text(columns, rows))


def read_log(path):
    """Return the rows of a MEGC2019/2020 log: mappings dataset, video, truth, predicted, result, place.

    truth and predicted are (onset, offset) or None where the log has `-`. Raises `InputError` where
    the result does not fit what is present.
    """
    rows, dataset = [], ""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        cells, place = line.split(), f"{path} row {number}"
        if len(cells) == 1 and cells[0] in LOG_DATASETS:
            dataset = LOG_DATASETS[cells[0]]
        elif len(cells) == 6:
            truth = _log_interval(cells[1:3], place, "truth")
            predicted = _log_interval(cells[3:5], place, "predictions")
            expected = {(True, True): "TP", (False, True): "FP", (True, False): "FN"}.get(
                (bool(truth), bool(predicted))
            )
            if cells[5].upper() != expected:
                raise InputError(f"{place}: result is {cells[5]!r}; expected {expected or 'two frame numbers'}")
            row = {"dataset": dataset, "video": cells[0], "truth": truth, "predicted": predicted}
            rows.append(row | {"result": expected, "place": place})
        elif cells:
            raise InputError(f"{place}: expected a database number 1 or 2, or video, four frames (or -) and TP|FP|FN")
    return rows


def write_log(path, rows):
    """Write rows as `read_log` gives them (without place) as a MEGC2020 log, databases in order of number."""
    lines = []
    for number, dataset in LOG_DATASETS.items():
        mine = [row for row in rows if row["dataset"] == dataset]
        lines += [number] if mine else []
        for row in mine:
            frames = [*(row["truth"] or ("-", "-")), *(row["predicted"] or ("-", "-"))]
            lines.append(" ".join([row["video"], *map(str, frames), row["result"]]))
    write_text(path, "".join(line + "\n" for line in lines))


def read_recognition(path, columns, where=None):
    """Return the rows of a recognition table: mappings dataset, subject, clip and `columns`, place.

    columns: label, prediction or both; read in lower case. Rows of run-all have its `protocol` and `probabilities`
    {class: p} besides, and `fold` where it tests a clip in several. Raises `InputError` for an empty cell or a clip
    that stands twice.
    """
    rows, of_run = [], is_of_run(path)
    classes = [name for name in _header(path) if name.startswith(PROBABILITY)] if of_run else []
    for place, row in _run_rows(path, (*RECOGNITION_KEYS, *columns), where, classes):
        for name in ("subject", "clip", *columns):
            if not row[name]:
                raise InputError(f"{place}: {name} is empty; fill it in")
        found = {name: row[name].lower() for name in columns} | {"place": place}
        found |= {name: row[name] for name in (*RECOGNITION_KEYS, *(("protocol", "fold") if of_run else ()))}
        given = {name: row[name] for name in classes if row[name]}
        if given:
            found["probabilities"] = {name[len(PROBABILITY) :]: _share(p, place, name) for name, p in given.items()}
        rows.append(found)
    if of_run and len({tuple(row[name] for name in RECOGNITION_KEYS) for row in rows}) == len(rows):
        rows = [{name: value for name, value in row.items() if name != "fold"} for row in rows]
    refuse_duplicates(rows, (*RECOGNITION_KEYS, "fold"))
    return rows


def is_of_run(path):
    """Tell whether a CSV file is one of predictions that run-all wrote."""
    return set(RUN) <= set(_header(path))


def write_recognition(path, rows):
    """Write recognition rows (mappings dataset, subject, clip, label, prediction) as CSV."""
    write_text(path, csv_text((*RECOGNITION_KEYS, "label", "prediction"), rows))


def read_question_rows(path, needed=("id", "question", "video"), findings=None):
    """Return the rows of a ME-VQA file as `(place, record)`, records as they stand; see `sound_rows`."""
    return sound_rows(_json_rows(path, findings), needed, findings)


def sound_rows(entries, needed=("id", "question", "video"), findings=None):
    """Return those `(place, record)` of `entries` that are without fault.

    needed: VQA_FIELDS that no row may lack. A row that lacks one and an id that stands twice raise `InputError`; with
    a list `findings` they are left out and the list says why.
    """
    rows, places = [], {}
    for place, record in entries:
        name = field_text(record, "id")
        lacking = next((field for field in needed if not field_text(record, field)), None)
        if lacking is None and name not in places:
            places[name] = place
            rows.append((place, record))
            continue
        if lacking is None:
            fault = f"id {name!r} is a duplicate of {places[name]}; give every row its own"
        else:
            fault = f"no {' or '.join(VQA_FIELDS[lacking])}{f' to {name}' if name else ''}; fill it in"
        if findings is None:
            raise InputError(f"{place}: {fault}")
        findings.append(f"{place}: {fault}")
    return rows


def field_text(record, field):
    """Return what a row of a ME-VQA file holds under one of VQA_FIELDS as text, empty for nothing or no text."""
    for name in VQA_FIELDS[field]:
        value = record.get(name)
        if value.__class__ is str:
            value = value.strip()
        elif value.__class__ is int or (value.__class__ is float and math.isfinite(value)):
            value = str(value)
        else:
            continue
        if value:
            return value
    return ""


def read_answers(path):
    """Return the rows of an answered ME-VQA file: records with id, question, answer and video as text, and `place`.

    Raises `InputError` for a row without id, without answer, or with an id that stood before.
    """
    rows = []
    for place, record in read_question_rows(path, ("id", "answer")):
        record["place"], record["id"] = place, field_text(record, "id")
        record["question"], record["video"] = field_text(record, "question"), field_text(record, "image")
        record["answer"] = str(record["answer"])
        rows.append(record)
    return rows


def _json_rows(path, findings):
    """Like `read_jsonl`; a file without fault or blank line is parsed in one go, which takes half the time."""
    body = read_text(path).rstrip()
    try:
        records = parse_json(f"[{body.replace(chr(10), ',')}]")  # no JSON text holds a bare line feed
    except ValueError:
        return read_jsonl(path, findings)
    if len(records) != body.count("\n") + bool(body) or not all(isinstance(record, dict) for record in records):
        return read_jsonl(path, findings)
    start = f"{path} line "
    return ((f"{start}{number}", record) for number, record in enumerate(records, start=1))


def write_answers(path, records):
    """Write ME-VQA records (mappings) as JSON Lines, keys in their order."""
    write_text(path, json_lines(records))


def json_lines(records):
    """Return records (mappings) as JSON Lines; letters as they are, except in a record that UTF-8 cannot hold."""
    return "".join(_json_line(record) + "\n" for record in records)


def _json_line(record):
    text = json.dumps(record, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(record)
    return text


def place_of(row, number=None):
    """Return where a row stands, for messages: its file and row, or its number."""
    return row.get("place") or f"row {number}"


def event_columns(path):
    """Return {name of a column of event files, in lower case: its name in the header of a CSV file}."""
    return {_ALIASES.get(name.lower(), name.lower()): name for name in _header(path)}


def _event_rows(path, emotion, side, where):
    names = event_columns(path)
    without_subject = names.get("video", "").lower() == "vid" and "subject" not in names
    wanted = [*(() if without_subject else ("subject",)), "video", "onset", "offset"]
    wanted += [name for name in ("type", "emotion") if name in names or (name == "emotion" and emotion)]
    wanted += ["side", *RUN] if is_of_run(path) else []
    for place, row in _run_rows(path, [names.get(name, name) for name in wanted], where):
        row = {name: row[names[name]] for name in wanted}
        if row.get("side", side) not in ("truth", "predictions"):
            raise InputError(f"{place}: side is {row['side']!r}; expected truth or predictions")
        if row.pop("side", side) == side:
            yield place, row


def _header(path):
    try:
        return [name.strip() for name in next(csv.reader([read_text(path).partition("\n")[0]]), [])]
    except csv.Error:  # which `read_csv` tells
        return []


def _run_rows(path, required, where=None, optional=()):
    """Yield what `read_csv` does; of a file of run-all the rows of one experiment, which `where` says if need be."""
    if not is_of_run(path):
        yield from read_csv(path, required, optional)
        return
    header = _header(path)
    for name in where or {}:
        if name not in header:
            raise InputError(f"--where {name}: {path} has no such column; {nearest(name, header)}")
    rows = list(read_csv(path, dict.fromkeys((*required, *RUN, *(where or {}))), optional))
    for name, value in (where or {}).items():
        there = dict.fromkeys(row[name] for _, row in rows)
        rows = [(place, row) for place, row in rows if row[name] == value]
        if not rows:
            raise InputError(f"--where {name}={value}: {path} has no such row; {nearest(value, there)}")
    several = {name: dict.fromkeys(row[name] for _, row in rows) for name in RUN[:3]}
    several = {name: values for name, values in several.items() if len(values) > 1}
    if several:
        held = ", ".join(f"{len(values)} {name}s" for name, values in several.items())
        choice = " ".join(f"--where {name}={shlex.quote(next(iter(values)))}" for name, values in several.items())
        raise InputError(f"{path}: holds {held}; choose one, as with {choice}")
    yield from rows


def _share(text, place, column):
    try:
        if 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    raise InputError(f"{place}: {column} is {text!r}; expected a share from 0 to 1")


def _event(place, row, emotion, side):
    for name in ("subject", "video"):
        if row.get(name) == "":
            raise InputError(f"{place}: {name} is empty; fill it in")
    onset, offset = event_frames(row["onset"], row["offset"], place, side)
    kind = event_kind(row.get("type", "micro"), place)
    event = {"subject": row.get("subject", ""), "video": row["video"], "onset": onset, "offset": offset, "type": kind}
    event |= {name: row[name] for name in RUN if name in row}
    if emotion:
        if not row["emotion"] and "fold" not in row:
            raise InputError(f"{place}: emotion is empty; expected a class, `others` if it is none of them")
        event["emotion"] = row["emotion"].lower()
    return event | {"place": place}


def event_kind(text, place):
    """Return micro or macro, as a cell says."""
    kind = _KINDS.get(text.lower())
    if kind is None:
        raise InputError(f"{place}: type is {text!r}; expected micro or macro (or me, mae)")
    return kind


def event_frames(onset, offset, place, side):
    """Return onset and offset, in order, of two cells; those of the truth are not below 0."""
    cells = {"onset": onset, "offset": offset}
    numbers = {name: whole_number(cell, place, name) for name, cell in cells.items()}
    for name, number in numbers.items():
        if abs(number) > _MOST_FRAMES:
            raise InputError(f"{place}: {name} is {cells[name]!r}; expected a frame number, no video is that long")
    onset, offset = numbers.values()
    if onset < 0 and side == "truth":
        raise InputError(f"{place}: onset is {onset}; expected a frame number, not below 0")
    if onset > offset:
        raise InputError(f"{place}: onset {onset} is after offset {offset}; expected onset <= offset")
    return onset, offset


def refuse_duplicates(rows, keys):
    """Raise `InputError` at a row that is like an earlier one in all `keys`."""
    seen = {}
    for row in rows:
        key = tuple(row.get(name) for name in keys)
        if key in seen:
            raise InputError(f"{row['place']}: duplicate of {seen[key]}; keep one of the two rows")
        seen[key] = row["place"]


def is_log(path):
    """Tell whether a file is a log of MEGC2019 or MEGC2020."""
    first = next((line.strip() for line in read_text(path).splitlines() if line.strip()), "")
    return first in LOG_DATASETS


def _log_events(path, side):
    events = {}
    for row in read_log(path):
        interval = row["truth" if side == "truth" else "predicted"]
        if interval:
            key = row["dataset"], row["video"], *interval
            event = dict(zip(("subject", "video", "onset", "offset"), key))
            events.setdefault(key, event | {"type": "micro", "place": row["place"]})
    return list(events.values())


def _log_interval(cells, place, side):
    return None if cells == ["-", "-"] else event_frames(*cells, place, side)
