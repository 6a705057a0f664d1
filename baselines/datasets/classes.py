"""Emotion classes: which emotions count as which class, and which as none.

An emotion is a word as a database or a manifest writes it. A `ClassSet` maps words to classes. Every dataset has
`coarse` (negative, positive, surprise, others; the default) and `fine` (each emotion a class of its own), its `ABOUT`
lists the sets that its papers report, and a text such as `negative=disgust+fear,surprise` makes one (`parse_classes`).
A clip whose emotion is in no class of the set in force is left out, and counted (`choosing`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.files import read_csv

# Fine names as the databases write them -> coarse classes of the MEGC (MEGC2019 guideline, section
# "composite database"; CAS(ME)^3 and 4DME spellings from their label files).
COARSE_OF_FINE = {
    "negative": "negative", "repression": "negative", "anger": "negative", "angry": "negative",
    "contempt": "negative", "disgust": "negative", "fear": "negative", "sadness": "negative", "sad": "negative",
    "positive": "positive", "happiness": "positive", "happy": "positive",
    "surprise": "surprise",
    "others": "others", "other": "others",
    # two at once in 4DME: the first one, as public loaders take it
    "surprise+positive": "surprise", "surprise+negative": "surprise", "surprise+repression": "surprise",
    "positive+repression": "positive", "negative+repression": "negative",
}  # fmt: skip
# other spellings of a fine name, so that one class set serves several databases; of two at once the first
SPELLINGS = {
    "angry": "anger", "sad": "sadness", "happy": "happiness", "other": "others",
    **{name: name.partition("+")[0] for name in COARSE_OF_FINE if "+" in name},
}  # fmt: skip
COARSE_CLASSES = tuple(dict.fromkeys(COARSE_OF_FINE.values()))
HOW = "A,B or A=C+D,B names classes of your own"


@dataclass(frozen=True)
class ClassSet:
    """A set of classes: {emotion: class}, in lower case, and the emotions that are known and in no class.

    source: whose set it is.
    """

    name: str
    of: Mapping[str, str] = field(hash=False)
    dropped: tuple[str, ...] = ()
    source: str = ""

    def label(self, emotion: str) -> str | None:
        """Return the class of an emotion, None for one in no class and for an empty one."""
        word = emotion.strip().lower()
        spelled = word if word in self.of or word in self.dropped else SPELLINGS.get(word, word)
        return self.of.get(spelled)

    def knows(self, emotion: str) -> bool:
        """Tell whether an emotion is in a class or among those dropped."""
        word = emotion.strip().lower()
        return self.label(word) is not None or not {word, SPELLINGS.get(word, word)}.isdisjoint(self.dropped)

    @property
    def classes(self) -> dict[str, list[str]]:
        """Each class with its emotions, in the order in which they are written."""
        found: dict[str, list[str]] = {}
        for word, name in self.of.items():
            found.setdefault(name, []).append(word)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return name, classes with their emotions, dropped emotions and source as plain values."""
        return {"name": self.name, "classes": self.classes, "dropped": list(self.dropped), "source": self.source}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> "ClassSet":
        """Return the set of which `to_dict` gave the facts."""
        of = {word: name for name, words in facts["classes"].items() for word in words}
        return cls(facts["name"], of, tuple(facts["dropped"]), facts["source"])


COARSE = ClassSet("coarse", COARSE_OF_FINE, source="MEGC2019 guideline; others is kept")


def coarse(emotion: str) -> str | None:
    """Return the coarse class of a fine or coarse emotion name, or None for an unknown or empty one."""
    return COARSE.label(emotion) if emotion else None


def coarse_classes(folder: str | Path) -> ClassSet:
    """Return the coarse classes of a manifest folder: the field's, and the words of its `classes.csv` if it has one."""
    path = Path(folder) / "classes.csv"
    of: dict[str, str] = {}
    if not path.exists():
        return COARSE
    for place, row in read_csv(path, ("emotion", "coarse")):
        word, name = row["emotion"].lower(), row["coarse"].lower()
        if not word or name not in ("", *COARSE_CLASSES):
            raise InputError(
                f"{place}: {row['emotion']!r}, {row['coarse']!r}; expected an emotion and one of "
                f"{', '.join(COARSE_CLASSES)}, or nothing to leave it out"
            )
        if word in of:
            raise InputError(f"{place}: emotion {word!r} stands twice; delete one row")
        if COARSE.label(word) not in (None, name):
            raise InputError(
                f"{place}: {word} is {COARSE.label(word)} in every database; name it in --classes to count it otherwise"
            )
        of[word] = name
    kept = {word: name for word, name in of.items() if name}
    return replace(COARSE, of=COARSE_OF_FINE | kept, dropped=tuple(word for word in of if word not in kept))


def published_set(name: str, text: str, dropped: str = "", source: str = "") -> ClassSet:
    """Return the set of classes in a text (`parse_classes`), without the emotions listed in another."""
    return ClassSet(name, parse_classes(text), tuple(_words(dropped, ",")), source)


def parse_classes(text: str) -> dict[str, str]:
    """Return {emotion: class} of a text: classes joined by commas, each one emotion, or `class=emotion+emotion`.

    >>> parse_classes("negative=disgust+fear,surprise")
    {'disgust': 'negative', 'fear': 'negative', 'surprise': 'surprise'}
    """
    of: dict[str, str] = {}
    for item in text.lower().split(","):
        name, merges, joined = (part.strip() for part in item.partition("="))
        words = _words(joined, "+") if merges else [name]
        if not name or not words or (not merges and "+" in name):
            raise InputError(f"--classes {text!r}: {item.strip()!r} is no class; {HOW}, such as negative=disgust+fear")
        for word in words:
            if word in of:
                raise InputError(f"--classes {text!r}: {word} stands twice; an emotion is in one class")
            of[word] = name
    if len(set(of.values())) < 2:
        raise InputError(f"--classes {text!r}: one class only; name at least two")
    return of


def united(sets: Sequence[ClassSet]) -> ClassSet:
    """Return one set of the emotions of several of the same name."""
    of = {word: name for known in sets for word, name in known.of.items()}
    dropped = {word: None for known in sets for word in known.dropped if word not in of}
    return sets[0] if len(sets) == 1 else replace(sets[0], of=of, dropped=tuple(dropped))


def unknown_word(place: str, word: str) -> str:
    """Return the message for an emotion that is none of the field's and in no class."""
    known = ", ".join(name for name in COARSE_OF_FINE if name not in SPELLINGS)
    return (
        f"{place}: emotion {word!r} is not known; correct it ({known}), or for a word of your own name the classes "
        "with --classes (A,B, or fine for all) or tell its class in a classes.csv (emotion,coarse) beside events.csv"
    )


def are_own(text: str) -> bool:
    """Tell whether a text names classes of one's own, and not a set by its name."""
    return not {",", "="}.isdisjoint(text)


def fine_set(found: Iterable[str]) -> ClassSet:
    """Return the set in which each of some emotions is a class; other spellings of one are the same class."""
    names = {word: SPELLINGS.get(word, word) for word in found}
    return ClassSet("fine", names, source="each emotion as the database or manifest writes it")


def _words(text: str, between: str) -> list[str]:
    return [word for word in (part.strip().lower() for part in text.split(between)) if word]
