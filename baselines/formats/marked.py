"""Expressions as coding tools mark them: in seconds; and how seconds and frames become each other.

An interval lasts from when its first frame comes until its last one goes: frames onset..offset, which count from 1 and
are both in it, from (onset - 1) / rate to offset / rate. An apex is told by when it comes. Whole milliseconds tell the
frames of every rate below 1000 exactly.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from baselines import action_units
from baselines.errors import InputError

MORE = ("score", "region")  # what a prediction tells besides
ATTRIBUTES = ("emotion", "AU", "apex", *MORE)  # of an expression, in the words of tiers and texts
MOST_RATE = 10000  # frames per second; no camera of faces takes more, and a container that says so counts clock ticks
Key = tuple[str, str]  # subject, video
_KINDS = {
    name + ending: kind
    for kind, names in {
        "micro": ("me", "micro", "micro expression", "microexpression"),
        "macro": ("mae", "macro", "macro expression", "macroexpression"),
    }.items()
    for name in names
    for ending in ("", "s")
}
_SHORT = {"me", "mes", "mae", "maes"}  # which mean something else too
_WORD = re.compile(r"[^\W_]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # which no text format keeps


class Span(NamedTuple):
    """Onset, apex (None where it is not known) and offset, all in seconds or all in frames."""

    onset: float
    apex: float | None
    offset: float


@dataclass(frozen=True)
class Marked:
    """One expression. Of seconds and frames at least one is known; texts are empty where nothing is.

    place: where it stands, for messages. more: texts under names of `MORE`.
    """

    subject: str
    video: str
    seconds: Span | None
    frames: Span | None = None
    kind: str = "micro"
    emotion: str = ""
    units: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    place: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        """Whose video it is in."""
        return self.subject, self.video

    def attribute(self, name: str) -> str:
        """Return the text of one of `ATTRIBUTES`; of the apex the second."""
        if name == "apex":
            return "" if self.seconds is None or self.seconds.apex is None else number_text(self.seconds.apex)
        return {"emotion": self.emotion, "AU": self.units}.get(name) or self.more.get(name, "")


@dataclass
class Marks:
    """What a file tells: its expressions, and of their videos frame rates and the names of media files.

    notes: lines about what was left out.
    """

    events: list[Marked] = field(default_factory=list)
    rates: dict[Key, float] = field(default_factory=dict)
    media: dict[Key, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def in_seconds(frames: Span, rate: float) -> Span:
    """Return when frames come and, of the last one, goes."""
    apex = None if frames.apex is None else (frames.apex - 1) / rate
    return Span((frames.onset - 1) / rate, apex, frames.offset / rate)


def in_frames(seconds: Span, rate: float) -> Span:
    """Return the frames of an interval; it has at least one, and the apex lies in it."""
    onset = round(seconds.onset * rate) + 1
    offset = max(onset, round(seconds.offset * rate))
    apex = None if seconds.apex is None else min(max(round(seconds.apex * rate) + 1, onset), offset)
    return Span(onset, apex, offset)


def timed(event: Marked, rate: float | None) -> Marked:
    """Return an event with its seconds and, where the rate is known, its frames; those that it has it keeps."""
    if event.frames is None:
        if event.seconds is not None and rate:
            event = replace(event, frames=in_frames(event.seconds, rate))
    elif event.seconds is None and rate:
        event = replace(event, seconds=in_seconds(event.frames, rate))
    if event.seconds is not None and event.seconds.onset < 0:
        raise InputError(f"{event.place}: begins before its video; frames count from 1 and seconds from 0, correct it")
    return event


def checked(event: Marked) -> Marked:
    """Return an event whose texts are in one line each; raises `InputError` for what no file of events can tell."""
    for name, text in (("subject", event.subject), ("video", event.video)):
        if _CONTROL.search(text):
            raise InputError(f"{event.place}: {name} is {text!r}; expected one line of letters, correct it")
    seconds = event.seconds
    if seconds is not None:
        if not 0 <= seconds.onset <= seconds.offset < 1e8:
            raise InputError(
                f"{event.place}: lasts from {seconds.onset:g} to {seconds.offset:g} s; expected a begin that is not "
                "below 0 and not after the end"
            )
        if seconds.apex is not None:
            apex = min(max(seconds.apex, seconds.onset), seconds.offset)
            if abs(apex - seconds.apex) > 0.0011:  # more than what rounding makes
                raise InputError(f"{event.place}: the apex at {seconds.apex:g} s is not in the expression; correct it")
            event = replace(event, seconds=seconds._replace(apex=apex))
    more = {name: one_line(text) for name, text in event.more.items() if one_line(text)}
    return replace(event, emotion=one_line(event.emotion), units=one_line(event.units), more=more)


def in_order(events: Iterable[Marked]) -> list[Marked]:
    """Return events by subject, video and time."""

    def place(event: Marked) -> tuple[Key, float, float, bool]:
        span = event.seconds or event.frames
        return event.key, span.onset if span else 0, span.offset if span else 0, event.kind == "macro"

    return sorted(events, key=place)


def one_line(text: str) -> str:
    """Return a text without line ends and signs that no file of text keeps."""
    return " ".join(_CONTROL.sub(" ", text).split()) if _CONTROL.search(text) else text.strip()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, whatever stands between them."""
    return tuple(_WORD.findall(text.lower()))


