"""The one registry of what a recipe can name.

Representations, transforms, kernels, classifiers, spotting methods, answerers: each part is a line here, with its name,
where it lives, what it takes and who published it. Its parameters and their defaults are those of its signature, its
summary is the first line of its docstring; nothing is imported before it is asked for. Every feature of
`features.FEATURES` is a representation by itself, under its own name.

A new part needs its module and its line below, nothing else; `docs/extending.md` shows each kind.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from typeguard import CollectionCheckStrategy, TypeCheckError, check_type

from baselines.errors import InputError
from features import FEATURES, INPUTS, Feature

KINDS = ("representation", "transform", "kernel", "classifier", "spotting method", "answerer")
# How the input of a feature is made of a clip: `features.INPUTS` -> function of the clip and keyword parameters.
PREPARATIONS = {
    "clip": "baselines.recognition.inputs:clip",
    "clip+strain": "baselines.recognition.inputs:clip_and_strain",
    "flow": "baselines.recognition.inputs:flow",
    "clip+landmarks": "baselines.recognition.inputs:clip_and_landmarks",
    "clip+fps": "baselines.recognition.inputs:clip_and_fps",
    "clip+k": "baselines.recognition.inputs:clip_and_k",
}
REQUIRED = inspect.Parameter.empty


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
    `method`. feature: of a representation that is a registered feature.
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

    def load(self) -> Any:
        """Return the function or class itself."""
        return load(self.path)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.load()) or "").partition("\n")[0]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that it and its preparation live in, where a search for the code that it reaches begins."""
        return tuple(path.partition(":")[0] for path in (self.path, self.preparation) if path)

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


