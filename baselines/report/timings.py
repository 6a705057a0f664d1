"""What recipes cost: seconds of preparation and of folds, what several share charged once, and growth of memory."""

from collections import Counter, defaultdict

from baselines.experiments.faults import is_cost

TIMING_COLUMNS = (
    "task", "dataset", "recipe", "seed", "folds", "preparation_seconds", "fold_seconds", "shared_seconds", "growth_mb",
)  # fmt: skip
SHARED = "shared"  # in the column task: a line of what several recipes use


def timing_rows(results, preparations):
    """Return one mapping (TIMING_COLUMNS) an experiment, and one for each kind of arrays that several of them use.

    results: a list of rows for each experiment; preparations: those of `experiments.rows.Notes`. Seconds are those of
    one worker. `preparation_seconds` holds everything once that comes before the folds: arrays that one experiment
    uses stand in its line, those that several use in the line of their kind, at the first dataset that uses them;
    `shared_seconds` repeats what an experiment takes of the latter. What is not known is None.
    """
    taken = [_arrays(_costs(rows, preparations)) for rows in results]
    uses = Counter(name for arrays in taken for name in arrays)
    lines, shared = [], {}
    for rows, arrays in zip(results, taken):
        own = [cost for name, cost in arrays.items() if uses[name] == 1]
        of_others = {name: cost for name, cost in arrays.items() if uses[name] > 1}
        lines.append(_line(rows, _costs(rows, preparations), own, of_others.values()))
        for name, cost in of_others.items():
            shared.setdefault(name, (rows[0]["dataset"], cost))
    return lines + _shared_lines(shared)


def _costs(rows, preparations):
    """Return what preparing an experiment cost, None where that is not known, and what its folds did, as lines."""
    return [preparations.get(rows[0].get("digest")), *(row for row in rows if is_cost(row))]


def _arrays(costs):
    """Return {(kind, key): (seconds, MB)} of the arrays that an experiment took from the cache, or made for it."""
    every = (cost["kept"] for cost in costs if cost)
    return {(kind, key): cost for kept in every for kind, arrays in kept.items() for key, cost in arrays.items()}


def _line(rows, costs, own, of_others):
    prepared, *folds = costs
    return {
        **{column: rows[0][column] for column in ("task", "dataset", "recipe", "seed")},
        "folds": len(rows),
        "preparation_seconds": round(prepared["seconds"] + _seconds(own), 2) if prepared else None,
        "fold_seconds": round(sum(fold["seconds"] for fold in folds), 2) if len(folds) == len(rows) else None,
        "shared_seconds": round(_seconds(of_others), 2),
        "growth_mb": _most([cost["growth_mb"] for cost in costs if cost] + [mb for _, mb in own]),
    }


def _shared_lines(shared):
    groups = defaultdict(list)
    for (kind, _), (dataset, cost) in shared.items():
        groups[dataset, kind].append(cost)
    return [
        dict.fromkeys(TIMING_COLUMNS)
        | {"task": SHARED, "dataset": dataset, "recipe": kind}
        | {"preparation_seconds": round(_seconds(costs), 2), "growth_mb": _most(mb for _, mb in costs)}
        for (dataset, kind), costs in sorted(groups.items())
    ]


def _seconds(costs):
    return sum((seconds for seconds, _ in costs), 0.0)


def _most(values):
    return max((value for value in values if value is not None), default=None)
