"""The rules on what classifiers and a vision model find together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from baselines.datasets.identity import subject_of
from baselines.datasets.records import Clip, Question, Video
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.answerers import Asked, Rules, Seen
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.guarded import ModelDied, missing_llama
from baselines.vqa.pooling import DEFAULT_WEIGHT, inner_weight, pool
from baselines.vqa.records import Answer, Evidence


class Hybrid(Rules):
    """The rules on what classifiers and a vision model find together, pooled by one weight.

    model, mmproj, threads: as in `Llama`. use_wording: as in `Rules`. The weight of the vision model is fitted on
    training clips, and where there are none `pooling.DEFAULT_WEIGHT`. Raises `MissingDependency` without
    llama-cpp-python.
    """

    def __init__(
        self,
        model: str | None = None,
        mmproj: str | None = None,
        threads: int | None = None,
        use_wording: bool = False,
    ):
        without = missing_llama()
        if without:  # told before classifiers are fitted
            raise without
        super().__init__(use_wording=use_wording)
        self.model, self.mmproj, self.threads = model, mmproj, threads
        self.weight = DEFAULT_WEIGHT

    @cached_property
    def vision(self) -> Llama:
        """The vision model, loaded when it is first asked."""
        return Llama(self.model, self.mmproj, threads=self.threads)

    def close(self) -> None:
        """Free the memory of the vision model; nothing can be asked afterwards."""
        if "vision" in self.__dict__:
            self.vision.close()

    def look(self, pictures: np.ndarray) -> list[Seen]:
        """Return what the vision model finds in each flow picture (n, H, W, 3)."""
        panels = self.vision.look(pictures)
        return [Seen(vision=self.vision.evidence(seen.panel, seen.caption)) for seen in panels]

    def draw(
        self, records: Sequence[Clip | Video], layout: str | None = None, jobs: int = 1
    ) -> list[tuple[Seen | None, str | None]]:
        """Return the panel of each clip or video, as `Llama.draw` does."""
        return self.vision.draw(records, layout, jobs)

    def fit(self, asked: Asked, analyst: ClipAnalyst) -> Self:
        """Fit the classifiers, and the weight on subjects that were left out of a fit of their own."""
        super().fit(asked, analyst)
        subjects = [subject_of(clip) for clip in asked.clips]
        vision = [seen.vision for seen in asked.seen]
        self.weight = inner_weight(analyst, asked.features, asked.events, subjects, vision)
        return self

    def answer_clip(self, questions: Sequence[Question], seen: Seen) -> list[Answer]:
        """Return the answers to all questions about one clip or video; of a video the vision model sees too little.

        Where the vision model fails, the classifiers answer alone, and a flag says so.
        """
        pooled, why = self._pooled(seen)
        answers = super().answer_clip(questions, replace(seen, measured=pooled))
        return [replace(answer, flag="; ".join(filter(None, (answer.flag, why)))) for answer in answers]

    def evidence_of(self, seen: Seen) -> Evidence | None:
        """Return what classifiers and vision model find together."""
        return self._pooled(seen)[0]

    def _pooled(self, seen):
        """Return (the evidence of both, why it is that of the classifiers alone)."""
        if seen.measured.events is not None:
            return seen.measured, ""
        try:
            vision = seen.vision or self.vision.evidence(seen.panel, seen.caption)
        except ModelDied as error:
            return seen.measured, f"answered by the classifiers alone: {error}"
        return pool(vision, seen.measured, self.weight), ""