def _by_name(parts: Iterable[Part]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        if part.name in found:
            raise ValueError(f"two parts are called {part.kind} {part.name!r}: {found[part.name].path}, {part.path}")
        found[part.name] = part
    return found


def _features() -> Iterator[Part]:
    for feature in FEATURES.values():
        yield Part(
            "representation",
            feature.name,
            f"features.{feature.path}",
            INPUTS[feature.input],
            feature.citation,
            given=len(feature.input.split("+")),
            preparation=PREPARATIONS[feature.input],
            passes=tuple(f"features.{path}" for path in feature.passes),
            feature=feature,
        )


def _representation(name: str, path: str, citation: str = "") -> Part:
    takes = "a clip or its published flow picture"
    return Part("representation", name, f"baselines.recognition.{path}", takes, citation, given=1)


def _transform(name: str, path: str, takes: str, citation: str = "") -> Part:
    return Part("transform", name, path, takes, citation)


def _kernel(name: str, function: str, citation: str = "") -> Part:
    return Part("kernel", name, f"baselines.recognition.kernels:{function}", "two sets of rows", citation, given=2)


def _classifier(name: str, path: str, takes: str, citation: str = "") -> Part:
    preparation = ONE_KERNEL if takes == KERNEL else ""
    return Part("classifier", name, f"baselines.recognition.{path}", takes, citation, 1, preparation)


def _spotter(name: str, path: str, citation: str) -> Part:
    return Part("spotting method", name, f"baselines.spotting.{path}", "the followed face of a video", citation)


def _answerer(name: str, path: str, takes: str, citation: str = "") -> Part:
    return Part("answerer", name, f"baselines.vqa.{path}", takes, citation)


KERNEL = "a kernel (n, n)"
ONE_KERNEL = "baselines.recognition.pipeline:one_kernel"  # where a recipe has no [[steps.kernels]]
_FLOW_PICTURES = "flow pictures (n, H, W, C)"
PARTS = {
    kind: _by_name(parts)
    for kind, parts in {
        "representation": (
            *_features(),
            _representation("nothing", "representation:nothing"),
            _representation("flow_image", "flow:flow_image", "Liong et al. 2019"),
            _representation("raw_flow", "flow:raw_flow"),
        ),
        "transform": (
            _transform("scale", "baselines.recognition.transforms:Scale", "any (n, ...)"),
            _transform("recentre", "baselines.recognition.transforms:Recentre", _FLOW_PICTURES),
            _transform("channels", "baselines.recognition.transforms:Channels", _FLOW_PICTURES),
            _transform("strain_tensor", "baselines.recognition.transforms:StrainTensor", _FLOW_PICTURES),
            _transform("soft_hoof", "baselines.recognition.transforms:SoftHoof", _FLOW_PICTURES),
            _transform("pool", "baselines.recognition.transforms:Pool", _FLOW_PICTURES),
            _transform("standardize", "sklearn.preprocessing:StandardScaler", "rows (n, d)"),
            _transform("minmax", "sklearn.preprocessing:MinMaxScaler", "rows (n, d)"),
            _transform("pca", "sklearn.decomposition:PCA", "rows (n, d)"),
        ),
        "kernel": (
            _kernel("linear", "products"),
            _kernel("intersection", "intersections", "Swain and Ballard 1991"),
            _kernel("rbf", "squared_distances"),
            _kernel("chi2", "chi2_distances", "Zhang et al. 2007"),
        ),
        "classifier": (
            _classifier("majority", "classifiers:majority", "any (n, ...)"),
            _classifier("svm", "classifiers:svm", KERNEL, "Cortes and Vapnik 1995"),
            _classifier("ridge", "classifiers:ridge", KERNEL, "Suykens and Vandewalle 1999"),
            _classifier("xgboost", "boosting:xgboost", "rows (n, d)", "Chen and Guestrin 2016"),
        ),
        "spotting method": (
            _spotter("regional_contrast", "regional.method:RegionalContrast", "this project"),
            _spotter("softnet_rule", "softnet_rule:SoftnetRule", "Liong et al. 2021"),
            _spotter("lbp_difference", "lbp_difference:LbpDifference", "Moilanen et al. 2014"),
            _spotter("mdmd", "mdmd:Mdmd", "Wang et al. 2017"),
            _spotter("roi_flow", "roi_flow:RoiFlow", "He et al. 2021"),
        ),
        "answerer": (
            _answerer("prior", "answerers:Prior", "the training questions"),
            _answerer("rules", "answerers:Rules", "what classifiers measured on a clip"),
            _answerer("llama", "llama.answerer:Llama", "the picture of a clip"),
            _answerer("hybrid", "llama.hybrid:Hybrid", "what classifiers measured, and the picture of a clip"),
        ),
    }.items()
}  # fmt: skip


def describe_parts() -> list[dict[str, Any]]:
    """Return one mapping a part: kind, name, takes, summary, citation, and parameters with default and type."""
    return [
        {
            "kind": kind,
            "name": part.name,
            "takes": part.takes,
            "summary": part.summary,
            "citation": part.citation,
            "parameters": [
                {"name": p.name, "default": _plain(p.default), "type": hint_text(p.hint)}
                for p in part.parameters().values()
            ],
        }
        for kind, parts in PARTS.items()
        for part in parts.values()
    ]


def find_part(kind: str, name: Any) -> Part:
    """Return the part of a kind that is called `name`; raises `InputError` with the nearest name that there is."""
    known = PARTS[kind]
    if name not in known:
        raise InputError(f"{kind} {name!r} is not known; {nearest(name, known)}")
    return known[name]


def build_part(kind: str, settings: Mapping[str, Any], *given: Any) -> Any:
    """Return what a part's function or class gives for a recipe's {"name": ..., parameters}, `given` values first."""
    name, parameters = named(settings)
    return find_part(kind, name).load()(*given, **parameters)


def named(settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return (name, parameters) of a recipe's {"name": ..., parameters}; lists become tuples, as code writes them."""
    parameters = {key: _tuples(value) for key, value in settings.items()}
    return parameters.pop("name", None), parameters


def check_part(kind: str, settings: Any, place: str) -> Part:
    """Return the part that {"name": ..., parameters} mean, once its parameters are known and their values suit.

    place: where the table stands, such as steps.classifier. Raises `InputError` otherwise; the message names the place,
    the parameter, the nearest right name or the kind of value that is expected.
    """
    if not isinstance(settings, Mapping) or "name" not in settings:
        raise InputError(f'{place}: expected a table like {{ name = "..." }}, the name that of a {kind}')
    name, chosen = named(settings)
    try:
        part = find_part(kind, name)
    except InputError as error:
        raise InputError(f"{place}.name: {error}") from None
    check_parameters(name, chosen, part.parameters(chosen), place)
    return part


def check_parameters(owner: str, chosen: Mapping[str, Any], known: Mapping[str, Parameter], place: str) -> None:
    """Raise `InputError` unless each chosen parameter is known to `owner`, suits its type, and none is missing."""
    for key, value in chosen.items():
        if key not in known:
            raise InputError(f"{place}.{key}: {owner} has no such parameter; {nearest(key, known)}")
        if not fits(value, known[key].hint):
            found = value if isinstance(value, str | bool | int | float) else list(value)
            raise InputError(f"{place}.{key}: {found!r} does not suit; expected {hint_text(known[key].hint)}")
    for parameter in known.values():
        if parameter.default is REQUIRED and parameter.name not in chosen:
            raise InputError(f"{place}.{parameter.name}: missing; {owner} needs it")


def signature_of(path: str) -> Mapping[str, Parameter]:
    """Return {name: `Parameter`} of those parameters of a function or class that have a default."""
    return _signature_of(load(path))[0]


def fits(value: Any, hint: Any) -> bool:
    """Tell whether a value of a recipe suits a type; whole numbers suit where any number does, truth values do not."""
    value = _tuples(value)
    if isinstance(value, bool) and "bool" not in hint_text(hint) and hint is not Any:
        return False
    try:
        check_type(value, hint, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    except TypeCheckError:
        return False
    return True


def hint_text(hint: Any) -> str:
    """Return a type in words: "float", "tuple of int, int, int", "one of 'mean', 'sum'", "int or nothing"."""
    if hint is Any:
        return "anything"
    if hint is None or hint is type(None):
        return "nothing"
    if is_typeddict(hint):
        return f"a table of {', '.join(hint.__annotations__)}"
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin in (Union, UnionType):
        return " or ".join(map(hint_text, inner))
    name = getattr(origin or hint, "__name__", str(hint)).replace("Sequence", "list").replace("Mapping", "table")
    return f"{name} of {', '.join(map(hint_text, inner))}" if inner else name


def nearest(name: Any, known: Any) -> str:
    """Return "did you mean ...?" for a name that is not known, or the names to choose from."""
    close = get_close_matches(str(name).replace("-", "_"), known, 1) or get_close_matches(str(name), known, 1)
    return f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(known) or '(none)'}"


def load(path: str) -> Any:
    """Return what a path "module:attribute" names."""
    module, name = path.split(":")
    return getattr(import_module(module), name)


@lru_cache
def _signature_of(target: Any, given: int | None = None) -> tuple[Mapping[str, Parameter], bool]:
    """Return ({name: `Parameter`} of a function or class, whether it takes **more).

    given: how many leading parameters are not the recipe's; None for all that have no default.
    """
    try:
        hints = get_type_hints(target.__init__ if inspect.isclass(target) else target)
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


def _plain(default: Any) -> Any:
    """Return a default as JSON holds it; what only code can write becomes text, a missing one None."""
    if default is REQUIRED:
        return None
    if isinstance(default, tuple | list):
        return [_plain(item) for item in default]
    return default if isinstance(default, bool | int | float | str | None) else str(default)


def _tuples(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    return {key: _tuples(item) for key, item in value.items()} if isinstance(value, Mapping) else value
