"""What experiments on the same clips share, so that each array is made once for all of them."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from baselines.cache import SHORT
from baselines.costs import Kept, apart, kept_by, under_way
from baselines.identity import digest

Make = Callable[[], Any]
Take = Callable[[str, str, Make], Any]  # (kind, key, make) -> value


class Shared:
    """Values by keys, each with what making it cost, which counts for all who take it, as of arrays in the cache."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[Any, Kept]] = {}

    def take(self, sees: str, kind: str, key: str, make: Make) -> Any:
        """Return the value under a key, made where it is not there; kind: as which its cost is told."""
        place = sees, kind, key
        if place not in self._found:
            with apart() as cost:
                value = make()
            self._found[place] = value, kept_by(cost, kind, digest(sees, key)[:SHORT])
        value, kept = self._found[place]
        caller = under_way()
        if caller:
            caller.take(kept)
        return value

    def of(self, sees: str) -> Take:
        """Return `take` for experiments that see the same."""
        return partial(self.take, sees)


def alone(kind: str, key: str, make: Make) -> Any:
    """Return a value that is shared with nobody."""
    return make()
