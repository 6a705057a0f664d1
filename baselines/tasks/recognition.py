"""Recognition: the coarse emotion of clips."""

import numpy as np

from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports
from baselines.scoring.recognition import recognition_scores
from baselines.tasks.base import Task, counted_headline, labelled_clips, pooled, subject_of


class Recognition(Task):
    """Each clip's emotion by a recognizer fitted on the other subjects' clips."""

    name = "recognition"
    scored_as = "recognition"
    headline = "uf1"

    def records(self, dataset):
        return labelled_clips(dataset)

    def fits(self, recipe, dataset):
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def prepare(self, recipe, dataset, jobs):
        clips = self.records(dataset)
        return clips, represent(clips, recipe.steps["representation"], jobs)

    def run_fold(self, recipe, prepared, subject, seed):
        clips, X = prepared
        labels = np.array([clip.label for clip in clips])
        held_out = np.array([subject_of(clip) == subject for clip in clips])
        recognizer = Recognizer.from_recipe(recipe, seed).fit(X[~held_out], labels[~held_out])
        predicted = recognizer.predict(X[held_out])
        mine = [clip for clip, out in zip(clips, held_out) if out]
        return {
            "predictions": [
                {
                    "dataset": clip.dataset,
                    "subject": clip.subject,
                    "clip": clip.name,
                    "label": clip.label,
                    "prediction": str(label),
                }
                for clip, label in zip(mine, predicted)
            ]
        }

    def evaluate(self, rows, seed):
        scores = recognition_scores(pooled(rows, "predictions"), seed=seed)
        databases = scores["per_dataset"]
        figures = counted_headline(scores, [("uf1",), ("uar",), ("accuracy",)], scores["n"])
        if len(databases) > 1:
            for name, part in databases.items():
                figures += counted_headline(scores, [("per_dataset", name, m) for m in ("uf1", "uar")], part["n"])
        return figures

    def sides(self, rows):
        predictions = pooled(rows, "predictions")
        return [{**row, "prediction": None} for row in predictions], predictions

    def headline_paths(self, truth):
        databases = sorted({clip["dataset"] for clip in truth})
        return {"all": "uf1"} | {name: f"per_dataset.{name}.uf1" for name in databases}
