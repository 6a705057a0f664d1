"""The chapter on spotting: curves, thresholds and movements, from which the page spots anew under another threshold."""

from typing import Any

import numpy as np

from baselines.datasets.lengths import MICRO
from baselines.errors import InputError
from baselines.report.explain.lesson import CLASSIC, OURS, Chapter, Lesson
from baselines.report.explain.regions import blinking
from baselines.report.plots import spotting_figure
from baselines.scoring.spotting import THRESHOLD
from baselines.spotting.base import Curve
from baselines.spotting.regional.method import AIMS
from baselines.spotting.runs import face_runs

LONGEST = 100_000  # frames of a page that a browser opens at ease
LEAST = 0.02  # probability of a movement that the page holds


def spotting_chapter(lesson: Lesson) -> Chapter:
    """What both spotters measured, in full, with their rules."""
    video, fps = lesson.video, lesson.fps
    frames = len(video.frames)
    if frames > LONGEST:
        raise InputError(f"{lesson.source}: {frames} frames are too many for a page; cut it to {LONGEST} at most")
    classic, ours = (lesson.results[name] for name in (CLASSIC, OURS))
    rule = classic.curves[0].rule
    assert rule is not None  # softnet-rule goes by rules
    spotter: Any = lesson.spotter(OURS)
    aim = AIMS[spotter.aim]
    movements = [
        [one.onset, one.apex, one.offset, one.kind, one.score * aim, one.region]
        for one in lesson.judged
        if one.score * aim >= LEAST
    ]
    data = {
        "fps": fps,
        "frames": frames,
        "first": video.number(1),
        "numbers": _numbers(lesson),
        "micro": MICRO,
        "truth": None
        if video.events is None
        else [[e.onset, e.offset, e.kind, e.emotion] for e in sorted(video.events, key=lambda e: e.onset)],
        "iou": THRESHOLD,
        "classic": {
            "name": CLASSIC,
            "p": rule.p,
            "curves": [_curve(curve) for curve in classic.curves],
        },
        "ours": {
            "name": OURS,
            "threshold": aim,
            "least": LEAST,
            "overlap": spotter.overlap,
            "movements": movements,
            "course": [None if not np.isfinite(v) else round(float(v), 4) for v in ours.curves[0].values],
        },
    }
    code = (
        "import baselines\n\n"
        f'result = baselines.spot(video, "{CLASSIC}")  # intervals, and the curves that they come from\n'
        f'likely = baselines.spot(video, "{OURS}")\n'
        "[interval.to_dict() for interval in likely.intervals]"
    )
    parameters = {
        f"{CLASSIC}: k": f"{rule.k:.3g} s (micro)",
        f"{CLASSIC}: p": rule.p,
        f"{OURS}: aim": spotter.aim,
        f"{OURS}: overlap": spotter.overlap,
        "IoU of a hit": THRESHOLD,
    }
    values = {"truth": video.events is not None, "classic": CLASSIC, "ours": OURS}
    figure = spotting_figure(ours, fps, video.events, video.name, video.number(1))
    return Chapter("spotting", "Spotting", code, parameters, values, data, _exercises(lesson, movements, aim), figure)


def _curve(curve: Curve) -> dict[str, Any]:
    """Return a curve in full, with what its threshold is made of."""
    known = curve.values[np.isfinite(curve.values)]
    rule = curve.rule
    assert rule is not None
    return {
        "name": curve.name,
        "unit": curve.unit,
        "values": [float(value) if np.isfinite(value) else None for value in curve.values],
        "mean": float(known.mean()) if known.size else 0.0,
        "most": float(known.max()) if known.size else 0.0,
        "kind": rule.kind,
        "k": rule.k,
        "apart": rule.apart,
        "merge": rule.merge,
        "shortest": rule.lengths[0],
        "longest": None if np.isinf(rule.lengths[1]) else rule.lengths[1],
    }


def _numbers(lesson: Lesson) -> list[int] | None:
    """Return the numbers of all frames where they do not simply count on from the first."""
    video = lesson.video
    numbers = [video.number(position) for position in range(1, len(video.frames) + 1)]
    return None if numbers == list(range(numbers[0], numbers[0] + len(numbers))) else numbers


def _exercises(lesson: Lesson, movements: list[list[Any]], aim: float) -> tuple[tuple[str, str], ...]:
    """Return questions whose answers are thresholds of this video."""
    found = []
    hidden = face_runs(blinking(lesson.measured[OURS].array, lesson.fps))
    blink = [
        (one[4], one)
        for one in movements
        if any(run.start < one[2] and one[0] <= run.stop and _inside(one, run) for run in hidden)
    ]
    if blink:
        most, one = max(blink, key=lambda entry: entry[0])
        found.append(
            (
                f"Below which threshold of {OURS} is a movement around a blink told as an expression?",
                f"At {most:.2f}: frames {lesson.video.number(one[0])} to {lesson.video.number(one[2])}, {one[5]}.",
            )
        )
    events = lesson.video.events
    if events is not None:
        false = [one for one in movements if not any(_shared(one, event) for event in events)]
        if false:
            most = max(one[4] for one in false)
            found.append(
                (
                    "How high must the threshold be so that nothing is told where no expression is annotated?",
                    f"Above {most:.2f}, the probability of the likeliest movement that touches none.",
                )
            )
    likely = sum(one[4] >= aim for one in movements)
    found.append(
        (
            f"How many of the movements that {OURS} looks at reach the threshold of {aim:g}, before overlaps are "
            "settled?",
            f"{likely} of {len(lesson.judged)}.",
        )
    )
    return tuple(found)


def _inside(movement: list[Any], run: slice) -> bool:
    """Tell whether at least half of a movement lies in a run of frames."""
    shared = min(movement[2], run.stop) - max(movement[0], run.start + 1) + 1
    return 2 * shared >= movement[2] - movement[0] + 1


def _shared(movement: list[Any], event: Any) -> bool:
    return movement[0] <= event.offset and event.onset <= movement[2]
