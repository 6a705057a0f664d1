"""Whether recipes on the same folds differ: mean ranks, critical difference, pairs; over databases or subjects."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.experiments.tasks import TASKS, score_of
from baselines.metrics import ranks
from baselines.report.figures import Figure, headline_of, rounded, share_name
from baselines.report.study import Naming, Result
from baselines.report.table import Cell, Line, Table, p_text, significant
from baselines.scoring.outcomes import outcomes_of, per_subject

FEWEST_RECIPES = 3
FEWEST_DATABASES = 5  # for blocks that are databases
ENOUGH = 10  # blocks with which the chi-square approximation is a good one
LEVEL = 0.05


@dataclass(frozen=True)
class Ranked:
    """What is ranked: figures (N, K) of K recipes on N blocks, and how a report tells of it."""

    place: dict[str, str]  # task and dataset
    results: list[Result]  # one of each recipe
    scores: NDArray[np.float64]
    metric: str
    blocks: str
    gaps: list[str]


def rank_tables(results: Sequence[Result], figures: Sequence[Figure]) -> tuple[list[Table], list[Table]]:
    """Return (tables of mean ranks, tables of pairs), of all recipes that stand on the same folds, three or more.

    Blocks are databases where the same recipes ran on five or more, else the subjects of one table.
    """
    found = [
        ranked
        for task in dict.fromkeys(result.value("task") for result in results)
        for ranked in _of_task(
            task,
            [result for result in results if result.value("task") == task],
            [figure for figure in figures if figure.result.value("task") == task],
        )
    ]
    pairs = [ranks.wilcoxon_holm(ranked.scores) for ranked in found]
    return list(map(_rank_table, found, pairs)), list(map(_pair_table, found, pairs))


def _of_task(task: str, results: Sequence[Result], figures: Sequence[Figure]) -> Iterator[Ranked]:
    tables: dict[str, list[Result]] = {}
    for result in results:
        tables.setdefault(result.value("dataset"), []).append(result)
    alike: dict[str, list[str]] = {}  # tables that differ in the one database only
    for name in tables:
        alike.setdefault(name if "+" in name else name.partition(" (")[2], []).append(name)
    for names in alike.values():
        over_databases = _over_databases(task, names, figures) if len(names) >= FEWEST_DATABASES else None
        if over_databases:
            yield over_databases
            continue
        for name in names:
            over_subjects = _over_subjects(task, name, tables[name])
            if over_subjects:
                yield over_subjects


def _over_databases(task: str, names: Sequence[str], figures: Sequence[Figure]) -> Ranked | None:
    metric, subset = headline_of(figures, task)
    values: dict[str, dict[str, list[float]]] = {}
    first: dict[str, Result] = {}
    for figure in figures:
        name, recipe = figure.result.value("dataset"), figure.result.recipe
        if name in names and (figure.metric, figure.subset) == (metric, subset) and figure.value is not None:
            values.setdefault(recipe, {}).setdefault(name, []).append(figure.value)
            first.setdefault(recipe, figure.result)
    complete = [recipe for recipe, mine in values.items() if len(mine) == len(names)]
    if len(complete) < FEWEST_RECIPES:
        return None
    return Ranked(
        {"task": task, "dataset": f"{len(names)} databases"},
        [first[recipe] for recipe in complete],
        np.array([[np.mean(values[recipe][name]) for recipe in complete] for name in names]),
        metric,
        f"{len(names)} databases: {', '.join(names)}",
        _not_ranked([recipe for recipe in values if recipe not in complete], "they did not run on all of these"),
    )


def _over_subjects(task: str, dataset: str, results: Sequence[Result]) -> Ranked | None:
    recipes: dict[str, list[Result]] = {}
    for result in results:
        recipes.setdefault(result.recipe, []).append(result)
    on_same: dict[str, list[str]] = {}
    for recipe, mine in recipes.items():
        on_same.setdefault(_folds(task, mine), []).append(recipe)
    together = max(on_same.values(), key=len)
    shares = [_shares(task, recipes[recipe]) for recipe in together]
    subjects = list(shares[0]) if shares else []
    if len(together) < FEWEST_RECIPES or len(subjects) < 2:
        return None
    metric = share_name(task)
    return Ranked(
        {"task": task, "dataset": dataset},
        [recipes[recipe][0] for recipe in together],
        np.array([[mine[subject] for mine in shares] for subject in subjects]),
        metric,
        f"{len(subjects)} subjects, {metric} of each",
        _not_ranked([recipe for recipe in recipes if recipe not in together], "they ran on other folds or seeds"),
    )


def _folds(task: str, results: Sequence[Result]) -> str:
    """Return a text that is equal for recipes that were tested on the same samples in the same folds, seed by seed."""
    told = [
        [result.value("seed"), [fold["fold"] for fold in result.folds], score_of(task).sides(result.folds).truth]
        for result in results
    ]
    return json.dumps(told, sort_keys=True)


def _shares(task: str, results: Sequence[Result]) -> dict[tuple[str, str], float]:
    """Return {subject: the mean over seeds of what is right}, of subjects with a sample.

    Of questions those for a class count, of the first kind that is asked.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for result in results:
        outcomes = outcomes_of(TASKS[task].scored_as, result.folds)
        for figures in per_subject(next(filter(None, outcomes.values()), [])):
            if figures.n:
                found.setdefault((figures.dataset, figures.subject), []).append(figures.share)
    return {subject: float(np.mean(shares)) for subject, shares in found.items()}


