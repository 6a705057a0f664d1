"""Values by their keys: as a user writes them on the command line, and put into the steps of a recipe.

A key is the way to a value in the steps of a recipe: `classifier`, `classifier.C`, `kernels.0.gamma`, or
`kernels.all.mirror` for every one of a list. A value is TOML; a bare word is text; `default` takes away what stands
there, so that the default holds.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from baselines.errors import InputError
from baselines.recipes.check import step_of

DEFAULT = "default"
EVERY = "all"
_WORD = re.compile(r"[A-Za-z_][\w.:+/@~-]*( \([^()]*\))?")  # also the name of a cell, and an import path
_BRACKETS = {"[": "]", "{": "}", "(": ")"}


def read_set(texts: Iterable[str], example: str = "classifier.C=10") -> dict[str, Any]:
    """Return {key: value} of texts KEY=VALUE of the option --set."""
    values: dict[str, Any] = {}
    for text in texts:
        key, value = _assignment(text, "--set", example)
        values[_once(key, values, text, "--set")] = read_value(value, f"--set {text}")
    return values


def read_vary(texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return {key: values} of texts KEY=VALUE,VALUE,... of the option --vary."""
    axes: dict[str, list[Any]] = {}
    for text in texts:
        key, values = _assignment(text, "--vary", "representation.blocks=[5,5,1],[8,8,1]")
        place = f"--vary {text}"
        axes[_once(key, axes, text, "--vary")] = _distinct([read_value(v, place) for v in split(values, place)], place)
    return axes


def read_grid(grid: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return {key: values} of the [grid] of a recipe; keys may be quoted, or be tables in tables."""
    axes: dict[str, list[Any]] = {}
    for key, values in flat(grid).items():
        if not isinstance(values, list) or not values:
            raise InputError(f"grid.{key}: {values!r} does not suit; expected a list of the values to take")
        axes[key] = _distinct(values, f"grid.{key}")
    if not axes:
        raise InputError('grid: holds no key; expected lists of values such as "classifier.C" = [1.0, 10.0]')
    return axes


def flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return {key: value} of tables in tables, but for those of a part with its name."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and "name" not in value:
            found |= flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = value
    return found


def read_value(text: str, place: str) -> Any:
    """Return the value that a text means: TOML or JSON, or else a word."""
    for read in (lambda: tomllib.loads(f"value = {text}")["value"], lambda: json.loads(text)):
        try:
            return read()
        except (ValueError, RecursionError):
            continue
    if _WORD.fullmatch(text):
        return text
    raise InputError(
        f'{place}: {text!r} is no value; expected TOML such as 10, true, [5,5,1], {{name="svm"}} or a word'
    )


def split(text: str, place: str) -> list[str]:
    """Return the parts of a text between its commas, but for those in brackets or quotes."""
    parts, closing, quote, start = [], [], "", 0
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and text[position - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        elif sign in _BRACKETS:
            closing.append(_BRACKETS[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        elif sign == "," and not closing:
            parts.append(text[start:position])
            start = position + 1
    if quote or closing:
        raise InputError(f"{place}: {quote or closing[-1]} is missing at the end of {text!r}")
    return [part.strip() for part in (*parts, text[start:])]


def written(value: Any) -> str:
    """Return a value as `read_value` reads it, short."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}={_in_brackets(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_in_brackets, value)) + "]"
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and not _is_toml(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def with_values(
    task: str, steps: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return (the steps of a recipe with values put in, {step: {key: value}} that go into the recipes it names)."""
    changed = deepcopy(dict(steps))
    for_others: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        name, *way = key.split(".")
        step = step_of(task, name, key)
        if way and name not in changed:
            raise InputError(f"{key}: the recipe has no step {name}")
        if step.recipe_for and way:
            for_others.setdefault(name, {})[".".join(way)] = value
        elif way:
            _put(changed[name], way, value, key)
        else:
            whole = {"name": value} if step.is_part and isinstance(value, str) and value != DEFAULT else value
            _put(changed, [name], whole, key)
    return changed, for_others


def _put(place: Any, way: Sequence[str], value: Any, key: str) -> None:
    first, *rest = way
    if isinstance(place, list):
        for number in sorted(_numbers(place, first, key), reverse=True):
            if rest:
                _put(place[number], rest, value, key)
            elif value == DEFAULT:
                del place[number]
            else:
                place[number] = value
    elif not isinstance(place, dict):
        raise InputError(f"{key}: there is no {first!r} in {place!r}")
    elif rest:
        _put(place.setdefault(first, {}), rest, value, key)
    elif value == DEFAULT:
        place.pop(first, None)
    else:
        place[first] = value


def _numbers(listed: list[Any], name: str, key: str) -> Iterable[int]:
    if name == EVERY and listed:
        return range(len(listed))
    if name.isdecimal() and int(name) < len(listed):
        return [int(name)]
    raise InputError(f"{key}: there is no {name!r} in a list of {len(listed)}; count from 0, or take {EVERY!r}")


def _assignment(text: str, option: str, example: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not (equals and key and value):
        raise InputError(f"{option} {text!r}: expected a key, = and what it is set to, as in {option} {example}")
    return key, value


def _once(key: str, known: Mapping[str, Any], text: str, option: str) -> str:
    if key in known:
        raise InputError(f"{option} {text!r}: {key} is given already; give it once")
    return key


def _distinct(values: list[Any], place: str) -> list[Any]:
    texts = [written(value) for value in values]
    for number, text in enumerate(texts):
        if text in texts[:number]:
            raise InputError(f"{place}: {text} stands twice; leave one out")
    return values


def _in_brackets(value: Any) -> str:
    """Return a value as TOML has it, where a bare word is none."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else written(value)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return False
    return True
