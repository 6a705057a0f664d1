"""Recognition: the emotion of clips, in the classes of the dataset."""

from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Any

import numpy as np

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError
from baselines.experiments.tasks.base import Failed, Seen, Task, failed_in, labelled_clips, told
from baselines.experiments.tasks.shared import Take, alone
from baselines.recipes import Recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.protocols import PROTOCOLS, Fold
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import supports


@dataclass(frozen=True)
class Prepared:
    """Clips with a known emotion, and what the recognizer sees of each."""

    clips: list[Clip]
    samples: Samples
    failed: list[Failed]


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
        seen = take("seen", "", partial(Seen.of, self.records(dataset), recipe.steps["representation"], jobs))
        samples = take("samples", "", partial(Samples, seen.arrays))
        views = [view for view in Recognizer.from_recipe(recipe).views if not view.learning]
        pairs = {view.pairs_key: take("pairs", view.pairs_key, partial(samples.pairs, view)) for view in views}
        return Prepared(seen.clips, samples.with_pairs(pairs), seen.failed)

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        clips, samples = prepared.clips, prepared.samples
        subjects = np.array([subject_of(clip) for clip in clips])
        training, tested = fold.split(clips)
        if not training.any():
            raise InputError("no other subject to train on; name another --protocol or more data")
        labels = [clip.label for clip, chosen in zip(clips, training) if chosen]
        recognizer = Recognizer.from_recipe(recipe, seed).fit(samples[training], labels, subjects[training])
        classes, mine = recognizer.classes_.tolist(), list(compress(clips, tested))
        probabilities = recognizer.predict_proba(samples[tested]) if mine else ()
        failed = failed_in(prepared.failed, fold)
        rows = [_row(clip, classes, p) for clip, p in zip(mine, probabilities)]
        rows += [_row(one.record, classes, _shares(labels, classes)) for one in failed]
        return {"predictions": rows, **told(failed)}


def _shares(labels: list[str | None], classes: list[str]) -> np.ndarray:
    """Return the share of each class in labels."""
    return np.array([labels.count(name) for name in classes]) / len(labels)


def _row(clip: Clip, classes: list[str], probabilities: np.ndarray) -> dict[str, Any]:
    return {
        "dataset": clip.dataset,
        "subject": clip.subject,
        "clip": clip.name,
        "label": clip.label,
        "prediction": classes[int(probabilities.argmax())],
        "probabilities": dict(zip(classes, probabilities.round(4).tolist())),
    }