def _not_ranked(recipes: Sequence[str], why: str) -> list[str]:
    return [f"not ranked, because {why}: {', '.join(recipes)}"] if recipes else []


def _rank_table(ranked: Ranked, pairs: Sequence[ranks.Pair]) -> Table:
    blocks, number = ranked.scores.shape
    mean_ranks, means = ranks.mean_ranks(ranked.scores), ranked.scores.mean(axis=0)
    statistic, p = ranks.friedman(ranked.scores)
    difference = ranks.critical_difference(number, blocks, LEVEL)
    letters = _letters(ranks.groups(mean_ranks, difference), number)
    order = np.argsort(mean_ranks, kind="stable").tolist()
    against_best = {
        other: pair.corrected
        for pair in pairs
        for one, other in ((pair.first, pair.second), (pair.second, pair.first))
        if one == order[0]
    }
    naming = Naming.of(ranked.results)
    lines: list[Line] = []
    records = []
    for n in order:
        recipe = ranked.results[n].recipe
        lines.append(
            [
                *naming.cells[recipe],
                Cell(float(mean_ranks[n]), contest="rank", lower=True, digits=2),
                Cell(float(means[n]), contest="mean"),
                letters[n],
                p_text(against_best[n]) if n in against_best else "-",
            ]
        )
        records.append(
            {
                **ranked.place,
                "recipe": recipe,
                "mean_rank": rounded(float(mean_ranks[n])),
                "metric": ranked.metric,
                "value": rounded(float(means[n])),
                "groups": letters[n],
                "p_best": significant(against_best[n]) if n in against_best else None,
                "blocks": blocks,
                "recipes": number,
                "friedman": rounded(statistic),
                "friedman_p": significant(p),
                "critical_difference": rounded(difference),
            }
        )
    return Table(
        f"ranks-{'-'.join(ranked.place.values())}",
        f"Mean ranks in {ranked.place['task']} on {ranked.place['dataset']}",
        len(naming.header),
        [*naming.header, "mean rank", ranked.metric, "group", "p"],
        lines,
        records,
        [
            f"blocks: {ranked.blocks}",
            f"Friedman's test: chi-square {statistic:.2f} with {number - 1} degrees of freedom, p {_relation(p)}"
            + ("; no difference is shown" if p >= LEVEL else "")
            + (f"; rough with no more than {ENOUGH} blocks" if blocks <= ENOUGH else ""),
            "group: recipes with a letter in common do not differ in Nemenyi's test (critical difference of mean "
            f"ranks {difference:.2f} at {LEVEL:.0%})",
            f"p: against the best rank, Wilcoxon's signed ranks, after Holm for all {number * (number - 1) // 2} pairs",
        ],
        gaps=ranked.gaps,
    )


def _pair_table(ranked: Ranked, pairs: Sequence[ranks.Pair]) -> Table:
    names = [result.recipe for result in ranked.results]
    return Table(
        f"pairs-{'-'.join(ranked.place.values())}",
        f"Pairs of recipes in {ranked.place['task']} on {ranked.place['dataset']}",
        2,
        ["first", "second", f"difference in {ranked.metric}", "p", "p after Holm"],
        [
            [names[one.first], names[one.second], Cell(one.difference), p_text(one.p), p_text(one.corrected)]
            for one in pairs
        ],
        [
            {
                **ranked.place,
                "first": names[one.first],
                "second": names[one.second],
                "metric": ranked.metric,
                "difference": rounded(one.difference),
                "p": significant(one.p),
                "p_holm": significant(one.corrected),
                "blocks": len(ranked.scores),
            }
            for one in pairs
        ],
        [f"blocks: {ranked.blocks}", "Wilcoxon's signed ranks, first minus second"],
        gaps=ranked.gaps,
    )


def _letters(groups: Sequence[Sequence[int]], number: int) -> list[str]:
    """Return the letters of the groups that each recipe is in."""
    letters = [chr(ord("a") + n % 26) + str(n // 26 or "") for n in range(len(groups))]
    return ["".join(letter for letter, group in zip(letters, groups) if n in group) for n in range(number)]


def _relation(p: float) -> str:
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"
