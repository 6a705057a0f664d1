"""The experiments of a folder as a page goes through them: those of one task and dataset together, the best first."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from baselines.report.figures import Figure, headline_of, mean_of
from baselines.report.study import Result

MOST = 40  # recipes of which a page shows every class, subject, video and answer


class Group(NamedTuple):
    """The experiments of one task on one dataset, best recipe first, and the figure that orders them."""

    task: str
    dataset: str
    metric: str
    subset: str
    results: list[Result]

    @property
    def name(self) -> str:
        """What it is of, for readers."""
        return f"{self.task} on {self.dataset}"

    @property
    def first_seeds(self) -> list[Result]:
        """One experiment a recipe, that of its first seed, best first."""
        return list({result.recipe: result for result in reversed(self.results)}.values())[::-1]

    @property
    def best(self) -> Result | None:
        """The best recipe that is no floor, of its first seed."""
        return next((result for result in self.first_seeds if not result.floor), None)

    def shown(self) -> "Group":
        """Return the group with its `MOST` best recipes."""
        kept = {result.recipe for result in self.first_seeds[:MOST]}
        return self._replace(results=[result for result in self.results if result.recipe in kept])


def groups_of(results: Iterable[Result], figures: Sequence[Figure]) -> list[Group]:
    """Return experiments in groups, in the order of the figures."""
    found: dict[tuple[str, str], list[Result]] = {}
    mine = list(results)
    for figure in figures:
        found.setdefault(figure.result.name[:2], [])
    for result in mine:
        found.setdefault(result.name[:2], []).append(result)
    return [_group(task, dataset, group, figures) for (task, dataset), group in found.items() if group]


def _group(task: str, dataset: str, results: Sequence[Result], figures: Sequence[Figure]) -> Group:
    own = [figure for figure in figures if figure.result.name[:2] == (task, dataset)]
    metric, subset = headline_of(own, task)
    by_recipe: dict[str, list[Figure]] = {}
    for figure in own:
        if (figure.metric, figure.subset) == (metric, subset):
            by_recipe.setdefault(figure.result.recipe, []).append(figure)
    means = {recipe: mean_of(one).value for recipe, one in by_recipe.items()}

    def order(result: Result) -> tuple[bool, float, str, int]:
        value = means.get(result.recipe)
        return value is None, -(value or 0.0), result.recipe, result.name[3]

    return Group(task, dataset, metric, subset, sorted(results, key=order))


def cut_short(groups: Iterable[Group]) -> list[str]:
    """Return one line for each group of which a page shows not all recipes."""
    return [
        f"{group.name}: of {len(group.first_seeds)} recipes the best {MOST} by {group.metric} are shown one by one; "
        "the table of scores has all"
        for group in groups
        if len(group.first_seeds) > MOST
    ]
