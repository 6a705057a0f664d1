"""How likely a movement of a face is an expression: boosted trees on the figures of candidates.

The trees that come with the package, `acceptance.json`, were fitted on synthetic faces; the file says by which command.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baselines.errors import InputError, MissingDependency
from baselines.files import write_text
from baselines.spotting.candidates import FIGURES

FILE = Path(__file__).parent / "acceptance.json"
TREES = {
    "n_estimators": 600, "max_depth": 4, "learning_rate": 0.03, "subsample": 0.5, "colsample_bynode": 0.5,
    "min_child_weight": 10, "reg_lambda": 20, "tree_method": "hist",
}  # fmt: skip
FORMAT = "megc-baselines acceptance 2"
COLUMNS = ("figure", "threshold", "left", "right", "value")  # of a tree, one entry a node


@dataclass(frozen=True)
class Acceptance:
    """Boosted trees: log odds of a candidate are `start` plus one leaf of each tree.

    trees: (n, nodes) arrays `figure` (-1 at a leaf), `threshold`, `left`, `right` (node numbers) and `value`.
    """

    start: float
    figure: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray

    def probabilities(self, candidates):
        """Return the probability (n,) that each of n `Candidate`s is an expression."""
        if not candidates:
            return np.zeros(0)
        return self.of_figures(np.stack([candidate.figures for candidate in candidates]))

    def of_figures(self, figures):
        """Return probabilities (n,) of figures (n, F)."""
        figures = np.asarray(figures, np.float32)  # as XGBoost compares them
        rows = np.arange(len(figures))
        odds = np.full(len(figures), self.start)
        for figure, threshold, left, right, value in zip(
            self.figure, self.threshold.astype(np.float32), self.left, self.right, self.value
        ):
            node = np.zeros(len(figures), int)
            while True:
                inner = figure[node] >= 0
                if not inner.any():
                    break
                below = figures[rows, np.maximum(figure[node], 0)] < threshold[node]
                node = np.where(inner, np.where(below, left[node], right[node]), node)
            odds += value[node]
        return 1 / (1 + np.exp(-odds))


def fit_acceptance(figures, accepted, seed=0):
    """Return the `Acceptance` fitted on figures (n, F) of candidates and whether (n,) each met a true event."""
    try:
        from xgboost import XGBClassifier
    except ImportError:
        raise MissingDependency("Fitting a spotting method", "xgboost", "xgboost-cpu") from None
    share = float(np.mean(accepted))
    boosted = XGBClassifier(**TREES, base_score=share, n_jobs=1, random_state=seed).fit(figures, accepted)
    dumped = boosted.get_booster().get_dump(dump_format="json")
    return _acceptance(float(np.log(share / (1 - share))), [_nodes(json.loads(tree)) for tree in dumped])


def _nodes(root):
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


def _acceptance(start, trees):
    """Return the `Acceptance` of trees given as lists of nodes."""
    most = max(map(len, trees))
    columns = [[[node[n] for node in tree] + [0] * (most - len(tree)) for tree in trees] for n in range(len(COLUMNS))]
    return Acceptance(start, *map(np.array, columns))


def save_acceptance(acceptance, path, origin=""):
    """Write trees as JSON, one a line, each a list of nodes; `origin` tells what they were fitted on."""
    lines = []
    for tree in zip(*(getattr(acceptance, name).tolist() for name in COLUMNS)):
        nodes = 1 + max(tree[COLUMNS.index("right")])
        lines.append(json.dumps([column[:nodes] for column in tree], separators=(",", ":")))
    head = {"format": FORMAT, "origin": origin, "figures": FIGURES, "start": round(acceptance.start, 6)}
    head["columns"] = COLUMNS
    write_text(path, json.dumps(head)[:-1] + ', "trees": [\n' + ",\n".join(lines) + "\n]}\n")


@functools.lru_cache
def load_acceptance(path=FILE):
    """Return the `Acceptance` in a JSON file, by default the one that comes with the package."""
    wanted = "fit it again with `python -m baselines.spotting.fit`"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["figures"] != list(FIGURES):
            raise InputError(f"{path}: made for other figures than this version's; {wanted}")
        return _acceptance(content["start"], [list(zip(*tree, strict=True)) for tree in content["trees"]])
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not readable ({error}); {wanted}") from None
