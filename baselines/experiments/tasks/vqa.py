"""ME-VQA: answers to questions about clips."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

from baselines.datasets.classes import coarse
from baselines.datasets.records import Clip, Dataset, Question, Video, questions_about
from baselines.errors import InputError
from baselines.experiments.tasks.base import Failed, Seen, Task, failed_in, told
from baselines.experiments.tasks.shared import Take, alone
from baselines.parts import build_part
from baselines.recipes import Recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.protocols import Fold
from baselines.recognition.representation import supports
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.answerers import Asked, Prior, answered
from baselines.vqa.records import Answer


@dataclass(frozen=True)
class Prepared:
    """Clips with the questions about each, and the classifiers to fit on others of them.

    answers: those to the questions about each clip, of an answerer that learns nothing; None for any other. unseen: the
    questions about each of the clips that failed, by database, subject and name.
    """

    asked: Asked
    analyst: ClipAnalyst
    failed: list[Failed]
    unseen: Mapping[tuple[str, str, str], Sequence[Question]]
    answers: Sequence[Sequence[Answer]] | None = None


class QuestionAnswering(Task):
    """The rules measure each clip with classifiers fitted on other subjects; the prior floor looks at none.

    The embedded vision model was trained on synthetic subjects of its own and sees no training clip. The hybrid pools
    it with the classifiers, by a weight fitted on subjects that those were not fitted on.
    """

    name = "vqa"
    scored_as = "vqa"

    def records(self, dataset: Dataset) -> list[Clip]:
        asked = questions_about(dataset.clips, dataset.questions)
        return [in_known_words(clip) for clip, questions in zip(dataset.clips, asked) if clip.label and questions]

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        clips = self.records(dataset)
        return bool(clips) and all(supports(recipe.steps["representation"], clip) for clip in clips)

    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Prepared:
        seen = Seen.of(self.records(dataset), recipe.steps["representation"], jobs)
        clips, X = seen.clips, seen.arrays
        analyst = ClipAnalyst(kernels=emotion_kernels(recipe))
        with closing(build_part("answerer", recipe.steps["answerer"])) as answerer:
            samples = analyst.share(Samples(X)) if answerer.measures else Samples(X)
            asked = Asked(clips, questions_about(clips, dataset.questions), samples, answerer.look(X))
            answers = None if answerer.learns else answered(answerer, asked)
        failed = [one.record for one in seen.failed]
        unseen = dict(zip(map(_place, failed), questions_about(failed, dataset.questions)))
        return Prepared(asked, analyst, seen.failed, unseen, answers)

    def run(self, recipe: Recipe, prepared: Prepared, fold: Fold, seed: int) -> dict[str, Any]:
        trained, tested = fold.split(prepared.asked.clips)
        mine = prepared.asked.take(tested)
        if prepared.answers is None:
            with closing(build_part("answerer", recipe.steps["answerer"])) as answerer:
                answers = answered(answerer.fit(prepared.asked.take(trained), prepared.analyst), mine)
        else:
            answers = list(compress(prepared.answers, tested))
        about = [*zip(mine.clips, mine.questions, answers)]
        failed = failed_in(prepared.failed, fold)
        if failed:  # answered without a look
            prior = Prior().fit(prepared.asked.take(trained))
            questions = [prepared.unseen[_place(one.record)] for one in failed]
            about += [(one.record, asked, prior.answer_clip(asked)) for one, asked in zip(failed, questions)]
        return {"predictions": [row for one in about for row in answer_rows(*one)], **told(failed)}


def _place(clip: Clip) -> tuple[str, str, str]:
    return clip.dataset, clip.subject, clip.name


def in_known_words(clip: Clip) -> Clip:
    """Return a clip whose emotion questions can be about: a word of a manifest's own is its coarse class."""
    if clip.event is None or clip.label is None or coarse(clip.event.emotion):
        return clip
    return replace(clip, event=replace(clip.event, emotion=clip.label))


def emotion_kernels(recipe: Recipe) -> Sequence[Mapping[str, Any]] | None:
    """Return the kernels of the recognition recipe that `emotions` names, None where a recipe has no such step."""
    if "emotions" not in recipe.named:
        return None
    kernels = recipe.named["emotions"].steps.get("kernels")
    if not kernels:
        raise InputError(
            f"recipe {recipe.name}: steps.emotions: {recipe.steps['emotions']!r} has no kernels; name a recipe that has"
        )
    return kernels


def answer_rows(clip: Clip | Video, questions: Sequence[Question], answers: Sequence[Answer]) -> list[dict[str, str]]:
    """Return the rows of the answers to questions about a clip or video in the results."""
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
