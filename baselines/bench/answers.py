"""Bench rows of answers to questions: by the rules, and by the embedded vision model in a process of its own."""

import time
import warnings
from contextlib import closing
from functools import partial

import numpy as np

from baselines.action_units import NAMES
from baselines.bench.clips import flow_pictures
from baselines.bench.measure import row, seconds
from baselines.datasets.question_kinds import ADMISSIBLE, KINDS
from baselines.datasets.records import Question
from baselines.vqa.llama.guarded import missing_llama
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

UNIT = NAMES[12]


def answer_rows(extent):
    """Yield the rows of answers; without llama-cpp-python those of the rules only, and a warning says so."""
    questions = _questions()
    evidences = [_evidence(seed) for seed in range(extent.clips)]
    (taken,) = seconds([lambda: [answer_questions(questions, one) for one in evidences]], extent.long_repeats)
    number = extent.clips * len(questions)
    yield row("answers by the rules, evidence known", number / taken, "answers/s", least=1000)
    without = missing_llama()
    if without:
        warnings.warn(f"no rows of the embedded vision model: {without}", stacklevel=2)
    else:
        yield from _vision_rows(extent, questions)


def _vision_rows(extent, questions):
    from baselines.vqa.llama.answerer import Llama

    pictures, _, _ = flow_pictures(extent.clips, 1)
    closed = [question for question in questions if question.id in ADMISSIBLE]
    with closing(Llama(threads=1)) as model:
        shown = model.look(pictures)

        def answered(asked):
            return [model.answer_clip(asked, seen) for seen in shown]

        both = [partial(answered, questions), partial(answered, closed)]
        all_kinds, only_closed = seconds(both, 1, time.perf_counter)
    of_all, of_closed = (1000 * t / extent.clips for t in (all_kinds / len(questions), only_closed / len(closed)))
    yield row("answer by the embedded vision model, all kinds", of_all, "ms", most=30)
    yield row("answer by the embedded vision model, closed questions", of_closed, "ms", most=30)


def _questions():
    """Return the challenge's questions about one clip, with the names of their kinds as ids."""
    kinds = [kind for kind in KINDS.values() if kind.learned]
    return [Question(kind.name, "c", next(iter(kind.wordings.values())).format(unit=UNIT)) for kind in kinds]


def _evidence(seed):
    """Return evidence of a clip, drawn by chance."""
    rng = np.random.default_rng(seed)

    def classes(kind):
        return dict(zip(ADMISSIBLE[kind], rng.dirichlet(np.ones(len(ADMISSIBLE[kind]))).tolist()))

    shares = {
        name: {unit: float(share) for unit, share in zip(NAMES, rng.uniform(0.01, 0.9, len(NAMES)))}
        for name in ADMISSIBLE["fine"]
    }
    return Evidence(
        classes("coarse"),
        classes("fine"),
        dict(zip(NAMES, rng.uniform(0, 1, len(NAMES)).tolist())),
        0.4,
        unit_shares=shares,
    )
