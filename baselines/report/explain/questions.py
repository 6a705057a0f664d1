"""The chapter on questions: what is asked of a clip, what each answerer saw of it and says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from baselines.action_units import NAMES, read
from baselines.datasets.question_kinds import KINDS, find_kind
from baselines.report.explain.drawing import gallery
from baselines.report.explain.lesson import Chapter, Lesson
from baselines.report.pages.page import picture_uri
from baselines.vqa.answerers import Seen
from baselines.vqa.grounds import common_in_words, measured_in_words
from baselines.vqa.records import Answer

SHOWN_UNITS = 6
PANEL = 224  # px


@dataclass(frozen=True)
class Answered:
    """What one answerer saw of a clip, and what it answered to each question.

    grounds: what each answer rests on, as `vqa.grounds` tells it. failure: why it could not answer.
    """

    seen: Seen | None = None
    answers: Sequence[Answer] = ()
    grounds: Sequence[Mapping[str, Any]] = ()
    failure: str = ""


def clip_questions(lesson: Lesson) -> list[str]:
    """Return the challenge's questions about one clip, with an action unit that it shows, else the lip corners."""
    units = lesson.clip.event.action_units if lesson.clip.event else ()
    known = [NAMES[unit.number] for unit in read(" ".join(units)).units if unit.number in NAMES]
    unit = known[0] if known else NAMES[12]
    kinds = [kind for kind in map(find_kind, KINDS) if kind.learned or kind.name == "description"]
    wordings = [wording for kind in kinds for wording in kind.wordings.values()]
    return [wording.format(unit=unit) for wording in wordings]


def questions_chapter(lesson: Lesson, asked: Sequence[str], answered: Mapping[str, Answered], recipe: str) -> Chapter:
    """The questions with the answers of each answerer, side by side; recipe: what the rules measure by."""
    rows = [
        (
            text,
            [(one.answers[n], measured_in_words(one.grounds[n])) if one.answers else None for one in answered.values()],
        )
        for n, text in enumerate(asked)
    ]
    told = {name: common_in_words(one.grounds) for name, one in answered.items()}
    measured = next((one.seen.measured for one in answered.values() if one.seen and one.seen.measured), None)
    panel = next((one.seen.panel for one in answered.values() if one.seen and one.seen.panel is not None), None)
    units = sorted(measured.action_units.items(), key=lambda entry: -entry[1])[:SHOWN_UNITS] if measured else []
    enlarged = (
        None if panel is None else cv2.resize(panel, (PANEL, PANEL), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    )
    event = lesson.clip.event
    values = {
        "answerers": list(answered),
        "rows": rows,
        "told": {name: lines for name, lines in told.items() if lines},
        "failures": {name: one.failure for name, one in answered.items() if one.failure},
        "coarse": sorted(measured.coarse.items(), key=lambda entry: -entry[1]) if measured else [],
        "fine": sorted(measured.fine.items(), key=lambda entry: -entry[1]) if measured else [],
        "units": [(f"AU{number}", NAMES.get(number, ""), share) for number, share in units],
        "panel": None if enlarged is None else picture_uri(enlarged),
        "emotion": event.emotion if event else "",
        "action_units": ", ".join(event.action_units) if event else "",
    }
    differ = [text for text, answers in rows if len({one[0].text for one in answers if one is not None}) > 1]
    exercises = (
        (
            "In how many of these questions do the answerers disagree?",
            f"{len(differ)} of {len(rows)}." if len(answered) > 1 else "Only one answered here.",
        ),
    )
    code = (
        "from baselines.commands.answer import Options, look, make_answerer\n"
        "from baselines.commands.train import fit_analyst\n"
        "from baselines.datasets.records import Question\n"
        "from baselines.recognition.model import Model\n\n"
        f'recipe = load_recipe("{recipe}")\n'
        "model = Model(recipe, None, fit_analyst(recipe, replace(dataset, clips=others)), {})\n"
        'rules = make_answerer("rules", Options())\n'
        "[(seen, failure)] = look(rules, [clip], model)\n"
        f'answers = rules.answer_clip([Question("1", clip.name, text) for text in {list(asked[:2])!r}], seen)'
    )
    figure = gallery([enlarged], ["what the vision model sees"]) if enlarged is not None else None
    parameters = {"rules": f"classifiers on what {recipe} sees", "llama": "the embedded vision model, scored"}
    return Chapter("questions", "Questions", code, parameters, values, {}, exercises, figure)
