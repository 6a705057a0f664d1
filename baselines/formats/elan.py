"""ELAN's annotation files `.eaf` (EAF 3.0), one a video: written through pympi-ling, read with checks of our own.

Expressions lie on the tiers `micro` and `macro`. What is known of them lies on `emotion`, `AU`, `apex` (one frame long)
and, of a prediction, `score` and `region`, as an annotation as long as the expression, and belongs to the expression
that it overlaps most, of several the shortest. Annotations of one tier cannot overlap: of two expressions of one kind
that do the second lies on `micro 2`. A text that would overlap another one on `emotion`, or there
belong to another expression, lies on `micro emotion`, `micro 2 emotion` and so on, whose texts belong to the
expressions of that tier.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import numpy as np

from baselines.errors import InputError
from baselines.formats.marked import (
    ATTRIBUTES,
    Key,
    Marked,
    Marks,
    Span,
    attribute_of,
    base_name,
    checked,
    counted,
    in_order,
    kind_of,
    rate_in,
    stem,
    with_attribute,
    words_of,
)
from baselines.formats.subtitles import milliseconds
from baselines.inputs import read_bytes

VIDEO, RATE = "video", "frame_rate"  # properties of a file of ours
_MIME = {
    "mp4": "video/mp4", "m4v": "video/mp4", "mpg": "video/mpeg", "mpeg": "video/mpeg", "mov": "video/quicktime",
    "avi": "video/x-msvideo", "mkv": "video/x-matroska", "webm": "video/webm",
}  # fmt: skip
_LARGEST = 16 << 20  # bytes; elements take twenty times the memory of their text
_DEEPEST = 100  # annotations that refer to others
_UNIT_TIER = re.compile(r"[lr]?au\d{1,2}[lr]?")


# Writing: events -> tiers -> pympi's object -> text.


def text(
    events: Sequence[Marked], path: str, rates: Mapping[Key, float], media: Mapping[Key, str]
) -> tuple[str, list[str]]:
    """Return the events of one video as an .eaf, and no line, since it holds all. media: paths from its folder."""
    from pympi.Elan import Eaf, to_adocument

    rate = rates.get(events[0].key) if events else None
    eaf = Eaf(author="megc")
    eaf.adocument |= {
        "DATE": "1970-01-01T00:00:00Z",  # the same events give the same bytes
        "VERSION": "3.0",
        "FORMAT": "3.0",
        "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
    }
    eaf.header = {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    eaf.remove_tier("default")
    tiers = _tiers(in_order(events), rate)
    for name, annotations in tiers.items():
        eaf.add_tier(name, part=(events[0].subject if events else "") or None)
        for begin, end, value in annotations:
            eaf.add_annotation(name, begin, end, value)
    _sort_slots(eaf)
    last = max((int(name[1:]) for aligned, *_ in eaf.tiers.values() for name in aligned), default=0)
    eaf.properties = [("lastUsedAnnotationId", str(last))]
    if events:
        eaf.properties += [(VIDEO, events[0].video), *([(RATE, repr(rate))] if rate else [])]
        linked = media.get(events[0].key)
        if linked:
            url = quote(linked if linked.startswith("../") else f"./{linked}")
            eaf.add_linked_file(url, url, _MIME.get(linked.rpartition(".")[2].lower(), "video/*"))
    root = to_adocument(eaf, pretty=False)
    ElementTree.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n', []


def _tiers(events: Sequence[Marked], rate: float | None) -> dict[str, list[tuple[int, int, str]]]:
    """Return {name of a tier: its annotations (begin, end, text)}, those that a file always has first."""
    spans = [_milliseconds(event) for event in events]
    tiers: dict[str, list[tuple[int, int, str]]] = {name: [] for name in ("micro", "macro", "emotion", "AU", "apex")}
    names = []
    for event, (begin, end) in zip(events, spans):
        name, layer = event.kind, 1
        while not _put(tiers.setdefault(name, []), begin, end, event.kind):
            layer += 1
            name = f"{event.kind} {layer}"
        names.append(name)
    owners = _Owners(spans)
    for number in sorted(range(len(events)), key=lambda n: spans[n][1] - spans[n][0]):
        event, name = events[number], names[number]
        for attribute in ATTRIBUTES:
            value = event.attribute(attribute)
            if not value:
                continue
            begin, end = spans[number]
            if attribute == "apex":
                begin, end = _apex(event, begin, end, rate)
                value = "apex"
            general = tiers.setdefault(attribute, [])
            if owners.of(begin, end) != number or not _put(general, begin, end, value):
                _put(tiers.setdefault(f"{name} {attribute}", []), begin, end, value)
    return tiers


def _milliseconds(event: Marked) -> tuple[int, int]:
    assert event.seconds is not None
    return milliseconds(event.seconds)


def _apex(event: Marked, begin: int, end: int, rate: float | None) -> tuple[int, int]:
    """Return when an apex frame comes and goes, in the expression; a millisecond where the rate is not known."""
    assert event.seconds is not None
    assert event.seconds.apex is not None
    comes = min(round(event.seconds.apex * 1000), end - 1)
    goes = round((event.seconds.apex + 1 / rate) * 1000) if rate else 0
    return comes, min(max(comes + 1, goes), end)


def _put(annotations: list[tuple[int, int, str]], begin: int, end: int, value: str) -> bool:
    """Put an annotation among those of a tier, which are in order, unless it overlaps one; tell whether it did not."""
    at = bisect_left(annotations, (begin,))
    if (at and annotations[at - 1][1] > begin) or (at < len(annotations) and annotations[at][0] < end):
        return False
    annotations.insert(at, (begin, end, value))
    return True


def _sort_slots(eaf: Any) -> None:
    """Number the time slots in the order of time, as ELAN writes them."""
    order = sorted(eaf.timeslots, key=lambda name: (eaf.timeslots[name], int(name[2:])))
    new = {name: f"ts{number}" for number, name in enumerate(order, start=1)}
    eaf.timeslots = {new[name]: eaf.timeslots[name] for name in order}
    for aligned, *_ in eaf.tiers.values():
        for name, (begin, end, *rest) in aligned.items():
            aligned[name] = (new[begin], new[end], *rest)


class _Owners:
    """Which of several intervals another one belongs to: that it overlaps most, of these the shortest, the earliest."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self.begins, self.ends = np.array(spans, np.int64).reshape(-1, 2).T

    def of(self, begin: int, end: int, among: Sequence[int] | None = None) -> int | None:
        """Return the number of the owner, None where nothing is overlapped. among: numbers of those to choose from."""
        chosen = np.arange(len(self.begins)) if among is None else np.array(among, int)
        begins, ends = self.begins[chosen], self.ends[chosen]
        overlap = np.minimum(ends, end) - np.maximum(begins, begin)
        met = np.flatnonzero(overlap > 0)
        if not len(met):
            return None
        order = np.lexsort((chosen[met], begins[met], (ends - begins)[met], -overlap[met]))
        return int(chosen[met[order[0]]])


