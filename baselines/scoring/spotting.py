"""Scores of spotted intervals.

The matching `MEGC2022` is after the public script of that challenge's winner (github.com/shengjianda/
micro-expression-spot). Other than here, the first interval that reaches an IoU of .2 with an event decides there at all
thresholds, lengths and IoU are without the last frame, and recall is over the events by their annotated type.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from baselines.metrics import spotting
from baselines.metrics.figures import Array, is_count, summary
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Row
from baselines.scoring.events import intervals_of, read_sides, subjects_of
from baselines.scoring.figures import Figures, intervals, tabled, values
from baselines.scoring.score import Column, Compared, Score, Sides

THRESHOLD = 0.5  # of the headline figures
CURVE = (0.2, 0.3, 0.4, 0.5)  # of the tables
ANY = "any"  # the figures whatever the types are
MEGC2022 = "megc2022"  # the type is told by the length, and any interval finds an event, as its winner counts
MATCHINGS = (*spotting.MATCHINGS, MEGC2022)


def read_spotting(
    truth: Path | str,
    predictions: Path | str,
    where: Mapping[str, str] | None = None,
    fps: float | None = None,
    matching: str = MATCHINGS[0],
    **_: Any,
) -> Sides:
    """Return the events of two files, the predicted ones within their videos (`events.read_sides`)."""
    return read_sides(truth, predictions, by_length=matching == MEGC2022, where=where, fps=fps)


def spotting_scores(
    truth: Sequence[Row],
    predicted: Sequence[Row],
    thresholds: Sequence[float] = (),
    per_video: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
    **options: Any,
) -> dict[str, Any]:
    """Score rows (mappings subject, video, onset, offset, type); returns {micro, macro, overall, any, signature, ...}.

    overall adds the counts of micro and macro, as the challenge does; any matches intervals whatever their types are.
    thresholds: the least IoU of a hit, by default .5. Of several, the figures are those at .5, and `iou` has those at
    each: {"0.2": {micro, macro, overall, any}, ...}. per_video: add the counts of each video and type as `per_video`.
    resamples: 0 for no intervals. options: strict (False: IoU >= threshold) of `metrics.spotting.count`, and matching,
    one of `MATCHINGS`. `MEGC2022`, by default at each of `CURVE`, counts a true event as found by any interval of
    either type, and takes the type of both to be told by their length, as `read_spotting` does.
    """
    thresholds = _thresholds(thresholds, options)
    events = _events(truth, predicted)
    figures = _figures(events, _owners(truth, predicted), thresholds, options)
    result = values(figures)
    if per_video:
        counts = _counts(events, _headline(thresholds), options)
        counted = {name: figure for name, figure in spotting.FIGURES.items() if is_count(figure(counts))}
        result["per_video"] = [
            {"subject": subject, "video": video, "type": kind} | summary(counted, row)
            for (subject, video, kind), row in zip(events.groups, counts)
        ]
    result["signature"] = common.signature(
        "spotting",
        matching=options.get("matching", spotting.MATCHINGS[0]),
        iou=(">" if options.get("strict") else ">=") + _text(_headline(thresholds)),
        **({"curve": ",".join(result["iou"])} if "iou" in result else {}),
        frames="inclusive",
        counts="database",
        undefined=0,
        ci=common.resampling(resamples, seed),
    )
    return result | {"warnings": [], "ci": intervals(figures, resamples, seed)}


def compared(
    truth: Sequence[Row],
    first: Sequence[Row],
    second: Sequence[Row],
    thresholds: Sequence[float] = (),
    **options: Any,
) -> Compared:
    """Return the figures of two recipes, over the subjects of all rows."""
    thresholds = _thresholds(thresholds, options)
    owners = _owners(truth, first, second)
    return Compared([_figures(_events(truth, rows), owners, thresholds, options) for rows in (first, second)])


def columns(result: dict[str, Any]) -> Iterator[Column]:
    """Yield what the tables show; F1 at another IoU than .5 is called like `f1@0.2`."""
    for kind in ("overall", *spotting.KINDS, *([ANY] if ANY in result else [])):
        events = result[kind]["tp"] + result[kind]["fn"]
        for name in ("f1", "precision", "recall"):
            yield Column(kind, name, (kind, name), events)
        for threshold in result.get("iou", ()):
            if threshold != _text(THRESHOLD):
                yield Column(kind, f"f1@{threshold}", ("iou", threshold, kind, "f1"), events)


def _text(threshold: float) -> str:
    return f"{threshold:.15g}"


def _thresholds(thresholds: Sequence[float], options: Mapping[str, Any]) -> Sequence[float]:
    """The thresholds that are given, else those of the matching."""
    return thresholds or (CURVE if options.get("matching") == MEGC2022 else (THRESHOLD,))


def _headline(thresholds: Sequence[float]) -> float:
    """The threshold of the figures that stand first: the only one, of several .5."""
    return thresholds[0] if len(set(thresholds)) == 1 else THRESHOLD


class _Events(NamedTuple):
    """Groups (subject, video, type), and the intervals of both sides with the places of their groups."""

    groups: list[tuple[str, str, str]]
    sides: tuple[Array, Array, Array, Array]


def _events(truth: Sequence[Row], predicted: Sequence[Row]) -> _Events:
    keys = [[(row["subject"], row["video"], row["type"]) for row in rows] for rows in (truth, predicted)]
    groups = sorted({*keys[0], *keys[1]})
    number = {group: n for n, group in enumerate(groups)}
    of_truth, of_predicted = (np.array([number[name] for name in names], int) for names in keys)
    return _Events(groups, (intervals_of(truth), of_truth, intervals_of(predicted), of_predicted))


def _untyped(events: _Events) -> _Events:
    """Events in groups of videos alone."""
    videos = sorted({(subject, video, ANY) for subject, video, _ in events.groups})
    number = {name: n for n, name in enumerate(videos)}
    of = np.array([number[subject, video, ANY] for subject, video, _ in events.groups], int)
    truth, of_truth, predicted, of_predicted = events.sides
    return _Events(videos, (truth, of[of_truth], predicted, of[of_predicted]))


def _counts(events: _Events, threshold: float, options: Mapping[str, Any]) -> Array:
    """Counts (G, 3) of the groups."""
    numbers = np.arange(len(events.groups))
    if options.get("matching") != MEGC2022:
        return spotting.count(*events.sides, numbers, threshold, **options)
    videos = np.array([f"{subject}\t{video}" for subject, video, _ in events.groups], str)
    places = videos[events.sides[1]], videos[events.sides[3]]
    return spotting.count(*events.sides, numbers, threshold, **{**options, "matching": "megc2020"}, places=places)


def _owners(*sides: Sequence[Row]) -> dict[tuple[str, str], str]:
    """{(subject, video): the subject that is resampled}."""
    rows = [row for side in sides for row in side]
    return dict(zip(((row["subject"], row["video"]) for row in rows), subjects_of(rows).tolist()))


def _figures(
    events: _Events, owners: Mapping[tuple[str, str], str], thresholds: Sequence[float], options: Mapping[str, Any]
) -> Figures:
    """The figures at the headline threshold, and below `iou` those at each of several."""
    main, several = _headline(thresholds), sorted(set(thresholds))
    untyped = _untyped(events)
    at: dict[float, Figures] = {}
    for least in {main, *several}:
        at[least] = _by_kind(events, spotting.KINDS, owners, least, options)
        if options.get("matching") != MEGC2022:
            at[least] |= _by_kind(untyped, (ANY,), owners, least, options)
    figures = dict(at[main])
    if len(several) > 1:
        for least in several:
            figures |= {("iou", _text(least), *path): figure for path, figure in at[least].items()}
    return figures


def _by_kind(
    events: _Events,
    kinds: Sequence[str],
    owners: Mapping[tuple[str, str], str],
    threshold: float,
    options: Mapping[str, Any],
) -> Figures:
    """The figures of each type of expression, and of several types together those of all, overall."""
    groups, counts = events.groups, _counts(events, threshold, options)
    subjects = sorted(set(owners.values()))
    number = {subject: n for n, subject in enumerate(subjects)}
    place = np.array([number[owners[subject, video]] for subject, video, _ in groups], int)
    by_kind = {}
    for kind in kinds:
        mine = np.array([group[2] == kind for group in groups], bool)
        by_kind[kind] = np.zeros((len(subjects), 3), int)
        np.add.at(by_kind[kind], place[mine], counts[mine])
    if len(kinds) > 1:
        by_kind["overall"] = sum(by_kind.values(), np.zeros((len(subjects), 3), int))
    figures: Figures = {}
    for kind, summed in by_kind.items():
        figures |= tabled((kind,), summed, spotting.FIGURES)
    return figures


SPOTTING = Score("spotting", "f1", read_spotting, spotting_scores, compared, columns, tabled={"thresholds": CURVE})
