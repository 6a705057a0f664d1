"""Recipes: one TOML file names a task, its steps, their parameters and the paper it follows.

A recipe is checked whole when it is loaded: keys, task, steps, names of parts and of their parameters, kinds of value.
A mistake is an `InputError` of one line with the file, the key and the nearest right name. Recipes lie in this folder,
in installed packages and where the user says (`recipes.shelf`); a cell is a recipe with some values changed, called
`NAME (classifier.C=1.0, ...)`, and `NAME@spotted` where it is the source of its apex frames.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.files import read_text
from baselines.parts import find_part
from baselines.recipes.check import OTHER_SUBJECTS, STEPS, check_keys, check_steps
from baselines.recipes.records import Recipe
from baselines.recipes.settings import settings_of
from baselines.recipes.shelf import RESERVED, find_file, read_table, recipe_files
from baselines.recipes.values import DEFAULT, EVERY, flat, in_order, read_value, split, with_values, written
from baselines.signatures import Part, load

__all__ = [
    "OTHER_SUBJECTS", "Recipe", "broken_recipes", "floor_names", "load_recipe", "load_single", "looks_at_apex",
    "parts_of", "recipe_names", "recipe_table", "recipe_text",
]  # fmt: skip

APEX = "representation.apex"
ANNOTATED = "annotated"
OTHER_APEXES = ("spotted", "middle")  # where recipes may take their apex frames from, besides the annotation
LONGEST = 20  # recipes of which each extends the next
OWN = ("floor", "slow", "extends")  # keys that a recipe does not take over from the one it extends
# Task -> what looks at all steps of a recipe together, once each is right by itself.
TOGETHER = {
    "recognition": "baselines.recognition.recognizer:check_steps",
    "spotting": "baselines.spotting.recipe:check_steps",
}
_NAME = re.compile(r"(?P<stem>[^@(]*?)(?P<at>@(?P<apex>[^ (]*))?( \((?P<cell>.*)\))?")


def recipe_names(task: str | None = None, slow: bool = True) -> list[str]:
    """Return the names of all recipes, or of those for one task, floors first; `slow`: also of those that say so.

    Only what a file says of itself is read; one that cannot be read or names no task is left out: `broken_recipes`.
    """
    found = []
    for name, path in recipe_files().items():
        table = _header(path)
        if "task" in table and task in (None, table["task"]) and (slow or table.get("slow") is not True):
            found.append((table.get("floor") is not True, name))
    return [name for _, name in sorted(found)]


def floor_names() -> set[str]:
    """Return the names of the recipes that say `floor = true`, whether or not they can be loaded."""
    return {name for name, path in recipe_files().items() if _header(path).get("floor") is True}


def broken_recipes() -> dict[str, str]:
    """Return {name: what is wrong} of the recipe files that `load_recipe` refuses."""
    broken = {}
    for name, path in recipe_files().items():
        try:
            _read(name, path, {})
        except InputError as error:
            broken[name] = str(error)
    return broken


def load_recipe(name: str | Path, values: Mapping[str, Any] | None = None) -> Recipe:
    """Return the recipe called `name`, or in the file that it is the path of, checked.

    values: {key: value} to put into its steps (`recipes.values`), which makes a cell of it, as the name of a cell does.
    """
    stem, chosen = _parsed(str(name))
    path = find_file(stem)
    return _read(path.stem, path, {**chosen, **(values or {})})


def load_single(name: str | Path) -> Recipe:
    """Return the recipe called `name`, which has to be one: not the grid of several cells that a file may hold."""
    recipe = load_recipe(name)
    if recipe.name == recipe.base and "grid" in recipe_table(name):
        raise InputError(
            f"recipe {name}: holds a grid of several recipes; name a cell of it, as {recipe.name} (KEY=VALUE) of those "
            "that run-all --dry-run lists"
        )
    return recipe


def recipe_table(name: str | Path) -> dict[str, Any]:
    """Return what the file of a recipe says, with what it extends, not checked."""
    return _extended(find_file(_parsed(str(name))[0]))


def recipe_text(name: str | Path) -> str:
    """Return the text of the file of a recipe; what a cell changes stands in lines before it."""
    stem, values = _parsed(str(name))
    return "".join(f"# with {k} = {written(v)}\n" for k, v in values.items()) + read_text(find_file(stem))


def looks_at_apex(recipe: Recipe) -> bool:
    """Tell whether the representation of a recipe is made of an apex frame, which may be taken from elsewhere."""
    settings = recipe.steps.get("representation")
    return settings is not None and "apex" in find_part("representation", settings["name"]).parameters()


def parts_of(recipe: Recipe) -> list[Part]:
    """Return every part that the steps of a recipe name; those of other recipes that it names are theirs."""
    return check_steps(recipe.task, recipe.steps)


def _parsed(name: str) -> tuple[str, dict[str, Any]]:
    """Return (the name or path of a recipe, {key: value} that a cell changes)."""
    match = _NAME.fullmatch(name)
    if name.endswith(".toml") or name in recipe_files():
        return name, {}
    if match is None:
        raise InputError(f"recipe {name!r} is not known; a cell is called NAME (KEY=VALUE, ...)")
    values = {}
    if match["at"]:
        if match["apex"] not in OTHER_APEXES:
            raise InputError(f"recipe {name!r}: after @ comes one of {', '.join(OTHER_APEXES)}")
        values[APEX] = match["apex"]
    place = f"recipe {name!r}"
    for part in split(match["cell"], place) if match["cell"] else ():
        key, equals, value = map(str.strip, part.partition("="))
        if not (equals and key and value):
            raise InputError(f"{place}: {part!r} sets nothing; expected NAME (KEY=VALUE, ...)")
        if key in values:
            raise InputError(f"{place}: {key} is given twice; give it once")
        values[key] = read_value(value, place)
    return match["stem"], values


def _read(name: str, path: Path, values: Mapping[str, Any]) -> Recipe:
    if set(name) & set(RESERVED):
        raise InputError(f"{path}: the name of a recipe may not hold {' or '.join(RESERVED)}; rename the file")
    try:
        base = _made(name, _extended(path))
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    if not values:
        return base
    values = in_order(base.task, flat(values))
    called = cell_name(base, values)
    try:
        if APEX in values and not looks_at_apex(base):
            raise InputError(f"{APEX}: the recipe looks at no apex frame; name one that does")
        return _cell(base, called, values)
    except InputError as error:
        raise InputError(f"{called}: {error}") from None


def cell_name(base: Recipe, values: Mapping[str, Any]) -> str:
    """Return what the cell of a recipe with these values is called."""
    apex = values.get(APEX)
    at = f"@{apex}" if apex in OTHER_APEXES else ""
    ordered = in_order(base.task, flat(values))
    others = {key: v for key, v in ordered.items() if key != APEX or (not at and apex != apex_of(base))}
    told = ", ".join(f"{key}={written(value)}" for key, value in others.items())
    return f"{base.name}{at}" + (f" ({told})" if told else "")


def apex_of(recipe: Recipe) -> Any:
    """Return where a recipe takes its apex frames from."""
    return recipe.steps.get("representation", {}).get("apex", ANNOTATED)


def _made(name: str, table: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a table describes, once it is right."""
    check_keys(table)
    told = {key: value for key, value in table.items() if key not in ("extends", "set", "grid")}
    told["steps"], for_others = _with_own_set(table)
    return _whole(partial(Recipe, name, base=name), told, for_others)


