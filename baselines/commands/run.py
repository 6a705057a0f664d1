"""What the command `run-all` does before and after it runs: what is meant, what is written."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from baselines.commands.report import PAGE, page_of_run
from baselines.errors import InputError, one_line
from baselines.experiments.plan import MOST, Plan, named_some, plan_experiments
from baselines.experiments.run import Outcome
from baselines.files import CannotWrite
from baselines.recipes.shelf import also_from, files_in
from baselines.recipes.values import read_set, read_vary
from baselines.report.tables import write_tables


def plan_run(
    datasets: Sequence[str],
    root: Any,
    recipes: Sequence[str] = (),
    folders: Sequence[Path] = (),
    settings: Iterable[str] = (),
    axes: Iterable[str] = (),
    seeds: Sequence[int] = (0,),
    apexes: Sequence[str] = ("annotated",),
    shifts: Sequence[str] = (),
    yes: bool = False,
    **options: Any,
) -> Plan:
    """Return the plan of the options of `run-all`.

    folders: of recipes that are run besides those named. settings: texts KEY=VALUE; axes: texts KEY=V1,V2,... yes: more
    than `MOST` experiments are meant. options: those of `plan_experiments`.
    """
    values = {key: [value] for key, value in read_set(settings).items()}
    varied = read_vary(axes)
    both = values.keys() & varied.keys()
    if both:
        raise InputError(f"--set {min(both)}: stands in --vary, too; name it once")
    with also_from(folders):
        named = [*recipes, *(name for folder in folders for name in files_in(folder))]
        return plan_experiments(
            datasets,
            root,
            recipes=named,
            seed=seeds,
            apex=apexes,
            shift=shifts or None,
            values=values | varied,
            most=float("inf") if yes else MOST,
            **options,
        )


def cells_lines(planned: Plan) -> list[str]:
    """Return how much a plan is, and one line for each reason for which cells are left out."""
    experiments = [experiment for experiment, _ in planned.experiments]
    folds = sum(len(experiment.folds) for experiment in experiments)
    recipes = {experiment.recipe for experiment in experiments}
    size = f"cells: {len(recipes)} ({len(experiments)} experiments with dataset and seed, {folds} folds)"
    reasons: dict[str, list[str]] = {}
    for cell, reason in planned.impossible.items():
        reasons.setdefault(reason, []).append(cell)
    left = [f"left out: {named_some(cells)}: {reason}" for reason, cells in reasons.items()]
    return [*([size] if experiments else []), *left]


def tables_of(outcome: Outcome, folder: Path) -> list[dict[str, Any]]:
    """Write the tables of a run and return the rows of scores.csv; that there is no room is one of its failures."""
    try:
        return write_tables(outcome.results, folder)
    except CannotWrite as error:
        outcome.failures.append(str(error))
        return []


def written_line(outcome: Outcome, scores: Sequence[Any], folder: Path) -> str:
    """Return which tables a run wrote."""
    if scores:
        return f"written: {folder / 'scores.csv'}, scores.md, predictions-*.csv, timings.csv, environment.json"
    if outcome.results:  # which were damaged, or cannot be written
        return "tables: not written"
    earlier = f"; those in {folder} are of an earlier run" if (folder / "scores.csv").exists() else ""
    return f"tables: not written, since no experiment is complete{earlier}"


def page_line(outcome: Outcome, folder: Path, root: Any = None) -> str:
    """Write the page of a run and return where it is; why it cannot be made is one of its failures.

    root: the folder of the data, for pictures of them.
    """
    try:
        return f"page: {page_of_run(outcome.results, folder, root)}"
    except Exception as error:  # the tables are whole without it
        outcome.failures.append(f"{folder / PAGE}: not made ({one_line(error)}); the tables are whole")
        return "page: not written"
