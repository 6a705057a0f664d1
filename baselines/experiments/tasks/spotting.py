"""Spotting: the intervals of micro- and macro-expressions in long videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Dataset, Event, Video
from baselines.errors import DataFault, seen
from baselines.experiments.tasks.base import Failed, Task, annotated_videos, failed_in, told
from baselines.experiments.tasks.shared import Take, alone
from baselines.recipes import Recipe
from baselines.recognition.protocols import Fold
from baselines.spotting.base import Interval, Spotter
from baselines.spotting.recipe import learns, make_spotter, spotting_examples, spotting_row


@dataclass(frozen=True)
class Prepared:
    """Videos with known events; where the recipe learns, what is learned from each (`spotting_examples`), else None.

    failed: videos that nothing can be learned from, so that nothing can be spotted in them either.
    """

    videos: list[Video]
    examples: list[Any] | None
    failed: list[Failed]


class Spotting(Task):
    """Each video by a spotting method, fitted on other videos if it learns; others report by fold, too."""

    name = "spotting"
    scored_as = "spotting"

    def records(self, dataset: Dataset) -> list[Video]:
        return annotated_videos(dataset)

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        return can_learn(recipe, self.records(dataset))

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Prepared:
        return prepared_spotting(recipe, self.records(dataset), jobs)

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        trained, tested = fold.split(prepared.videos)
        spotter = fitted_spotter(recipe, prepared, trained, seed)
        failed = failed_in(prepared.failed, fold)
        truth = [event_row(one.record, event) for one in failed for event in one.record.events or ()]
        predictions = []
        for video in compress(prepared.videos, tested):
            found, why = seen(spotter.predict, video.frames, video.fps)
            failed += [Failed(video, why)] if why else []
            truth += [event_row(video, event) for event in video.events or ()]
            predictions += [event_row(video, interval) for interval in found.intervals] if found else []
        return {"truth": truth, "predictions": predictions, **told(failed)}


def prepared_spotting(recipe: Recipe, videos: list[Video], jobs: int) -> Prepared:
    """Return videos with what a recipe learns from each."""
    found = spotting_examples(recipe, [video.to_learn() for video in videos], jobs)
    if found is None:
        return Prepared(videos, None, [])
    failed = [Failed(video, why) for video, (_, why) in zip(videos, found) if why]
    if len(failed) == len(videos):
        raise DataFault(failed[0].why)
    kept = [(video, examples) for video, (examples, why) in zip(videos, found) if not why]
    return Prepared([video for video, _ in kept], [examples for _, examples in kept], failed)


def can_learn(recipe: Recipe, videos: Sequence[Video]) -> bool:
    """Tell whether there are videos, of several subjects for a spotting recipe that learns from the others."""
    return len({subject_of(video) for video in videos}) > int(learns(recipe))


def fitted_spotter(recipe: Recipe, prepared: Prepared, trained: NDArray[np.bool_], seed: int) -> Spotter:
    """Return the spotter of a recipe; one that learns is fitted on the videos of a boolean mask (n,)."""
    if prepared.examples is None:
        return make_spotter(recipe)
    return make_spotter(recipe, list(compress(prepared.examples, trained)), seed)


def event_row(video: Video, interval: Interval | Event) -> dict[str, Any]:
    """Return the row of an interval or event in the results: `spotting_row` with the database and the score, if any."""
    score = {"score": round(interval.score, 4)} if isinstance(interval, Interval) else {}
    return {"dataset": video.dataset, **spotting_row(video, interval), **score}
