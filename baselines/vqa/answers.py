"""Answers in the wording of the ME-VQA annotation (MEGC2025 v1, MEGC2026 long videos), from one `Finding`.

The reference wording of free descriptions (v2) is not published; the combined sentence of v1 stands in.
"""

from collections.abc import Callable, Sequence

from baselines.action_units import names_text, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import COMBINED
from baselines.datasets.records import Event
from baselines.vqa.questions import LAST, ParsedQuestion
from baselines.vqa.records import Finding


def answer_text(question: ParsedQuestion, finding: Finding) -> str:
    """Return the answer to a question that a finding gives, worded as the table of question kinds says."""
    return WORDINGS[question.row.worded_as](question, finding)


def combined(units: Sequence[int], fine: str, broad: str, number: str = "") -> str:
    """Return the sentence that names AU numbers, fine and coarse class; `number` one or several picks the wording."""
    number = number or ("several" if len(units) > 1 else "one")
    return COMBINED[number].format(units=_names(units), fine=fine, coarse=broad)


def intervals(events: Sequence[Event], scope: str) -> str:
    """Return the sentence that counts events of a scope (expression, micro, macro) and gives their frames."""
    found = in_scope(events, scope)
    name = "expression" if scope == "expression" else f"{scope}-expression"
    listed = "; ".join(
        f"{n}-th {event.kind}-expression: frames {event.onset}-{event.offset}"
        + (f" (apex {event.apex})" if event.apex else "")
        for n, event in enumerate(found, start=1)
    )
    return f"{len(found)} {name} events" + (f". {listed}" if found else "")


def described(event: Event, finding: Finding) -> str:
    """Return the sentence that names units, fine and coarse class of one event; the video's class if it has none."""
    units = [parse_one(code).number for code in event.action_units]
    fine = event.emotion or finding.fine
    return combined(units, fine, coarse(fine) or finding.coarse)


def narrative(finding: Finding) -> str:
    """Return what happens in a whole video: where its events are, and what each shows."""
    events = [f"In the {n}-th event: {described(event, finding)}" for n, event in enumerate(finding.events, start=1)]
    return " ".join([f"{intervals(finding.events, 'expression')}.", *events])


def in_scope(events: Sequence[Event], scope: str) -> list[Event]:
    """Return the events of a scope: expression (all), micro or macro."""
    return [event for event in events if scope in ("expression", event.kind)]


def _field(question: ParsedQuestion, finding: Finding) -> str:
    (name,) = question.row.reports
    return getattr(finding, name)


def _units(question: ParsedQuestion, finding: Finding) -> str:
    return _names(finding.action_units)


def _unit_shown(question: ParsedQuestion, finding: Finding) -> str:
    return "yes" if question.action_unit in finding.action_units else "no"


def _count(question: ParsedQuestion, finding: Finding) -> str:
    return str(finding.counts.get(question.scope, len(in_scope(finding.events, question.scope))))


def _event_type(question: ParsedQuestion, finding: Finding) -> str:
    return f"{_asked_event(question, finding).kind if finding.events else 'micro'}-expression"


def _event_list(question: ParsedQuestion, finding: Finding) -> str:
    return intervals(finding.events, question.scope)


def _sentence(question: ParsedQuestion, finding: Finding) -> str:
    if question.scope == "video":
        return narrative(finding)
    if question.ordinal and finding.events:
        return described(_asked_event(question, finding), finding)
    return combined(finding.action_units, finding.fine, finding.coarse, question.number)


# `question_kinds.WORDED_AS` -> function of a `ParsedQuestion` and a `Finding`.
WORDINGS: dict[str, Callable[[ParsedQuestion, Finding], str]] = {
    "field": _field,
    "units": _units,
    "unit_shown": _unit_shown,
    "count": _count,
    "event_type": _event_type,
    "event_list": _event_list,
    "sentence": _sentence,
}


def _asked_event(question: ParsedQuestion, finding: Finding) -> Event:
    """Return the event that a question asks about, the last one if there are not so many."""
    if question.ordinal == LAST:
        return finding.events[-1]
    return finding.events[min(question.ordinal or 1, len(finding.events)) - 1]


def _names(units: Sequence[int]) -> str:
    return names_text(units) or "none"
