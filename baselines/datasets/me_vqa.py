"""ME-VQA of the MEGC2025 and MEGC2026: question files, joined to whatever of their clips and videos is there.

Question files, JSON Lines, in the root or one folder deeper; any name will do, but files of predictions (*_pred.jsonl)
are passed over:

    me_vqa_samm_casme2_smic.jsonl       v1, training, CASME II 911, SAMM 828 and SMIC questions; also copies by
                                        database (casme.jsonl, samm.jsonl); me_vqa_samm_casme2_smic_v2.jsonl: v2
    me_vqa_casme3_test_to_answer.jsonl, me_vqa_samm_test_to_answer.jsonl, and with _v2_ before test: 17 and 7 clips
    me_lvqa_casme3_test_to_answer.jsonl, me_lvqa_samm_test_to_answer.jsonl, me_lvqa_samm_casme3.jsonl: long videos

An id that stands in two files counts once, that of the file whose name comes first (v1 before v2).
Pictures, in the root (copies of databases also beside it, when it is called me-vqa):

    casme2/ samm/ smic/                 copies of the databases, in the layout of the datasets of that name
    samm-lv/ casme3/ megc2025-str/      likewise, for the long videos
    STSNet_whole_norm_u_v_os/, three_norm_u_v_os/    flow pictures, for clips that have no frames above
    ME_VQA_MEGC_2025_Test/CAS-1/*.jpg   clips of the test sets (CAS-1 to 17 at 30 fps, SAMM-1 to 7 at 200 fps), at most
                                        three levels deep; no onset, apex or label

Subjects and clips are joined without regard to leading zeros (SAMM subject 6 is 006; SMIC s01_ne_01 is s1_ne_01), and
a question then names its clip as the database does. Questions without pictures stay, with a finding.
As far as participants' repositories show: the rows of the test files and of v1 are known; the training file of long
videos is not public there, its rows are taken to be like those of its test files.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from baselines.datasets import flow_images, open_dataset
from baselines.datasets.about import About
from baselines.datasets.classes import COARSE, ClassSet
from baselines.datasets.folders import matching_folders, shown, subfolders
from baselines.datasets.frames import ImageFrames
from baselines.datasets.names import subject_key
from baselines.datasets.questions import as_question, read_rows
from baselines.datasets.records import Clip, Dataset, Question, Video
from baselines.errors import InputError

ABOUT = About(
    title="ME-VQA: questions about micro-expression clips (v1, v2) and long videos, with the pictures that are there",
    tasks=("vqa", "recognition"),
    licence="the question files are free to download; the pictures need the licences of their databases",
    page="https://megc2026.github.io/challenge.html",
    citation=(
        "Fan, Li, See, Yap, Cheng, Li, Hong, Wang, Davison: MEGC2025: micro-expression grand challenge on spot then "
        "recognize and visual question answering, ACM Multimedia 2025 (doi 10.1145/3746027.3762065); MEGC2026: "
        "arXiv 2603.08927"
    ),
    size=(
        "training v1 and v2: 911 questions on 145 clips of CASME II, 828 on 133 of SAMM, one on each clip of SMIC; "
        "test: 85 questions on 17 clips (CAS), 35 on 7 (SAMM); long videos: 120 questions on 20 (CAS), 60 on 10 (SAMM)"
    ),
    protocol=(
        "leave-one-subject-out on the training clips; the test sets are scored on the leaderboards: UF1 and UAR of the "
        "coarse and fine classes, BLEU, ROUGE; see `megc submit vqa`"
    ),
    classes=(
        ClassSet(
            "three",
            {word: name for word, name in COARSE.of.items() if name != "others"},
            ("others", "other"),
            "the coarse classes of the MEGC2025",
        ),
    ),
)

DATABASES = ("casme2", "samm", "smic", "samm-lv", "casme3", "megc2025-str")
# questions of the files that participants' repositories hold whole
QUESTIONS = {
    "casme.jsonl": 911, "samm.jsonl": 828,
    "me_vqa_casme3_test_to_answer.jsonl": 85, "me_vqa_samm_test_to_answer.jsonl": 35,
    "me_vqa_casme3_v2_test_to_answer.jsonl": 85, "me_vqa_samm_v2_test_to_answer.jsonl": 35,
    "me_lvqa_casme3_test_to_answer.jsonl": 120, "me_lvqa_samm_test_to_answer.jsonl": 60,
}  # fmt: skip
TEST_CLIP = r"(CAS|SAMM)-\d+"
TEST_CLIPS = {"cas": ("casme3", 30.0), "samm": ("samm", 200.0)}  # database, frames per second


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of question files and of those of their clips and videos that are there."""
    root = Path(root)
    findings: list[str] = []
    questions = _questions(root, findings)
    records: dict[tuple[str, str, str], Clip | Video] = {}
    missing: dict[str, list[Question]] = {}
    known = _known(root, fix_labels, findings)
    for number, question in enumerate(questions):
        record = known.get((subject_key(question.subject), subject_key(question.video)))
        if record is None:
            missing.setdefault(" ".join(filter(None, (question.subject, question.video))), []).append(question)
            continue
        records[record.dataset, record.subject, record.name] = record
        questions[number] = replace(question, subject=record.subject, video=record.name)
    if missing:
        findings.append(
            f"{root}: no pictures of {len(missing)} clips or videos ({sum(map(len, missing.values()))} questions): "
            f"{shown(list(missing))}; put copies of their databases there, see `megc data describe me-vqa`"
        )
    clips = [record for record in records.values() if isinstance(record, Clip)]
    videos = [record for record in records.values() if isinstance(record, Video)]
    return Dataset("me-vqa", clips=clips, videos=videos, questions=questions, findings=findings)


