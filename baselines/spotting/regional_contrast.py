"""Spotting by how the parts of a face go out and come back against the head, at several time scales."""

import numpy as np

from baselines.errors import InputError
from baselines.metrics.spotting import iou
from baselines.spotting.acceptance import fit_acceptance, load_acceptance
from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.candidates import FIGURES, SCALES, candidates
from baselines.spotting.curves import tallest_apart
from baselines.spotting.parts import part_motion
from baselines.spotting.practice import practice
from baselines.spotting.rules import kind_of

VARIATIONS = 6  # of each video that is learned from
HIT = 0.5  # overlap of a movement with a true event that makes it an example of an expression


class RegionalContrast(Spotter):
    """Sparse flow of the parts of a face against the head, contrast at six scales, and a learned look at each peak.

    Every part is compared with what is typical of it in this video, so that a talking mouth does not hide a brow;
    blinks are bridged; onset and offset come from the rise and fall of the parts that move. Whether a movement is an
    expression is judged by boosted trees on figures that hardly depend on the person (`candidates.FIGURES`), fitted on
    synthetic faces varied by random natural motion, or by `fit` on other videos.
    Times are in seconds and scale with the frame rate, lengths in eye distances (of about 63 mm).

    least_probability: movements judged less likely to be an expression are left out.
    overlap: of movements that share more than this of the shorter one, the likelier stays.
    longest_micro: seconds; longer ones are macro-expressions.
    least_score: as in `Spotter`.

    An expression under way when the face appears or disappears is found only as far as it comes and goes in sight.
    """

    code = ("baselines/spotting/parts.py",)
    in_blocks = True

    def __init__(self, least_probability=0.5, overlap=0.2, longest_micro=0.5, least_score=1.0):
        self.least_probability = least_probability
        self.overlap = overlap
        self.longest_micro = longest_micro
        self.least_score = least_score

    def measure(self, faces, fps):
        """Return the (T, 24, 2) array of `part_motion`."""
        return part_motion(faces, fps)

    def lessons(self, measured, fps, events, seed=0):
        """Return (figures (n, F), accepted (n,)) of the movements in a video whose true events are known.

        They are those of the video as it is and of `VARIATIONS` of it (`baselines.spotting.practice`).
        """
        rng, figures, accepted = np.random.default_rng(seed), [np.zeros((0, len(FIGURES)))], []
        for motion, known in [(measured, events), *(practice(rng, measured, fps, events) for _ in range(VARIATIONS))]:
            truth = np.array([(event.onset, event.offset) for event in known]).reshape(-1, 2)
            for candidate in candidates(motion, fps)[0]:
                figures.append(candidate.figures[None])
                accepted.append((iou((candidate.onset + 1, candidate.offset + 1), truth) >= HIT).any())
        return np.concatenate(figures), np.array(accepted, bool)

    def fit(self, lessons, seed=0):
        """Fit the trees on the `lessons` of videos; return self. Without it those that come with the package are used.

        Raises `InputError` when they hold no expression, or nothing else.
        """
        figures, accepted = (np.concatenate(column) for column in zip(*lessons))
        if not accepted.any() or accepted.all():
            raise InputError(
                f"{len(accepted)} movements, {accepted.sum()} of them expressions: too few to learn from; add videos"
            )
        self.acceptance_ = fit_acceptance(figures, accepted, seed)
        return self

    def _acceptance(self):
        return getattr(self, "acceptance_", None) or load_acceptance()

    def spot(self, measured, fps):
        """Return the `SpottingResult` of what `part_motion` gives."""
        found, contrasts = candidates(measured, fps)
        curves = [Curve(f"contrast, {s:g} s", c, 1.0, "typical of the part") for s, c in zip(SCALES, contrasts.T)]
        likely = self._acceptance().probabilities(found)
        probability = np.full(len(measured), np.nan)
        probability[np.isfinite(measured).all(axis=(1, 2))] = 0
        for candidate, value in zip(found, likely):
            span = slice(candidate.onset, candidate.offset + 1)
            probability[span] = np.fmax(probability[span], value)
        least = self.least_score * self.least_probability
        likely_enough = [(candidate, value) for candidate, value in zip(found, likely) if value >= least]
        chosen = tallest_apart(*zip(*likely_enough), self.overlap) if likely_enough else []
        intervals = [self._interval(candidate, value, fps) for candidate, value in chosen]
        intervals.sort(key=lambda interval: interval.onset)
        first = Curve("expression", probability, self.least_probability, "probability")
        return SpottingResult(tuple(intervals), (first, *curves))

    def _interval(self, candidate, probability, fps):
        kind = kind_of(candidate.length, fps, self.longest_micro)
        frames = (int(index) + 1 for index in (candidate.onset, candidate.apex, candidate.offset))
        return Interval(*frames, kind, float(probability / self.least_probability), candidate.part)
