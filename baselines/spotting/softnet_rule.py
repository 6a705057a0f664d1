"""The rule of SOFTNet without its network, on flow or on optical strain: threshold, peaks of fixed width."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from baselines.faces.following import FaceFrame
from baselines.faces.track import aligned_faces
from baselines.spotting.base import Spotter, SpottingResult
from baselines.spotting.rules import Rule, micro_and_macro, spot_by_rules
from baselines.spotting.runs import face_runs
from features.alignment import EYE_DISTANCE
from features.optical_flow import FlowMethod, optical_flow
from features.optical_strain import optical_strain
from features.regions import NOSE, REGIONS, boxes, region_means

SIZE = 128  # px; side of the aligned face


class SoftnetRule(Spotter):
    """Flow from each frame to the k-th after it on brows and mouth minus nose, smoothed over 2k; peaks are +- k.

    Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression spotting", ICIP 2021, whose
    ablation without the network this is. The published k, half the mean length of the database's expressions, are
    about 0.2 s (micro) and 0.6 s (macro), p is 0.55. Here the face is aligned on landmarks and flow is Farneback's by
    default. Micro and macro are spotted apart: their intervals may overlap.
    magnitude: "flow" as there, or "strain", the magnitude of optical strain (Shreve et al., FG 2011), whose published
    spotting rules differ from author to author; under this one the two can be compared.
    """

    measured_by = ("micro", "macro", "flow", "magnitude")
    enough = 60.0  # what is faster is smoothed away in any case

    def __init__(
        self,
        micro: float = 0.2,
        macro: float = 0.6,
        p: float = 0.55,
        flow: FlowMethod = "farneback",
        magnitude: Literal["flow", "strain"] = "flow",
        least_score: float = 1.0,
    ) -> None:
        self.micro = micro
        self.macro = macro
        self.p = p
        self.flow = flow
        self.magnitude = magnitude
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float64]:
        """Return (T, 2), the mean magnitude over the micro and the macro distance; NaN where unknown."""
        distances, rows = micro_and_macro(self.micro, self.macro, fps), []
        recent: deque[tuple[Any, Any]] = deque(maxlen=max(distances) + 1)
        for index, (face, place) in enumerate(aligned_faces(faces, fps, SIZE)):
            recent.append((face, place))
            rows.append([np.nan, np.nan])
            for column, k in enumerate(distances):
                if len(recent) > k and face is not None and recent[-1 - k][0] is not None:
                    rows[index - k][column] = self._magnitude(*recent[-1 - k], face)
        return np.array(rows).reshape(-1, 2)

    def spot(self, measured: NDArray[np.float64], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of the magnitudes (T, 2)."""
        curves, rules = np.full(measured.shape, np.nan), []
        for column, (kind, k) in enumerate(zip(("micro", "macro"), micro_and_macro(self.micro, self.macro, fps))):
            for run in face_runs(np.isfinite(measured[:, column])):
                curves[run, column] = uniform_filter1d(measured[run, column], 2 * k, mode="nearest")
            rules.append(Rule(f"{kind}, {k / fps:.2g} s", kind, k / fps, k / fps, self.p))
        unit = "eye distances" if self.magnitude == "flow" else "strain"
        return spot_by_rules(curves, rules, fps, self.least_score, unit)

    def _magnitude(self, face: NDArray[np.uint8], place: NDArray[np.float64], later: NDArray[np.uint8]) -> float:
        """Return the mean magnitude over the regions from a face, whose landmarks are at `place`, to a later one."""
        field = optical_flow(face, later, method=self.flow)
        if self.magnitude == "strain":
            return region_means(optical_strain(field), boxes(place, REGIONS)).mean()
        against_nose = field - region_means(field, boxes(place, NOSE))
        lengths = np.hypot(against_nose[..., 0], against_nose[..., 1])
        return region_means(lengths, boxes(place, REGIONS)).mean() / (EYE_DISTANCE * SIZE)
