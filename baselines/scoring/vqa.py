"""Scores of answers to ME-VQA questions."""

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
    """Answers (N,) as columns, and whose they are."""

    kinds: list
    truth: list
    answers: list
    units: list  # (S,) database and subject of those who are resampled
    unit: np.ndarray  # (N,) places in units

    def of_kind(self, kind):
        """Row numbers, true answers and answers of one kind of question."""
        rows = [n for n, other in enumerate(self.kinds) if other == kind]
        return rows, [self.truth[n] for n in rows], [self.answers[n] for n in rows]


def score_vqa(truth, predictions, **options):
    """Score a JSON Lines file of answers against one of true answers; options: those of `vqa_scores`."""
    return vqa_scores(*read_vqa(truth, predictions), **options)


def read_vqa(truth, predictions):
    """Return (rows of the truth, answers (N,)) of two JSON Lines files joined by `id` (or `video_id`).

    Raises `InputError` for a question without an answer, an answer to no question, or a question that
    reads differently.
    """
    rows, predicted = read_answers(truth), read_answers(predictions)
    known = {row["id"]: row for row in rows}
    answers = {}
    for row in predicted:
        question = known.get(row["id"])
        if question is None:
            raise InputError(f"{row['place']}: question {row['id']} is not in the truth; take the row out")
        if row["question"] and row["question"] != question["question"]:
            expected = question["question"]
            raise InputError(f"{row['place']}: question {row['id']} reads {expected!r} in the truth; mend it")
        answers[row["id"]] = row["answer"]
    for row in rows:
        if row["id"] not in answers:
            raise InputError(f"{predictions}: no answer to question {row['id']} ({row['place']}); add it")
    return rows, [answers[row["id"]] for row in rows]


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
    return _Answered(
        kinds=[vqa.question_kind(row["question"]) for row in rows],
        truth=[row["answer"] for row in rows],
        answers=answers,
        units=units,
        unit=np.fromiter((number[owner] for owner in owners), int, len(rows)),
    )


def _counts(answered, classes):
    """{class kind, name of a mean or text variant: (S, ...) what its figures follow from, by subject}."""
    size = len(answered.units)
    counts = {}
    for kind, labels in classes.items():
        mine, *sides = answered.of_kind(kind)
        pairs = [[vqa.normalize(answer) for answer in side] for side in sides]
        counts[kind] = recognition.confusions(*pairs, labels, answered.unit[mine], size)
    for kind, key, _, score in vqa.MEANS:
        mine, *sides = answered.of_kind(kind)
        if mine or key != "counts":
            values = np.column_stack([score(*sides), np.ones(len(mine))])
            counts[key] = _summed(values, answered.unit[mine], size)
    statistics, index = text.statistics(answered.truth, answered.answers)
    used, times = np.unique(answered.unit * max(1, index.max(initial=0) + 1) + index, return_counts=True)
    unit, pair = np.divmod(used, max(1, index.max(initial=0) + 1))
    for name, rows in statistics.items():
        counts[name] = _summed(rows[pair] * times[:, None], unit, size)
    return counts


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
    """Class sets and their text for the signature; refuses a true answer outside a given set."""
    chosen, named = {}, {}
    for kind, given in (("coarse", coarse_classes), ("fine", fine_classes), ("event_type", None)):
        mine, truth, answers = answered.of_kind(kind)
        if kind == "event_type" and not mine:
            continue
        truth, answers = ([vqa.normalize(answer) for answer in side] for side in (truth, answers))
        chosen[kind], named[kind] = common.class_set(given, truth, answers)
        for n, answer in zip(mine, truth):
            if answer not in chosen[kind]:
                expected = ", ".join(chosen[kind])
                raise InputError(f"{place_of(rows[n], n + 1)}: answer {answer!r} is outside the classes {expected}")
    return chosen, named


def _summed(values, unit, units):
    return np.stack([np.bincount(unit, column, minlength=units) for column in np.asarray(values, float).T], axis=1)


def _database(row):
    if row.get("dataset"):
        return str(row["dataset"]).lower()
    match = _DATABASE.match(row["id"])
    return match.group(1).lower() if match else ""
