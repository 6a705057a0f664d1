"""Train a recognition recipe on a whole dataset; the model that the commands use when none is named."""

import warnings

from baselines.cache import cache_folder
from baselines.datasets import load_dataset
from baselines.errors import InputError
from baselines.identity import code_identity, digest, library_versions
from baselines.recipes import load_recipe
from baselines.recognition.model import LIBRARIES, Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports

DEFAULT_RECIPE = "flow-svm"


def train_model(recipe_name, dataset_name, root=None, seed=0, jobs=1):
    """Return the `Model` of a recognition recipe fitted on every labelled clip of the dataset at `root`."""
    recipe = load_recipe(recipe_name)
    if recipe.task != "recognition":
        raise InputError(f"--recipe {recipe_name!r} is a recipe for {recipe.task}; choose one for recognition")
    dataset, settings = load_dataset(dataset_name, root), recipe.steps["representation"]
    clips = [clip for clip in dataset.clips if clip.label and supports(settings, clip)]
    if not clips:
        raise InputError(f"dataset {dataset.name} has no clip with a known emotion that recipe {recipe_name} can use")
    X = represent(clips, settings, jobs)
    recognizer = Recognizer.from_recipe(recipe, seed).fit(X, [clip.label for clip in clips])
    analyst = None
    if any(clip.event.action_units for clip in clips):
        from baselines.vqa.evidence import ClipAnalyst

        analyst = ClipAnalyst().fit(X, [clip.event for clip in clips])
    subjects = {(clip.dataset, clip.subject) for clip in clips}
    data = {"dataset": dataset.name, "clips": len(clips), "subjects": len(subjects), "seed": seed}
    return Model(recipe, recognizer, analyst, data)


def default_model(jobs=1):
    """Return the model trained on the embedded corpus, made at first use and kept in the cache folder."""
    key = digest(DEFAULT_RECIPE, code_identity("features", "baselines"), library_versions(*LIBRARIES))
    path = cache_folder() / "models" / f"{key}.skops"
    warnings.warn("no --model given; using one trained on the embedded synthetic corpus", stacklevel=2)
    if not path.exists():
        save_model(train_model(DEFAULT_RECIPE, "synthetic", jobs=jobs), path)
    return load_model(path)
