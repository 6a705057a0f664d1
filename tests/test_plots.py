"""The picture of a spotted video: what it shows, where, and what it says of what it leaves out."""

import itertools
import re
from types import SimpleNamespace

import cv2
import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.datasets.records import Event
from baselines.metrics.spotting import count
from baselines.report import plots
from baselines.report.plot_plan import Bar, Row, bars_of, limits, part_with_side, place_labels, rows_of
from baselines.report.plots import MOST_PIXELS, plot_spotting, spotting_figure
from baselines.spotting.base import Curve, Interval, SpottingResult

FPS = 30
PARTS = ("right outer brow", "left mouth corner", "chin", "upper lip", "left nose wing")
SIDES = ("right", "left", "both", "", "both")


def contrast(values, threshold=1.0, noise=float("nan")):
    return Curve("contrast, 1 s", np.asarray(values, float), threshold, "typical of the part", noise)


def probability(values):
    return Curve("expression", np.asarray(values, float), 0.5, "probability")


def spotted(number, seconds, fps=FPS, curves=3, seed=0):
    """A result with intervals at random places of a video, a probability and contrasts."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * fps)
    onsets = np.sort(rng.integers(1, frames - fps, number)) if number else []
    intervals = []
    for n, onset in enumerate(int(onset) for onset in onsets):
        kind, length = ("micro", 0.3) if rng.random() < 0.6 else ("macro", 0.9)
        offset = onset + round(length * fps)
        score = 1 + rng.random()
        intervals.append(Interval(onset, onset + 1, offset, kind, score, PARTS[n % 5], SIDES[n % 5]))
    course = np.zeros(frames)
    for one in intervals:
        course[one.onset - 1 : one.offset] = one.score / 2
    measured = [contrast(rng.gamma(2, 0.2, frames), noise=0.6) for _ in range(curves - 1)]
    return SpottingResult(tuple(intervals), (probability(course), *measured)[:curves])


def panels(figure):
    """The axes of each row: those of the lanes and of the curves."""
    groups = itertools.groupby(figure.axes, key=lambda axis: axis.get_xlim())
    return [list(axes) for _, axes in groups]


def legend(figure):
    return [text.get_text() for own in figure.legends for text in own.get_texts()]


def head(figure):
    return [text.get_text() for text in figure.texts]


def labels(axis):
    """The labels of bars, told from the words beside the axes by their colours."""
    return [text for text in axis.texts if text.get_color() in plots.COLOURS.values()]


# --- rows


@pytest.mark.parametrize(
    ("seconds", "rows"), [(2, 1), (40, 1), (60, 1), (62, 1), (64, 2), (180, 3), (180.2, 3), (200, 4)]
)
def test_long_videos_have_rows_of_a_minute(seconds, rows):
    figure = spotting_figure(spotted(5, seconds), FPS)
    assert len(panels(figure)) == rows
    assert {len(axes) for axes in panels(figure)} == {4}


@given(st.integers(1, 10**6), st.sampled_from([1.0, 25.0, 30.0, 29.97, 200.0]))
def test_rows_hold_every_frame_once_at_one_time_scale(frames, fps):
    rows = rows_of(frames, fps)
    assert [frame for row in rows for frame in (row.frames.start, row.frames.stop)] == sorted(
        [0, *[row.frames.start for row in rows[1:]] * 2, frames]
    )
    lengths = [row.span[1] - row.span[0] for row in rows]
    assert np.ptp(lengths) < 1e-6
    assert lengths[0] <= 1.05 * 60 + 2 / fps
    assert all(first.span[1] == pytest.approx(second.span[0]) for first, second in itertools.pairwise(rows))


def test_all_panels_of_a_row_stand_over_each_other_and_apart():
    figure = spotting_figure(spotted(20, 150, curves=4), FPS, truth=[Event(5, 20)])
    boxes = [axis.get_position() for axis in figure.axes]
    assert len({(round(box.x0, 6), round(box.x1, 6)) for box in boxes}) == 1
    assert all(above.y0 > below.y1 for above, below in itertools.pairwise(boxes))
    assert boxes[-1].y0 > 0


@pytest.mark.parametrize("minutes", [10, 45, 180])
def test_the_picture_of_a_long_video_is_no_higher_than_viewers_open(minutes):
    result = spotted(minutes, minutes * 60, fps=5, curves=7)
    figure = spotting_figure(result, 5)
    assert figure.get_figheight() * figure.dpi <= MOST_PIXELS
    assert len(panels(figure)) == min(minutes, 60)
    assert {len(axes) for axes in panels(figure)} == {2}  # the lanes and the first curve
    assert any("6 of 7 curves" in line for line in head(figure))
    assert any(f"{minutes - 60} of {minutes} rows" in line for line in head(figure)) == (minutes > 60)


def test_of_a_very_long_video_the_rows_with_an_interval_are_shown():
    last = Interval(3 * 3600 - 20, 3 * 3600 - 15, 3 * 3600 - 10, "micro", 1.2, "chin")
    figure = spotting_figure(SpottingResult((last,), (probability(np.zeros(3 * 3600)),)), 1)
    ends = [axes[0].get_xlim()[1] for axes in panels(figure)]
    assert len(ends) == 60
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(3 * 3600 - 0.5)
    assert any("120 of 180 rows, with 0 of 1 bars" in line for line in head(figure))


# --- y axes


def test_a_probability_has_0_to_1_with_its_threshold():
    result = SpottingResult((), (probability([0, 0.2, np.nan, 0.1] * 10),))
    _, axis = spotting_figure(result, FPS).axes
    assert axis.get_ylim() == (0, 1)
    assert [0.5, 0.5] in [list(line.get_ydata()) for line in axis.lines]


def test_one_blink_does_not_flatten_the_rest():
    values = np.random.default_rng(0).uniform(0, 2, 1000)
    values[500:503] = 300, 400, 350
    figure = spotting_figure(SpottingResult((), (contrast(values),)), FPS)
    axis = figure.axes[1]
    assert 2 < axis.get_ylim()[1] < 3.1
    (mark,) = [line for line in axis.lines if line.get_marker() == "^"]
    assert mark.get_xdata().tolist() == [pytest.approx(501 / FPS)]
    assert "beyond the axis" in legend(figure)


def test_where_nothing_goes_far_all_of_the_curve_is_shown():
    values = np.append(np.linspace(0, 2, 500), 2.5)
    figure = spotting_figure(SpottingResult((), (contrast(values),)), FPS)
    assert figure.axes[1].get_ylim()[1] > 2.5
    assert "beyond the axis" not in legend(figure)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=60),
    st.floats(-1e3, 1e3) | st.sampled_from([float("nan"), float("inf")]),
    st.floats(0, 1e3) | st.just(float("nan")),
)
def test_axes_hold_0_the_threshold_the_noise_and_nearly_all_values(values, threshold, noise):
    low, high = limits(contrast(values, threshold, noise))
    assert low <= 0 <= high
    assert low < high
    for line in (threshold, noise):
        assert not np.isfinite(line) or low <= 1.5 * line <= high
    known = np.array(values)[np.isfinite(values)]
    if known.size:
        assert np.mean((known > high) | (known < low)) <= 0.04 + 2 / known.size


# --- truth


def test_hits_misses_and_false_alarms_are_those_of_the_score():
    result = spotted(40, 100, seed=3)
    rng = np.random.default_rng(1)
    truth = [
        Event(max(one.onset + int(rng.integers(-8, 8)), 1), one.offset + 4, kind=str(rng.choice(["micro", "macro"])))
        for one in result.intervals[::2]
    ]
    bars, true = bars_of(result.intervals, truth, FPS)
    sides = [([(e.onset, e.offset) for e in side], [e.kind for e in side]) for side in (truth, result.intervals)]
    hits, alarms, misses = count(*sides[0], *sides[1], ["micro", "macro"]).sum(axis=0)
    assert hits > 0
    assert sum(bar.matched for bar in true) == sum(bar.matched for bar in bars) == hits
    assert sum(not bar.matched for bar in true) == misses
    assert sum(not bar.matched for bar in bars) == alarms
    figure = spotting_figure(result, FPS, truth)
    assert f"hits: {hits} of {len(truth)} true events" in head(figure)[0]
    assert f"false alarms: {alarms}" in head(figure)[0]
    hatched = [item for axes in panels(figure) for item in axes[0].collections if item.get_hatch()]
    shown_twice = sum(any(bar.touches(axes[0].get_xlim()) for axes in panels(figure)[1:]) for bar in bars)
    assert alarms <= len(hatched) <= alarms + shown_twice


def test_without_truth_nothing_is_called_a_hit_or_an_alarm():
    figure = spotting_figure(spotted(9, 40), FPS)
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["spotted"]
    assert not [item for item in figure.axes[0].collections if item.get_hatch()]
    assert not [line for line in (*head(figure), *legend(figure)) if re.search("hit|miss|alarm", line)]


# --- labels


@pytest.mark.parametrize(
    ("region", "side", "label"),
    [
        ("left mouth corner", "left", "left mouth corner"),
        ("left mouth corner", "both", "mouth corner, both sides"),
        ("left mouth corner", "", "left mouth corner"),
        ("chin", "right", "chin, right"),
        ("chin", "both", "chin, both sides"),
        ("chin", "", "chin"),
        ("", "left", "left"),
        ("", "", ""),
    ],
)
def test_a_label_tells_part_and_side(region, side, label):
    assert part_with_side(SimpleNamespace(region=region, side=side)) == label


@pytest.mark.parametrize(
    ("number", "seconds", "fps"), [(1, 2, 30), (9, 40, 200), (60, 40, 30), (90, 180, 30), (300, 600, 5)]
)
def test_labels_lie_within_the_axes_and_apart(number, seconds, fps):
    result = spotted(number, seconds, fps)
    truth = [Event(one.onset, one.offset, kind=one.kind, action_units=("AU4", "AU7")) for one in result.intervals]
    figure = spotting_figure(result, fps, truth)
    placed = 0
    for lanes, *_ in panels(figure):
        inside = lanes.get_window_extent()
        boxes = [text.get_window_extent() for text in labels(lanes)]
        placed += len(boxes)
        assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)
        assert all(inside.y0 <= box.y0 and box.y1 <= inside.y1 for box in boxes)
        assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    told = [line for line in head(figure) if "labels" in line]
    left_out = int(re.search(r"(\d+) of \d+ labels", told[0])[1]) if told else 0
    assert placed + left_out == 2 * number
    assert placed > number / 4


@given(st.lists(st.tuples(st.floats(0, 58), st.floats(1, 2)), max_size=40), st.integers(1, 3))
def test_no_line_to_a_label_crosses_another_label(places, levels):
    bars = [Bar((start, start + 0.3), "micro", "chin", score) for start, score in places]
    found = place_labels(bars, Row((0, 60), slice(0, 1800)), levels, 0.2, lambda text: 0.5)
    half = 0.5 / 0.2 / 2
    for one, other in itertools.permutations(found, 2):
        if one.level == other.level:
            assert abs(one.at - other.at) > 2 * half
        if one.level > other.level:
            assert abs(one.bar.middle - other.at) > half
    assert all(abs(label.at - label.bar.middle) <= half + 0.2 + 1e-9 for label in found)
    assert sorted({label.level for label in found}) == list(range(len({label.level for label in found})))
    assert bool(found) == bool(bars)


def test_the_surest_interval_keeps_its_label():
    bars = [Bar((n / 10, n / 10 + 0.2), "micro", f"part {n}", 1 + n / 10) for n in range(20)]
    found = place_labels(bars, Row((0, 60), slice(0, 1800)), 1, 0.2, lambda text: 3.0)
    assert [label.bar.label for label in found] == ["part 19"]


# --- legend


def test_the_legend_tells_what_is_there_and_nothing_else():
    one = Interval(40, 45, 50, "micro", 1.5, "chin")
    values = np.where(np.arange(300) < 250, 0.5, np.nan)
    bare = spotting_figure(SpottingResult((), (contrast(np.ones(300), np.inf),)), FPS)
    assert legend(bare) == []
    known = spotting_figure(SpottingResult((one,), (contrast(values, 1.0, 0.2),)), FPS, [Event(100, 130, kind="macro")])
    assert legend(known) == [
        "macro-expression",
        "micro-expression",
        "true event that is missed",
        "spotted, but not true (false alarm)",
        "spotted (behind the curves)",
        "threshold",
        "noise: usual in this video",
        "not known, as without a face",
    ]
    (box,) = [own.get_window_extent() for own in known.legends]
    assert box.x1 <= known.bbox.width
    assert box.y0 >= known.axes[0].get_window_extent().y1
    noise = [
        patch for patch in known.axes[1].patches if patch.get_facecolor() == matplotlib.colors.to_rgba(plots.NOISE)
    ]
    assert [(patch.get_y(), patch.get_height()) for patch in noise] == [(0, 0.2)]


def test_no_dots_on_curves():
    figure = spotting_figure(spotted(20, 40), FPS)
    assert not [line for axis in figure.axes[1:] for line in axis.lines if line.get_marker() not in ("None", "^", "v")]


# --- frames


def test_the_numbers_above_are_those_of_the_frames():
    figure = spotting_figure(spotted(1, 40, fps=200), 200, first=17)
    figure.draw_without_rendering()
    (numbers,) = figure.axes[0].child_axes
    assert numbers.get_xlim() == pytest.approx((16.5, 16.5 + 8000))
    assert all(float(number).is_integer() for number in numbers.get_xticks())


# --- files


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_second_picture_has_the_same_bytes(tmp_path, suffix, monkeypatch):
    result, truth = spotted(6, 40), [Event(100, 112)]
    for name, when in (("a", "0"), ("b", "86400")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", when)
        plot_spotting(result, FPS, tmp_path / (name + suffix), truth=truth, title="a video")
    first, second = (tmp_path / (name + suffix) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_bytes()) > 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, second.name]


def test_the_user_s_settings_of_matplotlib_change_nothing(tmp_path):
    plot_spotting(spotted(2, 10), FPS, tmp_path / "a.png")
    with matplotlib.rc_context({"figure.facecolor": "black", "font.size": 30, "savefig.dpi": 20}):
        plot_spotting(spotted(2, 10), FPS, tmp_path / "b.png")
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("title", ["", "été ñ", "张三", r"a $x_{1}$ \frac{ b", "two\nlines", "\udcff", "x" * 400])
def test_any_name_can_be_a_title(tmp_path, title):
    plot_spotting(spotted(2, 10), FPS, tmp_path / "a.png", title=title)
    assert cv2.imread(str(tmp_path / "a.png")).shape[1] == 2100
    figure = spotting_figure(spotted(2, 10), FPS, title=title)
    assert all(text.get_window_extent().x1 <= figure.bbox.width for text in figure.texts)


def test_what_the_font_has_not_is_told_by_its_number():
    assert head(spotting_figure(spotted(0, 10), FPS, title="été 张"))[0] == r"été \u5f20"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "result",
    [
        SpottingResult(()),
        SpottingResult((), (contrast([0.3]),)),
        SpottingResult((), (contrast([]),)),
        SpottingResult((), (contrast(np.full(90, np.nan), np.inf), contrast(np.full(90, np.inf), np.nan))),
        SpottingResult((), (contrast(-np.arange(90.0), -3.0),)),
        SpottingResult((Interval(1, 2, 3, "macro", 1.0),), (contrast(np.zeros(3)), contrast(np.zeros(2)))),
        SpottingResult((), (contrast(np.zeros(30)),) * 90),
        SpottingResult((), (Curve("a name that is as long as a sentence " * 3, np.zeros(9), 1e-9, "a unit " * 20),)),
    ],
    ids=["nothing", "one frame", "no frame", "nothing known", "negative", "no part", "90 curves", "long names"],
)
@pytest.mark.parametrize("truth", [None, [], [Event(4000, 4010)]], ids=["unknown", "no event", "far event"])
def test_strange_results_have_a_picture(tmp_path, result, truth):
    plot_spotting(result, FPS, tmp_path / "a.png", truth=truth)
    assert cv2.imread(str(tmp_path / "a.png")) is not None


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 30), st.integers(2, 130), st.sampled_from([5, 30, 200]), st.integers(1, 4))
def test_any_figure_can_be_drawn(number, seconds, fps, curves):
    spotting_figure(spotted(number, seconds, fps, curves), fps, title="any").draw_without_rendering()
