"""What answers questions: one protocol for the command `vqa` and for the folds of an experiment, with two answerers.

An answerer is shown what was seen of a clip (`Seen`) and answers all questions about it. Those that look at pictures
with a vision model are in `baselines.vqa.llama`.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from baselines.action_units import names_text, numbers
from baselines.datasets.records import Clip, Event, Question, Video
from baselines.errors import InputError
from baselines.recognition.kernels import Samples
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.annotation import annotated_event
from baselines.vqa.counting import SCOPES, least_events, number_in, shared_out
from baselines.vqa.names import with_unseen
from baselines.vqa.questions import ParsedQuestion, parse
from baselines.vqa.records import Answer, Evidence
from baselines.vqa.rules import answer_questions


@dataclass(frozen=True)
class Seen:
    """What an answerer is shown of one clip or long video; what it does not ask for is None.

    measured: what classifiers found. panel, caption: a picture for a vision model, (H, W, 3) uint8, and what it shows.
    vision: what the vision model finds in the panel, where it was asked before.
    """

    measured: Evidence | None = None
    panel: np.ndarray | None = None
    caption: str = ""
    vision: Evidence | None = None


@dataclass(frozen=True)
class Asked:
    """Clips with the questions about each: to be answered, or with their answers to learn from.

    features: the representations (n, ...) of the clips. seen: what else is shown of each.
    """

    clips: Sequence[Any]  # `Clip` or `Video`
    questions: Sequence[Sequence[Question]]
    features: Samples
    seen: Sequence[Seen]

    def take(self, chosen: np.ndarray) -> "Asked":
        """Return the part of the clips in a boolean array (n,)."""
        places = np.flatnonzero(chosen).tolist()
        clips, questions, seen = ([values[n] for n in places] for values in (self.clips, self.questions, self.seen))
        return Asked(clips, questions, self.features[places], seen)

    @property
    def events(self) -> list[Event]:
        """The event of each clip, with what the answers tell of it."""
        return [annotated_event(clip.event, asked) for clip, asked in zip(self.clips, self.questions)]


class Answerer(ABC):
    """Answers questions about clips and long videos.

    learns: `fit` changes its answers. measures: it asks for `Seen.measured`. together: it reads all questions about a
    clip before it answers the first. use_wording: it takes a question about the n-th event of a video to tell that
    there are at least n.
    """

    learns = False
    measures = False
    together = False
    use_wording = False

    def look(self, pictures: np.ndarray) -> list[Seen]:
        """Return what is shown to it of flow pictures (n, H, W, 3), in any fold the same."""
        return [Seen() for _ in pictures]

    def draw(
        self, records: Sequence[Clip | Video], layout: str | None = None, jobs: int = 1
    ) -> list[tuple[Seen | None, str | None]]:
        """Return (what is shown to it of a clip or video, None) for each, or (None, why nothing is).

        layout: one of `llama.panel.LAYOUTS`, None for the one that it knows best.
        """
        return [(Seen(), None) for _ in records]

    def fit(self, asked: Asked, analyst: ClipAnalyst) -> Self:
        """Learn from clips whose answers are known; analyst: the classifiers to fit, as they are before."""
        return self

    def answer_clips(self, asked: Asked) -> list[list[Answer]]:
        """Return the answers to the questions about each clip."""
        return [self.answer_clip(questions, seen) for questions, seen in zip(asked.questions, asked.seen)]

    @abstractmethod
    def answer_clip(self, questions: Sequence[Question], seen: Seen) -> list[Answer]:
        """Return the answers to all questions about one clip or video."""

    def evidence_of(self, seen: Seen) -> Evidence | None:
        """Return what answers about one clip or video rest on, None where they rest on nothing that can be told."""
        return None

    def concludes(self, question: ParsedQuestion) -> bool:
        """Tell whether it weighs all that it found for an answer; else that is what it found of the question alone."""
        return True

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Free its memory; nothing can be asked afterwards."""


def answered(answerer: Answerer, asked: Asked) -> Sequence[Sequence[Answer]]:
    """Return the answers to the questions about each clip; `InputError` where a question has none."""
    found = answerer.answer_clips(asked)
    place = f"answerer {type(answerer).__name__}"
    if not isinstance(found, Sequence) or len(found) != len(asked.clips):
        raise InputError(f"{place}: `answer_clips` gave no list of {len(asked.clips)}, one of answers for each clip")
    for clip, questions, answers in zip(asked.clips, asked.questions, found):
        texts = [getattr(answer, "text", None) for answer in answers] if isinstance(answers, Sequence) else []
        if len(texts) != len(questions) or not all(isinstance(text, str) for text in texts):
            raise InputError(
                f"{place}: gave {type(answers).__name__} for clip {clip.name} of subject {clip.subject}; expected a "
                f"list of {len(questions)}, an `Answer` with its text for each question"
            )
    return found


