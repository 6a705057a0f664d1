"""Tables from result rows: scores.csv is the truth, Markdown is derived from it, timings stand apart."""

from pathlib import Path

from baselines.files import csv_text, write_text
from baselines.tasks import TASKS

SCORE_COLUMNS = (
    "task", "dataset", "subset", "recipe", "seed", "metric", "value", "ci_low", "ci_high", "n", "signature",
)  # fmt: skip
TIMING_COLUMNS = ("task", "dataset", "recipe", "seed", "folds", "seconds", "peak_mb")


def score_rows(results):
    """Return one mapping (SCORE_COLUMNS) a figure; `results` holds a list of rows for each experiment.

    Values are rounded to 4 decimals.
    """
    scores = []
    for rows in results:
        fixed = {c: rows[0][c] for c in ("task", "dataset", "recipe", "seed")}
        for figure in TASKS[fixed["task"]].evaluate(rows, fixed["seed"]):
            rounded = {c: None if figure[c] is None else round(figure[c], 4) for c in ("value", "ci_low", "ci_high")}
            scores.append({**fixed, **figure, **rounded})
    order = list(TASKS)
    scores.sort(key=lambda s: (order.index(s["task"]), s["dataset"], s["subset"] != "all", s["subset"]))
    return scores


def write_tables(results, folder):
    """Write scores.csv, scores.md and timings.csv to a folder and return the score rows."""
    folder = Path(folder)
    scores = score_rows(results)
    blank = [{c: "" if s[c] is None else s[c] for c in SCORE_COLUMNS} for s in scores]
    write_text(folder / "scores.csv", csv_text(SCORE_COLUMNS, blank))
    write_text(folder / "scores.md", markdown_tables(scores))
    timings = [
        {
            **{c: rows[0][c] for c in ("task", "dataset", "recipe", "seed")},
            "folds": len(rows),
            "seconds": round(sum(row["seconds"] for row in rows), 2),
            "peak_mb": max((row["peak_mb"] for row in rows), default=0),
        }
        for rows in results
    ]
    write_text(folder / "timings.csv", csv_text(TIMING_COLUMNS, timings))
    return scores


def markdown_tables(scores):
    """Return score rows as Markdown: one table a task, dataset and subset, a line a recipe, intervals in brackets."""
    groups = {}
    for score in scores:
        groups.setdefault((score["task"], score["dataset"], score["subset"]), []).append(score)
    tables = [_markdown_table(*key, group) for key, group in groups.items()]
    signatures = dict.fromkeys(score["signature"] for score in scores)
    return "\n".join([*tables, "Computed as:\n", *(f"- `{signature}`" for signature in signatures), ""])


def _markdown_table(task, dataset, subset, scores):
    metrics = list(dict.fromkeys(s["metric"] for s in scores))
    cells = {}
    for score in scores:
        cells.setdefault((score["recipe"], score["seed"]), {})[score["metric"]] = score
    seeds = {seed for _, seed in cells}
    lines = [["recipe", *metrics]]
    for (recipe, seed), found in cells.items():
        name = recipe if len(seeds) == 1 else f"{recipe} (seed {seed})"
        lines.append([name, *(_cell(found.get(metric)) for metric in metrics)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    n = max(score["n"] for score in scores)
    title = f"### {task} on {dataset}" + (f": {subset}" if subset != "all" else "") + f" (n = {n})"
    return "\n".join([title, "", *rows, ""])


def _cell(score):
    if score is None or score["value"] is None:
        return "-"
    if score["ci_low"] is None:
        return _number(score["value"])
    return f"{_number(score['value'])} [{_number(score['ci_low'])}, {_number(score['ci_high'])}]"


def _number(value):
    return str(value) if isinstance(value, int) else f"{value:.3f}"
