"""Answer a whole file of questions about the clips and videos in a folder."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from baselines.commands.train import default_model, load_model
from baselines.datasets.questions import as_question
from baselines.datasets.records import Clip, Question, Video
from baselines.errors import InputError
from baselines.files import read_jsonl, write_text
from baselines.formats.challenge import VQA_ADDED, field_text, json_lines, sound_rows
from baselines.parallel import attempt, progress_bar
from baselines.parts import build_part
from baselines.recognition.model import Model
from baselines.spotting.recipe import spotting_recipe
from baselines.vqa.answerers import Answerer, Seen
from baselines.vqa.evidence import measure
from baselines.vqa.media import Key, find_media
from baselines.vqa.questions import parse
from baselines.vqa.records import Answer

LISTED = 20  # unanswered questions named in one message
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Options:
    """What the command sets of an answerer; None takes the default of each.

    model: a file that `train` wrote (rules), a GGUF file or a name of `hub.list_models` (llama, hybrid). mmproj: the
    GGUF file of the vision projector. classifiers: a file that `train` wrote (hybrid). decoding, threads: as in
    `Llama`. panel: a layout of `baselines.vqa.llama.panel`.
    """

    model: str | None = None
    mmproj: str | None = None
    classifiers: str | None = None
    decoding: str = "scored"
    panel: str | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A file of questions as it was read.

    rows: (place, row), as they stand. groups: the sound ones as `Question`s by their places, those about one clip,
    video or part of a video together. faults: one message each. broken: how many lines are no JSON object.
    """

    rows: list[tuple[str, Row]]
    groups: dict[Key, dict[str, Question]]
    faults: list[str]
    broken: int


def answer_file(
    questions: Path,
    media: Path,
    answerer: str,
    options: Options,
    output: Path,
    fps: float | None = None,
    jobs: int = 1,
    numbering: re.Pattern[str] | None = None,
) -> tuple[str, list[str]]:
    """Answer the questions of a JSON Lines file and write them with their answers to `output`, unless that is `-`.

    Returns (what is written, empty where no question was answered; [one message a failure]). A row without answer keeps
    an empty one; lines that are no JSON object are left out. An answered row gets `confidence` (0..1) where the
    answerer has one, and `flag`, the reason, where the answer is no more than a best effort. answerer: rules, llama or
    hybrid. fps, numbering: as in `read_videos`. Raises
    `InputError` if the file holds no question.
    """
    sheet = read_sheet(questions)
    with closing(make_answerer(answerer, options)) as ready:
        model = load_classifiers(answerer, options, jobs) if ready.measures else None
        records, not_found = find_records(sheet, media, fps, numbering)
        seen = look(ready, list(records.values()), model, options.panel, jobs)
        answers, unanswered = ask(ready, [sheet.groups[key] for key in records], seen)
    failures = [*sheet.faults, *not_found, *unanswered]
    for flag, count in Counter(answer.flag for answer in answers.values() if answer.flag).most_common():
        warnings.warn(f"{count} answers are best efforts: {flag}", stacklevel=2)
    if not answers:
        return "", failures
    text = json_lines([_answered(row, answers.get(place)) for place, row in sheet.rows])
    if str(output) != "-":
        write_text(output, text)
    return text, failures + _summary(output, sheet, answers)


def read_sheet(path: Path) -> Sheet:
    """Return the `Sheet` of a JSON Lines file, what is wrong told in the order of its lines."""
    rows: list[tuple[str, Row]] = []
    faults: list[str] = []
    sound = sound_rows(_kept(read_jsonl(path, faults), rows), findings=faults)
    if not sound:
        raise InputError("; ".join(faults[:1]) or f"{path}: no question; expected one JSON object a line")
    groups: dict[Key, dict[str, Question]] = {}
    for place, row in sound:
        question = as_question(row)
        key = question.subject, question.video, parse(question.text).span
        groups.setdefault(key, {})[place] = question
    return Sheet(rows, groups, faults, broken=len(faults) - (len(rows) - len(sound)))


