"""Experiments -> result rows: parallel, resumable, one row a fold (`baselines.experiments.rows`).

A row is kept under a digest of the recipe, the data, the code and libraries that the recipe reaches, the BLAS core that
multiplies, and the seed. A rerun computes only the folds whose digest has no row yet. Experiments that look at the same
clips in the same way share what they see, and the folds of several are computed in one loop.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from baselines.cluster import ClusterLost
from baselines.costs import Cost, measure
from baselines.datasets.records import Dataset
from baselines.errors import one_line
from baselines.experiments.environments import library_names, this_environment
from baselines.experiments.plan import Experiment, Plan, named_some, plan_experiments
from baselines.experiments.rows import Rows, cost_fields
from baselines.experiments.tasks import TASKS
from baselines.experiments.tasks.shared import Shared
from baselines.files import CannotWrite
from baselines.parallel import iterate_parallel, workers
from baselines.recipes.settings import note_of
from baselines.recognition.protocols import Fold

STOPS = (ClusterLost, CannotWrite)  # nothing more can be computed, or kept
FILL = 8  # folds a worker that are computed in one loop, if there are as many: so few wait for the last ones


@dataclass
class Outcome:
    """What a run gave.

    results: the complete experiments in the output folder, each a list of rows. planned: the experiments of this run.
    impossible: as in `Plan`. failures: one message each. computed, reused: folds of this run that were computed, and
    those whose rows were there.
    """

    results: list[list[dict[str, Any]]] = field(default_factory=list)
    planned: list[Experiment] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    computed: int = 0
    reused: int = 0


class Work(NamedTuple):
    """A fold of an experiment, its number among all, and what was prepared for all of them."""

    experiment: Experiment
    number: int
    fold: Fold
    prepared: Any


def run_experiments(
    datasets: str | Iterable[str],
    root: Any,
    tasks: str | Iterable[str] = (),
    recipes: str | Path | Iterable[str | Path] = (),
    output: Any = "results",
    overwrite: bool = False,
    jobs: int = 1,
    strict: bool = False,
    **options: Any,
) -> Outcome:
    """Plan experiments and run them.

    tasks, recipes, options: those of `plan_experiments`. output: the folder of the rows; overwrite: forget those that
    it holds; strict: as for `run_plan`. A recipe that cannot be read and a fold that fails leave the others running;
    the folds that were finished stay in the folder.
    """
    return run_plan(plan_experiments(datasets, root, tasks, recipes, **options), output, overwrite, jobs, strict)


def run_plan(
    planned: Plan, output: Any = "results", overwrite: bool = False, jobs: int = 1, strict: bool = False
) -> Outcome:
    """Compute what a folder does not hold yet of a plan.

    A clip or video in which what a recipe needs cannot be seen is told by a warning and counts as failed; with `strict`
    the recipe fails.
    """
    outcome = Outcome(
        planned=[experiment for experiment, _ in planned.experiments],
        impossible=planned.impossible,
        failures=list(planned.failures),
    )
    rows = Rows(output, overwrite)
    for line in rows.lines.told():
        warnings.warn(line, stacklevel=2)
    try:
        for batch in _batches(planned.experiments, rows, FILL * workers(jobs), outcome):
            run_batch(batch, rows, jobs, outcome, planned.reading)
    except STOPS as error:  # what was computed stays
        outcome.failures.append(one_line(error))
    outcome.results = rows.results({experiment.digest for experiment in outcome.planned})
    unseen = _unseen(outcome)
    if strict and unseen:
        outcome.failures += unseen
        outcome.results = [folds for folds in outcome.results if not any(fold.get("failed") for fold in folds)]
    for line in () if strict else unseen:
        warnings.warn(f"{line}; predicted without a look (n_failed in the tables)", stacklevel=2)
    return outcome


def _unseen(outcome: Outcome) -> list[str]:
    """Return one line for each clip or video of this run that could not be seen, with the recipes that could not."""
    mine = {experiment.digest for experiment in outcome.planned}
    found: dict[str, dict[str, None]] = {}
    for fold in (fold for folds in outcome.results for fold in folds if fold["digest"] in mine):
        for one in fold.get("failed", ()):
            place = f"{one['name']} of subject {one['subject']}, {one['dataset']}: {one['why']}"
            found.setdefault(place, {})[fold["recipe"]] = None
    return [f"{named_some(list(recipes))}: {place}" for place, recipes in found.items()]


def _batches(
    planned: Sequence[tuple[Experiment, Dataset]], rows: Rows, fill: int, outcome: Outcome
) -> Iterator[list[tuple[Experiment, Dataset]]]:
    """Yield the experiments with folds to compute, together as many as fill the workers, and those that share."""
    place: dict[str, int] = {}
    order = sorted(planned, key=lambda one: place.setdefault(one[0].sees, len(place)))
    batch: list[tuple[Experiment, Dataset]] = []
    waiting = 0
    for experiment, dataset in order:
        rows.notes.add_recipe(experiment.digest, note_of(experiment.method))
        missing = len(_missing(experiment, rows))
        outcome.reused += len(experiment.folds) - missing
        if not missing:
            continue
        if waiting >= fill and experiment.sees != batch[-1][0].sees:
            yield batch
            batch, waiting = [], 0
        batch.append((experiment, dataset))
        waiting += missing
    if batch:
        yield batch


def run_batch(
    batch: Sequence[tuple[Experiment, Dataset]],
    rows: Rows,
    jobs: int,
    outcome: Outcome,
    reading: Cost | None = None,
) -> None:
    """Compute the folds of experiments that `rows` does not hold yet, and tell `outcome` what became of them.

    reading: what reading the datasets of this run cost; the making of an embedded corpus counts for all that use it.
    Raises `ClusterLost` where there is nothing left that computes, `CannotWrite` where no row can be kept.
    """
    failed = Failures()
    try:
        works = _works(batch, rows, jobs, failed, reading)
        names = list(dict.fromkeys(experiment.recipe for experiment, _ in batch))
        label = f"{batch[0][0].dataset} {named_some(names)}: {len(works)} folds"
        _compute(works, rows, jobs, label, failed, outcome)
    finally:
        outcome.failures += failed.lines()


def _works(
    batch: Sequence[tuple[Experiment, Dataset]], rows: Rows, jobs: int, failed: "Failures", reading: Cost | None
) -> list[Work]:
    """Return the folds to compute, those that look at the same in the same way one after another.

    A worker keeps what it fitted last, and cells that differ in the classifier only have that in common.
    """
    works, shared = [], Shared()
    place: dict[str, int] = {}
    for experiment, dataset in batch:
        place.setdefault(experiment.sees, len(place))
        try:
            prepared = _prepared(experiment, dataset, rows, jobs, shared, reading)
        except STOPS:
            raise
        except Exception as error:
            failed.add(experiment, one_line(error))
            continue
        missing = set(_missing(experiment, rows))
        works += [Work(experiment, n, fold, prepared) for n, fold in enumerate(experiment.folds) if fold in missing]
    return sorted(works, key=lambda work: (place[work.experiment.sees], work.number))


def _compute(works: Sequence[Work], rows: Rows, jobs: int, label: str, failed: "Failures", outcome: Outcome) -> None:
    """Compute folds and add their rows as they come."""
    computed = iterate_parallel(partial(_run_fold, libraries=library_names()), works, jobs, label, _lost)
    done = 0
    try:
        for work, (result, environment, reason) in zip(works, computed):
            done += 1
            reason = reason or _added(work, result, environment, rows)
            if reason:
                failed.add(work.experiment, reason, work.fold)
            else:
                outcome.computed += 1
    except STOPS:
        with warnings.catch_warnings(action="ignore"):  # of joblib, about what is under way
            computed.close()
        raise
    except Exception as error:  # of whatever stopped the workers
        for work in works[done:]:
            failed.add(work.experiment, one_line(error))


class Failures:
    """What failed, gathered by the reason, so that one that many folds or cells have in common is told once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, list[str]]] = {}  # (dataset, reason) -> {recipe: folds}

    def add(self, experiment: Experiment, reason: str, fold: Fold | None = None) -> None:
        """Note that an experiment failed, or one fold of it."""
        folds = self._found.setdefault((experiment.dataset, reason), {}).setdefault(experiment.recipe, [])
        folds += [fold.name] if fold else []

    def lines(self) -> list[str]:
        """Return one message a reason."""
        return [self._line(*place, found) for place, found in self._found.items()]

    @staticmethod
    def _line(dataset: str, reason: str, found: dict[str, list[str]]) -> str:
        if len(found) > 1:
            return f"{named_some(list(found))} on {dataset}: {reason}"
        ((recipe, folds),) = found.items()
        where = f", fold{'s' if len(folds) > 1 else ''} {named_some(folds)}" if folds else ""
        return f"{recipe} on {dataset}{where}: {reason}"


