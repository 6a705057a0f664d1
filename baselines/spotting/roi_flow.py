"""Spotting by the flow of regions minus the flow of the nose, the family of the MEGC2021 to MEGC2023 winners."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from baselines.datasets.lengths import kind_of
from baselines.faces.following import FaceFrame
from baselines.faces.track import aligned_faces
from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.curves import peaks_apart, tallest_apart
from baselines.spotting.runs import face_runs
from features.alignment import EYE_DISTANCE
from features.optical_flow import FlowMethod, optical_flow
from features.regions import NOSE, REGIONS, boxes

SIZE = 128  # px; side of the aligned face
NAMES = tuple(REGIONS)
PX = 1 / 87  # eye distances a pixel of the papers' face crops, taken to be 256 px wide
RISES = {"brow": 1.925 * PX, "mouth": 1.85 * PX, "lip": 1.85 * PX}


class RoiFlow(Spotter):
    """Strongest flow of each region minus the nose's, from the first frame of a window; low-pass, two thresholds.

    He et al., ACM MM 2021 (OF-FD) and the public code of MEGC2024: windows of 200 frames at 30 fps, low-pass at 5 Hz,
    peaks of 1.4 px that rise by 1.925 px (brows) or 1.85 px (mouth) within a second to either side, intervals out to a
    third of the height, 12 to 200 frames long. Its pixels are taken as 1/87 of the distance between the eyes. The
    empirical mode decomposition that follows there is left out.
    """

    measured_by = ("window", "strongest", "flow")

    def __init__(
        self,
        window: float = 6.67,
        cutoff: float = 5.0,
        peak: float = 1.4,
        share: float = 0.33,
        shortest: float = 0.4,
        longest: float = 6.67,
        strongest: float = 0.33,
        flow: FlowMethod = "farneback",
        least_score: float = 1.0,
    ) -> None:
        self.window = window
        self.cutoff = cutoff
        self.peak = peak
        self.share = share
        self.shortest = shortest
        self.longest = longest
        self.strongest = strongest
        self.flow = flow
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float64]:
        """Return the (T, 8, 2) motion of regions in eye distances since the first frame of each window."""
        rows, first = [], None
        every = max(2, round(self.window * fps))
        for index, (face, place) in enumerate(aligned_faces(faces, fps, SIZE)):
            if face is None:
                first = None
                rows.append(np.full((len(NAMES), 2), np.nan))
                continue
            if first is None or index % every == 0:
                first = face, boxes(place, REGIONS), boxes(place, NOSE)
            field = optical_flow(first[0], face, method=self.flow)
            rows.append((self._strongest(field, first[1]) - self._strongest(field, first[2])) / (EYE_DISTANCE * SIZE))
        return np.array(rows).reshape(-1, len(NAMES), 2)

    def spot(self, measured: NDArray[np.float64], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of the motions (T, 8, 2)."""
        height = np.full((len(measured), len(NAMES)), np.nan)
        every = max(2, round(self.window * fps))
        found: list[Interval] = []
        for run in face_runs(np.isfinite(measured).all(axis=(1, 2))):
            edges = [run.start, *range((run.start // every + 1) * every, run.stop, every), run.stop]
            for start, stop in zip(edges, edges[1:]):
                height[start:stop] = self._length(measured[start:stop], fps)
                for region, name in enumerate(NAMES):
                    found += self._movements(height[start:stop, region], name, start, fps)
        chosen = tallest_apart(found, [movement.score for movement in found])
        intervals = tuple(sorted((movement for movement, _ in chosen), key=lambda movement: movement.onset))
        known = np.isfinite(height).all(axis=1)
        curve = np.where(known, np.where(np.isfinite(height), height, 0).max(axis=1), np.nan)
        return SpottingResult(intervals, (Curve("strongest region", curve, self.peak * PX),))

    def _strongest(self, field: NDArray[np.floating], places: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the mean (N, 2) of the longest vectors in each box."""
        means = []
        for x0, y0, x1, y1 in np.maximum(places, 0):
            vectors = field[y0:y1, x0:x1].reshape(-1, 2)
            if not len(vectors):
                means.append((0.0, 0.0))
                continue
            number = max(1, round(self.strongest * len(vectors)))
            longest = np.argsort((vectors**2).sum(axis=1), kind="stable")[-number:]
            means.append(vectors[longest].mean(axis=0))
        return np.array(means, float)

    def _length(self, motion: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
        """Return (T, 8) lengths of the low-passed motion from its median; too short a stretch is not filtered."""
        if self.cutoff < fps / 2 and len(motion) > 15:
            motion = sosfiltfilt(butter(3, self.cutoff, fs=fps, output="sos"), motion, axis=0, padlen=len(motion) // 2)
        return np.linalg.norm(motion - np.median(motion, axis=0), axis=-1)

    def _movements(self, height: NDArray[np.float64], name: str, start: int, fps: float) -> Iterator[Interval]:
        """Yield the `Interval` of each peak of one region in one window."""
        rise = next(value for word, value in RISES.items() if word in name)
        around = max(1, round(fps))
        for peak in peaks_apart(height, self.peak * PX * self.least_score, 1):
            floor = min(height[max(peak - around, 0) : peak + around + 1])
            score = min(height[peak] / (self.peak * PX), (height[peak] - floor) / rise)
            if score < self.least_score:
                continue
            level = floor + self.share * (height[peak] - floor)
            before, after = (np.flatnonzero(side < level) for side in (height[peak::-1], height[peak:]))
            first = peak - (before[0] - 1 if before.size else peak)
            last = peak + (after[0] - 1 if after.size else len(height) - 1 - peak)
            if self.shortest * fps - 0.5 <= last - first + 1 <= self.longest * fps + 0.5:
                kind = kind_of(last - first + 1, fps)
                yield Interval(
                    int(first + start) + 1, int(peak + start) + 1, int(last + start) + 1, kind, float(score), name
                )
