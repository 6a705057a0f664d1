"""What an output folder of run-all holds: its experiments, with what the recipe of each sets. Nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from baselines.errors import InputError
from baselines.experiments.rows import Rows
from baselines.recipes import floor_names
from baselines.recipes.values import written
from baselines.report.table import natural

Row = Mapping[str, Any]
NAME = ("task", "dataset", "recipe", "seed")  # of an experiment
FIXED = (*NAME, "protocol", "classes", "base")  # what every experiment has, settings aside
NOT_RECORDED = "not recorded"
NOTHING = "none"  # such as no magnification
LISTED = 3  # experiments that one message names


@dataclass(frozen=True)
class Result:
    """One experiment: the rows of its folds, and what the notes tell of its recipe.

    base: the name of the recipe that it is a cell of; varied: {key: value} of what the cell changes in it; settings:
    {key: value} of all that it sets, defaults included; floor: whether tables compare the others with it; noted:
    whether that is known, and not only taken from the name.
    """

    folds: Sequence[Row]
    base: str
    varied: Mapping[str, Any]
    settings: Mapping[str, Any]
    floor: bool
    noted: bool = True

    @property
    def name(self) -> tuple[Any, ...]:
        """What tells it from all others of its folder."""
        return tuple(self.folds[0][column] for column in NAME)

    @property
    def recipe(self) -> str:
        """The name of its recipe, which tells what was varied as well."""
        return self.folds[0]["recipe"]

    @property
    def n_failed(self) -> int:
        """How many clips and videos could not be seen and were predicted without a look."""
        return sum(len(fold.get("failed", ())) for fold in self.folds)

    def value(self, key: str) -> Any:
        """Return what stands under a key of FIXED or of the settings; None where the recipe has no such key."""
        if key == "base":
            return self.base
        if key in FIXED:
            return self.folds[0].get(key, NOT_RECORDED)
        varied = self.varied.get(key)
        if isinstance(varied, dict | list):  # settings tell no more than the names of the parts in it
            return varied
        return self.settings.get(key, varied)

    def text(self, key: str) -> str | None:
        """Return the `value` of a key as text, NOTHING for a setting that says so; None where there is no such key."""
        value = self.value(key)
        if value is None:
            return NOTHING if key in self.settings else None
        return value if isinstance(value, str) else written(value)


class Naming(NamedTuple):
    """How the lines of a table are named: the header, and {recipe: its cells}."""

    header: list[str]
    cells: dict[str, list[str]]

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Naming":
        """Return the base of each recipe with what is varied, sorted, where that tells them apart, else its name."""
        keys = varied_keys(results)
        named = {
            recipe: [result.base, *(result.text(key) or "-" for key in keys)]
            for recipe, result in by_recipe(results).items()
        }
        if keys and len(set(map(tuple, named.values()))) == len(named):
            in_order = sorted(named.items(), key=lambda entry: [natural(text) for text in entry[1]])
            return cls(["recipe", *keys], dict(in_order))
        return cls(["recipe"], {recipe: [recipe] for recipe in named})


@dataclass
class Study:
    """The complete experiments of a folder, and lines for stderr on what was passed over."""

    results: list[Result]
    warnings: list[str] = field(default_factory=list)


def results_of(results: Iterable[Sequence[Row]], recipes: Mapping[str, Row] | None = None) -> list[Result]:
    """Return experiments, each a list of rows, as `Result`s; recipes: {digest: note}, as `Notes.recipes`.

    Where there is no note, a recipe is as its name says and nothing is varied.
    """
    floors, found = floor_names(), []
    for folds in results:
        recipe = folds[0]["recipe"]
        unknown = {"base": recipe, "varied": {}, "settings": {}, "floor": recipe.partition("@")[0] in floors}
        note = (recipes or {}).get(folds[0].get("digest", ""))
        known = note or unknown
        found.append(Result(folds, **{name: known[name] for name in unknown}, noted=note is not None))
    return found


def by_recipe(results: Iterable[Result]) -> dict[str, Result]:
    """Return one experiment of each recipe, one whose settings are known where there is any."""
    found: dict[str, Result] = {}
    for result in results:
        if result.recipe not in found or (result.noted and not found[result.recipe].noted):
            found[result.recipe] = result
    return found


def unnoted(results: Iterable[Result], folder: Path | str) -> list[str]:
    """Return one line on the experiments that the notes in a folder do not tell of, none where there are none."""
    lost = [_named(*result.name) for result in results if not result.noted]
    if not lost:
        return []
    return [
        f"{Path(folder) / 'notes.jsonl'}: no note on {len(lost)} experiment{'s' * (len(lost) > 1)}, so what is set "
        f"there is not known: {_some(lost)}; run-all with the same options writes it again"
    ]


def _named(_: str, dataset: str, recipe: str, seed: int) -> str:
    return f"{recipe} on {dataset} (seed {seed})"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return "; ".join(names[:LISTED]) + more


def varied_keys(results: Iterable[Result]) -> list[str]:
    """Return the keys that any of some experiments varies, sorted."""
    return sorted({key for result in results for key in result.varied})


def read_study(folder: Path | str) -> Study:
    """Return the `Study` of a folder that run-all wrote; `InputError` where it holds no complete experiment."""
    folder = Path(folder)
    if not (folder / "rows.jsonl").is_file():
        raise InputError(f"{folder}: no rows.jsonl there; expected the --output folder of run-all")
    rows = Rows(folder, adds=False)
    results = results_of(rows.results(), rows.notes.recipes)
    warnings = [*rows.lines.told(), *rows.notes.lines.told(), *unnoted(results, folder)]
    names = {tuple(row[column] for column in NAME) for row in rows.rows.values()} - {result.name for result in results}
    if names:
        listed = _some([_named(*name) for name in sorted(names)])
        warnings.append(f"{folder}: left out, because folds are missing: {listed}; run-all completes them")
    if not results:
        what = "no complete experiment" if rows.rows else "no row of results"
        raise InputError(f"{rows.path}: {what} in it; {'run-all completes it' if rows.rows else 'run run-all again'}")
    return Study(results, warnings)