def _cell(base: Recipe, name: str, values: Mapping[str, Any]) -> Recipe:
    """Return a recipe with values put into its steps, once it is right.

    Its name tells numbers as the parameters have them. A floor stays one while its parts do.
    """
    steps, for_others = with_values(base.task, base.steps, values)
    told = base.to_dict() | {"steps": steps}
    del told["name"], told["varied"], told["base"]
    made = _whole(partial(Recipe, name, base=base.name), told, for_others)
    settings = dict(settings_of(made))
    varied = {key: _as_set(value, settings.get(key.replace(f".{EVERY}.", ".0."))) for key, value in values.items()}
    floor = base.floor and parts_of(made) == parts_of(base)
    return replace(made, name=cell_name(base, varied), varied=varied, floor=floor)


def _as_set(value: Any, found: Any) -> Any:
    """Return a value as it stands among the settings, where that is the same number or list of numbers."""
    return found if found == value and type(found) is not bool else value


def _whole(make: Any, told: Mapping[str, Any], for_others: Mapping[str, Mapping[str, Any]]) -> Recipe:
    """Check the steps that are told, and together, and return the recipe with those that it names."""
    check_steps(told["task"], told["steps"])
    named = {
        step: _other(told["steps"][step], kind.recipe_for, f"steps.{step}", for_others.get(step, {}))
        for step, kind in STEPS[told["task"]].items()
        if kind.recipe_for and step in told["steps"]
    }
    recipe: Recipe = make(**told, named=named)
    if recipe.task in TOGETHER:
        load(TOGETHER[recipe.task])(recipe)
    return recipe


