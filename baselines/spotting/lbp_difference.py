"""Spotting by the difference of LBP histograms to the past and the future, the first method of the field."""

from collections import deque

import numpy as np

from baselines.faces import aligned_faces
from baselines.spotting.base import Spotter
from baselines.spotting.rules import Rule, spot_by_rules
from features.feature_difference import contrasted, difference_curve, lbp_histograms

SIZE = 128  # px; side of the aligned face


class LbpDifference(Spotter):
    """Chi-square distance of LBP histograms on 6 x 6 blocks to the mean of those k before and after; peaks +- k.

    Moilanen et al., ICPR 2014; Li et al., IEEE Trans. Affective Computing 9(4), 2018. Settings of the public code for
    MEGC2019: k 5 frames at 30 fps, p .15 (CAS(ME)^2; 30 frames at 200 fps, .05 on SAMM), intervals less than .5 s apart
    are merged, those under .2 s dropped. Micro and macro are told by length.
    """

    measured_by = ("k",)
    code = ("baselines/spotting/lbp_difference.py",)

    def __init__(self, k=0.167, p=0.15, merge=0.5, shortest=0.2, least_score=1.0):
        self.k = k
        self.p = p
        self.merge = merge
        self.shortest = shortest
        self.least_score = least_score

    def measure(self, faces, fps):
        """Return the (T, 1) difference, NaN where frames around have no face."""
        k = self._frames(fps)
        recent, curve = deque(maxlen=2 * k + 1), []
        for index, (face, _) in enumerate(aligned_faces(faces, fps, SIZE)):
            recent.append(None if face is None else lbp_histograms(face[None])[0])
            curve.append(np.nan)
            if len(recent) == 2 * k + 1 and all(entry is not None for entry in (recent[0], recent[k], recent[-1])):
                three = np.stack([recent[0], recent[k], recent[-1]])
                curve[index - k] = difference_curve(three, 1, contrast=False)[1]
        return np.array(curve, float).reshape(-1, 1)

    def spot(self, measured, fps):
        """Return the `SpottingResult` of the difference (T, 1)."""
        k, curve = self._frames(fps), measured[:, 0].astype(float)
        known = np.isfinite(curve)
        if len(curve) > 2 * k:
            curve = contrasted(np.where(known, curve, 0), k)
        curve[~known] = np.nan
        rule = Rule("contrast", "", k / fps, k / fps, self.p, self.merge, (self.shortest, np.inf))
        return spot_by_rules(curve[:, None], [rule], fps, self.least_score, "chi-square")

    def _frames(self, fps):
        return max(1, round(self.k * fps))
