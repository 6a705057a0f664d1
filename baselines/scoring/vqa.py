"""Scores of answers to ME-VQA questions."""

import math
import re
from dataclasses import dataclass

import numpy as np

from baselines.errors import InputError
from baselines.formats import place_of, read_answers
from baselines.metrics import recognition, text, vqa
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Tally

_DATABASE = re.compile(r"(casme2|casme3|casme_sq|cas|samm|smic|mmew|4dme)[_-]", re.IGNORECASE)


@dataclass
class _Answered:
    """The distinct cases (U,) among answers (N,), by question, true answer and answer; and whose they are."""

    kinds: list
    truth: list
    answers: list
    units: list  # (S,) database and subject of those who are resampled
    case: np.ndarray  # (N,) places in kinds, truth and answers
    unit: np.ndarray  # (N,) places in units

    def of_kind(self, kind):
        """Numbers of the cases, true answers and answers of one kind of question."""
        cases = [n for n, other in enumerate(self.kinds) if other == kind]
        return cases, [self.truth[n] for n in cases], [self.answers[n] for n in cases]

    def summed(self, cases, values):
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


def score_vqa(truth, predictions, **options):
    """Score a JSON Lines file of answers against one of true answers; options: those of `vqa_scores`."""
    return vqa_scores(*read_vqa(truth, predictions), **options)


def read_vqa(truth, predictions):
    """Return (rows of the truth, answers (N,)) of two JSON Lines files joined by `id` (or `video_id`).

    Raises `InputError` for a question without an answer, an answer to no question, or a question that
    reads differently.
    """
    rows, predicted = read_answers(truth), read_answers(predictions)
    if [row["id"] for row in rows] != [row["id"] for row in predicted]:
        predicted = _in_order(rows, predicted, predictions)
    for row, mine in zip(rows, predicted):
        if mine["question"] != row["question"] and mine["question"]:
            raise InputError(f"{mine['place']}: question {row['id']} reads {row['question']!r} in the truth; mend it")
    return rows, [row["answer"] for row in predicted]


def _in_order(rows, predicted, path):
    """The predicted rows in the order of the true ones; refuses one too many or too few."""
    asked, given = ({row["id"]: row for row in side} for side in (rows, predicted))
    for name, row in given.items():
        if name not in asked:
            raise InputError(f"{row['place']}: question {name} is not in the truth; take the row out")
    for name, row in asked.items():
        if name not in given:
            raise InputError(f"{path}: no answer to question {name} ({row['place']}); add it")
    return [given[name] for name in asked]


def vqa_scores(rows, answers, coarse_classes=None, fine_classes=None, per_dataset=True, resamples=RESAMPLES, seed=0):
    """Score answers (N,) to questions (mappings id, question, answer and, if known, dataset, subject, video).

    Returns {coarse: {uf1, uar, accuracy, n}, fine: the same, action_units: {f1, jaccard, exact, n},
    yes_no, side: {accuracy, n}, bleu: {variant: x}, rouge: {variant: x}, n, signature, ci, warnings};
    counts and event_type if asked; per_dataset: the same figures for each database if there are several.
    classes: as in `common.class_set`; default: those in the true answers, and for each database those
    in its own.
    """
    answered = _answered(rows, answers)
    classes, named = _classes(answered, rows, coarse_classes, fine_classes)
    counts = _counts(answered, classes)
    given = {"coarse": coarse_classes, "fine": fine_classes}
    fixed = {kind for kind, chosen in given.items() if chosen not in (None, "truth")}
    result = _figures(counts, fixed) | {"n": len(rows)}
    databases = np.array([database for database, _ in answered.units], str)
    if per_dataset and len(set(databases)) > 1:
        result["per_dataset"] = {}
        for name in sorted(set(databases.tolist())):
            mine = {key: part[databases == name] for key, part in counts.items()}
            result["per_dataset"][name or "unknown"] = _figures(mine, fixed)
    result["signature"] = common.signature(
        "vqa", answers="lower,spaces,no-final-stop", **named, text="all-questions", **text.library_versions()
    )
    result["warnings"] = []
    return common.with_intervals(result, _tally(answered.units, counts), resamples, seed)


def vqa_tally(rows, answers, coarse_classes=None, fine_classes=None):
    """Return the Tally of every figure; a question without subject is grouped by its video."""
    answered = _answered(rows, answers)
    classes, _ = _classes(answered, rows, coarse_classes, fine_classes)
    return _tally(answered.units, _counts(answered, classes))


