"""Spotting: the intervals of micro- and macro-expressions in long videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Dataset, Video
from baselines.experiments.tasks.base import Task, annotated_videos
from baselines.recipes import Recipe
from baselines.recognition.protocols import Fold
from baselines.spotting.base import Spotter
from baselines.spotting.recipe import learns, make_spotter, spotting_examples, spotting_row


@dataclass(frozen=True)
class Prepared:
    """Videos with known events; where the recipe learns, what is learned from each (`spotting_examples`), else None."""

    videos: list[Video]
    examples: list[Any] | None


class Spotting(Task):
    """Each video by a spotting method, fitted on the other subjects if it learns; others report by subject, too."""

    name = "spotting"
    scored_as = "spotting"

    def records(self, dataset: Dataset) -> list[Video]:
        return annotated_videos(dataset)

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        return can_learn(recipe, self.records(dataset))

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int) -> Prepared:
        videos = self.records(dataset)
        return Prepared(videos, spotting_examples(recipe, videos, jobs))

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        spotter = spotter_without(recipe, prepared, fold.tested, seed)
        truth, predictions = [], []
        for video in prepared.videos:
            if subject_of(video) in fold.tested:
                truth += [spotting_row(video, event) for event in video.events or ()]
                found = spotter.predict(video.frames, video.fps).intervals
                predictions += [spotting_row(video, interval) for interval in found]
        return {"truth": truth, "predictions": predictions}


def can_learn(recipe: Recipe, videos: Sequence[Video]) -> bool:
    """Tell whether there are videos, of several subjects for a spotting recipe that learns from the others."""
    return len({subject_of(video) for video in videos}) > int(learns(recipe))


def spotter_without(recipe: Recipe, prepared: Prepared, subjects: frozenset[str], seed: int) -> Spotter:
    """Return the spotter of a recipe for some subjects; one that learns is fitted on the others' videos."""
    if prepared.examples is None:
        return make_spotter(recipe)
    of_videos = zip(prepared.videos, prepared.examples)
    return make_spotter(recipe, [found for video, found in of_videos if subject_of(video) not in subjects], seed)