def kind_of(text: str, short: bool = True) -> str | None:
    """Return micro or macro where a text says so and nothing else. short: ME and MaE do."""
    found = " ".join(words_of(text))
    return None if found in _SHORT and not short else _KINDS.get(found)


def number_text(number: float) -> str:
    """Return a number of seconds as text, to the microsecond at most."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def seconds_in(text: str, place: str, name: str) -> float:
    """Return the seconds in a cell."""
    try:
        number = float(text)
        if abs(number) < 1e8:
            return number
    except ValueError:
        pass
    raise InputError(f"{place}: {name} is {text!r}; expected seconds, such as 1.25")


def rate_in(text: str, place: str) -> float:
    """Return the frame rate that a text tells."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 1 <= rate <= MOST_RATE:
        raise InputError(f"{place} is {text!r}; expected frames per second such as 30 or 200")
    return rate


def base_name(path: str) -> str:
    """Return the name of a file without the folders in front, which are those of another machine."""
    return re.split(r"[/\\]", path)[-1]


def stem(name: str) -> str:
    """Return the name of a file without its suffix."""
    return re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)


def details_text(event: Marked, names: Iterable[str], between: str, escaped: Callable[[str], str] = str) -> str:
    """Return the attributes of an event as `name: text`, those that it has. escaped: what becomes of a text."""
    return between.join(f"{name}: {escaped(text)}" for name in names if (text := event.attribute(name)))


def with_details(event: Marked, parts: Iterable[str]) -> tuple[Marked, list[str]]:
    """Return an event with what parts of a text like `emotion: x` tell, and the parts that tell nothing."""
    others = []
    for part in parts:
        name, colon, text = (piece.strip() for piece in part.partition(":"))
        attribute = attribute_of(name)
        if not colon or attribute is None or (attribute == "apex" and event.seconds is None):
            others += [part] if part.strip() else []
        else:
            event = with_attribute(event, attribute, text)
    return event, others


def with_attribute(event: Marked, name: str, text: str) -> Marked:
    """Return an event with the text of one of `ATTRIBUTES`."""
    if name == "apex":
        second = seconds_in(text.removesuffix("s").strip(), event.place, "apex")
        return replace(event, seconds=event.seconds and event.seconds._replace(apex=second))
    if name in MORE:
        return replace(event, more={**event.more, name: text})
    return replace(event, emotion=text) if name == "emotion" else replace(event, units=text)


_NAMES = {
    "emotion": "emotion", "emotions": "emotion", "au": "AU", "aus": "AU", "action unit": "AU", "action units": "AU",
    "apex": "apex", "apex frame": "apex", "score": "score", "region": "region",
}  # fmt: skip


def attribute_of(text: str) -> str | None:
    """Return which of `ATTRIBUTES` a name means."""
    return _NAMES.get(" ".join(words_of(text)))


def names_units(text: str) -> bool:
    """Tell whether a text is a list of action units and nothing else."""
    try:
        return bool(action_units.parse(text))
    except ValueError:
        return False


def counted(found: Mapping[str, int]) -> str:
    """Return names with how often each was met, the most frequent first."""
    listed = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(f"{name or 'without a name'} ({number})" for name, number in listed[:5]) + more
