"""The cells of grids: every combination of values that a recipe, and the command line, name for its keys."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
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
from baselines.recipes.values import as_list, read_grid


@dataclass
class Cells:
    """What recipes become: those to run, {cell: why no part can take it}, and a message for each that has failed."""

    recipes: list[Recipe] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def expand(
    names: Iterable[str | Path],
    values: Mapping[str, Sequence[Any]] | None = None,
    apexes: Sequence[str] = (ANNOTATED,),
    most: float = math.inf,
    times: int = 1,
) -> Cells:
    """Return the `Cells` of recipes.

    values: {key: values}; they come before those of the [grid] of a recipe. A floor beside other recipes takes those of
    them that leave it one, so that it is there to compare with. apexes: where recipes that look at an apex frame take
    it from. times: how often each cell will be run. A recipe that cannot be read is a failure and stops no other.
    Raises `InputError` for more than `most` runs, and where nothing is left to run.
    """
    values = {key: as_list(those, key) for key, those in (values or {}).items()}
    for apex in apexes:
        if apex not in (ANNOTATED, *OTHER_APEXES):
            raise InputError(f"--apex {apex!r} is not known; choose {ANNOTATED}, {' or '.join(OTHER_APEXES)}")
    cells, known, axes = Cells(), {}, {}
    for name in dict.fromkeys(map(str, names)):
        try:
            known[name] = load_recipe(name)
        except InputError as error:
            cells.failures.append(str(error))
    only_floors = all(recipe.floor for recipe in known.values())
    for name, recipe in known.items():
        try:
            taken = values if only_floors or not recipe.floor else _for_floor(name, values)
            axes[name] = recipe, _axes(recipe, name, taken, tuple(dict.fromkeys(apexes)))
        except InputError as error:
            cells.failures.append(str(error))
    number = sum(math.prod(map(len, mine.values())) for _, mine in axes.values())
    if number * times > most:
        raise InputError(
            f"{number} cells" + f" {times} times (seeds, shifts)" * (times > 1) + f", more than {most:g} experiments; "
            "add --yes to run them, or name fewer values"
        )
    for name, (recipe, mine) in axes.items():
        for chosen in _product(mine):
            _take(name, recipe, chosen, cells)
    cells.recipes = list({recipe.name: recipe for recipe in cells.recipes}.values())
    if not cells.recipes and (cells.failures or cells.impossible):
        told = list(cells.failures)
        if cells.impossible:
            (first, why), *others = cells.impossible.items()
            told.append(f"{first}: {why}" + (f" (and {len(others)} more cells like it)" if others else ""))
        raise InputError("; ".join(told))
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


def _for_floor(name: str, values: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return those values that a floor can take and stays a floor with."""

    def suits(key: str) -> bool:
        found = []
        for value in values[key]:
            with suppress(InputError):
                found.append(load_recipe(name, {key: value}).floor)
        return bool(found) and all(found)

    return {key: those for key, those in values.items() if suits(key)}


def _take(name: str, recipe: Recipe, chosen: Mapping[str, Any], cells: Cells) -> None:
    try:
        cells.recipes.append(load_recipe(name, chosen) if chosen else recipe)
    except InputError as error:
        called = cell_name(recipe, chosen)
        cells.impossible[called] = str(error).removeprefix(f"{called}: ")
