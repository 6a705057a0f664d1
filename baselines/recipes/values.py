"""Values by their keys: as a user writes them on the command line, and put into the steps of a recipe.

A key is the way to a value in the steps of a recipe: `classifier`, `classifier.C`, `kernels.0.gamma`, or
`kernels.all.mirror` for every one of a list. A value is TOML; a bare word is text; `default` takes away what stands
there, so that the default holds.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from baselines.errors import InputError
from baselines.files import parse_json, parse_toml
from baselines.recipes.check import STEPS, step_of

DEFAULT = "default"
EVERY = "all"
_WORD = re.compile(r"[A-Za-z_][\w.:+/@~-]*( \([^()]*\))?")  # also the name of a cell, and an import path
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_POINT = re.compile(r"([+-]?)(?:\.(\d+)|(\d+)\.)")  # numbers that TOML wants a digit more of
_BRACKETS = {"[": "]", "{": "}", "(": ")"}
_EXAMPLES = 'expected TOML such as 10, true, [5,5,1], {name="svm"} or a word'
_NO_VALUE = "]})#\n\r"  # between values: a bracket that nothing opened, a remark, another line
_GONE = object()  # in a list, until all values are put in: numbers count the list as the recipe has it


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
        axes[key] = _distinct(as_list(values, f"grid.{key}"), f"grid.{key}")
    if not axes:
        raise InputError('grid: holds no key; expected lists of values such as "classifier.C" = [1.0, 10.0]')
    return axes


def as_list(values: Any, key: str) -> list[Any]:
    """Return the values that a key is to take as a list; `InputError` unless they are one."""
    if not isinstance(values, list | tuple) or not values:
        raise InputError(f"{key}: {values!r} does not suit; expected a list of the values to take")
    return list(values)


def flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return {key: value} of tables in tables, but for those of a part with its name, and empty ones."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        inner = value if isinstance(value, Mapping) and value and "name" not in value else None
        for full, one in flat(inner, f"{before}{key}.").items() if inner else ((f"{before}{key}", value),):
            if full in found:
                raise InputError(f"{full}: stands twice, with and without quotes; leave one out")
            found[full] = one
    return found


def in_order(task: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in the order of the steps, a whole part before what is in it, `all` before single entries.

    So what several keys say together, and what a cell is called, does not hang on the order in which they are given.
    """
    steps = list(STEPS[task])

    def place(key: str) -> tuple[Any, ...]:
        first, *rest = key.split(".")
        ranked = [(name != EVERY, int(name) if name.isdecimal() else -1, name) for name in rest]
        return steps.index(first) if first in steps else len(steps), first, ranked

    return {key: values[key] for key in sorted(values, key=place)}


def read_value(text: str, place: str) -> Any:
    """Return the value that a text means: TOML or JSON, or else a word."""
    if len(split(text, place)) > 1:
        raise InputError(f"{place}: {text!r} is more than one value; write a list in [ ], or quotes around a text")
    for read in (lambda: parse_toml(f"value = {text}")["value"], lambda: parse_json(text)):
        try:
            return read()
        except ValueError:
            continue
    if _WORD.fullmatch(text):
        return text
    short = _POINT.fullmatch(text)
    hint = f"write {short[1]}{short[3] or 0}.{short[2] or 0}" if short else _EXAMPLES
    raise InputError(f"{place}: {text!r} is no value; {hint}")


def split(text: str, place: str) -> list[str]:
    """Return the parts of a text between its commas, but for those in brackets or quotes."""
    parts, closing, quote, start = [], [], "", 0
    escaped = False
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and not escaped else quote
            escaped = sign == "\\" and quote == '"' and not escaped
        elif sign in "\"'":
            quote = sign
        elif sign in _BRACKETS:
            closing.append(_BRACKETS[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        elif sign in _NO_VALUE:
            raise InputError(f"{place}: {sign!r} at sign {position + 1} of {text!r}; {_EXAMPLES}")
        elif sign == "," and not closing:
            parts.append(text[start:position])
            start = position + 1
    if quote or closing:
        raise InputError(f"{place}: {quote or closing[-1]} is missing at the end of {text!r}")
    return [part.strip() for part in (*parts, text[start:])]


def written(value: Any) -> str:
    """Return a value as `read_value` reads it, short."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_key(name)}={_in_brackets(v)}" for name, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_in_brackets, value)) + "]"
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and not _is_toml(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool | int | float | None) else str(value)


def with_values(
    task: str, steps: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return (the steps of a recipe with values put in, {step: {key: value}} that go into the recipes it names).

    A table without the name of a part is put over what stands there, key by key.
    """
    changed = deepcopy(dict(steps))
    for_others: dict[str, dict[str, Any]] = {}
    for key, value in in_order(task, flat(values)).items():
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
    return _without_gone(changed), for_others


def _without_gone(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_gone(one) for one in value if one is not _GONE]
    return {key: _without_gone(one) for key, one in value.items()} if isinstance(value, dict) else value


def _put(place: Any, way: Sequence[str], value: Any, key: str) -> None:
    first, *rest = way
    if isinstance(place, list):
        for number in _numbers(place, first, key):
            if rest:
                _put(place[number], rest, value, key)
            else:
                place[number] = _GONE if value == DEFAULT else deepcopy(value)
    elif not isinstance(place, dict):
        raise InputError(f"{key}: there is no {first!r} in {place!r}")
    elif rest:
        _put(place.setdefault(first, {}), rest, value, key)
    elif value == DEFAULT:
        place.pop(first, None)
    else:
        place[first] = deepcopy(value)


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


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _is_toml(text: str) -> bool:
    try:
        parse_toml(f"value = {text}")
    except ValueError:
        return False
    return True
