"""Pivots of the grids of a run: one figure by what varies, the cells shaded."""

from collections.abc import Sequence
from typing import Any

from baselines.errors import InputError
from baselines.report.figures import Figure
from baselines.report.pivot import pivot_tables
from baselines.report.study import Result
from baselines.report.table import Cell, Table


def grids(results: Sequence[Result], figures: Sequence[Figure]) -> tuple[list[Table], list[str]]:
    """Return (a pivot for each task, dataset and base recipe of which several cells were run, lines on those without).

    The columns are the key with most values, the rows all others that vary.
    """
    found: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        if result.noted:
            found.setdefault((*result.name[:2], result.base), []).append(result)
    tables: list[Table] = []
    told: list[str] = []
    for (task, dataset, base), mine in found.items():
        keys = _keys(mine)
        if not keys:
            continue
        chosen = {id(result) for result in mine}
        try:
            own = [figure for figure in figures if id(figure.result) in chosen]
            tables += pivot_tables(mine, own, _pivot(keys))
        except InputError as error:
            told.append(f"{base} in {task} on {dataset}: no pivot ({error})")
    return tables, told


def _keys(results: Sequence[Result]) -> list[str]:
    """Return the keys that have several values, those with most last."""
    varied = sorted({key for result in results for key in result.varied})
    numbers = {key: len({result.text(key) for result in results}) for key in varied}
    return sorted((key for key in varied if numbers[key] > 1), key=lambda key: (numbers[key], key))


def _pivot(keys: Sequence[str]) -> str:
    return f"{'+'.join(['base', *keys[:-1]])}:{keys[-1]}"


def shades(table: Table) -> dict[tuple[int, int], float]:
    """Return {(line, column): share between the lowest and the highest figure of what it competes in}."""
    contests: dict[Any, list[tuple[tuple[int, int], float]]] = {}
    for i, line in enumerate(table.lines):
        for j, cell in enumerate(line):
            if isinstance(cell, Cell) and cell.value is not None and cell.contest is not None:
                contests.setdefault(cell.contest, []).append(((i, j), -cell.value if cell.lower else cell.value))
    found: dict[tuple[int, int], float] = {}
    for entries in contests.values():
        low, high = (end(value for _, value in entries) for end in (min, max))
        found |= {place: (value - low) / (high - low) if high > low else 0.5 for place, value in entries}
    return found
