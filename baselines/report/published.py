"""Published results as data, and those to print beside one's own: where clips and protocol are the same.

`published.csv` holds one figure a row: method, dataset, protocol, metric, value, source, certainty,
note. Accuracies, F1 and the like are shares of 1; tp, fp, fn are counts. certainty is

- `read`: read in the source itself,
- `derived`: computed from figures read there,
- `secondary`: cited by somebody else (surveys, theses); check the paper before printing it,
- `implausible`: printed so, and for the reason in `note` not what its name says.

Figures of different protocol do not compare; a table prints the protocol with the figure.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from baselines.errors import InputError
from baselines.files import read_csv

FILE = Path(__file__).with_name("published.csv")
COLUMNS = ("method", "dataset", "protocol", "metric", "value", "source", "certainty", "note")
CERTAINTIES = ("read", "derived", "secondary", "implausible")


def published(dataset=None, metric=None, method=None, implausible=False):
    """Return published figures as mappings with COLUMNS, `value` a float, in the order of the file.

    dataset, metric, method: only figures of this name. implausible: give those marked so as well.
    """
    wanted = {"dataset": dataset, "metric": metric, "method": method}
    return [
        dict(row)
        for row in _rows()
        if all(value in (None, row[name]) for name, value in wanted.items())
        and (implausible or row["certainty"] != "implausible")
    ]


@lru_cache(maxsize=1)
def _rows():
    rows = []
    for place, row in read_csv(FILE, COLUMNS):
        if row["certainty"] not in CERTAINTIES:
            raise InputError(f"{place}: certainty {row['certainty']!r}; expected one of {', '.join(CERTAINTIES)}")
        rows.append(row | {"value": float(row["value"])})
    return rows


@dataclass(frozen=True)
class Beside:
    """Which published figures belong to the tables of a dataset.

    datasets: {subset of the tables: (published dataset, its number of clips)}, the whole under `all`.
    """

    datasets: dict
    protocol: str
    metrics: tuple[str, ...]


BESIDE = {
    ("recognition", "flow-images"): Beside(
        {"all": ("megc2019", 442), "smic": ("smic", 164), "casme2": ("casme2", 145), "samm": ("samm", 133)},
        "CDE, LOSO over 68 subjects, pooled",
        ("uf1", "uar"),
    )
}


def published_beside(task, dataset, subset, n):
    """Return (title, lines of cells, the header first) for a table of ours of `n` clips; None if nothing fits.

    The title tells where the clips are not the same. An implausible figure is marked `(!)`, and the last
    column gives the reason.
    """
    beside = BESIDE.get((task, dataset))
    if not beside or subset not in beside.datasets:
        return None
    name, clips = beside.datasets[subset]
    whole = beside.datasets["all"][1]
    counted = f"{clips} clips" if subset == "all" else f"{clips} of {whole} clips"
    differs = f"; not the same clips as our {n}" if n != clips else ""
    methods = {}
    for row in published(name, implausible=True):
        if row["protocol"] == beside.protocol and row["metric"] in beside.metrics:
            methods.setdefault((row["method"], row["source"]), {})[row["metric"]] = row
    header = ["published", *(metric.upper() for metric in beside.metrics), "source", "certainty"]
    lines = [
        [method, *(_figure(found.get(metric)) for metric in beside.metrics), source, _certainty(found.values())]
        for (method, source), found in methods.items()
    ]
    return f"Published for {name} ({beside.protocol}; {counted}{differs}):", [header, *lines]


def _figure(row):
    if row is None:
        return "-"
    return f"{row['value']:.3f}" + (" (!)" if row["certainty"] == "implausible" else "")


def _certainty(rows):
    texts = []
    for row in rows:
        reason = f"{row['metric'].upper()} implausible: {row['note']}"
        texts.append(reason if row["certainty"] == "implausible" else row["certainty"])
    return "; ".join(dict.fromkeys(texts))
