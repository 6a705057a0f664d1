"""The rules: one finding a clip from what was measured and what its questions take for granted, and its answers.

A question tells something of the truth by being asked. "What are the action units?" says that there are
several; a side is asked only of a unit that is present; and the annotation asks "is X shown" as often of a
present unit as of an absent one, so that for the unit asked about the odds are judged against even ones, not
against how rarely a unit of the table shows. With these the units are those whose odds exceed one, at
least one. The emotion is the one that the picture and these units speak for. All answers of a clip are worded
from the same finding, so that they agree.

The confidence of an answer is the probability of what it reports, of several things the lowest. Emotion: that of
the pair of coarse and fine class among all pairs that go together. A unit asked about: that it is present or
absent; where a question tells that there is one unit, that it is this one. A list of units: the mean probability
of those named. Counts and types of events have none. Units are taken as independent, which makes emotions a little
too sure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scipy.special import expit, softmax

from baselines.action_units import ActionUnit, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import UNKNOWN
from baselines.datasets.records import Event, Question
from baselines.vqa.answers import answer_text, in_scope
from baselines.vqa.counting import SCOPES, least_events, shared_out
from baselines.vqa.questions import ParsedQuestion, parse
from baselines.vqa.records import Answer, Evidence, Finding

# The units that mark each class most often (FACS investigator's guide, Ekman, Friesen & Hager 2002), likeliest
# first: the last resort when no unit was learned.
TYPICAL_UNITS = {"negative": (4, 7), "positive": (12, 6), "surprise": (1, 2), "others": (4, 7)}
SURE = 30.0  # log odds, as good as infinite


def answer_questions(
    questions: Sequence[Question], evidence: Evidence, together: bool = True, use_wording: bool = False
) -> list[Answer]:
    """Return the `Answer`s to all questions about one clip or video; they do not contradict each other.

    together: read all questions before answering the first; without it each is answered as if it were alone.
    use_wording: as in `conclude`.
    """
    parsed = [parse(question.text) for question in questions]
    whole = conclude(evidence, parsed, use_wording) if together else None
    found = [whole or conclude(evidence, [question], use_wording) for question in parsed]
    return [Answer(answer_text(q, f), _flag(q, f, evidence), _confidence(q, f)) for q, f in zip(parsed, found)]


def conclude(evidence: Evidence, questions: Sequence[ParsedQuestion] = (), use_wording: bool = False) -> Finding:
    """Return the `Finding` of `Evidence` in the light of the `ParsedQuestion`s about it.

    use_wording: a question about the n-th event of a video tells that there are at least n (`vqa.counting`).
    """
    odds = unit_odds(evidence, questions)
    presence = unit_probabilities(odds, questions) if evidence.action_units and evidence.events is None else {}
    pairs = emotions(evidence, presence)
    broad, fine = max(pairs, key=pairs.get, default=("others", "others"))
    doubts, confidence = {}, _emotion_confidence(evidence, pairs, broad, fine)
    if not evidence.coarse:
        doubts["coarse"] = doubts["fine"] = "no expression was measured"
    elif fine not in evidence.fine:
        doubts["fine"] = f"no fine-grained name for {broad} expressions was learned"
    if evidence.left is None:
        doubts["side"] = "no one-sided action unit was learned"
    if evidence.events is None:
        if not evidence.action_units:
            odds = dict(zip(TYPICAL_UNITS[broad], (1.0, -1.0))) | odds
        units = present_units(odds, questions)
        events = (Event(1, 1, emotion=fine, action_units=_codes(units)),)
        doubts["events"] = "no events were spotted; taken as a clip of one micro-expression"
        if not evidence.action_units:
            doubts["action_units"] = "no action unit was learned; those typical of the emotion are named"
        else:
            confidence["action_units"] = sum(presence[unit] for unit in units) / len(units)
    else:
        events = evidence.events
        units = sorted({parse_one(code).number for event in events for code in event.action_units})
        if not units:
            doubts["action_units"] = "no expression was spotted"
    counts = {}
    if use_wording and evidence.events is not None:
        found = {scope: len(in_scope(events, scope)) for scope in SCOPES}
        counts = shared_out(max(len(events), least_events(questions)), found)
    side = "left" if evidence.left is None or evidence.left >= 0.5 else "right"
    if evidence.left is not None:
        confidence["side"] = max(evidence.left, 1 - evidence.left)
    return Finding(broad, fine, tuple(units), side, events, doubts, confidence, presence, counts)


def emotions(evidence: Evidence, presence: Mapping[int, float]) -> dict[tuple[str, str], float]:
    """Return {(coarse, fine): weight} of the classes that go together.

    The weight is the product of their probabilities and of the likelihood of the units, {AU number: probability}
    in `presence`, in the training clips of the fine class, as if units were independent (naive Bayes). Where a
    coarse class has no learned fine name, weights say nothing; then the most probable coarse class decides, and
    gives its own name if it has no other.
    """
    broad = evidence.coarse
    pairs = {
        (coarse(fine), fine): p * broad[coarse(fine)] for fine, p in evidence.fine.items() if coarse(fine) in broad
    }
    likelihood = _unit_likelihood(evidence, presence, [fine for _, fine in pairs])
    pairs = {pair: p * likelihood[pair[1]] for pair, p in pairs.items()}
    if {name for name, _ in pairs} < set(broad):
        best = max(broad, key=broad.get)
        pairs = {pair: p for pair, p in pairs.items() if pair[0] == best} or {(best, best): 1.0}
    return pairs


def _emotion_confidence(evidence, pairs, broad, fine):
    total, mine = sum(pairs.values()), sum(p for (name, _), p in pairs.items() if name == broad)
    if not evidence.coarse or not total or not sum(evidence.coarse.values()):
        return {}
    if {name for name, _ in pairs} < set(evidence.coarse):
        share = evidence.coarse[broad] / sum(evidence.coarse.values())
    else:
        share = mine / total
    return {"coarse": share} | ({"fine": share * pairs[broad, fine] / mine} if fine in evidence.fine else {})


def _unit_likelihood(evidence, presence, names):
    """Return {fine class: likelihood of the units}, the highest 1; 1 for all if that of one is not known."""
    if not all(name in evidence.unit_shares for name in names):
        return dict.fromkeys(names, 1.0)
    logs = {}
    for name in names:
        shares = evidence.unit_shares[name]
        known = [(presence[unit], shares[unit]) for unit in presence.keys() & shares.keys()]
        logs[name] = sum(p * math.log(share) + (1 - p) * math.log(1 - share) for p, share in sorted(known))
    return {name: math.exp(value - max(logs.values())) for name, value in logs.items()}


def unit_odds(evidence: Evidence, questions: Sequence[ParsedQuestion]) -> dict[int, float]:
    """Return {AU number: log odds that it is present} in the light of what questions take for granted."""
    odds = {unit: _log_odds(p) for unit, p in evidence.action_units.items()}
    odds |= dict.fromkeys(_units_presumed("present", questions), math.inf)
    for unit in _units_presumed("even odds", questions):
        if unit in odds:
            odds[unit] -= _log_odds(evidence.rate)
    return odds


def present_units(odds: Mapping[int, float], questions: Sequence[ParsedQuestion]) -> list[int]:
    """Return the AU numbers, ascending, that are taken as present; at least one."""
    ranked = sorted(odds, key=lambda unit: (-odds[unit], unit))
    number = _numbers(questions)
    least, most = (2 if "several" in number else 1), (1 if number == {"one"} else len(ranked))
    count = min(max(least, sum(value > 0 for value in odds.values())), most)
    return sorted(ranked[:count])


def unit_probabilities(odds: Mapping[int, float], questions: Sequence[ParsedQuestion]) -> dict[int, float]:
    """Return {AU number: probability that it is present}; they sum to 1 where the questions tell that there is one."""
    values = [min(value, SURE) for value in odds.values()]
    return dict(zip(odds, (softmax(values) if _numbers(questions) == {"one"} else expit(values)).tolist()))


def _numbers(questions):
    """Return what the wordings of questions tell of how many units there are: one, several."""
    return {question.number for question in questions if question.number in question.row.wordings} - {""}


def _units_presumed(what, questions):
    """Return the units, each once, of which questions presume something: `present` or `even odds`."""
    units = [question.action_unit for question in questions if question.row.presumes == what]
    return [unit for unit in dict.fromkeys(units) if unit]


def video_evidence(events: Sequence[Event], evidences: Sequence[Evidence | None]) -> Evidence:
    """Return the `Evidence` of a long video: its spotted events with the emotion and units found in each.

    evidences: that of each event, None for one that could not be measured; it is counted, but not described.
    """
    described = tuple(_described(event, evidence) for event, evidence in zip(events, evidences, strict=True))
    known = [evidence for evidence in evidences if evidence]
    if not known:
        return Evidence(events=described)
    sides = [evidence.left for evidence in known if evidence.left is not None]
    return Evidence(
        coarse=_mean([evidence.coarse for evidence in known]),
        fine=_mean([evidence.fine for evidence in known]),
        action_units=_mean([evidence.action_units for evidence in known]),
        left=sum(sides) / len(sides) if sides else None,
        rate=known[0].rate,
        events=described,
    )


def _described(event, evidence):
    if evidence is None:
        return event
    finding = conclude(evidence)
    return replace(event, emotion=finding.fine, action_units=_codes(finding.action_units))


def _confidence(question, finding):
    """Return the probability that an answer is right, None if that of something it reports is not known."""
    if question.row.worded_as == "unit_shown":
        present = finding.presence.get(question.action_unit)
        if present is None:
            return None
        return present if question.action_unit in finding.action_units else 1 - present
    reported = [finding.confidence.get(name) for name in question.row.reports]
    return None if None in reported else min(reported)


def _flag(question, finding, evidence):
    doubts = [finding.doubts[name] for name in question.row.reports if name in finding.doubts]
    if question.kind == UNKNOWN:
        doubts.insert(0, "question not understood; the expression is described")
    if question.row.names_unit:
        unit = question.action_unit
        if not unit:
            doubts.append("the question names no known action unit")
        elif evidence.action_units and unit not in evidence.action_units:
            doubts.append("the action unit asked about is too rare in the training clips to be learned")
    asks_for_one = question.ordinal or question.row.names_event
    if evidence.events is not None and asks_for_one and max(question.ordinal or 1, 1) > len(finding.events):
        doubts.append("fewer events were spotted than the question takes for granted")
    return "; ".join(doubts)


def _codes(units):
    return tuple(ActionUnit(number).code for number in units)


def _mean(tables):
    names = list(dict.fromkeys(name for table in tables for name in table))
    return {name: sum(table.get(name, 0.0) for table in tables) / len(tables) for name in names}


def _log_odds(p):
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
