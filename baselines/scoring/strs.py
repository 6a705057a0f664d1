"""Spot-then-recognize scores."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from baselines.datasets.classes import COARSE, COARSE_CLASSES, ClassSet, coarse_classes
from baselines.formats.challenge import place_of
from baselines.metrics import recognition, spotting, strs
from baselines.metrics.figures import Array
from baselines.metrics.strs import CORRECTED, SCRIPT
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Classes, Row
from baselines.scoring.events import intervals_of, read_sides, subjects_of
from baselines.scoring.figures import Figure, Figures, intervals, tabled, values
from baselines.scoring.score import Column, Compared, Score, Sides


def read_strs(
    truth: Path | str,
    predictions: Path | str,
    mode: str = CORRECTED,
    classes: Classes = None,
    where: Mapping[str, str] | None = None,
    fps: float | None = None,
    **_: Any,
) -> Sides:
    """Return the events of two files, the predicted ones within their videos (`events.read_sides`).

    A `classes.csv` beside an `events.csv` tells the coarse class of each word of its own, unless others are analysed.

    Under `megc2025-script` it is as in the script: predictions for subjects that the truth does not know are kept, to
    have no effect, and intervals are met as they are written, also outside their video.
    """
    corrected, cut = mode == CORRECTED, mode != SCRIPT
    sides = read_sides(truth, predictions, emotion=True, refuse=corrected, clip=cut, where=where, fps=fps)
    known = coarse_classes(truth if Path(truth).is_dir() else Path(truth).parent)
    if known is COARSE or not set(common.class_set(classes, ())[0]) <= set(COARSE_CLASSES):
        return sides
    events = [row | {"emotion": known.label(row["emotion"]) or _own(row, known)} for row in sides.truth]
    return sides._replace(truth=events)


def _own(row: Row, known: ClassSet) -> str:
    """The emotion of an event that is in no coarse class: nothing where `classes.csv` leaves it out, else the word."""
    return "" if known.knows(row["emotion"]) else row["emotion"]


def strs_scores(
    truth: Sequence[Row],
    predicted: Sequence[Row],
    mode: str = CORRECTED,
    classes: Classes = None,
    kind: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Score rows (mappings subject, video, onset, offset, emotion).

    Returns {spotting: {tp, fp, fn, precision, recall, f1}, analysis: {precision, recall, f1, uf1, uar},
    strs, signature, ci, warnings}. classes: the analysed ones, as in `common.class_set`; default: those in the
    truth; events of other emotions, and those with an empty one, count in spotting only. kind: count only events of
    this type (micro or macro), of rows that have it. Under `megc2025-script` an undefined strs is None.
    """
    truth, predicted = of_type(truth, kind), of_type(predicted, kind)
    emotions, guessed = ([row["emotion"] for row in rows] for rows in (truth, predicted))
    place = place_of(truth[0], 1) if truth else ""
    analysed, named = common.class_set(classes, filter(None, emotions), guessed, place)
    for row in predicted:
        common.check_label(row, "emotion", {*emotions, *analysed}, "the classes of the truth")
    figures = _figures(truth, predicted, analysed, mode, _subjects(truth, predicted))
    signature = common.signature(
        "strs",
        mode=mode,
        matching="one-to-one" if mode == CORRECTED else "file-order",
        iou=">=0.5",
        frames="inclusive",
        types=kind or "all",
        classes=named,
        undefined=0 if mode == CORRECTED else "nan",
        ci=common.resampling(resamples, seed),
    )
    return values(figures) | {
        "signature": signature,
        "warnings": _warnings(truth, emotions, analysed, kind),
        "ci": intervals(figures, resamples, seed),
    }


def of_type(rows: Sequence[Row], kind: str | None) -> Sequence[Row]:
    """Return the event rows of one type, micro or macro; all of them where `kind` is None."""
    return rows if kind is None else [row for row in rows if row["type"] == kind]


def compared(
    truth: Sequence[Row],
    first: Sequence[Row],
    second: Sequence[Row],
    classes: Classes = None,
    mode: str = CORRECTED,
    kind: str | None = None,
) -> Compared:
    """Return the figures of two recipes, over the subjects of all rows."""
    truth, first, second = (of_type(rows, kind) for rows in (truth, first, second))
    emotions = [row["emotion"] for row in truth if row["emotion"]]
    subjects, figures = _subjects(truth, first, second), []
    for predicted in (first, second):
        analysed, _ = common.class_set(classes, emotions, [row["emotion"] for row in predicted])
        figures.append(_figures(truth, predicted, analysed, mode, subjects))
    return Compared(figures)


def columns(result: dict[str, Any]) -> Iterator[Column]:
    """Yield what the tables show."""
    events = result["spotting"]["tp"] + result["spotting"]["fn"]
    for path in (("strs",), ("spotting", "f1"), ("analysis", "f1"), ("analysis", "uf1"), ("analysis", "uar")):
        yield Column("all", "_".join(path), path, events)


def _figures(
    truth: Sequence[Row], predicted: Sequence[Row], classes: Sequence[str], mode: str, subjects: Array
) -> Figures:
    spotted, pairs = strs.count(_side(truth), _side(predicted), subjects, classes, mode)
    chosen = recognition.counted_in_resample(pairs.sum(axis=0))
    analysis = {name: partial(figure, mode=mode) for name, figure in strs.FIGURES.items()}
    both = np.concatenate([spotted, pairs.reshape(len(pairs), math.prod(pairs.shape[1:]))], axis=1)

    def score(sums: Array) -> Array:
        analysed = sums[..., 3:].reshape(*sums.shape[:-1], *pairs.shape[1:])
        return strs.score(sums[..., :3], analysed, chosen(analysed), mode)

    return (
        tabled(("spotting",), spotted, spotting.FIGURES)
        | tabled(("analysis",), pairs, recognition.averaging(analysis, chosen))
        | {("strs",): Figure(both, score)}
    )


def _subjects(*sides: Sequence[Row]) -> Array:
    return np.unique(np.concatenate([subjects_of(rows) for rows in sides]))


def _side(rows: Sequence[Row]) -> tuple[Array, Array, Array, Array]:
    groups = np.array([f"{row['subject']}\t{row['video']}" for row in rows], str)
    return intervals_of(rows), groups, subjects_of(rows), np.array([row["emotion"] for row in rows], str)


def _warnings(truth: Sequence[Row], emotions: Sequence[str], classes: Sequence[str], kind: str | None) -> list[str]:
    lines = []
    macro = sum(row.get("type") == "macro" for row in truth)
    if kind is None and macro:
        lines.append(
            f"{macro} macro-expressions of the truth count as well, and match whatever type is predicted; choose the "
            "type micro to leave them out"
        )
    if truth and not set(emotions) & set(classes):
        lines.append(f"no event of the truth has one of the classes {', '.join(classes)}: nothing is analysed")
    return lines


STRS = Score("strs", "strs", read_strs, strs_scores, compared, columns)
