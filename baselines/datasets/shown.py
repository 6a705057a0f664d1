"""What a notebook shows of a record: a small table, escaped, and a picture of a frame."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.datasets.frames import Frames
from baselines.errors import InputError

MOST_ROWS = 20
THUMBNAIL = 128  # px of the longer side


def counted(number: int, what: str) -> str:
    """Return a number of things in words: 1 clip, 2 clips."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows (mappings with the same keys) as a table in HTML, of many the first, under a title."""
    if not rows:
        return f"<div>{escape(title)}</div>"
    head = "".join(f"<th>{escape(str(name))}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = f"<div>... {len(rows) - MOST_ROWS} more</div>" if len(rows) > MOST_ROWS else ""
    caption = f'<caption style="text-align:left">{escape(title)}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def fields(title: str, values: Mapping[str, Any]) -> str:
    """Return named values as a table in HTML with a line for each, under a title."""
    return table(title, [{"": name, "value": value} for name, value in values.items()])


def thumbnail(frames: Frames | None, position: int) -> str:
    """Return the frame at a position from 1 as a small picture in HTML; empty where it cannot be read."""
    try:
        picture = frames[position - 1] if frames else None
    except (InputError, IndexError):
        picture = None
    return "" if picture is None else image(picture)


def image(picture: NDArray[np.uint8]) -> str:
    """Return a picture (H, W, 3) of uint8 RGB as a small one in HTML."""
    scale = min(1.0, THUMBNAIL / max(picture.shape[:2]))
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1]
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(coded.tobytes()).decode("ascii")}">'


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
