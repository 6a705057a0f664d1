"""Scores of spotted intervals."""

import numpy as np

from baselines.formats import read_events
from baselines.metrics import spotting
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.common import Tally


def score_spotting(truth, predictions, videos=None, **options):
    """Score a file of intervals against a file of events; options: those of `spotting_scores`.

    videos: {(subject, video)} that exist; default: those in `videos.csv` beside an `events.csv`.
    """
    truth, predicted, warnings = read_spotting(truth, predictions, videos)
    return spotting_scores(truth, predicted, **options) | {"warnings": warnings}


def read_spotting(truth, predictions, videos=None):
    """Return (true events, predicted events, warnings) of two files; `videos` as in `score_spotting`."""
    videos = common.sibling_videos(truth) if videos is None else videos
    truth, predicted = read_events(truth, side="truth"), read_events(predictions, side="predictions")
    common.join_subjects(truth, predicted)
    return truth, predicted, common.check_known_videos(truth, predicted, videos)


def spotting_scores(truth, predicted, per_video=False, resamples=RESAMPLES, seed=0, **options):
    """Score rows (mappings subject, video, onset, offset, type); returns {micro, macro, overall, signature, ci}.

    per_video: add the counts of each video and type as `per_video`. resamples: 0 for no intervals.
    options: threshold (.5), strict (False: IoU >= threshold) and matching of `metrics.spotting.count`.
    """
    tally, groups, counts = spotting_tally(truth, predicted, **options)
    totals = {kind: array.sum(axis=0) for kind, array in _by_kind(tally).items()}
    result = {kind: spotting.summary(total) for kind, total in totals.items()}
    if per_video:
        result["per_video"] = [
            {"subject": subject, "video": video, "type": kind} | {n: int(c) for n, c in zip(("tp", "fp", "fn"), row)}
            for (subject, video, kind), row in zip(groups, counts)
        ]
    comparison = ">" if options.get("strict") else ">="
    result["signature"] = common.signature(
        "spotting",
        matching=options.get("matching", "one-to-one"),
        iou=f"{comparison}{options.get('threshold', 0.5):g}",
        frames="inclusive",
        counts="database",
        undefined=0,
    )
    return common.with_intervals(result, tally, resamples, seed)


def spotting_tally(truth, predicted, units=None, **options):
    """Return (Tally, groups [(subject, video, type)], counts (G, 3)); `units`: more subjects than the rows name."""
    keys = [[(row["subject"], row["video"], row["type"]) for row in rows] for rows in (truth, predicted)]
    groups = sorted({*keys[0], *keys[1]})
    number = {group: n for n, group in enumerate(groups)}
    sides = [side for rows, names in zip((truth, predicted), keys) for side in _arrays(rows, names, number)]
    counts = spotting.count(*sides, np.arange(len(groups)), **options)
    owner = dict(zip(map(tuple, [*keys[0], *keys[1]]), common.unit_names([*truth, *predicted]).tolist()))
    names = np.unique([*owner.values(), *(() if units is None else units)]).astype(str)
    rows = np.searchsorted(names, [owner[group] for group in groups]).astype(int)
    tally = Tally(names)
    by_kind = {}
    for kind in spotting.KINDS:
        mine = np.array([group[2] == kind for group in groups], bool)
        by_kind[kind] = np.zeros((len(names), 3), int)
        np.add.at(by_kind[kind], rows[mine], counts[mine])
    by_kind["overall"] = by_kind["micro"] + by_kind["macro"]
    for kind, array in by_kind.items():
        for place, name in enumerate(("precision", "recall", "f1")):
            tally.metrics[kind, name] = array, lambda sums, place=place: spotting.rates(sums)[place]
    return tally, groups, counts


def _by_kind(tally):
    return {path[0]: counts for path, (counts, _) in tally.metrics.items()}


def _arrays(rows, names, number):
    intervals = np.array([[row["onset"], row["offset"]] for row in rows], int).reshape(-1, 2)
    return intervals, np.array([number[name] for name in names], int)
