"""Scores of recognized emotions."""

import numpy as np

from baselines.errors import InputError
from baselines.formats import RECOGNITION_KEYS, place_of, read_recognition
from baselines.metrics import recognition
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Tally


def score_recognition(predictions, truth=None, **options):
    """Score a table of predictions; without `truth` its column `label` is the truth.

    options: those of `recognition_scores`.
    """
    return recognition_scores(read_recognized(predictions, truth), **options)


def read_recognized(predictions, truth=None):
    """Return rows with label and prediction of one file or of two joined by dataset, subject and clip.

    Raises `InputError` for a clip that has no prediction or that the truth does not know.
    """
    if truth is None:
        return read_recognition(predictions, ("label", "prediction"))
    return _joined(read_recognition(truth, ("label",)), read_recognition(predictions, ("prediction",)), predictions)


def recognition_scores(rows, classes=None, resamples=RESAMPLES, seed=0):
    """Score rows (mappings dataset, subject, clip, label, prediction).

    Returns {uf1, uar, accuracy, n, per_dataset, confusion, fold_mean, signature, ci, warnings}. classes:
    as in `common.class_set`; by default those in the truth, and for each database those in its truth.
    A given set holds for every figure, and a label or prediction outside it is refused.
    """
    truth, predicted = ([row[name] for row in rows] for name in ("label", "prediction"))
    labels, named = common.class_set(classes, truth, predicted)
    fixed = classes not in (None, "truth", "union")
    for row in rows:
        for name in ("label", "prediction"):
            if fixed and row[name] not in labels:
                expected = ", ".join(labels)
                raise InputError(f"{place_of(row)}: {name} {row[name]!r} is outside the classes {expected}; mend it")
            common.check_label(row, name, set(labels), "the classes of the truth")
    folds = [f"{row['dataset']}/{row['subject']}" for row in rows]
    datasets = [row["dataset"] for row in rows]
    result = recognition.evaluate(truth, predicted, labels, datasets, folds, "set" if fixed else "truth")
    result["signature"] = common.signature(
        "recognition", uf1="pooled", classes=named, per_dataset="pooled-predictions", folds="subject"
    )
    result["warnings"] = []
    return common.with_intervals(result, recognition_tally(rows, labels, fixed), resamples, seed)


def recognition_tally(rows, labels, fixed):
    """Return the Tally of figures over all rows; per_dataset figures resample the subjects of the database."""
    tally = _tally(rows, labels, True)
    for name in sorted({row["dataset"] for row in rows}):
        mine = _tally([row for row in rows if row["dataset"] == name], labels, fixed)
        tally.metrics |= {("per_dataset", name, *path): metric for path, metric in mine.metrics.items()}
    return tally


def _tally(rows, labels, fixed):
    units, index = np.unique([f"{row['dataset']}/{row['subject']}" for row in rows], return_inverse=True)
    truth, predicted = ([row[name] for row in rows] for name in ("label", "prediction"))
    counts = recognition.confusions(truth, predicted, labels, index, len(units))
    whole = counts.sum(axis=0)
    classes = None if fixed else recognition.in_truth(whole)
    counted = recognition.counted_in_resample(whole, classes)
    return Tally(
        units,
        {
            ("uf1",): (counts, lambda sums: recognition.uf1(sums, counted(sums))),
            ("uar",): (counts, lambda sums: recognition.uar(sums, counted(sums))),
            ("accuracy",): (counts, recognition.accuracy),
        },
    )


def _joined(truth, predicted, path):
    """Rows of the truth with the prediction for the same clip."""

    def key(row):
        return tuple(row[name] for name in RECOGNITION_KEYS)

    found = {key(row): row for row in predicted}
    known = {key(row) for row in truth}
    for row in predicted:
        if key(row) not in known:
            clip = "/".join(key(row))
            raise InputError(f"{row['place']}: clip {clip} is not in the truth; mend the name or take the row out")
    for row in truth:
        if key(row) not in found:
            raise InputError(f"{path}: no prediction for clip {'/'.join(key(row))} ({row['place']}); add it")
    return [row | {"prediction": found[key(row)]["prediction"], "place": found[key(row)]["place"]} for row in truth]
