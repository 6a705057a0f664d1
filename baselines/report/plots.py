"""The picture of a spotted video: intervals beside the true ones, and below them the curves that they come from."""

from collections import Counter
from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from baselines.datasets.records import KINDS
from baselines.files import atomic_path
from baselines.report import plot_plan as plan
from baselines.report.canvas import METADATA, new_figure, plain_style
from baselines.spotting.runs import face_runs

COLOURS = {"macro": "#30638e", "micro": "#d1495b"}
CURVE, AREA, THRESHOLD, NOISE, UNKNOWN, LINES = "#333333", "#dcdcdc", "#a35f00", "#f7dfa5", "#aaaaaa", "#888888"
BARS = {"macro": 0.18, "micro": 0.12}  # inches
HATCH, SHADE = "//////", 0.18

# inches, as all sizes here
WIDTH, LEFT, RIGHT = 14.0, 1.8, 0.3
PAD, LINE, NUMBERS, GAP, LANE, LEVEL, TALL, LOW = 0.12, 0.2, 0.28, 0.12, 0.34, 0.15, 0.75, 0.55
TALLEST = 40  # of rows with everything; those of a longer video have the first curve alone and few labels
LEVELS, FEW = 3, 1  # of labels, one above the other
MOST_PIXELS = 12_000  # of height: more than that many viewers do not open
DPI = 150
LETTERS, SMALL = 8.5, 7.5  # points
LONGEST = 110  # letters of a title
NAME = 22  # letters of a line beside a curve
COLUMNS = 5  # of the legend
STYLE = {"font.size": LETTERS, "hatch.linewidth": 0.7}


def plot_spotting(result, fps, path, truth=None, title="", first=1, emotions=None):
    """Write the picture that `spotting_figure` draws to a file, whose suffix names the format, such as .png."""
    save(spotting_figure(result, fps, truth, title, first, emotions), path)


def save(figure, path):
    """Write a figure to a file, whose suffix names the format, whole or not at all and the same on every day."""
    with plain_style(STYLE), atomic_path(path) as temporary:
        figure.savefig(temporary, metadata=METADATA.get(temporary.suffix.lower()))


