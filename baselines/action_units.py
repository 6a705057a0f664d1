"""Action unit (AU) numbers, names and the notations they are written in.

Names are those of the ME-VQA annotation of the MEGC2025. Codes follow FACS (Ekman, Friesen, Hager
2002) as the databases' sheets write them. A list of units is read by one grammar, `read`:

    list         = alternatives { ("+" | "," | ";" | "&" | "and") alternatives }
    alternatives = items { ("or" | "/") items }
    items        = { ["loses"] (unit | name | group | mark) }
    group        = [side] "(" list ")" [intensities]
    unit         = [sides] ["AU" | "AD" | "M"] [sides] number [intensities]

What it makes of what is not simply a unit:

- `4B/C`, `4(B/C)` (one intensity or the other): the first. `A/L12` (asymmetric or left): no side.
- `R(12or14)B`, `A(4+5)`: side and intensity of a group are those of each unit in it; A, T and B tell no side.
- `14or23`, `L12 or L14`, `4/7`: which of them was shown cannot be told for certain. All are kept, with a note, since
  what was shown is among them.
- `12?`: kept, with a note. `?` by itself tells no unit, with a note; `-`, `NULL`, `none`, `nan` are an empty list.
- `loses 1+2`: units that were there before and go are not shown. They are left out, with a note; of
  `(loses 1+2) or (4(B/C))` 4 is kept.
- `AD38`, `M57`: action descriptors, and movements of the head or the eyes. Those that the ME-VQA names among the action
  units are read as units (31, 38 and 39 are also units of FACS, whatever a sheet calls them; 56 and 61 are movements),
  so that what a sheet and an answer tell of a clip is one thing. The others (`AD19` tongue show, `M57` head forward)
  are left out. All with a note.
- `ref(7B)`: the reference that a change is told against; left out.
- `twice - L1B`, `soft focus`: words that are no part of the grammar are remarks. In a sheet they are left out, with a
  note; where a list is typed (`parse`) an unknown one is refused, since it may be a misspelt name.
- Whatever else holds a number (`AU123`, `12.5`) is no action unit; `parse` refuses it, a sheet has it as a finding.
"""

import re
from dataclasses import dataclass, field, replace

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

_NO_UNITS = {"ad": "an action descriptor", "m": "a movement of the head or the eyes"}
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


@dataclass
class Reading:
    """What a list of action units says: the units, in order and each once, and what else stands there.

    notes: one line for each thing whose meaning is not simply a unit; remarks: words that are no part of the grammar;
    unknown: what holds a number and is no action unit.
    """

    units: tuple[ActionUnit, ...] = ()
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read(text):
    """Return the `Reading` of a list in any notation; nothing in it raises."""
    return _Reader(text or "").reading()


def parse(text):
    """Return the action units of a list in any notation, in order and each once; `ValueError` if one is unknown.

    An empty text, `-`, `none` and `nan` are an empty list.
    """
    reading = read(text)
    for wrong in (*reading.unknown, *reading.remarks):
        raise ValueError(f"{wrong!r} is not an action unit; expected a code like AU12 or LAU14, or a name")
    return reading.units


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
            found.update(unit.number for unit in _plain_units(part))
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


def _plain_units(part):
    """Return the units of an item of an answer: one code or name, or several codes between blanks."""
    try:
        return [parse_one(part)]
    except ValueError:
        words = part.split()
        if len(words) < 2 or not all(_CODE.fullmatch(word.strip("()?")) for word in words):
            raise
        return [parse_one(word) for word in words]


# The words of the grammar, of which the first that matches counts. Letters before a number are a side, after it an
# intensity; several of either stand between slashes, perhaps in brackets.
_SIDE = r"(?:[lratb](?:\s*/\s*[lratb]){0,2}|\(\s*[lratb](?:\s*/\s*[lratb]){0,2}\s*\))"
_LEVEL = r"(?:[a-e](?:\s*/\s*[a-e]){0,4}|\(\s*[a-e](?:\s*/\s*[a-e]){0,4}\s*\))(?![a-z0-9])"
_WORDS = {
    "reference": r"ref\s*\([^()]*\)?",
    "missing": r"(?:none|null|nan|no|n\s*/\s*a)\b",
    "name": _NAME.pattern,
    "unit": rf"(?P<before>{_SIDE})?\s*(?P<code>action\s+unit|a[ud]|m)?\s*(?P<between>{_SIDE})?\s*"
            rf"(?P<number>(?<![\d.])\d{{1,2}})(?!\.?\d)(?:\s*(?P<level>{_LEVEL}))?",
    "open": rf"(?P<of_group>{_SIDE})?\s*\(",
    "close": rf"\)(?:\s*(?P<of_all>{_LEVEL}))?",
    "or": r"or(?=\W|\d|$|(?:[lratb]|a[ud]|m)+\d)|/",
    "and": r"and\b|[+,;&]",
    "lost": r"(?:loses?|losing|lost)\b",
    "doubt": r"\?",
    "mark": r"(?:twice|again)\b|[-\\.:]",
    "other": r"[^\s()+,;/&]+",
}  # fmt: skip
_WORD = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _WORDS.items()), re.IGNORECASE | re.ASCII)
_WIDE = {0xFEE0 + ascii: ascii for ascii in range(ord("!"), ord("~") + 1)}  # signs as Chinese keyboards write them
_DEEPEST = 20  # brackets in brackets; a sheet has two


