"""A tolerant parser of ME-VQA questions, and the way back to the challenge's wording."""

import re
from dataclasses import dataclass

from baselines.action_units import ActionUnit, find
from baselines.datasets.wordings import TEMPLATES

KINDS = (*dict.fromkeys(kind for kind, _ in TEMPLATES), "unknown")

_UNIT_CODE = re.compile(r"\b(?:[lrabt] ?au|au|action unit) ?[lrabt]? ?(\d{1,2})[a-e]?\b")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(r"\b(\d{1,6}) ?(?:st|nd|rd|th)\b|\bevent (?:number |no )?(\d{1,6})\b")


@dataclass(frozen=True)
class ParsedQuestion:
    """What a question asks.

    kind: one of `KINDS`. action_unit: AU number of `side` and `shown`, None if the question names none
    that is known. number: "one" or "several" units in `action_units` and `combined`. scope: expression,
    micro or macro in `count` and `intervals`. ordinal: the event asked about, from 1, or None.
    """

    kind: str
    action_unit: int | None = None
    number: str = ""
    scope: str = ""
    ordinal: int | None = None


def parse(text):
    """Return the `ParsedQuestion` of any text; what is not understood has kind `unknown`."""
    words = " ".join(re.sub(r"[^0-9a-z]+", " ", str(text).lower()).split())
    units = [*(int(match[1]) for match in _UNIT_CODE.finditer(words)), *find(words)]
    rest = _without_names(words)  # "tilt right" and "eyes left" are names, not sides

    def says(pattern):
        return re.search(rf"\b(?:{pattern})\b", rest) is not None

    about_units = bool(units) or says("action units?|aus?|facial actions?")
    micro, macro = says("micro|microexpressions?"), says("macro|macroexpressions?")
    scope = "expression" if micro == macro else "micro" if micro else "macro"
    number = "several" if says("action units|aus|facial actions") else "one"
    fine, broad = says("fine|finegrained|specific"), says("coarse|valence|polarity")

    if about_units and (fine or broad or says("expression class|emotions?")):
        return ParsedQuestion("combined", number=number)
    if says("reason over"):
        return ParsedQuestion("description")
    if not about_units and says("expressions?|events?|microexpressions?|macroexpressions?"):
        if says("locali[sz]e|intervals?"):
            return ParsedQuestion("intervals", scope=scope)
        if says("how many|number of|counts?"):
            return ParsedQuestion("count", scope=scope)
        if (micro and macro) or says("expression type|(?:type|kind) of (?:the )?expression|(?:which|what) type"):
            return ParsedQuestion("event_type", ordinal=_ordinal(rest))
    if says("analy[sz]e|analysis|describe|description|explain"):
        return ParsedQuestion("description", ordinal=_ordinal(rest))
    if about_units:
        return _about_units(units[0] if units else None, rest, says, number)
    if fine and not broad:
        return ParsedQuestion("fine")
    if broad or (says("positive") and says("negative")):
        return ParsedQuestion("coarse")
    if says("emotions?|feelings?|expression class|(?:which|what) expression"):
        return ParsedQuestion("fine")
    return ParsedQuestion("unknown")


def render(question):
    """Return the challenge's wording of a `ParsedQuestion` that has one; `ValueError` otherwise."""
    template = TEMPLATES.get((question.kind, question.number or question.scope))
    unit = ActionUnit(question.action_unit).name if question.action_unit else None
    if template is None or ("{unit}" in template and not unit) or ("{ordinal}" in template and not question.ordinal):
        raise ValueError(f"no wording for {question}")
    return template.format(unit=unit, ordinal=question.ordinal)


def _about_units(unit, words, says, number):
    if says("left|right|sides?"):
        return ParsedQuestion("side", unit)
    if unit or words.startswith("is the action unit "):
        return ParsedQuestion("shown", unit)
    if says("distinct|different|unique|(?:this|whole) video"):
        return ParsedQuestion("distinct_action_units")
    return ParsedQuestion("action_units", number=number)


def _without_names(words):
    for number in find(words):
        words = words.replace(ActionUnit(number).name, " ")
    return " ".join(words.split())


def _ordinal(words):
    match = _ORDINAL.search(words)
    if match:
        return int(match[1] or match[2]) or None
    spelled = [word for word in words.split() if word in _ORDINALS]
    return _ORDINALS.index(spelled[0]) + 1 if spelled else None
