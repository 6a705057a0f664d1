"""Figures by path, and what follows from them: values, intervals over subjects, differences of two recipes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from baselines.metrics import uncertainty
from baselines.metrics.figures import Array, Rate, plain
from baselines.metrics.uncertainty import RESAMPLES, Metric

Path = tuple[str, ...]  # of a figure in a result, such as ("micro", "f1")


class Figure(NamedTuple):
    """Counts (S, ...), one entry a subject, and the rate that follows from their sum.

    interval: whether it has one; a mere count never has.
    """

    counts: Array
    rate: Rate
    interval: bool = True

    @property
    def value(self) -> int | float | None:
        """The figure of all subjects."""
        return plain(self.rate(self.counts.sum(axis=0)))


Figures = dict[Path, Figure]


def tabled(path: Path, counts: Array, table: Mapping[str, Rate], interval: bool = True) -> Figures:
    """Return the figures of one table of the metrics, on one array of counts, below a path."""
    return {(*path, name): Figure(counts, rate, interval) for name, rate in table.items()}


def values(figures: Figures) -> dict[str, Any]:
    """Return the figures of all subjects, nested by their paths."""
    return nested({path: figure.value for path, figure in figures.items()})


def intervals(figures: Figures, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """Return the intervals [low, high] (or None), nested by path; empty without resamples."""
    found = uncertainty.intervals(_resampled(figures), resamples, seed) if resamples else {}
    return nested({path: list(bounds) if bounds else None for path, bounds in found.items()})


def differences(
    first: Figures, second: Figures, resamples: int = RESAMPLES, seed: int = 0
) -> dict[Path, dict[str, float | None]]:
    """Return {path: {difference, low, high, p}} of the figures of two recipes that have an interval, first - second."""
    return uncertainty.paired_bootstraps(_resampled(first), _resampled(second), resamples, seed)


def nested(by_path: Mapping[Path, Any]) -> dict[str, Any]:
    """Return {path: value} as mappings in mappings."""
    tree: dict[str, Any] = {}
    for path, value in by_path.items():
        at = tree
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = value
    return tree


def at(tree: Mapping[str, Any], path: Path) -> Any:
    """Return what stands at a path of nested mappings, None where there is nothing."""
    found: Any = tree
    for name in path:
        found = found.get(name) if found else None
    return found


def _resampled(figures: Figures) -> dict[Path, Metric]:
    """What the bootstrap takes of the figures that have an interval."""
    chosen = {path: figure for path, figure in figures.items() if figure.interval and not isinstance(figure.value, int)}
    return {path: (figure.counts, figure.rate) for path, figure in chosen.items()}