def _questions(root: Path, findings: list[str]) -> list[Question]:
    """Return the questions of all files, each id once."""
    paths = sorted(path for folder in (root, *subfolders(root).values()) for path in folder.glob("[!.]*.jsonl"))
    paths = [path for path in paths if not path.stem.endswith("_pred")]
    if not paths:
        raise InputError(f"{root}: no question file; expected one such as me_vqa_samm_casme2_smic.jsonl there")
    questions: dict[str, Question] = {}
    for path in sorted(paths, key=lambda path: (path.name, path)):
        rows = read_rows(path, findings)
        expected = QUESTIONS.get(path.name, len(rows))
        if len(rows) != expected:
            findings.append(f"{path}: {len(rows)} questions, published with {expected}; get the file again")
        other = 0
        for question in map(as_question, rows):
            other += questions.setdefault(question.id, question) != question
        if other:
            findings.append(
                f"{path}: {other} ids stand in a file before with another question or answer, which counts; keep one "
                "of the two files to choose"
            )
    return list(questions.values())


def _known(root: Path, fix_labels: bool, findings: list[str]) -> dict[tuple[str, str], Clip | Video]:
    """Return {keys of subject and name: clip or video} of all that is there, frames before flow pictures."""
    sources: list[Callable[[], Sequence[Clip | Video]]] = [
        partial(_test_clip, folder) for folder in matching_folders(root, TEST_CLIP, 3)
    ]
    places = (root, root.parent) if root.name == "me-vqa" else (root,)
    copies = {name.lower(): path for place in reversed(places) for name, path in subfolders(place).items()}
    sources += [partial(_copy, name, copies[name], fix_labels, findings) for name in DATABASES if name in copies]
    if any((root / name).is_dir() for name in (flow_images.WHOLE, flow_images.FOLDS)):
        sources.append(partial(flow_images.read_clips, root))
    known: dict[tuple[str, str], Clip | Video] = {}
    for read in sources:
        try:
            records = read()
        except InputError as error:
            findings.append(str(error))
            continue
        for record in records:
            for asked in _keys(record):
                known.setdefault(asked, record)
    return known


def _test_clip(folder: Path) -> list[Clip]:
    database, fps = TEST_CLIPS[folder.name.partition("-")[0].lower()]
    return [Clip(database, "", folder.name, ImageFrames(folder), fps)]


def _copy(name: str, folder: Path, fix_labels: bool, findings: list[str]) -> list[Clip | Video]:
    found = open_dataset(name, folder, fix_labels)
    findings += [*found.findings, *found.notes]
    return [*found.clips, *found.videos]


def _keys(record: Clip | Video) -> Iterator[tuple[str, str]]:
    """Yield what a clip or video is asked about under: subject and name, or as files without subjects call it."""
    subject, name = subject_key(record.subject), subject_key(record.name)
    yield subject, name
    yield "", f"{subject}_{name}"
    if name.startswith(subject):  # a name that tells the subject, like 006_1_2 or s1_ne_01
        yield "", name
