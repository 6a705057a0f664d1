"""SMIC-E-HS ("SMIC long"): 100 fps video of about six seconds around the micro-expressions of SMIC-HS.

Folders below the root (or below HS_long/ in it, or `SMIC-E_raw image/HS_long`): `SMIC_HS_E/s20/s20_ne_01/` or
`SMIC-HS-E/HS/s20/...`, with `image17581039.jpg`. Annotation: the first sheet of `SMIC-HS-E_annotation.xlsx`, there or
above: Subject (20), Filename, OnsetF, OffsetF, Onset2F, Offset2F, Onset3F, Offset3F, FirstF, LastF, Emotion; 157 rows,
then rows of notes without a file name. Frames are the numbers in the picture names, which count through the session.
A video has up to three micro-expressions of one emotion; no apex, no action units. 161 of the 164 clips of SMIC-HS are
in them, the long video of the other three was lost (page of the database). The cameras VIS and NIR are not read.
The second and third pair of columns are known from public loaders only.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import MISSING, read_event
from baselines.datasets.cutting import event_clips
from baselines.datasets.folders import Row, clip_folders, find_file, find_folder, join
from baselines.datasets.frames import ImageFrames
from baselines.datasets.records import Dataset, Video
from baselines.datasets.smic import ABOUT as SMIC
from baselines.datasets.smic import CITATION, FPS, SUBJECT
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="SMIC-E-HS: 157 long videos of 16 subjects at 100 fps around the micro-expressions of SMIC-HS",
    tasks=("recognition", "spotting", "str"),
    licence=SMIC.licence,
    page=SMIC.page,
    citation=CITATION,
    size="100 fps; 640 x 480 pixels; 157 videos of 5.9 s on average",
    protocol="leave-one-subject-out; spotting by intersection over union of at least 0.5",
    published={"subjects": 16, "videos": 157, "micro events": 161},
    source="page of the database at the University of Oulu",
    classes=SMIC.classes,
)

HOMES = ("", "HS_long", "SMIC-E_raw image/HS_long", "SMIC_E_raw_image/HS_long", "SMIC/SMIC-E_raw image/HS_long")
PARTS = ("SMIC_HS_E", "SMIC-HS-E/HS", "SMIC-HS-E", "")
ROUTES = tuple(os.path.join(home, part) for home in HOMES for part in PARTS)
SHEETS = ("SMIC-HS-E_annotation.xls*", "SMIC-HS-E_annotation*.xls*")
COLUMNS = {"subject": "Subject", "name": "Filename", "onset": "OnsetF", "offset": "OffsetF", "emotion": "Emotion"}
MORE = {"onset2": "Onset2F", "offset2": "Offset2F", "onset3": "Onset3F", "offset3": "Offset3F"}


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of SMIC-E-HS; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    base = find_folder(root, ROUTES, SUBJECT)
    if base is None:
        raise InputError(f"{root}: no SMIC-E-HS; expected HS_long/SMIC_HS_E/s20/s20_ne_01/image17581039.jpg below it")
    sheet = find_file((base, base.parent, base.parent.parent, root), SHEETS)
    folders = clip_folders(base, SUBJECT, findings)
    found = [
        _read(subject, name, row, folder, place, findings)
        for place, subject, name, row, folder in join(_rows(sheet), folders, base, findings)
    ]
    videos = [video for video in found if video]
    return Dataset("smic-long", clips=event_clips(videos), videos=videos, findings=findings)


def _rows(sheet: Path) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS, MORE):
        number = re.fullmatch(r"s?(\d+)", row["subject"].lower())
        if row["name"] and number:
            yield place, f"s{int(number[1]):02d}", row["name"], row


def _read(
    subject: str, name: str, row: Mapping[str, str], folder: Path, place: str, findings: list[str]
) -> Video | None:
    try:
        frames = ImageFrames(folder)
    except InputError as error:
        findings.append(str(error))
        return None
    events = []
    for number in ("", "2", "3"):
        onset, offset = row[f"onset{number}"], row[f"offset{number}"]
        if number and {onset.lower(), offset.lower()} <= MISSING:
            continue
        cells = {"onset": onset, "offset": offset, "emotion": row["emotion"]}
        events.append(read_event(cells, f"{place} ({name})", findings, numbers=frames.numbers))
    known = sorted((event for event in events if event), key=lambda event: event.onset)
    # a video without its event would count as one long neutral stretch
    return Video("smic-long", subject, name, frames, FPS, tuple(known)) if known else None
