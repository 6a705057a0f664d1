"""Recipes: one TOML file in this folder names a task, its steps, their parameters and the paper it follows.

A recipe is checked whole when it is loaded: keys, task, steps, names of parts and of their parameters, kinds of value.
A mistake is an `InputError` of one line with the file, the key and the nearest right name.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.parts import check_part, find_part
from baselines.signatures import Part, check_parameters, load, nearest, signature_of

FOLDER = Path(__file__).parent
OTHER_APEXES = ("spotted", "middle")  # where recipes may take their apex frames from, besides the annotation
OTHER_SUBJECTS = "other subjects"
RESERVED = {"@", "|"}  # in names: the one says where an apex is from, the other parts columns of tables
VIEW = "baselines.recognition.kernels:View"
# Task -> what looks at all steps of a recipe together, once each is right by itself.
TOGETHER = {
    "recognition": "baselines.recognition.recognizer:check_steps",
    "spotting": "baselines.spotting.recipe:check_steps",
}


@dataclass(frozen=True)
class Recipe:
    """One named method with every parameter; `steps` maps a step of the task to its part and parameters.

    floor: tables compare the others with it. slow: `run-all` leaves it out unless it is named. learns_from: of a
    spotting recipe, `OTHER_SUBJECTS` where its method is fitted on the other subjects of a dataset, else empty.
    """

    name: str
    task: str
    summary: str
    citation: str
    steps: dict[str, Any]
    floor: bool = False
    slow: bool = False
    learns_from: str = ""


# Key -> (kind of value, whether every recipe has it).
KEYS = {
    "task": (str, True),
    "summary": (str, True),
    "citation": (str, True),
    "steps": (dict, True),
    "floor": (bool, False),
    "slow": (bool, False),
    "learns_from": (str, False),
}


def recipe_names(task: str | None = None, slow: bool = True) -> list[str]:
    """Return the names of all recipes, or of those for one task, floors first; `slow`: also of those that say so.

    Only what a file says of itself is read; one that cannot be read or names no task is left out: `broken_recipes`.
    """
    found = []
    for name in _files():
        table = _header(name)
        if "task" in table and task in (None, table["task"]) and (slow or table.get("slow") is not True):
            found.append((table.get("floor") is not True, name))
    return [name for _, name in sorted(found)]


def floor_names() -> set[str]:
    """Return the names of the recipes that say `floor = true`, whether or not they can be loaded."""
    return {name for name in _files() if _header(name).get("floor") is True}


def broken_recipes() -> dict[str, str]:
    """Return {name: what is wrong} of the recipe files that `load_recipe` refuses."""
    broken = {}
    for name in _files():
        try:
            load_recipe(name)
        except InputError as error:
            broken[name] = str(error)
    return broken


def load_recipe(name: str) -> Recipe:
    """Return the recipe called `name`, checked.

    `NAME@spotted` and `NAME@middle` are the recipe NAME with its apex frames from there instead of from the database.
    """
    if set(name) & RESERVED and name in _files():  # in this order, because files are looked up only for such names
        raise InputError(f"{FOLDER / name}.toml: the name of a recipe may not hold @ or |; rename the file")
    stem, at, apex = name.partition("@")
    recipe = _checked(stem, recipe_text(stem))
    if not at:
        return recipe
    if apex not in OTHER_APEXES or not looks_at_apex(recipe):
        raise InputError(
            f"recipe {name!r}: after @ comes one of {', '.join(OTHER_APEXES)}, with a recipe that looks at an apex"
        )
    representation = recipe.steps["representation"] | {"apex": apex}
    return replace(recipe, name=name, steps=recipe.steps | {"representation": representation})


def looks_at_apex(recipe: Recipe) -> bool:
    """Tell whether the representation of a recipe is made of an apex frame, which may be taken from elsewhere."""
    settings = recipe.steps.get("representation")
    return settings is not None and "apex" in find_part("representation", settings["name"]).parameters()


def recipe_text(name: str) -> str:
    """Return the text of the file of a recipe; where `name` says another apex, that stands in a first line."""
    stem, at, apex = name.partition("@")
    if stem not in _files():
        raise InputError(f"recipe {name!r} is not known; {nearest(stem, _files())}")
    return (f'# with apex = "{apex}" in its representation\n' if at else "") + _read(FOLDER / f"{stem}.toml")


def with_apex(names: Iterable[str], apex: str) -> list[str]:
    """Return the names of recipes with those that look at an apex frame taking it from `apex`.

    apex: "annotated", as the recipes stand, "spotted" or "middle".
    """
    if apex not in ("annotated", *OTHER_APEXES):
        raise InputError(f"--apex {apex!r} is not known; choose annotated, {' or '.join(OTHER_APEXES)}")
    if apex == "annotated":
        return list(names)
    return [f"{name}@{apex}" if "@" not in name and looks_at_apex(load_recipe(name)) else name for name in names]


def parts_of(recipe: Recipe) -> list[Part]:
    """Return every part that the steps of a recipe name; those of other recipes that it names are theirs."""
    return list(_parts(recipe.task, recipe.steps))


def _files() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml") if path.is_file())


def _header(name: str) -> dict[str, Any]:
    """Return the table of a recipe file as it stands, empty where it cannot be read."""
    try:
        return _table(FOLDER / f"{name}.toml")
    except InputError:
        return {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); save it as UTF-8 text") from None


def _table(path: Path, text: str | None = None) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(path) if text is None else text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML ({error}); correct it there") from None


@lru_cache
def _checked(name: str, text: str) -> Recipe:
    path = FOLDER / f"{name}.toml"
    table = _table(path, text)
    try:
        _check_keys(table)
        recipe = Recipe(name, **table)
        for _ in _parts(recipe.task, recipe.steps):
            pass
        if recipe.task in TOGETHER:
            load(TOGETHER[recipe.task])(recipe)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return recipe


def _check_keys(table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if key not in KEYS:
            raise InputError(f"{key}: a recipe has no such key; {nearest(key, KEYS)}")
        kind = KEYS[key][0]
        if not isinstance(value, kind):
            raise InputError(f"{key}: {value!r} does not suit; expected {kind.__name__}")
    missing = [key for key, (_, needed) in KEYS.items() if needed and key not in table]
    if missing:
        raise InputError(f"{', '.join(missing)}: missing; a recipe has task, summary, citation and [steps]")
    if table["task"] not in STEPS:
        raise InputError(f"task: {table['task']!r} is not known; {nearest(table['task'], STEPS)}")
    if "learns_from" in table and (table["learns_from"] != OTHER_SUBJECTS or table["task"] != "spotting"):
        raise InputError(f"learns_from: does not suit; expected {OTHER_SUBJECTS!r}, in a recipe for spotting")


def _parts(task: str, steps: Mapping[str, Any]) -> Iterator[Part]:
    """Check the steps of a recipe and yield the parts that they name."""
    for step in steps:
        if step not in STEPS[task]:
            raise InputError(f"steps.{step}: a {task} recipe has no such step; {nearest(step, STEPS[task])}")
    for step, (read, needed) in STEPS[task].items():
        if step in steps:
            yield from read(steps[step], f"steps.{step}")
        elif needed:
            raise InputError(f"steps.{step}: missing; a {task} recipe needs it")


def _part(kind: str) -> Callable[[Any, str], Iterator[Part]]:
    def read(value: Any, place: str) -> Iterator[Part]:
        yield check_part(kind, value, place)

    return read


def _list(read: Callable[[Any, str], Iterator[Part]]) -> Callable[[Any, str], Iterator[Part]]:
    def read_each(values: Any, place: str) -> Iterator[Part]:
        if not isinstance(values, list):
            raise InputError(f"{place}: {values!r} does not suit; expected a list in [ ]")
        for number, value in enumerate(values):
            yield from read(value, f"{place}[{number}]")

    return read_each


def _kernel(value: Any, place: str) -> Iterator[Part]:
    """Read the parameters of a `recognition.kernels.View`."""
    if not isinstance(value, dict):
        raise InputError(f"{place}: {value!r} does not suit; expected a table, one [[steps.kernels]] a kernel")
    check_parameters("a kernel", value, signature_of(VIEW), place)
    yield check_part("kernel", {"name": value.get("kernel", "rbf")}, f"{place}.kernel")
    yield from _list(_part("transform"))(value.get("transforms", []), f"{place}.transforms")


def _number(least: int) -> Callable[[Any, str], Iterator[Part]]:
    def read(value: Any, place: str) -> Iterator[Part]:
        if type(value) is not int or value < least:
            raise InputError(f"{place}: {value!r} does not suit; expected a whole number of at least {least}")
        yield from ()

    return read


def _choice(value: Any, place: str) -> Iterator[Part]:
    """Read {step: its alternatives}; one of kernels lists the numbers of those it takes."""
    alternatives = {"transforms": _list(_part("transform")), "kernels": _list(_number(0)), "classifier": _classifier}
    if not isinstance(value, dict):
        raise InputError(f"{place}: {value!r} does not suit; expected a table of steps")
    for step, offered in value.items():
        if step not in alternatives:
            raise InputError(f"{place}.{step}: this step offers no choice; {nearest(step, alternatives)}")
        yield from _list(alternatives[step])(offered, f"{place}.{step}")


def _classifier(value: Any, place: str) -> Iterator[Part]:
    part = check_part("classifier", value, place)
    yield part
    if "kernel" in part.parameters():
        yield check_part("kernel", {"name": value.get("kernel", "rbf")}, f"{place}.kernel")


def _recipe(task: str) -> Callable[[Any, str], Iterator[Part]]:
    """Read the name of a recipe for another task."""

    def read(value: Any, place: str) -> Iterator[Part]:
        if not isinstance(value, str):
            raise InputError(f"{place}: {value!r} does not suit; expected the name of a {task} recipe")
        found = _header(value.partition("@")[0]).get("task", task)
        if found != task:  # looked at first, so that recipes that name each other in a ring are not followed
            raise InputError(f"{place}: {value!r} is a recipe for {found}; expected one for {task}")
        try:
            load_recipe(value)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        yield from ()

    return read


# Task -> step -> (what reads it, whether a recipe of the task needs it).
STEPS: dict[str, dict[str, tuple[Callable[[Any, str], Iterator[Part]], bool]]] = {
    "recognition": {
        "representation": (_part("representation"), True),
        "transforms": (_list(_part("transform")), False),
        "kernels": (_list(_kernel), False),
        "classifier": (_classifier, True),
        "choose": (_choice, False),
        "inner_folds": (_number(2), False),
    },
    "spotting": {"method": (_part("spotting method"), True)},
    "str": {"spotting": (_recipe("spotting"), True), "recognition": (_recipe("recognition"), True)},
    "vqa": {
        "answerer": (_part("answerer"), True),
        "representation": (_part("representation"), True),
        "emotions": (_recipe("recognition"), False),
    },
}
