"""Answer a whole file of questions about the clips and videos in a folder."""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from baselines.commands.train import default_model, load_model
from baselines.datasets import folders
from baselines.datasets.questions import as_question
from baselines.datasets.records import Clip, Question, Video
from baselines.errors import InputError
from baselines.files import read_jsonl, write_text
from baselines.formats.challenge import VQA_ADDED, field_text, json_lines, sound_rows
from baselines.parallel import attempt
from baselines.parts import build_part
from baselines.progress import progress_bar
from baselines.recognition.model import Model
from baselines.spotting.recipe import spotting_recipe
from baselines.vqa.answerers import Answerer, Seen
from baselines.vqa.evidence import measure
from baselines.vqa.grounds import common_in_words, frames_looked_at, grounds, measured_in_words
from baselines.vqa.media import Key, find_media, media_names
from baselines.vqa.questions import parse
from baselines.vqa.records import Answer

LISTED = 20  # unanswered questions named in one message
Row = Mapping[str, Any]
Grounds = Mapping[str, Any] | None


@dataclass(frozen=True)
class Options:
    """What the command sets of an answerer; None takes the default of each.

    model: a file that `train` wrote (rules), a GGUF file or a name of `hub.list_models` (llama, hybrid). mmproj: the
    GGUF file of the vision projector. classifiers: a file that `train` wrote (hybrid). decoding, threads: as in
    `Llama`. panel: a layout of `baselines.vqa.llama.panel`. use_wording, open_names: as in `Rules`.
    """

    model: str | None = None
    mmproj: str | None = None
    classifiers: str | None = None
    decoding: str = "scored"
    panel: str | None = None
    threads: int | None = None
    use_wording: bool = False
    open_names: bool = False


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
    explained: bool = False,
    **reading: Any,
) -> tuple[str, list[str]]:
    """Answer the questions of a JSON Lines file and write them with their answers to `output`, unless that is `-`.

    Returns (what is written, empty where no question was answered; [one message a failure]). A row without answer keeps
    an empty one; lines that are no JSON object are left out. An answered row gets `confidence` (0..1) where the
    answerer has one, and `flag`, the reason, where the answer is no more than a best effort. answerer: rules, llama or
    hybrid. explained: each answered row gets `grounds` (`vqa.grounds`) too. reading: as in `answer_sheet`. Raises
    `InputError` if the file holds no question.
    """
    sheet = read_sheet(questions)
    answers, failures = answer_sheet(sheet, media, answerer, options, explained, **reading)
    for flag, count in Counter(answer.flag for answer, _ in answers.values() if answer.flag).most_common():
        warnings.warn(f"{count} answers are best efforts: {flag}", stacklevel=2)
    if not answers:
        return "", failures
    text = json_lines([_answered(row, *answers.get(place, ())) for place, row in sheet.rows])
    if str(output) != "-":
        write_text(output, text)
    return text, failures + _summary(output, sheet, answers)


