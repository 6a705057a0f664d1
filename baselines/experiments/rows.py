"""The result rows of an output folder, `rows.jsonl`, one JSON line a fold, and `notes.jsonl` on how they were made.

A line of rows.jsonl holds the fold's predictions and a digest of all that they depend on. A line of notes.jsonl tells
what an environment is that rows name by its key, of which recipe a digest is, or what it cost to prepare the folds of
that digest. A line is added by a single write when what it tells is done, so that a killed run loses nothing but what
is under way; one that a kill or a full disk cut short is passed over, and so is one that was damaged since: its fold
counts as not computed. So that a changed label is damage too, each line ends in a checksum of what stands before it.
Tables are derived from the lines (`baselines.report.tables`).
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from baselines.costs import Cost
from baselines.errors import InputError
from baselines.experiments.faults import RECIPE, note_fault, row_fault
from baselines.files import FULL, CannotWrite
from baselines.inputs import opened

CHECKSUM = "checksum"  # the last key of a line; lines of older versions have none, and are taken as they are
_END = re.compile(rf', "{CHECKSUM}": "([0-9a-f]*)"}}$')


class Lines:
    """A file of JSON objects, one a line, that is only added to.

    fault: tells what is wrong with an object that is none of this file, None where nothing is; such lines are passed
    over. helps: what brings back what they told.
    """

    def __init__(self, path: Path, fault: Callable[[dict[str, Any]], str | None], helps: str) -> None:
        self.path, self.helps = path, helps
        text = ""
        if os.path.lexists(path):
            with opened(path) as stream:
                text = stream.read().decode("utf-8", errors="replace")
        self.found: list[dict[str, Any]] = []
        self.passed_over: list[tuple[int, str]] = []  # numbers of lines, and why
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            one = _object_of(line)
            if one is None:
                self.passed_over.append((number, "no JSON object, as where a kill cut it short"))
            elif wrong := _changed(line, one) or fault(one):
                self.passed_over.append((number, wrong))
            else:
                self.found.append(one)
        self.cut = bool(text) and not text.endswith("\n")  # by a kill, or by a full disk

    def add(self, record: dict[str, Any]) -> None:
        """Append one object; a single write, so that two runs at once do not mix their lines.

        Raises `CannotWrite` where it is not written whole, and `ValueError` for one that holds a number that is not
        finite.
        """
        data = ("\n" * self.cut + line_of(record) + "\n").encode()
        self.cut = True  # until all of it is there
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                written = os.write(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._cannot(error) from None
        if written < len(data):
            raise self._cannot(OSError(FULL[0], "no room for a whole line"))
        self.cut = False

    def told(self) -> list[str]:
        """Return one line on what was passed over, none where nothing was."""
        if not self.passed_over:
            return []
        (number, why), *more = self.passed_over
        others = f", as are {len(more)} more" if more else ""
        return [f"{self.path} line {number}: {why}; passed over{others}; {self.helps}"]

    def _cannot(self, error: OSError) -> CannotWrite:
        helps = "free space" if error.errno in FULL else "see to that"
        return CannotWrite(
            f"{self.path}: cannot be written ({error.strerror}); {helps} and run the same command again, which goes on "
            "from there: what was computed is kept"
        )


class Notes:
    """The lines of notes.jsonl in a folder.

    environments: {key: what it stands for}; preparations: {digest: {seconds, growth_mb, kept}}, as in `costs.Cost`;
    recipes: {digest: {base, varied, settings, floor}}, as `recipes.Recipe.note` gives them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        helps = "run-all with the same options writes it again, and the line can go"
        self.lines = Lines(Path(folder) / "notes.jsonl", note_fault, helps)
        self.environments: dict[str, dict[str, Any]] = {}
        self.preparations: dict[str, dict[str, Any]] = {}
        self.recipes: dict[str, dict[str, Any]] = {}
        for line in self.lines.found:
            if isinstance(line.get("stands_for"), dict):
                self.environments[str(line.get("environment"))] = line["stands_for"]
            elif "prepared" in line:
                self.preparations[str(line["prepared"])] = line
            else:
                self.recipes[str(line["digest"])] = {name: line[name] for name in RECIPE}

    def add_environment(self, key: str, stands_for: dict[str, Any]) -> None:
        """Tell what a key stands for, once."""
        if key not in self.environments:
            self.lines.add({"environment": key, "stands_for": stands_for})
            self.environments[key] = stands_for

    def add_recipe(self, digest: str, told: dict[str, Any]) -> None:
        """Tell of which recipe a digest is, once."""
        if digest not in self.recipes:
            self.lines.add({"digest": digest, **told})
            self.recipes[digest] = told

    def add_preparation(self, digest: str, cost: Cost) -> None:
        """Tell what it cost to prepare the folds of a digest; the last one counts."""
        line = {"prepared": digest, **cost_fields(cost)}
        self.lines.add(line)
        self.preparations[digest] = line


class Rows:
    """The lines of rows.jsonl in a folder, and its notes; adds: whether rows will be added, else nothing is made."""

    def __init__(self, folder: str | os.PathLike[str], overwrite: bool = False, adds: bool = True) -> None:
        self.path = Path(folder) / "rows.jsonl"
        if overwrite:
            self.path.unlink(missing_ok=True)
            self.path.with_name("notes.jsonl").unlink(missing_ok=True)
        try:
            if adds:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --output") from None
        self.lines = Lines(self.path, row_fault, "run-all computes its fold again, and the line can go")
        self.notes = Notes(folder)
        self.rows = {(row["digest"], row["fold"]): row for row in self.lines.found}

    def add(self, row: dict[str, Any]) -> None:
        """Append one row.

        Raises `ValueError` for a row that holds a number that is not finite: no table could be made of it.
        """
        self.lines.add(row)
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


def cost_fields(cost: Cost) -> dict[str, Any]:
    """Return a cost as a line holds it."""
    return {"seconds": round(cost.seconds, 4), "growth_mb": cost.growth_mb, "kept": cost.kept}


def line_of(record: dict[str, Any]) -> str:
    """Return the line that holds an object, with its checksum."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    return f'{line[:-1]}, "{CHECKSUM}": "{_checksum(line)}"}}'


def _changed(line: str, one: dict[str, Any]) -> str | None:
    """Take the checksum out of the object of a line; return what is wrong where it does not fit, else None."""
    if CHECKSUM not in one:
        return None
    del one[CHECKSUM]
    end = _END.search(line)
    if end and _checksum(line[: end.start()] + "}") == end[1]:
        return None
    return "was changed since it was written: its checksum does not fit"


def _checksum(line: str) -> str:
    return hashlib.blake2b(line.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _object_of(line: str) -> dict[str, Any] | None:
    """Return the JSON object in a line, None where there is none, as where a kill cut it short."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
