"""The one registry of what a recipe can name.

Representations, transforms, kernels, classifiers, spotting methods, answerers: each part is a line here, with its name,
where it lives, what it takes and who published it. Its parameters and their defaults are those of its signature, its
summary is the first line of its docstring; nothing is imported before it is asked for. Every feature of
`features.FEATURES` is a representation by itself, under its own name.

A new part needs its module and its line below, nothing else; `docs/extending.md` shows each kind. The lines that a
recipe names are part of its identity, the others are not: here is nothing else that could change a result.

Parts of a user's own are added by the decorator `part`: in installed packages, which offer the module that holds them
by an entry point of the group `megc.parts`, and in files that the user names (`baselines.plugins`).
"""

import inspect
import math
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from baselines.errors import PLUGIN, InputError, one_line
from baselines.identity import add_package
from baselines.signatures import Part, check_parameters, described, load, named, nearest, plain
from features import FEATURES, INPUTS, Feature

GROUP = "megc.parts"
MOST = 10_000  # the largest number that a recipe may give a part, with which time and memory grow: trees, neighbours
MOST_OF = {"representation": 1024, "transform": 1024}  # of bins, blocks, px; no others of these
MOST_TOGETHER = 1 << 14  # of numbers in one list that stand for a grid, such as blocks
MOST_STRENGTH = 1e12  # of numbers with a point, such as C
KINDS = ("representation", "transform", "kernel", "classifier", "spotting method", "answerer")
# How the input of a feature is made of a clip: `features.INPUTS` -> function of the clip and keyword parameters.
PREPARATIONS = {
    "clip": "baselines.recognition.inputs:aligned_clip",
    "clip+strain": "baselines.recognition.inputs:clip_and_strain",
    "flow": "baselines.recognition.inputs:onset_apex_flow",
    "clip+landmarks": "baselines.recognition.inputs:clip_and_landmarks",
    "clip+fps": "baselines.recognition.inputs:clip_and_fps",
    "clip+k": "baselines.recognition.inputs:clip_and_k",
}


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


def _representation(name: str, path: str, citation: str = "", passes: tuple[str, ...] = ()) -> Part:
    takes = "a clip or its published flow picture"
    return Part("representation", name, f"baselines.recognition.{path}", takes, citation, given=1, passes=passes)


def _transform(name: str, path: str, takes: str) -> Part:
    return Part("transform", name, path, takes)


def _kernel(name: str, function: str, citation: str = "") -> Part:
    return Part("kernel", name, f"baselines.recognition.kernels:{function}", "two sets of rows", citation, given=2)


def _classifier(name: str, path: str, takes: str, citation: str = "", preparation: str = "") -> Part:
    preparation = preparation or (ONE_KERNEL if takes == KERNEL else "")
    return Part("classifier", name, f"baselines.recognition.{path}", takes, citation, 1, preparation)


def _spotter(name: str, path: str, citation: str) -> Part:
    return Part("spotting method", name, f"baselines.spotting.{path}", "the followed face of a video", citation)


def _answerer(name: str, path: str, takes: str) -> Part:
    return Part("answerer", name, f"baselines.vqa.{path}", takes)


