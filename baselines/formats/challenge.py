"""The files of the challenges: events, recognition tables, ME-VQA answers.

Readers give one mapping a row with plain values and `place` (file and row, for messages). They are
tolerant of what does not change the meaning - a byte-order mark, CRLF, extra columns, spaces, blank
lines, capitals in types and emotions and in the header of an event file - and strict on what does: each
fault is one `InputError` with file and row.

Event files: `subject,video,onset,offset` with `type` (micro, macro, or me, mae) or `emotion`; the
header of 2022 `vid,pred_onset,pred_offset,type` and of 2023 `vid,onset,offset,type`, in which a
video has no subject; the log of MEGC2019 and MEGC2020, lines `video onset offset onset offset
TP|FP|FN` below a line with the number of the database.
"""

import json

from baselines.errors import InputError
from baselines.files import csv_text, read_csv, read_jsonl, read_text, whole_number, write_text

SPOTTING_COLUMNS = ("subject", "video", "onset", "offset", "type")
STRS_COLUMNS = ("subject", "video", "onset", "offset", "emotion")
RECOGNITION_KEYS = ("dataset", "subject", "clip")
LOG_DATASETS = {"1": "samm", "2": "casme_sq"}
# what a ME-VQA row tells, and the keys that the challenges use for it; `image` names a clip without its subject
VQA_FIELDS = {
    "id": ("id", "video_id"), "question": ("question",), "answer": ("answer",), "dataset": ("dataset",),
    "subject": ("subject",), "video": ("video", "filename", "image_id"), "image": ("video", "image_id", "filename"),
}  # fmt: skip
VQA_ADDED = ("confidence", "flag")  # fields that `megc vqa` adds to an answered row; no leaderboard has them
_KINDS = {
    "micro": "micro", "me": "micro", "micro-expression": "micro",
    "macro": "macro", "mae": "macro", "macro-expression": "macro",
}  # fmt: skip
_ALIASES = {"vid": "video", "pred_onset": "onset", "pred_offset": "offset"}
_MOST_FRAMES = 10**9  # a year of 30 frames per second


def read_events(path, emotion=False, side="predictions"):
    """Return the events of a file: mappings subject, video, onset, offset, type (and emotion), place.

    emotion: the column `emotion` is required and read in lower case. A file without `type` gives
    micro, one without `subject` an empty subject. side: truth or predictions: which half of a log to take,
    and whether an onset may lie before the first frame, as `peak - k` of a method does; such intervals are
    given as written (`baselines.scoring.events` clips them). Raises `InputError` for an onset after its
    offset, a duplicate row, an unknown type, an empty emotion, or an event of the truth before frame 0.
    """
    if _is_log(path):
        if emotion:
            raise InputError(f"{path}: a MEGC2020 log has no emotions; expected the header {','.join(STRS_COLUMNS)}")
        rows = _log_events(path, side)
    else:
        rows = [_event(place, row, emotion, side) for place, row in _event_rows(path, emotion)]
    _refuse_duplicates(rows, ("subject", "video", "onset", "offset", "type", "emotion"))
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


def read_recognition(path, columns):
    """Return the rows of a recognition table: mappings dataset, subject, clip and `columns`, place.

    columns: label, prediction or both; read in lower case. Raises `InputError` for an empty cell or a
    clip that stands twice.
    """
    rows = []
    for place, row in read_csv(path, (*RECOGNITION_KEYS, *columns)):
        for name in ("subject", "clip", *columns):
            if not row[name]:
                raise InputError(f"{place}: {name} is empty; fill it in")
        rows.append(row | {name: row[name].lower() for name in columns} | {"place": place})
    _refuse_duplicates(rows, RECOGNITION_KEYS)
    return rows


def write_recognition(path, rows):
    """Write recognition rows (mappings dataset, subject, clip, label, prediction) as CSV."""
    write_text(path, csv_text((*RECOGNITION_KEYS, "label", "prediction"), rows))


def read_question_rows(path, needed=("id", "question", "video"), findings=None):
    """Return the rows of a ME-VQA file as `(place, record)`, records as they stand; see `sound_rows`."""
    return sound_rows(_json_rows(path, findings), needed, findings)


def sound_rows(entries, needed=("id", "question", "video"), findings=None):
    """Return those `(place, record)` of `entries` that are without fault.

    needed: VQA_FIELDS that no row may lack. A row that lacks one and an id that stands twice raise `InputError`; with
    a list `findings` they are left out and told there.
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
        elif value.__class__ in (int, float):
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
        records = json.loads(f"[{body.replace(chr(10), ',')}]")  # no JSON text holds a bare line feed
    except (ValueError, RecursionError):
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


def _event_rows(path, emotion):
    header = [cell.strip().strip('"') for cell in read_text(path).partition("\n")[0].split(",")]
    names = {_ALIASES.get(name.lower(), name.lower()): name for name in header}
    without_subject = names.get("video", "").lower() == "vid" and "subject" not in names
    wanted = [*(() if without_subject else ("subject",)), "video", "onset", "offset"]
    wanted += [name for name in ("type", "emotion") if name in names or (name == "emotion" and emotion)]
    for place, row in read_csv(path, [names.get(name, name) for name in wanted]):
        yield place, {name: row[names[name]] for name in wanted}


def _event(place, row, emotion, side):
    for name in ("subject", "video"):
        if row.get(name) == "":
            raise InputError(f"{place}: {name} is empty; fill it in")
    onset, offset = _frames(row["onset"], row["offset"], place, side)
    kind = _KINDS.get(row.get("type", "micro").lower())
    if kind is None:
        raise InputError(f"{place}: type is {row['type']!r}; expected micro or macro (or me, mae)")
    event = {"subject": row.get("subject", ""), "video": row["video"], "onset": onset, "offset": offset, "type": kind}
    if emotion:
        if not row["emotion"]:
            raise InputError(f"{place}: emotion is empty; expected a class, `others` if it is none of them")
        event["emotion"] = row["emotion"].lower()
    return event | {"place": place}


def _frames(onset, offset, place, side):
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


def _refuse_duplicates(rows, keys):
    seen = {}
    for row in rows:
        key = tuple(row.get(name) for name in keys)
        if key in seen:
            raise InputError(f"{row['place']}: duplicate of {seen[key]}; keep one of the two rows")
        seen[key] = row["place"]


def _is_log(path):
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
    return None if cells == ["-", "-"] else _frames(*cells, place, side)
