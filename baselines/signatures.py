"""What a function takes, read from its signature: names, defaults and types of its parameters, and whether values suit.

`Part` is one thing that a recipe names, together with what prepares its input; `baselines.parts` lists all of them.
"""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints, is_typeddict

from typeguard import CollectionCheckStrategy, TypeCheckError, check_type

from baselines.errors import InputError
from features import Feature

REQUIRED = inspect.Parameter.empty
LONGEST_VALUE = 80  # characters of a wrong value that a message repeats


class AtLeast(NamedTuple):
    """A bound of a number in a type: `Annotated[int, AtLeast(1)]`."""

    least: float

    def holds(self, value: float) -> bool:
        """Tell whether a number keeps the bound."""
        return value >= self.least

    def __str__(self) -> str:
        return f"of at least {self.least:g}"


class AtMost(NamedTuple):
    """A bound of a number in a type."""

    most: float

    def holds(self, value: float) -> bool:
        """Tell whether a number keeps the bound."""
        return value <= self.most

    def __str__(self) -> str:
        return f"and at most {self.most:g}"


class Above(NamedTuple):
    """A bound that a number must exceed: `Annotated[float, Above(0)]`."""

    bound: float

    def holds(self, value: float) -> bool:
        """Tell whether a number keeps the bound."""
        return value > self.bound

    def __str__(self) -> str:
        return f"above {self.bound:g}"


@dataclass(frozen=True)
class Parameter:
    """A parameter that a recipe may set: its default (`REQUIRED` where it has none) and its type."""

    name: str
    default: Any
    hint: Any


@dataclass(frozen=True)
class Part:
    """One thing that a recipe names.

    path: "module:attribute". takes: what it is made from, in words. given: how many leading parameters the program
    fills in. preparation: path of the function that makes its input, whose parameters a recipe sets at the same place.
    passes: paths of what takes the rest of its `**parameters`; a table of functions is read under the parameter
    `method`. feature: of a representation that is a feature. made_by: path of the function that makes the part of what
    `path` names, where that is not the part itself.
    """

    kind: str
    name: str
    path: str
    takes: str
    citation: str = ""
    given: int = 0
    preparation: str = ""
    passes: tuple[str, ...] = ()
    feature: Feature | None = None
    made_by: str = ""

    def load(self) -> Any:
        """Return the function or class itself."""
        found = load(self.path)
        return load(self.made_by)(found) if self.made_by else found

    @property
    def line(self) -> dict[str, Any]:
        """Its line in the registry as part of a key: without what it cites, which changes no result."""
        line = asdict(self)
        for cited in filter(None, (line, line["feature"])):
            del cited["citation"]
        return line

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.load()) or "").partition("\n")[0]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that it is made of, where a search for the code that it reaches begins."""
        least_frames = f"features.{self.feature.least_frames}" if self.feature and self.feature.least_frames else ""
        paths = (self.path, self.preparation, *self.passes, least_frames, self.made_by)
        return tuple(dict.fromkeys(path.partition(":")[0] for path in paths if path))

    def split(self, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (the parameters of its preparation, its own); one that both know goes to both."""
        if not self.preparation:
            return {}, dict(parameters)
        for_input, input_takes_more = _signature_of(load(self.preparation))
        own, takes_more = _signature_of(self.load(), self.given)
        return (
            {key: v for key, v in parameters.items() if key in for_input or (input_takes_more and key not in own)},
            {key: v for key, v in parameters.items() if key in own or (takes_more and key not in for_input)},
        )

    def parameters(self, settings: Mapping[str, Any] | None = None) -> dict[str, Parameter]:
        """Return {name: `Parameter`} of what a recipe may set.

        settings: those of a recipe; they tell which `method` is meant where that has parameters of its own.
        """
        found = dict(signature_of(self.preparation)) if self.preparation else {}
        own, takes_more = _signature_of(self.load(), self.given)
        found |= own
        for path in self.passes:
            if not takes_more:
                break
            target = load(path)
            if isinstance(target, Mapping):
                method = (settings or {}).get("method", found["method"].default)
                target = target.get(method, next(iter(target.values())))
            passed, takes_more = _signature_of(target)
            found = {**passed, **found}
        return found


def check_parameters(owner: str, chosen: Mapping[str, Any], known: Mapping[str, Parameter], place: str) -> None:
    """Raise `InputError` unless each chosen parameter is known to `owner`, suits its type, and none is missing."""
    for key, value in chosen.items():
        if key not in known:
            which = nearest(key, known) if known else "it takes none"
            raise InputError(f"{place}.{key}: {owner} has no such parameter; {which}")
        if not fits(value, known[key].hint):
            raise InputError(f"{place}.{key}: {_written(value)} does not suit; expected {hint_text(known[key].hint)}")
    for parameter in known.values():
        if parameter.default is REQUIRED and parameter.name not in chosen:
            raise InputError(f"{place}.{parameter.name}: missing; {owner} needs it")


