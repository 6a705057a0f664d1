"""The tasks of the challenge as experiments see them: what a fold is, how it is predicted, how rows are scored.

One module a task with a class of `Task`; under leave-one-subject-out a fold is one subject, and whatever
is fitted for it never sees that subject.
"""

from baselines.tasks.recognition import Recognition
from baselines.tasks.spotting import Spotting
from baselines.tasks.str import SpotThenRecognize
from baselines.tasks.vqa import QuestionAnswering

TASKS = {task.name: task for task in (Recognition(), Spotting(), SpotThenRecognize(), QuestionAnswering())}
