"""From the rows of a label file to events: frame numbers, missing values, emotions, action units, known errors.

Rules, the same for every database:

- An apex that is missing (empty, `/`, `-`, 0 or -1, by database) stays unknown: whoever needs one spots it or takes
  the middle frame. An apex outside onset..offset is left out, with a finding.
- Frames that the annotation names but the folder lacks: the event keeps what is there, with a finding; an apex
  before the first or after the last frame is unknown.
- An offset that is missing (empty, 0, `/`) is the apex (rule of the MEGC2020 baseline for CAS(ME)^2); without an
  apex either, the event is left out, with a finding.
- An onset of 0 is the first frame.
- Action units: of `10A/B` (intensity A or B) the first intensity counts, `A/L12` (asymmetric or left) has no side;
  what is no action unit (`soft focus`) is left out, with a finding.
- Known label errors are mended from `label_fixes.csv` (dataset, clip, column, original value, fix, source) when the
  row still holds the original value; `fix_labels=False` leaves them.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from pathlib import Path

from baselines import action_units
from baselines.datasets.records import COARSE_OF_FINE, Event, coarse
from baselines.files import read_csv

FIXES = Path(__file__).with_name("label_fixes.csv")
FIX_COLUMNS = ("dataset", "clip", "column", "original", "fix", "source")
MISSING = {"", "/", "-", "\\", "nan", "none", "n/a", "-1"}
_INTENSITIES = re.compile(r"(?<=\d)(?:\(([A-E])/[A-E]\)|([A-E])/[A-E]\b)", re.IGNORECASE)
_SIDES = re.compile(r"\b[ALR]/[ALR](?=\d)|\([ALR]/[ALR]\)(?=\d)", re.IGNORECASE)


def label_fixes(dataset):
    """Return the known label errors of a dataset: mappings with FIX_COLUMNS."""
    return [row for row in _all_fixes() if row["dataset"] == dataset]


def mend(dataset, clip, row, fix_labels=True):
    """Return a row of a label file with the known errors of a clip mended; `clip` is subject/name."""
    if not fix_labels:
        return row
    fixes = [fix for fix in label_fixes(dataset) if fix["clip"] == clip and row.get(fix["column"]) == fix["original"]]
    return row | {fix["column"]: fix["fix"] for fix in fixes}


def read_event(row, place, findings, kind="micro", numbers=None):
    """Return the `Event` of a row, or None with a line in `findings` when the row makes none.

    row: text of `onset`, `offset`, and where known `apex`, `emotion`, `aus`; numbers: the file numbers of the frames in
    order (`Frames.numbers`), which the row counts in; None when it counts from 1 and is taken at its word.
    """
    found = _frame_numbers(row, place, findings)
    if found is None:
        return None
    onset, apex, offset = found
    if numbers is not None:
        first, last = numbers[0], numbers[-1]
        if offset < first or onset > last:
            findings.append(
                f"{place}: frames {onset}-{offset} lie outside the frames {first}-{last}; copy what is missing"
            )
            return None
        if (onset < first and onset > 0) or offset > last:
            findings.append(
                f"{place}: frames {onset}-{offset} reach outside the frames {first}-{last}; the rest is used"
            )
        onset, offset = bisect_left(numbers, onset), bisect_right(numbers, offset) - 1
        if offset < onset:
            findings.append(f"{place}: no frame of the event is there; copy what is missing")
            return None
        if apex is not None:
            apex = min(max(bisect_left(numbers, apex), onset), offset) + 1 if first <= apex <= last else None
        onset, offset = onset + 1, offset + 1
    emotion = row.get("emotion", "").lower()
    if emotion and coarse(emotion) is None:
        findings.append(f"{place}: emotion {emotion!r} is not known; expected one of {', '.join(COARSE_OF_FINE)}")
        emotion = ""
    return Event(max(onset, 1), offset, apex, kind, emotion, _units(row.get("aus", ""), place, findings))


def _frame_numbers(row, place, findings):
    """Return onset, apex or None, and offset as the row has them, or None with a finding."""
    numbers = {}
    for name in ("onset", "apex", "offset"):
        text = row.get(name, "").lower()
        try:
            numbers[name] = None if text in MISSING else int(float(text))
        except (ValueError, OverflowError):
            findings.append(f"{place}: {name} is {text!r}; expected a frame number, mend the cell")
            return None
    onset, apex = numbers["onset"], numbers["apex"] or None
    offset = numbers["offset"] or apex
    if onset is None or offset is None:
        lacking = "onset" if onset is None else "offset and no apex"
        findings.append(f"{place}: no {lacking}; the event is left out, fill the cell in")
        return None
    if offset < onset:
        findings.append(f"{place}: onset {onset} is after offset {offset}; the event is left out, mend the row")
        return None
    if apex is not None and not onset <= apex <= offset:
        findings.append(f"{place}: apex {apex} is outside {onset}-{offset} and taken as unknown; mend the row")
        apex = None
    return onset, apex, offset


def _units(text, place, findings):
    """Return the codes of the action units in a cell, with a finding for what is none."""
    text = _SIDES.sub("", _INTENSITIES.sub(lambda match: match[1] or match[2], text))
    try:
        return tuple(unit.code for unit in action_units.parse(text))
    except ValueError:
        pass
    found, unknown = {}, []
    for part in text.split("+"):
        try:
            found.update(dict.fromkeys(unit.code for unit in action_units.parse(part)))
        except ValueError:
            unknown.append(part.strip())
    findings.append(f"{place}: {', '.join(unknown)!r} is no action unit and is left out; mend the cell {text!r}")
    return tuple(found)


@lru_cache(maxsize=1)
def _all_fixes():
    return [row for _, row in read_csv(FIXES, FIX_COLUMNS)]
