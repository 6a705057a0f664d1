"""Spotting by how brows and mouth go out and come back against the head, at several time scales."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.signal import find_peaks

from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.curves import (
    face_runs,
    moilanen_threshold,
    noise_level,
    out_and_back,
    rise_and_fall,
    tallest_apart,
)
from baselines.spotting.motion import region_displacement
from features.regions import REGIONS

NAMES = tuple(REGIONS)
BROWS = np.array(["brow" in name for name in NAMES])


class RegionalContrast(Spotter):
    """Flow of brows and mouth against the head, contrast at several scales, threshold, rise and fall.

    Times are in seconds and scale with the frame rate, lengths in eye distances (of about 63 mm).

    scales: half-windows of the contrast (`out_and_back`); k finds events of up to 2k.
    p, noise_sigmas, noise_floor: a scale's threshold is the largest of mean + p (max - mean) (Moilanen 2014), median +
        `noise_sigmas` robust standard deviations, and `noise_floor`: neither a still nor a restless face makes events
        out of nothing. As a face wanders, noise grows with the square root of time: `noise_floor` is that of the first
        scale and grows so, and a video under 6k, too short to tell noise from events, takes the noise of the scale
        before, grown so.
    longer_taller: of overlapping events the taller stays; each scale up, an event must be this much taller.
    shortest, longest_micro: shorter events are dropped, longer ones are macro-expressions.
    smoothing: Gaussian of the displacements.
    blink_ratio: while an eyelid moves more than this many times as far, brow motion counts as the blink's shadow.

    An expression under way when the face appears or disappears is found only as far as it comes and goes in sight.
    """

    measured_by = ("flow",)

    def __init__(
        self,
        scales=(0.3, 0.6, 1.2, 2.4, 4.8),
        p=0.05,
        noise_sigmas=5.0,
        noise_floor=0.004,
        longer_taller=1.05,
        shortest=0.1,
        longest_micro=0.5,
        smoothing=0.03,
        blink_ratio=1.5,
        flow="farneback",
    ):
        self.scales = scales
        self.p = p
        self.noise_sigmas = noise_sigmas
        self.noise_floor = noise_floor
        self.longer_taller = longer_taller
        self.shortest = shortest
        self.longest_micro = longest_micro
        self.smoothing = smoothing
        self.blink_ratio = blink_ratio
        self.flow = flow

    def measure(self, frames, landmarks, fps, progress=None):
        """Return the (T, 10, 2) displacements of `region_displacement`."""
        return region_displacement(frames, landmarks, fps, self.flow, progress)

    def spot(self, measured, fps):
        """Return the `SpottingResult` of region displacements (T, 10, 2)."""
        runs = [run for run in face_runs(np.isfinite(measured).all(axis=(1, 2))) if run.stop - run.start >= 3]
        if not runs:
            return SpottingResult(())
        parts = [gaussian_filter1d(measured[run], self.smoothing * fps, axis=0, mode="nearest") for run in runs]
        events, curves, noise = [], [], 0.0
        for rank, scale in enumerate(self.scales):
            k = max(2, round(scale * fps))
            contrasts = [self._contrast(part, k) for part in parts]
            heights = np.concatenate([contrast.max(axis=1) for contrast in contrasts])
            wandering = np.sqrt(scale / self.scales[0])
            if len(heights) >= 6 * k:
                noise = noise_level(heights, self.noise_sigmas) / wandering
            threshold = float(max(moilanen_threshold(heights, self.p), wandering * max(noise, self.noise_floor)))
            values = np.full(len(measured), np.nan)
            for run, part, contrast in zip(runs, parts, contrasts):
                values[run] = contrast.max(axis=1)
                for event in _events(part, contrast, k, threshold):
                    events.append(event.moved(run.start, self.longer_taller**-rank))
            curves.append(Curve(f"contrast, {scale:g} s", values, threshold))
        kept = [event for event in tallest_apart(events) if event.length >= self.shortest * fps]
        intervals = sorted((self._interval(event, fps) for event in kept), key=lambda interval: interval.onset)
        return SpottingResult(tuple(intervals), tuple(curves))

    def _contrast(self, part, k):
        """Return the (T, 8) contrasts of brows and mouth without the shadows of blinks."""
        contrast = out_and_back(part, k)
        contrast, eyelids = contrast[:, : len(NAMES)], contrast[:, len(NAMES) :].max(axis=1)
        eyelids = maximum_filter1d(eyelids, max(3, k // 2))
        return np.where(BROWS & (eyelids[:, None] > self.blink_ratio * contrast), 0, contrast)

    def _interval(self, event, fps):
        kind = "micro" if event.length <= self.longest_micro * fps + 0.5 else "macro"
        frames = (int(index) + 1 for index in (event.onset, event.apex, event.offset))
        return Interval(*frames, kind, float(event.score), event.region)


@dataclass(frozen=True)
class _Event:
    """A possible expression: frames from 0, height in eye distances, score 1 at the threshold of its scale."""

    onset: int
    apex: int
    offset: int
    height: float
    score: float
    region: str

    @property
    def length(self):
        return self.offset - self.onset + 1

    def moved(self, frames, weight):
        return _Event(
            self.onset + frames, self.apex + frames, self.offset + frames, self.height * weight, self.score, self.region
        )


def _events(part, contrast, k, threshold):
    """Yield the event at each peak over the threshold, timed by the region that stands out most there."""
    heights = contrast.max(axis=1)
    peaks, _ = find_peaks(np.pad(heights, 1), height=threshold, distance=max(1, k // 2))
    for peak in peaks - 1:
        region = int(contrast[peak].argmax())
        onset, apex, offset = rise_and_fall(part[:, region], peak, k)
        height = heights[peak]
        yield _Event(onset, apex, offset, height, height / threshold, NAMES[region])
