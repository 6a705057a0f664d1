"""ME-STR: spot the micro-expressions in a long video, then recognize the emotion of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Dataset, Video, coarse
from baselines.experiments.tasks.base import Task, annotated_videos, labelled_clips
from baselines.experiments.tasks.spotting import Prepared as PreparedSpotting
from baselines.experiments.tasks.spotting import can_learn, spotter_without
from baselines.recipes import Recipe, load_recipe
from baselines.recognition.intervals import recognize_events
from baselines.recognition.protocols import Fold
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports
from baselines.spotting.recipe import spotting_examples, spotting_row


@dataclass(frozen=True)
class Prepared:
    """What the spotter has, and the clips that the recognizer learns from with their representations (n, ...)."""

    spotting: PreparedSpotting
    clips: list[Clip]
    representations: np.ndarray


class SpotThenRecognize(Task):
    """A recipe names a spotting recipe and a recognition recipe, fitted on the other subjects' clips."""

    name = "str"
    scored_as = "strs"

    def records(self, dataset: Dataset) -> list[Video]:
        return annotated_videos(dataset)

    def other_recipes(self, recipe: Recipe) -> tuple[str, ...]:
        return recipe.steps["spotting"], recipe.steps["recognition"]

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        settings = load_recipe(recipe.steps["recognition"]).steps["representation"]
        clips = labelled_clips(dataset)
        spottable = can_learn(load_recipe(recipe.steps["spotting"]), self.records(dataset))
        return bool(spottable and clips) and all(supports(settings, clip) for clip in clips)

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int) -> Prepared:
        clips, videos = labelled_clips(dataset), self.records(dataset)
        settings = load_recipe(recipe.steps["recognition"]).steps["representation"]
        examples = spotting_examples(load_recipe(recipe.steps["spotting"]), videos, jobs)
        return Prepared(PreparedSpotting(videos, examples), clips, represent(clips, settings, jobs))

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        recognition = load_recipe(recipe.steps["recognition"])
        subjects = np.array([subject_of(clip) for clip in prepared.clips])
        others = ~np.isin(subjects, list(fold.tested))
        labels = np.array([clip.label for clip in prepared.clips])
        recognizer = Recognizer.from_recipe(recognition, seed)
        recognizer.fit(prepared.representations[others], labels[others], subjects[others])
        spotter = spotter_without(load_recipe(recipe.steps["spotting"]), prepared.spotting, fold.tested, seed)
        truth, predictions = [], []
        for video in prepared.spotting.videos:
            if subject_of(video) not in fold.tested:
                continue
            spotted = spotter.predict(video.frames, video.fps)
            predictions += recognize_events(video, spotted.intervals, recognizer, recognition)
            truth += [
                {**spotting_row(video, event), "emotion": coarse(event.emotion) or "others"}
                for event in video.events or ()
                if event.kind == "micro"
            ]
        return {"truth": truth, "predictions": predictions}