class Rules(Answerer):
    """One finding a clip from what classifiers measured, worded by the challenge's templates so that answers agree.

    together: read all questions about a clip before answering the first. use_wording: count at least as many events of
    a long video as the questions about its n-th event take for granted. open_names: emotions that no training clip has
    are possible, too (`vqa.names`), as in a database that nobody trained on.
    """

    learns = True
    measures = True

    def __init__(self, together: bool = True, use_wording: bool = False, open_names: bool = False):
        self.together, self.use_wording, self.open_names = together, use_wording, open_names

    def fit(self, asked: Asked, analyst: ClipAnalyst) -> Self:
        """Fit the classifiers on the events of the clips."""
        self.analyst_ = clone(analyst).fit(asked.features, asked.events)
        return self

    def answer_clips(self, asked: Asked) -> list[list[Answer]]:
        """Return the answers to the questions about each clip, measured by the fitted classifiers."""
        measured = self.analyst_.predict(asked.features)
        seen = [replace(one, measured=evidence) for one, evidence in zip(asked.seen, measured)]
        return super().answer_clips(replace(asked, seen=seen))

    def answer_clip(self, questions: Sequence[Question], seen: Seen) -> list[Answer]:
        """Return the answers to all questions about one clip or video."""
        return answer_questions(questions, self._opened(seen.measured), self.together, self.use_wording)

    def evidence_of(self, seen: Seen) -> Evidence | None:
        """Return what the classifiers measured, with `open_names` of all emotions."""
        return self._opened(seen.measured)

    def _opened(self, evidence: Evidence | None) -> Evidence | None:
        return with_unseen(evidence) if self.open_names and evidence else evidence


class Prior(Answerer):
    """The most frequent training answer to each question, without a look at the clip: the floor.

    Frequencies of one wording are smoothed towards those of all questions of its kind, as if `smoothing`
    more had been seen; ties go to the alphabetically first answer. A question that was not seen has a flag.
    Of all units in a long video, of which hardly two have the same, those are named that most training videos show.
    use_wording: as many events as the questions about the n-th event of a video take for granted, and as many more as
    there were on average in training videos; micro and macro make all.
    """

    learns = True

    def __init__(self, smoothing: float = 10.0, use_wording: bool = False):
        self.smoothing, self.use_wording = smoothing, use_wording

    def fit(self, asked: Asked, analyst: ClipAnalyst | None = None) -> Self:
        """Count the answers to the questions; those without an answer are left out."""
        self.counts_: dict[tuple, Counter[str]] = {}
        for question in (question for questions in asked.questions for question in questions):
            for key in _keys(parse(question.text)) if question.answer else ():
                self.counts_.setdefault(key, Counter())[question.answer] += 1
        self.best_: dict[tuple, str] = {}
        more = [number for questions in asked.questions if (number := _more_events(questions)) is not None]
        self.more_ = sum(more) / len(more) if more else 0.0
        return self

    def answer_clip(self, questions: Sequence[Question], seen: Seen | None = None) -> list[Answer]:
        """Return the answers to questions; `seen` is not looked at."""
        parsed = [parse(question.text) for question in questions]
        answers = [self._answer(_keys(question)) for question in parsed]
        if not self.use_wording:
            return answers
        usual = {scope: number_in(self._answer(_keys(ParsedQuestion("count", scope=scope))).text) for scope in SCOPES}
        least = least_events(parsed)
        counts = shared_out(least + round(self.more_) if least else usual["expression"], usual)
        return [
            replace(answer, text=str(counts[question.scope])) if question.kind == "count" else answer
            for question, answer in zip(parsed, answers)
        ]

    def _answer(self, keys: list[tuple]) -> Answer:
        asked = keys[-1]
        if asked not in self.best_:
            self.best_[asked] = self._most_probable(keys)
        return Answer(self.best_[asked], "" if asked in self.counts_ else "no training question like this one")

    def _most_probable(self, keys: list[tuple]) -> str:
        if keys[1:2] == [("distinct_action_units",)]:
            return _usual_units(self.counts_.get(keys[1], Counter()))
        shares: dict[str, float] = {}
        for counts in filter(None, map(self.counts_.get, keys)):
            total = counts.total() + self.smoothing
            shares = {a: (counts[a] + self.smoothing * shares.get(a, 0.0)) / total for a in {**shares, **counts}}
        return min(shares, key=lambda answer: (-shares[answer], answer), default="")


def _more_events(questions: Sequence[Question]) -> int | None:
    """Return how many more events a video has than the questions about its n-th take for granted, None if not known."""
    parsed = [parse(question.text) for question in questions]
    least = least_events(parsed)
    counted = [
        number_in(question.answer)
        for question, one in zip(questions, parsed)
        if (one.kind, one.scope) == ("count", "expression") and question.answer
    ]
    return counted[0] - least if counted and least else None


def _usual_units(answers: Counter[str]) -> str:
    """Return the names of the units that at least half of the answers name, or of the one that most do."""
    counts: Counter[int] = Counter()
    for answer, times in answers.items():
        counts.update(dict.fromkeys(numbers(answer), times))
    most = max(counts.values(), default=0)
    return names_text(sorted(unit for unit, times in counts.items() if times >= min(most, answers.total() / 2)))


def _keys(question: ParsedQuestion) -> list[tuple]:
    """Return what a question has in common with others, from any question at all to the very same."""
    kind, wording = question.kind, question.number or question.scope
    return [(), (kind,), (kind, wording), (kind, wording, question.action_unit)]
