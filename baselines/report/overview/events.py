"""What became of the events and intervals of long videos, as every section about spotting needs it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from baselines.experiments.tasks import TASKS, score_of
from baselines.report.study import Result
from baselines.scoring.outcomes import matched

Row = Mapping[str, Any]
TASKS_OF_VIDEOS = ("spotting", "str")


class Spotted(NamedTuple):
    """The events and intervals of an experiment, as its folds have them, and the places of those that match."""

    truth: list[Row]
    predictions: list[Row]
    found: dict[int, int]  # place of a true event -> place of the interval that found it

    @classmethod
    def of(cls, result: Result) -> "Spotted":
        """Match them as the figures do."""
        sides = score_of(result.name[0]).sides(result.folds)
        i, j = matched(TASKS[result.name[0]].scored_as, sides.truth, sides.predictions)
        truth, predictions = ([row for f in result.folds for row in f[side]] for side in ("truth", "predictions"))
        return cls(truth, predictions, dict(zip(i.tolist(), j.tolist())))

    @property
    def hits(self) -> set[int]:
        """The places of the intervals that found an event."""
        return set(self.found.values())


def score_in(row: Row) -> float | None:
    """Return the score of an interval, None where its row has none."""
    score = row.get("score")
    return float(score) if isinstance(score, int | float) and math.isfinite(score) else None


def video_of(row: Row) -> tuple[str, str, str]:
    """Return database, subject and name of the video that a row is of."""
    return row.get("dataset") or "", row["subject"], row["video"]


def video_name(place: tuple[str, str, str]) -> str:
    """Return what to call a video, for readers."""
    return "/".join(filter(None, place))
