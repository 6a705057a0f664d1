"""A `Speaker` in a process of its own: llama.cpp may end that on a damaged or hostile file, and nothing else."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from baselines.confined import Confined, Ended
from baselines.errors import InputError, MissingDependency
from baselines.vqa.llama.gguf_header import pair_keys
from baselines.vqa.llama.hub import find_pair
from baselines.vqa.llama.speaker import Speaker

LIBRARY = "llama_cpp"  # that of llama-cpp-python
ROOM, COPIES = 3 * 2**29, 3  # bytes, and how often the files may be in memory beside
PATIENCE = 15.0  # s for a model of no size at all, to load and to be asked once
LOADED, ANSWERED = 20e6, 2e6  # bytes of its files for which a second more is waited
MOST_DEATHS = 3  # after which it is not tried again


def missing_llama() -> MissingDependency | None:
    """Return what says how to install llama-cpp-python where it is missing, else None."""
    if find_spec(LIBRARY):
        return None
    return MissingDependency("a vision model", LIBRARY, "'megc-baselines[llama]'")


class ModelDied(InputError):
    """llama.cpp ended on a model, or was ended because it took too long or failed."""


class GuardedSpeaker:
    """The `Speaker` of a GGUF pair; where its process ends, the next question gets a new one, a few times.

    model, mmproj: as in `find_pair`. files: the pair. keys, projector_keys: what their headers say. Raises `InputError`
    for files that are no such pair, `ModelDied` where llama.cpp does not survive them, `MissingDependency` without
    llama-cpp-python, before anything is downloaded.
    """

    def __init__(self, model: str | None, mmproj: str | None, threads: int | None, longest: int):
        without = missing_llama()
        if without:
            raise without
        self.files = find_pair(model, mmproj)
        self.keys, self.projector_keys = pair_keys(*self.files)
        self._given = *self.files, threads, longest
        self._size = sum(path.stat().st_size for path in self.files)
        self._deaths = 0
        self._process: Confined | None = self._begin()

    def close(self) -> None:
        """End the process; nothing can be asked afterwards."""
        if self._process:
            self._process.close()

    def score(self, prompt: str, picture: np.ndarray, candidates: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """Return what `Speaker.score` does."""
        return self._ask("score", prompt, picture, candidates)

    def speak(self, prompt: str, picture: np.ndarray, rules: str | None) -> tuple[str, float, bool]:
        """Return what `Speaker.speak` does."""
        text, sure, complete = self._ask("speak", prompt, picture, rules)
        return text, sure, complete

    def try_out(
        self, prompts: Sequence[str], picture: np.ndarray, candidates: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """Return what `Speaker.try_out` does."""
        return self._ask("try_out", prompts, picture, candidates)

    def _ask(self, method: str, *given: Any) -> Any:
        if self._process is None:
            if self._deaths == MOST_DEATHS:
                raise ModelDied(f"{self._given[0]}: not asked any more, as llama.cpp ended {MOST_DEATHS} times on it")
            self._process = self._begin()
        try:
            return self._process.call(method, *given, seconds=PATIENCE + self._size / ANSWERED)
        except Ended as error:
            self._process = None
            raise self._died("answered", error) from None

    def _begin(self) -> Confined:
        memory, seconds = ROOM + COPIES * self._size, PATIENCE + self._size / LOADED
        try:
            return Confined(Speaker, *self._given, memory=memory, seconds=seconds)
        except Ended as error:
            raise self._died("loaded it", error) from None

    def _died(self, doing: str, error: Ended) -> ModelDied:
        self._deaths += 1
        return ModelDied(
            f"{self._given[0]}: llama.cpp {error} while it {doing}; copy the model and {self._given[1]} again, or give "
            "another"
        )
