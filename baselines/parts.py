"""The one registry of what a recipe can name.

Representations, transforms, kernels, classifiers, spotting methods, answerers: each part is a line here, with its name,
where it lives, what it takes and who published it. Its parameters and their defaults are those of its signature, its
summary is the first line of its docstring; nothing is imported before it is asked for. Every feature of
`features.FEATURES` is a representation by itself, under its own name.

A new part needs its module and its line below, nothing else; `docs/extending.md` shows each kind. The lines that a
recipe names are part of its identity, the others are not: here is nothing else that could change a result.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baselines.errors import InputError
from baselines.signatures import Part, check_parameters, described, named, nearest
from features import FEATURES, INPUTS

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


def _representation(name: str, path: str, citation: str = "") -> Part:
    takes = "a clip or its published flow picture"
    return Part("representation", name, f"baselines.recognition.{path}", takes, citation, given=1)


def _transform(name: str, path: str, takes: str) -> Part:
    return Part("transform", name, path, takes)


def _kernel(name: str, function: str, citation: str = "") -> Part:
    return Part("kernel", name, f"baselines.recognition.kernels:{function}", "two sets of rows", citation, given=2)


def _classifier(name: str, path: str, takes: str, citation: str = "") -> Part:
    preparation = ONE_KERNEL if takes == KERNEL else ""
    return Part("classifier", name, f"baselines.recognition.{path}", takes, citation, 1, preparation)


def _spotter(name: str, path: str, citation: str) -> Part:
    return Part("spotting method", name, f"baselines.spotting.{path}", "the followed face of a video", citation)


def _answerer(name: str, path: str, takes: str) -> Part:
    return Part("answerer", name, f"baselines.vqa.{path}", takes)


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
            _transform("pca", "baselines.recognition.transforms:Pca", "rows (n, d)"),
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
            _spotter("roi_flow", "roi_flow:RoiFlow", "He 2021"),
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
    return [described(part) for parts in PARTS.values() for part in parts.values()]


def find_part(kind: str, name: Any) -> Part:
    """Return the part of a kind that is called `name`; raises `InputError` with the nearest name that there is."""
    known = PARTS[kind]
    if not isinstance(name, str) or name not in known:
        raise InputError(f"{kind} {name!r} is not known; {nearest(name, known)}")
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
    return part
