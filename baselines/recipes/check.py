"""What a recipe may hold: keys, steps of each task, parts with their parameters. Nothing is run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from baselines.errors import InputError
from baselines.parts import check_part
from baselines.signatures import Parameter, Part, check_parameters, nearest, signature_of, suited

OTHER_SUBJECTS = "other subjects"
ESTIMATOR = "estimator"  # the classifier that a recipe names by an import path
VIEW = "baselines.recognition.kernels:View"
# Key -> (kind of value, whether every recipe has it).
KEYS = {
    "task": (str, True),
    "summary": (str, True),
    "citation": (str, True),
    "steps": (dict, True),
    "floor": (bool, False),
    "slow": (bool, False),
    "learns_from": (str, False),
    "extends": (str, False),
    "set": (dict, False),
    "grid": (dict, False),
}
KIND_NAMES = {str: "a text in quotes", dict: "a table", bool: "true or false"}
Reader = Callable[[Any, str], Iterator[Part]]


class Step(NamedTuple):
    """A step of a task: what reads its value, and whether a recipe needs it.

    is_part: its value is one part. recipe_for: its value is the name of a recipe for this task.
    """

    read: Reader
    needed: bool = False
    is_part: bool = False
    recipe_for: str = ""


def check_keys(table: Mapping[str, Any]) -> None:
    """Raise `InputError` for a key that no recipe has, a value of the wrong kind, a key that is missing."""
    for key, value in table.items():
        if key not in KEYS:
            raise InputError(f"{key}: a recipe has no such key; {nearest(key, KEYS)}")
        kind = KEYS[key][0]
        if not isinstance(value, kind):
            raise InputError(f"{key}: {value!r} does not suit; expected {KIND_NAMES[kind]}")
    missing = [key for key, (_, needed) in KEYS.items() if needed and key not in table]
    if missing:
        raise InputError(f"{', '.join(missing)}: missing; a recipe has task, summary, citation and [steps]")
    if table["task"] not in STEPS:
        raise InputError(f"task: {table['task']!r} is not known; {nearest(table['task'], STEPS)}")
    if "learns_from" in table and (table["learns_from"] != OTHER_SUBJECTS or table["task"] != "spotting"):
        raise InputError(f"learns_from: does not suit; expected {OTHER_SUBJECTS!r}, in a recipe for spotting")


def check_steps(task: str, steps: Mapping[str, Any]) -> list[Part]:
    """Return the parts that the steps of a recipe name; `InputError` where a step, part or parameter does not suit.

    Numbers in the steps are written as their parameters have them: 1 as 1.0 where any number may stand.
    """
    for name in steps:
        step_of(task, name, f"steps.{name}")
    found: list[Part] = []
    for name, step in STEPS[task].items():
        if name in steps:
            found += step.read(steps[name], f"steps.{name}")
        elif step.needed:
            raise InputError(f"steps.{name}: missing; a {task} recipe needs it")
    return found


def step_of(task: str, name: str, place: str) -> Step:
    """Return a step of a task by its name."""
    if name not in STEPS[task]:
        raise InputError(f"{place}: a {task} recipe has no such step; {nearest(name, STEPS[task])}")
    return STEPS[task][name]


def _part(kind: str) -> Reader:
    def read(value: Any, place: str) -> Iterator[Part]:
        part = check_part(kind, value, place)
        _type(value, part.parameters(value))
        yield part

    return read


def _type(settings: dict[str, Any], known: Mapping[str, Parameter]) -> None:
    """Write numbers as their parameters have them, so that 1 and 1.0 are one value wherever they mean the same."""
    settings |= {key: suited(value, known[key].hint) for key, value in settings.items() if key in known}


def _list(read: Reader) -> Reader:
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
    _type(value, signature_of(VIEW))
    yield check_part("kernel", {"name": value.get("kernel", "rbf")}, f"{place}.kernel")
    yield from _list(_part("transform"))(value.get("transforms", []), f"{place}.transforms")


def _number(least: int) -> Reader:
    def read(value: Any, place: str) -> Iterator[Part]:
        if type(value) is not int or value < least:
            raise InputError(f"{place}: {value!r} does not suit; expected a whole number of at least {least}")
        yield from ()

    return read


def _word(*choices: str) -> Reader:
    def read(value: Any, place: str) -> Iterator[Part]:
        if value not in choices:
            raise InputError(f"{place}: {value!r} does not suit; expected one of {', '.join(map(repr, choices))}")
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
    (part,) = _part("classifier")(value, place)
    # what a path leads to counts in the identity
    yield replace(part, passes=(value["path"],)) if part.name == ESTIMATOR else part
    if "kernel" in part.parameters():
        yield check_part("kernel", {"name": value.get("kernel", "rbf")}, f"{place}.kernel")


def _recipe(value: Any, place: str) -> Iterator[Part]:
    """Read the name of a recipe; the recipe itself is looked up where recipes are loaded."""
    if not isinstance(value, str):
        raise InputError(f"{place}: {value!r} does not suit; expected the name of a recipe")
    yield from ()


ANSWERING = {  # steps of what answers questions
    "answerer": Step(_part("answerer"), needed=True, is_part=True),
    "representation": Step(_part("representation"), needed=True, is_part=True),
    "emotions": Step(_recipe, recipe_for="recognition"),
}
# Task -> {step}
STEPS: dict[str, dict[str, Step]] = {
    "recognition": {
        "representation": Step(_part("representation"), needed=True, is_part=True),
        "transforms": Step(_list(_part("transform"))),
        "kernels": Step(_list(_kernel)),
        "classifier": Step(_classifier, needed=True, is_part=True),
        "choose": Step(_choice),
        "inner_folds": Step(_number(2)),
        "class_weights": Step(_word("balanced", "none")),
    },
    "spotting": {"method": Step(_part("spotting method"), needed=True, is_part=True)},
    "str": {
        "spotting": Step(_recipe, needed=True, recipe_for="spotting"),
        "recognition": Step(_recipe, needed=True, recipe_for="recognition"),
    },
    "vqa": ANSWERING,
    "lvqa": ANSWERING | {"spotting": Step(_recipe, recipe_for="spotting")},
}
