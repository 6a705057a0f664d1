"""All figures of recipes, as means over seeds."""

from collections.abc import Sequence

from baselines.report.figures import Figure, mean_of, notes_of, record_of, title_of
from baselines.report.study import Naming, by_recipe, varied_keys
from baselines.report.table import Cell, Line, Table


def mean_tables(figures: Sequence[Figure]) -> list[Table]:
    """Return a table a task, dataset and subset, a line a recipe, a column a metric."""
    groups: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in figures:
        task, dataset = figure.result.name[:2]
        groups.setdefault((task, dataset, figure.subset), []).append(figure)
    return [_table(*place, mine) for place, mine in groups.items()]


def _table(task: str, dataset: str, subset: str, figures: Sequence[Figure]) -> Table:
    results = list({figure.result.name: figure.result for figure in figures}.values())
    naming = Naming.of(results)
    metrics = list(dict.fromkeys(figure.metric for figure in figures))
    cells: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        cells.setdefault((figure.result.recipe, figure.metric), []).append(figure)
    means = {place: mean_of(mine) for place, mine in cells.items()}
    lines: list[Line] = [
        [*cells_of_name, *(means.get((recipe, metric), Cell(None)) for metric in metrics)]
        for recipe, cells_of_name in naming.cells.items()
    ]
    keys = varied_keys(results)
    told = {
        recipe: {key: result.text(key) for key in (("base", *keys) if keys else ())}
        for recipe, result in by_recipe(results).items()
    }
    return Table(
        f"scores-{task}-{dataset}-{subset}",
        title_of({"task": task, "dataset": dataset, "subset": subset}, figures),
        len(naming.header),
        [*naming.header, *metrics],
        lines,
        [record_of(mine, means[place]) | told[place[0]] for place, mine in cells.items()],
        notes_of(figures),
    )
