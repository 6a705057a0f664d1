"""Recipes: one TOML file in this folder names a task, its steps, their parameters and the paper they follow."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import InputError

FOLDER = Path(__file__).parent
KEYS = ("task", "summary", "citation", "steps")


@dataclass(frozen=True)
class Recipe:
    """One named method with every parameter; `steps` maps a step of the task to its name and parameters."""

    name: str
    task: str
    summary: str
    citation: str
    steps: dict


def recipe_names(task=None):
    """Return the names of all recipes, or of those for one task, floors first."""
    found = [load_recipe(path.stem) for path in sorted(FOLDER.glob("*.toml"))]
    found.sort(key=lambda recipe: (not recipe.steps.get("floor", False), recipe.name))
    return [recipe.name for recipe in found if task in (None, recipe.task)]


def load_recipe(name):
    """Return the recipe called `name`."""
    path = FOLDER / f"{name}.toml"
    if Path(name).name != name or not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise InputError(f"recipe {name!r} is not known; choose one of {known}")
    with path.open("rb") as stream:
        table = tomllib.load(stream)
    if set(table) != set(KEYS):
        raise InputError(f"{path}: has the keys {', '.join(table)}; expected exactly {', '.join(KEYS)}")
    return Recipe(name, **table)
