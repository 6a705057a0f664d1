"""What became of each sample: its class, the class that was predicted, whose it is.

A sample is a clip (recognition), a question for a class (vqa), or an event: a true one with the interval that found it,
or without one, or a predicted one that found nothing (spotting, str). All that is told per class and per subject
follows from this: confusions, and how many of a subject's samples are right.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from baselines.datasets.question_kinds import scored_kind
from baselines.metrics import spotting, strs
from baselines.metrics.classification import class_counts, confusions
from baselines.metrics.figures import Array
from baselines.metrics.ratios import ratio
from baselines.metrics.vqa import normalize
from baselines.scoring.common import Row
from baselines.scoring.events import intervals_of
from baselines.scoring.kinds import SCORES

QUESTIONS = ("vqa", "lvqa")
SEEN = ("coarse", "fine", "event_type")  # kinds of questions whose answer is a class of its own set


class Outcome(NamedTuple):
    """A sample of a subject; truth is None for an interval that is no event, prediction for an event not found."""

    dataset: str
    subject: str
    truth: str | None
    prediction: str | None


class ClassFigures(NamedTuple):
    """Figures of one class; n: how many samples are of it."""

    label: str
    precision: float
    recall: float
    f1: float
    n: int


class SubjectFigures(NamedTuple):
    """What a subject has: n true samples, predicted ones, right ones, and 2 right / (n + predicted).

    That is the accuracy where each sample is predicted, and the F1 of events.
    """

    dataset: str
    subject: str
    n: int
    predicted: int
    right: int
    share: float


def outcomes_of(kind: str, folds: Sequence[Row]) -> dict[str, list[Outcome]]:
    """Return {kind of question: outcomes} of the folds of a run; only questions have kinds, others one without name."""
    truth, predictions = SCORES[kind].sides(folds)[:2]
    if kind in QUESTIONS:
        asked = [(scored_kind(row["question"]), row, mine) for row, mine in zip(truth, predictions)]
        return {name: [_answered(row, mine) for found, row, mine in asked if found == name] for name in SEEN}
    if kind == "recognition":
        return {"": [Outcome(row["dataset"], row["subject"], row["label"], row["prediction"]) for row in predictions]}
    return {"": _events(kind, truth, predictions)}


def matched(kind: str, truth: Sequence[Row], predictions: Sequence[Row]) -> tuple[Array, Array]:
    """Return (i, j), the rows of true events and of the intervals that found them, as the figures of a kind have it.

    In spotting an interval finds events of its own type, in str all.
    """
    mine, theirs = (
        (intervals_of(rows), _names(rows, "subject", "video", *(("type",) if kind == "spotting" else ())))
        for rows in (truth, predictions)
    )
    if kind == "spotting":
        return spotting.match_one_to_one(*mine, *theirs)
    return strs.match(*mine, _names(truth, "emotion"), *theirs, _names(predictions, "emotion"))


def classes_of(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the classes in the truth, sorted; an event may have none."""
    return sorted({outcome.truth for outcome in outcomes if outcome.truth})


def confusion(outcomes: Sequence[Outcome]) -> Array:
    """Return the confusion (C, C + 1) of the samples that have a class and a prediction, of `classes_of` all."""
    both = [outcome for outcome in outcomes if outcome.truth and outcome.prediction is not None]
    truth, predicted = ([getattr(outcome, side) for outcome in both] for side in ("truth", "prediction"))
    return confusions(truth, predicted, classes_of(outcomes), np.zeros(len(both), int), 1)[0]


def per_class(outcomes: Sequence[Outcome]) -> list[ClassFigures]:
    """Return the figures of each class, of the samples that are in `confusion`; an empty denominator gives 0."""
    counts = confusion(outcomes)
    tp, fp, fn = class_counts(counts)
    figures = zip(ratio(tp, tp + fp), ratio(tp, tp + fn), ratio(2 * tp, 2 * tp + fp + fn), counts.sum(axis=1))
    return [
        ClassFigures(label, float(precision), float(recall), float(f1), int(n))
        for label, (precision, recall, f1, n) in zip(classes_of(outcomes), figures)
    ]


def per_subject(outcomes: Iterable[Outcome]) -> list[SubjectFigures]:
    """Return the figures of each subject, sorted."""
    counts: dict[tuple[str, str], list[int]] = {}
    for dataset, subject, truth, prediction in outcomes:
        mine = counts.setdefault((dataset, subject), [0, 0, 0])
        for place, counted in enumerate((truth is not None, prediction is not None, truth == prediction)):
            mine[place] += counted
    return [
        SubjectFigures(*subject, n, predicted, right, 2 * right / (n + predicted))
        for subject, (n, predicted, right) in sorted(counts.items())
    ]


def _names(rows: Sequence[Row], *columns: str) -> Array:
    return np.array(["\t".join(row[column] for column in columns) for row in rows], str)


def _answered(row: Row, mine: Row) -> Outcome:
    whose = row.get("subject") or row.get("video") or row["id"]
    return Outcome(row.get("dataset") or "", whose, normalize(row["answer"]), normalize(mine))


def _events(kind: str, truth: Sequence[Row], predictions: Sequence[Row]) -> list[Outcome]:
    label = "emotion" if kind == "strs" else "type"
    i, j = matched(kind, truth, predictions)
    found = dict(zip(i.tolist(), j.tolist()))
    events = [(row, predictions[found[n]] if n in found else None) for n, row in enumerate(truth)]
    missed = sorted(set(range(len(predictions))) - set(found.values()))
    return [
        *(_event(row, row[label], mine[label] if mine else None) for row, mine in events),
        *(_event(predictions[n], None, predictions[n][label]) for n in missed),
    ]


def _event(row: Row, truth: str | None, prediction: str | None) -> Outcome:
    dataset = row.get("dataset") or ""
    subject = (row["subject"] or row["video"]).removeprefix(f"{dataset}/")
    return Outcome(dataset, subject, truth, prediction)
