"""Pictures of the embedded corpus, `megc draw corpus`."""

import io
from pathlib import Path

import numpy as np

from baselines.datasets.embedded import SIZES
from baselines.datasets.synthetic.action_units import REACH, units_of
from baselines.datasets.synthetic.corpus import KIND_OF, Plan, long_frames_of, renderer_of, script_of
from baselines.datasets.synthetic.script import Script
from baselines.files import atomic_path
from baselines.report.canvas import new_figure

PLAN = Plan(**SIZES)
SHOWN = (  # subject, action units
    (1, "AU1+AU2"), (2, "AU4+AU7"), (6, "AU6+AU12"), (7, "AU15+AU17"), (4, "LAU14"), (11, "AU9+AU10"),
)  # fmt: skip
MICRO, MAGNIFIED = 1.0, 5.0  # pixels of displacement at the apex
GAIN = 4  # of the differences
FACE = slice(34, 254), slice(18, 238)  # rows and columns of a frame that are shown
SHOTS = 10  # pictures of a film strip
COLOURS = {"micro": "#d1495b", "macro": "#00798c", "uncoded": "#7a7a7a", "blink": "#d08c00"}


def draw_corpus(folder, plan=PLAN, shown=SHOWN):
    """Write `corpus-subjects.png` and a film strip of each kind of long video, `corpus-long.png`, `corpus-long200.png`.

    plan: the corpus; shown: up to six pairs of a subject and action units. Returns the paths.
    Raises `MissingDependency` without matplotlib.
    """
    folder = Path(folder)
    paths = [folder / "corpus-subjects.png"]
    draw_subjects(paths[0], plan, shown)
    for video, kind in KIND_OF.items():
        paths.append(folder / f"corpus-{kind.name}.png")
        draw_film(paths[-1], plan, video)
    return paths


def draw_subjects(path, plan, shown):
    """Draw neutral face, apex, apex magnified and the difference of apex and neutral face, for several action units."""
    figure = new_figure(12.6, 5.6, layout="constrained")
    axes = figure.subplots(3, 8).reshape(6, 4)
    for panel, (subject, codes) in zip(axes, shown):
        neutral, apex, magnified = (_still(plan, subject, codes, pixels) for pixels in (0, MICRO, MAGNIFIED))
        change = np.clip(128 + GAIN * (apex.astype(float) - neutral).mean(axis=2), 0, 255).astype(np.uint8)
        titles = ("neutral", codes.replace("+", " + "), f"the same x {MAGNIFIED / MICRO:g}", f"difference x {GAIN}")
        for axis, picture, title in zip(panel, (neutral, apex, magnified, change), titles):
            axis.imshow(picture[FACE], cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
            axis.set_title(title, fontsize=8)
    for axis in axes.ravel():
        axis.set_axis_off()
    _save(figure, path)


def draw_film(path, plan, video):
    """Draw what happens in one long video, `LONG` or `FAST`, over time, and frames at the moments marked."""
    subject, script = _eventful(plan, video)
    kind = KIND_OF[video]
    moments = _moments(script)
    pictures = {
        t: frame[..., ::-1] for t, frame in enumerate(long_frames_of(plan, subject, video, script)) if t in moments
    }
    figure = new_figure(12.6, 3.9, layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1))
    _draw_course(top.subplots(), script, kind, moments)
    axes = bottom.subplots(1, SHOTS)
    for axis in axes:
        axis.set_axis_off()
    for axis, (number, (t, (name, colour))) in zip(axes, enumerate(moments.items(), start=1)):
        axis.imshow(pictures[t][FACE], interpolation="antialiased")
        axis.set_title(f"{number}: {name}", fontsize=7, color=colour)
    _save(figure, path)


def _still(plan, subject, codes, pixels):
    """Return the subject's face with action units at `pixels`, without noise, (256, 256, 3) uint8 RGB."""
    units = [unit for code in codes.split("+") for unit in units_of(code)]
    curves = {unit: np.array([pixels * REACH.get(unit.number, 1.0)]) for unit in units}
    script = Script((), curves, np.zeros(1), np.zeros((1, 6)), np.ones(1))
    return renderer_of(plan, subject).frame(script, 0, np.random.default_rng(0), noise=0.0)


def _eventful(plan, video):
    """Return (subject, script) of the video of a kind in which most different acts happen."""
    scripts = [(subject, script_of(plan, subject, number)) for subject, number in plan.videos() if number == video]
    return max(scripts, key=lambda pair: len({act.name for act in pair[1].acts}))


def _moments(script):
    """Return {frame from 0: (name, colour)} in order: the middle of each kind of act, and as many apexes as fit."""
    found, seen = {}, set()
    for act in script.acts:
        if act.name not in seen:
            seen.add(act.name)
            found[(act.first + act.last) // 2 - 1] = act.name, COLOURS["uncoded"]
    events = sorted(script.events, key=lambda event: event.kind != "micro")
    for event in events[: max(SHOTS - 1 - len(found), 2)]:
        found[event.apex - 1] = f"{event.kind}\n{'+'.join(event.action_units)}", COLOURS[event.kind]
    blink = int(script.blink.argmax())
    if script.blink[blink] > 0.8 and len(found) < SHOTS:
        found.setdefault(blink, ("blink", COLOURS["blink"]))
    return dict(sorted(found.items())[:SHOTS])


def _draw_course(axis, script, kind, moments):
    """Draw over time how far the strongest action unit moves, and spans of events, acts and blinks."""
    seconds = np.arange(len(script)) / kind.fps
    axis.plot(seconds, np.max([*script.units.values()], axis=0), color="black", linewidth=0.9)
    spans = [(act.first, act.last, "uncoded") for act in script.acts]
    spans += [(event.onset, event.offset, event.kind) for event in script.events]
    closed = np.flatnonzero(np.diff(np.r_[0, script.blink > 0.3, 0]))
    spans += [(first + 1, last, "blink") for first, last in closed.reshape(-1, 2)]
    for name, colour in COLOURS.items():
        label = name
        for first, last, what in spans:
            if what == name:
                axis.axvspan((first - 1) / kind.fps, last / kind.fps, color=colour, alpha=0.35, lw=0, label=label)
                label = None
    height = axis.get_ylim()[1]
    for number, t in enumerate(moments, start=1):
        axis.text(t / kind.fps, height, str(number), ha="center", va="bottom", fontsize=8)
    axis.set_xlim(0, len(script) / kind.fps)
    axis.set_ylim(0, height)
    axis.set_xlabel("s", fontsize=8)
    axis.set_ylabel("strongest unit, px", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=7, loc="lower right", bbox_to_anchor=(1, 1.12), ncols=4, frameon=False)
    axis.set_title(f"{kind.name}: like {kind.like}, {kind.fps} frames/s", fontsize=9, pad=14)


def _save(figure, path):
    """Save a figure as a PNG of 256 colours, a third of the size of one of all."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    with Image.open(buffer) as picture, atomic_path(path) as temporary:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(temporary, format="png", optimize=True)
