"""Spot-then-recognize scores."""

import math

import numpy as np

from baselines.formats import read_events
from baselines.metrics import recognition, spotting, strs
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Tally


def score_strs(truth, predictions, mode="corrected", videos=None, **options):
    """Score a file of intervals with emotions against a file of events with emotions.

    videos: {(subject, video)} that exist; default: those in `videos.csv` beside an `events.csv`.
    options: those of `strs_scores`.
    """
    truth, predicted, warnings = read_strs(truth, predictions, mode, videos)
    result = strs_scores(truth, predicted, mode, **options)
    return result | {"warnings": warnings + result["warnings"]}


def read_strs(truth, predictions, mode="corrected", videos=None):
    """Return (true events, predicted events, warnings) of two files; arguments as in `score_strs`.

    Under `megc2025-script` predictions for subjects that the truth does not know are kept, to have no
    effect, as in the script.
    """
    videos = common.sibling_videos(truth) if videos is None else videos
    truth, predicted = read_events(truth, emotion=True), read_events(predictions, emotion=True)
    common.join_subjects(truth, predicted)
    return truth, predicted, common.check_known_videos(truth, predicted, videos, refuse=mode == "corrected")


def of_type(rows, kind):
    """Return the event rows of one type, micro or macro; all of them where `kind` is None."""
    return rows if kind is None else [row for row in rows if row["type"] == kind]


def strs_scores(truth, predicted, mode="corrected", classes=None, kind=None, resamples=RESAMPLES, seed=0):
    """Score rows (mappings subject, video, onset, offset, emotion).

    Returns {spotting: {tp, fp, fn, precision, recall, f1}, analysis: {precision, recall, f1, uf1, uar},
    strs, signature, ci, warnings}. classes: the analysed ones, as in `common.class_set`; default: those in the
    truth; events of other emotions count in spotting only. kind: count only events of this type (micro or
    macro), of rows that have it. Under `megc2025-script` an undefined strs is None.
    """
    truth, predicted = of_type(truth, kind), of_type(predicted, kind)
    named = [[row["emotion"] for row in rows] for rows in (truth, predicted)]
    classes, text = common.class_set(classes, *named)
    known = {*named[0], *classes}
    for row in predicted:
        common.check_label(row, "emotion", known, "the classes of the truth")
    warnings = []
    macro = sum(row.get("type") == "macro" for row in truth)
    if kind is None and macro:
        warnings.append(
            f"{macro} macro-expressions of the truth count as well; choose the type micro to leave them out"
        )
    if truth and not set(named[0]) & set(classes):
        warnings.append(f"no event of the truth has one of the classes {', '.join(classes)}: nothing is analysed")
    tally = strs_tally(truth, predicted, classes, mode)
    spotted, pairs = (tally.metrics[path][0].sum(axis=0) for path in (("spotting", "f1"), ("analysis", "f1")))
    result = {
        "spotting": spotting.summary(spotted),
        "analysis": {name: _number(value) for name, value in strs.analysis(pairs, mode).items()},
        "strs": _number(strs.score(spotted, pairs, mode)),
        "signature": common.signature(
            "strs",
            mode=mode,
            matching="one-to-one" if mode == "corrected" else "file-order",
            iou=">=0.5",
            frames="inclusive",
            types=kind or "all",
            classes=text,
            undefined=0 if mode == "corrected" else "nan",
        ),
        "warnings": warnings,
    }
    return common.with_intervals(result, tally, resamples, seed)


def strs_tally(truth, predicted, classes, mode="corrected", units=()):
    """Return the Tally of all figures; `units` names more subjects than the rows do."""
    owners = [common.unit_names(rows) for rows in (truth, predicted)]
    names = np.unique(np.concatenate([*owners, np.asarray(units, str)]))
    sides = [_side(rows, owner) for rows, owner in zip((truth, predicted), owners)]
    spotted, pairs = strs.count(*sides, names, classes, mode)
    counted = recognition.counted_in_resample(pairs.sum(axis=0))
    tally = Tally(names)
    for place, name in enumerate(("precision", "recall", "f1")):
        tally.metrics["spotting", name] = spotted, lambda sums, place=place: spotting.rates(sums)[place]
    for name in ("precision", "recall", "f1", "uf1", "uar"):
        tally.metrics["analysis", name] = pairs, lambda sums, name=name: strs.analysis(sums, mode, counted(sums))[name]
    both = np.concatenate([spotted, pairs.reshape(len(names), -1)], axis=1)
    shape = pairs.shape[1:]

    def score(sums):
        rest = sums[:, 3:].reshape(-1, *shape)
        return strs.score(sums[:, :3], rest, mode, counted(rest))

    tally.metrics["strs",] = both, score
    return tally


def _side(rows, owners):
    intervals = np.array([[row["onset"], row["offset"]] for row in rows], int).reshape(-1, 2)
    groups = np.array([f"{row['subject']}\t{row['video']}" for row in rows], str)
    return intervals, groups, owners, np.array([row["emotion"] for row in rows], str)


def _number(value):
    return None if math.isnan(value) else float(value)
