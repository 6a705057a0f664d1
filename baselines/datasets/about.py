"""What is known of a dataset before any of it is read."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from baselines.datasets.classes import COARSE, ClassSet, fine_set


@dataclass(frozen=True)
class About:
    """The facts that `data list`, `data describe` and `data check` print.

    title: what it is, one line; tasks: what it can serve; licence and page: terms, and where to ask for the data;
    size: frames per second, picture size, how much; protocol: how the field evaluates on it; published: the counts of
    a complete copy under the names that `data check` uses ("subjects", "clips", "videos", "micro events",
    "macro events", "questions", "emotion NAME" for a fine name); source: where those counts stand; releases: of what
    else is published, {its name in `Dataset.release`: the counts that differ, None for what it does not have}; gaps:
    whether the
    frame numbers of a good copy have gaps; needs_root: whether it lies in a folder of the user; classes: the sets of
    classes that its papers report, besides `coarse` and `fine`, which every dataset has.
    """

    title: str
    tasks: tuple[str, ...]
    licence: str
    page: str = ""
    citation: str = ""
    size: str = ""
    protocol: str = ""
    published: dict[str, int] = field(default_factory=dict)
    source: str = ""
    releases: dict[str, dict[str, int | None]] = field(default_factory=dict)
    gaps: bool = False
    needs_root: bool = True
    classes: tuple[ClassSet, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Return the facts that are known, as a mapping; of the class sets what `ClassSet.to_dict` tells."""
        facts = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return facts | {"classes": [known.to_dict() for known in (*self._common_sets(), *self.classes)]}

    def counts(self, release: str = "") -> dict[str, int]:
        """Return the published counts of a release."""
        counts = self.published | self.releases.get(release, {})
        return {what: number for what, number in counts.items() if number is not None}

    def _common_sets(self) -> tuple[ClassSet, ClassSet]:
        """Return the sets that every dataset has, of its own emotions where their counts are published."""
        own = [what.removeprefix("emotion ") for what in self.published if what.startswith("emotion ")]
        of = {word: name for word, name in COARSE.of.items() if word in own or not own}
        return replace(COARSE, of=of), fine_set(own)
