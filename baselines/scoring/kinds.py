"""The kinds of score by name: what the command `score` and the tables of `run-all` are made with."""

from baselines.scoring.recognition import RECOGNITION
from baselines.scoring.score import Score
from baselines.scoring.spotting import SPOTTING
from baselines.scoring.strs import STRS
from baselines.scoring.vqa import LVQA, VQA

SCORES: dict[str, Score] = {score.name: score for score in (SPOTTING, RECOGNITION, STRS, VQA, LVQA)}
