"""Pictures for slides: rows of pictures with titles, landmarks, curves."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

INK, MICRO, MACRO, MARK = "#333f48", "#b3283f", "#30638e", "#a35f00"
DPI = 110


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure of so many inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def gallery(pictures: Sequence[NDArray[Any]], titles: Sequence[str], maps: Sequence[str] = ()) -> Any:
    """Return a figure of pictures side by side; maps: the colour map of each that is grey."""
    shapes = [picture.shape[1] / picture.shape[0] for picture in pictures]
    figure = new_figure(max(3.0, 2.6 * sum(shapes)), 3.0)
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
    figure.savefig(output, format="png", metadata={"Software": None})
    return output.getvalue()