# Reading: text -> tiers -> events.


@dataclass(frozen=True)
class _Annotation:
    """An annotation with its times; parent: the id of the one that it refers to."""

    name: str
    value: str
    begin: int
    end: int
    parent: str


@dataclass
class _Tier:
    """A tier and what its name says: a kind, which one of its layers, and an attribute, empty where it says nothing."""

    name: str
    participant: str
    annotations: list[_Annotation] = field(default_factory=list)
    kind: str = ""
    layer: int = 1
    attribute: str = ""


def read(path: Path) -> Marks:
    """Return the expressions of an .eaf; what lies on unknown tiers, or belongs to no expression, is counted."""
    root = _root(path)
    header = root.find("HEADER")
    if header is not None and header.get("TIME_UNITS", "milliseconds") != "milliseconds":
        raise InputError(f"{path}: TIME_UNITS is {header.get('TIME_UNITS')}; expected milliseconds, save it in ELAN")
    properties = {node.get("NAME", ""): (node.text or "").strip() for node in root.iterfind("HEADER/PROPERTY")}
    media, origin = _media(path, root)
    video = properties.get(VIDEO) or stem(media) or path.stem
    marks = Marks()
    others: Counter[str] = Counter()
    tiers = _read_tiers(path, root)
    found = _Expressions(path, video, origin)
    for tier in tiers:
        if tier.attribute:
            continue
        for annotation in tier.annotations:
            kind = tier.kind or kind_of(annotation.value, short=False)
            if kind:
                found.add(tier, annotation, kind)
            else:
                others[tier.name] += 1
    found.parents = {annotation.name: annotation.parent for tier in tiers for annotation in tier.annotations}
    told = [(tier, annotation) for tier in tiers if tier.attribute for annotation in tier.annotations]
    for tier, annotation in sorted(told, key=lambda pair: bool(pair[1].parent)):  # what others refer to comes first
        found.describe(tier, annotation)
    marks.events = in_order(map(checked, found.events))
    for event in marks.events:
        if properties.get(RATE):
            marks.rates[event.key] = rate_in(properties[RATE], f"{path}: the property {RATE}")
        if media:
            marks.media[event.key] = media
    if others:
        marks.notes.append(f"{path}: annotations on tiers that are not known, left out: {counted(others)}")
    marks.notes += [f"{path}: {line}, left out: {counted(names)}" for line, names in found.left.items()]
    return marks


