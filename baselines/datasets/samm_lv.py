"""SAMM Long Videos: long videos with micro- and macro-expressions.

Read from the folder that holds:

    SAMM_LongVideos_V1_Release.xlsx (or V2, V3; the newest is read; or a CSV export), sheet FACS_Movement_Only, in some
        copies Sheet1 (the first with the headers is read): 10 rows of preamble, the last of them the header Subject,
        Filename (006_1_2), Inducement Code, Onset, Apex, Offset, Duration, Type (Macro, Micro - 1/2), Action Units,
        Notes
    SAMM_longvideos/006_1/006_1_0001.jpg, 2040 x 1088 pixels, grey; the number has four or five digits
    SAMM_Micro_FACS_Codes_v2.xlsx (optional, of SAMM): the emotions of the micro-expressions, joined by Filename

A video is called <subject>_<number>, such as 006_1: the first two parts of Filename. Without the sheet of SAMM no
emotion is known and there are no clips; macro-expressions have no emotion in any sheet. Traps: frames count as the
image files of the long videos do, not as those of SAMM (006_1_2 starts at frame 3562 here and at 5562 there); frame
numbers are stored as fractions and are rounded; an apex of -1 or any other number below 1 is unknown; 10
macro-expressions have onset 0, which is read as the first frame, as in the ground truth of the MEGC2020 - their length
says little, some authors leave them out of training; 2 offsets lie after the last image. Sources: the loaders of the
MEGC2020 baseline (HeyingGithub), MEAN (genbing99) and sunlicai; as far as they show, V1 to V3 have the same columns.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.assembling import Name, Row, assemble_videos, index, kind_of
from baselines.datasets.cutting import event_clips
from baselines.datasets.folders import find_file, find_folder, subfolders
from baselines.datasets.records import Dataset, Note
from baselines.datasets.samm import ABOUT as SAMM
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="SAMM Long Videos: 147 long videos of 30 subjects with macro- and micro-expressions",
    tasks=("spotting", "recognition", "str"),
    licence="research only, under the licence agreement of Manchester Metropolitan University",
    page="http://www2.docm.mmu.ac.uk/STAFF/M.Yap/dataset.php",
    citation=(
        "Yap, Kendrick, Yap: SAMM Long Videos: a spontaneous facial micro- and macro-expressions dataset, FG 2020"
    ),
    size="147 videos, 200 frames/s, 2040 x 1088 pixels, 35.5 s on average",
    protocol=(
        "spotting: IoU >= .5, micro and macro each and pooled (MEGC2020, MEGC2021), leave-one-subject-out for "
        "trained methods; recognition of the micro-expressions with the emotions of SAMM"
    ),
    published={"subjects": 30, "videos": 147, "micro events": 159, "macro events": 343},
    source="V1 sheet as the MEGC2020 baseline lists it (all_Info.txt)",
    classes=SAMM.classes,
)

NAME, FPS = "samm-lv", 200.0
FOLDER = re.compile(r"(\d{3})_(\d)")
PLACES = ("SAMM_longvideos", "SAMM_LV/SAMM_longvideos", "SAMMLV/SAMM_longvideos", "")
LABELS = [f"SAMM_LongVideos_{version}*.xls*" for version in ("V3", "V2", "V1")]
EMOTIONS = ("SAMM_Micro_FACS_Codes_v2.xlsx", "SAMM*Micro_FACS_Codes*.xls*")
COLUMNS = {
    "name": "Filename", "onset": ("Onset", "Onset Frame"), "apex": ("Apex", "Apex Frame"),
    "offset": ("Offset", "Offset Frame"), "type": "Type",
}  # fmt: skip


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of SAMM Long Videos at or below `root`; see the module text for the layout."""
    place = find_folder(root, PLACES, FOLDER.pattern)
    if place is None:
        raise InputError(f"{root}: no long videos; expected SAMM_longvideos/006_1/006_1_0001.jpg")
    labels = find_file([root, place.parent], LABELS)
    findings: list[str] = []
    emotions = _emotions([root, place.parent])
    if emotions is None:
        findings.append(
            Note.of(str(labels.parent), f"no {EMOTIONS[0]}, so that no emotion is known and there are no clips")
        )
    rows = list(_rows(labels, emotions, findings))
    folders = index(subfolders(place), _video, "006_1", findings)
    annotated = {key for _, key, _ in rows}
    for key in [key for key in folders if key not in annotated]:
        findings.append(f"{folders.pop(key)}: no row of {labels.name} is about it; take it away")
    videos = assemble_videos(NAME, FPS, folders, rows, findings, fix_labels)
    return Dataset(NAME, clips=event_clips(videos), videos=videos, findings=findings)


def _video(name: str) -> Name | None:
    match = FOLDER.fullmatch(name)
    return match and (match[1], match[0])


def _emotions(folders: Sequence[str | Path]) -> dict[str, str] | None:
    """Return {Filename: emotion} of the sheet of SAMM, or None when there is none in the folders."""
    try:
        table = find_file(folders, EMOTIONS)
    except InputError:
        return None
    return {
        row["name"]: row["emotion"]
        for _, row in read_table(table, {"name": "Filename", "emotion": "Estimated Emotion"})
    }


def _rows(labels: Path, emotions: Mapping[str, str] | None, findings: list[str]) -> Iterator[Row]:
    """Yield (place, (subject, video), row) for each row of the sheet that names a video and a type."""
    for place, row in read_table(labels, COLUMNS, {"aus": "Action Units"}):
        video = FOLDER.match(row["name"])
        kind = kind_of(row["type"])
        if not video or kind is None:
            wrong = f"Filename {row['name']!r}" if not video else f"Type {row['type']!r}"
            findings.append(f"{place}: {wrong}; expected 006_1_2 and Macro or Micro - 1/2, correct the cell")
            continue
        emotion = ""
        if kind == "micro" and emotions is not None:
            emotion = emotions.get(row["name"], "")
            if not emotion:
                findings.append(f"{place}: {row['name']} has no emotion in the sheet of SAMM; get that sheet again")
        numbers = {column: _whole(row[column]) for column in ("onset", "apex", "offset")}
        if numbers["apex"].startswith("-") or numbers["apex"] == "0":
            numbers["apex"] = ""
        yield place, (video[1], video[0]), row | numbers | {"kind": kind, "emotion": emotion}


def _whole(text: str) -> str:
    """Return a frame number, its decimals behind a point or a comma, rounded half up; anything else as it stands."""
    try:
        return str(math.floor(float(text.replace(",", ".")) + 0.5))
    except (ValueError, OverflowError):
        return text
