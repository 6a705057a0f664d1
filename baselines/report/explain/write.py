"""The page of a lesson, its pictures for slides, and its curve."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.files import atomic_path, csv_text, write_text
from baselines.report.explain.drawing import png_of
from baselines.report.explain.lesson import CLASSIC, OURS, Chapter, Lesson, pictures_at, shrunk
from baselines.report.explain.regions import group_curves
from baselines.report.pages.page import picture_uri, render

PAGE, STEPS, CURVE = "explain.html", "steps", "curve.csv"
STYLES, SCRIPTS = ("explain.css",), ("spotting.js", "texture.js", "explain.js")
FACELESS = 6  # pictures of a video without a face


def write_lesson(lesson: Lesson, chapters: Sequence[Chapter], folder: Path) -> list[Path]:
    """Write explain.html, steps/*.png and curve.csv into a folder; return the files."""
    event, how = lesson.movement
    values = {
        "name": _called(lesson),
        "opening": lesson.opening,
        "chapters": {chapter.key: chapter for chapter in chapters},
        "how": how,
        "onset": lesson.video.number(event.onset),
        "offset": lesson.video.number(event.offset),
        "kind": event.kind,
        "emotion": event.emotion,
        "units": ", ".join(event.action_units),
        "step": lesson.step,
    }
    page = render("explain.html", values, {chapter.key: chapter.data for chapter in chapters}, STYLES, SCRIPTS)
    pictures = {
        folder / STEPS / f"{number:02d}-{chapter.key}.png": png_of(chapter.figure)
        for number, chapter in enumerate(chapters, start=1)
        if chapter.figure is not None
    }
    for path, content in pictures.items():
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    write_text(folder / CURVE, curve_csv(lesson))
    write_text(folder / PAGE, page)
    return [folder / PAGE, *pictures, folder / CURVE]


def write_faceless(lesson: Lesson, reason: str, folder: Path) -> Path:
    """Write the page of a video in which no face is found: some of its frames, and what is missing."""
    count = len(lesson.video.frames)
    places = np.unique(np.linspace(0, count - 1, min(count, FACELESS)).astype(int))
    shown = [
        (lesson.video.number(int(index) + 1), picture_uri(shrunk(picture), "WEBP", 75))
        for index, picture in zip(places, pictures_at(lesson.video, places))
    ]
    values = {"name": _called(lesson), "reason": reason, "shown": shown}
    write_text(folder / PAGE, render("faceless.html", values, {}, STYLES))
    return folder / PAGE


def curve_csv(lesson: Lesson) -> str:
    """Return what was measured of every frame: the spotters' curves, and the motion of groups of parts."""
    columns = {
        f"{name} {curve.name}": curve.values
        for name in (CLASSIC, OURS)
        for curve in lesson.results[name].curves[: 2 if name == CLASSIC else 1]
    }
    columns |= group_curves(lesson.measured[OURS].array)
    rows = [
        [lesson.video.number(index + 1), f"{seconds:.4f}", *(_cell(values[index]) for values in columns.values())]
        for index, seconds in enumerate(lesson.video.seconds()[:-1])
    ]
    return csv_text(["frame", "seconds", *columns], rows)


def _cell(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


def _called(lesson: Lesson) -> str:
    return " ".join(filter(None, (lesson.video.subject, lesson.video.name)))
