"""Recognition: the emotion of clips, in the classes of the dataset."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError
from baselines.experiments.tasks.base import Task, labelled_clips
from baselines.experiments.tasks.shared import Take, alone
from baselines.recipes import Recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.protocols import PROTOCOLS, Fold
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports


@dataclass(frozen=True)
class Prepared:
    """Clips with a known emotion, and what the recognizer sees of each."""

    clips: list[Clip]
    samples: Samples


class Recognition(Task):
    """Each clip's emotion by a recognizer fitted on other clips, of other subjects under all protocols but one."""

    name = "recognition"
    scored_as = "recognition"
    protocols = PROTOCOLS
    in_classes = True

    def records(self, dataset: Dataset) -> list[Clip]:
        return labelled_clips(dataset)

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Prepared:
        clips = self.records(dataset)
        samples = take("samples", "", lambda: Samples(represent(clips, recipe.steps["representation"], jobs)))
        views = [view for view in Recognizer.from_recipe(recipe).views if not view.learning]
        pairs = {view.pairs_key: take("pairs", view.pairs_key, partial(samples.pairs, view)) for view in views}
        return Prepared(clips, samples.with_pairs(pairs))

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        clips, samples = prepared.clips, prepared.samples
        subjects = np.array([subject_of(clip) for clip in clips])
        training, tested = fold.split(clips)
        if not training.any():
            raise InputError("no other subject to train on; name another --protocol or more data")
        labels = [clip.label for clip, chosen in zip(clips, training) if chosen]
        recognizer = Recognizer.from_recipe(recipe, seed).fit(samples[training], labels, subjects[training])
        probabilities = recognizer.predict_proba(samples[tested])
        mine = (clip for clip, chosen in zip(clips, tested) if chosen)
        return {"predictions": [_row(clip, recognizer.classes_.tolist(), p) for clip, p in zip(mine, probabilities)]}


def _row(clip: Clip, classes: list[str], probabilities: np.ndarray) -> dict[str, Any]:
    return {
        "dataset": clip.dataset,
        "subject": clip.subject,
        "clip": clip.name,
        "label": clip.label,
        "prediction": classes[int(probabilities.argmax())],
        "probabilities": dict(zip(classes, probabilities.round(4).tolist())),
    }
