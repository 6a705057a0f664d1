"""What question-answer pairs tell of a clip: emotion, action units and their side, for training."""

from collections.abc import Sequence
from dataclasses import replace

from baselines.action_units import ActionUnit, numbers
from baselines.datasets.records import Clip, Event, Question, questions_by_clip
from baselines.vqa.questions import parse


def annotated_events(clips: Sequence[Clip], questions: Sequence[Question]) -> list[Event]:
    """Return the events of clips, each as `annotated_event` gives it."""
    asked = questions_by_clip(questions)
    return [annotated_event(clip.event, asked.get((clip.subject, clip.name), ())) for clip in clips]


def annotated_event(event: Event, questions: Sequence[Question]) -> Event:
    """Return an `Event` with the emotion and action units that the answers of its clip's `Question`s give.

    What the event has already stays where the answers are silent.
    """
    fine, units, sides = event.emotion, {}, {}
    for question in questions:
        asked = parse(question.text)
        if asked.kind == "fine" and question.answer:
            fine = question.answer.strip().lower()
        elif asked.kind == "action_units" and question.answer:
            units = dict.fromkeys(sorted(numbers(question.answer)))
        elif asked.kind == "side" and asked.action_unit:
            sides[asked.action_unit] = question.answer.strip().lower()
    codes = tuple(ActionUnit(number, sides.get(number, "")).code for number in units)
    return replace(event, emotion=fine, action_units=codes or event.action_units)
