"""ME-VQA: answers to questions about clips."""

import numpy as np

from baselines.datasets.records import questions_by_clip
from baselines.recognition.kernels import Samples
from baselines.recognition.representation import represent, supports
from baselines.scoring.vqa import vqa_scores
from baselines.tasks.base import Task, counted_headline, pooled, subject_of
from baselines.vqa.annotation import annotated_event
from baselines.vqa.evidence import ClipAnalyst
from baselines.vqa.pooling import inner_weight, pool
from baselines.vqa.prior import PriorAnswerer
from baselines.vqa.rules import RuleAnswerer
from baselines.vqa.vision import vision_answers, vision_evidence

FIGURES = [
    ("coarse", "uf1"), ("coarse", "uar"), ("fine", "uf1"), ("fine", "uar"), ("action_units", "f1"),
    ("yes_no", "accuracy"), ("side", "accuracy"), ("bleu", "corpus-nltk-regex"), ("rouge", "rouge1-f1"),
]  # fmt: skip


class QuestionAnswering(Task):
    """The rules measure each clip with classifiers fitted on the other subjects; the prior floor looks at none.

    The embedded vision model was trained on synthetic subjects of its own and sees no training clip. The hybrid pools
    it with the classifiers, by a weight fitted on subjects that those were not fitted on.
    """

    name = "vqa"
    scored_as = "vqa"
    headline = "coarse_uf1"

    def records(self, dataset):
        asked = questions_by_clip(dataset.questions)
        return [clip for clip in dataset.clips if clip.label and (clip.subject, clip.name) in asked]

    def fits(self, recipe, dataset):
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def prepare(self, recipe, dataset, jobs):
        clips = self.records(dataset)
        asked = questions_by_clip(dataset.questions)
        questions = [asked[clip.subject, clip.name] for clip in clips]
        X = represent(clips, recipe.steps["representation"], jobs)
        answerer = recipe.steps["answerer"]["name"]
        seen = vision_evidence(X) if answerer == "hybrid" else None
        said = vision_answers(X, questions) if answerer == "llama" else None
        samples = ClipAnalyst.share(Samples(X)) if answerer in ("rules", "hybrid") else X
        return clips, questions, samples, seen, said

    def run_fold(self, recipe, prepared, subject, seed):
        clips, questions, X, seen, said = prepared
        held_out = np.array([subject_of(clip) == subject for clip in clips])
        training, mine = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        name = recipe.steps["answerer"]["name"]
        if name == "llama":
            return {"predictions": [row for n in mine for row in _rows(clips[n], questions[n], said[n])]}
        if name == "prior":
            answerer = PriorAnswerer().fit([question for n in training for question in questions[n]])
            evidences = [None] * len(mine)
        else:
            answerer = RuleAnswerer()
            events = [annotated_event(clips[n].event, questions[n]) for n in training]
            evidences = ClipAnalyst().fit(X[training], events).predict(X[mine])
        if name == "hybrid":
            subjects = [subject_of(clips[n]) for n in training]
            weight = inner_weight(X[training], events, subjects, [seen[n] for n in training])
            evidences = [pool(seen[n], evidence, weight) for n, evidence in zip(mine, evidences)]
        rows = []
        for n, evidence in zip(mine, evidences):
            rows += _rows(clips[n], questions[n], answerer.answer_clip(questions[n], evidence))
        return {"predictions": rows}

    def evaluate(self, rows, seed):
        rows = pooled(rows, "predictions")
        scores = vqa_scores(rows, [row["prediction"] for row in rows], per_dataset=False, seed=seed)
        figures = []
        for name in FIGURES:
            if name[1] in scores.get(name[0], {}):
                n = scores[name[0]].get("n", len(rows))
                (figure,) = counted_headline(scores, [name], n)
                figures.append({**figure, "subset": "all", "metric": "_".join(name)})
        return figures

    def sides(self, rows):
        rows = pooled(rows, "predictions")
        return [{**row, "prediction": None} for row in rows], [row["prediction"] for row in rows]

    def headline_paths(self, truth):
        return {"all": "coarse.uf1"}


def _rows(clip, questions, answers):
    return [
        {
            "id": question.id,
            "dataset": clip.dataset,
            "subject": clip.subject,
            "video": clip.name,
            "question": question.text,
            "answer": question.answer,
            "prediction": answer.text,
        }
        for question, answer in zip(questions, answers)
    ]
