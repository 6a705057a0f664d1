"""What an answer rests on: what was measured, where on the face, in which frames, and what the questions told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from baselines.action_units import ActionUnit
from baselines.datasets.records import Clip, Question, Video
from baselines.faces.clips import key_frames
from baselines.vqa.counting import least_events
from baselines.vqa.questions import ParsedQuestion, parse
from baselines.vqa.records import Evidence
from baselines.vqa.rules import conclude, emotions

LEAST = 0.1  # probability; units below are not told, but the likeliest
FEWEST = 3  # units that are told whatever their probability
DECIMALS = 3
# where on the face a unit shows
REGIONS = {
    "brows": (1, 2, 4),
    "eyes": (5, 7, 43, 61),
    "cheeks": (6,),
    "nose": (9, 38, 39),
    "mouth": (10, 12, 14, 15, 16, 20, 23, 24, 25),
    "chin": (17,),
    "jaw": (26, 31),
    "neck": (21,),
    "head": (56,),
}
REGION_OF = {unit: region for region, units in REGIONS.items() for unit in units}
NUMBERS_TOLD = {"one": "there is one action unit", "several": "there are several action units"}
UNITS_TOLD = {"present": "{} is present", "even odds": "{} is asked about, so as likely present as absent"}


def grounds(
    evidence: Evidence,
    questions: Sequence[Question],
    together: bool = True,
    use_wording: bool = False,
    concludes: Callable[[ParsedQuestion], bool] = lambda question: True,
) -> list[dict[str, Any]]:
    """Return what the answer to each question about one clip or video rests on, JSON-able.

    coarse, fine: {class: probability}, likeliest first, after the units were weighed. action_units: a mapping a unit
    with its code, name, region, `measured` probability, and `probability` in the light of what questions take for
    granted; the likely ones, and those asked about. side: {"left": its probability}. Of these an answer has what it
    reports, and that of an emotion the units. events: how many were spotted, of a long video. told: what the questions
    take for granted. together: all questions were read before the first was answered; otherwise each tells of itself
    only. use_wording: as in `rules.conclude`. concludes: tells whether all that was found was weighed for the answer to
    a question; else it has what was found of this question alone.
    """
    parsed = [parse(question.text) for question in questions]
    whole = _found(evidence, parsed, use_wording) if together else None
    return [
        _reported(whole or _found(evidence, [one], use_wording), one) if concludes(one) else _measured(evidence, one)
        for one in parsed
    ]


def frames_looked_at(record: Clip | Video, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the onset, apex and offset of a clip by the numbers of its frames outside, and where the apex comes from.

    settings: those of a representation. Empty for a flow picture, which has no frames, and for a long video.
    """
    if isinstance(record, Video) or record.frames is None:
        return {}
    found = key_frames(record, **{name: settings[name] for name in ("size", "apex", "align") if name in settings})
    numbers = record.frames.numbers
    return {name: value if name == "apex_source" else int(numbers[value - 1]) for name, value in found.items()}


def measured_in_words(ground: Mapping[str, Any]) -> list[str]:
    """Return what `grounds` tell of one answer as lines, without what all answers about a clip have in common."""
    lines = []
    for name in ("coarse", "fine"):
        if ground.get(name):
            lines.append(f"{name}: " + ", ".join(f"{one} {p:.2f}" for one, p in list(ground[name].items())[:FEWEST]))
    units = ground.get("action_units", ())
    if units:
        told = (f"{unit['code']} {unit['name']} ({unit['region']}) {unit['probability']:.2f}" for unit in units)
        lines.append("action units: " + ", ".join(told))
    if "side" in ground:
        lines.append(f"left side: {ground['side']['left']:.2f}")
    return lines


def common_in_words(every: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return as lines what the `grounds` and `frames_looked_at` of all answers about a clip or video have in common."""
    lines = []
    common = {name: value for ground in every for name, value in ground.items()}
    told_by = dict.fromkeys(line for ground in every for line in ground.get("told", ()))
    if common.get("events") is not None:
        lines.append(f"events spotted: {common['events']}")
    if told_by:
        lines.append("told by the questions: " + "; ".join(told_by))
    if common.get("frames"):
        frames = common["frames"]
        lines.append(
            f"frames: onset {frames['onset']}, apex {frames['apex']} ({frames['apex_source']}), offset "
            f"{frames['offset']}"
        )
    return lines


def _reported(found: Mapping[str, Any], asked: ParsedQuestion) -> dict[str, Any]:
    """Return of all that was found what the answer to one question rests on."""
    wanted = {*asked.row.reports, "events", "told"}
    wanted |= {"action_units"} if wanted & {"coarse", "fine"} else set()
    return {name: value for name, value in found.items() if name in wanted and (value or name in ("events", "told"))}


def _measured(evidence: Evidence, asked: ParsedQuestion) -> dict[str, Any]:
    """Return what was found about one question alone."""
    found = _found(evidence, [asked], False)
    code = ActionUnit(asked.action_unit).code if asked.action_unit else None
    alone = {
        "coarse": _shares(evidence.coarse),
        "fine": _shares(evidence.fine),
        "action_units": [unit for unit in found["action_units"] if code in (None, unit["code"])],
    }
    kept = {name: alone.get(name, found.get(name)) for name in asked.row.reports}
    return {name: value for name, value in kept.items() if value} | {"told": []}


def _found(evidence: Evidence, read: Sequence[ParsedQuestion], use_wording: bool) -> dict[str, Any]:
    """Return all that can be told of what was concluded in the light of some questions."""
    finding = conclude(evidence, read)
    pairs = emotions(evidence, finding.presence)
    coarse: dict[str, float] = {}
    for (broad, _), weight in pairs.items():
        coarse[broad] = coarse.get(broad, 0.0) + weight
    units = finding.presence or evidence.action_units
    mentioned = [one.action_unit for one in read if one.action_unit in units]
    ranked = sorted(units, key=lambda unit: (-units[unit], unit))
    likely = [unit for n, unit in enumerate(ranked) if n < FEWEST or units[unit] >= LEAST or unit in mentioned]
    return {
        "coarse": _shares(coarse if evidence.coarse else {}),
        "fine": _shares({fine: weight for (_, fine), weight in pairs.items() if fine in evidence.fine}),
        "action_units": [_unit(unit, units[unit], evidence) for unit in likely],
        "side": None if evidence.left is None else {"left": round(evidence.left, DECIMALS)},
        **({} if evidence.events is None else {"events": len(evidence.events)}),
        "told": told(read, use_wording),
    }


def told(questions: Sequence[ParsedQuestion], use_wording: bool = False) -> list[str]:
    """Return what questions take for granted, each once, in their order; the number of events with `use_wording`."""
    least = least_events(questions) if use_wording else 0
    lines = [f"there are at least {least} events"] if least else []
    for question in questions:
        if question.number in question.row.wordings and question.number in NUMBERS_TOLD:
            lines.append(NUMBERS_TOLD[question.number])
        if question.row.presumes and question.action_unit:
            lines.append(UNITS_TOLD[question.row.presumes].format(ActionUnit(question.action_unit).name))
    return list(dict.fromkeys(lines))


def _unit(number: int, probability: float, evidence: Evidence) -> dict[str, Any]:
    unit, measured = ActionUnit(number), evidence.action_units.get(number)
    return {
        "code": unit.code,
        "name": unit.name,
        "region": REGION_OF.get(number, ""),
        "probability": round(probability, DECIMALS),
        "measured": None if measured is None else round(measured, DECIMALS),
    }


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda name: (-weights[name], name))
    return {name: round(weights[name] / total, DECIMALS) for name in ranked} if total else {}
