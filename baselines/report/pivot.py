"""Pivot tables: one figure of experiments by what varies between them."""

from collections.abc import Sequence
from dataclasses import replace

from baselines.errors import InputError
from baselines.report.choosing import choose_figures, find_key
from baselines.report.figures import APART, PLACE, Figure, mean_of, notes_of, record_of, title_of
from baselines.report.study import LISTED, Result, varied_keys
from baselines.report.table import Cell, Line, Table, natural

Keys = tuple[list[str], list[str]]  # of the rows and of the columns


def pivot_tables(
    results: Sequence[Result],
    figures: Sequence[Figure],
    pivot: str,
    metrics: Sequence[str] = (),
    subsets: Sequence[str] = (),
) -> list[Table]:
    """Return the tables of a pivot ROWS:COLUMNS, keys joined by `+` on each side.

    Experiments that differ in their seed only share a cell. Raises `InputError` for any others that do.
    """
    keys = _keys(pivot, results)
    chosen = choose_figures(figures, [*keys[0], *keys[1]], metrics, subsets)
    groups: dict[tuple[str | None, ...], list[Figure]] = {}
    for figure in chosen:
        apart = tuple(None if key in (*keys[0], *keys[1]) else figure.text(key) for key in APART)
        groups.setdefault(apart, []).append(figure)
    tables = [_table(dict(zip(APART, apart)), mine, keys, pivot) for apart, mine in groups.items()]
    found = [table for table in tables if table.lines]
    if not found:
        lacking = [key for side in keys for key in side if all(figure.text(key) is None for figure in chosen)]
        what = f"has {', '.join(lacking)}" if lacking else "has all of these keys"
        raise InputError(f"--pivot {pivot}: no recipe here {what}; choose other keys")
    return found


def _keys(pivot: str, results: Sequence[Result]) -> Keys:
    sides = [[name.strip() for name in side.split("+")] for side in pivot.split(":")]
    if len(sides) != 2 or not all(name for side in sides for name in side):
        raise InputError(f"--pivot {pivot!r}: expected ROWS:COLUMNS, such as classifier:representation.blocks")
    rows, columns = ([find_key(name, results, "--pivot", PLACE) for name in side] for side in sides)
    twice = [key for key in rows if key in columns or rows.count(key) > 1]
    if twice:
        raise InputError(f"--pivot {pivot}: {twice[0]} stands twice in it; name each key once")
    return rows, columns


def _table(apart: dict[str, str | None], figures: Sequence[Figure], keys: Keys, pivot: str) -> Table:
    named = [key for side in keys for key in side]
    cells: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Figure]] = {}
    for figure in figures:
        place = tuple(tuple(figure.text(key) for key in side) for side in keys)
        if not any(text is None for side in place for text in side):
            cells.setdefault(place, []).append(figure)  # type: ignore[arg-type]
    for place, mine in cells.items():
        _refuse_several(mine, place, keys, pivot)
    rows, columns = (_ordered(keys[n], [place[n] for place in cells]) for n in (0, 1))
    means = {place: mean_of(mine) for place, mine in cells.items()}
    shown = {place: replace(cell, low=None, high=None) for place, cell in means.items()}  # the CSV has the intervals
    lines: list[Line] = [[*row, *(shown.get((row, column), Cell(None)) for column in columns)] for row in rows]
    return Table(
        "-".join(filter(None, ("pivot", *apart.values()))),
        title_of(apart, figures),
        len(keys[0]),
        [*keys[0], *(", ".join(column) for column in columns)],
        lines,
        [record_of(mine, means[place]) | {key: mine[0].text(key) for key in named} for place, mine in cells.items()],
        [] if "seed" in named else notes_of(figure for mine in cells.values() for figure in mine),
        ", ".join(keys[1]),
        _left_out(figures, named),
    )


def _left_out(figures: Sequence[Figure], keys: Sequence[str]) -> list[str]:
    """Return the sentences on recipes that lack a key, or of which the notes do not tell."""
    without = [(figure.result, key) for figure in figures for key in keys if figure.text(key) is None]
    lacking = [(result.recipe, key) for result, key in without if result.noted]
    lost = dict.fromkeys(f"{result.recipe} (seed {result.value('seed')})" for result, _ in without if not result.noted)
    recipes, missing = (dict.fromkeys(pair[n] for pair in lacking) for n in (0, 1))
    told = [f"left out, because they have no {' or no '.join(missing)}: {', '.join(recipes)}"] if lacking else []
    return told + ([f"left out, because notes.jsonl does not tell what they set: {', '.join(lost)}"] if lost else [])


def _refuse_several(figures: Sequence[Figure], place: tuple[tuple[str, ...], ...], keys: Keys, pivot: str) -> None:
    """Refuse a cell that several recipes share: a mean over them would mean nothing."""
    recipes = {figure.result.recipe: figure.result for figure in figures}
    if len(recipes) < 2:
        return
    named = [key for side in keys for key in side]
    candidates = [*varied_keys(recipes.values()), "base"]
    differing = [key for key in candidates if key not in named and len(_texts(recipes, key)) > 1]
    if not differing:
        settings = sorted({key for result in recipes.values() for key in result.settings})
        differing = [key for key in settings if key not in named and len(_texts(recipes, key)) > 1] or ["recipe"]
    told = "; ".join(f"{key} ({', '.join(_texts(recipes, key))})" for key in differing[:LISTED])
    one = f"{differing[0]}={_texts(recipes, differing[0])[0]}"
    raise InputError(
        f"--pivot {pivot}: {len(recipes)} recipes fall into {', '.join(place[0])} : {', '.join(place[1])}; they differ "
        f"in {told}; add that to the pivot, or choose with --where {one!r}"
    )


def _texts(recipes: dict[str, Result], key: str) -> list[str]:
    return sorted({result.text(key) or "-" for result in recipes.values()}, key=natural)


def _ordered(keys: Sequence[str], places: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return places once each: metrics and subsets as the figures have them, all else sorted."""
    first = [list(dict.fromkeys(column)) for column in zip(*places)]

    def order(place: tuple[str, ...]) -> list[tuple]:
        return [(first[n].index(text),) if keys[n] in PLACE else natural(text) for n, text in enumerate(place)]

    return sorted(set(places), key=order)
