"""What was run, and what came first: experiments, options, environments, seconds."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from baselines.datasets import DATASETS
from baselines.experiments.rows import Notes
from baselines.report.environments import environment_text
from baselines.report.overview.groups import Group
from baselines.report.study import Result, varied_keys
from baselines.report.table import natural
from baselines.report.timings import timing_rows

Row = Mapping[str, Any]
PLAIN = ("loso", "coarse")  # protocol and classes that need no option
SECONDS = ("preparation_seconds", "fold_seconds", "shared_seconds")


def ran(groups: Sequence[Group], scores: Sequence[Row]) -> list[dict[str, Any]]:
    """Return one line a group: what it is, how many recipes, and the best of them beside the best floor."""
    return [_line(group, [score for score in scores if _is_of(score, group)]) for group in groups]


def _is_of(score: Row, group: Group) -> bool:
    return bool((score["task"], score["dataset"]) == (group.task, group.dataset))


def _line(group: Group, scores: Sequence[Row]) -> dict[str, Any]:
    first = group.results[0]
    best = group.best
    head = [s for s in scores if (s["metric"], s["subset"]) == (group.metric, group.subset)]
    score = next((s for s in head if best and (s["recipe"], s["seed"]) == (best.recipe, best.name[3])), None)
    return {
        "task": group.task,
        "dataset": group.dataset,
        "protocol": first.value("protocol"),
        "classes": first.value("classes"),
        "n": max((s["n"] for s in head), default=None),
        "folds": len(first.folds),
        "recipes": len(group.first_seeds),
        "metric": group.metric,
        "best": score,
        "seeds": len({result.name[3] for result in group.results}),
        "n_failed": sum(result.n_failed for result in group.results),
    }


def options(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Return what the experiments have in common and what varies, as (name, text)."""
    keys = varied_keys(results)
    found = [
        ("seeds", _values(str(result.name[3]) for result in results)),
        ("protocol", _values(str(result.value("protocol")) for result in results)),
        ("classes", _values(str(result.value("classes")) for result in results)),
        *((key, _values(result.text(key) or "-" for result in results if key in result.varied)) for key in keys),
        ("floors", _values(result.recipe for result in results if result.floor)),
        ("recipes", _values(result.recipe for result in results if not result.floor)),
    ]
    return [(name, text) for name, text in found if text]


def _values(texts: Iterable[str]) -> str:
    return ", ".join(sorted(set(texts), key=natural))


def command(results: Sequence[Result]) -> str | None:
    """Return the command that runs the same experiments again; None where options would be needed that are not known.

    Such are the values of a grid, shifted key frames, and datasets that are not of this suite.
    """
    if any(result.varied or not result.noted or "shift " in result.name[1] for result in results):
        return None
    datasets = sorted({name for result in results for name in result.name[1].partition(" (")[0].split("+")})
    special = {
        option: {str(result.value(option)) for result in results if "(" in result.name[1]}
        for option in ("protocol", "classes")
    }
    if any(name not in DATASETS for name in datasets) or any(len(values) > 1 for values in special.values()):
        return None
    several = any("(" not in result.name[1] for result in results) and any(special.values())
    if several:
        return None
    words = [
        *([] if datasets == ["synthetic"] else _options("dataset", datasets)),
        *_options("protocol", special["protocol"] - set(PLAIN)),
        *_options("classes", special["classes"] - set(PLAIN)),
        *_options("recipe", sorted({result.recipe for result in results})),
        *_options("seed", sorted({str(result.name[3]) for result in results}, key=natural)),
    ]
    return shlex.join(["megc", "run-all", *words])


def _options(name: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (f"--{name}", value)]


def environments(results: Iterable[Result], notes: Notes) -> list[tuple[str, str]]:
    """Return (key, text) of each environment that rows name; the text is empty where the notes do not tell of it."""
    keys = sorted({fold["environment"] for result in results for fold in result.folds if fold.get("environment")})
    return [(key, environment_text(notes.environments[key]) if key in notes.environments else "") for key in keys]


def timings(results: Iterable[Result], notes: Notes) -> dict[str, Any]:
    """Return the rows of timings.csv that experiments have, the longest first, and the seconds of all together."""
    rows = timing_rows([result.folds for result in results], notes.preparations)
    seconds = [(sum(row[name] or 0.0 for name in SECONDS[:2]), row) for row in rows]
    longest = sorted(seconds, key=lambda pair: -pair[0])
    return {"rows": [row | {"total": total} for total, row in longest], "total": duration(sum(s for s, _ in seconds))}


def duration(seconds: float) -> str:
    """Return seconds in the words of people."""
    if seconds < 100:
        return f"{seconds:.1f} seconds"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
