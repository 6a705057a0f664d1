"""Whether a recipe beats the floor: paired comparisons of the recipes of a table with its best floor recipe."""

from baselines.experiments.tasks import score_of
from baselines.report.study import NAME

COLUMNS = ("versus", "difference", "difference_low", "difference_high", "p")


def with_floors(scores, results):
    """Return score rows with COLUMNS; empty (None) but for the headline metric of the task of each table.

    scores: rows of `tables.score_rows`; results: the `study.Result`s that they come from. `versus` is the floor
    recipe that has the highest figure, `difference` the recipe minus that one, with its 95 % interval and
    two-sided p (`metrics.uncertainty.paired_bootstraps`), rounded to 4 decimals.
    """
    predicted = {result.name: result.folds for result in results}
    best, found = _best_floors(scores, {result.name for result in results if result.floor}), {}
    completed = []
    for score in scores:
        columns = dict.fromkeys(COLUMNS)
        floor = best.get(_table(score))
        if floor not in (None, score["recipe"]) and score["metric"] == score_of(score["task"]).headline:
            key = _experiment(score), floor
            if key not in found:
                rows = predicted[_experiment(score)], predicted[_experiment(score | {"recipe": floor})]
                found[key] = score_of(score["task"]).difference(*rows, score["seed"])
            columns = _columns(floor, found[key].get(score["subset"]))
        completed.append(score | columns)
    return completed


def _best_floors(scores, floors):
    """{table: floor recipe with the highest headline figure}; the first by name where they are equal."""
    best = {}
    for score in sorted(scores, key=lambda score: score["recipe"]):
        if _experiment(score) not in floors or score["metric"] != score_of(score["task"]).headline:
            continue
        if score["value"] is not None and score["value"] > best.get(_table(score), (None, -1))[1]:
            best[_table(score)] = score["recipe"], score["value"]
    return {table: recipe for table, (recipe, _) in best.items()}


def _columns(floor, found):
    if found is None:
        return dict.fromkeys(COLUMNS)
    figures = (found[name] for name in ("difference", "low", "high", "p"))
    return dict(zip(COLUMNS, (floor, *(None if figure is None else round(figure, 4) for figure in figures))))


def _experiment(score):
    return tuple(score[name] for name in NAME)


def _table(score):
    return tuple(score[name] for name in ("task", "dataset", "subset", "seed"))
