"""Pictures for slides: rows of pictures with titles, landmarks, curves."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.report.canvas import METADATA, new_figure

INK, MICRO, MACRO, MARK = "#333f48", "#b3283f", "#30638e", "#a35f00"
DPI = 110


def slide(width: float, height: float) -> Any:
    """Return an empty figure of so many inches."""
    return new_figure(width, height, DPI, "constrained")


def gallery(pictures: Sequence[NDArray[Any]], titles: Sequence[str], maps: Sequence[str] = ()) -> Any:
    """Return a figure of pictures side by side; maps: the colour map of each that is grey."""
    shapes = [picture.shape[1] / picture.shape[0] for picture in pictures]
    figure = slide(max(3.0, 2.6 * sum(shapes)), 3.0)
    for axis, picture, title, shape in zip(
        figure.subplots(1, len(pictures), squeeze=False, width_ratios=shapes)[0],
        pictures,
        titles,
        [*maps, *["gray"] * (len(pictures) - len(maps))],
    ):
        axis.imshow(picture, cmap=shape if picture.ndim == 2 else None, vmin=0, vmax=255)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    return figure


def outline(axis: Any, points: NDArray[np.floating]) -> None:
    """Draw the 68 landmarks of a face."""
    axis.plot(points[:, 0], points[:, 1], ".", color="#39d353", markersize=3)


def png_of(figure: Any) -> bytes:
    """Return a figure as PNG, the same bytes on every day."""
    output = io.BytesIO()
    figure.savefig(output, format="png", metadata=METADATA[".png"])
    return output.getvalue()
