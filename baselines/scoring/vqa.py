"""Scores of answers to ME-VQA questions."""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from baselines.datasets.question_kinds import scored_kind
from baselines.errors import InputError
from baselines.formats.challenge import place_of, read_answers
from baselines.metrics import classification, text, vqa
from baselines.metrics.figures import Array
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring import figures as by_path
from baselines.scoring.common import Classes, Row
from baselines.scoring.figures import Figure, Figures, Path
from baselines.scoring.recognition import class_figures
from baselines.scoring.score import Column, Compared, Score, Sides, pooled

# Kinds of questions whose answer is a class; kinds that an entry of `metrics.vqa.FIGURES` scores: (its name, the
# name of the kind in a result).
CLASS_KINDS = ("coarse", "fine", "event_type")
MEAN_KINDS = {
    "action_units": ("action_units", "action_units"),
    "yes_no": ("accuracy", "yes_no"),
    "side": ("accuracy", "side"),
    "count": ("counts", "counts"),
    "count expression": ("counts", "counts_expression"),
    "count micro": ("counts", "counts_micro"),
    "count macro": ("counts", "counts_macro"),
}
IF_ASKED = ("event_type", "count", "count expression", "count micro", "count macro")  # told only where it is asked
# Figures in the tables: of questions about clips, and about the events of long videos.
CLIPS: tuple[Path, ...] = (
    ("coarse", "uf1"),
    ("coarse", "uar"),
    ("fine", "uf1"),
    ("fine", "uar"),
    ("action_units", "f1"),
    ("yes_no", "accuracy"),
    ("side", "accuracy"),
    ("bleu", "corpus-nltk-regex"),
    ("rouge", "rouge1-f1"),
)
LONG_VIDEOS: tuple[Path, ...] = (
    ("counts", "exact"),
    ("counts", "within_one"),
    ("counts", "mae"),
    ("counts", "rmse"),
    ("counts_micro", "mae"),
    ("counts_macro", "mae"),
    ("event_type", "uf1"),
    ("event_type", "uar"),
    ("action_units", "f1"),
    ("action_units", "jaccard"),
)
_DATABASE = re.compile(r"(casme2|casme3|casme_sq|cas|samm|smic|mmew|4dme)[_-]", re.IGNORECASE)

Counts = dict[tuple[str, ...], Array]  # by the path of the figures, an entry a subject


@dataclass
class _Answered:
    """The distinct cases (U,) among answers (N,), by question, true answer and answer; and whose they are."""

    kinds: list[str]
    truth: list[str]
    answers: list[str]
    units: list[tuple[str, str]]  # (S,) database and subject of those who are resampled
    case: Array  # (N,) places in kinds, truth and answers
    unit: Array  # (N,) places in units

    def of_kind(self, kind: str) -> tuple[list[int], list[str], list[str]]:
        """Numbers of the cases, true answers and answers of one kind of question, "count" being of any events."""
        cases = [n for n, other in enumerate(self.kinds) if other == kind or other.startswith(f"{kind} ")]
        return cases, [self.truth[n] for n in cases], [self.answers[n] for n in cases]

    def summed(self, cases: Sequence[int], values: ArrayLike) -> Array:
        """Return (S, K), the values (C, K) of some cases (C,) summed over the answers of each subject."""
        place = np.full(len(self.kinds), -1)
        place[cases] = np.arange(len(cases))
        mine = place[self.case] >= 0
        cells, times = np.unique(self.unit[mine] * len(self.kinds) + self.case[mine], return_counts=True)
        unit, case = np.divmod(cells, max(1, len(self.kinds)))
        weighted = np.asarray(values, float)[place[case]] * times[:, None]
        sums = np.zeros((len(self.units), weighted.shape[1]))
        for k, column in enumerate(weighted.T):
            sums[:, k] = np.bincount(unit, column, minlength=len(self.units))
        return sums


def read_vqa(truth: FilePath | str, predictions: FilePath | str, **_: Any) -> Sides:
    """Return the rows of the truth and the answers (N,) of two JSON Lines files joined by `id` (or `video_id`).

    Raises `InputError` for a question without an answer, an answer to no question, or a question that
    reads differently.
    """
    rows, predicted = read_answers(truth), read_answers(predictions)
    if [row["id"] for row in rows] != [row["id"] for row in predicted]:
        predicted = _in_order(rows, predicted, predictions)
    for row, mine in zip(rows, predicted):
        if mine["question"] != row["question"] and mine["question"]:
            raise InputError(
                f"{mine['place']}: question {row['id']} reads {row['question']!r} in the truth; correct it"
            )
    return Sides(rows, [row["answer"] for row in predicted])


