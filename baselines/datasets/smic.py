"""SMIC-HS: clips of 100 fps video in three classes, told by their folders; no apex, no action units.

Folders below the root, the first that is there: `HS/s1/micro/positive/s1_po_01/image559740.bmp`, also below
`SMIC_all_raw/` (whole pictures), then below `SMIC_all_cropped/` (faces aligned by the authors, `reg_image...`). Raw
comes first, since alignment is done here; point the root at SMIC_all_cropped to read that. Classes are negative (ne),
positive (po), surprise (sur). A subject is written as its folder, s1 or s01. A clip is all of its folder.
Not read: `non_micro` beside `micro`, and the cameras VIS and NIR beside HS.
Traps: copies of SMIC_all_cropped are reported to lack s18_sur_03 and single pictures of other clips.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.classes import published_set
from baselines.datasets.folders import find_folder, subfolders, subject_folders
from baselines.datasets.frames import ImageFrames
from baselines.datasets.names import subject_key
from baselines.datasets.records import Clip, Dataset, Event
from baselines.errors import InputError

FPS = 100.0
CITATION = (
    "Li, Pfister, Huang, Zhao, Pietikainen: A spontaneous micro-expression database - inducement, collection and "
    "baseline, FG 2013"
)
ABOUT = About(
    title="SMIC-HS: 164 spontaneous micro-expression clips of 16 subjects at 100 fps, in three classes",
    tasks=("recognition",),
    licence="research only; a signed agreement with the University of Oulu",
    page="https://www.oulu.fi/cmvs/node/41319",
    citation=CITATION,
    size="100 fps; 640 x 480 pixels; 164 clips of about a third of a second",
    protocol="leave-one-subject-out, three classes",
    published={
        "subjects": 16, "clips": 164, "emotion negative": 70, "emotion positive": 51, "emotion surprise": 43,
    },
    source="Li et al. 2013 and combined_3class_gt.csv of the MEGC2019",
    classes=(published_set("three", "negative, positive, surprise", source="Li et al. 2013"),),
)  # fmt: skip

CLASSES = {"negative": "ne", "positive": "po", "surprise": "sur"}
HOMES = ("", "SMIC_all_raw", "SMIC", "SMIC/SMIC_all_raw", "SMIC_all_cropped", "SMIC/SMIC_all_cropped")
ROUTES = tuple(os.path.join(home, part) for home in HOMES for part in ("HS", ""))
SUBJECT = r"s\d+"


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of a copy of SMIC-HS; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    seen: dict[str, Path] = {}
    base = find_folder(root, ROUTES, SUBJECT)
    found = [
        _read(subject, emotion, path, seen, findings)
        for subject, folder in (subject_folders(base, SUBJECT, findings) if base else ())
        for emotion, path in _clip_folders(folder)
    ]
    if not found:
        raise InputError(f"{root}: no SMIC-HS; expected folders such as HS/s1/micro/positive/s1_po_01 below it")
    return Dataset("smic", clips=[clip for clip in found if clip], findings=findings)


def _clip_folders(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield class and folder of each clip in the folder of a subject."""
    for part, micro in subfolders(folder).items():
        if part.lower() == "micro":
            for emotion, clips in subfolders(micro).items():
                yield from ((emotion.lower(), path) for path in subfolders(clips).values())


def _read(subject: str, emotion: str, folder: Path, seen: dict[str, Path], findings: list[str]) -> Clip | None:
    """Return the clip in a folder, or None with a finding; `seen` collects the clips."""
    if not re.fullmatch(rf"{subject_key(subject)}_{CLASSES.get(emotion)}_\d+", subject_key(folder.name)):
        findings.append(
            f"{folder}: expected a name like {subject}_po_01 in a folder positive, ne in negative, sur in surprise; "
            "the clip is left out, move it"
        )
        return None
    first = seen.setdefault(subject_key(folder.name), folder)
    if first != folder:
        findings.append(f"{folder}: the same clip as {first}; it is left out, remove one")
        return None
    try:
        frames = ImageFrames(folder)
    except InputError as error:
        findings.append(str(error))
        return None
    return Clip("smic", subject, folder.name, frames, FPS, Event(1, len(frames), emotion=emotion))
