"""The environment that a row was computed in, under a short key: rows of two machines do not mix unseen."""

import threading
from functools import lru_cache
from typing import Any

from baselines.environment import environment, what_counts
from baselines.identity import digest, library_versions, reached
from baselines.parts import PARTS

SHORT = 8  # digits of a key
_one_at_a_time = threading.Lock()


@lru_cache
def library_names() -> tuple[str, ...]:
    """Return all libraries that a digest can name, by the names they are imported by, and those of the figures."""
    modules = {module for parts in PARTS.values() for part in parts.values() for module in part.modules}
    return tuple(reached("baselines.experiments.tasks", *sorted(modules))[1])


def this_environment(libraries: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return (key, what it stands for) of the environment of this process; libraries: of `library_names`.

    The key changes with what can change a number, and with nothing else.
    """
    with _one_at_a_time:  # what some libraries tell of themselves mixes when two threads ask
        return _this_environment(libraries)


@lru_cache
def _this_environment(libraries: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    found = environment(library_versions(*libraries))
    return digest(what_counts(found))[:SHORT], found
