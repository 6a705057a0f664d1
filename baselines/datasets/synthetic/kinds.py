"""The kinds of video in the embedded corpus: frame rates and lengths of expressions as in the published databases.

Published lengths in frames, from the annotation tables of the MEGC2020 spotting baseline (He et al. 2020):
CAS(ME)^2, 30 fps: micro mean 13.6 (9 to 17), macro mean 36.4, median 31 (4 to 118);
SAMM Long Videos, 200 fps: micro mean 74.3 (30 to 101), macro mean 434.8, median 223 (102 to 5176).
Here a micro-expression lasts at most .5 s and a macro-expression more than that and at most 4 s.
"""

from dataclasses import dataclass

import numpy as np

CLIP_FPS = 100  # of recognition clips, as in SMIC-HS
CLIP_FRAMES = ((5, 14), (20, 48), (4, 12))  # fewest and most before, of and after the expression


@dataclass(frozen=True)
class Kind:
    """A kind of long video; lengths in frames."""

    name: str  # of the video in the tables
    like: str
    fps: int
    micro: tuple[int, int, int]  # shortest, most frequent, longest: a triangular distribution
    macro: tuple[int, int, int]  # shortest, median, longest: a truncated lognormal distribution
    spread: float  # standard deviation of the logarithm of macro lengths; makes the ratio of published mean and median
    grey: bool = False

    def draw_length(self, rng, kind):
        """Return the length of a `micro` or `macro` expression."""
        if kind == "micro":
            low, mode, high = self.micro
            return int(np.clip(round(rng.triangular(low - 0.5, mode, high + 0.5)), low, high))
        low, median, high = self.macro
        while True:
            length = round(median * np.exp(self.spread * rng.standard_normal()))
            if low <= length <= high:
                return length

    def facts(self):
        """Return the kind as plain values by name."""
        return {
            "like": self.like,
            "fps": self.fps,
            "colour": "grey" if self.grey else "RGB",
            "micro-expression frames (shortest, most frequent, longest)": list(self.micro),
            "macro-expression frames (shortest, median, longest)": list(self.macro),
        }


CAS = Kind("long", "CAS(ME)^2", 30, (9, 15, 15), (16, 31, 118), 0.57)
SAMM = Kind("long200", "SAMM Long Videos", 200, (30, 93, 100), (102, 223, 800), 1.16, grey=True)
KINDS = (CAS, SAMM)
