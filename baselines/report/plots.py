"""Pictures of results, written whole or not at all."""

import numpy as np

from baselines.errors import MissingDependency
from baselines.files import atomic_path

COLOURS = {"macro": "#30638e", "micro": "#d1495b"}  # micro on top
CURVE, THRESHOLD, NO_FACE = "#333333", "#edae49", "#dddddd"


def plot_spotting(result, fps, path, truth=None, title="", first=1):
    """Draw a `SpottingResult`: its intervals, the true ones if known, and each curve with threshold and peaks.

    truth: `Event` records or None; path: a file whose suffix names the format, such as .png. Where a curve
    is not known, as without a face, it is grey. The axis is in seconds; at the top stand frame numbers, of which
    `first` is that of the first frame.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("A picture", "matplotlib", "matplotlib") from None

    lanes = [("spotted", result.intervals)] + ([("truth", truth)] if truth is not None else [])
    heights = [0.5 * len(lanes), *(1.2 for _ in result.curves)]
    figure = Figure(figsize=(12, sum(heights) + 1.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    _draw_lanes(axes[0], lanes, fps)
    for axis, curve in zip(axes[1:], result.curves):
        _draw_curve(axis, curve, result.intervals, fps)
    _label_frames(axes[0], axes[-1], result, fps, first)
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100)


def _draw_lanes(axis, lanes, fps):
    for row, (_, events) in enumerate(lanes):
        for kind, colour in COLOURS.items():
            spans = [_span(event, fps) for event in events if event.kind == kind]
            style = {"facecolors": colour, "edgecolors": "white", "linewidth": 0.5}
            axis.broken_barh(spans, (row - 0.35, 0.7), label=kind if row == 0 else None, **style)
    axis.set_yticks(range(len(lanes)), [name for name, _ in lanes])
    axis.set_ylim(len(lanes) - 0.5, -0.5)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _draw_curve(axis, curve, intervals, fps):
    from scipy.signal import find_peaks

    seconds = np.arange(len(curve.values)) / fps
    known = np.isfinite(curve.values)
    low, high = 0, 1.1 * max([curve.threshold, *curve.values[known]])
    axis.fill_between(seconds, low, high, where=~known, step="mid", color=NO_FACE, lw=0)
    for event in intervals:
        start, width = _span(event, fps)
        axis.axvspan(start, start + width, color=COLOURS[event.kind], alpha=0.2, lw=0)
    axis.plot(seconds, curve.values, color=CURVE, lw=1)
    axis.axhline(curve.threshold, color=THRESHOLD, ls="--", lw=1)
    peaks, _ = find_peaks(np.pad(np.where(known, curve.values, 0), 1), height=curve.threshold)
    axis.plot(seconds[peaks - 1], curve.values[peaks - 1], "o", color=THRESHOLD, ms=4, mec=CURVE)
    axis.set_ylim(low, high)
    axis.set_ylabel(f"{curve.name}\n({curve.unit})", rotation=0, ha="right", va="center", fontsize=9)


def _label_frames(top, bottom, result, fps, first):
    frames = max([len(curve.values) for curve in result.curves] + [event.offset for event in result.intervals] + [1])
    bottom.set_xlim(-0.5 / fps, (frames - 0.5) / fps)
    bottom.set_xlabel("seconds")
    numbers = top.secondary_xaxis("top", functions=(lambda s: s * fps + first, lambda n: (n - first) / fps))
    numbers.set_xlabel("frame")


def _span(event, fps):
    """Return the start and width in seconds of inclusive 1-based frames; frame 1 is centred on 0 s."""
    return (event.onset - 1.5) / fps, (event.offset - event.onset + 1) / fps
