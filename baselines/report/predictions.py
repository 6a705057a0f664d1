"""The predictions behind the tables as CSV, one file a task, one row a sample."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.experiments.tasks import TASKS, score_of
from baselines.files import atomic_path
from baselines.formats.challenge import PROBABILITY, RECOGNITION_KEYS, RUN
from baselines.report.study import NOT_RECORDED, Result
from baselines.scoring.outcomes import QUESTIONS, matched

SAMPLES = {
    "recognition": (*RECOGNITION_KEYS, "label", "prediction"),
    "spotting": ("dataset", "subject", "video", "side", "type", "onset", "offset", "result"),
    "str": ("dataset", "subject", "video", "side", "type", "onset", "offset", "emotion", "result"),
    **dict.fromkeys(QUESTIONS, ("dataset", "subject", "video", "id", "question", "answer", "prediction")),
}
EXPERIMENT = RUN[:-1]  # the dataset is that of the sample


def write_predictions(results: Sequence[Result], folder: Path) -> list[Path]:
    """Write predictions-TASK.csv of each task that was run, take away those of others, and return the files.

    After what tells the experiment and the fold: a clip has `p_CLASS`, its probability; an event stands on the `side`
    truth or predictions with its `result`, tp or fn, tp or fp, at the least IoU of the first figures.
    """
    written = []
    for task in TASKS:
        mine, path = [result for result in results if result.value("task") == task], folder / f"predictions-{task}.csv"
        if not mine:
            path.unlink(missing_ok=True)
            continue
        columns = (*EXPERIMENT, *SAMPLES[task], *_classes(mine))
        with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            lines = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
            lines.writeheader()
            for result in mine:
                lines.writerows(_rows(result))
        written.append(path)
    return written


def _classes(results: Sequence[Result]) -> list[str]:
    names = {
        name
        for result in results
        for fold in result.folds
        for sample in fold["predictions"]
        for name in sample.get("probabilities", ())
    }
    return [PROBABILITY + name for name in sorted(names)]


def _rows(result: Result) -> Iterator[dict[str, Any]]:
    task, table, recipe, seed = result.name
    verdicts = _verdicts(result) if task in ("spotting", "str") else {}
    places = dict.fromkeys(verdicts, 0)
    for fold in result.folds:
        told = {"recipe": recipe, "seed": seed, "table": table, "fold": fold["fold"]}
        told["protocol"] = fold.get("protocol", NOT_RECORDED)
        for side in verdicts or ("predictions",):
            for sample in fold[side]:
                row = {**told, **sample, **_probabilities(sample)}
                if verdicts:
                    row |= {"side": side, "result": verdicts[side][places[side]]}
                    places[side] += 1
                yield row


def _probabilities(sample: Mapping[str, Any]) -> dict[str, float]:
    return {PROBABILITY + name: p for name, p in sample.get("probabilities", {}).items()}


def _verdicts(result: Result) -> dict[str, list[str]]:
    """Return {side: tp, fn or fp of each of its events} in the order of the folds."""
    task = result.name[0]
    truth, predictions = score_of(task).sides(result.folds)[:2]
    i, j = matched(TASKS[task].scored_as, truth, predictions)
    verdicts = {"truth": ["fn"] * len(truth), "predictions": ["fp"] * len(predictions)}
    for side, places in zip(verdicts, (i, j)):
        for place in places:
            verdicts[side][place] = "tp"
    return verdicts
