"""Recipe x dataset x fold -> result rows: parallel, resumable, one row a fold (`baselines.experiments.rows`).

A row is kept under a digest of the recipe, the data, the code and libraries that the recipe reaches, the BLAS core that
multiplies, and the seed. A rerun computes only the folds whose digest has no row yet.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from baselines.cache import prune_cache
from baselines.costs import Cost, measure
from baselines.datasets import load_dataset
from baselines.datasets.choosing import refuse_idle_words
from baselines.datasets.classes import united
from baselines.datasets.identity import data_identity
from baselines.datasets.records import Clip, Dataset, Question, Video
from baselines.datasets.shift import shift_dataset
from baselines.errors import InputError, one_line
from baselines.experiments.environments import library_names, this_environment
from baselines.experiments.rows import Rows, cost_fields
from baselines.experiments.tasks import TASKS
from baselines.experiments.tasks.base import Task
from baselines.faces.track import tracking_identity
from baselines.identity import depends_on, digest, reached
from baselines.parallel import iterate_parallel
from baselines.recipes import Recipe, broken_recipes, load_recipe, parts_of, recipe_names, with_apex
from baselines.recognition.protocols import ACROSS, Fold

TOGETHER = ("composite", *ACROSS)  # protocols over several databases
LISTED = 3  # folds that one message names


@dataclass
class Outcome:
    """What a run gave.

    results: the complete experiments in the output folder, each a list of rows. planned: the experiments of this run.
    failures: one message each. computed, reused: folds of this run that were computed, and those whose rows were there.
    """

    results: list[list[dict[str, Any]]] = field(default_factory=list)
    planned: list["Experiment"] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    computed: int = 0
    reused: int = 0


@dataclass(frozen=True)
class Experiment:
    """One recipe on one dataset in one set of classes under one protocol with one seed.

    `dataset` is the name in the tables; it tells classes and protocol where they are not the default ones, and a shift.
    """

    task: str
    recipe: str
    dataset: str
    classes: str
    protocol: str
    seed: int
    folds: tuple[Fold, ...]
    digest: str


def run_experiments(
    datasets: Iterable[str],
    root: Any,
    tasks: Sequence[str] = (),
    recipes: Sequence[str] = (),
    seed: int = 0,
    limit: int | None = None,
    output: Any = "results",
    overwrite: bool = False,
    jobs: int = 1,
    protocol: str | None = None,
    apex: str = "annotated",
    fix_labels: bool = True,
    classes: str = "coarse",
    shift: str | None = None,
) -> Outcome:
    """Run every planned experiment.

    recipes: names; none for all but the slow ones. protocol: one of `recognition.protocols`, None for the default of
    each task. The protocols that look at several databases take all named datasets as one. apex: where recipes that
    look at an apex frame take it from, as in `recipes.with_apex`. fix_labels: correct the known label errors of the
    databases. classes: those in which recognition and str tell emotions (`datasets.classes`). shift: how key frames are
    moved (`datasets.shift`). A recipe that cannot be read and a fold that fails leave the others running; the folds
    that were finished stay in the folder.
    """
    for task in tasks:
        if task not in TASKS:
            raise InputError(f"--task {task!r} is not known; choose one of {', '.join(TASKS)}")
    outcome = Outcome()
    chosen = with_apex(_readable(recipes, outcome), apex)
    with measure() as reading:
        loaded = [load_dataset(name, root, fix_labels, classes) for name in dict.fromkeys(datasets)]
    refuse_idle_words(classes, loaded)
    if shift:
        loaded = [_shifted(dataset, shift, seed) for dataset in loaded]
    if limit:
        loaded = [limit_dataset(dataset, limit) for dataset in loaded]
    if protocol in TOGETHER and len(loaded) > 1:
        loaded = [join_datasets(loaded)]
    planned = [(e, dataset) for dataset in loaded for e in plan(dataset, chosen, tasks, seed, protocol)]
    _tell_what_lacks(loaded, chosen, tasks, protocol, refuse=not planned and not outcome.failures)
    if not planned and not outcome.failures:
        named = ", ".join((*recipes, *tasks)) or "recipe"
        under = f" under --protocol {protocol}" if protocol else ""
        names = ", ".join(dataset.name for dataset in loaded)
        raise InputError(f"no {named} fits {names}{under}; see `recipes list` and `data list`")
    outcome.failures += _without_data(chosen if recipes else (), planned, loaded, tasks)
    outcome.planned = [experiment for experiment, _ in planned]
    rows = Rows(output, overwrite)
    for experiment, dataset in planned:
        try:
            run(experiment, dataset, rows, jobs, outcome, reading)
        except Exception as error:  # of whatever stopped its preparation, or its workers
            outcome.failures.append(f"{experiment.recipe} on {experiment.dataset}: {one_line(error)}")
    prune_cache()
    outcome.results = rows.results({experiment.digest for experiment in outcome.planned})
    return outcome


def _shifted(dataset: Dataset, shift: str, seed: int) -> Dataset:
    dataset, told = shift_dataset(dataset, shift, seed)
    warnings.warn(told, stacklevel=3)
    return dataset


def _tell_what_lacks(
    loaded: Sequence[Dataset], recipes: Iterable[str], tasks: Sequence[str], protocol: str | None, refuse: bool
) -> None:
    """Warn where a dataset lacks what a protocol needs for a task, or `refuse` to go on by the first such line."""
    named = dict.fromkeys(load_recipe(name).task for name in recipes)
    chosen = [TASKS[name] for name in named if name in tasks or not tasks]
    lines = [
        task.lacks(dataset, protocol)
        for dataset in loaded
        for task in chosen
        if protocol in task.protocols and task.records(dataset)
    ]
    for line in filter(None, lines):
        if refuse:
            raise InputError(line)
        warnings.warn(line, stacklevel=2)


def _without_data(
    named: Iterable[str],
    planned: Sequence[tuple["Experiment", Dataset]],
    loaded: Sequence[Dataset],
    tasks: Sequence[str],
) -> list[str]:
    """Return one message for each recipe that was named and has nothing to run on."""
    found = {experiment.recipe for experiment, _ in planned}
    where = ", ".join(dataset.name for dataset in loaded) + (f" for --task {', '.join(tasks)}" if tasks else "")
    return [
        f"{name}: does not fit {where}; see `recipes show` and `data describe`" for name in named if name not in found
    ]


def _readable(names: Sequence[str], outcome: Outcome) -> list[str]:
    """Return the recipes that can be loaded of those named, or of all but the slow ones; the others are failures."""
    if not names:
        broken = broken_recipes()
        outcome.failures += broken.values()
        return [name for name in recipe_names(slow=False) if name not in broken]
    found = []
    for name in names:
        try:
            found.append(load_recipe(name).name)
        except InputError as error:
            outcome.failures.append(str(error))
    return found


def plan(
    dataset: Dataset, recipes: Iterable[str], tasks: Sequence[str] = (), seed: int = 0, protocol: str | None = None
) -> list[Experiment]:
    """Return the experiments that recipes mean on a dataset; tasks: only theirs, none for all."""
    experiments, identities = [], {}
    for recipe in map(load_recipe, recipes):
        task = TASKS[recipe.task]
        if tasks and recipe.task not in tasks:
            continue
        seen = task.seen(dataset)
        chosen = task.protocol(seen, protocol) if task.fits(recipe, seen) else None
        if chosen is None or task.lacks(seen, chosen):
            continue
        classes = seen.classes.name
        if classes not in identities:
            identities[classes] = data_identity(seen)
        key = {**recipe_identity(recipe), "data": identities[classes], "seed": seed, "protocol": chosen}
        special = [classes] * (classes != seen.coarse.name) + [chosen] * (chosen != task.protocol(seen))
        special += [f"shift {seen.shift}"] * bool(seen.shift)
        name = f"{dataset.name} ({', '.join(special)})" if special else dataset.name
        folds = task.folds(seen, chosen, seed)
        experiments.append(Experiment(recipe.task, recipe.name, name, classes, chosen, seed, folds, digest(key)))
    return experiments


def recipe_identity(recipe: Recipe) -> dict[str, Any]:
    """Return what the predictions of a recipe depend on besides data and seed.

    That is the recipe with all others that it names, their lines in the registry of parts, the code and libraries that
    these parts and the task reach and, where that code looks at faces, the model of landmarks.
    """
    recipes = [recipe, *(load_recipe(name) for name in TASKS[recipe.task].other_recipes(recipe))]
    parts = [part for one in recipes for part in parts_of(one)]
    modules = {type(TASKS[recipe.task]).__module__, "baselines.signatures"}
    modules |= {module for part in parts for module in part.modules}
    files, _ = reached(*sorted(modules))
    sees_faces = any(file.match("baselines/faces/track.py") for file in files)
    return {
        "recipes": [[one.name, one.task, one.steps, one.learns_from] for one in recipes],
        "parts": [part.line for part in parts],
        "faces": tracking_identity() if sees_faces else None,
        **depends_on(*sorted(modules)),
    }


def run(
    experiment: Experiment, dataset: Dataset, rows: Rows, jobs: int, outcome: Outcome, reading: Cost | None = None
) -> None:
    """Compute the folds of an experiment that `rows` does not hold yet, and tell `outcome` what became of them.

    reading: what reading the datasets of this run cost; the making of an embedded corpus counts for all that use it.
    """
    done = rows.folds_done(experiment.digest)
    missing = [fold for fold in experiment.folds if fold.name not in done]
    outcome.reused += len(experiment.folds) - len(missing)
    if not missing:
        return
    recipe, task = load_recipe(experiment.recipe), TASKS[experiment.task]
    with measure() as cost:
        prepared = task.prepare(recipe, task.seen(dataset), jobs)
    made = reading.kept.get("corpus", {}) if reading else {}
    cost.take({"corpus": {name: one for name, one in made.items() if name in dataset.name.split("+")}})
    rows.notes.add_preparation(experiment.digest, cost)
    one = partial(
        _run_fold, task=task, recipe=recipe, prepared=prepared, seed=experiment.seed, libraries=library_names()
    )
    failed: dict[str, list[str]] = {}
    label = f"{experiment.dataset} {experiment.recipe}: {len(missing)} folds"
    for fold, (result, environment, reason) in zip(missing, iterate_parallel(one, missing, jobs, label)):
        if reason:
            failed.setdefault(reason, []).append(fold.name)
            continue
        rows.notes.add_environment(*environment)
        try:
            rows.add(_row(experiment, fold) | {"environment": environment[0]} | result)
        except ValueError:
            failed.setdefault("a prediction that is not a finite number; check the parameters", []).append(fold.name)
            continue
        outcome.computed += 1
    where = f"{experiment.recipe} on {experiment.dataset}"
    outcome.failures += [f"{where}, {_named(names)}: {reason}" for reason, names in failed.items()]


def _row(experiment: Experiment, fold: Fold) -> dict[str, Any]:
    return {
        "task": experiment.task,
        "recipe": experiment.recipe,
        "dataset": experiment.dataset,
        "classes": experiment.classes,
        "protocol": experiment.protocol,
        "fold": fold.name,
        "fold_number": experiment.folds.index(fold),
        "folds": len(experiment.folds),
        "seed": experiment.seed,
        "digest": experiment.digest,
    }


def _run_fold(
    fold: Fold, task: Task, recipe: Recipe, prepared: Any, seed: int, libraries: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, dict[str, Any]], str | None]:
    """Return (what a row holds of the fold, the environment here, why it failed): one bad fold stops no other."""
    environment = this_environment(libraries)  # of this worker, which may be another machine
    try:
        with measure() as cost:
            result = task.run(recipe, prepared, fold, seed)
    except Exception as error:
        return {}, environment, one_line(error)
    return {**cost_fields(cost), **result}, environment, None


def _named(folds: Sequence[str]) -> str:
    shown = ", ".join(folds[:LISTED])
    more = f" and {len(folds) - LISTED} more" if len(folds) > LISTED else ""
    return f"fold{'s' if len(folds) > 1 else ''} {shown}{more}"


def join_datasets(datasets: Sequence[Dataset]) -> Dataset:
    """Return the clips, videos and questions of several datasets as one, named after all."""
    clips, videos = ([record for d in datasets for record in getattr(d, kind)] for kind in ("clips", "videos"))
    questions = [question for dataset in datasets for question in _of_their_databases(dataset)]
    return replace(
        datasets[0],
        name="+".join(dataset.name for dataset in datasets),
        clips=clips,
        videos=videos,
        questions=questions,
        coarse=united([dataset.coarse for dataset in datasets]),
    )


def _of_their_databases(dataset: Dataset) -> Iterator[Question]:
    """Yield the questions of a dataset with the database of the clip or video that each is about."""
    records: list[Clip | Video] = [*dataset.videos, *dataset.clips]
    known = {(record.subject, record.name): record.dataset for record in records}
    for question in dataset.questions:
        yield replace(question, dataset=known.get((question.subject, question.video), dataset.name))


def limit_dataset(dataset: Dataset, number: int) -> Dataset:
    """Return the dataset cut to about `number` clips and videos each, taken in turn from the subjects."""
    clips, videos = (_in_turn(records)[:number] for records in (dataset.clips, dataset.videos))
    return replace(dataset, clips=clips, videos=videos)


def _in_turn(records: Sequence[Any]) -> list[Any]:
    seen: dict[str, int] = {}
    ranked = []
    for position, record in enumerate(records):
        seen[record.subject] = seen.get(record.subject, 0) + 1
        ranked.append((seen[record.subject], position, record))
    return [record for _, _, record in sorted(ranked, key=lambda entry: entry[:2])]
