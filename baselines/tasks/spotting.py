"""Spotting: the intervals of micro- and macro-expressions in long videos."""

from baselines.scoring.spotting import spotting_scores
from baselines.spot_then_recognize import spot_video, spotting_row
from baselines.tasks.base import Task, annotated_videos, counted_headline, pooled, subject_of


class Spotting(Task):
    """Each video by a spotting rule; rules that learn nothing still report by subject."""

    name = "spotting"
    scored_as = "spotting"
    headline = "f1"

    def records(self, dataset):
        return annotated_videos(dataset)

    def prepare(self, recipe, dataset, jobs):
        return self.records(dataset)

    def run_fold(self, recipe, prepared, subject, seed):
        truth, predictions = [], []
        for video in prepared:
            if subject_of(video) == subject:
                truth += [spotting_row(video, event) for event in video.events]
                predictions += [spotting_row(video, found) for found in spot_video(video, recipe).intervals]
        return {"truth": truth, "predictions": predictions}

    def evaluate(self, rows, seed):
        truth = pooled(rows, "truth")
        scores = spotting_scores(truth, pooled(rows, "predictions"), seed=seed)
        figures = []
        for kind in ("overall", "micro", "macro"):
            n = sum(kind in ("overall", event["type"]) for event in truth)
            figures += counted_headline(scores, [(kind, metric) for metric in ("f1", "precision", "recall")], n)
        return figures

    def sides(self, rows):
        return pooled(rows, "truth"), pooled(rows, "predictions")

    def headline_paths(self, truth):
        return {kind: f"{kind}.f1" for kind in ("overall", "micro", "macro")}
