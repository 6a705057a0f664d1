"""Published results as data, and those of the same database and task beside a table of ours, with the difference.

`published.csv` holds one figure a row, with COLUMNS:

- task, database, subset, metric: named as in our tables; databases that are not read here have names of their own;
- classes: the names of the class sets that it holds for, parted by `|` where several mean the same classes there;
- protocol: one of ours, `untrained` (nothing is fitted, so that it compares with every protocol), `unseen` (the test
  data of a challenge), or a word of its own;
- n: clips (recognition), expressions (spotting, str) or questions (vqa) that it is over;
- method, setting: whose figure it is, and what tells it apart from others of the same source;
- recipe: ours that follows this method; value: a share of 1, except for tp, fp and fn, which are counts;
- source, certainty, note. certainty is `read` (in the source itself), `derived` (computed from figures read there),
  `secondary` (cited by somebody else: check the paper before printing it), or `implausible` (printed so, and for the
  reason in `note` not what its name says).

Classes, protocol and n are empty where the source does not tell them and its figures do not either: accuracies of
.5587, .6073 and .6721 are 138, 150 and 166 of 247 clips.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from baselines.datasets import DATASETS, adapter
from baselines.datasets.classes import parse_classes
from baselines.errors import InputError
from baselines.files import read_csv

FILE = Path(__file__).with_name("published.csv")
COLUMNS = (
    "task", "database", "subset", "classes", "protocol", "setting", "n", "method", "recipe", "metric", "value",
    "source", "certainty", "note",
)  # fmt: skip
CERTAINTIES = ("read", "derived", "secondary", "implausible")
UNTRAINED = "untrained"
UNITS = {
    "recognition": "clips",
    "spotting": "expressions",
    "str": "expressions",
    "vqa": "questions",
    "lvqa": "questions",
}
# (task, our name): the name under which figures of the same clips or questions are published
SAME_DATA = {("recognition", "flow-images"): "megc2019", ("vqa", "flow-images"): "me-vqa"}
MEGC2019 = ("casme2", "samm", "smic")  # the databases of the composite
UNKNOWN = ("", "not recorded")  # classes and protocol of rows that do not tell them
Figure = Mapping[str, Any]


def published(implausible: bool = False, **wanted: str) -> list[dict[str, Any]]:
    """Return published figures as mappings with COLUMNS, `value` a float and `n` a whole number or None.

    wanted: only figures with these values, such as database="smic". implausible: give those marked so as well.
    """
    return [
        dict(row)
        for row in _rows()
        if all(row[name] == value for name, value in wanted.items())
        and (implausible or row["certainty"] != "implausible")
    ]


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    rows = []
    for place, row in read_csv(FILE, COLUMNS):
        if row["certainty"] not in CERTAINTIES:
            raise InputError(f"{place}: certainty {row['certainty']!r}; expected one of {', '.join(CERTAINTIES)}")
        rows.append(row | {"value": float(row["value"]), "n": int(row["n"]) if row["n"] else None})
    return rows


def published_beside(scores: Sequence[Figure]) -> tuple[str, list[list[str]]] | None:
    """Return (title, lines of cells, the header first) for the score rows of one table of ours; None if nothing fits.

    A line is a published method with all its figures that are metrics of ours. The difference is ours minus published,
    of the recipe that follows the method, else of our best in the first of these metrics. It is left out where the
    figures do not compare, and the remarks tell why; what may spoil a comparison stands there too.
    """
    ours = _Ours.of(scores)
    if "shift " in scores[0]["dataset"]:  # key frames were moved on purpose
        return None
    lines = [_line(figures, ours) for figures in _methods(ours)]
    if not lines:
        return None
    lines.sort(key=lambda line: not line["difference"])  # those that compare come first
    metrics = [metric for metric in ours.means if any(metric in line["value"] for line in lines)]
    texts = [
        ["published", *(cell for metric in metrics for cell in (metric, "difference")), "ours", "remarks", "source"]
    ]
    for line in lines:
        cells = [line[what].get(metric, "-") for metric in metrics for what in ("value", "difference")]
        texts.append([line["published"], *cells, line["recipe"], line["remarks"], line["source"]])
    return f"Published for {ours.data} (difference: the recipe under `ours` minus published):", texts


@dataclass(frozen=True)
class _Ours:
    """A table of ours. means: {metric: {recipe: its figure, the mean over seeds}}; numbers: {metric: what it is over}.

    data: the dataset, without the classes and protocol that the name of a table may add to it.
    """

    task: str
    data: str
    subset: str
    classes: str
    protocol: str
    means: Mapping[str, Mapping[str, float]]
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, scores: Sequence[Figure]) -> "_Ours":
        first = scores[0]
        found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for score in scores:
            if score["value"] is not None:
                found[score["metric"]][score["recipe"]].append(score["value"])
        return cls(
            first["task"],
            data := first["dataset"].partition(" (")[0],
            first["subset"],
            _class_set(first.get("classes", ""), data),
            first.get("protocol", ""),
            {metric: {name: sum(v) / len(v) for name, v in recipes.items()} for metric, recipes in found.items()},
            {score["metric"]: score["n"] for score in scores},
        )


def _methods(ours: _Ours) -> list[list[Figure]]:
    """Return the published figures for a table, those of one method and setting together."""
    found: dict[tuple[str, ...], list[Figure]] = {}
    for database, subset in _places(ours.task, ours.data, ours.subset):
        for row in published(True, task=ours.task, database=database, subset=subset):
            if row["metric"] in ours.means:
                key = tuple(row[name] for name in ("method", "source", "database", "setting", "classes", "protocol"))
                found.setdefault(key, []).append(row)
    return list(found.values())


def _places(task: str, data: str, subset: str) -> list[tuple[str, str]]:
    """Return the (database, subset) under which figures for a table are published."""
    data = SAME_DATA.get((task, data), data)
    if task == "recognition" and data in MEGC2019 and subset == "all":
        return [(data, "all"), ("megc2019", data)]
    return [(data, subset)]


def _line(figures: Sequence[Figure], ours: _Ours) -> dict[str, Any]:
    """Return the cells of a published method: its values, and the differences of those that compare."""
    first, recipe = figures[0], _counterpart(figures[0], ours)
    values: dict[str, str] = {}
    differences: dict[str, str] = {}
    reasons: dict[str, list[str]] = {}
    remarks: list[str] = []
    for row in figures:
        metric, doubtful = row["metric"], row["certainty"] == "implausible"
        values[metric] = f"{row['value']:.3f}" + (" (!)" if doubtful else "")
        differs, unsure = _compared(row, ours)
        if doubtful or differs:
            reason = f"implausible: {row['note']}" if doubtful else f"not comparable: {', '.join(differs)}"
            reasons.setdefault(reason, []).append(metric)
        elif recipe in ours.means[metric]:
            differences[metric] = f"{ours.means[metric][recipe] - row['value']:+.3f}"
            remarks += [*unsure, row["certainty"] if row["certainty"] != "read" else "", row["note"]]
    for reason, metrics in reasons.items():  # which name the metrics, unless it is all of them
        remarks.append(reason if len(metrics) == len(figures) else f"{', '.join(metrics)} {reason}")
    return {
        "published": first["method"] + (f" ({first['setting']})" if first["setting"] else ""),
        "value": values,
        "difference": differences,
        "recipe": recipe if differences else "-",
        "remarks": "; ".join(dict.fromkeys(filter(None, remarks))) or "-",
        "source": first["source"],
    }


def _counterpart(figure: Figure, ours: _Ours) -> str:
    """Return our recipe that stands against a published method: the one that follows it, else the best."""
    recipes = ours.means[figure["metric"]]
    if figure["recipe"] in recipes:
        return figure["recipe"]
    # a recipe that takes its apex from elsewhere, or a cell of a grid, counts where the recipe itself was not run
    following = [name for name in recipes if re.split(r"@| \(", name)[0] == figure["recipe"]]
    return max(following or recipes, key=recipes.__getitem__)


def _compared(row: Figure, ours: _Ours) -> tuple[list[str], list[str]]:
    """Return (why a published figure does not compare with a table of ours, what may spoil the comparison)."""
    differs, unsure = [], []
    for name, mine in (("classes", ours.classes), ("protocol", ours.protocol)):
        theirs = row[name].split("|")
        if (name == "classes" and not _has_classes(row)) or theirs == [UNTRAINED]:
            continue
        if theirs == [""]:
            unsure.append(f"{name} not told")
        elif mine in UNKNOWN:
            unsure.append(f"{name} {theirs[0]}, ours not recorded")
        elif mine not in theirs:
            differs.append(f"{name} {theirs[0]}, ours {mine}")
    if row["n"] not in (None, ours.numbers[row["metric"]]):
        unsure.append(f"{row['n']} {UNITS[row['task']]}, ours {ours.numbers[row['metric']]}")
    return differs, unsure


def _class_set(name: str, data: str) -> str:
    """Return the name of the classes of a table, that of a published set where they are spelt out."""
    if not {",", "="} & set(name) or data not in DATASETS:
        return name
    own = parse_classes(name)
    return next((known.name for known in adapter(data).ABOUT.classes if known.of == own), name)


def _has_classes(row: Figure) -> bool:
    """Tell whether a figure depends on a set of emotion classes."""
    return row["task"] == "recognition" or row["metric"].startswith(("strs", "analysis"))
