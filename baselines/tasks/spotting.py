"""Spotting: the intervals of micro- and macro-expressions in long videos."""

from baselines.scoring.spotting import spotting_scores
from baselines.spot_then_recognize import learns, make_spotter, spotting_lessons, spotting_row
from baselines.tasks.base import Task, annotated_videos, counted_headline, pooled, subject_of


class Spotting(Task):
    """Each video by a spotting method, fitted on the other subjects if it learns; others report by subject, too."""

    name = "spotting"
    scored_as = "spotting"
    headline = "f1"

    def records(self, dataset):
        return annotated_videos(dataset)

    def fits(self, recipe, dataset):
        return can_learn(recipe, self.records(dataset))

    def prepare(self, recipe, dataset, jobs):
        videos = self.records(dataset)
        return videos, spotting_lessons(recipe, videos, jobs)

    def run_fold(self, recipe, prepared, subject, seed):
        spotter = spotter_without(recipe, prepared, subject, seed)
        truth, predictions = [], []
        for video in prepared[0]:
            if subject_of(video) == subject:
                truth += [spotting_row(video, event) for event in video.events]
                found = spotter.predict(video.frames, video.fps).intervals
                predictions += [spotting_row(video, interval) for interval in found]
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


def can_learn(recipe, videos):
    """Tell whether there are videos, of several subjects for a spotting recipe that learns from the others."""
    return len({subject_of(video) for video in videos}) > int(learns(recipe))


def spotter_without(recipe, prepared, subject, seed):
    """Return the spotter of a recipe for a subject; one that learns is fitted on the others' videos.

    prepared: (videos, what `spotting_lessons` gives for them).
    """
    videos, lessons = prepared
    others = lessons and [lesson for video, lesson in zip(videos, lessons) if subject_of(video) != subject]
    return make_spotter(recipe, others, seed)
