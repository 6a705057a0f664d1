"""Action unit (AU) numbers, names and the notations they are written in.

Names are those of the ME-VQA annotation of the MEGC2025. Codes follow FACS (Ekman, Friesen, Hager
2002) as the databases' sheets write them: `12`, `AU12`, `L14`, `LAU14`, `AU12B` (intensity A-E),
`4+L10`, `AU4 or AU7` (both are taken), `12?`, `AU12 ref(4)` (the reference is left out).
"""

import re
from dataclasses import dataclass

NAMES = {
    1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser", 6: "cheek raiser",
    7: "lid tightener", 9: "nose wrinkler", 10: "upper lip raiser", 12: "lip corner puller", 14: "dimpler",
    15: "lip corner depressor", 16: "lower lip depressor", 17: "chin raiser", 20: "lip stretcher",
    21: "neck tightener", 23: "lip tightener", 24: "lip pressor", 25: "lips part", 26: "jaw drop",
    31: "jaw clencher", 38: "nostril dilater", 39: "nostril compress", 43: "eye closure", 56: "tilt right",
    61: "eyes left",
}  # fmt: skip
NUMBERS = {name: number for number, name in NAMES.items()}
# Spellings of FACS manuals and of free text that mean a name of the table.
NUMBERS.update({"nostril dilator": 38, "nostril compressor": 39, "jaw clench": 31, "head tilt right": 56})

_SIDES = {"L": "left", "R": "right"}  # the other prefixes (A asymmetric, T top, B bottom) tell no side
_CODE = re.compile(
    r"(?P<before>[LRATB])?\s*(?:AU)?\s*(?P<between>[LRATB])?\s*(?P<number>\d{1,2})\s*(?P<intensity>[A-E])?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[+,;/&]|\bor\b|\band\b", re.IGNORECASE)
_NAME = re.compile(r"\b(" + "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True)) + r")\b")
_REFERENCE = re.compile(r"\bref\s*\([^)]*\)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class ActionUnit:
    """One coded action unit; `side` is left, right or empty, `intensity` A-E or empty."""

    number: int
    side: str = ""
    intensity: str = ""

    @property
    def code(self):
        """The code with side, like AU12 or LAU14."""
        return f"{self.side[:1].upper()}AU{self.number}"

    @property
    def name(self):
        """The ME-VQA name; `action unit 18` for a number outside the table."""
        return NAMES.get(self.number, f"action unit {self.number}")


def parse_one(text):
    """Return the `ActionUnit` that a single code or name means; `ValueError` for anything else."""
    word = " ".join(text.strip(" ()?.").lower().split())
    if word in NUMBERS:
        return ActionUnit(NUMBERS[word])
    match = _CODE.fullmatch(word.removeprefix("action unit "))
    if not match:
        raise ValueError(f"{text.strip()!r} is not an action unit; expected a code like AU12 or LAU14, or a name")
    side = (match["before"] or match["between"] or "").upper()
    return ActionUnit(int(match["number"]), _SIDES.get(side, ""), (match["intensity"] or "").upper())


def parse(text):
    """Return the action units of a list in any notation, in order and each once; `ValueError` if one is unknown.

    An empty text, `-`, `none` and `nan` are an empty list.
    """
    found = {}
    for part in _items(text):
        try:
            units = [parse_one(part)]
        except ValueError:
            words = part.split()
            if len(words) < 2 or not all(_CODE.fullmatch(word.strip("()?")) for word in words):
                raise
            units = [parse_one(word) for word in words]
        found.update(dict.fromkeys(units))
    return tuple(found)


def numbers(text):
    """Return the AU numbers of a list in any notation as a frozenset; `ValueError` if one is unknown."""
    return frozenset(unit.number for unit in parse(text))


def answer_set(text):
    """Return the set that a free answer names: AU numbers, and as they stand the items that are none.

    Never fails: an unknown item stays in the set as lower-case text, so that it counts as a wrong one.
    """
    found = set()
    for part in _items(text):
        try:
            found.update(numbers(part))
        except ValueError:
            found.add(" ".join(part.strip(" .").lower().split()))
    return frozenset(found)


def find(text):
    """Return the AU numbers whose names stand anywhere in `text`, in order of appearance and each once."""
    text = " ".join(text.lower().split())
    return tuple(dict.fromkeys(NUMBERS[match.group()] for match in _NAME.finditer(text)))


def names_text(units):
    """Return names joined by ", " as the ME-VQA answers write them; `units` are numbers or `ActionUnit`s."""
    return ", ".join(unit.name if isinstance(unit, ActionUnit) else ActionUnit(unit).name for unit in units)


def _items(text):
    text = _REFERENCE.sub(" ", text or "")
    parts = (part.strip(" .") for part in _SEPARATOR.split(text))
    return [part for part in parts if part and part.lower() not in {"-", "none", "nan", "no"}]
