"""The kinds of questions of ME-VQA, one row each: how it is worded, what answers it, how its answers are scored.

The wordings are those of v1 of the MEGC2025 (clips), of v2 and of the long videos of the MEGC2026. A new wording is an
entry of a row, a new kind a row of `KINDS`: the parser, answers, grammars and scores read them here. Only paraphrases
of a new kind, which are read by key words, need `baselines.vqa.questions` too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN = "unknown"  # the kind of a question that was not understood
CONCLUSION = "Therefore, the fine-grained expression class is {fine}, and the coarse expression class is {coarse}."
COMBINED = {
    "one": "The action unit present is: {units}. " + CONCLUSION,
    "several": "The action units present are: {units}. " + CONCLUSION,
}
# What the columns of the table may hold; `QuestionKind` tells what each means.
REPORTS = ("coarse", "fine", "action_units", "side", "events")
WORDED_AS = ("field", "units", "unit_shown", "count", "event_type", "event_list", "sentence")
SCORED_AS = ("coarse", "fine", "event_type", "action_units", "yes_no", "side", "count", "combined", "free")
PRESUMES = ("", "present", "even odds")
GAPS = ("{unit}", "{ordinal}")


@dataclass(frozen=True)
class QuestionKind:
    """One kind of question.

    wordings: {variant: wording}. The variant tells how many action units there are (one, several) or which events are
    meant (expression, micro, macro), or is empty. Gaps: {unit}, the name of an action unit; {ordinal}, a number from 1.
    reports: the fields of a `vqa.records.Finding` that an answer tells.
    worded_as: how an answer is made of them: the value of the one `field`; the names of the `units`; yes or no,
    whether a `unit_shown` is among them; the `count` of events, their `event_list`, the `event_type` of one; the
    `sentence` that names units and classes, of a clip, an event or all events of a video.
    scored_as: the figures that an answer enters; those of `free` are of its text only, as those of `combined` are.
    scored_from: the beginning of all questions that are scored so, a regular expression in lower case; empty takes the
    wordings.
    admissible: all answers there are, None if there is no end to them. The fine classes are those of the annotation of
    CASME II and SAMM.
    presumes: what it takes for granted of the unit that it names: `present`, or `even odds`, asked as often of a unit
    that is present as of one that is not.
    long: it asks about the events of a long video. learned: the small vision models are trained on it; as its wording
    is part of their vocabulary, they must be trained again when that changes.
    """

    name: str
    wordings: Mapping[str, str]
    reports: tuple[str, ...]
    worded_as: str
    scored_as: str
    scored_from: str = ""
    admissible: tuple[str, ...] | None = None
    presumes: str = ""
    long: bool = False
    learned: bool = False

    def __post_init__(self) -> None:
        for column, chosen, known in (
            ("reports", self.reports, REPORTS),
            ("worded_as", (self.worded_as,), WORDED_AS),
            ("scored_as", (self.scored_as,), SCORED_AS),
            ("presumes", (self.presumes,), PRESUMES),
            ("wordings", re.findall(r"\{.*?\}", " ".join(self.wordings.values())), GAPS),
        ):
            for value in chosen:
                if value not in known:
                    raise ValueError(f"question kind {self.name!r}: {column} has {value!r}; expected one of {known}")
        if self.worded_as == "field" and len(self.reports) != 1:
            raise ValueError(f"question kind {self.name!r}: an answer that is a field reports one, not {self.reports}")

    @property
    def names_unit(self) -> bool:
        """Whether a question names an action unit."""
        return any("{unit}" in wording for wording in self.wordings.values())

    @property
    def names_event(self) -> bool:
        """Whether a question asks about one event of several."""
        return any("{ordinal}" in wording for wording in self.wordings.values())

    @property
    def beginning(self) -> str:
        """The regular expression of how questions begin whose answers are scored as those of this kind."""
        return self.scored_from or "|".join(map(_beginning, self.wordings.values()))


def _beginning(wording: str) -> str:
    parts = re.split(r"\{.*?\}", wording.lower().rstrip("?. "))
    return ".*".join(map(re.escape, parts))


def _by_name(*kinds: QuestionKind) -> dict[str, QuestionKind]:
    found: dict[str, QuestionKind] = {}
    for kind in kinds:
        if kind.name in found:
            raise ValueError(f"question kind {kind.name!r} stands twice in the table")
        found[kind.name] = kind
    return found


KINDS = _by_name(
    QuestionKind(
        "coarse",
        {"": "What is the coarse expression class?"},
        reports=("coarse",),
        worded_as="field",
        scored_as="coarse",
        admissible=("negative", "positive", "surprise"),
        learned=True,
    ),
    QuestionKind(
        "fine",
        {"": "What is the fine-grained expression class?"},
        reports=("fine",),
        worded_as="field",
        scored_as="fine",
        admissible=("anger", "contempt", "disgust", "fear", "happiness", "repression", "sadness", "surprise"),
        learned=True,
    ),
    QuestionKind(
        "action_units",
        {"one": "What is the action unit?", "several": "What are the action units?"},
        reports=("action_units",),
        worded_as="units",
        scored_as="action_units",
        scored_from=r"what (is|are) the action units?\b",
        learned=True,
    ),
    QuestionKind(
        "side",
        {"": "Is the action unit {unit} located on the left or right face?"},
        reports=("side",),
        worded_as="field",
        scored_as="side",
        scored_from="is the action unit .* left or right",
        admissible=("left", "right"),
        presumes="present",
        learned=True,
    ),
    QuestionKind(
        "shown",
        {"": "Is the action unit {unit} shown on the face?"},
        reports=("action_units",),
        worded_as="unit_shown",
        scored_as="yes_no",
        scored_from="(is|are|does|do) ",
        admissible=("yes", "no"),
        presumes="even odds",
        learned=True,
    ),
    QuestionKind(
        "combined",
        {
            "one": (
                "What is the action unit present, and based on it, "
                "what is the fine-grained expression and the coarse expression class?"
            ),
            "several": (
                "What are the action units present, and based on them, "
                "what is the fine-grained expression and the coarse expression class?"
            ),
        },
        reports=("coarse", "fine", "action_units"),
        worded_as="sentence",
        scored_as="combined",
        scored_from="what (is|are) the action units? present, and based on",
        learned=True,
    ),
    QuestionKind(
        "description",
        {"": "Please analyse the micro-expression shown in this video in detail."},
        reports=("coarse", "fine", "action_units"),
        worded_as="sentence",
        scored_as="free",
    ),
    QuestionKind(
        "count",
        {
            "expression": "How many expression events appear in this video?",
            "micro": "How many micro-expression events appear in this video?",
            "macro": "How many macro-expression events appear in this video?",
        },
        reports=("events",),
        worded_as="count",
        scored_as="count",
        scored_from="how many ",
        long=True,
    ),
    QuestionKind(
        "distinct_action_units",
        {"": "What distinct action units appear in this video?"},
        reports=("action_units", "events"),
        worded_as="units",
        scored_as="action_units",
        scored_from=r"what distinct action units?\b",
        long=True,
    ),
    QuestionKind(
        "event_type",
        {"": "What is the expression type of the {ordinal}-th expression event in this video?"},
        reports=("events",),
        worded_as="event_type",
        scored_as="event_type",
        scored_from="what is the expression type of",
        admissible=("micro-expression", "macro-expression"),
        long=True,
    ),
    QuestionKind(
        "intervals",
        {
            "expression": "How many expression events appear in this video? Localize every event.",
            "micro": (
                "How many micro-expression events appear in this video? "
                "Localize every micro-expression event in the video."
            ),
            "macro": (
                "How many macro-expression events appear in this video? "
                "Localize every macro-expression event in the video."
            ),
        },
        reports=("events",),
        worded_as="event_list",
        scored_as="free",
        scored_from="how many .* localize",
        long=True,
    ),
    QuestionKind(UNKNOWN, {}, reports=("coarse", "fine", "action_units"), worded_as="sentence", scored_as="free"),
)
# (kind, variant) -> wording, in the order of the table.
TEMPLATES = {(kind.name, variant): wording for kind in KINDS.values() for variant, wording in kind.wordings.items()}
ADMISSIBLE = {kind.name: kind.admissible for kind in KINDS.values() if kind.admissible}
_BEGINNINGS = [(re.compile(kind.beginning), kind.scored_as) for kind in KINDS.values() if kind.wordings]


def find_kind(name: str) -> QuestionKind:
    """Return the row of a kind; raises `ValueError` for one that is not in the table."""
    if name not in KINDS:
        raise ValueError(f"question kind {name!r} is not known; expected one of {', '.join(KINDS)}")
    return KINDS[name]


@lru_cache(maxsize=1 << 14)
def scored_kind(question: str) -> str:
    """Return which figures the answer to a question enters, one of `SCORED_AS`.

    That of the kind whose questions begin so, by the longest beginning that fits; `free` if none does.
    """
    text = " ".join(question.lower().split())
    found = [(match.end(), kind) for pattern, kind in _BEGINNINGS if (match := pattern.match(text))]
    return max(found, key=lambda fitting: fitting[0], default=(0, "free"))[1]
