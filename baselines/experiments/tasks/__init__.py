"""The tasks of the challenge as experiments see them: what a fold is, how it is predicted, how rows are scored.

One module a task with a class of `Task`; under leave-one-subject-out a fold is one subject, and whatever
is fitted for it never sees that subject.
"""

from collections.abc import Collection

from baselines.experiments.tasks.base import Task
from baselines.experiments.tasks.lvqa import LongQuestionAnswering
from baselines.experiments.tasks.recognition import Recognition
from baselines.experiments.tasks.spotting import Spotting
from baselines.experiments.tasks.str import SpotThenRecognize
from baselines.experiments.tasks.vqa import QuestionAnswering
from baselines.scoring.kinds import SCORES
from baselines.scoring.score import Score

TASKS: dict[str, Task] = {
    task.name: task
    for task in (Recognition(), Spotting(), SpotThenRecognize(), QuestionAnswering(), LongQuestionAnswering())
}


def is_chosen(task: str, named: Collection[str]) -> bool:
    """Tell whether a task is among those named, by its name or that of the one it goes with; without names all are."""
    return not named or task in named or TASKS[task].part_of in named


def score_of(task: str) -> Score:
    """Return the kind of score of a task."""
    return SCORES[TASKS[task].scored_as]
