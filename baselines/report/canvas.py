"""What every picture of matplotlib stands on: a figure of no window, a plain style, the same bytes on every day."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from baselines.errors import MissingDependency

METADATA = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def new_figure(width: float, height: float, dpi: float | None = None, layout: Any = None) -> Any:
    """Return an empty figure of so many inches; dpi, layout: as matplotlib has them.

    Raises `MissingDependency` without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("A picture", "matplotlib", "matplotlib") from None
    figure = Figure(figsize=(width, height), dpi=dpi, layout=layout)
    FigureCanvasAgg(figure)
    return figure


@contextmanager
def plain_style(own: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Draw as matplotlib does by default, whatever the user's settings are, and nothing as a formula.

    own: settings of matplotlib besides. Raises `MissingDependency` without it.
    """
    try:
        import matplotlib.style
    except ImportError:
        raise MissingDependency("A picture", "matplotlib", "matplotlib") from None
    with matplotlib.style.context(["default", {"text.parse_math": False, "svg.hashsalt": "megc", **(own or {})}]):
        yield
