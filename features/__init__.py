"""The classic features of micro-expression analysis: pure functions on arrays, each in a module of its own.

`FEATURES` lists them under the names of their functions, and `features.lbp_top(clip)` calls one. Importing this package
loads none of them.

Examples
--------
>>> import numpy as np
>>> import features
>>> clip = np.random.default_rng(0).integers(0, 256, (10, 32, 32), dtype=np.uint8)
>>> features.lbp_top(clip, blocks=(2, 2, 1)).shape
(708,)
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

# What a feature takes, in the order of its arguments.
INPUTS = {
    "clip": "grey frames (T, H, W)",
    "flow": "a flow field (H, W, 2)",
    "clip+strain": "grey frames (T, H, W) and their mean optical strain (H, W), computed where left out",
    "clip+landmarks": "grey frames (T, H, W) and the 68 landmarks (68, 2) of the first",
    "clip+fps": "grey frames (T, H, W) and their number per second",
    "clip+k": "grey frames (T, H, W) and k, half an expression's length in frames",
}


@dataclass(frozen=True)
class Feature:
    """A registered feature.

    Parameters
    ----------
    path : str
        "module:function", both in this package.
    input : str
        One of `INPUTS`.
    citation : str
        Who published it.
    passes : tuple of str
        Paths of what takes its `**parameters`: functions, or tables of functions by `method`.
    least_frames : str
        Path of the function from its parameters to the number of frames that a clip must have; empty where no
        parameter changes it.

    Examples
    --------
    >>> from features import FEATURES
    >>> FEATURES["hoof"].input, FEATURES["hoof"].citation
    ('flow', 'Chaudhry et al. 2009')
    """

    path: str
    input: str
    citation: str
    passes: tuple[str, ...] = ()
    least_frames: str = ""

    @property
    def name(self) -> str:
        """The name of the function, under which the feature is known everywhere."""
        return self.path.partition(":")[2]

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        return load(self.path)

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


_FLOW = ("optical_flow:METHODS",)
_FLOW_TO_FIRST = ("optical_flow:flow_to_first", *_FLOW)
_STRAIN = ("optical_strain:strain_maps", *_FLOW)


def _by_name(*features: Feature) -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    for feature in features:
        if feature.name in found or not feature.name:
            raise ValueError(f"feature {feature.path!r}: has no name, or that of {found.get(feature.name)}")
        if feature.input not in INPUTS:
            raise ValueError(f"feature {feature.name}: takes {feature.input!r}; expected one of {', '.join(INPUTS)}")
        found[feature.name] = feature
    return found


FEATURES = _by_name(
    Feature("lbp_top:lbp_top", "clip", "Zhao and Pietikainen 2007", least_frames="lbp_top:least_frames"),
    Feature("lbp_sip:lbp_sip", "clip", "Wang et al. 2014", least_frames="lbp_top:least_frames"),
    Feature("osf:osf", "clip+strain", "Liong et al. 2014a", _STRAIN),
    Feature("osw_lbp_top:osw_lbp_top", "clip+strain", "Liong et al. 2014b", _STRAIN, "osw_lbp_top:least_frames"),
    Feature("optical_flow:flow_to_first", "clip", "Farneback 2003; Zach et al. 2007", _FLOW),
    Feature("optical_flow:flow_consecutive", "clip", "Farneback 2003; Zach et al. 2007", _FLOW),
    Feature("optical_strain:strain_maps", "clip", "Shreve et al. 2011", _FLOW),
    Feature("optical_strain:optical_strain", "flow", "Shreve et al. 2011"),
    Feature("hoof:hoof", "flow", "Chaudhry et al. 2009"),
    Feature("bi_woof:bi_woof", "flow", "Liong et al. 2018"),
    Feature("flow_lbp:flow_lbp", "flow", "Ojala et al. 2002; channels: this project"),
    Feature("mdmo:mdmo", "clip+landmarks", "Liu et al. 2016", _FLOW),
    Feature("apex:find_apex", "clip+landmarks", "Liong et al. 2015", _FLOW_TO_FIRST),
    Feature("apex:onset_difference", "clip+landmarks", "Liong et al. 2015", _FLOW_TO_FIRST),
    Feature("interpolation:interpolate", "clip", "Zhou et al. 2011"),
    Feature("magnification:magnify", "clip+fps", "Wu et al. 2012"),
    Feature("feature_difference:feature_difference", "clip+k", "Moilanen et al. 2014"),
    Feature("mdmd:mdmd", "clip+k", "Wang et al. 2017", _FLOW),
)


def load(path: str) -> Any:
    """Return what a path names in this package.

    Parameters
    ----------
    path : str
        "module:attribute".

    Returns
    -------
    object
        Mostly a function.

    Examples
    --------
    >>> from features import load
    >>> load("hoof:hoof").__name__
    'hoof'
    """
    module, name = path.split(":")
    return getattr(import_module(f"features.{module}"), name)


# What this package gives by name: the features, and the flow between two frames, of which several are made.
_OFFERED = {"optical_flow": "optical_flow:optical_flow", **{name: feature.path for name, feature in FEATURES.items()}}


def __getattr__(name: str) -> Any:
    if name in _OFFERED:
        return load(_OFFERED[name])
    raise AttributeError(f"module 'features' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_OFFERED})


class _Package(ModuleType):
    """This package: a feature's name gives its function, although a module of the same name may lie in the package."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Python's import binds a module that it has loaded to its name in the package. Left out, `__getattr__` is asked
        # each time, so that a reloaded module gives its new function.
        if not (name in _OFFERED and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let workers take functions that name this package: it is imported there."""
        return import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Package
