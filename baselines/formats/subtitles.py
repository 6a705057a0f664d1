"""Subtitles, SubRip `.srt` and WebVTT `.vtt`: one cue an expression, which players show while it lasts.

The first line of a cue is micro or macro, the others tell what is known: `emotion: happiness`, `AU: AU12`,
`apex: 1.234`. A `.vtt` has a note with subject, video and frame rate; an `.srt` has no place for these, and its video
is called like the file.
"""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from baselines.errors import InputError
from baselines.files import read_text
from baselines.formats.marked import (
    ATTRIBUTES,
    Key,
    Marked,
    Marks,
    Span,
    checked,
    counted,
    details_text,
    in_order,
    kind_of,
    rate_in,
    with_details,
)

_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_FORMATTING = re.compile(r"</?[a-zA-Z][^>]*>|\{\\[^}]*\}")  # as in <i>micro</i>


def read(path: Path) -> Marks:
    """Return the expressions of a file of subtitles; other cues are counted."""
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    vtt = text.startswith("WEBVTT")
    marks, others = Marks(), 0
    told: dict[str, str] = {}
    strange: Counter[str] = Counter()
    for number, lines in _blocks(text):
        at = next((n for n, line in enumerate(lines[:2]) if _TIMING.fullmatch(line)), None)
        if at is None:
            if lines[0].startswith("NOTE"):
                told |= _note(lines)
            elif not (lines[0].startswith(("WEBVTT", "STYLE", "REGION")) and vtt):
                raise InputError(
                    f"{path} line {number}: {lines[0][:60]!r} is no cue; expected times such as "
                    "00:00:01,000 --> 00:00:01,200 above each text"
                )
            continue
        place = f"{path} line {number + at}"
        texts = [html.unescape(line) if vtt else line for line in lines[at + 1 :]]
        kind = kind_of(_FORMATTING.sub("", texts[0]), short=False) if texts else None
        if kind is None:
            others += 1
            continue
        subject, video = told.get("subject", ""), told.get("video") or path.stem
        event, left = with_details(Marked(subject, video, _span(lines[at], place), kind=kind, place=place), texts[1:])
        strange.update(left)
        marks.events.append(checked(event))
        if "frame rate" in told:
            marks.rates[event.key] = rate_in(told["frame rate"], f"{path}: the frame rate")
    if others:
        marks.notes.append(f"{path}: cues that say neither micro nor macro in their first line, left out: {others}")
    if strange:
        marks.notes.append(f"{path}: lines of cues that tell nothing known, left out: {counted(strange)}")
    return marks


def text(
    events: Sequence[Marked], path: str, rates: Mapping[Key, float], media: Mapping[Key, str], vtt: bool = False
) -> tuple[str, list[str]]:
    """Return the events of one video as subtitles, and a line that tells what these do not hold."""
    blocks = [_header(events, rates)] if vtt else []
    for number, event in enumerate(in_order(events), start=1):
        assert event.seconds is not None
        begin, end = milliseconds(event.seconds)
        if event.seconds.apex is not None:
            apex = min(max(round(event.seconds.apex * 1000), begin), end) / 1000
            event = replace(event, seconds=event.seconds._replace(apex=apex))
        details = details_text(event, ATTRIBUTES, "\n")
        shown = event.kind + (f"\n{details}" if details else "")
        times = " --> ".join(_clock(ms, "." if vtt else ",") for ms in (begin, end))
        blocks.append(f"{number}\n{times}\n{html.escape(shown, quote=False) if vtt else shown}")
    subject, video = events[0].key if events else ("", Path(path).stem)
    lost = [] if vtt else [f"subject {subject}"] * bool(subject) + [f"video {video}"] * (video != Path(path).stem)
    notes = [f"{path}: an .srt has no place for {' and '.join(lost)}; a .vtt has"] if lost else []
    return "\n\n".join(blocks) + "\n" * bool(blocks), notes


def milliseconds(seconds: Span) -> tuple[int, int]:
    """Return begin and end in whole milliseconds; an expression lasts one at least."""
    begin = round(seconds.onset * 1000)
    return begin, max(begin + 1, round(seconds.offset * 1000))


def _header(events: Sequence[Marked], rates: Mapping[Key, float]) -> str:
    told = {}
    if events:
        told = {"subject": events[0].subject, "video": events[0].video}
        told |= {"frame rate": repr(rates[events[0].key])} if events[0].key in rates else {}
    lines = [f"{name}: {html.escape(text, quote=False)}" for name, text in told.items() if text]
    return "WEBVTT" + ("\n\n" + "\n".join(["NOTE", *lines]) if lines else "")


def _note(lines: Sequence[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in (lines[0].removeprefix("NOTE"), *lines[1:]))
    return {name.strip(): html.unescape(text.strip()) for name, colon, text in pairs if colon}


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """Return (number of the first line, lines) of what stands between empty lines."""
    blocks: list[tuple[int, list[str]]] = []
    before = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            if not before.strip():
                blocks.append((number, []))
            blocks[-1][1].append(line.strip())
        before = line
    return blocks


def _span(line: str, place: str) -> Span:
    match = _TIMING.fullmatch(line)
    assert match is not None
    begin, end = (
        (int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000 + int(parts.ljust(3, "0"))) / 1000
        for hours, minutes, seconds, parts in (match.groups()[:4], match.groups()[4:])
    )
    if end < begin:
        raise InputError(f"{place}: ends before it begins; correct the times")
    return Span(begin, None, end)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"
