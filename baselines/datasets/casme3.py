"""CAS(ME)^3 part A: long videos with micro- and macro-expressions; or the clips of its micro-expressions alone.

Read from the folder that holds, itself or in its folder `annotation`, `annotation/partA` or `part_A/annotation`:

    cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx, first sheet, the micro-expressions: Subject (spNO.1), Filename (a to m,
        sometimes a capital), Onset, Apex, Offset, AU, Objective class, emotion
    CAS(ME)3_part_A_v2.xls, first sheet (AU+Emotion), the macro-expressions: the same columns without emotion, and
        Expression type (Macro-expression, Micro-expression); the sheet `eye blink` is not read

and the frames of either release, 1280 x 720 pixels:

    part_A/data/part_A/spNO.1/a/color/37.jpg, or less of this path (data/spNO.1/..., spNO.1/...)
    Part_A_ME_clip/frame/spNO.10_a_116/116.jpg: <subject>_<Filename>_<Onset>, clips alone

Frames count as the image files do; these do not start at 1 and may have gaps. Long videos are preferred where both lie
there. A video is called by its Filename, a clip without its video <Filename>_<Onset>. Rows of micro-expressions in the
.xls file are read only when the .xlsx file is not there: they have no emotion. The emotions of macro-expressions are
unknown. Traps: spNO in the sheets, spNo in some copies of the folders; Filename in capitals; an onset of 0 where images
start at 1. Sources: the owners' repository (jingtingEmmaLi/CAS-ME-3) and the loaders of SFAMNet, meb (tvaranka) and the
MEGC2024; their lists of damaged images and hidden faces (`exception/` of the repository) are not applied.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.annotations import mend, read_event
from baselines.datasets.assembling import Name, Row, assemble_videos, index, kind_of, nested
from baselines.datasets.classes import published_set
from baselines.datasets.cutting import event_clips
from baselines.datasets.folders import find_file, find_folder, subfolders
from baselines.datasets.frames import ImageFrames
from baselines.datasets.records import Clip, Dataset, Note
from baselines.errors import InputError
from baselines.formats.spreadsheets import read_table

ABOUT = About(
    title="CAS(ME)^3 part A: long videos of 100 subjects with macro- and micro-expressions",
    tasks=("spotting", "recognition", "str"),
    licence="research only, under the licence agreement of its owners",
    page="http://casme.psych.ac.cn/casme/e4",
    citation=(
        "Li, Dong, Lu, Wang, Yan, Ma, Liu, Huang, Fu: CAS(ME)^3: a third generation facial spontaneous "
        "micro-expression database with depth information and high ecological validity, IEEE TPAMI 45(3), 2023"
    ),
    size="30 frames/s, 1280 x 720 pixels (the depth images beside them are not read)",
    protocol=(
        "spotting: IoU >= .5, micro and macro each, leave-one-subject-out; recognition of the micro-expressions: seven "
        "emotions, four or three coarse classes"
    ),
    published={
        "subjects": 100, "micro events": 860, "macro events": 3346, "clips": 860,
        "emotion disgust": 250, "emotion surprise": 187, "emotion others": 161, "emotion fear": 86,
        "emotion anger": 64, "emotion sad": 57, "emotion happy": 55,
    },
    source="v2 label files, and the owners' repository; the release of clips has 94 subjects",
    releases={"release of clips": {"subjects": 94, "micro events": None, "macro events": None}},
    gaps=True,
    classes=(
        published_set("three", "negative=disgust+fear+anger+sad, positive=happy, surprise", "others",
                      "as MER-CLIP (arXiv 2505.05937) and others report it"),
        published_set("four", "negative=disgust+fear+anger+sad, positive=happy, surprise, others",
                      source="as MER-CLIP (arXiv 2505.05937) and others report it"),
        published_set("seven", "disgust, surprise, others, fear, anger, sadness=sad, happiness=happy",
                      source="Li et al. 2023"),
    ),
)  # fmt: skip

NAME, FPS = "casme3", 30.0
SUBJECT = r"spNO\.?0*(\d+)"
VIDEO = re.compile(SUBJECT + r"/([a-z])", re.IGNORECASE)
CLIP = re.compile(SUBJECT + r"_([a-z])_(\d+)", re.IGNORECASE)
SPLIT = "data/part_A_split/part_A"
PLACES = ("part_A/data/part_A", "data/part_A", f"part_A/{SPLIT}", SPLIT, "part_A/data", "data", "part_A", "")
TABLES = ("", "annotation", "annotation/partA", "part_A/annotation")
CLIP_PLACES = ("Part_A_ME_clip/frame", "Part_A_ME_clip/Part_A_ME_clip/frame", "frame", "")
MICRO_NAME, BOTH_NAME = "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "CAS(ME)3_part_A_v2.xls"
MICRO = ("cas(me)3_part_A_ME_label_JpgIndex_v2*.xls*", "cas(me)3_part_A_ME_label_JpgIndex*.xls*")
BOTH = ("CAS(ME)3_part_A_v2*.xls*", "CAS(ME)3_part_A_v*.xls*")
COLUMNS = {"subject": "Subject", "video": "Filename", "onset": "Onset", "apex": "Apex", "offset": "Offset"}


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of CAS(ME)^3 part A at or below `root`; see the module text for the layout."""
    micro, both = _table(root, MICRO), _table(root, BOTH)
    table = micro or both
    if table is None:
        raise InputError(f"{root}: no label file; expected {MICRO_NAME}, copy it there")
    findings: list[str] = []
    if micro is None:
        findings.append(f"{table.parent}: no {MICRO_NAME}, so that micro-expressions have no emotion; copy it there")
    rows = _rows(micro, both, findings)
    subjects = find_folder(root, PLACES, SUBJECT)
    if subjects:
        if both is None:
            findings.append(f"{table.parent}: no {BOTH_NAME}, so that there are no macro-expressions; copy it there")
        return _long_videos(subjects, rows, findings, fix_labels)
    place = find_folder(root, CLIP_PLACES, CLIP.pattern)
    if place is None:
        raise InputError(
            f"{root}: no frames; expected spNO.1/a/color/37.jpg, or the clips Part_A_ME_clip/frame/spNO.1_a_355/355.jpg"
        )
    clips = _clips(subfolders(place), rows, findings, fix_labels)
    findings.append(
        Note.of(str(place), "the release of clips: its 860 micro-expressions are of 94 of the 100 subjects, by design")
    )
    return Dataset(NAME, clips=clips, findings=findings, release="release of clips")


