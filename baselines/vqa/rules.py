"""The rule answerer: one finding a clip from what was measured and what its questions take for granted.

A question tells something of the truth by being asked. "What are the action units?" says that there are
several; a side is asked only of a unit that is present; and the annotation asks "is X shown" as often of a
present unit as of an absent one, so that for the unit asked about the odds are judged against even ones, not
against how rarely a unit of the table shows. With these the units are those whose odds exceed one, at
least one. All answers of a clip are worded from the same finding, so that they agree.
"""

import math
from dataclasses import replace

from baselines.action_units import ActionUnit, parse_one
from baselines.datasets.records import Event, coarse
from baselines.vqa.answers import answer_text
from baselines.vqa.questions import parse
from baselines.vqa.records import Answer, Evidence, Finding

# The units that mark each class most often (FACS investigator's guide, Ekman, Friesen & Hager 2002), likeliest
# first: the last resort when no unit was learned.
TYPICAL_UNITS = {"negative": (4, 7), "positive": (12, 6), "surprise": (1, 2), "others": (4, 7)}
# kind of question -> fields of the finding that it reports
REPORTS = {
    "coarse": ("coarse",), "fine": ("fine",), "action_units": ("action_units",), "shown": ("action_units",),
    "distinct_action_units": ("action_units", "events"), "side": ("side",),
    "count": ("events",), "event_type": ("events",), "intervals": ("events",),
}  # fmt: skip


class RuleAnswerer:
    """Answers from `Evidence`. together: read all questions about a clip before answering the first."""

    def __init__(self, together=True):
        self.together = together

    def answer(self, question, evidence):
        """Return the `Answer` to one `Question`."""
        return self.answer_clip([question], evidence)[0]

    def answer_clip(self, questions, evidence):
        """Return the `Answer`s to all questions about one clip or video; they do not contradict each other."""
        parsed = [parse(question.text) for question in questions]
        finding = conclude(evidence, parsed)
        found = [finding if self.together else conclude(evidence, [question]) for question in parsed]
        return [Answer(answer_text(q, f), _flag(q, f, evidence)) for q, f in zip(parsed, found)]


def conclude(evidence, questions=()):
    """Return the `Finding` of `Evidence` in the light of the `ParsedQuestion`s about it."""
    broad, fine = emotion(evidence)
    doubts = {}
    if not evidence.coarse:
        doubts["coarse"] = doubts["fine"] = "no expression was measured"
    elif fine not in evidence.fine:
        doubts["fine"] = f"no fine-grained name for {broad} expressions was learned"
    if evidence.left is None:
        doubts["side"] = "no one-sided action unit was learned"
    if evidence.events is None:
        units = present_units(evidence, questions, broad)
        events = (Event(1, 1, emotion=fine, action_units=_codes(units)),)
        doubts["events"] = "no events were spotted; taken as a clip of one micro-expression"
        if not evidence.action_units:
            doubts["action_units"] = "no action unit was learned; those typical of the emotion are named"
    else:
        events = evidence.events
        units = sorted({parse_one(code).number for event in events for code in event.action_units})
        if not units:
            doubts["action_units"] = "no expression was spotted"
    side = "left" if evidence.left is None or evidence.left >= 0.5 else "right"
    return Finding(broad, fine, tuple(units), side, events, doubts)


def emotion(evidence):
    """Return the coarse and the fine class that go together: those with the largest product of probabilities.

    Where a coarse class has no learned fine name, products say nothing; then the most probable coarse class
    decides, and gives its own name if it has no other.
    """
    broad = evidence.coarse
    pairs = {
        (coarse(fine), fine): p * broad[coarse(fine)] for fine, p in evidence.fine.items() if coarse(fine) in broad
    }
    if {name for name, _ in pairs} < set(broad):
        best = max(broad, key=broad.get)
        pairs = {pair: p for pair, p in pairs.items() if pair[0] == best} or {(best, best): 1.0}
    return max(pairs, key=pairs.get, default=("others", "others"))


def present_units(evidence, questions, broad):
    """Return the AU numbers, ascending, that are taken as present; at least one."""
    odds = {unit: _log_odds(p) for unit, p in evidence.action_units.items()}
    if not odds:
        odds = dict(zip(TYPICAL_UNITS[broad], (1.0, -1.0)))
    for question in questions:
        unit = question.action_unit
        if question.kind == "side" and unit:
            odds[unit] = math.inf
    for unit in {question.action_unit for question in questions if question.kind == "shown"} & set(odds):
        odds[unit] -= _log_odds(evidence.rate)
    ranked = sorted(odds, key=lambda unit: (-odds[unit], unit))
    number = {question.number for question in questions if question.kind in ("action_units", "combined")}
    least, most = (2 if "several" in number else 1), (1 if number == {"one"} else len(ranked))
    count = min(max(least, sum(value > 0 for value in odds.values())), most)
    return sorted(ranked[:count])


def video_evidence(events, evidences):
    """Return the `Evidence` of a long video: its spotted events with the emotion and units found in each."""
    findings = [conclude(evidence) for evidence in evidences]
    described = tuple(
        replace(event, emotion=finding.fine, action_units=_codes(finding.action_units))
        for event, finding in zip(events, findings, strict=True)
    )
    if not evidences:
        return Evidence(events=described)
    means = {field: _mean([getattr(e, field) for e in evidences]) for field in ("coarse", "fine", "action_units")}
    sides = [evidence.left for evidence in evidences if evidence.left is not None]
    left = sum(sides) / len(sides) if sides else None
    return Evidence(**means, left=left, rate=evidences[0].rate, events=described)


def _flag(question, finding, evidence):
    doubts = [finding.doubts[name] for name in _reported(question) if name in finding.doubts]
    if question.kind == "unknown":
        doubts.insert(0, "the question was not understood; the expression is described")
    if question.kind in ("shown", "side"):
        unit = question.action_unit
        if not unit:
            doubts.append("the question names no known action unit")
        elif evidence.action_units and unit not in evidence.action_units:
            doubts.append(f"{ActionUnit(unit).name} is too rare in the training clips to be learned")
    if question.kind == "event_type" and (question.ordinal or 1) > len(finding.events):
        doubts.append(f"only {len(finding.events)} events were spotted")
    return "; ".join(doubts)


def _reported(question):
    return REPORTS.get(question.kind, ("coarse", "fine", "action_units"))


def _codes(units):
    return tuple(ActionUnit(number).code for number in units)


def _mean(tables):
    names = list(dict.fromkeys(name for table in tables for name in table))
    return {name: sum(table.get(name, 0.0) for table in tables) / len(tables) for name in names}


def _log_odds(p):
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
