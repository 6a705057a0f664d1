"""Spotting by the flow of parts of the face in windows, by the winner of the MEGC2022."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.lengths import kind_of
from baselines.faces.following import FaceFrame
from baselines.signatures import AtLeast
from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.of_fd.motion import CURVES, LEAST, PARTS, window_motion
from baselines.spotting.of_fd.rule import Movement, Rule, low_passed, movements, next_window, twice_merged
from baselines.spotting.runs import face_runs

LENGTHS = (30, 10, 20, 8)  # frames at `rate`: `around`, `near`, `long` and `edge` of the rule


class OfFd2022(Spotter):
    """Motion of brows, mouth and nose in overlapping windows, less that of the nose tip; low-pass and empirical modes.

    Zhao et al., ACM MM 2022, the winner of the MEGC2022 challenge, by its public code. The defaults are its settings
    for CAS(ME)^2. Frames are taken as often as comes nearest to `rate`.

    side: of the crop around the face, px. rate: frames per second. window, shortest, longest: frames at that rate, of a
    window and of what is kept. cutoff: of the low-pass, Hz. peak: least height above the lowest of the window; rise_*:
    least rise within a second to either side, of brows, mouth and wings of the nose; detail: the same of the curve
    without its trend; drop: how much lower a place must be to which a movement is prolonged; depth: of a valley that
    cuts a movement: all in px of the crop. share: of the rise from a valley at which a movement ends. overlap: share of
    the shorter of two movements from which on they are one. least_score: as in `Spotter`.

    Other than there, landmarks are those that are followed in the frames, not found anew in the crop; beyond the frame
    the crop repeats the border and is not stretched; it is moved by px of the frame, which theirs takes to be those of
    the crop; the last window reaches to the end of the video; a face that is lost ends a window, and the next begins
    where it is back. Their code leaves out the last frame of each stretch of peaks.
    """

    measured_by = (
        "side", "rate", "window", "cutoff", "peak", "rise_brow", "rise_mouth", "rise_nose", "detail", "share", "drop",
        "depth", "overlap",
    )  # fmt: skip

    def __init__(
        self,
        side: Annotated[int, AtLeast(2 * LEAST)] = 256,
        rate: Annotated[float, AtLeast(1)] = 30.0,
        window: Annotated[int, AtLeast(8)] = 200,
        cutoff: float = 5.0,
        peak: float = 1.4,
        rise_brow: float = 1.8,
        rise_mouth: float = 1.85,
        rise_nose: float = 2.1,
        detail: float = 0.8,
        share: float = 0.33,
        drop: float = 0.3,
        depth: float = 0.7,
        overlap: float = 0.29,
        shortest: int = 12,
        longest: int = 200,
        least_score: float = 1.0,
    ) -> None:
        self.side = side
        self.rate = rate
        self.window = window
        self.cutoff = cutoff
        self.peak = peak
        self.rise_brow = rise_brow
        self.rise_mouth = rise_mouth
        self.rise_nose = rise_nose
        self.detail = detail
        self.share = share
        self.drop = drop
        self.depth = depth
        self.overlap = overlap
        self.shortest = shortest
        self.longest = longest
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float32]:
        """Return the (T, S, 16) motion of `CURVES` since the first frame of each window, px of the crop.

        Windows overlap: each stands in the first of S columns that has room, without its first and last frame, so that
        there is NaN between two. A window starts where the one before tells.
        """
        every, taken = self._every(fps), 0
        columns: list[NDArray[np.float32]] = []

        def counted() -> Iterator[FaceFrame]:
            nonlocal taken
            for face in faces:
                taken += 1
                yield face

        placed = list(self._windows(counted(), fps))
        samples = -(-taken // every)
        for start, motion in placed:
            free = (n for n, column in enumerate(columns) if np.isnan(column[start : start + 2]).all())
            number = next(free, len(columns))
            if number == len(columns):
                columns.append(np.full((samples, len(CURVES)), np.nan, np.float32))
            columns[number][start + 1 : start + len(motion) - 1] = motion[1:-1]
        columns = columns or [np.full((samples, len(CURVES)), np.nan, np.float32)]
        return np.repeat(np.stack(columns, axis=1), every, axis=0)[:taken]

    def spot(self, measured: NDArray[np.float32], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of the motion (T, S, 16)."""
        every = self._every(fps)
        motion = measured[::every]
        windows = sorted(
            (int(run.start), int(run.stop), column)
            for column in range(motion.shape[1])
            for run in face_runs(np.isfinite(motion[:, column]).all(axis=1))
        )
        heights = np.full((len(motion), len(PARTS)), np.nan)
        found: list[Movement] = []
        for start, stop, column in windows:
            curves = self._curves(motion[start:stop, column], fps)
            found += self._movements(curves, fps, start, self.least_score)
            for number, part in enumerate(PARTS):
                own = curves[:, [name == part for name in CURVES]]
                heights[start:stop, number] = np.fmax(heights[start:stop, number], (own - own.min(axis=0)).max(axis=1))
        low, high = (self._frames(frames, fps) for frames in (self.shortest, self.longest))
        kept = twice_merged([one for one in found if low <= one.last - one.first <= high], self.overlap)
        intervals = (self._interval(one, every, fps) for one in kept)
        drawn = np.repeat(heights, every, axis=0)[: len(measured)]
        return SpottingResult(
            tuple(sorted(intervals, key=lambda interval: interval.onset)),
            tuple(Curve(part, drawn[:, number], self.peak, "px") for number, part in enumerate(PARTS)),
        )

    def _windows(self, faces: Iterable[FaceFrame], fps: float) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (number of its first sample, motion) of each window; only the frames of one are held."""
        length = self._frames(self.window, fps)
        held: list[FaceFrame] = []
        for number, face in enumerate(chain(self._samples(faces, self._every(fps)), (None,))):
            held += [] if face is None else [face]
            if not held or (face is not None and len(held) < length):
                continue
            start, motion = number + (face is not None) - len(held), window_motion(held, self.side)
            yield start, motion
            if face is None:
                held.clear()
            else:
                found = self._movements(self._curves(motion[1:-1], fps), fps, 1)
                del held[: next_window(found, length, self._frames(self.window / 10, fps))]

    def _samples(self, faces: Iterable[FaceFrame], every: int) -> Iterator[FaceFrame | None]:
        """Yield the first of each so many frames; None where one of them has no face."""
        remaining = iter(faces)
        while group := list(islice(remaining, every)):
            known = all(np.isfinite(face.landmarks).all() for face in group)
            yield group[0] if known else None

    def _curves(self, motion: NDArray[np.float32], fps: float) -> NDArray[np.float64]:
        """Return the low-passed motion (n, 16) of a window."""
        rate = fps / self._every(fps)
        curves = motion.astype(float)
        for number in range(curves.shape[1] if len(curves) else 0):
            curves[:, number] = low_passed(curves[:, number], self.cutoff, rate)
        return curves

    def _movements(self, curves: NDArray[np.float64], fps: float, start: int, least: float = 1.0) -> list[Movement]:
        """Return the movements in a window whose low-passed curves (n, 16) begin with sample `start`."""
        found = []
        for number, part in enumerate(CURVES if len(curves) else ()):
            found += movements(curves[:, number], self._rule(part, fps), part, least)
        moved = twice_merged(found, self.overlap)
        return [Movement(one.first + start, one.apex + start, one.last + start, one.score, one.part) for one in moved]

    def _rule(self, part: str, fps: float) -> Rule:
        around, near, long, edge = (self._frames(frames, fps) for frames in LENGTHS)
        rises = {"mouth": self.rise_mouth, "nose": self.rise_nose}
        return Rule(
            self.peak,
            rises.get(part, self.rise_brow),
            self.detail,
            self.share,
            self.drop,
            self.depth,
            around,
            near,
            max(long, 2 * edge + 1),
            edge,
        )

    def _interval(self, one: Movement, every: int, fps: float) -> Interval:
        onset, apex, offset = (every * sample + 1 for sample in (one.first, one.apex, one.last))
        return Interval(onset, apex, offset, kind_of(offset - onset + 1, fps), one.score, one.part)

    def _every(self, fps: float) -> int:
        """Return which share of the frames is taken: each, every second, ..."""
        return max(1, round(fps / self.rate))

    def _frames(self, frames: float, fps: float) -> int:
        """Return as many frames that are taken as so many at `rate` last."""
        return max(1, round(frames * fps / self._every(fps) / self.rate))
