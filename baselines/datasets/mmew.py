"""Micro-and-Macro Expression Warehouse (MMEW): the micro-expression clips.

    MMEW_Micro_Exp.xlsx                               beside or above the folder of clips; also _v2, .xls
    Micro_Expression/<emotion>/<clip>/1.jpg           as public loaders find it (faces of 231 x 231 pixels)
    Micro_Expression/<subject>/<emotion>/<clip>/1.jpg as the site of the database describes it

Sheet (the first one), columns Subject, Filename, OnsetFrame, ApexFrame, OffsetFrame, Action Units, Estimated Emotion,
remarks. A clip is named person-emotion-sample, like S03-01-002, and its subject is taken from there. Frames count
within the folder of the clip, as its image files do; a clip is onset to offset. The folder of an emotion and the sheet
say the same, but the folder `repression` is `others` in the sheet; the sheet's word is kept.
Sources: the description at dpailab.com, and public loaders (tvaranka/meb and others). Not told by any: how the sheet
writes a subject, and which clips are the 16 rows (counted from 0: 33, 35-42, 142, 143, 145, 146, 148, 154, 156) whose
apex and offset meb replaces by estimates. Here frames that a folder lacks are cut off, and an apex outside onset and
offset is unknown, each with a finding. The macro-expressions (one still picture a sample) are not read.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend
from baselines.datasets.classes import coarse, published_set
from baselines.datasets.folders import (
    Row,
    find_file,
    find_folder,
    folder_clip,
    join,
    key,
    matching_folders,
)
from baselines.datasets.names import subject_key
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="MMEW: 300 micro-expression clips at 90 fps, with macro-expressions of the same people",
    tasks=("recognition",),
    licence="on request: the signed licence agreement of the database, research only",
    page="http://www.dpailab.com/database.html",
    citation=(
        "Ben, Ren, Zhang, Wang, Kpalma, Meng, Liu: Video-based facial micro-expression analysis: a survey of datasets, "
        "features and algorithms, IEEE TPAMI 44(9), 2022"
    ),
    size="90 fps; 300 micro-expression clips (and 900 macro-expressions); recorded at 1920 x 1080 pixels",
    protocol="leave-one-subject-out; six or seven emotions, or three coarse classes without `others`",
    published={
        "clips": 300, "emotion surprise": 89, "emotion disgust": 72, "emotion others": 66, "emotion happiness": 36,
        "emotion fear": 16, "emotion sadness": 13, "emotion anger": 8,
    },
    source="dpailab.com (clips); Ben et al. 2022 (emotions)",
    classes=(
        published_set("three", "negative=disgust+fear+sadness+anger, positive=happiness, surprise", "others",
                      "papers that join databases, as the MEGC2019 does"),
        published_set("six", "happiness, surprise, disgust, fear, sadness, anger", "others", "Ben et al. 2022"),
        published_set("seven", "happiness, surprise, disgust, fear, sadness, anger, others", source="Ben et al. 2022"),
    ),
)  # fmt: skip

FPS = 90.0
HOMES = ("Micro_Expression", "MMEW_Final/Micro_Expression", "MMEW/Micro_Expression", "")
CLIP = r"s\d+-\d+-\d+"
HOLDS = rf"{CLIP}|s\d+|happiness|surprise|disgust|repression|others|fear|sadness|anger"
COLUMNS = {
    "subject": "Subject", "name": "Filename", "onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame",
    "emotion": ("Estimated Emotion", "Emotion"),
}  # fmt: skip


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of MMEW; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    base = find_folder(root, HOMES, HOLDS)
    if base is None:
        raise InputError(f"{root}: no MMEW; expected Micro_Expression/happiness/S03-01-002/1.jpg below it")
    sheet = find_file((root, base, base.parent, base.parent.parent), ("MMEW_Micro_Exp*.xls*",))
    folders = {key(_subject(path.name), path.name): path for path in matching_folders(base, CLIP, 3)}
    clips = []
    for place, subject, name, row, folder in join(_rows(sheet, findings, fix_labels), folders, base, findings):
        _compare_emotion(place, row, folder, findings)
        clips.append(folder_clip(Clip("mmew", subject, name, fps=FPS), folder, row, place, findings))
    return Dataset("mmew", clips=[clip for clip in clips if clip], findings=findings)


def _rows(sheet: Path, findings: list[str], fix_labels: bool) -> Iterator[Row]:
    for place, row in read_table(sheet, COLUMNS, {"aus": "Action Units"}):
        name = row["name"]
        subject = _subject(name)
        told = row["subject"].upper().removeprefix("S")
        if told and subject_key(told) != subject_key(subject[1:]):
            findings.append(
                f"{place}: subject {row['subject']} but clip {name}, whose name counts; correct one of them"
            )
        yield place, subject, name, mend("mmew", f"{subject}/{name}", row, fix_labels)


def _subject(clip: str) -> str:
    """Return the subject that a clip's name begins with, like S03."""
    return clip.partition("-")[0].upper()


def _compare_emotion(place: str, row: Mapping[str, str], folder: Path, findings: list[str]) -> None:
    """Tell when a clip lies in the folder of another emotion than the sheet gives it."""
    there, told = folder.parent.name.lower(), row["emotion"].lower()
    if coarse(there) and there != told and (there, told) != ("repression", "others"):
        findings.append(f"{place}: emotion is {told} but the clip is {folder}; the sheet counts, see which is right")
