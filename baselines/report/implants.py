"""How well spotting methods find known motion in real faces, beside chance and the untouched video.

`megc implants [FOLDER]` prints a table; with `--output` the trade-off between misses and false alarms is written as CSV
and picture too. Nothing is fitted on these videos.
"""

from collections import defaultdict
from functools import partial

import numpy as np

from baselines.bench.implants import LEVELS, faces_folder, implant_sets
from baselines.datasets.records import KINDS
from baselines.errors import InputError
from baselines.files import atomic_path, csv_text, write_text
from baselines.parallel import run_parallel
from baselines.recipes import load_recipe, recipe_names
from baselines.report.canvas import new_figure
from baselines.scoring.spotting import ANY, spotting_scores
from baselines.spotting.recipe import learns, make_spotter, spotting_row

FIGURES = (*KINDS, "overall", ANY)
SHIFTS = 8  # shifts of the predictions, evenly spread over the video, whose mean F1 is chance
SCORES = np.geomspace(0.4, 2.5, 15)  # thresholds of the trade-off, in units of the method's own
COLUMNS = ("level", "method", "score", "miss rate", "false alarms a minute")


def measure_implants(folder=None, levels=(), methods=(), seeds=(0, 1), jobs=1, output=None):
    """Yield (level, method, its `figures`) of spotting methods on implants in the face videos of a folder.

    folder: None for faces/ in $MEGC_SHARED_DATA. levels, methods: none for all. output: folder for trade-off.csv and
    trade-off.png, written at the end.
    """
    for level in levels:
        if level not in LEVELS:
            raise InputError(f"--level {level!r} is not known; choose one of {', '.join(LEVELS)}")
    trade_off = []
    for level in levels or LEVELS:
        pairs = implant_sets(folder or faces_folder(), level, seeds)
        for name in methods or [name for name in recipe_names("spotting") if not learns(load_recipe(name))]:
            spotter = make_spotter(load_recipe(name)).set_params(least_score=float(SCORES[0]))
            results = spot_pairs(spotter, pairs, jobs)
            yield level, name, figures(pairs, results)
            trade_off += [(level, name, *point) for point in trade_off_points(pairs, results)]
    if output:
        write_text(output / "trade-off.csv", csv_text(COLUMNS, trade_off))
        plot_trade_off(trade_off, output / "trade-off.png")


def spot_pairs(spotter, pairs, jobs):
    """Return the intervals of each (implanted, untouched) pair, down to the lowest score."""
    videos = [video for pair in pairs for video in pair]
    found = run_parallel(partial(_intervals, spotter), videos, jobs, "spotting")
    return list(zip(found[::2], found[1::2]))


def _intervals(spotter, video):
    return spotter.predict(video.frames, video.fps).intervals


def figures(pairs, results, score=1.0):
    """Return {name: value} of a level: F1 and intervals, chance, hits beyond the untouched twin, false alarms.

    Intervals are over people; of two, they reach from the one's F1 to the other's.
    """
    truth, predicted, shifted, twins, minutes, alarms = [], [], defaultdict(list), [], 0.0, 0
    for (video, twin), (intervals, untouched) in zip(pairs, results):
        intervals, untouched = ([i for i in found if i.score >= score] for found in (intervals, untouched))
        truth += [spotting_row(video, event) for event in video.events]
        predicted += [spotting_row(video, interval) for interval in intervals]
        twins += [spotting_row(video, interval) for interval in untouched]
        for shift in range(1, SHIFTS + 1):
            shifted[shift] += [_shifted(spotting_row(video, i), shift, len(video.frames)) for i in intervals]
        minutes += len(twin.frames) / twin.fps / 60
        alarms += len(untouched)
    scores, hits = spotting_scores(truth, predicted), spotting_scores(truth, twins, resamples=0)
    chance = [spotting_scores(truth, rows, resamples=0) for rows in shifted.values()]
    people = len({video.subject for video, _ in pairs})
    result = {"false alarms a minute": alarms / minutes, "events": len(truth), "people": people}
    for kind in FIGURES:
        result[kind] = scores[kind]["f1"]
        result[f"{kind} interval"] = scores["ci"][kind]["f1"]
        result[f"{kind} chance"] = float(np.mean([found[kind]["f1"] for found in chance]))
        result[f"{kind} hits"] = scores[kind]["tp"]
        result[f"{kind} hits beyond twin"] = scores[kind]["tp"] - hits[kind]["tp"]
    return result


def _shifted(row, shift, frames):
    """Return a prediction moved round a video by a share of its length; none is cut in two."""
    onset = (row["onset"] - 1 + round(shift * frames / (SHIFTS + 1))) % frames + 1
    return row | {"onset": onset, "offset": onset + row["offset"] - row["onset"]}


def trade_off_points(pairs, results):
    """Yield (score, miss rate, false alarms a minute) for thresholds from lenient to strict."""
    for score in SCORES:
        found = figures(pairs, results, score)
        yield float(score), 1 - found["overall hits"] / max(found["events"], 1), found["false alarms a minute"]


def table_row(level, name, found):
    """Return one line of the table."""
    parts = [f"{level:8} {name:18}"]
    for kind in FIGURES:
        limits = found[f"{kind} interval"]  # none of one person
        told = f" [{limits[0]:.2f}, {limits[1]:.2f}]" if limits else ""
        parts.append(f"{kind} {found[kind]:.3f}{told} chance {found[f'{kind} chance']:.3f}")
    beyond = f"hits {found['overall hits']}, {found['overall hits beyond twin']:+d} beyond the untouched twin"
    alarms = f"{found['false alarms a minute']:.1f} false alarms a minute untouched"
    return " | ".join([*parts, beyond, alarms, f"{found['events']} events, {found['people']} people"])


def plot_trade_off(rows, path):
    """Draw the curves of `trade_off_points`, one panel a level."""
    levels = list(dict.fromkeys(row[0] for row in rows))
    figure = new_figure(5 * len(levels), 4.5, layout="constrained")
    for axis, level in zip(figure.subplots(1, len(levels), squeeze=False)[0], levels):
        for name in dict.fromkeys(row[1] for row in rows):
            points = np.array([row[3:] for row in rows if row[:2] == (level, name)])
            axis.plot(points[:, 1], points[:, 0], marker=".", label=name)
        axis.set(title=level, xlabel="false alarms a minute on untouched video", ylabel="miss rate", ylim=(0, 1))
        axis.set_xscale("symlog", linthresh=1)
        axis.set_xlim(left=-0.1)  # so that a curve at no false alarm does not lie on the axis
    axis.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100)
