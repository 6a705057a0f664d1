"""The MEGC2019 composite: 442 clips of CASME II, SMIC-HS and SAMM in three classes, by the official list.

The list `combined_3class_gt.csv`, in the root, has no header: `db,subject,clip,label` with db casme2, smic or samm and
label 0 negative, 1 positive, 2 surprise. It decides which clips count and their class. Subjects and clips are spelled
as in `casme2,sub01,EP02_01f`, `smic,s01,s01_ne_01` (or s1, s1_ne_01) and `samm,6,006_1_2`.
The copies of the databases lie in folders casme2, smic and samm of the root, in any case, or where
environment and configuration place these datasets, or in the root itself; `megc data describe casme2` and so on tell
their layout. Their sheets give apex frames, action units and fine emotions; SMIC has none of these.
The clips keep subject and name of their database, and its name as their dataset.
"""

import csv
import io
from dataclasses import replace
from pathlib import Path

from baselines.datasets import casme2, samm, smic
from baselines.datasets.about import About
from baselines.datasets.classes import published_set
from baselines.datasets.folders import find_file, shown, subfolders
from baselines.datasets.names import subject_key
from baselines.datasets.records import Clip, Dataset
from baselines.datasets.roots import find_root
from baselines.errors import InputError
from baselines.files import read_text

ABOUT = About(
    title="MEGC2019 composite: 442 micro-expression clips of CASME II, SMIC-HS and SAMM in three classes",
    tasks=("recognition",),
    licence="that of each database: data describe casme2, smic, samm",
    page="https://facial-micro-expressiongc.github.io/MEGC2019",
    citation="See, Yap, Li, Hong, Wang: MEGC 2019 - the second facial micro-expressions grand challenge, FG 2019",
    size="145 clips of CASME II (200 fps), 164 of SMIC-HS (100 fps), 133 of SAMM (200 fps)",
    protocol="leave-one-subject-out over the 68 subjects of the union; UF1 and UAR of pooled predictions",
    published={
        "subjects": 68, "clips": 442, "emotion disgust": 70, "emotion happiness": 58, "emotion repression": 27,
        "emotion surprise": 83, "emotion anger": 57, "emotion contempt": 12, "emotion fear": 8, "emotion sadness": 6,
        "emotion negative": 70, "emotion positive": 51,
    },
    source="combined_3class_gt.csv of the MEGC2019; fine emotions of CASME II and SAMM from the ME-VQA annotation v1",
    classes=(
        published_set(
            "three",
            "negative=negative+repression+anger+contempt+disgust+fear+sadness, positive=positive+happiness, surprise",
            source="the official list; each clip is in one of them",
        ),
    ),
)  # fmt: skip

PARTS = {"casme2": casme2, "smic": smic, "samm": samm}
LISTS = ("combined_3class_gt.csv", "combined_3*class*gt*.csv")
LABELS = {"0": "negative", "1": "positive", "2": "surprise"}


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of the composite; see the module text for the layout."""
    root = Path(root)
    findings: list[str] = []
    clips: list[Clip] = []
    path = find_file((root,), LISTS)
    listed = _read_list(path, findings)
    for name in dict.fromkeys(key[0] for key in listed):
        wanted = {key: place for key, place in listed.items() if key[0] == name}
        try:
            part = _open(name, root, fix_labels)
        except InputError as error:
            findings.append(f"{path}: the {len(wanted)} clips of {name} are left out ({error})")
            continue
        findings += [*part.findings, *part.notes]
        there = {_key(name, clip.subject, clip.name): clip for clip in part.clips}
        clips += [_labelled(there[key], *wanted[key], findings) for key in wanted if key in there]
        missing = ["/".join(key[1:]) for key in wanted if key not in there]
        if missing:
            findings.append(f"{path}: {len(missing)} of {name} are not in the copy: {shown(missing)}; see its findings")
    if not clips:
        raise InputError(
            f"{root}: none of the clips of {path.name}; expected copies in casme2/, smic/, samm/ beside it"
        )
    return Dataset("megc2019", clips=clips, findings=findings)


def _open(name: str, root: Path, fix_labels: bool) -> Dataset:
    """Return the `Dataset` of one database from the first place that holds it."""
    beside = [root, root.parent] if root.name.lower() == "megc2019" else [root]
    homes = [path for home in beside for folder, path in subfolders(home).items() if folder.lower() == name]
    homes = homes or [home for home in (find_root(name), root) if home]
    errors = []
    for home in homes:
        try:
            return PARTS[name].load(home, fix_labels)
        except InputError as error:
            errors.append(error)
    raise errors[0]


def _read_list(path: Path, findings: list[str]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return {(database, subject, clip) in one spelling: (place, class)} of the official list."""
    listed: dict[tuple[str, str, str], tuple[str, str]] = {}
    for number, cells in enumerate(csv.reader(io.StringIO(read_text(path))), start=1):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        place = f"{path} row {number}"
        if len(cells) != 4 or cells[0].lower() not in PARTS or cells[3] not in LABELS:
            raise InputError(f"{place}: {','.join(cells)!r}; expected db,subject,clip,label as casme2,sub01,EP02_01f,1")
        key = _key(cells[0].lower(), *cells[1:3])
        if key in listed:
            findings.append(f"{place}: {cells[1]} {cells[2]} stands twice and the first row counts; delete one")
        listed.setdefault(key, (place, LABELS[cells[3]]))
    return listed


def _key(database: str, subject: str, name: str) -> tuple[str, str, str]:
    # only SMIC's clip names carry the subject's number in two spellings
    return database, subject_key(subject), subject_key(name) if database == "smic" else name.lower()


def _labelled(clip: Clip, place: str, label: str, findings: list[str]) -> Clip:
    """Return the clip with the class of the list: its fine emotion where that agrees, else the class."""
    if clip.label == label:
        return clip
    assert clip.event  # each of the three databases tells the event of every clip
    emotion = clip.event.emotion
    if emotion:
        findings.append(f"{place}: {label}, but {clip.dataset} says {emotion}; the list counts")
    return replace(clip, event=replace(clip.event, emotion=label))
