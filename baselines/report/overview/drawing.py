"""Forest plots, confusions and grids as pictures for papers and slides, PNG or SVG."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from baselines.files import atomic_path
from baselines.report.canvas import METADATA, new_figure
from baselines.report.figures import Figure, mean_of
from baselines.report.overview.ablation import shades
from baselines.report.table import Cell, Table

FORMS = ("png", "svg")
OURS, FLOOR, OTHER, SHADE = "#0b5394", "#a35f00", "#5b6670", "Blues"
WIDTH, LINE, CELL = 7.5, 0.23, 0.62  # inches of a picture, a line of it, a cell of a matrix
ACROSS = 3  # confusions side by side
DPI = 150


class Line(NamedTuple):
    """A line of a forest plot; low and high: its interval or its deviation, None where there is none."""

    name: str
    value: float
    low: float | None
    high: float | None
    colour: str = OURS
    filled: bool = True


def file_stem(*words: str) -> str:
    """Return what tells a picture apart as the name of a file."""
    return re.sub(r"[^a-z0-9.@]+", "-", "-".join(words).lower()).strip("-")


def forest_lines(figures: Sequence[Figure], published: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return the lines of one figure of all recipes, best first: means over seeds; then the published ones."""
    by_recipe: dict[str, list[Figure]] = {}
    for figure in figures:
        by_recipe.setdefault(figure.result.recipe, []).append(figure)
    ours = []
    for recipe, mine in by_recipe.items():
        cell, floor = mean_of(mine), mine[0].result.floor
        if cell.value is None:
            continue
        low, high = (cell.low, cell.high) if cell.sd is None else (cell.value - cell.sd, cell.value + cell.sd)
        ours.append(Line(recipe, cell.value, low, high, FLOOR if floor else OURS, not floor))
    ours.sort(key=lambda line: (-line.value, line.name))
    return ours + [Line(one["name"], one["value"], None, None, OTHER, one["compares"]) for one in published]


def difference_lines(table: Table) -> list[Line]:
    """Return the lines of a table of differences, in its order."""
    return [
        Line(one["recipe"], one["difference"], one["low"], one["high"], OURS if _apart(one) else OTHER)
        for one in table.records
        if one["difference"] is not None
    ]


def _apart(record: Mapping[str, Any]) -> bool:
    return record["low"] is not None and not record["low"] <= 0 <= record["high"]


def forest(title: str, lines: Sequence[Line], under: str, reference: float | None = None) -> Any:
    """Return the figure of a forest plot; under: what the axis is; reference: where a dashed line stands."""
    picture = new_figure(WIDTH, LINE * len(lines) + 1.1, layout="constrained")
    axis = picture.subplots()
    for place, line in enumerate(lines):
        if line.low is not None:
            axis.plot([line.low, line.high], [place, place], color=line.colour, lw=2, solid_capstyle="round")
        face = line.colour if line.filled else "white"
        axis.plot(line.value, place, "s" if line.colour == OTHER else "o", color=line.colour, mfc=face, ms=5.5)
    if reference is not None:
        axis.axvline(reference, color=FLOOR, ls="--", lw=1)
    axis.set_yticks(range(len(lines)), [line.name for line in lines], fontsize=8)
    axis.set_ylim(len(lines) - 0.4, -0.6)
    axis.set_xlabel(under, fontsize=8)
    axis.tick_params(axis="x", labelsize=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", lw=0.4, alpha=0.6)
    axis.set_title(title, fontsize=9, loc="left")
    axis.spines[["top", "right", "left"]].set_visible(False)
    return picture


def best_floor(lines: Sequence[Line]) -> float | None:
    """Return the highest figure of a floor."""
    return max((line.value for line in lines if line.colour == FLOOR), default=None)


def confusion(title: str, matrices: Sequence[Mapping[str, Any]]) -> Any:
    """Return the figure of confusions, a panel a recipe and seed, counts shaded by their share of the line."""
    across = min(ACROSS, len(matrices))
    down = math.ceil(len(matrices) / across)
    size = CELL * max(len(matrices[0]["columns"]), 2) + 1.0
    height = down * (CELL * len(matrices[0]["rows"]) + 1.0) + 0.4
    picture = new_figure(across * size, height, layout="constrained")
    panels = picture.subplots(down, across, squeeze=False).ravel()
    for axis, matrix in zip(panels, matrices):
        seed = f" (seed {matrix['seed']})" if matrix["seed"] else ""
        rows = [[(cell["text"], cell["share"]) for cell in row["cells"]] for row in matrix["rows"]]
        _cells(axis, rows, [row["name"] for row in matrix["rows"]], matrix["columns"])
        axis.set_title(matrix["recipe"] + seed, fontsize=8)
        axis.set_xlabel("predicted", fontsize=7)
        axis.set_ylabel("true", fontsize=7)
    for axis in panels[len(matrices) :]:
        axis.set_axis_off()
    picture.suptitle(title, fontsize=9)
    return picture


def grid(table: Table) -> Any:
    """Return the figure of a pivot, its figures shaded between the lowest and the highest."""
    shade = shades(table)
    rows = [
        [(_text(cell), shade.get((i, j))) for j, cell in enumerate(line) if isinstance(cell, Cell)]
        for i, line in enumerate(table.lines)
    ]
    names = [", ".join(str(text) for text in line[: table.stub]) for line in table.lines]
    columns = table.header[table.stub :]
    picture = new_figure(max(4.0, 2.2 + 1.1 * len(columns)), 0.42 * len(rows) + 1.3, layout="constrained")
    axis = picture.subplots()
    _cells(axis, rows, names, columns)
    axis.set_aspect("auto")
    axis.set_xlabel(table.over, fontsize=8)
    axis.set_ylabel("+".join(table.header[: table.stub]), fontsize=8)
    axis.set_title(table.title, fontsize=9, loc="left")
    return picture


def _text(cell: Cell) -> str:
    return cell.number() + ("" if cell.sd is None else f" ± {cell.number(cell.sd)}")


def _cells(
    axis: Any, rows: Sequence[Sequence[tuple[str, float | None]]], names: Sequence[str], columns: Sequence[str]
) -> None:
    """Draw texts on cells with a shade from 0 to 1."""
    shares = [[math.nan if share is None else share for _, share in row] for row in rows]
    axis.imshow(shares, cmap=SHADE, vmin=0, vmax=1.2)
    for i, row in enumerate(rows):
        for j, (text, share) in enumerate(row):
            axis.text(
                j, i, text, ha="center", va="center", fontsize=8, color="white" if (share or 0) > 0.8 else "black"
            )
    axis.set_xticks(range(len(columns)), columns, fontsize=7)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def save(picture: Any, folder: Path, stem: str, forms: Sequence[str]) -> list[Path]:
    """Write a figure to a folder in several forms and return the files."""
    picture.draw_without_rendering()  # lays it out
    picture.set_layout_engine("none")  # once, so that no form depends on those before it
    written = []
    for form in forms:
        written.append(folder / f"{stem}.{form}")
        with atomic_path(written[-1]) as temporary:
            picture.savefig(temporary, format=form, dpi=DPI, metadata=METADATA[f".{form}"])
    return written
