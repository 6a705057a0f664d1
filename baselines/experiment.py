"""Recipe x dataset x fold -> result rows: parallel, resumable, one JSON line a fold.

`rows.jsonl` grows by one line whenever a fold is done; a line holds the fold's predictions and a
digest of recipe, data, code and seed. A rerun computes only the folds whose digest has no line yet,
and a line cut short by a kill is dropped. Tables are derived from the lines (`baselines.report.tables`).
"""

import json
import os
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from baselines.cache import prune_cache
from baselines.datasets import load_dataset
from baselines.datasets.records import Dataset
from baselines.errors import InputError
from baselines.identity import code_identity, digest, library_versions
from baselines.parallel import iterate_parallel
from baselines.recipes import load_recipe, recipe_names, with_apex
from baselines.recognition.protocols import Fold
from baselines.tasks import TASKS
from baselines.tasks.base import data_identity

LIBRARIES = (
    "numpy", "scipy", "scikit-image", "scikit-learn", "xgboost-cpu", "xgboost",
    "opencv-contrib-python-headless", "dlib-bin", "dlib",
)  # fmt: skip
TOGETHER = ("composite", "cross-database")  # protocols over several databases


def run_experiments(
    datasets,
    root,
    tasks=(),
    recipes=(),
    seed=0,
    limit=None,
    output="results",
    overwrite=False,
    jobs=1,
    protocol=None,
    apex="annotated",
    fix_labels=True,
):
    """Run every planned experiment; return (the results in the output folder, [one message a failed experiment]).

    protocol: one of `recognition.protocols`, None for the default of each task. The protocols that look at
    several databases take all named datasets as one. apex: where recipes that look at an apex frame take it from, as
    in `recipes.with_apex`. fix_labels: mend the known label errors of the databases. An experiment that fails leaves
    the others running; the folds it had finished stay in the folder.
    """
    for task in tasks:
        if task not in TASKS:
            raise InputError(f"--task {task!r} is not known; choose one of {', '.join(TASKS)}")
    chosen = with_apex(recipes or recipe_names(slow=False), apex)
    loaded = [load_dataset(name, root, fix_labels) for name in dict.fromkeys(datasets)]
    if limit:
        loaded = [limit_dataset(dataset, limit) for dataset in loaded]
    if protocol in TOGETHER and len(loaded) > 1:
        loaded = [join_datasets(loaded)]
    planned = [(e, dataset) for dataset in loaded for e in plan(dataset, tasks, chosen, seed, protocol)]
    if not planned:
        named = ", ".join((*recipes, *tasks)) or "recipe"
        under = f" under --protocol {protocol}" if protocol else ""
        names = ", ".join(dataset.name for dataset in loaded)
        raise InputError(f"no {named} fits {names}{under}; see `recipes list` and `data list`")
    rows, failures = Rows(output, overwrite), []
    for experiment, dataset in planned:
        try:
            run(experiment, dataset, rows, jobs)
        except InputError as error:
            failures.append(f"{experiment.recipe} on {dataset.name}: {error}")
    prune_cache()
    return rows.results(), failures


@dataclass(frozen=True)
class Experiment:
    """One recipe on one dataset under one protocol with one seed.

    `dataset` is the name in the tables; it tells the protocol where that is not the default one of the dataset.
    """

    task: str
    recipe: str
    dataset: str
    protocol: str
    seed: int
    folds: tuple[Fold, ...]
    digest: str