def suited(value: Any, hint: Any) -> Any:
    """Return a value that fits a type as that type has it: 1 as 1.0 where any number may stand, but no whole one."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return suited(value, inner[0])
    if origin in (Union, UnionType):
        if type(value) is int and any(choice is int or get_args(choice)[:1] == (int,) for choice in inner):
            return value
        return suited(value, next((choice for choice in inner if fits(value, choice)), Any))
    if type(value) is int and hint is float:
        return float(value)
    if isinstance(value, list) and origin in (tuple, list, Sequence):
        hints = inner if origin is tuple and Ellipsis not in inner else inner[:1] * len(value)
        return [suited(one, its) for one, its in zip(value, hints, strict=True)]
    return value


def signature_of(path: str) -> Mapping[str, Parameter]:
    """Return {name: `Parameter`} of those parameters of a function or class that have a default."""
    return _signature_of(load(path))[0]


def fits(value: Any, hint: Any) -> bool:
    """Tell whether a value of a recipe suits a type; whole numbers suit where any number does.

    Truth values are no numbers, and NaN and infinity suit nothing.
    """
    value, origin = _tuples(value), get_origin(hint)
    if origin in (Union, UnionType):
        return any(fits(value, choice) for choice in get_args(hint))
    if origin is Annotated:
        plain, *bounds = get_args(hint)
        return fits(value, plain) and all(bound.holds(value) for bound in bounds)
    if (isinstance(value, bool) and hint not in (bool, Any)) or not _is_finite(value):
        return False
    try:
        check_type(value, hint, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    except TypeCheckError:
        return False
    return True


def hint_text(hint: Any) -> str:
    """Return a type in words: "float above 0", "tuple of int, int, int", "one of 'mean', 'sum'", "int or nothing"."""
    if hint is Any:
        return "anything"
    if hint is None or hint is type(None):
        return "nothing"
    if is_typeddict(hint):
        return f"a table of {', '.join(hint.__annotations__)}"
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return " ".join([hint_text(inner[0]), *map(str, inner[1:])])
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin in (Union, UnionType):
        return " or ".join(map(hint_text, inner))
    name = getattr(origin or hint, "__name__", str(hint)).replace("Sequence", "list").replace("Mapping", "table")
    return f"{name} of {', '.join(map(hint_text, inner))}" if inner else name


def nearest(name: Any, known: Any) -> str:
    """Return "did you mean ...?" for a name that is not known, or the names to choose from."""
    close = get_close_matches(str(name).replace("-", "_"), known, 1) or get_close_matches(str(name), known, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"choose one of {', '.join(known)}" if known else "there is none"


def load(path: str) -> Any:
    """Return what a path "module:attribute" names; raises `InputError` where there is no such thing."""
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, SyntaxError, AttributeError, ValueError) as error:
        if isinstance(error, InputError):  # a library that is not installed, which says so itself
            raise
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{path}: cannot be loaded ({reason}); correct its line or the module") from None


def named(settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return (name, parameters) of a recipe's {"name": ..., parameters}; lists become tuples, as code writes them."""
    parameters = {key: _tuples(value) for key, value in settings.items()}
    return parameters.pop("name", None), parameters


def described(part: Part) -> dict[str, Any]:
    """Return what there is to know of a part, its parameters with default and type included, as plain values."""
    return {
        "kind": part.kind,
        "name": part.name,
        "takes": part.takes,
        "summary": part.summary,
        "citation": part.citation,
        "parameters": [
            {"name": p.name, "required": p.default is REQUIRED, "default": plain(p.default), "type": hint_text(p.hint)}
            for p in part.parameters().values()
        ],
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; what only code can write becomes text, a missing one None."""
    if value is REQUIRED:
        return None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


@lru_cache
def _signature_of(target: Any, given: int | None = None) -> tuple[Mapping[str, Parameter], bool]:
    """Return ({name: `Parameter`} of a function or class, whether it takes **more).

    given: how many leading parameters are not the recipe's; None for all that have no default.
    """
    try:
        hints = get_type_hints(target.__init__ if inspect.isclass(target) else target, include_extras=True)
    except NameError:  # hints of a library that are meant for type checkers only
        hints = {}
    parameters = list(inspect.signature(target).parameters.values())
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    own = [p for p in parameters if p.kind not in variadic]
    own = [p for p in own if p.default is not REQUIRED] if given is None else own[given:]
    found = {p.name: Parameter(p.name, p.default, hints.get(p.name, _hint_of(p.default))) for p in own}
    return MappingProxyType(found), any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)


def _hint_of(default: Any) -> Any:
    """Return the type that a default tells where no hint stands; None and objects of a library tell nothing."""
    if isinstance(default, bool | int | float | str):
        return float | int if isinstance(default, float) else type(default)
    return Any


def _tuples(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    return {key: _tuples(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def _written(value: Any) -> str:
    """Return a value as a recipe has it, cut where it is long."""
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _is_finite(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_finite, value))
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    try:
        return not isinstance(value, int | float) or math.isfinite(value)
    except OverflowError:  # a whole number beyond any float
        return False