def answer_about(
    questions: Sequence[str], media: Path, answerer: str, options: Options, **reading: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    """Answer questions about everything in `media`; return (a row each, with its `grounds`, [one message a failure]).

    media: a video file, the folder of its images, a flow picture, a folder of such, or a manifest folder. The rest is
    as in `answer_file`.
    """
    sheet = sheet_of(questions, media, reading.get("numbering"))
    answers, failures = answer_sheet(sheet, media, answerer, options, explained=True, **reading)
    return [_answered(row, *answers[place]) for place, row in sheet.rows if place in answers], failures


def answers_text(rows: Sequence[Row]) -> str:
    """Return rows of `answer_about` as text for a reader."""
    lines: list[str] = []
    for names, about in groupby(rows, key=itemgetter("subject", "video")):
        mine = list(about)
        lines += [*([""] if lines else []), f"{'/'.join(filter(None, names))}:"]
        for row in mine:
            sure = f" (confidence {row['confidence']:.2f})" if "confidence" in row else ""
            lines += [f"  {row['question']}", f"    {row['answer']}{sure}"]
            lines += [f"    flag: {row['flag']}"] if "flag" in row else []
            lines += [f"      {line}" for line in measured_in_words(row.get("grounds", {}))]
        lines += [f"  {line}" for line in common_in_words([row.get("grounds", {}) for row in mine])]
    return "\n".join(lines)


def sheet_of(questions: Sequence[str], media: Path, numbering: re.Pattern[str] | None = None) -> Sheet:
    """Return the `Sheet` of questions about everything in `media`, clip after clip."""
    rows: list[tuple[str, Row]] = []
    groups: dict[Key, dict[str, Question]] = {}
    parsed = [parse(text) for text in questions]
    names = {long: media_names(media, long, numbering) for long in {one.long for one in parsed}}
    for number, (text, read) in enumerate(zip(questions, parsed), start=1):
        for subject, name in names[read.long]:
            row = {"subject": subject, "video": name, "question": text}
            place = f"question {number} about {'/'.join(filter(None, (subject, name)))}"
            rows.append((place, row))
            groups.setdefault((subject, name, read.span), {})[place] = as_question(row)
    order = {key[:2]: n for n, key in enumerate(groups)}
    return Sheet(sorted(rows, key=lambda row: order[row[1]["subject"], row[1]["video"]]), groups, [], 0)


def answer_sheet(
    sheet: Sheet,
    media: Path,
    answerer: str,
    options: Options,
    explained: bool = False,
    fps: float | None = None,
    jobs: int = 1,
    numbering: re.Pattern[str] | None = None,
) -> tuple[dict[str, tuple[Answer, Grounds]], list[str]]:
    """Return ({place: the answer and what it rests on}, [one message a failure]) of the questions of a sheet.

    fps, numbering: as in `read_videos`.
    """
    with closing(make_answerer(answerer, options)) as ready:
        model = load_classifiers(answerer, options, jobs) if ready.measures else None
        records, not_found = find_records(sheet, media, fps, numbering)
        seen = look(ready, list(records.values()), model, options.panel, jobs)
        groups = [sheet.groups[key] for key in records]
        answers, unanswered = ask(ready, groups, seen)
        found: dict[str, Grounds] = {}
        if explained:
            settings = model.recipe.steps["representation"] if model else {}
            for record, group, (shown, _) in zip(records.values(), groups, seen):
                found |= grounds_of(ready, record, group, shown, settings) if shown else {}
    given = {place: (answer, found.get(place)) for place, answer in answers.items()}
    return given, [*sheet.faults, *not_found, *unanswered]


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
    absent = [key for key in sheet.groups if key not in records and key not in unreadable]
    faults = list(unreadable.values())
    if absent:
        names = list(dict.fromkeys("_".join(filter(None, key[:2])) for key in absent))
        asked = sum(len(sheet.groups[key]) for key in absent)
        told = f"no clip {folders.shown(names)} for {asked} questions"
        faults.append(f"{media}: {told}; add {'it' if len(names) == 1 else 'them'}")
    return records, faults


def make_answerer(name: str, options: Options) -> Answerer:
    """Return the answerer of that name; raises `InputError` for options that it does not have."""
    if name == "rules":
        if options.mmproj:
            raise InputError("--mmproj goes with --answerer llama; leave it out or choose that answerer")
        wording = {"use_wording": options.use_wording, "open_names": options.open_names}
        return build_part("answerer", {"name": name, **wording})
    if options.open_names:
        raise InputError("--open-names goes with --answerer rules; a vision model has names of its own")
    settings = {"name": name, "model": options.model, "mmproj": options.mmproj, "threads": options.threads}
    if name == "hybrid":
        if options.decoding != "scored":
            raise InputError("--decoding goes with --answerer llama; the hybrid answerer scores")
        return build_part("answerer", settings | {"use_wording": options.use_wording})
    if options.use_wording:
        raise InputError("--use-wording goes with --answerer rules and hybrid; the vision model counts what it sees")
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


def grounds_of(
    answerer: Answerer, record: Clip | Video, group: Mapping[str, Question], seen: Seen, settings: Mapping[str, Any]
) -> dict[str, Grounds]:
    """Return what the answers to questions about one clip or video rest on, by the places of the questions."""
    evidence = attempt(answerer.evidence_of, seen)[0]
    frames = attempt(partial(frames_looked_at, settings=settings), record)[0]
    read = list(group.values())
    how = {"together": answerer.together, "use_wording": answerer.use_wording, "concludes": answerer.concludes}
    told = grounds(evidence, read, **how) if evidence else [{} for _ in read]
    return {place: one | ({"frames": frames} if frames else {}) for place, one in zip(group, told)}


def _answered(row: Row, answer: Answer | None = None, found: Grounds = None) -> dict[str, Any]:
    """Return a row with its answer; whatever answer it held before is gone, as it may be the true one."""
    answered = {name: value for name, value in row.items() if name not in VQA_ADDED}
    answered["answer"] = answer.text if answer else ""
    if answer and answer.confidence is not None:
        answered["confidence"] = round(answer.confidence, 4)
    if answer and answer.flag:
        answered["flag"] = answer.flag
    if found:
        answered["grounds"] = found
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
