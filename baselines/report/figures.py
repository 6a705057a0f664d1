"""The figures of experiments, as they are before anything is rounded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.errors import one_line
from baselines.experiments.tasks import TASKS, score_of
from baselines.report.study import Result
from baselines.report.table import Cell
from baselines.scoring.outcomes import QUESTIONS

LOWER_IS_BETTER = {"ece", "counts_mae", "counts_rmse", "counts_micro_mae", "counts_macro_mae"}
UNSEEN = "|unseen.without_a_look"  # at the end of the signature where a clip or video could not be seen
PLACE = ("subset", "metric")  # keys of a figure besides those of its experiment
APART = ("task", "dataset", *PLACE)  # figures that are alike in these can be compared


@dataclass(frozen=True)
class Figure:
    """One figure of an experiment: a row of scores.csv, not rounded."""

    result: Result
    subset: str
    metric: str
    value: float | int | None
    ci_low: float | None
    ci_high: float | None
    n: int
    signature: str

    def text(self, key: str) -> str | None:
        """Return what stands under a key as text; None where the recipe has no such setting."""
        return getattr(self, key) if key in PLACE else self.result.text(key)


def figures_of(results: Iterable[Result]) -> tuple[list[Figure], list[tuple[Result, str]]]:
    """Return (the figures of experiments in the order of the tables, what failed: each experiment and why).

    Rows that were damaged on disk cost their own experiment only.
    """
    found, failures = [], []
    for result in results:
        task, dataset, recipe, seed = result.name
        try:
            rows = score_of(task).table(result.folds, seed)
            found += [
                Figure(result, **row | {"signature": row["signature"] + UNSEEN * (result.n_failed > 0)}) for row in rows
            ]
        except Exception as error:
            failures.append((result, f"{recipe} on {dataset}: no figures ({one_line(error)})"))
    order = list(TASKS)
    found.sort(key=lambda f: (order.index(f.result.name[0]), f.result.name[1], f.subset != "all", f.subset))
    return found, failures


def headline_of(figures: Iterable[Figure], task: str) -> tuple[str, str]:
    """Return (metric, subset) by which recipes of a task are compared, the subset that stands first in the tables."""
    metric = score_of(task).headline
    subsets = [f.subset for f in figures if f.metric == metric and f.result.name[0] == task]
    return metric, next((s for s in ("all", "overall") if s in subsets), subsets[0] if subsets else "all")


def mean_of(figures: Sequence[Figure]) -> Cell:
    """Return the mean over seeds of one figure of a recipe, with their sample standard deviation; of one its interval.

    What is undefined for a seed is left out. Cells of the same figure compete.
    """
    first = figures[0]
    contest = tuple(first.text(key) for key in APART)
    lower = first.metric in LOWER_IS_BETTER
    values = [figure.value for figure in figures if figure.value is not None]
    if not values:
        return Cell(None)
    if len(values) == 1:
        only = next(figure for figure in figures if figure.value is not None)
        return Cell(values[0], low=only.ci_low, high=only.ci_high, contest=contest, lower=lower, seeds=1)
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    return Cell(mean, sd, contest=contest, lower=lower, seeds=len(values))


def record_of(figures: Sequence[Figure], cell: Cell) -> dict:
    """Return the tidy record of a mean: what it is of, and its numbers to 4 decimals."""
    first = figures[0]
    return {
        **{key: first.text(key) for key in ("task", "dataset", "subset", "recipe", "metric")},
        "value": rounded(cell.value),
        "sd": rounded(cell.sd),
        "seeds": len({figure.result.name[3] for figure in figures}),
        "ci_low": rounded(cell.low),
        "ci_high": rounded(cell.high),
        "n": first.n,
    }


def share_name(task: str) -> str:
    """Return what the share of a subject's samples that are right is called (`scoring.outcomes.SubjectFigures`)."""
    return "accuracy" if task in ("recognition", *QUESTIONS) else "f1"


def rounded(value: float | int | None) -> float | int | None:
    """Return a figure with the decimals of scores.csv."""
    return None if value is None else round(value, 4)


def title_of(apart: dict[str, str | None], figures: Sequence[Figure]) -> str:
    """Return what figures are of, from what they have in common, with their number of samples where it is one."""
    metric, task, dataset, subset = (apart.get(key) for key in ("metric", "task", "dataset", "subset"))
    numbers = {figure.n for figure in figures}
    of = " on ".join(filter(None, (task, dataset)))
    title = " of ".join(filter(None, (metric, of)))
    title += f": {subset}" if subset and subset != "all" else ""
    return title + (f" (n = {numbers.pop()})" if len(numbers) == 1 else "")


def notes_of(figures: Iterable[Figure]) -> list[str]:
    """Return the sentence below a table on how many seeds its means are over; none where each is of one."""
    seeds: dict[tuple[str, ...], set[int]] = {}
    for figure in figures:
        name = tuple(str(figure.text(key)) for key in (*APART, "recipe"))
        seeds.setdefault(name, set()).add(figure.result.value("seed"))
    numbers = sorted({len(mine) for mine in seeds.values()})
    if not numbers or numbers[-1] == 1:
        return []
    how_many = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[-1])
    return [f"mean ± sample standard deviation over {how_many} seeds"]
