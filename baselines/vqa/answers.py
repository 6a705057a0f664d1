"""Answers in the wording of the ME-VQA annotation (MEGC2025 v1, MEGC2026 long videos), from one `Finding`.

The reference wording of free descriptions (v2) is not published; the combined sentence of v1 stands in.
"""

from baselines.action_units import names_text, parse_one
from baselines.datasets.records import coarse
from baselines.datasets.wordings import COMBINED
from baselines.vqa.questions import LAST


def answer_text(question, finding):
    """Return the answer to a `ParsedQuestion` that a `Finding` gives."""
    kind = question.kind
    if kind in ("coarse", "fine"):
        return getattr(finding, kind)
    if kind in ("action_units", "distinct_action_units"):
        return _units_text(finding.action_units)
    if kind == "shown":
        return "yes" if question.action_unit in finding.action_units else "no"
    if kind == "side":
        return finding.side
    if kind == "count":
        return str(len(in_scope(finding.events, question.scope)))
    if kind == "event_type":
        return f"{_nth(finding.events, question.ordinal).kind}-expression" if finding.events else "micro-expression"
    if kind == "intervals":
        return intervals(finding.events, question.scope)
    if question.scope == "video":
        return narrative(finding)
    if question.ordinal and finding.events:
        return described(_nth(finding.events, question.ordinal), finding)
    return combined(finding.action_units, finding.fine, finding.coarse, question.number)


def combined(units, fine, broad, number=""):
    """Return the sentence that names AU numbers, fine and coarse class; `number` one or several picks the wording."""
    number = number or ("several" if len(units) > 1 else "one")
    return COMBINED[number].format(units=_units_text(units), fine=fine, coarse=broad)


def intervals(events, scope):
    """Return the sentence that counts events of a scope (expression, micro, macro) and gives their frames."""
    found = in_scope(events, scope)
    name = "expression" if scope == "expression" else f"{scope}-expression"
    listed = "; ".join(
        f"{n}-th {event.kind}-expression: frames {event.onset}-{event.offset}"
        + (f" (apex {event.apex})" if event.apex else "")
        for n, event in enumerate(found, start=1)
    )
    return f"{len(found)} {name} events" + (f". {listed}" if found else "")


def described(event, finding):
    """Return the sentence that names units, fine and coarse class of one event; the video's class if it has none."""
    units = [parse_one(code).number for code in event.action_units]
    fine = event.emotion or finding.fine
    return combined(units, fine, coarse(fine) or finding.coarse)


def narrative(finding):
    """Return what happens in a whole video: where its events are, and what each shows."""
    events = [f"In the {n}-th event: {described(event, finding)}" for n, event in enumerate(finding.events, start=1)]
    return " ".join([f"{intervals(finding.events, 'expression')}.", *events])


def in_scope(events, scope):
    """Return the events of a scope: expression (all), micro or macro."""
    return [event for event in events if scope in ("expression", event.kind)]


def _nth(events, ordinal):
    return events[-1 if ordinal == LAST else min(ordinal or 1, len(events)) - 1]


def _units_text(units):
    return names_text(units) or "none"