def spotting_figure(result, fps, truth=None, title="", first=1, emotions=None):
    """Return the figure of a `SpottingResult`: its intervals, the true ones if known, and the curves.

    truth: `Event` records or None; which of them are found is told as `score spotting` does. A long video goes on in
    rows. Below each stand seconds, above it numbers of frames, of which `first` is that of the first one. What finds no
    room is left out, and the picture says so. emotions: {interval: the emotion recognized in it}, which then stands at
    its bar instead of the part that moves.
    """
    with plain_style(STYLE):
        picture, left_out = _planned(result, fps, truth, emotions)
        head = [line for line in (_shortened(clean(title)), _told(picture), _lost(left_out)) if line]
        legend = _legend(picture)
        lines = len(head) + -(-len(legend) // COLUMNS)
        height = 2 * PAD + lines * LINE + len(picture.rows) * picture.row_height
        figure = new_figure(WIDTH, height, min(DPI, MOST_PIXELS / height))
        _draw_head(figure, head, legend, bool(title))
        for number, row in enumerate(picture.rows):
            _draw_row(figure, PAD + lines * LINE + number * picture.row_height, row, picture, fps, first)
    return figure


@dataclass(frozen=True)
class _Lane:
    """The bars of the truth or those that were spotted, the labels of each row, and how many levels these take."""

    name: str
    bars: list
    labels: list
    levels: int

    @property
    def height(self):
        """That of the bars and their labels."""
        return LANE + LEVEL * self.levels


@dataclass(frozen=True)
class _Picture:
    """What is drawn; lanes: the last is what was spotted, before it the truth if known."""

    rows: list
    lanes: list
    curves: tuple

    @property
    def bars(self):
        """Those of all lanes."""
        return [bar for lane in self.lanes for bar in lane.bars]

    @property
    def lanes_height(self):
        """That of all lanes."""
        return sum(lane.height for lane in self.lanes)

    @property
    def row_height(self):
        """Height of a row with its numbers."""
        return 2 * NUMBERS + self.lanes_height + sum(GAP + _height(curve) for curve in self.curves)


def _height(curve):
    return TALL if curve.unit == "probability" else LOW


def _planned(result, fps, truth, emotions):
    """Return the `_Picture` of a result, and a list of what it has no room for."""
    spotted, true = plan.bars_of(result.intervals, truth, fps, emotions)
    bars = {**({} if true is None else {"truth": true}), "spotted": spotted}
    every = plan.rows_of(plan.number_of_frames(result, truth), fps)
    rows = plan.rows_with_something(every, [*spotted, *(true or ())])
    picture = _Picture(rows, [_lane(name, own, rows, LEVELS) for name, own in bars.items()], result.curves)
    if len(rows) * picture.row_height > TALLEST:
        picture = _Picture(rows, [_lane(name, own, rows, FEW) for name, own in bars.items()], result.curves[:1])
    return picture, [*_left_out(picture, len(every), len(result.curves))]


def _lane(name, bars, rows, levels):
    start, end = rows[0].span
    scale = (WIDTH - LEFT - RIGHT) / (end - start)
    labels = [plan.place_labels(bars, row, levels, scale, _width) for row in rows]
    return _Lane(name, bars, labels, 1 + max((label.level for row in labels for label in row), default=-1))


def _width(text):
    """Return the width of a label in inches."""
    font = _font()
    font.set_size(SMALL, 72)
    font.set_text(clean(text))
    return font.get_width_height()[0] / 64 / 72


def _left_out(picture, rows, curves):
    """Yield how many there are of each kind of thing for which there is no room."""
    if rows > len(picture.rows):
        shown = [bar for bar in picture.bars if any(bar.touches(row.span) for row in picture.rows)]
        lost = len(picture.bars) - len(shown)
        yield f"{rows - len(picture.rows)} of {rows} rows, with {lost} of {len(picture.bars)} bars"
    if curves > len(picture.curves):
        yield f"{curves - len(picture.curves)} of {curves} curves"
    named = sum(bool(bar.label) for bar in picture.bars)
    placed = sum(len(row) for lane in picture.lanes for row in lane.labels)
    if named > placed:
        yield f"{named - placed} of {named} labels"


def _lost(left_out):
    return f"left out for want of room: {'; '.join(left_out)}" if left_out else ""


def _told(picture):
    """Return the line that counts what there is."""
    *true, spotted = (lane.bars for lane in picture.lanes)
    counted = Counter(bar.kind for bar in spotted)
    told = "spotted: " + (", ".join(f"{counted[kind]} {kind}" for kind in KINDS if counted[kind]) or "nothing")
    for events in true:
        hits = sum(event.matched for event in events)
        told += f"; hits: {hits} of {len(events)} true events (same type, overlap at least .5)"
        told += f"; false alarms: {len(spotted) - hits}"
    return told


def _font():
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont("DejaVu Sans"))


def clean(text):
    """Return a text in one line of what the font can draw; other letters are told by their numbers."""
    font = _font()
    return "".join(
        c if c.isprintable() and font.get_char_index(ord(c)) else c.encode("unicode_escape").decode() for c in text
    )


