"""Dynamic Facial Micro-Expressions (DFME): the clips of the released parts.

    training_full_with_AU.xlsx, test_A_full_with_AU.xlsx, test_B_full_with_AU.xlsx
                                       any of them, in the root or one folder deeper (full_release_annotation)
    DFME_train/<clip>/00001.png ...    folders of clips like sub0003_01, at most three levels below the root

Sheets (the first of each file), columns Subject, Filename, OnsetFrame, ApexFrame, OffsetFrame, Emotion, EmotionId,
Fps, AU; one row a clip, a clip is onset to offset. Frames are the numbers in the picture names. The frame rate differs
from clip to clip (200, 300 or 500).
As far as public loaders show: the name of the training sheet and its folder (also train_data) are known from several;
those of the test sets are formed like them, so any folder of clips and any sheet, or CSV export of one, called *train*
or *test* is taken. In 1 240 of the 2 629 rows frame numbers start at 0; an onset of 0 is read as the first frame, apex
and offset are taken as they are written.
A row without an emotion gives a clip without one. The parts make one dataset; no subject is in two of them.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend
from baselines.datasets.classes import published_set
from baselines.datasets.folders import Row, folder_clip, join, key, matching_folders, subfolders
from baselines.datasets.records import Clip, Dataset, Note
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="DFME: dynamic facial micro-expressions at 200, 300 and 500 fps",
    tasks=("recognition",),
    licence="on request: the licence agreement of the database, research only",
    page="https://mea-lab-421.github.io",
    citation=(
        "Zhao, Tang, Mao, Liu, Zhang, Wang, Xu, Chen: DFME: a new benchmark for dynamic facial micro-expression "
        "recognition, IEEE TAFFC 15(3), 2024"
    ),
    size=(
        "200, 300 and 500 fps; in the paper 7,526 clips of 656 people (671 recruited), seven emotions, 24 action "
        "units; released 1,856 clips of 176 subjects for training, 474 of 42 in test A, 299 of 41 in test B"
    ),
    protocol="choose on the training set and report test A and test B; in the paper 10-fold by subject",
    published={"subjects": 259, "clips": 2629},
    source="the released parts, after the split files of LanEinstein/DAD-Net",
    classes=(
        published_set(
            "seven", "happiness, anger, contempt, disgust, fear, sadness, surprise", "others", "Zhao et al. 2024"
        ),
    ),
)

CLIP = r"sub\d+_\d+"
COLUMNS = {
    "subject": "Subject", "name": "Filename", "onset": ("OnsetFrame", "Onset"), "apex": ("ApexFrame", "Apex"),
    "offset": ("OffsetFrame", "Offset"),
}  # fmt: skip
OPTIONAL = {"emotion": "Emotion", "fps": "Fps", "aus": ("AU", "AUs", "Action Units")}


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of DFME; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    rows: list[Row] = []
    for sheet in _sheets(root):
        try:
            rows += _rows(sheet, fix_labels)
        except InputError as error:
            findings.append(str(error) if sheet.suffix.lower() != ".csv" else Note.of(str(sheet), "no table of labels"))
    if zero := [place for place, _, _, row in rows if row["onset"] == "0"]:
        told = f"frame numbers start at 0 in {len(zero)} of {len(rows)} rows; such an onset is read as the first frame"
        findings.append(Note.of(zero[0], told))
    folders = {key(_subject(path.name), path.name): path for path in matching_folders(root, CLIP, 3)}
    if not rows or not folders:
        raise InputError(
            f"{root}: no DFME; expected DFME_train/sub0003_01/00001.png and training_full_with_AU.xlsx below it"
        )
    found = []
    for place, subject, name, row, folder in join(rows, folders, root, findings):
        fps = _rate(row["fps"], place, findings)
        found.append(folder_clip(Clip("dfme", subject, name, fps=fps), folder, row, place, findings))
    return Dataset("dfme", clips=[clip for clip in found if clip], findings=findings)


def _sheets(root: Path) -> Iterator[Path]:
    """Yield the label files in the root, in its folders, and in folders that lie in one of the same name.

    An export of a sheet that is there is not read beside it.
    """
    inner = [path for name, path in subfolders(root).items() if not re.fullmatch(CLIP, name, re.IGNORECASE)]
    for folder in (root, *inner, *(path / path.name for path in inner)):
        sheets = sorted(folder.glob("[!~.]*.xls*"))
        exports = [path for path in sorted(folder.glob("[!~.]*.csv")) if not _is_export(path, sheets)]
        for path in (*sheets, *exports):
            if "train" in path.name.lower() or "test" in path.name.lower():
                yield path


def _is_export(path: Path, sheets: Iterable[Path]) -> bool:
    return any(path.stem.lower().startswith(sheet.stem.lower()) for sheet in sheets)


def _rows(sheet: Path, fix_labels: bool) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS, OPTIONAL):
        name = row["name"]
        yield place, _subject(name), name, mend("dfme", f"{_subject(name)}/{name}", row, fix_labels)


def _subject(clip: str) -> str:
    """Return the subject that a clip's name begins with, like sub0003."""
    return clip.partition("_")[0].lower()


def _rate(text: str, place: str, findings: list[str]) -> float | None:
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if 1 <= fps <= 10000:
        return fps
    findings.append(f"{place}: Fps is {text!r}; expected 200, 300 or 500, the clip has no frame rate")
    return None
