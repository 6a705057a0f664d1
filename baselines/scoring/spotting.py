"""Scores of spotted intervals."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.formats.challenge import read_events
from baselines.metrics import spotting
from baselines.metrics.figures import Array, is_count, summary
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Row
from baselines.scoring.events import check_known_videos, intervals_of, join_subjects, sibling_videos, subjects_of
from baselines.scoring.figures import Figures, intervals, tabled, values
from baselines.scoring.score import Column, Compared, Score, Sides


def read_spotting(truth: Path | str, predictions: Path | str, **_: Any) -> Sides:
    """Return the events of two files. A `videos.csv` beside an `events.csv` tells which videos exist."""
    videos = sibling_videos(truth)
    events, predicted = read_events(truth, side="truth"), read_events(predictions, side="predictions")
    join_subjects(events, predicted)
    return Sides(events, predicted, check_known_videos(events, predicted, videos))


def spotting_scores(
    truth: Sequence[Row],
    predicted: Sequence[Row],
    per_video: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
    **options: Any,
) -> dict[str, Any]:
    """Score rows (mappings subject, video, onset, offset, type); returns {micro, macro, overall, signature, ci, ...}.

    per_video: add the counts of each video and type as `per_video`. resamples: 0 for no intervals.
    options: threshold (.5), strict (False: IoU >= threshold) and matching of `metrics.spotting.count`.
    """
    groups, counts = _counts(truth, predicted, options)
    figures = _figures(groups, counts, _owners(truth, predicted))
    result = values(figures)
    if per_video:
        counted = {name: figure for name, figure in spotting.FIGURES.items() if is_count(figure(counts))}
        result["per_video"] = [
            {"subject": subject, "video": video, "type": kind} | summary(counted, row)
            for (subject, video, kind), row in zip(groups, counts)
        ]
    comparison = ">" if options.get("strict") else ">="
    result["signature"] = common.signature(
        "spotting",
        matching=options.get("matching", spotting.MATCHINGS[0]),
        iou=f"{comparison}{options.get('threshold', 0.5):g}",
        frames="inclusive",
        counts="database",
        undefined=0,
        ci=common.resampling(resamples, seed),
    )
    return result | {"warnings": [], "ci": intervals(figures, resamples, seed)}


def compared(truth: Sequence[Row], first: Sequence[Row], second: Sequence[Row], **options: Any) -> Compared:
    """Return the figures of two recipes, over the subjects of all rows."""
    owners = _owners(truth, first, second)
    return Compared([_figures(*_counts(truth, predicted, options), owners) for predicted in (first, second)])


def columns(result: dict[str, Any]) -> Iterator[Column]:
    """Yield what the tables show."""
    for kind in ("overall", *spotting.KINDS):
        events = result[kind]["tp"] + result[kind]["fn"]
        for name in ("f1", "precision", "recall"):
            yield Column(kind, name, (kind, name), events)


def _counts(
    truth: Sequence[Row], predicted: Sequence[Row], options: dict[str, Any]
) -> tuple[list[tuple[str, str, str]], Array]:
    """Groups (subject, video, type) and their counts (G, 3)."""
    keys = [[(row["subject"], row["video"], row["type"]) for row in rows] for rows in (truth, predicted)]
    groups = sorted({*keys[0], *keys[1]})
    number = {group: n for n, group in enumerate(groups)}
    of_truth, of_predicted = (np.array([number[name] for name in names], int) for names in keys)
    sides = intervals_of(truth), of_truth, intervals_of(predicted), of_predicted
    return groups, spotting.count(*sides, np.arange(len(groups)), **options)


def _owners(*sides: Sequence[Row]) -> dict[tuple[str, str], str]:
    """{(subject, video): the subject that is resampled}."""
    rows = [row for side in sides for row in side]
    return dict(zip(((row["subject"], row["video"]) for row in rows), subjects_of(rows).tolist()))


def _figures(groups: list[tuple[str, str, str]], counts: Array, owners: dict[tuple[str, str], str]) -> Figures:
    """The figures of each type of expression and of both, overall."""
    subjects = sorted(set(owners.values()))
    number = {subject: n for n, subject in enumerate(subjects)}
    place = np.array([number[owners[subject, video]] for subject, video, _ in groups], int)
    by_kind = {}
    for kind in spotting.KINDS:
        mine = np.array([group[2] == kind for group in groups], bool)
        by_kind[kind] = np.zeros((len(subjects), 3), int)
        np.add.at(by_kind[kind], place[mine], counts[mine])
    by_kind["overall"] = sum(by_kind.values(), np.zeros((len(subjects), 3), int))
    figures: Figures = {}
    for kind, summed in by_kind.items():
        figures |= tabled((kind,), summed, spotting.FIGURES)
    return figures


SPOTTING = Score("spotting", "f1", read_spotting, spotting_scores, compared, columns)
