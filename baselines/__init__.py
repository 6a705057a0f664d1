"""Everything above the features: datasets, methods, metrics, experiments, reports.

From Python:

>>> import baselines
>>> dataset = baselines.load_dataset("synthetic")  # doctest: +SKIP
>>> result = baselines.spot(dataset.videos[0])  # doctest: +SKIP
>>> result.to_dict()["intervals"]  # doctest: +SKIP

`landmarks`, `spot`, `recognize`, `load_dataset`, `run_all` and `part`, which makes parts of one's own, are loaded when
they are asked for.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

OFFERED = {
    "landmarks": "baselines.commands.python",
    "spot": "baselines.commands.python",
    "recognize": "baselines.commands.python",
    "run_all": "baselines.commands.python",
    "load_dataset": "baselines.datasets",
    "part": "baselines.parts",
}


def __getattr__(name: str) -> Any:
    if name in OFFERED:
        return getattr(import_module(OFFERED[name]), name)
    raise AttributeError(f"module 'baselines' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *OFFERED])
