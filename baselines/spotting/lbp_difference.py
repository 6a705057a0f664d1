"""Spotting by the difference of LBP histograms to the past and the future, the first method of the field."""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from baselines.faces.following import FaceFrame
from baselines.faces.track import aligned_faces
from baselines.spotting.base import Spotter, SpottingResult
from baselines.spotting.rules import Rule, spot_by_rules
from features.contrast import contrasted
from features.feature_difference import difference_curve, lbp_histograms

SIZE = 128  # px; side of the aligned face


class LbpDifference(Spotter):
    """Chi-square distance of LBP histograms on 6 x 6 blocks to the mean of those k before and after; peaks +- k.

    Moilanen et al., ICPR 2014; Li et al., IEEE Trans. Affective Computing 9(4), 2018. Settings of the public code for
    MEGC2019: k 5 frames at 30 fps, p .15 (CAS(ME)^2; 30 frames at 200 fps, .05 on SAMM), intervals less than .5 s apart
    are merged, those under .2 s dropped. Micro and macro are told by length.
    """

    measured_by = ("k",)

    def __init__(
        self, k: float = 0.167, p: float = 0.15, merge: float = 0.5, shortest: float = 0.2, least_score: float = 1.0
    ) -> None:
        self.k = k
        self.p = p
        self.merge = merge
        self.shortest = shortest
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float64]:
        """Return the (T, 1) difference, NaN where frames around have no face."""
        k = self._frames(fps)
        recent: deque[NDArray[np.float32] | None] = deque(maxlen=2 * k + 1)
        curve: list[float] = []
        for index, (face, _) in enumerate(aligned_faces(faces, fps, SIZE)):
            recent.append(None if face is None else lbp_histograms(face[None])[0])
            curve.append(np.nan)
            if len(recent) == 2 * k + 1:
                three = [entry for entry in (recent[0], recent[k], recent[-1]) if entry is not None]
                if len(three) == 3:
                    curve[index - k] = difference_curve(np.stack(three), 1, contrast=False)[1]
        return np.array(curve, float).reshape(-1, 1)

    def spot(self, measured: NDArray[np.float64], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of the difference (T, 1)."""
        k, curve = self._frames(fps), measured[:, 0].astype(float)
        known = np.isfinite(curve)
        if len(curve) > 2 * k:
            curve = contrasted(np.where(known, curve, 0), k)
        curve[~known] = np.nan
        rule = Rule("contrast", "", k / fps, k / fps, self.p, self.merge, (self.shortest, np.inf))
        return spot_by_rules(curve[:, None], [rule], fps, self.least_score, "chi-square")

    def _frames(self, fps: float) -> int:
        return max(1, round(self.k * fps))
