"""A table as a report has it: lines of texts and of figures for readers, and the same as tidy records for programs."""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from baselines.files import csv_text

MISSING = "-"
_DIGITS = 12  # figures that differ by less are equal


@dataclass(frozen=True)
class Cell:
    """A figure: its value or its mean over seeds, with their standard deviation; or with its interval.

    contest: what it competes in with other cells of the table; the best is shown so. lower: whether lower is better.
    signed: whether it is shown with its sign, as differences are. seeds: over how many it is; 0: that says nothing.
    """

    value: float | int | None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    contest: Hashable = None
    lower: bool = False
    digits: int = 3
    signed: bool = False
    seeds: int = 0

    def number(self, value: float | int | None = None) -> str:
        """Return a number of this cell as text, its own value by default; rounded here and nowhere before."""
        shown = self.value if value is None else value
        if shown is None:
            return MISSING
        return str(shown) if isinstance(shown, int) else f"{shown:{'+' if self.signed else ''}.{self.digits}f}"


Line = list[str | Cell]


@dataclass
class Table:
    """name: of its file; title: what it shows, of what; stub: how many columns name a line.

    header: the names of the columns; over: what those after the stub are values of; lines: texts and `Cell`s; records:
    the same, one mapping a figure, numbers rounded as in scores.csv; notes: sentences below the table; gaps: the same
    on what is not in it.
    """

    name: str
    title: str
    stub: int
    header: list[str]
    lines: list[Line]
    records: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    over: str = ""
    gaps: list[str] = field(default_factory=list)

    @property
    def sentences(self) -> list[str]:
        """All that stands below the table."""
        return [*self.notes, *self.gaps]

    def fewer(self, cell: Cell) -> str:
        """Return over how many seeds a figure is, where others of the table are over more."""
        return f" ({cell.seeds} seed{'s' * (cell.seeds > 1)})" if 0 < cell.seeds < self._most_seeds else ""

    @cached_property
    def _most_seeds(self) -> int:
        return max((cell.seeds for line in self.lines for cell in line if isinstance(cell, Cell)), default=0)

    def best(self) -> set[tuple[int, int]]:
        """Return the places (line, column) of the best figure of each contest that has several, ties all."""
        contests: dict[Hashable, list[tuple[float, tuple[int, int]]]] = {}
        for i, line in enumerate(self.lines):
            for j, cell in enumerate(line):
                if isinstance(cell, Cell) and cell.value is not None and cell.contest is not None:
                    value = round(-cell.value if cell.lower else cell.value, _DIGITS)
                    contests.setdefault(cell.contest, []).append((value, (i, j)))
        return {
            place
            for entries in contests.values()
            if len(entries) > 1
            for value, place in entries
            if value == max(entries)[0]
        }

    def csv(self) -> str:
        """Return the records as CSV; what a record lacks is empty."""
        columns = list(dict.fromkeys(column for record in self.records for column in record))
        return csv_text(columns, [[_plain(record.get(column)) for column in columns] for record in self.records])


def named_apart(tables: Iterable[Table]) -> list[Table]:
    """Return tables whose names are distinct names of files."""
    taken: set[str] = set()
    found = []
    for table in tables:
        stem = re.sub(r"[^a-z0-9]+", "-", table.name.lower()).strip("-")
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        table.name = name
        found.append(table)
    return found


def natural(text: str) -> tuple[Any, ...]:
    """Return what sorts texts as people do: numbers by value, before words, and numbers in words by value."""
    try:
        return 0, float(text), ()
    except ValueError:
        parts = re.split(r"(\d+)", text)
        return 1, 0.0, tuple((part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)


def significant(p: float) -> float:
    """Return a p value with four digits that count."""
    return float(f"{p:.4g}")


def p_text(p: float) -> str:
    """Return a p value for readers."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _plain(value: Any) -> Any:
    return "" if value is None else value


def json_tables(tables: Iterable[Table]) -> dict[str, list[Mapping[str, Any]]]:
    """Return tables as --json prints them."""
    return {
        "tables": [
            {"name": table.name, "title": table.title, "notes": table.sentences, "rows": table.records}
            for table in tables
        ]
    }
