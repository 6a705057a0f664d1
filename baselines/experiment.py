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
from baselines.errors import InputError
from baselines.identity import code_identity, digest, library_versions
from baselines.parallel import iterate_parallel
from baselines.recipes import load_recipe, recipe_names
from baselines.tasks import TASKS
from baselines.tasks.base import data_identity

LIBRARIES = (
    "numpy", "scipy", "scikit-image", "scikit-learn", "xgboost-cpu", "xgboost",
    "opencv-contrib-python-headless", "dlib-bin", "dlib",
)  # fmt: skip


def run_experiments(
    datasets, root, tasks=(), recipes=(), seed=0, limit=None, output="results", overwrite=False, jobs=1
):
    """Run every planned experiment; return (the results in the output folder, [one message a failed experiment]).

    An experiment that fails leaves the others running; the folds it had finished stay in the folder.
    """
    for task in tasks:
        if task not in TASKS:
            raise InputError(f"--task {task!r} is not known; choose one of {', '.join(TASKS)}")
    for name in recipes:
        load_recipe(name)
    loaded = [load_dataset(name, root) for name in dict.fromkeys(datasets)]
    if limit:
        loaded = [limit_dataset(dataset, limit) for dataset in loaded]
    planned = [(e, dataset) for dataset in loaded for e in plan(dataset, tasks, recipes, seed)]
    if not planned:
        named = ", ".join((*recipes, *tasks)) or "recipe"
        raise InputError(f"no {named} fits {', '.join(d.name for d in loaded)}; see `recipes list` and `data list`")
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
    """One recipe on one dataset with one seed; `folds` are the subjects left out in turn."""

    task: str
    recipe: str
    dataset: str
    seed: int
    folds: tuple[str, ...]
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


def plan(dataset, tasks=(), recipes=(), seed=0):
    """Return the experiments that the named tasks and recipes mean on a dataset; none named means all that fit."""
    experiments, identity = [], data_identity(dataset)
    for recipe in (load_recipe(name) for name in (recipes or recipe_names())):
        task = TASKS[recipe.task]
        if (tasks and recipe.task not in tasks) or not task.fits(recipe, dataset):
            continue
        key = {
            "recipe": vars(recipe),
            "parts": {name: vars(load_recipe(name)) for name in task.parts(recipe)},
            "data": identity,
            "code": code_identity("features", "baselines"),
            "libraries": library_versions(*LIBRARIES),
            "seed": seed,
        }
        folds = tuple(task.subjects(dataset))
        experiments.append(Experiment(recipe.task, recipe.name, dataset.name, seed, folds, digest(key)))
    return experiments


def run(experiment, dataset, rows, jobs=1):
    """Compute the folds of an experiment that `rows` does not hold yet."""
    done = rows.folds_done(experiment)
    missing = [fold for fold in experiment.folds if fold not in done]
    if not missing:
        return
    recipe, task = load_recipe(experiment.recipe), TASKS[experiment.task]
    started = time.perf_counter()
    prepared = task.prepare(recipe, dataset, jobs)
    preparation = (time.perf_counter() - started) / len(missing)
    label = f"{experiment.dataset} {experiment.recipe}: {len(missing)} folds"
    fold = partial(_run_fold, task=task, recipe=recipe, prepared=prepared, seed=experiment.seed)
    for subject, (result, seconds) in zip(missing, iterate_parallel(fold, missing, jobs, label)):
        rows.add(
            {
                "task": experiment.task,
                "recipe": experiment.recipe,
                "dataset": experiment.dataset,
                "fold": subject,
                "fold_number": experiment.folds.index(subject),
                "folds": len(experiment.folds),
                "seed": experiment.seed,
                "digest": experiment.digest,
                "seconds": round(preparation + seconds, 4),
                **result,
            }
        )


def _run_fold(subject, task, recipe, prepared, seed):
    started = time.perf_counter()
    result = task.run_fold(recipe, prepared, subject, seed)
    return {**result, "peak_mb": _peak_memory()}, time.perf_counter() - started


def _peak_memory():
    """Return this process's peak memory in MB, 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


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
