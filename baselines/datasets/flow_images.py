"""The MEGC2019 composite as published optical-flow pictures: 28 x 28 RGB = (u, v, optical strain), onset to apex.

Two public layouts are read (STSTNet and HTNet authors' copies):
`STSNet_whole_norm_u_v_os/<subject>_<clip> .png`, with the blank, beside a CSV `dataset,sub,filename_o,label,...`;
`three_norm_u_v_os/<subject>/u_test/<label>/<name>.png`, leave-one-subject-out folds whose u_test folders together
are the database. Each channel is min-max scaled per image, so the zero level of the flow is lost.
ME-VQA question files (*.jsonl) in the same folder are joined to the clips by subject and file name.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.classes import published_set
from baselines.datasets.questions import read_questions
from baselines.datasets.records import Clip, Dataset, Event
from baselines.errors import InputError
from baselines.files import inside, read_csv

ABOUT = About(
    title="MEGC2019 composite as published 28x28 flow pictures (CASME II, SMIC-HS, SAMM)",
    tasks=("recognition", "vqa"),
    licence="none stated for the pictures; the databases they come from need their owners' licence",
    page="https://github.com/christy1206/STSTNet",
    citation=(
        "See, Yap, Li, Hong, Wang: MEGC 2019 - the second facial micro-expressions grand challenge, FG 2019; "
        "pictures: Liong, Gan, See, Khor, Huang: Shallow triple stream three-dimensional CNN (STSTNet), FG 2019"
    ),
    size="442 pictures of 28 x 28 pixels, one a clip",
    protocol="leave-one-subject-out over the 68 subjects of the union; UF1 and UAR of pooled predictions",
    published={"subjects": 68, "clips": 442, "emotion negative": 250, "emotion positive": 109, "emotion surprise": 83},
    source="combined_3class_gt.csv of the MEGC2019",
    classes=(published_set("three", "negative, positive, surprise", source="MEGC2019 (See et al., FG 2019)"),),
)

LABELS = ("negative", "positive", "surprise")
WHOLE, FOLDS = "STSNet_whole_norm_u_v_os", "three_norm_u_v_os"


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of the flow pictures in either layout at or below `root`, with the questions beside them."""
    questions = [question for path in sorted(Path(root).glob("*.jsonl")) for question in read_questions(path)]
    return Dataset("flow-images", clips=read_clips(root), questions=questions)


def read_clips(root: str | Path) -> list[Clip]:
    """Return the clips of the flow pictures in either layout at or below `root`."""
    root = Path(root)
    for folder in (root / WHOLE, root):
        tables = sorted({*folder.parent.glob("*.csv"), *folder.glob("*.csv")}) if folder.name == WHOLE else []
        if folder.is_dir() and tables:
            clips = _read_whole(folder, tables)
            break
    else:
        folder = root / FOLDS if (root / FOLDS).is_dir() else root
        clips = _read_folds(folder) if folder.is_dir() else []
    if not clips:
        raise InputError(
            f"{root}: no flow pictures; expected the folder {WHOLE} beside its CSV, "
            f"or {FOLDS} with <subject>/u_test/<label>/*.png"
        )
    return clips


def database_of(subject: str) -> str | None:
    """Return the database a subject's name belongs to: sub01 is CASME II, s01 SMIC, 006 SAMM."""
    for pattern, name in ((r"sub\d+", "casme2"), (r"s\d+", "smic"), (r"\d+", "samm")):
        if re.fullmatch(pattern, subject):
            return name
    return None


def _read_whole(folder: Path, tables: Iterable[Path]) -> list[Clip]:
    columns = ("dataset", "sub", "filename_o", "label")
    clips, seen = [], set()
    for table in tables:
        for place, row in read_csv(table, columns):
            path = inside(folder, f"{row['sub']}_{row['filename_o']} .png", place)
            if path in seen:
                raise InputError(f"{place}: clip {row['sub']} {row['filename_o']} stands twice; delete one row")
            seen.add(path)
            if not path.exists():
                raise InputError(f"{place}: no picture {path.name!r} in {folder}; copy it there or delete the row")
            if row["label"] not in ("0", "1", "2"):
                raise InputError(f"{place}: label is {row['label']!r}; expected 0 negative, 1 positive or 2 surprise")
            clips.append(_clip(row["dataset"], row["sub"], row["filename_o"], int(row["label"]), path))
    return clips


def _read_folds(folder: Path) -> list[Clip]:
    clips = []
    for path in sorted(folder.glob("*/u_test/*/*.png")):
        subject, label = path.parts[-4], path.parts[-2]
        database = database_of(subject)
        if database is None:
            raise InputError(f"{folder / subject}: no subject of CASME II (sub01), SMIC (s01) or SAMM (006)")
        if label not in ("0", "1", "2"):
            raise InputError(f"{path.parent}: expected a folder 0, 1 or 2 (negative, positive, surprise)")
        name = path.stem.strip().removeprefix(f"{subject}_")
        clips.append(_clip(database, subject, name, int(label), path))
    return clips


def _clip(database: str, subject: str, name: str, label: int, path: Path) -> Clip:
    event = Event(onset=1, offset=2, apex=2, emotion=LABELS[label])
    return Clip(database, subject, name, event=event, flow_image=path)
