"""The chapters on regions: MDMO, and how the parts of the face move over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.report.explain.drawing import INK, MARK, MICRO, gallery, slide
from baselines.report.explain.lesson import OURS, SIZE, Chapter, Lesson
from baselines.report.pages.page import picture_uri
from baselines.spotting.regional.candidates import BLINK, blinks
from baselines.spotting.regional.motion import LIDS, NAMES
from baselines.spotting.runs import face_runs
from features.mdmo import mdmo
from features.mdmo_regions import mdmo_regions

MOST_POINTS = 4000  # of a curve in the page
REACH = 14.0  # px of the picture, of the longest arrow
GROUPS = {  # name: (parts, axis, sign); axis 1 is up and down, None the length
    "inner brows, up": (("right inner brow", "left inner brow"), 1, -1),
    "outer brows, up": (("right outer brow", "left outer brow"), 1, -1),
    "mouth corners, up": (("right mouth corner", "left mouth corner"), 1, -1),
    "lips, length": (("upper lip", "lower lip"), None, 1),
    "nose wings, up": (("right nose wing", "left nose wing"), 1, -1),
    "eyelids, down": (("right eye", "left eye"), 1, 1),
    "head, length": (("head",), None, 1),
}


def mdmo_chapter(lesson: Lesson) -> Chapter:
    """The main direction of each of 36 regions over the clip."""
    faces, points = lesson.faces, lesson.face_landmarks
    found = mdmo(faces, points)
    lengths, directions = found[:36], found[36:]
    polygons = mdmo_regions(points)
    centres = np.array([np.mean(polygon, axis=0) for polygon in polygons])
    data = {
        "face": picture_uri(faces[0], "WEBP", 85),
        "size": SIZE,
        "reach": REACH,
        "polygons": [np.round(polygon, 1).tolist() for polygon in polygons],
        "lengths": lengths.round(4).tolist(),
        "directions": directions.round(4).tolist(),
    }
    most = int(lengths.argmax())
    values = {"values": len(found), "regions": len(lengths), "most": most + 1}
    degrees = np.degrees(directions[most])
    exercises = (
        (
            "In which of the 36 regions is the main motion longest, and which way does it point?",
            f"Region {most + 1}: {degrees:.0f} degrees, with 0 to the right and 90 down"
            + (". Nothing moves in this clip." if lengths[most] == 0 else "."),
        ),
    )
    code = (
        "import features\n"
        "from features.mdmo_regions import mdmo_regions\n\n"
        "found = features.mdmo(faces, points)  # (72,)\n"
        "lengths, directions = found[:36], found[36:]\n"
        "polygons = mdmo_regions(points)"
    )
    figure = gallery([faces[0]], ["main directions of 36 regions"])
    axis = figure.axes[0]
    for polygon in polygons:
        axis.fill(*np.asarray(polygon).T, fill=False, edgecolor="#7fd0ff", linewidth=0.6)
    axis.quiver(
        *centres.T, lengths * np.cos(directions) * REACH, lengths * np.sin(directions) * REACH,
        angles="xy", scale_units="xy", scale=1, color="#ffd23f", width=0.008,
    )  # fmt: skip
    parameters = {"variant": "paper", "bins of direction": 8, "flow": "farneback, from frame to frame"}
    return Chapter("mdmo", "MDMO", code, parameters, values, data, exercises, figure)


def time_chapter(lesson: Lesson) -> Chapter:
    """How groups of parts move over the whole video, with blinks and the apex."""
    measured, fps = lesson.measured[OURS].array, lesson.fps
    curves = group_curves(measured)
    hidden = blinking(measured, fps)
    event, _ = lesson.movement
    step = max(1, -(-len(measured) // MOST_POINTS))
    spans = [[lesson.video.number(run.start + 1), lesson.video.number(run.stop)] for run in face_runs(hidden)]
    data = {
        "numbers": [lesson.video.number(index + 1) for index in range(0, len(measured), step)],
        "curves": {name: _rounded(values[::step]) for name, values in curves.items()},
        "blinks": spans,
        "span": [lesson.video.number(event.onset), lesson.video.number(event.offset)],
        "apex": lesson.numbers[lesson.apex],
        "fps": fps,
    }
    values = {"blinks": len(spans), "least": f"{100 * BLINK:g}"}
    inside = slice(event.onset - 1, event.offset)
    ranges = {
        name: float(np.nanmax(v[inside]) - np.nanmin(v[inside])) for name, v in curves.items() if _known(v[inside])
    }
    face = {name: value for name, value in ranges.items() if not name.startswith(("head", "eyelids"))}
    most = max(face, key=lambda name: face[name]) if face else ""
    told = f"{most}: {100 * face[most]:.1f} % of the eye distance." if face else "Nothing could be followed there."
    exercises = (
        ("Which curve, eyelids and head aside, spans most in the movement that is looked at?", told),
        (
            "How many blinks are there, and why are they bridged before anything is spotted?",
            f"{len(spans)}. A blink moves lids and brows by more than {100 * BLINK:.1f} % of the eye distance within "
            "half a second, as large and as short as a micro-expression.",
        ),
    )
    code = (
        "from baselines.spotting.recipe import make_spotter, spotting_recipe\n"
        "from baselines.spotting.regional.motion import NAMES\n\n"
        f'spotter = make_spotter(spotting_recipe("{OURS}"))\n'
        "motion = spotter.measured(video.frames, video.fps).array  # (T, parts + head, 2), eye distances\n"
        'brows = -motion[:, [NAMES.index(f"{side} inner brow") for side in ("right", "left")], 1].mean(axis=1)'
    )
    figure = _curves_figure(curves, hidden, event, lesson)
    parameters = {"tracking": "Lucas-Kanade, forth and back", "unit": "eye distances", "parts": len(NAMES)}
    return Chapter("time", "Regions over time", code, parameters, values, data, exercises, figure)


def group_curves(measured: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return {group: (T,) eye distances} of what `part_motion` measured."""
    names = (*NAMES, "head")
    found = {}
    for name, (parts, axis, sign) in GROUPS.items():
        motion = measured[:, [names.index(part) for part in parts]].astype(float).mean(axis=1)
        found[name] = np.hypot(*motion.T) if axis is None else sign * motion[:, axis]
    return found


def blinking(measured: NDArray[Any], fps: float) -> NDArray[np.bool_]:
    """Return (T,) the frames of blinks of what `part_motion` measured."""
    found = np.zeros(len(measured), bool)
    for run in face_runs(np.isfinite(measured[:, LIDS]).all(axis=(1, 2))):
        found[run] = blinks(measured[run], fps)
    return found


def _curves_figure(
    curves: dict[str, NDArray[np.float64]], hidden: NDArray[np.bool_], event: Any, lesson: Lesson
) -> Any:
    figure = slide(9, 1.1 * len(curves))
    frames = np.arange(1, len(hidden) + 1)
    for axis, (name, values) in zip(figure.subplots(len(curves), 1, sharex=True), curves.items()):
        axis.plot(frames, 100 * values, color=INK, linewidth=0.9)
        axis.axvspan(event.onset, event.offset, color=MICRO, alpha=0.15)
        for run in face_runs(hidden):
            axis.axvspan(run.start + 1, run.stop, color=MARK, alpha=0.2)
        axis.set_ylabel(name.replace(", ", ",\n"), fontsize=7, rotation=0, ha="right", va="center")
        axis.tick_params(labelsize=7)
    figure.supxlabel("frame; % of the eye distance; red: the movement looked at, brown: blinks", fontsize=8)
    return figure


def _known(values: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).any())


def _rounded(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(value), 5) if np.isfinite(value) else None for value in values]
