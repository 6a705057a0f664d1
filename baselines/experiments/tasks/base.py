"""What every task offers to an experiment."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Dataset, Video
from baselines.errors import InputError
from baselines.recipes import Recipe
from baselines.recognition.protocols import PROTOCOLS, Fold, make_folds


class Task(ABC):
    """One task of the challenge, on subjects that were not trained on."""

    name = ""
    protocols: tuple[str, ...] = ("loso",)  # of `recognition.protocols`; the first is taken when none is named
    scored_as = ""  # the kind of score, as in `scoring.kinds`

    @abstractmethod
    def records(self, dataset: Dataset) -> Sequence[Clip | Video]:
        """Return the clips or videos that are predicted; their subjects are the folds."""

    def fits(self, recipe: Recipe, dataset: Dataset) -> bool:
        """Tell whether a recipe of this task can run on a dataset."""
        return bool(self.records(dataset))

    def other_recipes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the names of the recipes that a recipe names in its steps."""
        return ()

    def protocol(self, dataset: Dataset, named: str | None = None) -> str | None:
        """Return the protocol on a dataset; None if the task does not know the one that is named."""
        if named not in (None, *PROTOCOLS):
            raise InputError(f"--protocol {named!r} is not known; choose one of {', '.join(PROTOCOLS)}")
        return self.protocols[0] if named is None else named if named in self.protocols else None

    def folds(self, dataset: Dataset, protocol: str, seed: int) -> tuple[Fold, ...]:
        """Return the `Fold`s of a protocol on a dataset; `seed` deals the subjects where chance does."""
        return make_folds(protocol, {subject_of(r): r.dataset for r in self.records(dataset)}, seed)

    @abstractmethod
    def prepare(self, recipe: Recipe, dataset: Dataset, jobs: int) -> Any:
        """Return what all folds share, records and representations, under names. Nothing is fitted here."""

    @abstractmethod
    def run(self, recipe: Recipe, prepared: Any, fold: Fold, seed: int) -> dict[str, Any]:
        """Return {"predictions": [...]} of a `Fold` and, where they do not carry it, {"truth": [...]}; JSON-able."""


def labelled_clips(dataset: Dataset) -> list[Clip]:
    """Return the clips whose coarse emotion is known."""
    return [clip for clip in dataset.clips if clip.label]


def annotated_videos(dataset: Dataset) -> list[Video]:
    """Return the videos whose events are known; a video may be known to have none."""
    return [video for video in dataset.videos if video.events is not None]
