"""The result rows of an output folder: `rows.jsonl`, one JSON line a fold.

A line holds the fold's predictions and a digest of all that they depend on. It is appended by a single write when the
fold is done, so that a killed run loses nothing but the fold under way; a line cut short by a kill is passed over.
Tables are derived from the lines (`baselines.report.tables`).
"""

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from baselines.errors import InputError

NEEDED = {"task", "recipe", "dataset", "fold", "fold_number", "folds", "seed", "digest", "predictions"}


class Rows:
    """The lines of rows.jsonl in a folder."""

    def __init__(self, folder: str | os.PathLike[str], overwrite: bool = False) -> None:
        self.path = Path(folder) / "rows.jsonl"
        if overwrite:
            self.path.unlink(missing_ok=True)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch()
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --output") from None
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        text = self.path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            row = _row_of(line)
            if row is not None:
                self.rows[row["digest"], row["fold"]] = row
        if text and not text.endswith("\n"):  # a kill cut the last line short
            self._append("\n")

    def add(self, row: dict[str, Any]) -> None:
        """Append one row; a single write, so that two runs at once do not mix their lines.

        Raises `ValueError` for a row that holds a number that is not finite: no table could be made of it.
        """
        self._append(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        self.rows[row["digest"], row["fold"]] = row

    def folds_done(self, digest: str) -> set[str]:
        """Return the names of the folds that have a row with this digest."""
        return {fold for known, fold in self.rows if known == digest}

    def results(self, current: Collection[str] = ()) -> list[list[dict[str, Any]]]:
        """Return the complete experiments as lists of rows in fold order, one of each name.

        current: the digests of this run, which win where a name has several; else the last in the file does.
        """
        newest: dict[tuple[Any, ...], str] = {}
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows.values():
            name = row["task"], row["dataset"], row["recipe"], row["seed"]
            if newest.get(name) not in current:
                newest[name] = row["digest"]
            groups.setdefault(row["digest"], []).append(row)
        found = [sorted(groups[digest], key=lambda row: row["fold_number"]) for _, digest in sorted(newest.items())]
        return [rows for rows in found if len(rows) == rows[0]["folds"]]

    def _append(self, text: str) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _row_of(line: str) -> dict[str, Any] | None:
    """Return the row in a line, None where a kill cut it short or something that every row has is missing."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and row.keys() >= NEEDED else None
