"""What recipes give against one of them: paired differences with their intervals, as tables and as a dot plot."""

from collections.abc import Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.experiments.tasks import score_of
from baselines.files import atomic_path
from baselines.metrics.uncertainty import LEVEL, RESAMPLES
from baselines.report.canvas import new_figure
from baselines.report.figures import Figure, headline_of, rounded
from baselines.report.study import Result
from baselines.report.table import MISSING, Cell, Table, p_text, significant
from baselines.signatures import nearest

HEIGHT, WIDTH = 0.21, 7.5  # inches of a line, and of the picture
COLOUR, OTHER = "#00798c", "#8a8a8a"  # of differences whose interval leaves 0 out, and of others


def difference_tables(results: Sequence[Result], figures: Sequence[Figure], against: str) -> list[Table]:
    """Return a table a task, dataset and seed in which a recipe stands: all others minus it, the largest loss first.

    The figure is the headline metric of the task. Raises `InputError` where no experiment is of that recipe.
    """
    known = sorted({result.recipe for result in results})
    if against not in known:
        raise InputError(f"--against {against!r}: no such recipe in it; {nearest(against, known)}")
    seeds = {result.value("seed") for result in results}
    tables = []
    for base in (result for result in results if result.recipe == against):
        task, dataset, _, seed = base.name
        others = [r for r in results if r.name[:2] == (task, dataset) and r.name[3] == seed and r is not base]
        if others:
            table = _table(base, others, figures)
            table.title += f", seed {seed}" if len(seeds) > 1 else ""
            tables.append(table)
    if not tables:
        raise InputError(f"--against {against!r}: nothing stands beside it; run other recipes on the same data")
    return tables


def _table(base: Result, others: Sequence[Result], figures: Sequence[Figure]) -> Table:
    task, dataset, name, seed = base.name
    metric, subset = headline_of([f for f in figures if f.result is base], task)
    values = {
        f.result.recipe: f
        for f in figures
        if f.result.name[:2] == (task, dataset)
        and f.result.name[3] == seed
        and (f.metric, f.subset) == (metric, subset)
    }
    found = {other.recipe: score_of(task).difference(other.folds, base.folds, seed).get(subset) for other in others}
    same = {recipe: difference for recipe, difference in found.items() if difference is not None}
    order = sorted(same, key=lambda recipe: (same[recipe]["difference"] or 0.0, recipe))
    lines = [
        [
            recipe,
            Cell(values[recipe].value),
            Cell(same[recipe]["difference"], low=same[recipe]["low"], high=same[recipe]["high"], signed=True),
            MISSING if same[recipe]["p"] is None else p_text(same[recipe]["p"]),
        ]
        for recipe in order
    ]
    records = [
        {
            "task": task,
            "dataset": dataset,
            "subset": subset,
            "seed": seed,
            "recipe": recipe,
            "against": name,
            "metric": metric,
            "value": rounded(values[recipe].value),
            **{key: rounded(same[recipe][key]) for key in ("difference", "low", "high")},
            "p": None if same[recipe]["p"] is None else significant(same[recipe]["p"]),
        }
        for recipe in order
    ]
    left = [recipe for recipe in found if recipe not in same]
    return Table(
        f"differences-{task}-{dataset}-{name}" + (f"-{seed}" if seed else ""),
        f"{metric} of {task} on {dataset} against {name} ({Cell(values[name].value).number()})",
        1,
        ["recipe", metric, f"minus {name}", "p"],
        lines,
        records,
        [
            f"paired bootstrap over subjects, {RESAMPLES} resamples, {LEVEL:.0%} interval, two-sided p, not corrected "
            "for several tests"
        ],
        gaps=[f"left out, not on the same folds: {', '.join(left)}"] if left else [],
    )


def draw_differences(tables: Sequence[Table], path: Path | str) -> None:
    """Draw tables of differences as dots with their intervals, one panel a table, and write a PNG file.

    Raises `MissingDependency` without matplotlib.
    """
    heights = [len(table.lines) + 2.2 for table in tables]
    picture = new_figure(WIDTH, HEIGHT * sum(heights) + 0.6, layout="constrained")
    panels = picture.subplots(len(tables), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axis, table in zip(panels, tables):
        _draw(axis, table)
    panels[-1].set_xlabel(f"difference (negative: worse) with its {LEVEL:.0%} interval", fontsize=8)
    panels[-1].tick_params(axis="x", labelsize=8)
    with atomic_path(Path(path)) as temporary:
        picture.savefig(temporary, dpi=150, format="png")


def _draw(axis, table):  # type: ignore[no-untyped-def]
    records = [record for record in table.records if record["difference"] is not None]
    for place, record in enumerate(records):
        low, high = (record[key] if record[key] is not None else record["difference"] for key in ("low", "high"))
        colour = OTHER if low <= 0 <= high else COLOUR
        axis.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="round")
        axis.plot(record["difference"], place, "o", color=colour, markersize=6)
    axis.axvline(0, color="black", linewidth=0.8)
    names = [record["recipe"].removeprefix(f"{record['against']}-") for record in records]
    axis.set_yticks(range(len(records)), names, fontsize=8)
    axis.set_ylim(len(records) - 0.4, -0.6)
    axis.set_title(table.title, fontsize=9, loc="left")
    axis.grid(axis="x", linewidth=0.4, alpha=0.6)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
