"""Which pictures a report has: forest plots of its scores, its confusions, grids and differences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from baselines.report.figures import Figure, title_of
from baselines.report.overview.ablation import grids
from baselines.report.overview.drawing import (
    FLOOR,
    OTHER,
    Line,
    best_floor,
    confusion,
    difference_lines,
    file_stem,
    forest,
    forest_lines,
    grid,
)
from baselines.report.overview.groups import groups_of
from baselines.report.overview.matrices import confusions
from baselines.report.overview.published import published_marks
from baselines.report.study import Result
from baselines.report.table import Table

PLACE = ("task", "dataset", "subset", "metric")
Picture = tuple[str, Any]  # the name of its file without the suffix, and the figure


def forests(figures: Sequence[Figure], scores: Sequence[Mapping[str, Any]]) -> Iterator[Picture]:
    """Yield a forest plot for each task, dataset, subset and metric of figures; scores: rows of scores.csv."""
    marks = published_marks(scores)
    places: dict[tuple[str, ...], list[Figure]] = {}
    for figure in figures:
        places.setdefault((*figure.result.name[:2], figure.subset, figure.metric), []).append(figure)
    for place, mine in places.items():
        own: dict[str, str | None] = dict(zip(PLACE, place))
        lines = forest_lines(mine, [mark for mark in marks if all(mark[key] == text for key, text in own.items())])
        if lines:
            yield (
                file_stem("forest", *place),
                forest(title_of(own, mine), lines, _under(mine[0].metric, lines), best_floor(lines)),
            )


def _under(metric: str, lines: Sequence[Line]) -> str:
    """Return what the axis of a forest plot is, and what its marks are."""
    colours = {line.colour for line in lines}
    marks = {FLOOR: "hollow circles: floors", OTHER: "squares: published, hollow where they do not compare"}
    told = "; ".join(text for colour, text in marks.items() if colour in colours)
    return f"{metric} ({told})" if told else metric


def confusion_panels(results: Sequence[Result], figures: Sequence[Figure]) -> Iterator[Picture]:
    """Yield a picture of the confusions of each task, dataset and kind of question."""
    for group in groups_of(results, figures):
        for one in confusions(group.shown()) if group.task != "spotting" else ():
            yield file_stem(one["title"]), confusion(one["title"], one["matrices"])


def pivots(tables: Sequence[Table]) -> Iterator[Picture]:
    """Yield a picture of each pivot that is asked for."""
    for table in tables:
        yield file_stem(table.name), grid(table)


def every_grid(results: Sequence[Result], figures: Sequence[Figure]) -> Iterator[Picture]:
    """Yield a picture of each grid of a run."""
    for table in grids(results, figures)[0]:
        yield file_stem(table.name, str(table.lines[0][0])), grid(table)


def differences(tables: Sequence[Table]) -> Iterator[Picture]:
    """Yield a picture of each table of differences from one recipe."""
    for table in tables:
        yield file_stem(table.name), forest(table.title, difference_lines(table), "difference (negative: worse)", 0.0)
