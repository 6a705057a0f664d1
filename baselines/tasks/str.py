"""ME-STR: spot the micro-expressions in a long video, then recognize the emotion of each."""

import numpy as np

from baselines.datasets.records import coarse
from baselines.recipes import load_recipe
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports
from baselines.scoring.strs import strs_scores
from baselines.spot_then_recognize import recognize_events, spotting_lessons, spotting_row
from baselines.tasks.base import Task, annotated_videos, counted_headline, labelled_clips, pooled, subject_of
from baselines.tasks.spotting import can_learn, spotter_without


class SpotThenRecognize(Task):
    """A recipe names a spotting recipe and a recognition recipe, fitted on the other subjects' clips."""

    name = "str"
    scored_as = "strs"
    headline = "strs"

    def records(self, dataset):
        return annotated_videos(dataset)

    def parts(self, recipe):
        return recipe.steps["spotting"], recipe.steps["recognition"]

    def fits(self, recipe, dataset):
        settings = load_recipe(recipe.steps["recognition"]).steps["representation"]
        clips = labelled_clips(dataset)
        spottable = can_learn(load_recipe(recipe.steps["spotting"]), self.records(dataset))
        return bool(spottable and clips) and all(supports(settings, clip) for clip in clips)

    def prepare(self, recipe, dataset, jobs):
        clips = labelled_clips(dataset)
        settings = load_recipe(recipe.steps["recognition"]).steps["representation"]
        videos = self.records(dataset)
        lessons = spotting_lessons(load_recipe(recipe.steps["spotting"]), videos, jobs)
        return (videos, lessons), clips, represent(clips, settings, jobs)

    def run_fold(self, recipe, prepared, subject, seed):
        spotting, clips, X = prepared
        recognition = load_recipe(recipe.steps["recognition"])
        subjects = np.array([subject_of(clip) for clip in clips])
        others = subjects != subject
        labels = np.array([clip.label for clip in clips])
        recognizer = Recognizer.from_recipe(recognition, seed).fit(X[others], labels[others], subjects[others])
        spotter = spotter_without(load_recipe(recipe.steps["spotting"]), spotting, subject, seed)
        truth, predictions = [], []
        for video in spotting[0]:
            if subject_of(video) != subject:
                continue
            spotted = spotter.predict(video.frames, video.fps)
            predictions += recognize_events(video, spotted.intervals, recognizer, recognition)
            truth += [
                {**spotting_row(video, event), "emotion": coarse(event.emotion) or "others"}
                for event in video.events
                if event.kind == "micro"
            ]
        return {"truth": truth, "predictions": predictions}

    def evaluate(self, rows, seed):
        truth = pooled(rows, "truth")
        scores = strs_scores(truth, pooled(rows, "predictions"), seed=seed)
        names = [("strs",), ("spotting", "f1"), ("analysis", "f1"), ("analysis", "uf1"), ("analysis", "uar")]
        figures = counted_headline(scores, names, len(truth))
        return [{**figure, "subset": "all", "metric": "_".join(name)} for name, figure in zip(names, figures)]

    def sides(self, rows):
        return pooled(rows, "truth"), pooled(rows, "predictions")

    def headline_paths(self, truth):
        return {"all": "strs"}
