"""4DME: the micro-expression clips of its grey videos.

    4DME_Labelling_Micro_release v1.xlsx                  beside the folder of clips, or above
    gray_micro/<sub_ID>/<fold_name>/Frame_000002490.jpg   also called micro_short_gray_video; when neither is there,
                                                          gray_micro_crop or micro_short_gray_video_cropped

Sheet (the first one), columns sub_ID, fold_name, Emotion, Onset, Apex, Offset, AUs; a clip is onset to offset, frames
are the numbers in the picture names, which count from the start of the recording. Layout and columns are as far as
public loaders show (tvaranka/meb; another one reads Micro_and_Macro-expression_labels*.xlsx with SubID, which is taken
when the first is not there: its rows without a folder are the macro-expressions).
- A subject recorded twice is called S13_1st and S13_2nd, or S49_2: both are subject S13, S49,
  and the clips are called 1st_<fold_name>, 2nd_<fold_name>, 2_<fold_name>.
- An emotion may be two, like Surprise+Positive: the first one gives the coarse class, as in public loaders.
- An action unit marked (k) is held all the time and does not move: it is left out.
- meb exchanges the action units of two rows (counted from 0: 144 and 145); which clips these are is not public, so they
  stay as they are. Frames that a folder lacks are cut off, with a finding.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend
from baselines.datasets.classes import published_set
from baselines.datasets.folders import Row, clip_folders, find_file, find_folder, folder_clip, join, key
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="4DME: 267 micro-expression clips of 4D recordings; the grey videos",
    tasks=("recognition",),
    licence="on request: the licence agreement of the University of Oulu, research only",
    page=(
        "https://www.oulu.fi/en/university/faculties-and-units/"
        "faculty-information-technology-and-electrical-engineering/center-machine-vision-and-signal-analysis"
    ),
    citation=(
        "Li, Cheng, Li, Behzad, Shen, Zafeiriou, Pantic, Zhao: 4DME: a spontaneous 4D micro-expression dataset with "
        "multimodalities, IEEE TAFFC, 2022"
    ),
    size="60 fps; 267 micro-expression clips; 22 action units, five emotions that may be two at once",
    protocol="leave-one-subject-out; often negative, positive and surprise",
    published={"clips": 267},
    source="tvaranka/meb",
    classes=(
        published_set(
            "three",
            "negative=negative+repression, positive, surprise",
            "others",
            "papers that join databases; repression is negative as in our coarse classes",
        ),
        published_set(
            "five",
            "negative, positive, surprise, repression, others",
            source="Li et al. 2022; of two at once the first counts, where the paper counts both",
        ),
    ),
)

FPS = 60.0
BASES = ("gray_micro", "micro_short_gray_video", "gray_micro_crop", "micro_short_gray_video_cropped")
HOMES = (*BASES, *(f"4DME/{base}" for base in BASES), *(f"4DMicro/{base}" for base in BASES))
SHEETS = ("4DME_Labelling_Micro*.xls*", "Micro_and_Macro-expression_labels*.xls*")
SUBJECT = r"s\d+(_\w+)?"
SESSION = re.compile(r"_(1st|2nd|\d)$", re.IGNORECASE)
HELD = re.compile(r"[^+]*[(（]\s*k\s*[)）]\s*", re.IGNORECASE)
COLUMNS = {
    "subject": ("sub_ID", "SubID"), "name": "fold_name", "emotion": "Emotion", "onset": "Onset", "apex": "Apex",
    "offset": "Offset",
}  # fmt: skip


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of 4DME; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    base = find_folder(root, HOMES, SUBJECT)
    if base is None:
        raise InputError(f"{root}: no 4DME; expected gray_micro/S01/<fold_name>/Frame_000000001.jpg below it")
    sheet = find_file((root, base.parent, base), SHEETS)
    folders = clip_folders(base, SUBJECT, findings)
    rows = list(_rows(sheet, fix_labels))
    if not sheet.name.lower().startswith("4dme"):
        rows = [entry for entry in rows if key(*entry[1:3]) in folders]
    clips = []
    for place, session, name, row, folder in join(rows, folders, base, findings):
        subject, _, time = SESSION.sub(r"\n\1", session).partition("\n")
        clip = Clip("4dme", subject, f"{time}_{name}" if time else name, fps=FPS)
        clips.append(folder_clip(clip, folder, row, place, findings))
    return Dataset("4dme", clips=[clip for clip in clips if clip], findings=findings)


def _rows(sheet: Path, fix_labels: bool) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS, {"aus": ("AUs", "AU")}):
        if row["subject"] and row["name"]:  # the sheet ends with totals
            mended = mend("4dme", f"{row['subject']}/{row['name']}", row, fix_labels)
            yield place, row["subject"], row["name"], mended | {"aus": HELD.sub("", mended["aus"])}
