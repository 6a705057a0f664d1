"""What the picture of a spotted video shows and where: bars, rows of a long video, labels that find room, y axes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.records import Event
from baselines.metrics.spotting import match_one_to_one
from baselines.spotting.base import Curve, Interval, SpottingResult

ROW = 60  # seconds; longer videos go on in further rows
SLACK = 0.05  # of a row, by which rows may be longer, so that none is made for a short rest
MOST_ROWS = 60
APART = 0.08  # inches between labels
ROOM = 1.5  # times a line or what is usual that the y axis goes up to

Span = tuple[float, float]  # seconds


@dataclass(frozen=True)
class Bar:
    """An interval or a true event; score: -1 for an event; matched: by one of the other side, None without truth."""

    span: Span
    kind: str
    label: str
    score: float = -1.0
    matched: bool | None = None

    @property
    def middle(self) -> float:
        """The second in its middle."""
        return sum(self.span) / 2

    def touches(self, span: Span) -> bool:
        """Tell whether a part of it lies in a span of seconds."""
        return self.span[0] < span[1] and self.span[1] > span[0]


@dataclass(frozen=True)
class Label:
    """The label of a `Bar`: the second of its own middle, and how many levels it stands away from the bar."""

    bar: Bar
    at: float
    level: int


@dataclass(frozen=True)
class Row:
    """A row of the picture, in seconds and in frames from 0."""

    span: Span
    frames: slice


def bars_of(
    intervals: Sequence[Interval],
    truth: Sequence[Event] | None,
    fps: float,
    emotions: Mapping[Interval, str] | None = None,
) -> tuple[list[Bar], list[Bar] | None]:
    """Return the bars of intervals and of true events, None if these are not known, matched as `score spotting` does.

    That is one to one, of equal type, with an overlap of at least .5. emotions: those recognized in intervals, which
    then name the bars, as do those of the true events.
    """
    found: set[int] = set()
    right: set[int] = set()
    if truth is not None:
        sides = [([(e.onset, e.offset) for e in side], [e.kind for e in side]) for side in (truth, intervals)]
        i, j = match_one_to_one(*sides[0], *sides[1])
        found, right = set(i.tolist()), set(j.tolist())
    spotted = [
        Bar(
            _span(one, fps),
            one.kind,
            part_with_side(one) if emotions is None else emotions.get(one, ""),
            one.score,
            None if truth is None else n in right,
        )
        for n, one in enumerate(intervals)
    ]
    if truth is None:
        return spotted, None
    return spotted, [
        Bar(_span(event, fps), event.kind, _told(event, emotions is not None), matched=n in found)
        for n, event in enumerate(truth)
    ]


def _told(event: Event, by_emotion: bool) -> str:
    """Return what a true event is called: its action units, or its emotion, whichever is known."""
    units = "+".join(event.action_units)
    return (event.emotion or units) if by_emotion else (units or event.emotion)


def _span(event: Event | Interval, fps: float) -> Span:
    """Return the seconds of inclusive 1-based frames; frame 1 is centred on 0 s."""
    return (event.onset - 1.5) / fps, (event.offset - 0.5) / fps


def part_with_side(interval: Interval) -> str:
    """Return the part of an interval with the side, where the name of the part does not tell it."""
    words = interval.region.split()
    if not interval.side or interval.side in words:
        return interval.region
    part = " ".join(word for word in words if word not in ("left", "right"))
    return ", ".join(text for text in (part, "both sides" if interval.side == "both" else interval.side) if text)


def number_of_frames(result: SpottingResult, truth: Sequence[Event] | None) -> int:
    """Return how many frames a video has, as far as is known."""
    ends = [interval.offset for interval in result.intervals] + [event.offset for event in truth or ()]
    return max([1, result.coverage.get("frames", 0), *(len(curve.values) for curve in result.curves), *ends])


def rows_of(frames: int, fps: float) -> list[Row]:
    """Return the rows of a video: as few of about `ROW` seconds as hold it, of equal length."""
    number = max(1, math.ceil(frames / fps / ROW - SLACK))
    length = math.ceil(frames / number)
    return [
        Row(((start - 0.5) / fps, (start + length - 0.5) / fps), slice(start, min(start + length, frames)))
        for start in range(0, frames, length)
    ]


def rows_with_something(rows: Sequence[Row], bars: Sequence[Bar]) -> list[Row]:
    """Return `MOST_ROWS` of the rows in their order: if there are more, those with a bar come before those without."""
    empty = [not any(bar.touches(row.span) for bar in bars) for row in rows]
    chosen = sorted(range(len(rows)), key=empty.__getitem__)[:MOST_ROWS]
    return [rows[n] for n in sorted(chosen)]


def place_labels(
    bars: Sequence[Bar], row: Row, levels: int, scale: float, width_of: Callable[[str], float]
) -> list[Label]:
    """Return the labels that find room in a row, of the surest bars first, each on a line from its bar.

    A bar has its label in the row of its middle. levels: of labels, one above the other; scale: inches of a second;
    width_of: inches of a text.
    """
    taken: list[list[Span]] = [[] for _ in range(levels)]
    placed = []
    own = [bar for bar in bars if bar.label and row.span[0] <= bar.middle < row.span[1]]
    for bar in sorted(own, key=lambda bar: (-bar.score, bar.span)):
        others = [(other.middle, other.middle) for other in own if other is not bar]
        free = [
            (level, text)
            for level in range(levels)
            for text in _places(bar, row, (width_of(bar.label) + APART) / scale, [*taken[level], *others])
            if all(map(_apart, _needed(bar, level, text), taken))
        ]
        kind = [(level, text) for level, text in free if level == levels - 1 or _apart(text, others)]
        for level, text in (kind or free)[:1]:  # at best one that no line of another label has to cross
            for span, there in zip(_needed(bar, level, text), taken):
                there.append(span)
            placed.append(Label(bar, sum(text) / 2, level))
    used = sorted({label.level for label in placed})
    return [replace(label, level=used.index(label.level)) for label in placed]


def _places(bar: Bar, row: Row, width: float, others: Sequence[Span]) -> list[Span]:
    """Return the spans for a text over the middle of its bar: first centred there, then by how far they are shifted.

    They begin or end where something else is.
    """
    start, end = row.span[0], row.span[1] - width
    if end < start:
        return []
    centred = bar.middle - width / 2
    beside = [left for other in others for left in (other[1], other[0] - width)]
    inside = {min(max(left, start), end) for left in (centred, *beside)}
    near = [left for left in inside if left <= bar.middle <= left + width]
    return [(left, left + width) for left in sorted(near, key=lambda left: (abs(left - centred), left))]


def _needed(bar: Bar, level: int, text: Span) -> list[Span]:
    """Return what a label takes on each level from the bar on: its line, and last its text."""
    return [(bar.middle, bar.middle)] * level + [text]


def _apart(span: Span, others: Sequence[Span]) -> bool:
    return all(span[1] <= start or end <= span[0] for start, end in others)


def limits(curve: Curve) -> Span:
    """Return the ends of the y axis of a curve: 0, the threshold and the noise lie within, and so do all values.

    But values far beyond 99 % of the others, as at a blink or a cut, lie outside: they would flatten all the rest. A
    probability has 0 and 1.
    """
    if curve.unit == "probability":
        return 0.0, 1.0
    known = curve.values[np.isfinite(curve.values)]
    lines = [ROOM * line for line in (curve.threshold, curve.noise) if np.isfinite(line)]
    high = _end(known, lines)
    low = -_end(-known, [-line for line in lines])
    return (low, high) if low < high else (0.0, 1.0)


def _end(values: NDArray[np.float64], lines: Sequence[float]) -> float:
    """Return the upper end of an axis, at least 0."""
    if not values.size:
        return max(0.0, *lines, 0.0)
    usual = max(0.0, float(np.percentile(values, 99)), *lines)
    return max(usual, min(1.05 * float(values.max()), ROOM * usual))