def _answered(rows, answers):
    owners = [(_database(row), str(row.get("subject") or row.get("video") or row["id"])) for row in rows]
    units = sorted(set(owners))
    number = {owner: n for n, owner in enumerate(units)}
    cases = {}
    case = [
        cases.setdefault((row["question"], row["answer"], answer), len(cases)) for row, answer in zip(rows, answers)
    ]
    questions, truth, answers = zip(*cases) if cases else ((), (), ())
    return _Answered(
        kinds=[vqa.question_kind(question) for question in questions],
        truth=list(truth),
        answers=list(answers),
        units=units,
        case=np.array(case, int),
        unit=np.fromiter((number[owner] for owner in owners), int, len(rows)),
    )


def _counts(answered, classes):
    """{class kind, name of a mean or text variant: (S, ...) what its figures follow from, by subject}."""
    counts = {}
    for kind, labels in classes.items():
        cases, *sides = answered.of_kind(kind)
        pairs = [[vqa.normalize(answer) for answer in side] for side in sides]
        single = recognition.confusions(*pairs, labels, range(len(cases)), len(cases))
        summed = answered.summed(cases, single.reshape(len(cases), math.prod(single.shape[1:])))
        counts[kind] = summed.astype(int).reshape(len(summed), *single.shape[1:])
    for kind, key, _, score in vqa.MEANS:
        cases, *sides = answered.of_kind(kind)
        if cases or key != "counts":
            counts[key] = answered.summed(cases, np.column_stack([score(*sides), np.ones(len(cases))]))
    statistics, pair = text.statistics(answered.truth, answered.answers)
    parts = np.split(
        answered.summed(range(len(pair)), np.concatenate(list(statistics.values()), axis=1)[pair]),
        np.cumsum([rows.shape[1] for rows in statistics.values()])[:-1],
        axis=1,
    )
    return counts | dict(zip(statistics, parts))


def _figures(counts, fixed):
    """The figures of summed counts; classes that are not `fixed` are those in the truth."""
    totals = {name: part.sum(axis=0) for name, part in counts.items()}
    result = {}
    for kind in vqa.CLASS_KINDS:
        if kind in totals:
            counted = None if kind in fixed else recognition.in_truth(totals[kind])
            result[kind] = recognition.summary(totals[kind], counted)
    for _, key, names, _ in vqa.MEANS:
        if key in totals:
            figures = {name: float(vqa.mean_rate(name, totals[key], place)) for place, name in enumerate(names)}
            result[key] = figures | {"n": int(totals[key][-1])}
    for family, variants in (("bleu", text.BLEU_VARIANTS), ("rouge", text.ROUGE_VARIANTS)):
        result[family] = {name: float(text.score(name, totals[name])) for name in variants}
    return result


def _tally(units, counts):
    tally = Tally(units)
    for kind in vqa.CLASS_KINDS:
        if kind in counts:
            part = counts[kind]
            counted = recognition.counted_in_resample(part.sum(axis=0))
            tally.metrics[kind, "uf1"] = part, lambda sums, counted=counted: recognition.uf1(sums, counted(sums))
            tally.metrics[kind, "uar"] = part, lambda sums, counted=counted: recognition.uar(sums, counted(sums))
    for _, key, names, _ in vqa.MEANS:
        for place, name in enumerate(names if key in counts and counts[key].any() else ()):
            tally.metrics[key, name] = (
                counts[key],
                lambda sums, name=name, place=place: vqa.mean_rate(name, sums, place),
            )
    for family, variants in (("bleu", text.BLEU_VARIANTS), ("rouge", text.ROUGE_VARIANTS)):
        for name in variants:
            tally.metrics[family, name] = counts[name], lambda sums, name=name: text.score(name, sums)
    return tally


def _classes(answered, rows, coarse_classes, fine_classes):
    """Class sets and their text for the signature; refuses a true answer outside a given set or without its count."""
    chosen, named = {}, {}
    for kind, given in (("coarse", coarse_classes), ("fine", fine_classes), ("event_type", None)):
        cases, truth, answers = answered.of_kind(kind)
        if kind == "event_type" and not cases:
            continue
        truth, answers = ([vqa.normalize(answer) for answer in side] for side in (truth, answers))
        chosen[kind], named[kind] = common.class_set(given, truth, answers)
        for case, answer in zip(cases, truth):
            if answer not in chosen[kind]:
                expected = ", ".join(chosen[kind])
                place = _first_place(answered, rows, case)
                raise InputError(f"{place}: answer {answer!r} is outside the classes {expected}")
    for case, answer, _ in zip(*answered.of_kind("count")):
        if not any(letter.isdigit() for letter in answer):
            place = _first_place(answered, rows, case)
            raise InputError(f"{place}: answer {answer!r} has no whole number; expected a count like 2")
    return chosen, named


def _first_place(answered, rows, case):
    first = int(np.argmax(answered.case == case))
    return place_of(rows[first], first + 1)


def _database(row):
    if row.get("dataset"):
        return str(row["dataset"]).lower()
    match = _DATABASE.match(row["id"])
    return match.group(1).lower() if match else ""
