"""What every task offers to an experiment."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from baselines.datasets.records import Clip, Dataset, Video
from baselines.errors import InputError
from baselines.experiments.tasks.shared import Take, alone
from baselines.recipes import Recipe
from baselines.recognition.protocols import ACROSS, PROTOCOLS, SAMPLE_WISE, Fold, make_folds, unit_of
from baselines.recognition.representation import represent_each


@dataclass(frozen=True)
class Seen:
    """Clips that show what a recipe looks at, with their representations (n, ...), and those that do not."""

    clips: list[Clip]
    arrays: np.ndarray
    failed: list["Failed"]

    @classmethod
    def of(cls, clips: Sequence[Clip], settings: Mapping[str, Any], jobs: int) -> "Seen":
        """Return what is seen of clips under a recipe's `representation` settings."""
        arrays, failed = represent_each(clips, settings, jobs)
        kept = [clip for number, clip in enumerate(clips) if number not in failed]
        return cls(kept, arrays, [Failed(clips[number], why) for number, why in failed.items()])


class Failed(NamedTuple):
    """A clip or video in which what a recipe needs cannot be seen, and why.

    Nothing is learned from it. Its prediction is what needs no look at it, so that no recipe gains where it fails.
    """

    record: Any  # `Clip` or `Video`
    why: str

    def told(self) -> dict[str, str]:
        """Return what a row of results holds of it."""
        record = self.record
        return {"dataset": record.dataset, "subject": record.subject, "name": record.name, "why": self.why}


def failed_in(failed: Sequence[Failed], fold: Fold) -> list[Failed]:
    """Return those that a fold tests."""
    return list(compress(failed, fold.split([one.record for one in failed])[1])) if failed else []


def told(failed: Iterable[Failed]) -> dict[str, Any]:
    """Return {"failed": [...]} as a row of results holds it, empty where nothing has failed."""
    found = [one.told() for one in failed]
    return {"failed": found} if found else {}


class Task(ABC):
    """One task of the challenge, on what was not trained on.

    in_classes: whether emotions are told in the classes of the dataset. part_of: the task that it goes with where that
    one is chosen.
    """

    name = ""
    part_of = ""
    protocols: tuple[str, ...] = tuple(protocol for protocol in PROTOCOLS if protocol != SAMPLE_WISE)
    scored_as = ""  # the kind of score, as in `scoring.kinds`
    in_classes = False

    def seen(self, dataset: Dataset) -> Dataset:
        """Return the dataset as the task sees it: in its own coarse classes where the task has no use for others."""
        return dataset if self.in_classes or dataset.classes is dataset.coarse else dataset.in_classes(dataset.coarse)

    @abstractmethod
    def records(self, dataset: Dataset) -> Sequence[Clip | Video]:
        """Return the clips or videos that are predicted."""

    def learned(self, dataset: Dataset) -> Sequence[Clip | Video]:
        """Return the clips and videos that can be trained on."""
        return self.records(dataset)

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        """Tell whether a recipe of this task can run on a dataset."""
        return bool(self.records(dataset))

    def protocol(self, dataset: Dataset, named: str | None = None) -> str | None:
        """Return the protocol on a dataset; None if the task does not know the one that is named.

        Without a name every subject of the dataset is left out in turn: `composite` if what is predicted comes from
        several databases, `loso` if from one.
        """
        if named not in (None, *PROTOCOLS):
            raise InputError(f"--protocol {named!r} is not known; choose one of {', '.join(PROTOCOLS)}")
        if named is None:
            return "composite" if len(databases(self.records(dataset))) > 1 else "loso"
        return named if named in self.protocols else None

    def lacks(self, dataset: Dataset, protocol: str | None) -> str | None:
        """Return what a dataset lacks for a protocol, as one line; None if it has everything."""
        found = databases(self.learned(dataset))
        if protocol not in ACROSS or len(found) > 1:
            return None
        here = ", ".join(found) or "none"
        return f"--protocol {protocol} needs two databases for {self.name}, and here is {here}; name another --dataset"

    def folds(self, dataset: Dataset, protocol: str, seed: int) -> tuple[Fold, ...]:
        """Return the `Fold`s of a protocol on a dataset; `seed` deals the subjects where chance does."""
        unit = unit_of(protocol)
        tested, learned = (
            {unit(record): record.dataset for record in records}
            for records in (self.records(dataset), self.learned(dataset))
        )
        return make_folds(protocol, tested, seed, learned)

    @abstractmethod
    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int, take: Take = alone) -> Any:
        """Return what all folds share, records and representations, under names. Nothing is fitted here.

        take: gives what experiments with the same representation of the same clips share, as `Shared.take`.
        """

    @abstractmethod
    def run(self, recipe: Recipe, prepared: Any, fold: Fold, seed: int) -> dict[str, Any]:
        """Return {"predictions": [...]} of a `Fold` and, where they do not carry it, {"truth": [...]}; JSON-able.

        What could not be seen of what is tested is added under "failed", as `told` gives it.
        """


def databases(records: Iterable[Clip | Video]) -> list[str]:
    """Return the names of the databases that records come from, sorted."""
    return sorted({record.dataset for record in records})


def labelled_clips(dataset: Dataset) -> list[Clip]:
    """Return the clips whose emotion is in a class of the set in force."""
    return [clip for clip in dataset.clips if clip.label]


def annotated_videos(dataset: Dataset) -> list[Video]:
    """Return the videos whose events are known; a video may be known to have none."""
    return [video for video in dataset.videos if video.events is not None]
