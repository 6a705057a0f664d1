"""A tolerant parser of ME-VQA questions, and the way back to the challenge's wording.

The challenge's wordings are compared letter by letter, so that case, spaces and punctuation never matter. Any other
text is read by its key words; where those say nothing, once more with its spelling corrected.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from baselines.action_units import NAMES, NUMBERS, ActionUnit, find
from baselines.datasets.question_kinds import TEMPLATES, UNKNOWN, QuestionKind, find_kind

LONGEST_QUESTION = 2000  # characters; what follows is not read
LAST = -1  # the ordinal of the last event

_UNIT_CODE = re.compile(r"\b(?:[lrabt] ?au|au|action unit) ?[lrabt]? ?(\d{1,2})[a-e]?\b")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(r"\b(\d{1,6}) ?(?:st|nd|rd|th)\b|\b(?:event|expression) (?:number |no )?(\d{1,6})\b")
_SPAN = re.compile(r"\bframes? (\d{1,9}) (?:to )?(\d{1,9})(?: apex (\d{1,9}))?\b")
# spellings that mean a word of the wordings
_SPELLINGS = {
    "finegrained": "fine", "microexpression": "micro expression", "microexpressions": "micro expressions",
    "macroexpression": "macro expression", "macroexpressions": "macro expressions", "mes": "micro expressions",
    "maes": "macro expressions", "actionunit": "action unit", "actionunits": "action units", "coarsely": "coarse",
    "finely": "fine", "facs": "action units",
}  # fmt: skip
_EVENTS = "expressions?|events?"
_UNITS = r"action units?|aus?|facial actions?|(?:facial )?muscles?|muscle movements?|facial movements?"
_SEVERAL = "action units|aus|facial actions|muscles|movements"
_WHERE = (
    r"locali[sz]e|locate|intervals?|where|when|onsets?|offsets?|apex|starts?|begins?|ends?|timestamps?|"
    r"(?:which|what) frames?"
)
_DESCRIBE = "analy[sz]e|analysis|describe|description|explain|explanation|summari[sz]e|summary|interpret|discuss|reason"
_TYPE = "types?|kinds?|whether|micro|macro"
_EMOTION = "emotions?|emotional|feels?|feelings?|mood|expression class|(?:which|what) expression|the expression"
_KEY_WORDS = sorted(
    {word for text in (*TEMPLATES.values(), *NAMES.values()) for word in re.findall("[a-z]{4,}", text.lower())}
    | {"describe", "analyze", "analysis", "emotion", "distinct", "positive", "negative", "which", *_ORDINALS}
)


@dataclass(frozen=True)
class ParsedQuestion:
    """What a question asks.

    kind: its name in `question_kinds.KINDS`; any other raises `ValueError`. action_unit: AU number of a kind that
    names one, None if the question names none that is known. number: "one" or "several" units in `action_units` and
    `combined`, empty if it does not tell. scope: expression, micro or macro in `count` and `intervals`; video in a
    `description` of a whole long video. ordinal: the event asked about, from 1, `LAST`, or None. span: its (onset,
    offset, apex or None) if given.
    """

    kind: str
    action_unit: int | None = None
    number: str = ""
    scope: str = ""
    ordinal: int | None = None
    span: tuple[int, int, int | None] | None = None

    def __post_init__(self) -> None:
        find_kind(self.kind)

    @property
    def row(self) -> QuestionKind:
        """What the table of kinds tells of it."""
        return find_kind(self.kind)

    @property
    def long(self) -> bool:
        """Whether it asks about the events of a long video."""
        return self.row.long or self.scope == "video" or self.ordinal is not None


@lru_cache(maxsize=1 << 14)
def parse(text: str) -> ParsedQuestion:
    """Return the `ParsedQuestion` of any text; what is not understood has the kind `UNKNOWN`."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_QUESTION]).lower()
    found = _official("".join(re.findall("[0-9a-z]+", text)))
    if found:
        return found
    words = re.findall("[0-9a-z]+", text)
    found = _read(words)
    if found.kind == UNKNOWN or (found.row.names_unit and not found.action_unit):
        mended = _read(_mended(words))
        return mended if mended.kind != UNKNOWN else found
    return found


def render(question: ParsedQuestion) -> str:
    """Return the challenge's wording of a `ParsedQuestion` that has one; `ValueError` otherwise."""
    template = TEMPLATES.get((question.kind, question.number or question.scope))
    unit = ActionUnit(question.action_unit).name if question.action_unit else None
    lacking = template is None or ("{unit}" in template and not unit)
    if lacking or ("{ordinal}" in template and (question.ordinal or 0) < 1):
        raise ValueError(f"no wording for {question}")
    return template.format(unit=unit, ordinal=question.ordinal)