def _table(root: str | Path, patterns: Sequence[str]) -> Path | None:
    """Return a label file at or below `root`, or None when there is none."""
    try:
        return find_file([Path(root) / place for place in TABLES], patterns)
    except InputError:
        return None


def _long_videos(place: Path, rows: Iterator[Row], findings: list[str], fix_labels: bool) -> Dataset:
    folders = index(nested(place, findings), _key, "spNO.1/a", findings)
    folders = {key: folder / "color" for key, folder in folders.items()}
    videos = assemble_videos(NAME, FPS, folders, rows, findings, fix_labels)
    return Dataset(NAME, clips=event_clips(videos), videos=videos, findings=findings)


def _clips(folders: Mapping[str, Path], rows: Iterator[Row], findings: list[str], fix_labels: bool) -> list[Clip]:
    """Return one clip a row of a micro-expression, from the release that holds the clips alone."""
    waiting = index(folders, _clip_key, "spNO.1_a_355", findings)
    clips = []
    for place, (subject, video), row in rows:
        if row["kind"] != "micro":
            continue
        row, published = mend(NAME, f"{subject}/{video}", row, fix_labels), row["onset"]
        keys = [(subject, video, onset) for onset in (row["onset"], published)]
        folder = next((waiting.pop(key) for key in keys if key in waiting), None)
        if folder is None:
            findings.append(f"{place}: no folder {subject}_{video}_{published}; the clip is left out, copy it")
            continue
        try:
            frames = ImageFrames(folder)
        except InputError as error:
            findings.append(f"{error}; the clip is left out")
            continue
        event = read_event(row, place, findings, "micro", frames.numbers)
        if event:
            clips.append(Clip(NAME, subject, f"{video}_{published}", frames, FPS, event))
    findings += [f"{folder}: no row of the label file is about it; take it away" for folder in waiting.values()]
    return clips


def _rows(micro: Path | None, both: Path | None, findings: list[str]) -> Iterator[Row]:
    """Yield (place, (subject, video), row): micro-expressions from the file with emotions, others from the other."""
    if micro is not None:
        for place, row in read_table(micro, COLUMNS | {"emotion": "emotion"}, {"aus": "AU"}):
            yield from _row(place, row, "micro", findings)
    if both is not None:
        for place, row in read_table(both, COLUMNS | {"type": "Expression type"}, {"aus": "AU"}):
            kind = kind_of(row["type"])
            if kind is None:
                findings.append(
                    f"{place}: Expression type {row['type']!r}; expected Macro-expression, correct the cell"
                )
            elif kind == "macro" or micro is None:
                yield from _row(place, row, kind, findings)


def _row(place: str, row: dict[str, str], kind: str, findings: list[str]) -> Iterator[Row]:
    key = _key(f"{row['subject']}/{row['video']}")
    if key:
        yield place, key, row | {"kind": kind}
    else:
        findings.append(f"{place}: {row['subject']!r}, {row['video']!r}; expected spNO.1, a; correct the cells")


def _key(name: str) -> Name | None:
    match = VIDEO.fullmatch(name)
    return match and (f"spNO.{match[1]}", match[2].lower())


def _clip_key(name: str) -> tuple[str, str, str] | None:
    match = CLIP.fullmatch(name)
    return match and (f"spNO.{match[1]}", match[2].lower(), str(int(match[3])))