class Rows:
    """The lines of rows.jsonl in a folder."""

    def __init__(self, folder, overwrite=False):
        self.path = Path(folder) / "rows.jsonl"
        if overwrite:
            self.path.unlink(missing_ok=True)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --output") from None
        self.rows = {}
        text = self.path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            try:
                row = json.loads(line)
                self.rows[row["digest"], row["fold"]] = row
            except (json.JSONDecodeError, TypeError, KeyError):
                continue
        if text and not text.endswith("\n"):  # a kill cut the last line short
            self._append("\n")

    def add(self, row):
        """Append one row; a single write, so that two runs at once do not mix their lines."""
        self.rows[row["digest"], row["fold"]] = row
        self._append(json.dumps(row, ensure_ascii=False) + "\n")

    def folds_done(self, experiment):
        """Return the folds of an experiment that have a row."""
        return {fold for digest, fold in self.rows if digest == experiment.digest}

    def results(self):
        """Return the complete experiments, newest digest of each, as lists of rows in fold order."""
        newest, groups = {}, {}
        for row in self.rows.values():
            newest[row["task"], row["dataset"], row["recipe"], row["seed"]] = row["digest"]
            groups.setdefault(row["digest"], []).append(row)
        found = [sorted(groups[digest], key=lambda row: row["fold_number"]) for _, digest in sorted(newest.items())]
        return [rows for rows in found if len(rows) == rows[0]["folds"]]

    def _append(self, text):
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def plan(dataset, tasks=(), recipes=(), seed=0, protocol=None):
    """Return the experiments that the named tasks, recipes and protocol mean on a dataset; none named: all that fit."""
    experiments, identity = [], data_identity(dataset)
    for recipe in (load_recipe(name) for name in (recipes or recipe_names())):
        task = TASKS[recipe.task]
        if (tasks and recipe.task not in tasks) or not task.fits(recipe, dataset):
            continue
        chosen = task.protocol(dataset, protocol)
        if chosen is None:
            continue
        folds = task.folds(dataset, chosen, seed)
        key = {
            "recipe": vars(recipe),
            "parts": {name: vars(load_recipe(name)) for name in task.parts(recipe)},
            "data": identity,
            "code": code_identity("features", "baselines"),
            "libraries": library_versions(*LIBRARIES),
            "seed": seed,
            "protocol": chosen,
        }
        name = dataset.name if chosen == task.protocol(dataset) else f"{dataset.name} ({chosen})"
        experiments.append(Experiment(recipe.task, recipe.name, name, chosen, seed, folds, digest(key)))
    return experiments


def run(experiment, dataset, rows, jobs=1):
    """Compute the folds of an experiment that `rows` does not hold yet."""
    done = rows.folds_done(experiment)
    missing = [fold for fold in experiment.folds if fold.name not in done]
    if not missing:
        return
    recipe, task = load_recipe(experiment.recipe), TASKS[experiment.task]
    started = time.perf_counter()
    prepared = task.prepare(recipe, dataset, jobs)
    preparation = (time.perf_counter() - started) / len(missing)
    label = f"{experiment.dataset} {experiment.recipe}: {len(missing)} folds"
    one = partial(_run_fold, task=task, recipe=recipe, prepared=prepared, seed=experiment.seed)
    for fold, (result, seconds) in zip(missing, iterate_parallel(one, missing, jobs, label)):
        rows.add(
            {
                "task": experiment.task,
                "recipe": experiment.recipe,
                "dataset": experiment.dataset,
                "protocol": experiment.protocol,
                "fold": fold.name,
                "fold_number": experiment.folds.index(fold),
                "folds": len(experiment.folds),
                "seed": experiment.seed,
                "digest": experiment.digest,
                "seconds": round(preparation + seconds, 4),
                **result,
            }
        )


def _run_fold(fold, task, recipe, prepared, seed):
    started = time.perf_counter()
    result = task.run(recipe, prepared, fold, seed)
    return {**result, "peak_mb": _peak_memory()}, time.perf_counter() - started


def _peak_memory():
    """Return this process's peak memory in MB, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


def join_datasets(datasets):
    """Return the clips, videos and questions of several datasets as one, named after all."""
    clips, videos, questions = (
        [record for dataset in datasets for record in getattr(dataset, kind)]
        for kind in ("clips", "videos", "questions")
    )
    return Dataset("+".join(dataset.name for dataset in datasets), clips, videos, questions)


def limit_dataset(dataset, number):
    """Return the dataset cut to about `number` clips and videos each, taken in turn from the subjects."""
    clips, videos = (_in_turn(records)[:number] for records in (dataset.clips, dataset.videos))
    return replace(dataset, clips=clips, videos=videos)


def _in_turn(records):
    seen = {}
    ranked = []
    for position, record in enumerate(records):
        seen[record.subject] = seen.get(record.subject, 0) + 1
        ranked.append((seen[record.subject], position, record))
    return [record for _, _, record in sorted(ranked, key=lambda entry: entry[:2])]