def _read(words):
    """Return the `ParsedQuestion` of lower-case words, by the key words among them."""
    words = " ".join(_SPELLINGS.get(word, word) for word in words)
    units = [*(int(match[1]) for match in _UNIT_CODE.finditer(words)), *find(words)]
    rest = _without_names(words)  # "tilt right" and "eyes left" are names, not sides

    def says(pattern):
        return re.search(rf"\b(?:{pattern})\b", rest) is not None

    about_units = bool(units) or says(_UNITS)
    number = "" if says(r"units? s|aus? s") else "several" if says(_SEVERAL) else "one" if about_units else ""
    fine, broad = says("fine|specific"), says("coarse|valence|polarity|sentiment")
    broad = broad or (says("positive") and says("negative"))
    if says(_DESCRIBE):
        return _description(rest, says, number if about_units and (fine or broad) else "")
    if about_units and (fine or broad or says("expression class|emotions?")):
        return ParsedQuestion("combined", number=number)
    if not about_units and says(_EVENTS):
        found = _about_events(rest, says)
        if found:
            return found
    if about_units:
        return _about_units(units[0] if units else None, rest, says, number)
    if fine and broad:
        return ParsedQuestion("combined")
    if fine or broad:
        return ParsedQuestion("fine" if fine else "coarse")
    return ParsedQuestion("fine" if says(_EMOTION) else UNKNOWN)


def _description(words, says, number):
    span = _SPAN.search(words)
    if span:
        onset, offset, apex = (int(group) if group else None for group in span.groups())
        return ParsedQuestion("description", number=number, ordinal=_ordinal(words), span=(onset, offset, apex))
    if number:
        return ParsedQuestion("combined", number=number)
    whole = "video" if says("whole video|entire video|long video") or says("how many|number of") else ""
    return ParsedQuestion("description", scope=whole, ordinal=_ordinal(words))


def _about_events(words, says):
    micro, macro = says("micro"), says("macro")
    scope = "expression" if micro == macro else "micro" if micro else "macro"
    ordinal = _ordinal(words)
    if ordinal and says(_TYPE):
        return ParsedQuestion("event_type", ordinal=ordinal)
    if says(_WHERE):
        return ParsedQuestion("intervals", scope=scope)
    if says("how many|number of|counts?|total"):
        return ParsedQuestion("count", scope=scope)
    if (micro and macro) or says("expression type|(?:type|kind) of (?:the )?expression"):
        return ParsedQuestion("event_type", ordinal=ordinal)
    return None


def _about_units(unit, words, says, number):
    if says("left|right|sides?"):
        return ParsedQuestion("side", unit)
    if unit or words.startswith("is the action unit "):
        return ParsedQuestion("shown", unit)
    if says("distinct|different|unique|(?:this|whole|entire) video"):
        return ParsedQuestion("distinct_action_units")
    return ParsedQuestion("action_units", number=number)


def _official(letters):
    """Return the `ParsedQuestion` of a wording of the challenge given by its letters and digits, or None."""
    for pattern, (kind, variant) in _WORDINGS:
        match = pattern.fullmatch(letters)
        if match:
            gaps = match.groupdict()
            fields = {"number": variant} if variant in ("one", "several") else {"scope": variant}
            if "ordinal" in gaps:
                fields["ordinal"] = int(gaps["ordinal"]) or None
            if "unit" in gaps:
                fields["action_unit"] = _UNIT_LETTERS[gaps["unit"]]
            return ParsedQuestion(kind, **fields)
    return None


def _letters(text):
    return re.sub("[^0-9a-z]", "", text.lower())


def _pattern(template):
    gaps = {"unit": f"(?P<unit>{'|'.join(_UNIT_LETTERS)})", "ordinal": r"(?P<ordinal>\d{1,6})"}
    parts = re.split(r"\{(unit|ordinal)\}", template)
    return re.compile("".join(gaps[part] if n % 2 else _letters(part) for n, part in enumerate(parts)))


_UNIT_LETTERS = {_letters(name): number for name, number in NUMBERS.items()}
_WORDINGS = [(_pattern(template), key) for key, template in TEMPLATES.items()]


def _mended(words):
    """Return words with each that is near to a key word replaced by it."""
    mended = []
    for word in words[:60]:
        near = get_close_matches(word, _KEY_WORDS, 1, 0.8) if word.isalpha() and 3 < len(word) < 20 else None
        mended.append(near[0] if near and word not in _KEY_WORDS else word)
    return mended


def _without_names(words):
    for number in find(words):
        words = words.replace(ActionUnit(number).name, " ")
    return " ".join(words.split())


def _ordinal(words):
    match = _ORDINAL.search(words)
    if match:
        return int(match[1] or match[2]) or None
    for word in words.split():
        if word in _ORDINALS:
            return _ORDINALS.index(word) + 1
        if word in ("last", "final"):
            return LAST
    return None
