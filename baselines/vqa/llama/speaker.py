"""What is asked of a vision model in one call: how likely some answers are, or what it says by itself."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy.special import logsumexp

from baselines.vqa.llama.vision_model import VisionModel


class Speaker:
    """A `VisionModel` with the answers that it gives to a prompt about an (H, W, 3) uint8 RGB picture.

    longest: the most tokens of an answer. The rest is as in `VisionModel`.
    """

    def __init__(self, model: Path, mmproj: Path, threads: int | None, longest: int):
        begin = perf_counter()
        self.longest = longest
        self.model = VisionModel(model, mmproj, threads)
        self.seconds_to_load = perf_counter() - begin

    def close(self) -> None:
        """Free the model's memory; nothing can be asked afterwards."""
        self.model.close()

    def score(self, prompt: str, picture: np.ndarray, candidates: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """Return {candidate: log P(candidate | picture, prompt)}, the natural logarithm.

        candidates: {candidate: its spellings}, of which each counts. The picture is encoded once.
        """
        self.model.read(prompt, picture, self.longest)
        end, first = self.model.place(), self.model.log_probabilities()
        scores = {}
        for candidate, spellings in candidates.items():
            spelled = []
            for spelling in spellings:
                tokens = self.model.tokens(spelling)
                self.model.return_to(end)
                spelled.append(self._spell(tokens, first[tokens[0]]))
            scores[candidate] = float(logsumexp(spelled))
        return scores

    def try_out(
        self, prompts: Sequence[str], picture: np.ndarray, candidates: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """Return what the model is, its scores for the last prompt, and what all that took.

        The first prompt has the picture encoded, the others find it in the memory. Memory is the most that the process
        had, in bytes; None on Windows.
        """
        seconds, scores = [], {}
        for prompt in prompts:
            begin = perf_counter()
            scores = self.score(prompt, picture, candidates)
            seconds.append(perf_counter() - begin)
        return {
            "template": self.model.chat.template,
            "thinking": self.model.chat.thinking,
            "picture_tokens": self.model.picture_tokens,
            "scores": scores,
            "seconds_to_load": self.seconds_to_load,
            "seconds": seconds,
            "memory": _most_memory(),
        }

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


def _most_memory() -> int | None:
    try:
        import resource
    except ImportError:  # on Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
