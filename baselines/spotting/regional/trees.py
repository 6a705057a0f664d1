"""How likely a movement of a face is an expression: boosted trees on the figures of candidates.

The trees that come with the package, `trees.json`, were fitted by `megc fit-spotting` on synthetic faces.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from baselines.errors import InputError, MissingDependency
from baselines.files import write_text
from baselines.spotting.regional.candidates import FIGURES, Candidate

FILE = Path(__file__).parent / "trees.json"
SETTINGS = {
    "n_estimators": 600, "max_depth": 4, "learning_rate": 0.03, "subsample": 0.5, "colsample_bynode": 0.5,
    "min_child_weight": 10, "reg_lambda": 20, "tree_method": "hist",
}  # fmt: skip
FORMAT = "megc-baselines acceptance 2"
COLUMNS = ("figure", "threshold", "left", "right", "value")  # of a tree, one entry a node


@dataclass(frozen=True)
class Trees:
    """Boosted trees: log odds of a candidate are `start` plus one leaf of each tree.

    trees: (n, nodes) arrays `figure` (-1 at a leaf), `threshold`, `left`, `right` (node numbers) and `value`.
    """

    start: float
    figure: NDArray[np.int_]
    threshold: NDArray[np.float64]
    left: NDArray[np.int_]
    right: NDArray[np.int_]
    value: NDArray[np.float64]

    def probabilities(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return the probability (n,) that each of n `Candidate`s is an expression."""
        if not candidates:
            return np.zeros(0)
        return self.of_figures(np.stack([candidate.figures for candidate in candidates]))

    def of_figures(self, figures: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities (n,) of figures (n, F)."""
        compared = np.asarray(figures, np.float32)  # as XGBoost does
        rows = np.arange(len(compared))
        odds = np.full(len(compared), self.start)
        for figure, threshold, left, right, value in zip(
            self.figure, self.threshold.astype(np.float32), self.left, self.right, self.value
        ):
            node = np.zeros(len(compared), int)
            while True:
                inner = figure[node] >= 0
                if not inner.any():
                    break
                below = compared[rows, np.maximum(figure[node], 0)] < threshold[node]
                node = np.where(inner, np.where(below, left[node], right[node]), node)
            odds += value[node]
        return 1 / (1 + np.exp(-odds))


def fit_trees(figures: NDArray[np.float64], hits: NDArray[np.bool_], seed: int = 0) -> Trees:
    """Return the `Trees` fitted on figures (n, F) of candidates and whether (n,) each met a true event."""
    try:
        from xgboost import XGBClassifier
    except ImportError:
        raise MissingDependency("Fitting a spotting method", "xgboost", "xgboost-cpu") from None
    share = float(np.mean(hits))
    boosted = XGBClassifier(**SETTINGS, base_score=share, n_jobs=1, random_state=seed).fit(figures, hits)
    dumped = boosted.get_booster().get_dump(dump_format="json")
    return _as_arrays(float(np.log(share / (1 - share))), [_nodes(json.loads(tree)) for tree in dumped])


def _nodes(root: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the values of `COLUMNS` of each node of a tree that XGBoost dumped, the root first."""
    flat = [root]
    for node in flat:
        flat += node.get("children", ())
    place = {node["nodeid"]: index for index, node in enumerate(flat)}
    return [
        (-1, 0.0, 0, 0, round(node["leaf"], 6))
        if "leaf" in node
        else (
            int(node["split"].removeprefix("f")), node["split_condition"],
            place[node["yes"]], place[node["no"]], 0.0,
        )
        for node in flat
    ]  # fmt: skip


def _as_arrays(start: float, trees: Sequence[Sequence[tuple[Any, ...]]]) -> Trees:
    """Return the `Trees` whose nodes are given in lists, one a tree."""
    most = max(map(len, trees))
    columns = [[[node[n] for node in tree] + [0] * (most - len(tree)) for tree in trees] for n in range(len(COLUMNS))]
    return Trees(start, *map(np.array, columns))


def save_trees(trees: Trees, path: Path, origin: str = "") -> None:
    """Write trees as JSON, one a line, each a list of nodes; `origin` tells what they were fitted on."""
    lines = []
    for tree in zip(*(getattr(trees, name).tolist() for name in COLUMNS)):
        nodes = 1 + max(tree[COLUMNS.index("right")])
        lines.append(json.dumps([column[:nodes] for column in tree], separators=(",", ":")))
    head = {"format": FORMAT, "origin": origin, "figures": FIGURES, "start": round(trees.start, 6)}
    head["columns"] = COLUMNS
    write_text(path, json.dumps(head)[:-1] + ', "trees": [\n' + ",\n".join(lines) + "\n]}\n")


@functools.lru_cache
def load_trees(path: Path = FILE) -> Trees:
    """Return the `Trees` in a JSON file, by default the one that comes with the package."""
    wanted = "fit it again with `megc fit-spotting`"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["figures"] != list(FIGURES):
            raise InputError(f"{path}: made for other figures than this version's; {wanted}")
        return _as_arrays(content["start"], [list(zip(*tree, strict=True)) for tree in content["trees"]])
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not readable ({error}); {wanted}") from None
