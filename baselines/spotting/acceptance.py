"""How likely a movement of a face is an expression: boosted trees on the figures of candidates.

The trees that come with the package, `acceptance.json`, were fitted on synthetic faces; the file says by which command.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.files import write_text
from baselines.spotting.candidates import FIGURES

FILE = Path(__file__).parent / "acceptance.json"
TREES = {"n_estimators": 120, "max_depth": 3, "learning_rate": 0.08, "subsample": 0.6, "min_samples_leaf": 25}
FORMAT = "megc-baselines acceptance 1"
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
        rows = np.arange(len(figures))
        odds = np.full(len(figures), self.start)
        for figure, threshold, left, right, value in zip(
            self.figure, self.threshold, self.left, self.right, self.value
        ):
            node = np.zeros(len(figures), int)
            while True:
                inner = figure[node] >= 0
                if not inner.any():
                    break
                below = figures[rows, np.maximum(figure[node], 0)] <= threshold[node]
                node = np.where(inner, np.where(below, left[node], right[node]), node)
            odds += value[node]
        return 1 / (1 + np.exp(-odds))


def fit_acceptance(figures, accepted, seed=0):
    """Return the `Acceptance` fitted on figures (n, F) of candidates and whether (n,) each met a true event."""
    from sklearn.ensemble import GradientBoostingClassifier

    boosted = GradientBoostingClassifier(**TREES, random_state=seed).fit(figures, accepted)
    trees = [estimator.tree_ for estimator in boosted.estimators_[:, 0]]
    nodes = max(tree.node_count for tree in trees)

    def column(values, fill):
        return np.array([np.pad(v, (0, nodes - len(v)), constant_values=fill) for v in values])

    share = boosted.init_.class_prior_[1]
    return Acceptance(
        float(np.log(share / (1 - share))),
        column([np.where(tree.children_left < 0, -1, tree.feature) for tree in trees], -1),
        column([np.where(tree.children_left < 0, 0, tree.threshold) for tree in trees], 0).round(6),
        column([tree.children_left for tree in trees], -1),
        column([tree.children_right for tree in trees], -1),
        column([TREES["learning_rate"] * tree.value[:, 0, 0] for tree in trees], 0).round(6),
    )


def save_acceptance(acceptance, path, origin=""):
    """Write trees as JSON, one a line; `origin` tells what they were fitted on."""
    columns = [getattr(acceptance, name).tolist() for name in COLUMNS]
    lines = [json.dumps(dict(zip(COLUMNS, tree)), separators=(",", ":")) for tree in zip(*columns)]
    head = {"format": FORMAT, "origin": origin, "figures": FIGURES, "start": round(acceptance.start, 6)}
    write_text(path, json.dumps(head)[:-1] + ', "trees": [\n' + ",\n".join(lines) + "\n]}\n")


@functools.lru_cache
def load_acceptance(path=FILE):
    """Return the `Acceptance` in a JSON file, by default the one that comes with the package."""
    wanted = "fit it again with `python -m baselines.spotting.fit`"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["figures"] != list(FIGURES):
            raise InputError(f"{path}: made for other figures than this version's; {wanted}")
        columns = [np.array([tree[name] for tree in content["trees"]]) for name in COLUMNS]
        return Acceptance(content["start"], *columns)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not readable ({error}); {wanted}") from None
