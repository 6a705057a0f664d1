"""Spotting by how the parts of a face go out and come back against the head, at several time scales."""

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.lengths import kind_of
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.metrics.overlap import iou
from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.curves import tallest_apart
from baselines.spotting.regional.augment import varied
from baselines.spotting.regional.candidates import FIGURES, SCALES, Candidate, candidates
from baselines.spotting.regional.motion import part_motion
from baselines.spotting.regional.trees import fit_trees, load_trees

Aim = Literal["precision", "balanced", "recall"]
# Least probability. On subjects of the training corpora that were left out these give the best F0.5, F1 and F2.
AIMS: dict[Aim, float] = {"precision": 0.8, "balanced": 0.5, "recall": 0.3}
VARIATIONS = 6  # of each video that is learned from
HIT = 0.5  # overlap of a movement with a true event that makes it an example of an expression


class RegionalContrast(Spotter):
    """Sparse flow of the parts of a face against the head, contrast at six scales, and a learned look at each peak.

    Every part is compared with what is typical of it in this video, so that a talking mouth does not hide a brow;
    blinks are bridged; onset and offset come from the rise and fall of the parts that move. Whether a movement is an
    expression is judged by boosted trees on figures that hardly depend on the person (`candidates.FIGURES`), fitted on
    synthetic faces varied by random natural motion, or by `fit` on other videos.
    Times are in seconds and scale with the frame rate, lengths in eye distances (of about 63 mm).

    aim: how likely a movement must be an expression to be told: precision (.8) for few false alarms, balanced (.5) for
    the best F1, recall (.3) for few misses.
    overlap: of movements that share more than this of the shorter one, the likelier stays.
    longest_micro: seconds; longer ones are macro-expressions.
    least_score: as in `Spotter`.

    An expression under way when the face appears or disappears is found only as far as it comes and goes in sight.
    """

    in_blocks = True
    enough = 60.0  # what is faster is smoothed away in any case

    def __init__(
        self,
        aim: Aim = "balanced",
        overlap: float = 0.2,
        longest_micro: float = 0.5,
        least_score: float = 1.0,
    ) -> None:
        self.aim = aim
        self.overlap = overlap
        self.longest_micro = longest_micro
        self.least_score = least_score

    # What is measured stays in the cache until the module that defines `measure` changes: bound to the function itself,
    # it stays there when only the candidates or the trees do, and no face is followed again for them.
    measure = staticmethod(part_motion)

    def examples(
        self, measured: NDArray[np.floating], fps: float, events: Sequence[Event], seed: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return (figures (n, F), hits (n,)) of the movements in a video: whether each is one of its true events.

        They are those of the video as it is and of `VARIATIONS` of it (`baselines.spotting.regional.augment`).
        """
        rng = np.random.default_rng(seed)
        figures, hits = [np.zeros((0, len(FIGURES)))], []
        for motion, known in [(measured, events), *(varied(rng, measured, fps, events) for _ in range(VARIATIONS))]:
            truth = np.array([(event.onset, event.offset) for event in known]).reshape(-1, 2)
            for candidate in candidates(motion, fps)[0]:
                figures.append(candidate.figures[None])
                hits.append((iou((candidate.onset + 1, candidate.offset + 1), truth) >= HIT).any())
        return np.concatenate(figures), np.array(hits, bool)

    def fit(self, examples: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]], seed: int = 0) -> Self:
        """Fit the trees on the `examples` of videos; return self. Without it those that come with the package are used.

        Raises `InputError` when they hold no expression, or nothing else.
        """
        figures, hits = (np.concatenate(column) for column in zip(*examples))
        if not hits.any() or hits.all():
            raise InputError(
                f"{len(hits)} movements, {hits.sum()} of them expressions: too few to learn from; add videos"
            )
        self.trees_ = fit_trees(figures, hits, seed)
        return self

    def spot(self, measured: NDArray[np.floating], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of what `part_motion` gives."""
        found, contrasts = candidates(measured, fps)
        probabilities = self._probabilities(found)
        intervals = [self._interval(*chosen, fps) for chosen in self._chosen(found, probabilities)]
        curves = [
            Curve(f"contrast, {scale:g} s", values, 1.0, "typical of the part", _usual(values))
            for scale, values in zip(SCALES, contrasts.T)
        ]
        return SpottingResult(
            tuple(sorted(intervals, key=lambda interval: interval.onset)),
            (self._course(measured, found, probabilities), *curves),
        )

    def judged(self, measured: NDArray[np.floating], fps: float) -> list[Interval]:
        """Return every movement, however unlikely and whatever it overlaps, in the order in which they are found."""
        found = candidates(measured, fps)[0]
        return [self._interval(one, float(p), fps) for one, p in zip(found, self._probabilities(found))]

    def _probabilities(self, found: Sequence[Candidate]) -> NDArray[np.float64]:
        trees = getattr(self, "trees_", None) or load_trees()
        return trees.probabilities(found)

    def _chosen(self, found: Sequence[Candidate], probabilities: NDArray[np.float64]) -> list[tuple[Candidate, float]]:
        """Return the movements that are likely enough, and how likely; of those that overlap the likelier."""
        enough = probabilities >= self.least_score * AIMS[self.aim]
        likely = [candidate for candidate, is_enough in zip(found, enough) if is_enough]
        return tallest_apart(likely, probabilities[enough].tolist(), self.overlap)

    def _course(
        self, measured: NDArray[np.floating], found: Sequence[Candidate], probabilities: NDArray[np.float64]
    ) -> Curve:
        """Return the curve of the likeliest movement at each frame, 0 where there is none."""
        course = np.full(len(measured), np.nan)
        course[np.isfinite(measured).all(axis=(1, 2))] = 0
        for candidate, value in zip(found, probabilities):
            span = slice(candidate.onset, candidate.offset + 1)
            course[span] = np.fmax(course[span], value)
        return Curve("expression", course, AIMS[self.aim], "probability")

    def _interval(self, candidate: Candidate, probability: float, fps: float) -> Interval:
        onset, apex, offset = (int(index) + 1 for index in (candidate.onset, candidate.apex, candidate.offset))
        kind = kind_of(candidate.length, fps, self.longest_micro)
        score = float(probability / AIMS[self.aim])
        return Interval(onset, apex, offset, kind, score, candidate.part, candidate.side, candidate.moved)


def _usual(values: NDArray[np.float64]) -> float:
    """Return the median of (T,) values of a curve, NaN where none is known."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
