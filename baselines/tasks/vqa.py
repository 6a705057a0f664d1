"""ME-VQA: answers to questions about clips."""

import numpy as np

from baselines.recognition.representation import represent, supports
from baselines.scoring.vqa import vqa_scores
from baselines.tasks.base import Task, counted_headline, pooled, subject_of
from baselines.vqa.annotation import annotated_event
from baselines.vqa.evidence import ClipAnalyst
from baselines.vqa.prior import PriorAnswerer
from baselines.vqa.rules import RuleAnswerer

FIGURES = [
    ("coarse", "uf1"), ("coarse", "uar"), ("fine", "uf1"), ("fine", "uar"), ("action_units", "f1"),
    ("yes_no", "accuracy"), ("side", "accuracy"), ("bleu", "corpus-nltk-regex"), ("rouge", "rouge1-f1"),
]  # fmt: skip


class QuestionAnswering(Task):
    """The rules measure each clip with classifiers fitted on the other subjects; the prior floor looks at none."""

    name = "vqa"
    scored_as = "vqa"
    headline = "coarse_uf1"

    def records(self, dataset):
        asked = {(question.subject, question.video) for question in dataset.questions}
        return [clip for clip in dataset.clips if clip.label and (clip.subject, clip.name) in asked]

    def fits(self, recipe, dataset):
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def prepare(self, recipe, dataset, jobs):
        clips = self.records(dataset)
        asked = {}
        for question in dataset.questions:
            asked.setdefault((question.subject, question.video), []).append(question)
        questions = [asked[clip.subject, clip.name] for clip in clips]
        return clips, questions, represent(clips, recipe.steps["representation"], jobs)

    def run_fold(self, recipe, prepared, subject, seed):
        clips, questions, X = prepared
        held_out = np.array([subject_of(clip) == subject for clip in clips])
        training, mine = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        if recipe.steps["answerer"]["name"] == "prior":
            answerer = PriorAnswerer().fit([question for n in training for question in questions[n]])
            evidences = [None] * len(mine)
        else:
            answerer = RuleAnswerer()
            events = [annotated_event(clips[n].event, questions[n]) for n in training]
            evidences = ClipAnalyst().fit(X[training], events).predict(X[mine])
        rows = []
        for n, evidence in zip(mine, evidences):
            for question, answer in zip(questions[n], answerer.answer_clip(questions[n], evidence)):
                rows.append(
                    {
                        "id": question.id,
                        "dataset": clips[n].dataset,
                        "subject": clips[n].subject,
                        "video": clips[n].name,
                        "question": question.text,
                        "answer": question.answer,
                        "prediction": answer.text,
                    }
                )
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