KERNEL = "a kernel (n, n)"
ROWS = "rows (n, d)"
# What parts of a user's own take, where they do not say.
TAKES = {
    "transform": "any (n, ...)",
    "kernel": "two sets of rows",
    "spotting method": "the followed face of a video",
    "answerer": "questions about clips",
}
# What a class of a user's own must be; kinds that are not here are functions.
BASES = {
    "transform": ("sklearn.base:TransformerMixin", "sklearn.base:BaseEstimator"),
    "classifier": ("sklearn.base:ClassifierMixin", "sklearn.base:BaseEstimator"),
    "spotting method": ("baselines.spotting.base:Spotter",),
    "answerer": ("baselines.vqa.answerers:Answerer",),
}
METHODS = {"transform": ("fit", "transform"), "classifier": ("fit",)}  # that these bases do not name
CLASSES = ("transform", "answerer")  # no function can be one
ONE_KERNEL = "baselines.recognition.pipeline:one_kernel"  # where a recipe has no [[steps.kernels]]
LINEAR_KERNEL = "baselines.recognition.pipeline:linear_kernel"  # the same, where a classifier is linear by default
SPOTTER_OF = "baselines.spotting.by_curve:spotter_of"
_FLOW = ("baselines.recognition.flow:onset_to_apex_flow",)
_FLOW_PICTURES = "flow pictures (n, H, W, C)"
PARTS = {
    kind: _by_name(parts)
    for kind, parts in {
        "representation": (
            *_features(),
            _representation("nothing", "representation:nothing"),
            _representation("flow_image", "flow:flow_image", "Liong et al. 2019", _FLOW),
            _representation("raw_flow", "flow:raw_flow", passes=_FLOW),
        ),
        "transform": (
            _transform("scale", "baselines.recognition.transforms:Scale", "any (n, ...)"),
            _transform("recentre", "baselines.recognition.transforms:Recentre", _FLOW_PICTURES),
            _transform("channels", "baselines.recognition.transforms:Channels", _FLOW_PICTURES),
            _transform("strain_tensor", "baselines.recognition.transforms:StrainTensor", _FLOW_PICTURES),
            _transform("soft_hoof", "baselines.recognition.transforms:SoftHoof", _FLOW_PICTURES),
            _transform("pool", "baselines.recognition.transforms:Pool", _FLOW_PICTURES),
            _transform("standardize", "sklearn.preprocessing:StandardScaler", ROWS),
            _transform("minmax", "sklearn.preprocessing:MinMaxScaler", ROWS),
            _transform("pca", "baselines.recognition.transforms:Pca", ROWS),
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
            _classifier("logistic", "classifiers:logistic", KERNEL, "Zhu and Hastie 2005", LINEAR_KERNEL),
            _classifier("xgboost", "boosting:xgboost", ROWS, "Chen and Guestrin 2016"),
            _classifier("random_forest", "row_classifiers:random_forest", ROWS, "Breiman 2001"),
            _classifier("knn", "row_classifiers:knn", ROWS, "Cover and Hart 1967"),
            _classifier("lda", "row_classifiers:lda", ROWS, "Fisher 1936"),
            _classifier("estimator", "estimators:estimator", ROWS, "Pedregosa et al. 2011"),
        ),
        "spotting method": (
            _spotter("regional_contrast", "regional.method:RegionalContrast", "this project"),
            _spotter("softnet_rule", "softnet_rule:SoftnetRule", "Liong et al. 2021"),
            _spotter("lbp_difference", "lbp_difference:LbpDifference", "Moilanen et al. 2014"),
            _spotter("mdmd", "mdmd:Mdmd", "Wang et al. 2017"),
            _spotter("roi_flow", "roi_flow:RoiFlow", "He 2021"),
            _spotter("of_fd_2022", "of_fd.method:OfFd2022", "Zhao et al. 2022"),
        ),
        "answerer": (
            _answerer("prior", "answerers:Prior", "the training questions"),
            _answerer("rules", "answerers:Rules", "what classifiers measured on a clip"),
            _answerer("llama", "llama.answerer:Llama", "the picture of a clip"),
            _answerer("hybrid", "llama.hybrid:Hybrid", "what classifiers measured, and the picture of a clip"),
        ),
    }.items()
}  # fmt: skip


def part(kind: str, takes: str = "", citation: str = "this user") -> Callable[[Any], Any]:
    """Return a decorator that makes a function or class at the top level of a module a part under its own name.

    kind: one of `KINDS`. takes: of a representation one of `features.INPUTS`, by default "clip"; of a classifier "rows"
    (n, d), the default, or "kernel" (n, n). citation: who published it.

    A representation is a function of the arrays that it takes, which gives an array of one shape for all clips. A
    spotting method is a subclass of `spotting.base.Spotter`, or a function of the aligned faces (T, H, W) uint8 and
    their number per second that gives a curve (T,); `spotting.by_curve` makes intervals of that. All others are like
    those in `PARTS`. What more a function takes, recipes can set; its type hints tell which values suit.

    Raises `InputError` for a name that is taken and for what cannot be such a part.
    """
    if kind not in KINDS:
        raise InputError(f"part {kind!r}: there is no such kind; {nearest(kind, KINDS)}")

    def register(target: Any) -> Any:
        made = _own(kind, target, takes, citation)
        taken = PARTS[kind].get(made.name)
        if taken and not (taken.path == made.path and made.path.startswith("__main__:")):  # a cell run again
            place = sys.modules[home(taken)].__file__ if home(taken).startswith(PLUGIN) else taken.path
            raise InputError(f"there is a {kind} {made.name!r} already ({place}); choose another name")
        PARTS[kind][made.name] = made
        return target

    return register


def forget_parts(module: str) -> None:
    """Take the parts of a module out of the registry."""
    for parts in PARTS.values():
        for name in [name for name, found in parts.items() if home(found) == module]:
            del parts[name]


def home(part: Part) -> str:
    """Return the module that a part lives in."""
    return part.path.partition(":")[0]


def _own(kind: str, target: Any, takes: str, citation: str) -> Part:
    """Return the part that a function or class of a user is."""
    name = getattr(target, "__name__", "")
    if not callable(target) or getattr(target, "__qualname__", "") != name or not name.isidentifier():
        raise InputError(f"{kind} {name or target!r}: expected a function or class at the top level of its module")
    _check_type(kind, target)
    path, taking, given = f"{target.__module__}:{name}", takes or TAKES.get(kind, ""), 0
    more: dict[str, Any] = {}
    if kind == "representation":
        taken = takes or "clip"
        if taken not in INPUTS:
            raise InputError(f"representation {name}: takes {taken!r}; {nearest(taken, INPUTS)}")
        taking, given = INPUTS[taken], len(taken.split("+"))
        more = {"preparation": PREPARATIONS[taken], "feature": Feature(path, taken, citation)}
    elif kind == "classifier":
        if takes not in ("", "rows", "kernel"):
            raise InputError(f"classifier {name}: takes {takes!r}; expected 'rows' or 'kernel'")
        taking, given = ROWS if takes != "kernel" else KERNEL, 1
        more = {"preparation": ONE_KERNEL} if takes == "kernel" else {}
    elif kind == "kernel":
        given = 2
    elif kind == "spotting method" and not inspect.isclass(target):
        more, given = {"made_by": SPOTTER_OF}, 0
    found = Part(kind, name, path, taking, citation, given, **more)
    least = 2 if "made_by" in more else given
    if sum(p.kind is not inspect.Parameter.VAR_KEYWORD for p in inspect.signature(target).parameters.values()) < least:
        raise InputError(f"{kind} {name}: is given {least} values first; expected a function that takes them")
    return found