class _Expressions:
    """The expressions that are found, and what is told of them."""

    def __init__(self, path: Path, video: str, origin: int) -> None:
        self.path, self.video, self.origin = path, video, origin
        self.events: list[Marked] = []
        self.spans: list[tuple[int, int]] = []
        self.tiers: list[_Tier] = []
        self.numbers: dict[str, int] = {}  # of the expression that an annotation is, or belongs to
        self.parents: dict[str, str] = {}  # what an annotation refers to
        self.left: dict[str, Counter[str]] = {}
        self.owners: _Owners | None = None
        self.among: dict[str, list[int]] = {}  # the expressions that annotations of a tier may belong to

    def add(self, tier: _Tier, annotation: _Annotation, kind: str) -> None:
        """Take an annotation as an expression."""
        place = f"{self.path} annotation {annotation.name} (tier {tier.name})"
        if kind_of(annotation.value) is None and not re.fullmatch(r"\d*", annotation.value):
            self._leave("texts of expressions (write an emotion on a tier called emotion)", annotation.value)
        seconds = Span((annotation.begin + self.origin) / 1000, None, (annotation.end + self.origin) / 1000)
        self.numbers[annotation.name] = len(self.events)
        self.events.append(Marked(tier.participant, self.video, seconds, kind=kind, place=place))
        self.spans.append((annotation.begin, annotation.end))
        self.tiers.append(tier)

    def describe(self, tier: _Tier, annotation: _Annotation) -> None:
        """Give what an annotation tells to the expression that it belongs to."""
        number = self._owner(tier, annotation)
        if number is None:
            self._leave("annotations that overlap no expression", tier.name)
            return
        self.numbers.setdefault(annotation.name, number)
        event, attribute, value = self.events[number], tier.attribute, annotation.value
        if attribute == "apex":
            begin, end = self.spans[number]
            value = str((min(max(annotation.begin, begin), end) + self.origin) / 1000)
        elif attribute.startswith("unit "):
            level = value.upper()
            value, attribute = attribute.removeprefix("unit ").upper() + level * (len(level) == 1), "AU"
        if not value:
            return
        before = event.attribute(attribute)
        if before and attribute == "AU":
            value = f"{before}+{value}"
        elif before and before != value:
            self._leave("further annotations of an expression that has one", tier.name)
            return
        self.events[number] = with_attribute(event, attribute, value)

    def _owner(self, tier: _Tier, annotation: _Annotation) -> int | None:
        """Return the number of the expression that an annotation belongs to."""
        parent = annotation.parent
        for _ in range(_DEEPEST if parent else 0):
            if parent in self.numbers:
                return self.numbers[parent]
            parent = self.parents.get(parent, "")
        self.owners = self.owners or _Owners(self.spans)
        if tier.name not in self.among:
            self.among[tier.name] = [
                number
                for number, (event, other) in enumerate(zip(self.events, self.tiers))
                if (not tier.kind or (tier.kind, tier.layer) == (event.kind, other.layer))
                and tier.participant in ("", other.participant)
            ]
        return self.owners.of(annotation.begin, annotation.end, self.among[tier.name])

    def _leave(self, why: str, name: str) -> None:
        self.left.setdefault(why, Counter())[name] += 1


def _root(path: Path) -> ElementTree.Element:
    """Return the root of the XML of an .eaf, which has no entities of its own."""
    data = read_bytes(path, _LARGEST)
    plain = data.replace(b"\0", b"")  # as it is also in UTF-16
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise InputError(f"{path}: declares a document type or entities, which ELAN never writes; save it in ELAN")
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InputError(f"{path} line {error.position[0]}: not whole XML ({error}); save it in ELAN again") from None
    except (LookupError, ValueError) as error:
        raise InputError(f"{path}: its encoding is not known ({error}); save it in ELAN") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(f"{path}: holds <{root.tag}>; expected the <ANNOTATION_DOCUMENT> of an .eaf")
    return root


