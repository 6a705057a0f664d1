"""The rule of SOFTNet without its network: flow over a fixed distance, threshold, peaks of fixed width."""

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from baselines.spotting.base import Curve, Interval, Spotter, SpottingResult
from baselines.spotting.curves import face_runs, moilanen_threshold
from baselines.spotting.motion import flow_magnitude


class SoftnetRule(Spotter):
    """Flow from each frame to the k-th after it on brows and mouth minus nose, smoothed over 2k; peaks are +- k.

    Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression spotting", ICIP 2021, whose
    ablation without the network this is. The published k, half the mean length of the database's expressions, are
    about 0.2 s (micro) and 0.6 s (macro), p is 0.55. Here the face is aligned on landmarks and flow is Farneback's by
    default. Micro and macro are spotted apart: their intervals may overlap.
    """

    measured_by = ("micro", "macro", "flow")

    def __init__(self, micro=0.2, macro=0.6, p=0.55, flow="farneback"):
        self.micro = micro
        self.macro = macro
        self.p = p
        self.flow = flow

    def measure(self, frames, landmarks, fps, progress=None):
        """Return the (T, 2) mean flow magnitudes over the micro and macro distance."""
        return flow_magnitude(frames, landmarks, fps, self._distances(fps), self.flow, progress)

    def spot(self, measured, fps):
        """Return the `SpottingResult` of the magnitudes (T, 2)."""
        intervals, curves = [], []
        for kind, k, magnitude in zip(("micro", "macro"), self._distances(fps), measured.T):
            curve = np.full(len(magnitude), np.nan)
            runs = face_runs(np.isfinite(magnitude))
            for run in runs:
                curve[run] = uniform_filter1d(magnitude[run], 2 * k, mode="nearest")
            known = curve[np.isfinite(curve)]
            threshold = float(moilanen_threshold(known, self.p)) if known.size else np.inf
            curves.append(Curve(f"{kind}, {k / fps:.2g} s", curve, threshold))
            for run in runs:
                peaks, found = find_peaks(np.pad(curve[run], 1), height=threshold, distance=k)
                for peak, height in zip(peaks - 1 + run.start, found["peak_heights"]):
                    first, last = max(peak - k, run.start), min(peak + k, run.stop + k - 1)
                    score = float(height) / threshold if threshold > 0 else 1.0
                    intervals.append(Interval(int(first) + 1, int(peak) + 1, int(last) + 1, kind, score))
        return SpottingResult(tuple(sorted(intervals, key=lambda found: found.onset)), tuple(curves))

    def _distances(self, fps):
        return [max(1, round(self.micro * fps)), max(2, round(self.macro * fps))]
