"""Recipes: one TOML file in this folder names a task, its steps, their parameters and the paper they follow."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import InputError

FOLDER = Path(__file__).parent
KEYS = ("task", "summary", "citation", "steps")
ANNOTATED = 'apex = "annotated"'  # in the representation of a recipe that looks at an apex frame
OTHER_APEXES = ("spotted", "middle")


@dataclass(frozen=True)
class Recipe:
    """One named method with every parameter; `steps` maps a step of the task to its name and parameters.

    floor: tables compare the others with it. slow: `run-all` leaves it out unless it is named.
    """

    name: str
    task: str
    summary: str
    citation: str
    steps: dict


def recipe_names(task=None, slow=True):
    """Return the names of all recipes, or of those for one task, floors first; `slow`: also of those that say so."""
    found = [load_recipe(path.stem) for path in sorted(FOLDER.glob("*.toml"))]
    found.sort(key=lambda recipe: (not recipe.steps.get("floor", False), recipe.name))
    return [r.name for r in found if task in (None, r.task) and (slow or not r.steps.get("slow", False))]


def load_recipe(name):
    """Return the recipe called `name`.

    `NAME@spotted` and `NAME@middle` are the recipe NAME with its apex frames from there instead of from the database.
    """
    table = tomllib.loads(recipe_text(name))
    if set(table) != set(KEYS):
        raise InputError(f"recipe {name}: has the keys {', '.join(table)}; expected exactly {', '.join(KEYS)}")
    return Recipe(name, **table)


def recipe_text(name):
    """Return the text of the recipe called `name`, as `load_recipe` reads it."""
    stem, at, apex = name.partition("@")
    path = FOLDER / f"{stem}.toml"
    if Path(stem).name != stem or not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise InputError(f"recipe {name!r} is not known; choose one of {known}")
    text = path.read_text(encoding="utf-8")
    if at and (apex not in OTHER_APEXES or ANNOTATED not in text):
        raise InputError(
            f"recipe {name!r}: after @ comes one of {', '.join(OTHER_APEXES)}, with a recipe that looks at an apex"
        )
    return text.replace(ANNOTATED, f'apex = "{apex}"') if at else text


def with_apex(names, apex):
    """Return the names of recipes with those that look at an apex frame taking it from `apex`.

    apex: "annotated", as the recipes stand, "spotted" or "middle".
    """
    if apex not in ("annotated", *OTHER_APEXES):
        raise InputError(f"--apex {apex!r} is not known; choose annotated, {' or '.join(OTHER_APEXES)}")
    texts = {name: recipe_text(name) for name in names}
    return [f"{name}@{apex}" if apex != "annotated" and ANNOTATED in text else name for name, text in texts.items()]