class _Reader:
    """Reads one list by the grammar of the module, group by group."""

    def __init__(self, text):
        self.text = " ".join(text.translate(_WIDE).split())
        self.words = list(_WORD.finditer(self.text))
        self.at = 0
        self.units = []
        self.result = Reading()

    def reading(self):
        """Return what the whole text says."""
        while self.at < len(self.words):  # a bracket that nothing opened ends a list
            self._list("", False, 0)
            self.at += 1
        self.result.units = tuple(dict.fromkeys(self.units))
        self.result.notes = list(dict.fromkeys(self.result.notes))
        return self.result

    def _list(self, side, lost, depth):
        """Read up to the bracket that closes this list, or to the end."""
        while self._kind() not in ("close", ""):
            lost = self._alternatives(side, lost, depth)
            if self._kind() == "and":
                self.at += 1

    def _alternatives(self, side, lost, depth):
        """Read items up to the next sign that joins; return whether units are lost at its end."""
        first, found, inherited = self.at, [], lost
        while True:
            start = len(self.units)
            lost = self._items(side, lost, depth)
            found.append(frozenset(unit.code for unit in self.units[start:]))
            if self._kind() != "or":
                break
            self.at, lost = self.at + 1, inherited
        if len({*found}) > 1:
            self._note(self._shown(first), "which of them was shown cannot be told; all are kept")
        return lost

    def _items(self, side, lost, depth):
        """Read items that nothing joins or parts; return whether the units are lost from the last on."""
        first, kept = self.at, len(self.units)
        while (kind := self._kind()) not in ("or", "and", "close", ""):
            word = self.words[self.at]
            self.at += 1
            if kind == "lost":
                lost, first = True, self.at - 1
            elif kind == "open":
                self._group(word, side, lost, depth)
            elif kind in ("name", "unit"):
                self._unit(word, kind, side, lost)
            elif kind == "doubt":
                self._doubt(first, len(self.units) > kept)
            elif kind == "other":
                self._other(word)
            elif kind == "mark" and word.group().isalpha():
                self._note(word.group(), "a remark, no action unit; it is left out")
        return lost

    def _group(self, word, side, lost, depth):
        """Read a list in brackets; a side before it and an intensity behind it are those of each unit in it."""
        start = len(self.units)
        if depth == _DEEPEST:
            self.result.unknown.append(self.text[word.start() :])
            self.at = len(self.words)
            return
        self._list(_side(word["of_group"]) or side, lost, depth + 1)
        if self._kind() == "close":
            level = _level(self.words[self.at]["of_all"])
            self.at += 1
            self.units[start:] = [replace(unit, intensity=unit.intensity or level) for unit in self.units[start:]]

    def _unit(self, word, kind, side, lost):
        """Take a code or a name, unless it is lost or no unit."""
        text = word.group().strip()
        if kind == "name":
            unit, code = ActionUnit(NUMBERS[text.lower()], side), ""
        else:
            side = _side(word["before"]) or _side(word["between"]) or side
            unit, code = ActionUnit(int(word["number"]), side, _level(word["level"])), (word["code"] or "").lower()
        if lost:
            self._note(text, "it is lost, so not shown, and left out")
        elif code in _NO_UNITS and unit.number not in NAMES:
            self._note(text, f"{_NO_UNITS[code]}, no action unit; it is left out")
        else:
            if code in _NO_UNITS:
                self._note(text, f"{_NO_UNITS[code]} that the ME-VQA counts as an action unit; read as {unit.code}")
            self.units.append(unit)

    def _doubt(self, first, of_unit):
        if of_unit:
            self._note(self._shown(first), "in doubt; it is kept")
        else:
            self._note("?", "no action unit is told")

    def _other(self, word):
        """Take what is no word of the grammar: a remark without digits, with those behind it, else an unknown code."""
        start = self.at - 1
        if any(map(str.isdigit, word.group())):
            self.result.unknown.append(word.group())
            return
        while self._kind() == "other" and not any(map(str.isdigit, self.words[self.at].group())):
            self.at += 1
        self.result.remarks.append(self._shown(start))

    def _kind(self):
        """The kind of the next word, empty at the end."""
        return next(kind for kind in _WORDS if self.words[self.at][kind]) if self.at < len(self.words) else ""

    def _shown(self, first):
        """The text from a word up to the next."""
        return self.text[self.words[first].start() : self.words[self.at - 1].end()]

    def _note(self, text, meaning):
        self.result.notes.append(f"{text!r}: {meaning}")


def _side(text):
    """The side that letters before a number tell: none where there are several, for it cannot be told."""
    return _SIDES.get((text or "").strip("() ").upper(), "")


def _level(text):
    """The first of the intensities behind a number."""
    return (text or "").strip("() ")[:1].upper()
