"""Tables from result rows: scores.csv is the truth, Markdown is derived from it, timings stand apart."""

import warnings
from pathlib import Path

from baselines.errors import one_line
from baselines.experiments.rows import Notes
from baselines.experiments.tasks import TASKS, score_of
from baselines.files import csv_text, write_text
from baselines.metrics.uncertainty import LEVEL, RESAMPLES
from baselines.recognition.protocols import SAMPLE_WISE
from baselines.report import floors
from baselines.report.environments import mixed_environments, write_environments
from baselines.report.published import published_beside
from baselines.report.timings import TIMING_COLUMNS, timing_rows

SCORE_COLUMNS = (
    "task", "dataset", "subset", "recipe", "seed", "metric", "value", "ci_low", "ci_high", "n", *floors.COLUMNS,
    "signature", "protocol", "classes",
)  # fmt: skip
NOT_INDEPENDENT = (
    "Not subject-independent: what tests a clip was trained on other clips of the same subject. For comparison "
    "with papers that did so, and with nothing else."
)


def score_rows(results):
    """Return one mapping (SCORE_COLUMNS) a figure; `results` holds a list of rows for each experiment.

    Values are rounded to 4 decimals; the columns of `floors` compare a recipe with the best floor recipe.
    """
    scores = []
    for rows in results:
        fixed = {c: rows[0][c] for c in ("task", "dataset", "recipe", "seed")}
        fixed |= {c: rows[0].get(c, "not recorded") for c in ("protocol", "classes")}
        try:
            figures = score_of(fixed["task"]).table(rows, fixed["seed"])
        except Exception as error:  # rows that were damaged on disk: the others are tabled
            warnings.warn(f"{fixed['recipe']} on {fixed['dataset']}: no figures ({one_line(error)})", stacklevel=2)
            continue
        for figure in figures:
            rounded = {c: None if figure[c] is None else round(figure[c], 4) for c in ("value", "ci_low", "ci_high")}
            scores.append({**fixed, **figure, **rounded})
    order = list(TASKS)
    scores.sort(key=lambda s: (order.index(s["task"]), s["dataset"], s["subset"] != "all", s["subset"]))
    return floors.with_floors(scores, results)


def write_tables(results, folder):
    """Write scores.csv, scores.md, timings.csv and environment.json to a folder and return the score rows.

    What the last two tell stands in the rows and in the notes beside them (`experiments.rows.Notes`).
    """
    folder = Path(folder)
    scores = score_rows(results)
    blank = [{c: "" if s[c] is None else s[c] for c in SCORE_COLUMNS} for s in scores]
    write_text(folder / "scores.csv", csv_text(SCORE_COLUMNS, blank))
    write_text(folder / "scores.md", markdown_tables(scores))
    notes = Notes(folder)
    timings = timing_rows(results, notes.preparations)
    write_text(folder / "timings.csv", csv_text(TIMING_COLUMNS, timings))
    write_environments(results, notes.environments, folder / "environment.json")
    for line in mixed_environments(results, notes.environments):
        warnings.warn(line, stacklevel=2)
    return scores


def markdown_tables(scores):
    """Return score rows as Markdown: one table a task, dataset and subset, a line a recipe, intervals in brackets.

    F1 of spotting at other IoU (`f1@0.2`) stands in a table of its own, beside that at .5. Published figures of the
    same database follow in a table of their own.
    """
    groups = {}
    for score in scores:
        groups.setdefault((score["task"], score["dataset"], score["subset"]), []).append(score)
    tables = [_markdown_table(*key, group) for key, group in groups.items()]
    signatures = dict.fromkeys(score["signature"] for score in scores)
    lines = [f"- `{signature}`" for signature in signatures]
    if any(score["versus"] for score in scores):
        lines.append(
            f"- vs: recipe minus floor in the first metric of the table, paired bootstrap over subjects ({RESAMPLES} "
            f"resamples, the seed of the recipe), {LEVEL:.0%} interval, two-sided p, not corrected for several tests"
        )
    return "\n".join([*tables, "Computed as:\n", *lines, ""])


def _markdown_table(task, dataset, subset, scores):
    every = list(dict.fromkeys(s["metric"] for s in scores))
    metrics = [metric for metric in every if "@" not in metric]
    by_iou = [metric for metric in every if "@" in metric] + ["f1"]
    cells = {}
    for score in scores:
        cells.setdefault((score["recipe"], score["seed"]), {})[score["metric"]] = score
    seeds = {seed for _, seed in cells}
    compared = list(dict.fromkeys(s["versus"] for s in scores if s["versus"]))
    lines = [["recipe", *metrics, *([f"vs {' or '.join(compared)}"] if compared else [])]]
    at_iou = [["recipe", *by_iou]]
    for (recipe, seed), found in cells.items():
        name = recipe if len(seeds) == 1 else f"{recipe} (seed {seed})"
        difference = [_difference(found.values())] if compared else []
        lines.append([name, *(_cell(found.get(metric)) for metric in metrics), *difference])
        at_iou.append([name, *(_cell(found.get(metric)) for metric in by_iou)])
    n = max(score["n"] for score in scores)
    title = f"### {task} on {dataset}" + (f": {subset}" if subset != "all" else "") + f" (n = {n})"
    parts = [title, "", _grid(lines), ""]
    if scores[0].get("protocol") == SAMPLE_WISE:
        parts += [NOT_INDEPENDENT, ""]
    if len(by_iou) > 1:
        parts += ["F1 by the least IoU of a hit (f1: 0.5):", "", _grid(at_iou), ""]
    beside = published_beside(scores)
    if beside:
        parts += [beside[0], "", _grid(beside[1]), ""]
    return "\n".join(parts)


def _grid(lines):
    """Return lines of cells, the header first, as a Markdown table."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)


def _cell(score):
    if score is None or score["value"] is None:
        return "-"
    if score["ci_low"] is None:
        return _number(score["value"])
    return f"{_number(score['value'])} [{_number(score['ci_low'])}, {_number(score['ci_high'])}]"


def _difference(scores):
    for score in scores:
        if score["versus"]:
            bounds = f" [{score['difference_low']:+.3f}, {score['difference_high']:+.3f}]" if score["p"] else ""
            return f"{score['difference']:+.3f}{bounds}" + (f" p = {score['p']:.3f}" if score["p"] else "")
    return "-"


def _number(value):
    return str(value) if isinstance(value, int) else f"{value:.3f}"