def find_records(
    sheet: Sheet, media: Path, fps: float | None = None, numbering: re.Pattern[str] | None = None
) -> tuple[dict[Key, Clip | Video], list[str]]:
    """Return the clips and videos of the groups of a sheet, and one message for each that is not there or not read."""
    about_events = {
        (subject, name, span): span is None and any(parse(question.text).long for question in group.values())
        for (subject, name, span), group in sheet.groups.items()
    }
    records, unreadable = find_media(about_events, media, fps, numbering)
    faults = []
    for key, group in sheet.groups.items():
        if key not in records:
            missing = f"{media}: no clip {'_'.join(filter(None, key[:2]))} for {len(group)} questions; add it"
            faults.append(unreadable.get(key, missing))
    return records, faults


def make_answerer(name: str, options: Options) -> Answerer:
    """Return the answerer of that name; raises `InputError` for options that it does not have."""
    if name == "rules":
        if options.mmproj:
            raise InputError("--mmproj goes with --answerer llama; leave it out or choose that answerer")
        return build_part("answerer", {"name": name})
    settings = {"name": name, "model": options.model, "mmproj": options.mmproj, "threads": options.threads}
    if name == "hybrid":
        if options.decoding != "scored":
            raise InputError("--decoding goes with --answerer llama; the hybrid answerer scores")
        return build_part("answerer", settings)
    return build_part("answerer", settings | {"decoding": options.decoding})


def load_classifiers(answerer: str, options: Options, jobs: int = 1) -> Model:
    """Return the model whose analyst measures clips, the default one where the options name none."""
    path = options.model if answerer == "rules" else options.classifiers
    model = load_model(path) if path else default_model(jobs)
    if model.analyst is None:
        raise InputError(f"{path}: trained on clips without action units; train on a dataset that has them")
    return model


def look(
    answerer: Answerer,
    records: Sequence[Clip | Video],
    model: Model | None,
    layout: str | None = None,
    jobs: int = 1,
) -> list[tuple[Seen | None, str | None]]:
    """Return (what the answerer is shown of a clip or video, None) for each, or (None, why nothing is).

    model: whose analyst measures, for an answerer that asks for that. layout: of the panel, for one that sees it.
    """
    drawn = answerer.draw(records, layout, jobs)
    if model is None:
        return drawn
    measured = measure(records, model, spotting_recipe(), jobs)
    return [
        (replace(seen, measured=evidence), None) if seen and evidence else (None, failure or other)
        for (seen, failure), (evidence, other) in zip(drawn, measured)
    ]


def ask(
    answerer: Answerer, groups: Sequence[Mapping[str, Question]], seen: Sequence[tuple[Seen | None, str | None]]
) -> tuple[dict[str, Answer], list[str]]:
    """Return the answers to groups of questions by the places of these, and one message for each without answers.

    seen: as `look` gives it, of the clip or video of each group.
    """
    answers: dict[str, Answer] = {}
    failures = []
    with progress_bar(sum(map(len, groups)), "answering") as bar:
        for group, (shown, failure) in zip(groups, seen):
            if shown:
                found, failure = attempt(partial(answerer.answer_clip, seen=shown), list(group.values()))
                answers |= dict(zip(group, found or ()))
            if failure:
                failures.append(failure)
            bar.update(len(group))
    return answers, failures


def _kept(entries: Iterable[tuple[str, Row]], rows: list[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """Yield entries, each of which is put into `rows` as it passes."""
    for entry in entries:
        rows.append(entry)
        yield entry


def _answered(row: Row, answer: Answer | None) -> dict[str, Any]:
    """Return a row with its answer; whatever answer it held before is gone, as it may be the true one."""
    answered = {name: value for name, value in row.items() if name not in VQA_ADDED}
    answered["answer"] = answer.text if answer else ""
    if answer and answer.confidence is not None:
        answered["confidence"] = round(answer.confidence, 4)
    if answer and answer.flag:
        answered["flag"] = answer.flag
    return answered


def _summary(output: Path, sheet: Sheet, answers: Mapping[str, Answer]) -> list[str]:
    """Return the message that lists what was not answered, or nothing."""
    names = [field_text(row, "id") or f"({place})" for place, row in sheet.rows if place not in answers]
    if not names and not sheet.broken:
        return []
    listed = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    told = f": {listed}; their answers are empty" if names else ""
    left_out = f"; {sheet.broken} lines of the questions are no JSON object and left out" if sheet.broken else ""
    return [f"{output}: {len(names)} of {len(sheet.rows)} rows not answered{told}{left_out}"]
