"""The cells of grids: every combination of values that a recipe, and the command line, name for its keys."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.recipes import (
    ANNOTATED,
    APEX,
    OTHER_APEXES,
    Recipe,
    cell_name,
    load_recipe,
    looks_at_apex,
    recipe_table,
)
from baselines.recipes.values import read_grid

LISTED = 3  # impossible cells that one message names


@dataclass
class Cells:
    """What recipes become. recipes: to be run. impossible: {cell: why no part can take it}. failures: one message each.

    grids: the recipes that have several cells.
    """

    recipes: list[Recipe] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    grids: list[str] = field(default_factory=list)


def expand(
    names: Iterable[str | Path],
    values: Mapping[str, Sequence[Any]] | None = None,
    apexes: Sequence[str] = (ANNOTATED,),
    most: float = math.inf,
) -> Cells:
    """Return the `Cells` of recipes.

    values: {key: values}; they come before those of the [grid] of a recipe. apexes: where recipes that look at an apex
    frame take it from. A recipe that cannot be read is a failure and stops no other. Raises `InputError` for more than
    `most` cells, and where values are named that no recipe can take.
    """
    for apex in apexes:
        if apex not in (ANNOTATED, *OTHER_APEXES):
            raise InputError(f"--apex {apex!r} is not known; choose {ANNOTATED}, {' or '.join(OTHER_APEXES)}")
    cells, axes = Cells(), {}
    for name in dict.fromkeys(map(str, names)):
        try:
            recipe = load_recipe(name)
            axes[name] = recipe, _axes(recipe, name, values or {}, tuple(dict.fromkeys(apexes)))
        except InputError as error:
            cells.failures.append(str(error))
    number = sum(math.prod(map(len, mine.values())) for _, mine in axes.values())
    if number > most:
        raise InputError(f"{number} cells, more than {most:g}; add --yes to run them, or name fewer values")
    for name, (recipe, mine) in axes.items():
        for chosen in _product(mine):
            _take(name, recipe, chosen, cells)
        if math.prod(map(len, mine.values())) > 1:
            cells.grids.append(recipe.name)
    cells.recipes = list({recipe.name: recipe for recipe in cells.recipes}.values())
    if values and not cells.recipes and cells.impossible:
        (first, why), *others = cells.impossible.items()
        raise InputError(f"{first}: {why}" + (f" (and {len(others)} more cells like it)" if others else ""))
    return cells


def _axes(
    recipe: Recipe, name: str, values: Mapping[str, Sequence[Any]], apexes: Sequence[str]
) -> dict[str, Sequence[Any]]:
    """Return {key: values} of the cells of a recipe."""
    table = recipe_table(name)
    axes: dict[str, Sequence[Any]] = {}
    if recipe.name == recipe.base:  # the name of a cell says all
        try:
            axes |= read_grid(table["grid"]) if "grid" in table else {}
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    axes |= values
    if tuple(apexes) != (ANNOTATED,) and APEX not in axes and APEX not in recipe.varied and looks_at_apex(recipe):
        axes[APEX] = apexes
    return axes


def _product(axes: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values))


def _take(name: str, recipe: Recipe, chosen: Mapping[str, Any], cells: Cells) -> None:
    try:
        cells.recipes.append(load_recipe(name, chosen) if chosen else recipe)
    except InputError as error:
        called = cell_name(recipe, chosen)
        cells.impossible[called] = str(error).removeprefix(f"{called}: ")
