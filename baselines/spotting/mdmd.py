"""Spotting by main directional maximal difference, the baseline of MEGC2020."""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.lengths import MICRO
from baselines.faces.following import FaceFrame
from baselines.faces.track import aligned_faces
from baselines.spotting.base import Spotter, SpottingResult
from baselines.spotting.rules import Rule, micro_and_macro, spot_by_rules
from features.contrast import contrasted
from features.mdmd import directional_difference
from features.optical_flow import FlowMethod, optical_flow

SIZE = 128  # px; side of the aligned face


class Mdmd(Spotter):
    """Motion k frames up to a frame that is gone k frames after it, block by block; frames above the threshold.

    Wang et al., Neurocomputing 230, 2017; He et al., arXiv 1912.11985 (MEGC2020): k 12 frames for micro-, 39 for
    macro-expressions at 30 fps, p .01, micro-expressions of 7 to 16 frames, macro-expressions longer. Flow is
    Farneback's by default where the paper takes RLOF ("rlof").
    """

    measured_by = ("micro", "macro", "flow")

    def __init__(
        self,
        micro: float = 0.4,
        macro: float = 1.3,
        p: float = 0.01,
        flow: FlowMethod = "farneback",
        least_score: float = 1.0,
    ) -> None:
        self.micro = micro
        self.macro = macro
        self.p = p
        self.flow = flow
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float64]:
        """Return the (T, 2) differences at the micro and the macro scale, NaN where unknown."""
        scales, rows = micro_and_macro(self.micro, self.macro, fps), []
        recent: deque[NDArray[np.uint8] | None] = deque(maxlen=2 * max(scales) + 1)
        for index, (face, _) in enumerate(aligned_faces(faces, fps, SIZE)):
            recent.append(face)
            rows.append([np.nan, np.nan])
            for column, k in enumerate(scales):
                before, middle = (recent[-1 - 2 * k], recent[-1 - k]) if len(recent) > 2 * k else (None, None)
                if before is not None and middle is not None and face is not None:
                    out, back = (optical_flow(before, later, method=self.flow) for later in (middle, face))
                    rows[index - k][column] = directional_difference(out, back)
        return np.array(rows).reshape(-1, 2)

    def spot(self, measured: NDArray[np.float64], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of the differences (T, 2)."""
        curves, rules = measured.astype(float), []
        for column, (kind, k) in enumerate(zip(("micro", "macro"), micro_and_macro(self.micro, self.macro, fps))):
            known = np.isfinite(measured[:, column])
            if len(measured) > 2 * k:
                curves[:, column] = contrasted(np.where(known, measured[:, column], 0), max(k - 1, 1))
            curves[~known, column] = np.nan
            lengths = (7 / 30, 16 / 30) if kind == "micro" else (MICRO + 1 / fps, np.inf)
            rules.append(Rule(f"{kind}, {k / fps:.2g} s", kind, 0, 0, self.p, 0, lengths))
        return spot_by_rules(curves, rules, fps, self.least_score, "px")
