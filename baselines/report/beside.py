"""Published figures to print beside one's own, where the clips and the protocol are the same."""

from dataclasses import dataclass

from baselines.published import published


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