def vqa_scores(
    rows: Sequence[Row],
    answers: Sequence[str],
    coarse_classes: Classes = None,
    fine_classes: Classes = None,
    per_dataset: bool = True,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Score answers (N,) to questions (mappings id, question, answer and, if known, dataset, subject, video).

    Returns {coarse: {uf1, uar, accuracy, n}, fine: the same, action_units: {f1, jaccard, exact, n},
    yes_no, side: {accuracy, n}, bleu: {variant: x}, rouge: {variant: x}, n, signature, ci, warnings};
    counts {mae, rmse, exact, within_one, n}, the same of each scope of events (counts_micro, ...) and event_type if
    asked; per_dataset: the same figures for each database if there are several.
    classes: as in `common.class_set`; default: those in the true answers, and for each database those
    in its own. A question without subject is grouped by its video.
    """
    answered = _answered(rows, answers)
    classes, named = _classes(answered, rows, coarse_classes, fine_classes)
    fixed = _fixed(coarse_classes, fine_classes)
    counts = _counts(answered, classes)
    figures = _figures(counts, fixed) | _number(answered)
    result = by_path.values(figures)
    databases = np.array([database for database, _ in answered.units], str)
    if per_dataset and len(set(databases)) > 1:
        result["per_dataset"] = {}
        for name in sorted(set(databases.tolist())):
            mine = {path: part[databases == name] for path, part in counts.items()}
            result["per_dataset"][name or "unknown"] = by_path.values(_figures(mine, fixed))
    result["signature"] = common.signature(
        "vqa",
        answers="lower,spaces,no-final-stop",
        **named,
        text="all-questions",
        sacrebleu=_version("sacrebleu"),
        ci=common.resampling(resamples, seed),
    )
    return result | {"warnings": [], "ci": by_path.intervals(figures, resamples, seed)}


def compared(
    rows: Sequence[Row],
    first: Sequence[str],
    second: Sequence[str],
    coarse_classes: Classes = None,
    fine_classes: Classes = None,
) -> Compared:
    """Return the figures of two lists of answers to the same questions."""
    figures = []
    for answers in (first, second):
        answered = _answered(rows, answers)
        classes, _ = _classes(answered, rows, coarse_classes, fine_classes)
        counts = _counts(answered, classes)
        figures.append(_figures(counts, _fixed(coarse_classes, fine_classes)) | _number(answered))
    truth = [row["answer"] for row in rows]
    right = [[bool(vqa.same_answer(*pair)) for pair in zip(truth, answers)] for answers in (first, second)]
    return Compared(figures, right)


def columns(result: dict[str, Any], paths: Sequence[Path] = CLIPS) -> Iterator[Column]:
    """Yield what the tables show: the figures under `paths` that there are."""
    for path in paths:
        if path[0] in result:
            yield Column("all", "_".join(path), path, result[path[0]].get("n", result["n"]))


def sides(folds: Sequence[Row]) -> Sides:
    """Return the questions of folds, without what a recipe says, and its answers."""
    rows = pooled(folds, "predictions")
    return Sides([row | {"prediction": None} for row in rows], [row["prediction"] for row in rows])


def _in_order(rows: Sequence[Row], predicted: Sequence[dict], path: FilePath | str) -> list[dict]:
    """The predicted rows in the order of the true ones; refuses one too many or too few."""
    asked, given = {row["id"]: row for row in rows}, {row["id"]: row for row in predicted}
    for name, row in given.items():
        if name not in asked:
            raise InputError(f"{row['place']}: question {name} is not in the truth; take the row out")
    for name, question in asked.items():
        if name not in given:
            raise InputError(f"{path}: no answer to question {name} ({question['place']}); add it")
    return [given[name] for name in asked]


def _answered(rows: Sequence[Row], answers: Sequence[str]) -> _Answered:
    owners = [(_database(row), str(row.get("subject") or row.get("video") or row["id"])) for row in rows]
    units = sorted(set(owners))
    number = {owner: n for n, owner in enumerate(units)}
    cases: dict[tuple[str, str, str], int] = {}
    case = [
        cases.setdefault((row["question"], row["answer"], answer), len(cases)) for row, answer in zip(rows, answers)
    ]
    return _Answered(
        kinds=[_kind(question) for question, _, _ in cases],
        truth=[truth for _, truth, _ in cases],
        answers=[answer for _, _, answer in cases],
        units=units,
        case=np.array(case, int),
        unit=np.fromiter((number[owner] for owner in owners), int, len(rows)),
    )


def _kind(question: str) -> str:
    """Return how the answer to a question is scored; of a count also which events it counts."""
    kind = scored_kind(question)
    if kind != "count":
        return kind
    return f"count {next((scope for scope in ('micro', 'macro') if scope in question.lower()), 'expression')}"


def _counts(answered: _Answered, classes: dict[str, list[str]]) -> Counts:
    """What the figures follow from."""
    counts: Counts = {}
    for kind, labels in classes.items():
        cases, truth, answers = answered.of_kind(kind)
        wanted, given = ([vqa.normalize(answer) for answer in side] for side in (truth, answers))
        single = classification.confusions(wanted, given, labels, range(len(cases)), len(cases))
        summed = answered.summed(cases, single.reshape(len(cases), math.prod(single.shape[1:])))
        counts[(kind,)] = summed.astype(int).reshape(len(summed), *single.shape[1:])
    for kind, (how, name) in MEAN_KINDS.items():
        cases, truth, answers = answered.of_kind(kind)
        if cases or kind not in IF_ASKED:
            counts[(name,)] = answered.summed(cases, vqa.counts(vqa.FIGURES[how], truth, answers))
    return counts | _text_counts(answered)


def _text_counts(answered: _Answered) -> Counts:
    statistics, pair = text.statistics(answered.truth, answered.answers)
    paths = [(family, name) for family, variants in text.FIGURES.items() for name in variants]
    parts = [statistics[name] for _, name in paths]
    summed = answered.summed(range(len(pair)), np.concatenate(parts, axis=1)[pair])
    return dict(zip(paths, np.split(summed, np.cumsum([part.shape[1] for part in parts])[:-1], axis=1)))


def _figures(counts: Counts, fixed: Collection[str]) -> Figures:
    """The figures of counts; classes that are not `fixed` are those in the truth.

    Neither the accuracy of a class nor the mean of no answers has an interval.
    """
    figures: Figures = {}
    for kind in CLASS_KINDS:
        if (kind,) in counts:
            figures |= class_figures((kind,), counts[(kind,)], kind in fixed)
            figures[kind, "accuracy"] = figures[kind, "accuracy"]._replace(interval=False)
    for how, name in MEAN_KINDS.values():
        if (name,) in counts:
            mine = counts[(name,)]
            figures |= by_path.tabled((name,), mine, vqa.rates(vqa.FIGURES[how]), interval=bool(mine.any()))
    for family, variants in text.FIGURES.items():
        for name, variant in variants.items():
            figures[family, name] = Figure(counts[family, name], variant.figure)
    return figures


def _number(answered: _Answered) -> Figures:
    """The number of all answers."""
    return {("n",): Figure(np.bincount(answered.unit, minlength=len(answered.units)), lambda sums: sums)}


def _fixed(coarse_classes: Classes, fine_classes: Classes) -> set[str]:
    """The kinds of questions whose class set does not follow from the true answers."""
    given = {"coarse": coarse_classes, "fine": fine_classes}
    return {kind for kind, chosen in given.items() if chosen not in (None, "truth")}


def _classes(
    answered: _Answered, rows: Sequence[Row], coarse_classes: Classes, fine_classes: Classes
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Class sets and their text for the signature; refuses a true answer outside a given set or without its count."""
    chosen, named = {}, {}
    given = {"coarse": coarse_classes, "fine": fine_classes}
    for kind in CLASS_KINDS:
        cases, *both = answered.of_kind(kind)
        if not cases and kind in IF_ASKED:
            continue
        truth, answers = ([vqa.normalize(answer) for answer in side] for side in both)
        place = _first_place(answered, rows, cases[0]) if len(cases) else ""
        chosen[kind], named[kind] = common.class_set(given.get(kind), truth, answers, place)
        for case, answer in zip(cases, truth):
            if answer not in chosen[kind]:
                expected = ", ".join(chosen[kind])
                place = _first_place(answered, rows, case)
                raise InputError(f"{place}: answer {answer!r} is outside the classes {expected}")
    for case, answer, _ in zip(*answered.of_kind("count")):
        if not vqa.has_number(answer):
            place = _first_place(answered, rows, case)
            raise InputError(f"{place}: answer {answer!r} has no whole number; expected a count like 2")
    return chosen, named


def _first_place(answered: _Answered, rows: Sequence[Row], case: int) -> str:
    first = int(np.argmax(answered.case == case))
    return place_of(rows[first], first + 1)


def _database(row: Row) -> str:
    if row.get("dataset"):
        return str(row["dataset"]).lower()
    match = _DATABASE.match(row["id"])
    return match.group(1).lower() if match else ""


def _version(library: str) -> str:
    from importlib.metadata import version

    return version(library)


VQA = Score("vqa", "coarse_uf1", read_vqa, vqa_scores, compared, columns, sides)
LVQA = Score("lvqa", "counts_exact", read_vqa, vqa_scores, compared, partial(columns, paths=LONG_VIDEOS), sides)