def _shortened(title):
    return title if len(title) <= LONGEST else title[: LONGEST // 2] + " ... " + title[-LONGEST // 2 :]


def _legend(picture):
    """Return {what is drawn in the picture: its sample}."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    *true, spotted = (lane.bars for lane in picture.lanes)
    kinds = {bar.kind for bar in picture.bars}
    samples = {}
    if "macro" in kinds:
        samples["macro-expression"] = Patch(**_face("macro"))
    if "micro" in kinds:
        marker = Line2D([], [], **_marker("micro"))
        samples["micro-expression"] = (Patch(**_face("micro")), marker)
    if any(bar.matched is False for bars in true for bar in bars):
        samples["true event that is missed"] = Patch(fc="white", ec=CURVE, lw=1)
    if any(bar.matched is False for bar in spotted):
        samples["spotted, but not true (false alarm)"] = Patch(fc="white", ec=CURVE, hatch=HATCH, lw=1)
    if spotted and picture.curves:
        shades = [colour for kind, colour in COLOURS.items() if any(bar.kind == kind for bar in spotted)]
        samples["spotted (behind the curves)"] = tuple(Patch(fc=shade, alpha=SHADE, lw=0) for shade in shades)
    curves = picture.curves
    if any(np.isfinite(curve.threshold) for curve in curves):
        samples["threshold"] = Line2D([], [], color=THRESHOLD, ls="--", lw=1)
    if any(np.isfinite(curve.noise) for curve in curves):
        samples["noise: usual in this video"] = Patch(fc=NOISE, lw=0)
    if any(not np.isfinite(curve.values).all() for curve in curves):
        samples["not known, as without a face"] = Patch(**_unknown())
    if any(frames.any() for curve in curves for frames, _, _ in _beyond(curve)):
        samples["beyond the axis"] = Line2D([], [], **_edge("^"))
    return samples


def _face(kind, matched=True, spotted=False):
    """Return the style of a bar: filled, but white where it has no match, and hatched where that is a false alarm."""
    if matched is False:
        return {"fc": "white", "ec": COLOURS[kind], "hatch": HATCH if spotted else None, "lw": 1}
    return {"fc": COLOURS[kind], "ec": COLOURS[kind], "lw": 0}


def _marker(kind):
    return {"marker": "v", "ms": 4.5, "ls": "", "color": COLOURS[kind], "mew": 0}


def _edge(marker):
    return {"marker": marker, "ms": 4, "ls": "", "color": CURVE, "mew": 0}


def _unknown():
    return {"fc": "#f4f4f4", "ec": UNKNOWN, "hatch": "////", "lw": 0}


def _draw_head(figure, head, legend, titled):
    from matplotlib.legend_handler import HandlerTuple

    width, height = figure.get_size_inches()
    for number, line in enumerate(head):
        style = {"fontweight": "bold", "fontsize": LETTERS + 2} if titled and number == 0 else {}
        y = 1 - (PAD + (number + 0.5) * LINE) / height
        figure.text(LEFT / width, y, line, va="center_baseline", **style)
    if legend:
        place = (LEFT / width, 1 - (PAD + len(head) * LINE) / height)
        style = {"frameon": False, "borderpad": 0, "borderaxespad": 0.3, "labelspacing": 0.4, "handletextpad": 0.6}
        figure.legend(
            legend.values(), legend.keys(), loc="upper left", bbox_to_anchor=place, ncols=COLUMNS, fontsize=LETTERS,
            handler_map={tuple: HandlerTuple(ndivide=None)}, columnspacing=1.6, **style,
        )  # fmt: skip


def _draw_row(figure, top, row, picture, fps, first):
    """Draw a row, of which `top` is how far it is from the upper edge of the figure."""
    top += NUMBERS
    number = picture.rows.index(row)
    lanes = _axes(figure, top, picture.lanes_height, row)
    _draw_lanes(lanes, picture.lanes, row, number)
    _number_frames(lanes, row, fps, first)
    top += picture.lanes_height
    lowest = lanes
    for curve in picture.curves:
        lowest = _axes(figure, top + GAP, _height(curve), row)
        _draw_curve(lowest, curve, row, picture.lanes[-1].bars, fps)
        top += GAP + _height(curve)
    lowest.tick_params(labelbottom=True, bottom=True)
    _beside(lowest, 0, "seconds")


def _axes(figure, top, height, row):
    """Return axes across the figure, with the time scale of all rows."""
    width, whole = figure.get_size_inches()
    place = (LEFT / width, 1 - (top + height) / whole, (WIDTH - LEFT - RIGHT) / width, height / whole)
    axis = figure.add_axes(place, xlim=row.span)
    axis.grid(axis="x", color="#eeeeee", lw=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(labelbottom=False, bottom=False, labelsize=SMALL)
    axis.xaxis.get_major_locator().set_params(nbins=13, steps=(1, 2, 5, 10))
    axis.spines[["top", "right"]].set_visible(False)
    return axis


def _beside(axis, y, text):
    """Write what the numbers along the lower (y = 0) or upper (y = 1) edge are, to the left of them."""
    up, va = (7, "bottom") if y else (-7, "top")
    axis.annotate(text, (0, y), (-16, up), "axes fraction", "offset points", fontsize=SMALL, ha="right", va=va)


def _number_frames(axis, row, fps, first):
    numbers = axis.secondary_xaxis("top", functions=(lambda s: s * fps + first, lambda n: (n - first) / fps))
    numbers.xaxis.get_major_locator().set_params(nbins=13, steps=(1, 2, 5, 10), integer=True, min_n_ticks=1)
    numbers.tick_params(labelsize=SMALL)
    _beside(axis, 1, "frame")


def _draw_lanes(axis, lanes, row, number):
    """Draw the lanes; the y axis is in inches from above."""
    axis.set_ylim(sum(lane.height for lane in lanes), 0)
    top, ticks = 0, []
    for lane in lanes:
        above = lane.name == "truth"
        middle = top + (LEVEL * lane.levels if above else 0) + LANE - 0.04 - BARS["macro"] / 2
        for bar in sorted(lane.bars, key=lambda bar: bar.kind):  # macro first: the lower micro does not hide it
            if bar.touches(row.span):
                _draw_bar(axis, bar, middle, not above)
        for label in lane.labels[number]:
            _draw_label(axis, label, middle, -1 if above else 1)
        ticks.append((middle, lane.name))
        top += lane.height
    axis.set_yticks(*zip(*ticks))
    axis.tick_params(axis="y", length=0, labelsize=LETTERS)


def _draw_label(axis, label, middle, way):
    """Draw a label below (way = 1) or above (way = -1) bars, and a line from its bar."""
    near = middle + way * (BARS["macro"] / 2 + (0.02 if way > 0 else 0.1))  # above there are markers
    far = near + way * LEVEL * label.level
    colour = COLOURS[label.bar.kind]
    axis.plot([label.bar.middle] * 2, [near, far], color=LINES, lw=0.5)
    axis.text(
        label.at, far + way * LEVEL / 2, clean(label.bar.label), color=colour, fontsize=SMALL, ha="center", va="center"
    )


def _draw_bar(axis, bar, middle, spotted):
    height = BARS[bar.kind]
    spans = [(bar.span[0], bar.span[1] - bar.span[0])]
    axis.broken_barh(spans, (middle - height / 2, height), **_face(bar.kind, bar.matched, spotted))
    if bar.kind == "micro":
        axis.plot(bar.middle, middle - BARS["macro"] / 2 - 0.04, **_marker(bar.kind))


def _draw_curve(axis, curve, row, spotted, fps):
    low, high = plan.limits(curve)
    axis.set_ylim(low, high)
    frames = slice(max(row.frames.start - 1, 0), row.frames.stop + 1)  # so that the line goes on over the edge
    values = curve.values[frames]
    seconds = (np.arange(len(values)) + frames.start) / fps
    probability = curve.unit == "probability"
    for bar in (bar for bar in spotted if bar.touches(row.span)):
        axis.axvspan(*bar.span, fc=COLOURS[bar.kind], alpha=SHADE, lw=0)
    if np.isfinite(curve.noise):
        axis.axhspan(0, curve.noise, color=NOISE, lw=0)
    for run in face_runs(~np.isfinite(values)):
        axis.axvspan(seconds[run.start] - 0.5 / fps, seconds[run.stop - 1] + 0.5 / fps, **_unknown())
    if probability:
        axis.fill_between(seconds, values, step="mid", color=AREA, lw=0)
    axis.plot(seconds, values, color=CURVE, lw=0.8, drawstyle="steps-mid" if probability else "default")
    if np.isfinite(curve.threshold):
        axis.axhline(curve.threshold, color=THRESHOLD, ls="--", lw=1)
    for beyond, marker, y in _beyond(curve):
        runs = face_runs(beyond[row.frames])
        farthest = [np.abs(curve.values[row.frames][run]).argmax() + run.start + row.frames.start for run in runs]
        places = np.array(farthest) / fps
        axis.plot(places, np.full(len(places), y), transform=axis.get_xaxis_transform(), **_edge(marker))
    axis.locator_params(axis="y", nbins=2 if probability else 3)
    axis.yaxis.set_major_formatter("{x:g}")
    texts = (clean(curve.name), f"({clean(curve.unit)})")
    name = [line for text in texts for line in wrap(text, NAME, max_lines=2, placeholder=" ...")]
    axis.set_ylabel("\n".join(name), rotation=0, ha="right", va="center", fontsize=SMALL)
    axis.yaxis.set_label_coords(-0.48 / (WIDTH - LEFT - RIGHT), 0.5)


def _beyond(curve):
    """Return (which frames, marker, height in the axes) of a curve above its axis and below it."""
    low, high = plan.limits(curve)
    return (curve.values > high, "^", 0.93), (curve.values < low, "v", 0.07)
