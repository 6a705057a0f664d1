"""Tables from result rows: scores.csv is the truth, Markdown is derived from it, timings stand apart."""

import warnings
from pathlib import Path

from baselines.experiments.rows import Notes
from baselines.files import csv_text, write_text
from baselines.metrics.uncertainty import LEVEL, RESAMPLES
from baselines.recognition.protocols import SAMPLE_WISE
from baselines.report import floors
from baselines.report.environments import mixed_environments, write_environments
from baselines.report.figures import PLACE, figures_of, rounded
from baselines.report.markdown import grid
from baselines.report.predictions import write_predictions
from baselines.report.published import published_beside
from baselines.report.study import NAME, results_of, unnoted, varied_keys
from baselines.report.timings import TIMING_COLUMNS, timing_rows

SCORE_COLUMNS = (
    "task", "dataset", "subset", "recipe", "seed", "metric", "value", "ci_low", "ci_high", "n", *floors.COLUMNS,
    "signature", "protocol", "classes", "n_failed",
)  # fmt: skip
NOT_INDEPENDENT = (
    "Not subject-independent: what tests a clip was trained on other clips of the same subject. For comparison "
    "with papers that did so, and with nothing else."
)


def score_rows(results, recipes=None):
    """Return one mapping a figure: SCORE_COLUMNS and, where anything is varied, `base` and what is.

    results: a list of rows for each experiment; recipes: {digest: note}, as `experiments.rows.Notes.recipes`. Values
    are rounded to 4 decimals; the columns of `floors` compare a recipe with the best floor recipe. What a recipe does
    not have of what others vary is None.
    """
    return _score_rows(results_of(results, recipes))[0]


def write_tables(results, folder):
    """Write scores.csv, scores.md, predictions-*.csv, timings.csv and environment.json; return the score rows.

    What the last two tell stands in the rows and in the notes beside them (`experiments.rows.Notes`). Where there is no
    figure nothing is written.
    """
    folder = Path(folder)
    notes = Notes(folder)
    told = results_of(results, notes.recipes)
    for line in unnoted(told, folder):
        warnings.warn(line, stacklevel=2)
    scores, failed = _score_rows(told)
    if not scores:
        return scores
    columns = list(scores[0])
    blank = [{c: "" if s[c] is None else s[c] for c in columns} for s in scores]
    write_text(folder / "scores.csv", csv_text(columns, blank))
    write_text(folder / "scores.md", markdown_tables(scores))
    write_predictions([result for result in told if result.name not in failed], folder)
    timings = timing_rows(results, notes.preparations)
    write_text(folder / "timings.csv", csv_text(TIMING_COLUMNS, timings))
    write_environments(results, notes.environments, folder / "environment.json")
    for line in mixed_environments(results, notes.environments):
        warnings.warn(line, stacklevel=2)
    return scores


def _score_rows(results):
    """Return (score rows, the names of experiments that have none because their rows were damaged on disk)."""
    figures, failures = figures_of(results)
    for _, line in failures:
        warnings.warn(line, stacklevel=3)
    return figure_rows(figures, results), {result.name for result, _ in failures}


def figure_rows(figures, results):
    """Return figures as rows of scores.csv; results: the experiments that they are of."""
    scores = [
        {
            **dict(zip(NAME, figure.result.name)),
            **{place: getattr(figure, place) for place in (*PLACE, "n", "signature")},
            **{bound: rounded(getattr(figure, bound)) for bound in ("value", "ci_low", "ci_high")},
            **{key: figure.result.value(key) for key in ("protocol", "classes")},
            "n_failed": figure.result.n_failed,
        }
        for figure in figures
    ]
    scores = floors.with_floors(scores, results)
    keys = varied_keys(results)
    varied = [{key: _setting(figure.result, key) for key in (("base", *keys) if keys else ())} for figure in figures]
    return [{column: score[column] for column in SCORE_COLUMNS} | mine for score, mine in zip(scores, varied)]


def _setting(result, key):
    """Return a setting as a number, or as text."""
    value = result.value(key)
    return value if type(value) in (int, float) else result.text(key)


def markdown_tables(scores):
    """Return score rows as Markdown: one table a task, dataset and subset, a line a recipe, intervals in brackets.

    A cell of a grid is named by its recipe and by what is varied. F1 of spotting at other IoU (`f1@0.2`) stands in a
    table of its own, beside that at .5. Published figures of the same database follow in a table of their own.
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
    compared = list(dict.fromkeys(s["versus"] for s in scores if s["versus"]))
    header, names = _names(scores)
    lines = [[*header, *metrics, *([f"vs {' or '.join(compared)}"] if compared else [])]]
    at_iou = [[*header, *by_iou]]
    for place, found in cells.items():
        difference = [_difference(found.values())] if compared else []
        lines.append([*names[place], *(_cell(found.get(metric)) for metric in metrics), *difference])
        at_iou.append([*names[place], *(_cell(found.get(metric)) for metric in by_iou)])
    n = max(score["n"] for score in scores)
    title = f"### {task} on {dataset}" + (f": {subset}" if subset != "all" else "") + f" (n = {n})"
    parts = [title, "", grid(lines), ""]
    if scores[0].get("protocol") == SAMPLE_WISE:
        parts += [NOT_INDEPENDENT, ""]
    if len(by_iou) > 1:
        parts += ["F1 by the least IoU of a hit (f1: 0.5):", "", grid(at_iou), ""]
    beside = published_beside(scores)
    if beside:
        parts += [beside[0], "", grid(beside[1]), ""]
    return "\n".join(parts)


def _names(scores):
    """Return (header, {(recipe, seed): cells}) of the lines of a table.

    The recipe that cells of a grid come from and what is varied stand in columns of their own, if that says all.
    """
    keys = [key for key in scores[0] if key not in (*SCORE_COLUMNS, "base") if any(s[key] is not None for s in scores)]
    cells = {
        (s["recipe"], s["seed"]): [s["base"], *("-" if s[key] is None else str(s[key]) for key in keys)] if keys else []
        for s in scores
    }
    recipes, seeds = ({place[n] for place in cells} for n in (0, 1))
    if not keys or len({tuple(cells[place]) for place in cells}) < len(recipes):
        keys, cells = [], {(recipe, seed): [recipe] for recipe, seed in cells}
    if len(seeds) > 1:
        cells = {(recipe, seed): [f"{first} (seed {seed})", *more] for (recipe, seed), (first, *more) in cells.items()}
    return ["recipe", *keys], cells


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
