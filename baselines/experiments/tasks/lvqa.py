"""ME-LVQA: answers to questions about the events of long videos."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from baselines.datasets.records import Clip, Dataset, Video, questions_about
from baselines.errors import InputError, seen
from baselines.experiments.tasks.base import Failed, Seen, Task, failed_in, told
from baselines.experiments.tasks.shared import Take, alone
from baselines.experiments.tasks.spotting import Prepared as PreparedSpotting
from baselines.experiments.tasks.spotting import can_learn, fitted_spotter, prepared_spotting
from baselines.experiments.tasks.vqa import answer_rows, emotion_kernels, in_known_words
from baselines.parts import build_part
from baselines.recipes import Recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.protocols import Fold
from baselines.recognition.representation import supports
from baselines.spotting.base import Spotter
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.answerers import Answerer, Asked, Prior
from baselines.vqa.answerers import Seen as Shown
from baselines.vqa.expressions import classified, find_features


@dataclass(frozen=True)
class Measuring:
    """What an answerer that measures needs: what the spotter has, and clips to fit classifiers on.

    clips: with their questions and representations. failed: those in which a recipe does not see what it looks at.
    """

    spotting: PreparedSpotting
    analyst: ClipAnalyst
    clips: Asked
    failed: list[Failed]


@dataclass(frozen=True)
class Prepared:
    """Videos with the questions about each; measuring: None where the answerer reads the questions only."""

    asked: Asked
    measuring: Measuring | None = None


class LongQuestionAnswering(Task):
    """The rules spot the events of a video and measure each as a clip, by classifiers fitted on other subjects' clips.

    Floors read the questions only.
    """

    name = "lvqa"
    part_of = "vqa"
    scored_as = "lvqa"

    def records(self, dataset: Dataset) -> list[Video]:
        asked = questions_about(dataset.videos, dataset.questions)
        return [video for video, questions in zip(dataset.videos, asked) if questions]

    def learned(self, dataset: Dataset) -> Sequence[Clip | Video]:
        return [*self.records(dataset), *_labelled(dataset)]

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        videos = self.records(dataset)
        if "spotting" not in recipe.named:
            return bool(videos)
        clips, settings = _labelled(dataset), recipe.steps["representation"]
        spottable = can_learn(recipe.named["spotting"], videos)
        return bool(spottable and clips) and all(supports(settings, clip) for clip in clips)

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Prepared:
        videos = self.records(dataset)
        questions = questions_about(videos, dataset.questions)
        asked = Asked(videos, questions, Samples(np.zeros((len(videos), 1))), [Shown() for _ in videos])
        if not _measures(recipe):
            return Prepared(asked)
        settings = recipe.steps["representation"]
        found = take("seen", json.dumps(settings, sort_keys=True), partial(Seen.of, _labelled(dataset), settings, jobs))
        analyst = ClipAnalyst(kernels=emotion_kernels(recipe))
        about = questions_about(found.clips, dataset.questions)
        clips = Asked(found.clips, about, analyst.share(Samples(found.arrays)), [Shown() for _ in found.clips])
        spotting = prepared_spotting(recipe.named["spotting"], videos, jobs)
        return Prepared(asked, Measuring(spotting, analyst, clips, found.failed))

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        trained, tested = fold.split(prepared.asked.clips)
        others, mine = prepared.asked.take(trained), prepared.asked.take(tested)
        prior = Prior().fit(others)
        look = None
        if prepared.measuring:
            look = partial(_shown, *_fitted(recipe, prepared.measuring, fold, seed))
        predictions: list[dict[str, Any]] = []
        failed: list[Failed] = failed_in(prepared.measuring.failed, fold) if prepared.measuring else []
        with closing(build_part("answerer", recipe.steps["answerer"])) as answerer:
            if look is None:
                answerer.fit(others, None)
            for video, questions in zip(mine.clips, mine.questions):
                shown, why = seen(look, video) if look else (Shown(), None)
                failed += [Failed(video, why)] if why else []
                answers = (prior if why else answerer).answer_clip(questions, shown)
                predictions += answer_rows(video, questions, answers)
        return {"predictions": predictions, **told(failed)}


def _labelled(dataset: Dataset) -> list[Clip]:
    """Return the clips that classifiers of emotions and units can learn from."""
    return [in_known_words(clip) for clip in dataset.clips if clip.label]


def _measures(recipe: Recipe) -> bool:
    """Tell whether the answerer of a recipe measures; raises `InputError` where the recipe does not fit it."""
    name = recipe.steps["answerer"]["name"]
    with closing(build_part("answerer", recipe.steps["answerer"])) as answerer:
        measures, looks = answerer.measures, type(answerer).look is not Answerer.look
    if looks:
        raise InputError(f"recipe {recipe.name}: answerer {name} is shown single expressions; name rules or prior")
    if measures and "spotting" not in recipe.named:
        raise InputError(f"recipe {recipe.name}: no step spotting; name the recipe that finds the events of a video")
    return measures


def _fitted(
    recipe: Recipe, measuring: Measuring, fold: Fold, seed: int
) -> tuple[Spotter, ClipAnalyst, Mapping[str, Any]]:
    """Return the spotter and the classifiers fitted on what a fold trains on, and the settings of representations."""
    learned, _ = fold.split(measuring.clips.clips)
    if not learned.any():
        raise InputError("no clip of another subject to train on; name another --protocol or more data")
    clips = measuring.clips.take(learned)
    analyst = clone(measuring.analyst).fit(clips.features, clips.events)
    trained, _ = fold.split(measuring.spotting.videos)
    spotter = fitted_spotter(recipe.named["spotting"], measuring.spotting, trained, seed)
    return spotter, analyst, recipe.steps["representation"]


def _shown(spotter: Spotter, analyst: ClipAnalyst, settings: Mapping[str, Any], video: Video) -> Shown:
    """Return what is measured in a video."""
    found = find_features(video, settings, lambda one: spotter.predict(one.frames, one.fps))
    (evidence,) = classified([found], analyst)
    return Shown(measured=evidence)