def _missing(experiment: Experiment, rows: Rows) -> list[Fold]:
    done = rows.folds_done(experiment.digest)
    return [fold for fold in experiment.folds if fold.name not in done]


def _prepared(
    experiment: Experiment, dataset: Dataset, rows: Rows, jobs: int, shared: Shared, reading: Cost | None
) -> Any:
    """Return what all folds of an experiment share, and note what it cost."""
    task = TASKS[experiment.task]
    with measure() as cost:
        prepared = task.prepare(experiment.method, task.seen(dataset), jobs, shared.of(experiment.sees))
    made = reading.kept.get("corpus", {}) if reading else {}
    cost.take({"corpus": {name: one for name, one in made.items() if name in dataset.name.split("+")}})
    rows.notes.add_preparation(experiment.digest, cost)
    return prepared


def _added(work: Work, result: dict[str, Any], environment: tuple[str, dict[str, Any]], rows: Rows) -> str | None:
    """Add the row of a fold; return why it cannot be, None when it is done."""
    rows.notes.add_environment(*environment)
    try:
        rows.add(_row(work) | {"environment": environment[0]} | result)
    except CannotWrite:
        raise
    except ValueError:
        return "a prediction that is not a finite number; check the parameters"
    return None


def _row(work: Work) -> dict[str, Any]:
    experiment = work.experiment
    return {
        "task": experiment.task,
        "recipe": experiment.recipe,
        "dataset": experiment.dataset,
        "classes": experiment.classes,
        "protocol": experiment.protocol,
        "fold": work.fold.name,
        "fold_number": work.number,
        "folds": len(experiment.folds),
        "seed": experiment.seed,
        "digest": experiment.digest,
    }


def _run_fold(work: Work, libraries: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, dict[str, Any]], str | None]:
    """Return (what a row holds of the fold, the environment here, why it failed): one bad fold stops no other."""
    environment = this_environment(libraries)  # of this worker, which may be another machine
    experiment = work.experiment
    try:
        with measure() as cost:
            result = TASKS[experiment.task].run(experiment.method, work.prepared, work.fold, experiment.seed)
    except (Exception, SystemExit) as error:  # the latter of a part of a user's own
        return {}, environment, one_line(error)
    return {**cost_fields(cost), **result}, environment, None


def _lost(work: Work, error: Exception) -> tuple[dict[str, Any], tuple[str, dict[str, Any]], str]:
    """Return what `_run_fold` would, for a fold over which workers died."""
    return {}, ("", {}), one_line(error)
