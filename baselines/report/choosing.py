"""What of an output folder a report is of: keys by name, conditions, tasks, datasets, metrics and subsets."""

import json
from collections.abc import Iterable, Sequence

from baselines.errors import InputError
from baselines.report.figures import PLACE, Figure, headline_of
from baselines.report.study import FIXED, Result, varied_keys
from baselines.report.table import natural
from baselines.signatures import nearest


def find_key(name: str, results: Sequence[Result], option: str, more: Sequence[str] = ()) -> str:
    """Return the key of experiments that a name means: in full, or its last words, such as `C` for classifier.C.

    more: keys that are known besides. Of several keys that end so, the one that is varied is meant.
    """
    settings = sorted({key for result in results for key in result.settings} | set(varied_keys(results)))
    known = [*FIXED, *more, *settings]
    if name in known:
        return name
    ending = [key for key in settings if key.endswith(f".{name}")]
    varied = [key for key in ending if key in varied_keys(results)]
    chosen = ending if len(ending) == 1 else varied
    if len(chosen) == 1:
        return chosen[0]
    if ending:
        raise InputError(f"{option} {name}: means {' or '.join(ending)}; write one of them in full")
    raise InputError(f"{option} {name}: no experiment here has this key; {nearest(name, known)}")


def choose_results(
    results: Sequence[Result],
    tasks: Sequence[str] = (),
    datasets: Sequence[str] = (),
    where: Iterable[str] = (),
) -> list[Result]:
    """Return the experiments of tasks and datasets that meet all conditions KEY=VALUE; each must be met by some."""
    chosen = list(results)
    for option, key, names in (("--task", "task", tasks), ("--dataset", "dataset", datasets)):
        for name in names:
            _known(option, name, [str(result.value(key)) for result in chosen])
        chosen = [result for result in chosen if not names or result.value(key) in names]
    for condition in where:
        name, equals, value = (part.strip() for part in condition.partition("="))
        if not equals or not name:
            raise InputError(f"--where {condition!r}: expected KEY=VALUE, such as classifier.C=10 or base=flow-svm")
        key = find_key(name, results, "--where")
        met = [result for result in chosen if _is(result, key, value)]
        if not met:
            there = sorted({result.text(key) or "" for result in chosen} - {""}, key=natural)
            raise InputError(f"--where {condition}: nothing here is so; {key} is {', '.join(there) or 'set nowhere'}")
        chosen = met
    if not chosen:
        raise InputError("no experiment of this folder is of these tasks and datasets; name others")
    return chosen


def choose_figures(
    figures: Sequence[Figure], keys: Sequence[str] = (), metrics: Sequence[str] = (), subsets: Sequence[str] = ()
) -> list[Figure]:
    """Return the figures that a table shows: of the headline metric and the whole, unless others are named or keys."""
    for name in metrics:
        _known("--metric", name, [figure.metric for figure in figures])
    for name in subsets:
        _known("--subset", name, [figure.subset for figure in figures])
    chosen = []
    for task in dict.fromkeys(figure.result.value("task") for figure in figures):
        mine = [figure for figure in figures if figure.result.value("task") == task]
        metric, subset = headline_of(mine, task)
        wanted = {
            "metric": metrics or ([] if "metric" in keys else [metric]),
            "subset": subsets or ([] if "subset" in keys else [subset]),
        }
        chosen += [f for f in mine if all(not wanted[key] or getattr(f, key) in wanted[key] for key in PLACE)]
    if not chosen:
        raise InputError("no experiment here has a figure of this metric in this subset; name others")
    return chosen


def _known(option: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise InputError(f"{option} {name!r}: nothing here is of it; {nearest(name, list(dict.fromkeys(known)))}")


def _is(result: Result, key: str, text: str) -> bool:
    try:
        return result.text(key) == text or bool(json.loads(text) == result.value(key) is not None)
    except (ValueError, RecursionError):
        return False
