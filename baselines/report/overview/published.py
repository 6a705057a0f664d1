"""Published figures of the same data, beside those of a run: what the tables below scores.md tell, as numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from baselines.report.published import published_beside

DOUBTFUL = "(!)"  # after a figure that is implausible


def published_marks(scores: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one mapping a published figure, with what it is of as in rows of scores.csv.

    compares: whether metric, classes and protocol are the same. Figures that are implausible are left out.
    """
    tables: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for score in scores:
        tables.setdefault((score["task"], score["dataset"], score["subset"]), []).append(score)
    return [mark for place, mine in tables.items() for mark in _marks(place, mine)]


def _marks(place: tuple[str, str, str], scores: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    beside = published_beside(scores)
    if beside is None:
        return
    (_, *header, _, _, _), *lines = beside[1]
    for name, *cells, _, remarks, source in lines:
        for metric, value, difference in zip(header[::2], cells[::2], cells[1::2]):
            if value != "-" and DOUBTFUL not in value:
                yield {
                    **dict(zip(("task", "dataset", "subset"), place)),
                    "metric": metric,
                    "name": name,
                    "value": float(value),
                    "compares": difference != "-",
                    "remarks": "" if remarks == "-" else remarks,
                    "source": source,
                }
