"""Scores of recognized emotions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.formats.challenge import RECOGNITION_KEYS, place_of, read_recognition
from baselines.metrics import classification, recognition
from baselines.metrics.figures import Array
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Classes, Row
from baselines.scoring.figures import Figure, Figures, intervals, tabled, values
from baselines.scoring.score import Column, Compared, Score, Sides
from baselines.scoring.subjects import Spellings

MOST_CELLS = 20_000_000  # of the confusions of all subjects, 8 bytes each


def read_recognized(
    truth: Path | str | None, predictions: Path | str, where: Mapping[str, str] | None = None, **_: Any
) -> Sides:
    """Return rows with label and prediction, of one file or of two joined by dataset, subject and clip.

    where: as in `formats.challenge.read_recognition`. A subject has the spelling that is met first. Raises
    `InputError` for a clip that has no prediction or that the truth does not know.
    """
    spellings = Spellings()
    if truth is None:
        rows = read_recognition(predictions, ("label", "prediction"), where)
        joined = spellings.join(rows, "clips", "clip")
    else:
        known, predicted = (
            read_recognition(truth, ("label",), where),
            read_recognition(predictions, ("prediction",), where),
        )
        joined = [
            *spellings.join(known, "clips of the truth", "clip"),
            *spellings.join(predicted, "predictions", "clip"),
        ]
        rows = _joined(known, predicted, predictions)
    return Sides(None, rows, joined, {"protocol": rows[0]["protocol"]} if rows and "protocol" in rows[0] else {})


def recognition_scores(
    rows: Sequence[Row],
    classes: Classes = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    protocol: str | None = None,
) -> dict[str, Any]:
    """Score rows (mappings dataset, subject, clip, label, prediction and, if known, probabilities {class: p}).

    Returns {uf1, uar, accuracy, n, confusion, per_dataset, fold_mean, signature, ci, warnings}, and `ece`, the
    expected calibration error, where all rows tell probabilities. classes: as in `common.class_set`; by default those
    in the truth, and for each database those in its truth. A given set holds for every figure, and a label or
    prediction outside it is refused. protocol: how the predictions were made, for the signature.
    """
    labels, named = _class_set(rows, classes)
    fixed = _is_fixed(classes)
    for row in rows:
        for name in ("label", "prediction"):
            if fixed and row[name] not in labels:
                expected = ", ".join(labels)
                raise InputError(f"{place_of(row)}: {name} {row[name]!r} is outside the classes {expected}; correct it")
            common.check_label(row, name, set(labels), "the classes of the truth")
    counts, figures = confusions(rows, labels), per_dataset(rows, labels, fixed)
    whole = class_figures((), counts, True)
    result = values(whole)
    result["confusion"] = {"labels": labels, "counts": counts.sum(axis=0).tolist()}
    result |= {"per_dataset": {}, **values(figures), "fold_mean": recognition.fold_means(counts)}
    told = {"protocol": protocol, "ece": f"{recognition.BINS}-bins"} if protocol else {}
    result["signature"] = common.signature(
        "recognition",
        **told,
        uf1="pooled",
        classes=named,
        per_dataset="pooled-predictions",
        folds="subject",
        ci=common.resampling(resamples, seed),
    )
    result["ci"] = intervals(whole | figures, resamples, seed)
    if rows and all("probabilities" in row for row in rows):
        calibrated = calibration(rows)
        # resampled alone: these counts are not whole, and a sum with others beside it may round differently
        result |= values(calibrated)
        result["ci"] |= intervals(calibrated, resamples, seed)
    return result | {"warnings": []}


def confusions(rows: Sequence[Row], labels: Sequence[str]) -> Array:
    """Return the (S, C, C + 1) confusions of the subjects of rows, in order of database and subject."""
    subjects, index = _subjects(rows)
    if len(subjects) * len(labels) ** 2 > MOST_CELLS:
        raise InputError(
            f"{place_of(rows[0], 1)}: {len(subjects)} subjects and {len(labels)} classes are more than confusions can "
            "count; see whether these columns hold subjects and emotions, or score the file in parts"
        )
    truth, predicted = ([row[name] for row in rows] for name in ("label", "prediction"))
    return classification.confusions(truth, predicted, labels, index, len(subjects))


def class_figures(path: tuple[str, ...], counts: Array, fixed: bool) -> Figures:
    """Return the figures of confusions (S, C, C + 1), over all classes if they are `fixed`, else those in the truth."""
    whole = counts.sum(axis=0)
    chosen = recognition.counted_in_resample(whole, None if fixed else recognition.in_truth(whole))
    return tabled(path, counts, recognition.averaging(recognition.FIGURES, chosen))


def per_dataset(rows: Sequence[Row], labels: Sequence[str], fixed: bool) -> Figures:
    """Return the figures of each database; the subjects of the database are resampled."""
    figures: Figures = {}
    for name in sorted({row["dataset"] for row in rows}):
        mine = [row for row in rows if row["dataset"] == name]
        figures |= class_figures(("per_dataset", name), confusions(mine, labels), fixed)
    return figures


def calibration(rows: Sequence[Row]) -> Figures:
    """Return the expected calibration error of rows with their probabilities."""
    subjects, index = _subjects(rows)
    correct = [row["prediction"] == row["label"] for row in rows]
    confidence = [max(row["probabilities"].values()) for row in rows]
    counts = recognition.calibration_counts(correct, confidence, index, len(subjects))
    return {("ece",): Figure(counts, recognition.expected_calibration_error)}


def compared(_: Any, first: Sequence[Row], second: Sequence[Row], classes: Classes = None) -> Compared:
    """Return the figures of two recipes that predicted the same clips."""
    keys = [{_clip(row): row for row in rows} for rows in (first, second)]
    if keys[0].keys() != keys[1].keys():
        clip = sorted(keys[0].keys() ^ keys[1].keys())[0]
        raise InputError(f"clip {'/'.join(clip)} is predicted by only one of the two recipes; predict the same clips")
    both = [[rows[key] for key in sorted(rows)] for rows in keys]
    fixed, figures = _is_fixed(classes), []
    for rows in both:
        labels, _ = _class_set(rows, classes)
        figures.append(class_figures((), confusions(rows, labels), True) | per_dataset(rows, labels, fixed))
    return Compared(figures, [[row["label"] == row["prediction"] for row in rows] for rows in both])


def columns(result: dict[str, Any]) -> Iterator[Column]:
    """Yield what the tables show; databases apart where there are several."""
    for name in ("uf1", "uar", "accuracy", *(("ece",) if "ece" in result else ())):
        yield Column("all", name, (name,), result["n"])
    for dataset, figures in result["per_dataset"].items():
        for name in ("uf1", "uar", "accuracy") if len(result["per_dataset"]) > 1 else ():
            yield Column(dataset, name, ("per_dataset", dataset, name), figures["n"])


def sides(folds: Sequence[Row]) -> Sides:
    """Return the predictions of folds; the truth is what they have apart from what a recipe says."""
    rows = [row | {"fold": fold.get("fold")} for fold in folds for row in fold["predictions"]]
    said = {"prediction": None, "probabilities": None}
    return Sides([row | said for row in rows], rows)


def _class_set(rows: Sequence[Row], classes: Classes) -> tuple[list[str], str]:
    truth, predicted = ([row[name] for row in rows] for name in ("label", "prediction"))
    return common.class_set(classes, truth, predicted, place_of(rows[0], 1) if rows else "")


def _is_fixed(classes: Classes) -> bool:
    """Tell whether a class set is given, and not found in the rows."""
    return classes not in (None, "truth", "union")


def _subjects(rows: Sequence[Row]) -> tuple[Array, Array]:
    """Subjects (S,) of rows, and the place (N,) of each row's."""
    return np.unique([f"{row['dataset']}/{row['subject']}" for row in rows], return_inverse=True)


def _clip(row: Row) -> tuple[str, ...]:
    """Which clip a row is about, and in which fold, since some protocols test a clip in several."""
    return (*(row[name] for name in RECOGNITION_KEYS), *((row["fold"],) if "fold" in row else ()))


def _joined(truth: Sequence[Row], predicted: Sequence[Row], path: Path | str) -> list[dict[str, Any]]:
    """Rows of the truth with the prediction for the same clip."""
    known, found = {_clip(row) for row in truth}, {_clip(row): row for row in predicted}
    for row in predicted:
        if _clip(row) not in known:
            clip = "/".join(_clip(row))
            raise InputError(f"{row['place']}: clip {clip} is not in the truth; correct the name or take the row out")
    for row in truth:
        if _clip(row) not in found:
            raise InputError(f"{path}: no prediction for clip {'/'.join(_clip(row))} ({row['place']}); add it")
    return [{**row, **found[_clip(row)], "label": row["label"]} for row in truth]


RECOGNITION = Score(
    "recognition",
    "uf1",
    read_recognized,
    lambda truth, rows, **options: recognition_scores(rows, **options),
    compared,
    columns,
    sides,
    told=("protocol",),
)