def _media(path: Path, root: ElementTree.Element) -> tuple[str, int]:
    """Return the name of the video that an .eaf is of, and the millisecond in it at which the times of that begin."""
    linked = root.findall("HEADER/MEDIA_DESCRIPTOR")
    videos = [node for node in linked if node.get("MIME_TYPE", "").startswith("video")] or linked
    if not videos:
        return "", 0
    origin = videos[0].get("TIME_ORIGIN") or "0"
    if not re.fullmatch(r"-?\d{1,12}", origin):
        raise InputError(f"{path}: TIME_ORIGIN is {origin!r}; expected whole milliseconds")
    url = videos[0].get("RELATIVE_MEDIA_URL") or videos[0].get("MEDIA_URL") or ""
    return base_name(unquote(url)), int(origin)


def _read_tiers(path: Path, root: ElementTree.Element) -> list[_Tier]:
    """Return the tiers of a file; times are read only of annotations on those whose names say something."""
    slots = {node.get("TIME_SLOT_ID", ""): node.get("TIME_VALUE", "") for node in root.iterfind("TIME_ORDER/TIME_SLOT")}
    elements = root.findall("TIER")
    nodes = {node.get("ANNOTATION_ID", ""): node for tier in elements for node in tier.iterfind("ANNOTATION/*")}
    tiers = []
    for element in elements:
        tier = _named(element.get("TIER_ID", ""), element.get("PARTICIPANT", "").strip())
        tiers.append(tier)
        for node in element.iterfind("ANNOTATION/*"):
            name, value = node.get("ANNOTATION_ID", ""), (node.findtext("ANNOTATION_VALUE") or "").strip()
            told = tier.kind or tier.attribute or kind_of(value, short=False)
            place = f"{path} annotation {name} (tier {tier.name})"
            begin, end = _times(place, node, nodes, slots) if told else (0, 0)
            tier.annotations.append(_Annotation(name, value, begin, end, node.get("ANNOTATION_REF", "")))
    return tiers


def _times(
    place: str, node: ElementTree.Element, nodes: Mapping[str, ElementTree.Element], slots: Mapping[str, str]
) -> tuple[int, int]:
    """Return begin and end of an annotation, or of the one that it refers to in the end."""
    for _ in range(_DEEPEST):
        if not node.get("ANNOTATION_REF"):
            break
        parent = nodes.get(node.get("ANNOTATION_REF", ""))
        if parent is None:
            raise InputError(f"{place}: refers to {node.get('ANNOTATION_REF')}, which is not there; save it in ELAN")
        node = parent
    found = [slots.get(node.get(f"TIME_SLOT_REF{number}", ""), "") for number in (1, 2)]
    if not all(re.fullmatch(r"\d{1,11}", text) for text in found):
        raise InputError(f"{place}: has no time of its own; give it a begin and an end in ELAN")
    begin, end = map(int, found)
    if end < begin:
        raise InputError(f"{place}: ends at {end} ms before it begins at {begin}; correct it in ELAN")
    return begin, end


def _named(name: str, participant: str) -> _Tier:
    """Return a tier by what its name says; the name of the participant before, behind or after @ does not count."""
    tier, words = _Tier(name, participant), list(words_of(name.partition("@")[0]))
    person = list(words_of(participant))
    if person and len(words) > len(person):
        if words[: len(person)] == person:
            words = words[len(person) :]
        elif words[-len(person) :] == person:
            words = words[: -len(person)]
    length = next((n for n in (2, 1) if kind_of(" ".join(words[:n]))), 0) if words else 0
    kind, rest = (kind_of(" ".join(words[:length])) or "") if length else "", words[length:]
    layer = int(rest.pop(0)) if kind and rest and rest[0].isdecimal() and len(rest[0]) < 4 else 1
    code = "".join(rest)
    attribute = attribute_of(" ".join(rest)) or (f"unit {code}" if len(rest) < 3 and _UNIT_TIER.fullmatch(code) else "")
    if rest and not attribute and rest[-1].isdecimal():
        attribute = attribute_of(" ".join(rest[:-1])) or ""
    if rest and not attribute:
        return tier
    return replace(tier, kind=kind, layer=layer, attribute=attribute)
