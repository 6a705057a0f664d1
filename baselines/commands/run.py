"""What the command `run-all` does before it runs: which recipes and cells are meant."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.experiments.plan import MOST, Plan, named_some, plan_experiments
from baselines.recipes.shelf import also_from, files_in
from baselines.recipes.values import read_set, read_vary


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


def cells_text(planned: Plan) -> str:
    """Return how much a plan is, and one line for each reason for which cells are left out."""
    experiments = [experiment for experiment, _ in planned.experiments]
    folds = sum(len(experiment.folds) for experiment in experiments)
    recipes = {experiment.recipe for experiment in experiments}
    lines = [f"cells: {len(recipes)} ({len(experiments)} experiments with dataset and seed, {folds} folds)"]
    reasons: dict[str, list[str]] = {}
    for cell, reason in planned.impossible.items():
        reasons.setdefault(reason, []).append(cell)
    lines += [f"left out: {named_some(cells)}: {reason}" for reason, cells in reasons.items()]
    return "\n".join(lines)
