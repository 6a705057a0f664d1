"""Train a recognition recipe on a whole dataset; the model that the commands use when none is named."""

import contextlib
import warnings
from dataclasses import replace
from functools import cache, partial

import numpy as np

from baselines.cache import kept
from baselines.datasets import load_dataset
from baselines.datasets.choosing import refuse_idle_words
from baselines.datasets.classes import coarse
from baselines.datasets.identity import data_identity, subject_of
from baselines.errors import InputError
from baselines.experiments.plan import recipe_identity
from baselines.experiments.tasks import TASKS, score_of
from baselines.experiments.tasks.vqa import in_known_words
from baselines.identity import depends_on, digest
from baselines.parallel import run_parallel
from baselines.recipes import load_recipe, load_single
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.annotation import annotated_events

DEFAULT_RECIPE = "flow-kernels"
EMOTIONS = "flow-kernels"  # the recipe by whose kernels questions about flow pictures are answered
PROTOCOL = "k-fold-by-subject"


def train_model(recipe_name, dataset_name, root=None, seed=0, jobs=1, fix_labels=True, classes="coarse", strict=False):
    """Return the `Model` of a recognition recipe fitted on every clip of the dataset at `root` that is in a class.

    Its `data` tell what it was trained on and, as an estimate for people it has not seen, the scores of
    recognizers that left out a fifth of the subjects each. fix_labels: correct the known label errors of the database.
    classes: those that it tells, as in `datasets.open_dataset`; questions are answered in their own. A clip that cannot
    be seen is left out with a warning; with `strict` it raises `InputError`.
    """
    recipe = load_single(recipe_name)
    if recipe.task != "recognition":
        raise InputError(f"--recipe {recipe_name!r} is a recipe for {recipe.task}; choose one for recognition")
    whole = load_dataset(dataset_name, root, fix_labels, classes)
    refuse_idle_words(classes, [whole])
    usable = [clip for clip in whole.clips if supports(recipe.steps["representation"], clip)]
    clips = [clip for clip in usable if clip.label]
    if not clips:
        raise InputError(f"dataset {whole.name} has no clip with a known emotion that recipe {recipe_name} can use")
    dataset = replace(whole, clips=clips, videos=[], questions=[])
    prepared = TASKS["recognition"].prepare(recipe, dataset, jobs)
    for one in prepared.failed:
        if strict:
            raise InputError(one.why)
        warnings.warn(f"left out of the training: {one.why}", stacklevel=2)
    unseen = {id(one.record) for one in prepared.failed}
    clips, usable = ([clip for clip in some if id(clip) not in unseen] for some in (clips, usable))
    dataset, prepared = replace(dataset, clips=clips), replace(prepared, failed=[])
    subjects = np.array([subject_of(clip) for clip in clips])
    recognizer = Recognizer.from_recipe(recipe, seed).fit(prepared.samples, [clip.label for clip in clips], subjects)
    data = {
        "dataset": dataset.name,
        "classes": dataset.classes.to_dict(),
        "identity": data_identity(dataset),
        "clips": len(clips),
        "subjects": len(set(subjects)),
        "seed": seed,
        "scores": estimate(recipe, dataset, prepared, seed, jobs),
    }
    return Model(recipe, recognizer, fit_analyst(recipe, replace(whole, clips=usable), jobs), data)


def fit_analyst(recipe, dataset, jobs=1):
    """Return a `ClipAnalyst` fitted on what the clips of a dataset show, in the classes that questions are about.

    None where nothing tells an action unit or an emotion of the field's.
    """
    asked = TASKS["vqa"].seen(dataset)
    clips = [in_known_words(clip) for clip in asked.clips if clip.label]
    events = annotated_events(clips, dataset.questions)
    if not any(event.action_units for event in events) or not any(coarse(event.emotion) for event in events):
        return None
    pictures = represent(clips, recipe.steps["representation"], jobs)
    return ClipAnalyst(kernels=load_recipe(EMOTIONS).steps["kernels"]).fit(pictures, events)


def estimate(recipe, dataset, prepared, seed=0, jobs=1):
    """Return {protocol, uf1, uar, accuracy, ece} on subjects left out of training; empty if there is one subject."""
    task = TASKS["recognition"]
    folds = task.folds(dataset, PROTOCOL, seed)
    if len(folds) < 2:
        return {}
    label = f"scores of {recipe.name}: {len(folds)} folds"
    rows = run_parallel(partial(task.run, recipe, prepared, seed=seed), folds, jobs, label)
    figures = score_of(task.name).table([{**row, "protocol": PROTOCOL} for row in rows], seed)
    return {"protocol": PROTOCOL} | {f["metric"]: round(f["value"], 4) for f in figures if f["subset"] == "all"}


def default_model(jobs=1):
    """Return the model trained on the embedded corpus, made at first use and kept in the cache folder."""
    key = digest(
        recipe_identity(load_recipe(DEFAULT_RECIPE)),
        load_recipe(EMOTIONS).to_dict(),
        depends_on(__name__, "baselines.datasets.embedded"),
    )
    warnings.warn("no --model given; using one trained on the embedded synthetic corpus", stacklevel=2)

    @cache  # whether or not the first place that it is written to takes it
    def trained():
        return train_model(DEFAULT_RECIPE, "synthetic", jobs=jobs)

    def stored():
        return kept(f"models/{key}.skops", lambda path: save_model(trained(), path))

    try:
        return load_model(stored())
    except InputError:  # it was damaged there
        with contextlib.suppress(OSError):  # of a folder that is only read
            stored().unlink()
        return load_model(stored())
