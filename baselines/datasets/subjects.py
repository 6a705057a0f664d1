"""One name for one person: `s1`, `S01`, `6` and `006` are spellings, as files and spreadsheet programs make them.

Taken for two people they would be in the training and in the test part of a fold at once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from baselines.datasets.names import one_person, subject_key
from baselines.datasets.records import Clip, Dataset, Question, Video
from baselines.errors import InputError


def one_name_a_person(dataset: Dataset) -> Dataset:
    """Return the dataset in which each person has the spelling that comes first, with a finding for each other one.

    Raises `InputError` where two spellings have a clip or a video of the same name: it cannot be told which is meant.
    """
    records = [*dataset.videos, *dataset.clips]
    spellings: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for record in records:
        known = spellings[record.dataset, subject_key(record.subject)]
        known[record.subject] = known.get(record.subject, 0) + 1
    questions = _renamed_questions(dataset.questions, {key: next(iter(names)) for key, names in spellings.items()})
    several = {key: list(names) for key, names in spellings.items() if len(names) > 1}
    if not several:
        return replace(dataset, questions=questions)
    told = []
    for key, names in several.items():
        first, *others = names
        moved = sum(spellings[key][name] for name in others)
        told.append(
            f"subjects {', '.join(names)} are one person, since case and leading zeros do not count; called {first} "
            f"here, {moved} clips and videos more; write the name alike"
        )
    first_name = {(key[0], name): names[0] for key, names in several.items() for name in names}

    def name_of(record: Clip | Video) -> str:
        return first_name.get((record.dataset, record.subject), record.subject)

    for kind, group in (("video", dataset.videos), ("clip", dataset.clips)):
        _refuse_same_names(kind, group, name_of)
    return replace(
        dataset,
        clips=[replace(clip, subject=name_of(clip)) for clip in dataset.clips],
        videos=[replace(video, subject=name_of(video)) for video in dataset.videos],
        questions=questions,
        findings=[*told, *dataset.findings],
    )


def _refuse_same_names(kind: str, records: Iterable[Clip | Video], name_of: Callable[[Clip | Video], str]) -> None:
    """Raise `InputError` where records of two spellings of a person have the same name."""
    seen: dict[tuple[str, str, str], str] = {}
    for record in records:
        other = seen.setdefault((record.dataset, name_of(record), record.name), record.subject)
        if other != record.subject:
            raise InputError(
                f"{record.dataset}: {one_person(other, record.subject)}, and both have a {kind} {record.name}; give "
                "one of them another name"
            )


def _renamed_questions(questions: Iterable[Question], names: dict[tuple[str, str], str]) -> list[Question]:
    """Return questions that spell subjects as the clips do; names: {(dataset, `subject_key`): spelling}."""
    anywhere = {key: name for (_, key), name in reversed(names.items())}

    def name_of(question: Question) -> str:
        key = subject_key(question.subject)
        return (names.get((question.dataset, key)) if question.dataset else anywhere.get(key)) or question.subject

    return [replace(question, subject=name_of(question)) for question in questions]
