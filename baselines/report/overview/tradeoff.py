"""The trade-off of spotting between misses and false alarms, from the scores of the intervals that were kept.

Intervals below a method's own threshold are not in the rows, so a curve ends at the figures of the tables, and goes
from there to fewer and surer intervals.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.experiments.tasks import TASKS, score_of
from baselines.report.overview.events import score_in
from baselines.report.overview.groups import Group
from baselines.report.study import Result
from baselines.scoring.outcomes import matched

MOST = 40  # points of a curve


def curve(result: Result) -> list[dict[str, Any]]:
    """Return the points of a spotting experiment, lowest threshold first; none where any interval has no score.

    A point is what the intervals with at least its score give: counts, precision, recall and F1, at an IoU of .5.
    """
    sides = score_of(result.name[0]).sides(result.folds)
    scores = [score_in(row) for row in sides.predictions]
    known = [score for score in scores if score is not None]
    if not known or len(known) < len(scores):
        return []
    return [_point(result, sides.truth, sides.predictions, np.array(known), least) for least in _thresholds(known)]


def _thresholds(scores: Sequence[float]) -> list[float]:
    """Return distinct scores, of many those that are evenly apart in their order, the lowest always."""
    distinct = sorted(set(scores))
    places = np.unique(np.linspace(0, len(distinct) - 1, min(len(distinct), MOST)).round().astype(int))
    return [distinct[place] for place in places]


def _point(result: Result, truth: Any, predictions: Any, scores: Any, least: float) -> dict[str, Any]:
    kept = [row for row, score in zip(predictions, scores) if score >= least]
    tp = len(matched(TASKS[result.name[0]].scored_as, truth, kept)[0])
    return {
        "least": round(least, 4),
        "tp": tp,
        "fp": len(kept) - tp,
        "fn": len(truth) - tp,
        "precision": round(tp / len(kept), 4),
        "recall": round(tp / len(truth), 4) if truth else 0.0,
        "f1": round(2 * tp / (len(kept) + len(truth)), 4),
    }


def tradeoff(group: Group) -> list[dict[str, Any]]:
    """Return {recipe, points} of each recipe of a spotting group whose intervals have scores."""
    found = [{"recipe": result.recipe, "points": curve(result)} for result in group.first_seeds]
    return [one for one in found if one["points"]]
