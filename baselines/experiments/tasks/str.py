"""ME-STR: spot the micro-expressions in a long video, then recognize the emotion of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Any

import numpy as np

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Dataset, Event, Video
from baselines.errors import InputError, seen
from baselines.experiments.tasks.base import Failed, Seen, Task, annotated_videos, failed_in, labelled_clips, told
from baselines.experiments.tasks.shared import Take, alone
from baselines.experiments.tasks.spotting import Prepared as PreparedSpotting
from baselines.experiments.tasks.spotting import can_learn, event_row, fitted_spotter, prepared_spotting
from baselines.recipes import Recipe
from baselines.recognition.intervals import recognize_events
from baselines.recognition.protocols import Fold
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import supports
from baselines.spotting.base import Spotter


@dataclass(frozen=True)
class Prepared:
    """What the spotter has, and what is seen of the clips that the recognizer learns from."""

    spotting: PreparedSpotting
    seen: Seen


class SpotThenRecognize(Task):
    """A recipe names a spotting recipe and a recognition recipe, fitted on other subjects' clips."""

    name = "str"
    scored_as = "strs"
    in_classes = True

    def records(self, dataset: Dataset) -> list[Video]:
        return annotated_videos(dataset)

    def learned(self, dataset: Dataset) -> Sequence[Clip | Video]:
        return [*self.records(dataset), *labelled_clips(dataset)]

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        settings = recipe.named["recognition"].steps["representation"]
        clips = labelled_clips(dataset)
        spottable = can_learn(recipe.named["spotting"], self.records(dataset))
        return bool(spottable and clips) and all(supports(settings, clip) for clip in clips)

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Prepared:
        settings = recipe.named["recognition"].steps["representation"]
        spotting = prepared_spotting(recipe.named["spotting"], self.records(dataset), jobs)
        seen = partial(Seen.of, labelled_clips(dataset), settings, jobs)
        return Prepared(spotting, take("seen", json.dumps(settings, sort_keys=True), seen))

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        recognition = recipe.named["recognition"]
        clips, videos = prepared.seen.clips, prepared.spotting.videos
        others, _ = fold.split(clips)
        if not others.any():
            raise InputError("no clip of another subject to train on; name another --protocol or more data")
        labels, subjects = (np.array([of(clip) for clip in clips]) for of in (lambda clip: clip.label, subject_of))
        recognizer = Recognizer.from_recipe(recognition, seed)
        recognizer.fit(prepared.seen.arrays[others], labels[others], subjects[others])
        trained, tested = fold.split(videos)
        spotter = fitted_spotter(recipe.named["spotting"], prepared.spotting, trained, seed)
        truth: list[dict[str, Any]] = []
        predictions: list[dict[str, Any]] = []
        failed = failed_in(prepared.spotting.failed, fold)
        for one in failed:
            truth += _truth_of(one.record)
        for video in compress(videos, tested):
            found, why = seen(_recognized, video, spotter, recognizer, recognition)
            failed += [Failed(video, why)] if why else []
            predictions += found or []
            truth += _truth_of(video)
        return {"truth": truth, "predictions": predictions, **told([*failed, *failed_in(prepared.seen.failed, fold)])}


def _recognized(video: Video, spotter: Spotter, recognizer: Recognizer, recipe: Recipe) -> list[dict[str, Any]]:
    """Return a row of each expression that is spotted in a video and recognized."""
    intervals = spotter.predict(video.frames, video.fps).intervals
    found = recognize_events(video, intervals, recognizer, recipe)
    return [{**event_row(video, interval), "emotion": emotion} for interval, emotion in found]


def _truth_of(video: Video) -> list[dict[str, Any]]:
    return [
        {**event_row(video, event), "emotion": class_of_event(video, event)}
        for event in video.events or ()
        if event.kind == "micro"
    ]


def class_of_event(video: Video, event: Event) -> str:
    """Return the class of an event. It is empty for one in no class: such an event is to be spotted and no more.

    An event without an emotion is one of `others`, where there is that class.
    """
    if not event.emotion and "others" in video.classes.classes:
        return "others"
    return video.classes.label(event.emotion) or ""
