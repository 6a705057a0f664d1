"""CASME II: clips cut out of 200 fps video, with apex frames, action units and seven emotions.

Folders below the root (or below CASME2/, CASME II/ in it), the first that is there:
`CASME2-RAW/sub01/EP02_01f/img46.jpg`, `CASME2_RAW_selected/...` likewise (onset to offset only), or
`Cropped/sub01/EP02_01f/reg_img46.jpg` (faces aligned by the authors). Raw comes first, since alignment is done here;
point the root at Cropped itself to read that.
Annotation: the first sheet of `CASME2-coding-20140508.xlsx`, else another `CASME2-coding*.xlsx` or
`CASME2_label_Ver_2.xls`, beside or above these folders: Subject (1 or 01), Filename, OnsetFrame, ApexFrame,
OffsetFrame, Action Units, Estimated Emotion, with empty columns between. A CSV export of the sheet is read where the
sheet is not there. Frames are the numbers in the picture names.
A clip is onset to offset; the neutral frames around it in the raw folders are not part of it.
Traps: ApexFrame is `/` for sub04 EP12_01f; the Cropped copies seen end sub16 EP01_08 at frame 96 where the sheet has
110 (public loaders cut it there); the sheet of 2019 calls three clips of sub24 surprise that the earlier one calls
sadness, so that its counts differ.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend
from baselines.datasets.classes import published_set
from baselines.datasets.folders import Key, Row, annotated_clips, clip_folders, find_file, find_folder, key
from baselines.datasets.records import Dataset, Note
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

FPS = 200.0
ABOUT = About(
    title="CASME II: 255 spontaneous micro-expression clips of 26 subjects at 200 fps",
    tasks=("recognition",),
    licence="research only; a signed agreement with the Institute of Psychology, Chinese Academy of Sciences",
    page="http://casme.psych.ac.cn/casme/e2",
    citation=(
        "Yan, Li, Wang, Zhao, Liu, Chen, Fu: CASME II - an improved spontaneous micro-expression database and the "
        "baseline evaluation, PLoS ONE 9(1) e86041, 2014"
    ),
    size="200 fps; 640 x 480 pixels, faces of about 280 x 340; 255 clips (the paper has 247), 67 frames on average",
    protocol="leave-one-subject-out; often five classes (without sadness and fear), in the MEGC2019 three",
    published={
        "subjects": 26, "clips": 255, "emotion others": 99, "emotion disgust": 63, "emotion happiness": 32,
        "emotion repression": 27, "emotion surprise": 25, "emotion sadness": 7, "emotion fear": 2,
    },
    source="CASME2-coding-20140508.xlsx",
    releases={"sheet of 2019": {"emotion surprise": 28, "emotion sadness": 4}},
    classes=(
        published_set("three", "negative=disgust+repression+sadness+fear, positive=happiness, surprise", "others",
                      "MEGC2019 (See et al., FG 2019); its list, dataset megc2019, leaves 11 of the negative out"),
        published_set("five", "happiness, surprise, disgust, repression, others", "sadness, fear",
                      "Yan et al. 2014, the baseline of the database (247 clips there, 246 by the sheet)"),
        published_set("seven", "happiness, surprise, disgust, repression, sadness, fear, others", "",
                      "the sheet of the database"),
    ),
)  # fmt: skip

HOMES = ("", "CASME2", "CASME II", "CASMEII")
PARTS = ("CASME2-RAW", "CASME2_RAW", "CASME2-RAW-NoVideo/CASME2-RAW", "CASME2_RAW_selected", "", "Cropped")
ROUTES = tuple(os.path.join(home, part) for home in HOMES for part in PARTS)
SHEETS = ("CASME2-coding-20140508.xls*", "CASME2-coding*.xls*", "CASME2_label_Ver_2.xls*")
SUBJECT = r"sub\d+"
SHORTER = "sub16/EP01_08"  # in the Cropped release
COLUMNS = {
    "subject": "Subject", "name": "Filename", "onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame",
    "aus": "Action Units", "emotion": "Estimated Emotion",
}  # fmt: skip


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of CASME II; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    base = find_folder(root, ROUTES, SUBJECT)
    if base is None:
        raise InputError(f"{root}: no CASME II; expected CASME2-RAW/sub01/EP02_01f/img46.jpg or Cropped/... below it")
    sheet = find_file((base, base.parent, root, root.parent), SHEETS)
    folders = clip_folders(base, SUBJECT, findings)
    rows = _rows(sheet, fix_labels)
    if base.name.lower() == "cropped":
        rows = _as_cropped(rows, folders, findings)
    clips = annotated_clips("casme2", FPS, rows, folders, base, findings)
    release = "sheet of 2019" if "2019" in sheet.name else ""
    if release:
        findings.append(
            Note.of(str(sheet), "the sheet of 2019 calls three clips surprise that that of 2014 calls sadness")
        )
    return Dataset("casme2", clips=clips, findings=findings, release=release)


def _as_cropped(rows: Iterable[Row], folders: Mapping[Key, Path], findings: list[str]) -> Iterator[Row]:
    """Yield the rows with the offset of the one clip whose pictures end before it in the Cropped release."""
    for place, subject, name, row in rows:
        folder = folders.get(key(subject, name))
        if (
            f"{subject}/{name}" == SHORTER
            and row["offset"] == "110"
            and folder
            and not (folder / "reg_img97.jpg").exists()
        ):
            told = f"{subject} {name} ends at frame 96 in the Cropped release, where the sheet has 110; 96 is taken"
            findings.append(Note.of(place, told))
            row = row | {"offset": "96"}
        yield place, subject, name, row


def subject_name(text: str) -> str:
    """Return a subject of the sheet (1, 01 or sub01) as the folders write it."""
    number = text.lower().removeprefix("sub")
    return f"sub{int(number):02d}" if number.isdigit() else text


def _rows(sheet: Path, fix_labels: bool) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS):
        subject = subject_name(row["subject"])
        yield place, subject, row["name"], mend("casme2", f"{subject}/{row['name']}", row, fix_labels)
