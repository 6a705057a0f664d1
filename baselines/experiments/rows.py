"""The result rows of an output folder: `rows.jsonl`, one JSON line a fold.

A line holds the fold's predictions and a digest of all that they depend on. It is appended by a single write when the
fold is done, so that a killed run loses nothing but the fold under way; a line cut short by a kill is passed over.
Tables are derived from the lines (`baselines.report.tables`).
"""

import json
import os
from pathlib import Path
from typing import Any

from baselines.errors import InputError


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
            try:
                row = json.loads(line)
                self.rows[row["digest"], row["fold"]] = row
            except (json.JSONDecodeError, TypeError, KeyError):
                continue
        if text and not text.endswith("\n"):  # a kill cut the last line short
            self._append("\n")

    def add(self, row: dict[str, Any]) -> None:
        """Append one row; a single write, so that two runs at once do not mix their lines."""
        self.rows[row["digest"], row["fold"]] = row
        self._append(json.dumps(row, ensure_ascii=False) + "\n")

    def folds_done(self, digest: str) -> set[str]:
        """Return the names of the folds that have a row with this digest."""
        return {fold for known, fold in self.rows if known == digest}

    def results(self) -> list[list[dict[str, Any]]]:
        """Return the complete experiments, newest digest of each, as lists of rows in fold order."""
        newest: dict[tuple[Any, ...], str] = {}
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows.values():
            newest[row["task"], row["dataset"], row["recipe"], row["seed"]] = row["digest"]
            groups.setdefault(row["digest"], []).append(row)
        found = [sorted(groups[digest], key=lambda row: row["fold_number"]) for _, digest in sorted(newest.items())]
        return [rows for rows in found if len(rows) == rows[0]["folds"]]

    def _append(self, text: str) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
