"""Recognition: the coarse emotion of clips."""

import numpy as np

from baselines.errors import InputError
from baselines.metrics import recognition
from baselines.metrics.uncertainty import interval
from baselines.recognition.kernels import Samples
from baselines.recognition.protocols import PROTOCOLS
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, supports
from baselines.scoring.recognition import recognition_scores
from baselines.tasks.base import Task, counted_headline, labelled_clips, pooled, subject_of


class Recognition(Task):
    """Each clip's emotion by a recognizer fitted on other subjects' clips.

    Without a named protocol every subject of the dataset is left out in turn: `composite` if the dataset holds
    several databases, `loso` if it is one.
    """

    name = "recognition"
    scored_as = "recognition"
    headline = "uf1"
    protocols = PROTOCOLS

    def records(self, dataset):
        return labelled_clips(dataset)

    def fits(self, recipe, dataset):
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def protocol(self, dataset, named=None):
        databases = {clip.dataset for clip in self.records(dataset)}
        return super().protocol(dataset, named or ("composite" if len(databases) > 1 else "loso"))

    def prepare(self, recipe, dataset, jobs):
        clips = self.records(dataset)
        samples = Samples(represent(clips, recipe.steps["representation"], jobs))
        return clips, Recognizer.from_recipe(recipe).share(samples)

    def run(self, recipe, prepared, fold, seed):
        clips, samples = prepared
        subjects = np.array([subject_of(clip) for clip in clips])
        training, tested = fold.split(subjects)
        if not training.any():
            raise InputError(f"fold {fold.name}: no other subject to train on; name another --protocol or more data")
        labels = [clip.label for clip, chosen in zip(clips, training) if chosen]
        recognizer = Recognizer.from_recipe(recipe, seed).fit(samples[training], labels, subjects[training])
        classes = recognizer.classes_.tolist()
        return {
            "predictions": [
                {
                    "dataset": clip.dataset,
                    "subject": clip.subject,
                    "clip": clip.name,
                    "label": clip.label,
                    "prediction": classes[int(row.argmax())],
                    "probabilities": dict(zip(classes, row.round(4).tolist())),
                }
                for clip, row in zip(
                    (clip for clip, chosen in zip(clips, tested) if chosen), recognizer.predict_proba(samples[tested])
                )
            ]
        }

    def evaluate(self, rows, seed):
        predictions = pooled(rows, "predictions")
        scores = recognition_scores(predictions, seed=seed)
        databases = scores["per_dataset"]
        figures = counted_headline(scores, [("uf1",), ("uar",), ("accuracy",)], scores["n"])
        if all("probabilities" in row for row in predictions):  # rows of earlier versions have none
            figures.append(figures[0] | {"metric": "ece"} | calibration(predictions, seed))
        if len(databases) > 1:
            for name, part in databases.items():
                figures += counted_headline(scores, [("per_dataset", name, m) for m in ("uf1", "uar")], part["n"])
        task, _, settings = figures[0]["signature"].partition("|")
        signature = f"{task}|protocol:{rows[0].get('protocol', 'not recorded')}|ece:{recognition.BINS}-bins|{settings}"
        return [{**figure, "signature": signature} for figure in figures]

    def sides(self, rows):
        predictions = pooled(rows, "predictions")
        said = {"prediction": None, "probabilities": None}
        return [{**row, **said} for row in predictions], predictions

    def headline_paths(self, truth):
        databases = sorted({clip["dataset"] for clip in truth})
        return {"all": "uf1"} | {name: f"per_dataset.{name}.uf1" for name in databases}


def calibration(predictions, seed=0):
    """Return {value, ci_low, ci_high}: the expected calibration error of predictions with their probabilities."""
    correct = [row["prediction"] == row["label"] for row in predictions]
    confidence = [max(row["probabilities"].values()) for row in predictions]
    units, groups = np.unique([f"{row['dataset']}/{row['subject']}" for row in predictions], return_inverse=True)
    counts = recognition.calibration_counts(correct, confidence, groups, len(units))
    error = recognition.expected_calibration_error
    low, high = interval(counts, error, seed=seed) or (None, None)
    return {"value": float(error(counts.sum(axis=0))), "ci_low": low, "ci_high": high}
