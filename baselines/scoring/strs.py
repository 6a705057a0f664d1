"""Spot-then-recognize scores."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from baselines.formats.challenge import read_events
from baselines.metrics import recognition, spotting, strs
from baselines.metrics.figures import Array
from baselines.metrics.strs import CORRECTED
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Classes, Row
from baselines.scoring.events import check_known_videos, intervals_of, join_subjects, sibling_videos, subjects_of
from baselines.scoring.figures import Figure, Figures, intervals, tabled, values
from baselines.scoring.score import Column, Compared, Score, Sides


def read_strs(truth: Path | str, predictions: Path | str, mode: str = CORRECTED, **_: Any) -> Sides:
    """Return the events of two files. A `videos.csv` beside an `events.csv` tells which videos exist.

    Under `megc2025-script` predictions for subjects that the truth does not know are kept, to have no
    effect, as in the script.
    """
    videos = sibling_videos(truth)
    events, predicted = read_events(truth, emotion=True), read_events(predictions, emotion=True)
    join_subjects(events, predicted)
    return Sides(events, predicted, check_known_videos(events, predicted, videos, refuse=mode == CORRECTED))


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
    truth; events of other emotions count in spotting only. kind: count only events of this type (micro or
    macro), of rows that have it. Under `megc2025-script` an undefined strs is None.
    """
    truth, predicted = of_type(truth, kind), of_type(predicted, kind)
    emotions, guessed = ([row["emotion"] for row in rows] for rows in (truth, predicted))
    analysed, named = common.class_set(classes, emotions, guessed)
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
    emotions, subjects, figures = [row["emotion"] for row in truth], _subjects(truth, first, second), []
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
        lines.append(f"{macro} macro-expressions of the truth count as well; choose the type micro to leave them out")
    if truth and not set(emotions) & set(classes):
        lines.append(f"no event of the truth has one of the classes {', '.join(classes)}: nothing is analysed")
    return lines


STRS = Score("strs", "strs", read_strs, strs_scores, compared, columns)