def _other(name: str, task: str, place: str, values: Mapping[str, Any]) -> Recipe:
    """Return the recipe for another task that a step names."""
    try:
        stem, chosen = _parsed(name)
        path = find_file(stem)
        found = _header(path).get("task", task)
        if found != task:  # looked at first, so that recipes that name each other in a ring are not followed
            raise InputError(f"{name!r} is a recipe for {found}; expected one for {task}")
        return _read(path.stem, path, {**chosen, **values})
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _extended(path: Path, ring: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the table of a file, put over that of the recipe that it extends."""
    table = read_table(path)
    if "extends" not in table:
        return table
    other = table["extends"]
    try:
        if not isinstance(other, str):
            raise InputError(f"extends: {other!r} does not suit; expected the name of a recipe")
        base = find_file(str(path.parent / other) if other.endswith(".toml") else other)
        if base in (path, *ring):
            raise InputError(f"extends: {other!r} comes back to this recipe; extend another")
        if len(ring) == LONGEST:
            raise InputError(f"extends: more than {LONGEST} recipes one after another; extend one of the first")
        below = _with_set(base, _extended(base, (path, *ring)))
    except InputError as error:
        text = str(error)
        raise InputError(
            text if text.startswith(str(path)) else f"{path}: extends: {text.removeprefix('extends: ')}"
        ) from None
    merged = {key: value for key, value in below.items() if key not in OWN} | table
    if isinstance(table.get("steps", {}), dict) and isinstance(below.get("steps"), dict):
        merged["steps"] = _over(below["steps"], table.get("steps", {}))
    return merged


def _with_set(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a recipe to extend with the values of its [set] in its steps, so that these can be replaced.

    Those for a recipe that a step names make a cell of that.
    """
    if "set" not in table:
        return table
    try:
        check_keys(table)
        steps, for_others = _with_own_set(table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    for step, values in for_others.items():
        name, chosen = _parsed(steps[step])
        steps[step] = f"{name} ({', '.join(f'{key}={written(v)}' for key, v in {**chosen, **values}.items())})"
    return {key: value for key, value in table.items() if key != "set"} | {"steps": steps}


def _with_own_set(table: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    try:
        return with_values(table["task"], table["steps"], table.get("set", {}))
    except InputError as error:
        raise InputError(f"set.{error}") from None


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return steps over others: what names the same part keeps its other parameters, `default` takes one away."""
    merged = dict(below)
    for step, value in above.items():
        old = below.get(step)
        if value == DEFAULT:
            merged.pop(step, None)
        elif (
            isinstance(value, dict) and isinstance(old, dict) and value.get("name", old.get("name")) == old.get("name")
        ):
            merged[step] = {key: v for key, v in (old | value).items() if v != DEFAULT}
        else:
            merged[step] = value
    return merged


def _header(path: Path) -> dict[str, Any]:
    """Return what the file of a recipe says, with what it extends, empty where it cannot be read."""
    try:
        return _extended(path)
    except InputError:
        return {}
