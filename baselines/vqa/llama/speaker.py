"""What is asked of a vision model in one call: how likely some answers are, or what it says by itself."""

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import logsumexp

from baselines.vqa.llama.vision_model import VisionModel


class Speaker:
    """A `VisionModel` with the answers that it gives to a prompt about an (H, W, 3) uint8 RGB picture.

    longest: the most tokens of an answer. The rest is as in `VisionModel`.
    """

    def __init__(self, model: Path, mmproj: Path, threads: int | None, longest: int):
        self.longest = longest
        self.model = VisionModel(model, mmproj, threads)

    def close(self) -> None:
        """Free the model's memory; nothing can be asked afterwards."""
        self.model.close()

    def score(self, prompt: str, picture: np.ndarray, candidates: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """Return {candidate: log P(candidate | picture, prompt)}, the natural logarithm.

        candidates: {candidate: its spellings}, of which each counts. The picture is encoded once.
        """
        self.model.read(prompt, picture, self.longest)
        end, first = self.model.position, self.model.log_probabilities()
        scores = {}
        for candidate, spellings in candidates.items():
            spelled = []
            for spelling in spellings:
                tokens = self.model.tokens(spelling)
                if len(tokens) > 1 and not self.model.rewind(end):
                    self.model.read(prompt, picture, self.longest)
                spelled.append(self._spell(tokens, first[tokens[0]]))
            scores[candidate] = float(logsumexp(spelled))
        return scores

    def _spell(self, tokens: Sequence[int], score: float) -> float:
        """Return log P of all tokens, one after the other; `score` is that of the first."""
        for token, following in pairwise(tokens):
            self.model.hear(token)
            score += self.model.log_probabilities()[following]
        return score

    def speak(self, prompt: str, picture: np.ndarray, rules: str | None) -> tuple[str, float, bool]:
        """Return greedy text in one line, its confidence, and whether the model came to an end by itself.

        rules: the GBNF grammar that the text must follow, None for any text. The confidence is the probability of a
        token (geometric mean).
        """
        self.model.read(prompt, picture, self.longest)
        said: list[int] = []
        total, complete = 0.0, False
        with closing(self.model.grammar_filter(rules)) if rules else nullcontext() as allowed:
            while len(said) < self.longest and not complete:
                scores = self.model.log_probabilities()
                token = int((allowed(scores) if allowed else scores).argmax())
                total += scores[token]
                complete = bool(self.model.ends(token))
                if not complete:
                    said.append(token)
                    self.model.hear(token)
                    if allowed:
                        allowed.accept(token)
        sure = float(np.exp(total / (len(said) + complete)))
        return " ".join(self.model.text(said).split()), sure, complete
