"""The picture of a recognized clip: its face at onset and apex, the motion between them, each class's probability."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from baselines.datasets.images import read_image
from baselines.datasets.records import Clip
from baselines.faces.clips import onset_and_apex
from baselines.recognition.flow import onset_to_apex_flow
from baselines.recognition.representation import FLOW
from baselines.report.canvas import new_figure, plain_style
from baselines.report.plots import CURVE, LETTERS, SMALL, STYLE, clean, save
from baselines.signatures import signature_of
from baselines.vqa.llama.panel import LEAST_SPEED, colour_wheel, flow_colours

# inches
PICTURE, GAP, EDGE, HEAD, FOOT, BARS, NAMES, CLASS = 2.3, 0.12, 0.15, 0.62, 0.3, 2.6, 1.2, 0.32
FASTEST = 99  # percent of the pixels, the fastest of which have the full colour
WHEEL, RIM = 0.2, 0.9  # of the side of a flow picture; of the wheel, from where it is white
DPI = 120
LETTER = 0.13  # inches of a letter of the title
NAME = 16  # letters of a class
PREDICTED, OTHER = "#30638e", "#b9c4cd"


def plot_recognized(clip: Clip, probabilities: Mapping[str, float], path: Any, settings: Mapping[str, Any]) -> None:
    """Write the picture that `recognized_figure` draws to a file, whose suffix names the format, such as .png."""
    save(recognized_figure(clip, probabilities, settings), path)


def recognized_figure(clip: Clip, probabilities: Mapping[str, float], settings: Mapping[str, Any] | None = None) -> Any:
    """Return the figure of a clip with {class: probability}, and its label where it has one.

    settings: those of the recipe's representation, by which faces and motion are made as the classifier sees them. Of a
    clip that is a published flow picture this picture is shown.
    """
    pictures = _pictures(clip, settings or {})
    with plain_style(STYLE):
        across = len(pictures)
        width = 2 * EDGE + across * (PICTURE + GAP) + NAMES + BARS
        height = HEAD + max(PICTURE, CLASS * len(probabilities)) + FOOT
        figure = new_figure(width, height, DPI)
        title, told = _title(clip, int(width / LETTER)), _verdict(clip, probabilities)
        figure.text(EDGE / width, 1 - 0.15 / height, title, fontsize=LETTERS + 2, fontweight="bold", va="center")
        figure.text(EDGE / width, 1 - 0.36 / height, told, fontsize=LETTERS, va="center")
        for place, (name, picture) in enumerate(pictures):
            left = EDGE + place * (PICTURE + GAP)
            axis = figure.add_axes(
                (left / width, 1 - (HEAD + PICTURE) / height, PICTURE / width, PICTURE / height), xticks=[], yticks=[]
            )
            axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest" if len(picture) < 64 else None)
            axis.set_xlabel(name, fontsize=SMALL)
        left = width - EDGE - BARS
        depth = CLASS * len(probabilities)
        axis = figure.add_axes((left / width, 1 - (HEAD + depth) / height, BARS / width, depth / height))
        _draw_bars(axis, probabilities, clip.label)
    return figure


def _pictures(clip: Clip, settings: Mapping[str, Any]) -> list[tuple[str, np.ndarray]]:
    """Return (what it is, picture) of a clip: of one with frames two faces and the motion between them."""
    if clip.flow_image is not None:
        return [("published picture: u, v, strain", read_image(clip.flow_image))]
    flow = {key: value for key, value in settings.items() if key in signature_of(FLOW)}
    field = onset_to_apex_flow(clip, **flow)
    flow.pop("method", None)
    onset, apex = onset_and_apex(clip, **flow)
    known = flow.get("apex", "annotated") == "annotated" and clip.event is not None and (clip.event.apex or 1) > 1
    at = f"frame {_number(clip, clip.event.apex)}" if known else "middle" if flow.get("apex") == "middle" else "spotted"
    names = [f"onset, frame {_number(clip, 1)}", f"apex, {at}"]
    full = max(float(np.percentile(np.hypot(field[..., 0], field[..., 1]), FASTEST)), LEAST_SPEED)
    motion = f"motion, full colour from {full:.2g} px"
    return [*zip(names, (onset, apex)), (motion, _with_wheel(flow_colours(field, full)))]


def _number(clip: Clip, position: int) -> int:
    """Return the number that a frame has in its source."""
    return int(clip.frames.numbers[position - 1])


def _with_wheel(picture: np.ndarray) -> np.ndarray:
    """Return a flow picture with the colours of all directions in its lower right corner."""
    side = max(9, round(WHEEL * len(picture))) | 1
    wheel, far = colour_wheel(side)
    picture = picture.copy()
    corner = picture[-side:, -side:]
    corner[far <= 1] = 255
    corner[far <= RIM] = wheel[far <= RIM]
    return picture


def _title(clip: Clip, letters: int) -> str:
    name = clean("  ".join(text for text in (clip.subject, clip.name) if text))
    return name if len(name) <= letters else f"{name[: letters // 2 - 3]} ... {name[3 - letters // 2 :]}"


def _verdict(clip: Clip, probabilities: Mapping[str, float]) -> str:
    best = max(probabilities, key=lambda name: probabilities[name])
    told = f"recognized as {clean(best)} ({probabilities[best]:.0%})"
    if clip.label is None:
        return told
    return f"{told}; labelled {clean(clip.label)}: {'right' if clip.label == best else 'wrong'}"


def _draw_bars(axis: Any, probabilities: Mapping[str, float], label: str | None) -> None:
    """Draw a bar for each class, that of the highest probability dark, and the label in bold with a dot."""
    best = max(probabilities, key=lambda name: probabilities[name])
    for place, (name, share) in enumerate(probabilities.items()):
        axis.barh(place, share, height=0.6, color=PREDICTED if name == best else OTHER)
        inside = share > 0.8
        axis.annotate(
            f"{share:.2f}", (share, place), (-3 if inside else 3, 0), textcoords="offset points", va="center",
            ha="right" if inside else "left", fontsize=SMALL, color="white" if inside and name == best else CURVE,
        )  # fmt: skip
    axis.set_xlim(0, 1)
    axis.set_ylim(len(probabilities) - 0.5, -0.5)
    names = [clean(name) for name in probabilities]
    axis.set_yticks(range(len(names)), [_class(name, name == label) for name in names], fontsize=LETTERS)
    for tick, name in zip(axis.get_yticklabels(), probabilities):
        tick.set_fontweight("bold" if name == label else "normal")
    axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=SMALL)
    axis.set_xlabel("probability" + ("; ● the label" if label is not None else ""), fontsize=SMALL)
    axis.tick_params(axis="y", length=0)
    axis.spines[["top", "right"]].set_visible(False)


def _class(name: str, is_label: bool) -> str:
    short = name if len(name) <= NAME else f"{name[: NAME - 3]}..."
    return f"● {short}" if is_label else short
