"""SAMM: clips of grey 200 fps video, with apex frames, action units (FACS) and eight emotions.

Folders below the root (or below SAMM/ in it): `006/006_1_2/006_05562.jpg` (subject, clip, frame; 4 or 5 digits). A
copy with cropped faces, `SAMM_CROP/006/006_1_2/...`, is read when there is no other or when the root points at it.
Annotation: the first sheet of `SAMM_Micro_FACS_Codes_v2.xlsx` (or `SAMM_20181215_Micro_FACS_Codes_v2.xlsx`), beside
or above the folders: 13 rows of preamble, then Subject (6 or 006), Filename, Inducement Code, Onset Frame,
Apex Frame, Offset Frame, Duration, Micro, Action Units, Estimated Emotion, Objective Classes, Notes. Frames are the
numbers in the picture names, which count through the whole recording.
Traps: action units are written `ref(7B)+43`, `A12`, `10A/B`, `A/L12`, `L12 or L14` (both are taken unless the table of
fixes decides), `R14+17+soft focus`; the apex of 028_4_1 and of 032_3_1 is reported to lie outside onset to offset
(authors of CapsuleNet, FG 2019), in which case it is taken as unknown. Copies of the sheet differ in these cells.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend
from baselines.datasets.classes import published_set
from baselines.datasets.folders import Row, annotated_clips, clip_folders, find_file, find_folder
from baselines.datasets.records import Dataset
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

FPS = 200.0
ABOUT = About(
    title="SAMM: 159 spontaneous micro-expression clips of 29 subjects at 200 fps",
    tasks=("recognition",),
    licence="research only; a signed agreement with Manchester Metropolitan University",
    page="http://www2.docm.mmu.ac.uk/STAFF/M.Yap/dataset.php",
    citation=(
        "Davison, Lansley, Costen, Tan, Yap: SAMM - a spontaneous micro-facial movement dataset, IEEE Transactions on "
        "Affective Computing 9(1) 116-129, 2018; emotions: Davison, Merghani, Yap: Objective classes for micro-facial "
        "expression recognition, Journal of Imaging 4(10), 2018"
    ),
    size="200 fps, grey; 2040 x 1088 pixels; 159 clips of 30 to 101 frames",
    protocol="leave-one-subject-out; in the MEGC2019 the three classes negative, positive, surprise",
    published={
        "subjects": 29, "clips": 159, "emotion anger": 57, "emotion other": 26, "emotion happiness": 26,
        "emotion surprise": 15, "emotion contempt": 12, "emotion disgust": 9, "emotion fear": 8, "emotion sadness": 6,
    },
    source="SAMM_Micro_FACS_Codes_v2.xlsx",
    classes=(
        published_set("three", "negative=anger+contempt+disgust+fear+sadness, positive=happiness, surprise", "other",
                      "MEGC2019 (See et al., FG 2019)"),
        published_set("five", "anger, happiness, contempt, surprise, others=other", "disgust, fear, sadness",
                      "papers since 2019 that report 136 clips (as surveys cite them, not checked)"),
    ),
)  # fmt: skip

ROUTES = ("", "SAMM", "SAMM_CROP", "SAMM_Cropped", "SAMM/SAMM_CROP")
SHEETS = ("SAMM*Micro_FACS_Codes*.xls*",)
SUBJECT = r"\d{1,3}"
COLUMNS = {
    "subject": "Subject", "name": "Filename", "onset": "Onset Frame", "apex": "Apex Frame", "offset": "Offset Frame",
    "aus": "Action Units", "emotion": "Estimated Emotion",
}  # fmt: skip


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of SAMM; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    base = find_folder(root, ROUTES, SUBJECT)
    if base is None:
        raise InputError(f"{root}: no SAMM; expected folders such as 006/006_1_2/006_05562.jpg, or SAMM/ with them")
    sheet = find_file((base, base.parent, root, root.parent), SHEETS)
    folders = clip_folders(base, SUBJECT, findings)
    clips = annotated_clips("samm", FPS, _rows(sheet, fix_labels), folders, base, findings)
    return Dataset("samm", clips=clips, findings=findings)


def _rows(sheet: Path, fix_labels: bool) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS):
        subject = row["subject"].zfill(3)
        yield place, subject, row["name"], mend("samm", f"{subject}/{row['name']}", row, fix_labels)
