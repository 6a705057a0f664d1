"""From the rows of a label file to events: frame numbers, missing values, emotions, action units, known errors.

Rules, the same for every database:

- An apex that is missing (empty, `/`, `-`, 0 or -1, by database) stays unknown: whoever needs one spots it or takes
  the middle frame. An apex outside onset..offset is left out, with a finding.
- Frames that the annotation names but the folder lacks: the event keeps what is there, with a finding; an apex
  before the first or after the last frame is unknown.
- An offset that is missing (empty, 0, `/`) is the apex (rule of the MEGC2020 baseline for CAS(ME)^2); without an
  apex either, the event is left out, with a finding.
- An onset of 0 is the first frame.
- Action units: `baselines.action_units` tells what each notation of the sheets means. What is not simply a unit
  (`14or23`, `AD38`, `twice - L1B`, `soft focus`) gives a note, which is no finding: the sheet is as it is published.
  Only what cannot be read at all (`AU123`) is left out with a finding.
- Known label errors are corrected from `label_fixes.csv` (dataset, clip, column, original value, fix, source) when the
  row still holds the original value, and a copy that is corrected already is right; `fix_labels=False` leaves them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from baselines import action_units
from baselines.datasets.classes import COARSE_OF_FINE, coarse
from baselines.datasets.records import Event, Note
from baselines.errors import InputError
from baselines.files import read_csv

FIXES = Path(__file__).with_name("label_fixes.csv")
FIX_COLUMNS = ("dataset", "clip", "column", "original", "fix", "source")
MISSING = {"", "/", "-", "\\", "?", "nan", "none", "null", "n/a", "-1"}


class Span(NamedTuple):
    """The frames of an event, first and last included; apex None: unknown."""

    onset: int
    apex: int | None
    offset: int


def label_fixes(dataset: str) -> list[dict[str, str]]:
    """Return the known label errors of a dataset: mappings with FIX_COLUMNS."""
    return [row for row in _all_fixes() if row["dataset"] == dataset]


def mend(dataset: str, clip: str, row: dict[str, str], fix_labels: bool = True) -> dict[str, str]:
    """Return a row of a label file with the known errors of a clip corrected; `clip` is subject/name."""
    if not fix_labels:
        return row
    fixes = [fix for fix in label_fixes(dataset) if fix["clip"] == clip and row.get(fix["column"]) == fix["original"]]
    return row | {fix["column"]: fix["fix"] for fix in fixes}


def read_event(
    row: Mapping[str, str],
    place: str,
    findings: list[str],
    kind: str = "micro",
    numbers: Sequence[int] | None = None,
) -> Event | None:
    """Return the `Event` of a row, or None with a line in `findings` when the row makes none.

    row: text of `onset`, `offset`, and where known `apex`, `emotion`, `aus`; numbers: the file numbers of the frames in
    order (`Frames.numbers`), which the row counts in; None when it counts from 1 and is taken at its word.
    """
    event: Event | None = None
    wrong: list[str] = []
    try:
        span = _without_wrong_apex(_read_span(row), wrong)
        if numbers is not None:
            _refuse_missing_frames(span, numbers, wrong)
            span = _positions(span, numbers)
        emotion, units = _read_emotion(row, wrong), _read_units(row, place, wrong, findings)
        event = Event(max(span.onset, 1), span.offset, span.apex, kind, emotion, units)
    except InputError as refusal:
        wrong.append(str(refusal))
    findings += [f"{place}: {line}" for line in wrong]
    return event


def _read_span(row: Mapping[str, str]) -> Span:
    """Return the span that a row holds; `InputError` when onset and offset cannot be told or are out of order."""
    onset, apex, offset = (_read_number(row, name) for name in ("onset", "apex", "offset"))
    apex = apex or None
    offset = offset or apex
    if onset is None:
        raise InputError("no onset; the event is left out, fill the cell in")
    if offset is None:
        raise InputError("no offset and no apex; the event is left out, fill the cell in")
    if offset < onset:
        raise InputError(f"onset {onset} is after offset {offset}; the event is left out, correct the row")
    return Span(onset, apex, offset)


def _read_number(row: Mapping[str, str], name: str) -> int | None:
    """Return the frame number in a cell, None for a missing one; `InputError` for anything else."""
    text = row.get(name, "").lower()
    try:
        return None if text in MISSING else int(float(text))
    except (ValueError, OverflowError):
        raise InputError(f"{name} is {text!r}; expected a frame number, correct the cell") from None


def _without_wrong_apex(span: Span, wrong: list[str]) -> Span:
    """Return a span whose apex lies in it or is unknown."""
    onset, apex, offset = span
    if apex is None or onset <= apex <= offset:
        return span
    wrong.append(f"apex {apex} is outside {onset}-{offset} and taken as unknown; correct the row")
    return Span(onset, None, offset)


def _refuse_missing_frames(span: Span, numbers: Sequence[int], wrong: list[str]) -> None:
    """Raise `InputError` when no frame of a span is among those with these numbers, and note when some are not."""
    onset, _, offset = span
    first, last = numbers[0], numbers[-1]
    if offset < first or onset > last:
        raise InputError(f"frames {onset}-{offset} lie outside the frames {first}-{last}; copy what is missing")
    if 0 < onset < first or offset > last:
        wrong.append(f"frames {onset}-{offset} reach outside the frames {first}-{last}; the rest is used")
    if bisect_left(numbers, onset) == bisect_right(numbers, offset):
        raise InputError("no frame of the event is there; copy what is missing")


def _positions(span: Span, numbers: Sequence[int]) -> Span:
    """Return a span in file numbers as positions from 1 among these, as far as its frames are there.

    An apex whose frame is not there is at the next one, and one before the first or after the last is unknown.
    """
    onset, offset = bisect_left(numbers, span.onset) + 1, bisect_right(numbers, span.offset)
    if span.apex is None or not numbers[0] <= span.apex <= numbers[-1]:
        return Span(onset, None, offset)
    return Span(onset, min(max(bisect_left(numbers, span.apex) + 1, onset), offset), offset)


def _read_emotion(row: Mapping[str, str], wrong: list[str]) -> str:
    """Return the emotion in a row in lower case, empty when there is none or it is not known."""
    emotion = row.get("emotion", "").lower()
    if emotion and coarse(emotion) is None:
        wrong.append(f"emotion {emotion!r} is not known; expected one of {', '.join(COARSE_OF_FINE)}")
        return ""
    return emotion


def _read_units(row: Mapping[str, str], place: str, wrong: list[str], findings: list[str]) -> tuple[str, ...]:
    """Return the codes of the action units in a row, each once; what is no action unit is left out and told."""
    text = row.get("aus", "")
    reading = action_units.read(text)
    if reading.unknown:
        wrong.append(f"{', '.join(reading.unknown)!r} is no action unit and is left out; correct the cell {text!r}")
    findings += unit_notes(reading, place)
    return tuple(dict.fromkeys(unit.code for unit in reading.units))


def unit_notes(reading: action_units.Reading, place: str) -> list[Note]:
    """Return what is worth knowing of a cell of action units."""
    remarks = [f"{remark!r}: a remark, no action unit; it is left out" for remark in reading.remarks]
    return [Note.of(place, f"action unit {told}") for told in (*reading.notes, *remarks)]


@lru_cache(maxsize=1)
def _all_fixes() -> list[dict[str, str]]:
    return [row for _, row in read_csv(FIXES, FIX_COLUMNS)]
