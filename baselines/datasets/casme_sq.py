"""CAS(ME)^2: long videos with micro- and macro-expressions.

Read from the folder that holds:

    CAS(ME)^2code_final.xlsx (also `...(Updated).xlsx`, code_final.xlsx), three sheets, none with a header, which are
        known by what stands in them (CSV exports of the three are read where there is no such file):
        CASFEcode_final (the first sheet): subject number, video and expression (anger1_1), onset, apex, offset,
            action units, emotion (positive, negative, surprise, others), macro-expression or micro-expression,
            self-reported emotion (not read)
        naming rule1: folder number, folder (s15), subject number (1)
        naming rule2: video code (0401), video (anger1)
    rawpic/s15/15_0101disgustingteeth/img001.jpg, 640 x 480 pixels

Without rawpic, longVideoFaceCropped/s15/15_0101disgustingteeth/img_1.jpg (the release of cropped faces) is read
instead. `cropped` and `selectedpic` hold single expressions, not long videos, and are not read.

A video is called <subject>_<code>, such as s15_0401, as in the ground truth of the MEGC2020 baseline. Traps: the
subject number is not the folder number; the code of a video and its name stand apart; 44 rows have offset 0, which
means that the apex is the last frame; an apex of 0 is unknown; three rows have an apex after their offset; 3 of the 98
folders have no event. Frames count as the image files do. Sources: the loaders of the MEGC2020 baseline (HeyingGithub)
and of SOFTNet (genbing99), and sunlicai's of the cropped release.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.assembling import Name, Row, assemble_videos, index, kind_of, nested
from baselines.datasets.classes import published_set
from baselines.datasets.cutting import event_clips
from baselines.datasets.folders import find_file, find_folder
from baselines.datasets.records import Dataset
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_sheets

ABOUT = About(
    title="CAS(ME)^2: 98 long videos of 22 subjects with macro- and micro-expressions",
    tasks=("spotting", "recognition", "str"),
    licence="research only, under the licence agreement of its owners",
    page="http://casme.psych.ac.cn/casme/e3",
    citation=(
        "Qu, Wang, Yan, Li, Wu, Fu: CAS(ME)^2: a database for spontaneous macro-expression and micro-expression "
        "spotting and recognition, IEEE Transactions on Affective Computing 9(4), 2018"
    ),
    size="98 videos (the MEGC pages say 97), 30 frames/s, 640 x 480 pixels, 148 s on average",
    protocol=(
        "spotting: IoU >= .5, micro and macro each and pooled (MEGC2020, MEGC2021), leave-one-subject-out for "
        "trained methods; recognition of the micro-expressions: negative, positive, surprise, others"
    ),
    published={
        "subjects": 22, "videos": 98, "micro events": 57, "macro events": 300, "clips": 57,
        "emotion negative": 21, "emotion others": 19, "emotion surprise": 9, "emotion positive": 8,
    },
    source="label file; folders as the MEGC2020 baseline lists them (ME2_all.txt)",
    classes=(
        published_set("three", "negative, positive, surprise", "others", "ME-STR of the MEGC2023 to MEGC2025"),
        published_set("four", "negative, positive, surprise, others", source="Qu et al. 2018"),
    ),
)  # fmt: skip

NAME, FPS = "casme-sq", 30.0
CROPPED = "longVideoFaceCropped"
PLACES = ("rawpic", "CAS(ME)^2/rawpic", "", CROPPED, f"CAS(ME)2_{CROPPED}/{CROPPED}")
LABELS = ("CAS(ME)^2code_final.xlsx", "*code_final*.xls*")
FOLDER = re.compile(r"(s\d+)/\d+_(\d{4}).*")
Sheet = tuple[str, list[list[str]]]  # its place and its rows
# what a sheet tells: (what the cells of its rows look like, an example)
SHEETS = {
    "events": ((r"\d+", r"\D+\d+_.*", *[".*"] * 5, r"(?i)(micro|macro).*"), "1, anger1_1, 557, ..., macro-expression"),
    "subjects": ((r"\d+", r"[sS]\d+", r"\d+"), "15, s15, 1"),
    "codes": ((r"\d{3,4}", r"[A-Za-z]+\d+"), "0401, anger1"),
}
ROW = ("subject", "video", "onset", "apex", "offset", "aus", "emotion", "type")


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of CAS(ME)^2 at or below `root`; see the module text for the layout."""
    place = find_folder(root, PLACES, r"s\d+")
    if place is None:
        raise InputError(f"{root}: no long videos; expected rawpic/s15/15_0101disgustingteeth/img001.jpg")
    labels = find_file([root, place.parent], LABELS)
    findings: list[str] = []
    sheets = _sheets(labels)
    subjects = {row[2]: row[1].lower() for row in sheets["subjects"][1] if len(row) > 2 and row[2] and row[1]}
    codes = {row[1].lower(): row[0].zfill(4) for row in sheets["codes"][1] if len(row) > 1 and row[0] and row[1]}
    known = {(subject, code) for subject in subjects.values() for code in codes.values()}
    folders = index(nested(place, findings), lambda name: _key(name, known), "s15/15_0101disgustingteeth", findings)
    videos = assemble_videos(
        NAME, FPS, folders, _rows(sheets["events"], subjects, codes, findings), findings, fix_labels
    )
    return Dataset(NAME, clips=event_clips(videos), videos=videos, findings=findings)


def _key(name: str, known: AbstractSet[Name]) -> Name | None:
    match = FOLDER.fullmatch(name.lower())
    return (match[1], f"{match[1]}_{match[2]}") if match and match.groups() in known else None


def _sheets(labels: Path) -> dict[str, Sheet]:
    """Return {what it tells: (place, rows)} of the three sheets, each the first that holds such rows.

    A CSV file is an export of one of them; those of the others lie beside it.
    """
    found: dict[str, Sheet] = {}
    files = [labels]
    if labels.suffix.lower() == ".csv":
        files += sorted(path for path in labels.parent.glob("*.csv") if path != labels)
    for place, rows in (sheet for path in files for sheet in read_sheets(path)):
        for what, (holds, _) in SHEETS.items():
            if any(len(row) >= len(holds) and all(map(re.fullmatch, holds, row)) for row in rows):
                found.setdefault(what, (place, rows))
    for what, (_, example) in SHEETS.items():
        if what not in found:
            raise InputError(f"{labels}: no sheet has rows like {example}; get the file as the database publishes it")
    return found


def _rows(sheet: Sheet, subjects: Mapping[str, str], codes: Mapping[str, str], findings: list[str]) -> Iterator[Row]:
    """Yield (place, (subject, video), row) for each row of a sheet that names a known video; a header is skipped."""
    for number, cells in enumerate(sheet[1], start=1):
        if not any(re.search(r"\d", cell) for cell in cells):  # empty, or a header that somebody added
            continue
        place = f"{sheet[0]} row {number}"
        row = dict(zip(ROW, [*cells, *[""] * len(ROW)]))
        subject, code = subjects.get(row["subject"]), codes.get(row["video"].split("_")[0].lower())
        kind = kind_of(row["type"])
        if subject is None or code is None:
            wrong = f"subject {row['subject']!r}" if subject is None else f"video {row['video']!r}"
            findings.append(f"{place}: {wrong} is not in the naming rules; the event is left out, correct the cell")
        elif kind is None:
            findings.append(f"{place}: type {row['type']!r}; expected macro-expression or micro-expression, correct it")
        else:
            yield place, (subject, f"{subject}_{code}"), row | {"kind": kind}