def _check_type(kind: str, target: Any) -> None:
    """Raise `InputError` for a class that cannot be of a kind, and for a function where a class is needed."""
    place, bases = f"{kind} {target.__name__}", BASES.get(kind, ())
    wanted = f"a subclass of {' and '.join(path.replace(':', '.') for path in bases)}"
    if not inspect.isclass(target):
        if kind in CLASSES:
            raise InputError(f"{place}: is a function; expected {wanted}")
        return
    if not bases:
        raise InputError(f"{place}: is a class; expected a function")
    if not all(issubclass(target, load(path)) for path in bases):
        raise InputError(f"{place}: is not {wanted}")
    missing = [name for name in METHODS.get(kind, ()) if not hasattr(target, name)]
    missing += sorted(getattr(target, "__abstractmethods__", ()))
    if missing:
        raise InputError(f"{place}: has no method {missing[0]}; give it one")


def parts_of_kind(kind: str) -> Mapping[str, Part]:
    """Return {name: part} of a kind, with those of installed packages."""
    _discover()
    return PARTS[kind]


@lru_cache
def _discover() -> None:
    """Import the modules of parts that installed packages offer; one that cannot be is told, and leaves the others."""
    for entry in entry_points(group=GROUP):
        try:
            add_package(entry.module.partition(".")[0])
            entry.load()
        except (Exception, SystemExit) as error:
            forget_parts(entry.module)
            warnings.warn(f"parts {entry.name!r} of {entry.module}: left out: {one_line(error)}", stacklevel=2)


def describe_parts() -> list[dict[str, Any]]:
    """Return one mapping a part: kind, name, takes, summary, citation, and parameters with default and type."""
    return [described(part) for kind in KINDS for part in parts_of_kind(kind).values()]


def find_part(kind: str, name: Any) -> Part:
    """Return the part of a kind that is called `name`; raises `InputError` with the nearest name that there is."""
    known = parts_of_kind(kind)
    if not isinstance(name, str) or name not in known:
        raise InputError(f"{kind} {name!r} is not known; {nearest(name, known)}; one of your own comes with --plugin")
    return known[name]


def build_part(kind: str, settings: Mapping[str, Any], *given: Any) -> Any:
    """Return what a part's function or class gives for a recipe's {"name": ..., parameters}, `given` values first."""
    name, parameters = named(settings)
    return find_part(kind, name).load()(*given, **parameters)


def check_part(kind: str, settings: Any, place: str) -> Part:
    """Return the part that {"name": ..., parameters} mean, once its parameters are known and their values suit.

    place: where the table stands, such as steps.classifier. Raises `InputError` otherwise; the message names the place,
    the parameter, the nearest right name or the kind of value that is expected.
    """
    if not isinstance(settings, Mapping) or "name" not in settings:
        raise InputError(f'{place}: expected a table like {{ name = "..." }} that names a {kind}')
    name, chosen = named(settings)
    try:
        part = find_part(kind, name)
    except InputError as error:
        raise InputError(f"{place}.name: {error}") from None
    check_parameters(name, chosen, part.parameters(chosen), place)
    for key, value in chosen.items():
        _check_size(kind, key, value, place)
    return part


def _check_size(kind: str, key: str, value: Any, place: str) -> None:
    """Raise `InputError` for numbers with which a part would take all memory or for ever."""
    most, strongest = MOST_OF.get(kind, MOST), MOST if kind == "spotting method" else MOST_STRENGTH
    if isinstance(value, Mapping):
        for inner, one in value.items():
            _check_size(kind, inner, one, f"{place}.{key}")
        return
    numbers = [
        number for number in (value if isinstance(value, tuple) else (value,)) if isinstance(number, int | float)
    ]
    whole = [number for number in numbers if isinstance(number, int)]
    if any(number > most for number in whole if "iter" not in key):
        expected = f"whole numbers up to {most}"
    elif len(whole) > 1 and kind == "representation" and math.prod(map(abs, whole)) > MOST_TOGETHER:
        expected = f"whole numbers of which all together make {MOST_TOGETHER} at most"
    elif any(abs(number) > strongest for number in numbers):
        expected = f"numbers up to {strongest:g}"
    else:
        return
    raise InputError(
        f"{place}.{key}: {plain(value)} does not suit; expected {expected}, since time and memory grow with them"
    )
