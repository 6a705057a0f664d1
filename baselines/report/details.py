"""What stands behind the figures of a table: each class, each subject, confusions."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from baselines.experiments.tasks import TASKS
from baselines.report.figures import rounded, share_name
from baselines.report.study import Naming, Result
from baselines.report.table import Cell, Line, Table
from baselines.scoring.outcomes import ClassFigures, Outcome, SubjectFigures, classes_of, confusion, outcomes_of
from baselines.scoring.outcomes import per_class as figures_of_classes
from baselines.scoring.outcomes import per_subject as figures_of_subjects

CLASS_FIGURES = ("precision", "recall", "f1")
FOUND = "n: events of the class that were found, with whatever class"


class Part(NamedTuple):
    """The results of one task on one dataset, and what became of their samples; kind: of question."""

    task: str
    dataset: str
    kind: str
    outcomes: list[tuple[Result, list[Outcome]]]

    @property
    def name(self) -> str:
        """The name of the part in names of files."""
        return "-".join(filter(None, (self.task, self.dataset, self.kind)))

    @property
    def of(self) -> str:
        """The name of the part in titles."""
        return f"{self.task} on {self.dataset}" + (f", {self.kind} classes" if self.kind else "")

    def record(self, result: Result) -> dict[str, Any]:
        """Return how records of a result begin."""
        kind = {"question": self.kind} if self.kind else {}
        return {"task": self.task, "dataset": self.dataset, **kind, "recipe": result.recipe, "seed": result.name[3]}


def class_tables(results: Sequence[Result]) -> list[Table]:
    """Return precision, recall and F1 of each class, a table a task and dataset; means over seeds."""
    return [_class_table(part) for part in _parts(results) if part.task != "spotting"]


def subject_tables(results: Sequence[Result]) -> list[Table]:
    """Return what is right of each subject, a column a recipe; means over seeds."""
    return [_subject_table(part) for part in _parts(results)]


def confusion_tables(results: Sequence[Result]) -> list[Table]:
    """Return the confusion of each recipe and seed, a table a task and dataset."""
    return [_confusion_table(part) for part in _parts(results) if part.task != "spotting"]


def _parts(results: Sequence[Result]) -> Iterator[Part]:
    groups: dict[tuple[str, str, str], list[tuple[Result, list[Outcome]]]] = {}
    for result in results:
        task, dataset = result.value("task"), result.value("dataset")
        for kind, outcomes in outcomes_of(TASKS[task].scored_as, result.folds).items():
            if outcomes:
                groups.setdefault((task, dataset, kind), []).append((result, outcomes))
    return (Part(*name, outcomes) for name, outcomes in groups.items())


def _class_table(part: Part) -> Table:
    naming = Naming.of([result for result, _ in part.outcomes])
    found: dict[tuple[str, str], list[ClassFigures]] = {}
    records = []
    for result, outcomes in part.outcomes:
        for figures in figures_of_classes(outcomes):
            found.setdefault((result.recipe, figures.label), []).append(figures)
            numbers = {name: rounded(getattr(figures, name)) for name in CLASS_FIGURES}
            records.append(part.record(result) | {"class": figures.label, **numbers, "n": figures.n})
    lines: list[Line] = [
        [
            *naming.cells[recipe],
            label,
            *(_mean([getattr(one, name) for one in mine], (label, name)) for name in CLASS_FIGURES),
            _mean([one.n for one in mine]),
        ]
        for (recipe, label), mine in found.items()
    ]
    return Table(
        f"classes-{part.name}",
        f"Each class in {part.of}",
        len(naming.header) + 1,
        [*naming.header, "class", "precision", "recall", "F1", "n"],
        lines,
        records,
        [*([FOUND] if part.task == "str" else []), *_seeds(part)],
    )


def _subject_table(part: Part) -> Table:
    naming = Naming.of([result for result, _ in part.outcomes])
    share = share_name(part.task)
    found: dict[tuple[str, str], dict[str, list[SubjectFigures]]] = {}
    records = []
    for result, outcomes in part.outcomes:
        for one in figures_of_subjects(outcomes):
            found.setdefault((one.dataset, one.subject), {}).setdefault(result.recipe, []).append(one)
            numbers = {"n": one.n, "predicted": one.predicted, "right": one.right, share: rounded(one.share)}
            records.append(part.record(result) | {"database": one.dataset, "subject": one.subject, **numbers})
    lines: list[Line] = [
        [
            *subject,
            str(max(one.n for mine in by_recipe.values() for one in mine)),
            *(_mean([one.share for one in by_recipe.get(recipe, ())]) for recipe in naming.cells),
        ]
        for subject, by_recipe in sorted(found.items())
    ]
    return Table(
        f"subjects-{part.name}",
        f"Each subject in {part.of}: {share}",
        3,
        ["database", "subject", "n", *(", ".join(cells) for cells in naming.cells.values())],
        lines,
        records,
        _seeds(part),
        "recipe",
    )


def _confusion_table(part: Part) -> Table:
    naming = Naming.of([result for result, _ in part.outcomes])
    labels = sorted({label for _, outcomes in part.outcomes for label in classes_of(outcomes)})
    several = len({result.name[3] for result, _ in part.outcomes}) > 1
    lines: list[Line] = []
    records = []
    for result, outcomes in part.outcomes:
        mine = classes_of(outcomes)
        for label, row in zip(mine, confusion(outcomes).tolist()):
            counts = dict(zip((*mine, "another"), row))
            named = [*naming.cells[result.recipe], *([str(result.name[3])] if several else [])]
            lines.append([*named, label, *(Cell(counts.get(name)) for name in (*labels, "another"))])
            records += [part.record(result) | {"true": label, "predicted": name, "n": n} for name, n in counts.items()]
    header = [*naming.header, *(["seed"] if several else []), "true"]
    notes = [FOUND.removeprefix("n: ")] if part.task == "str" else []
    return Table(
        f"confusion-{part.name}",
        f"Confusion in {part.of}",
        len(header),
        [*header, *labels, "another"],
        lines,
        records,
        [*notes, "another: a prediction of no class in the truth"],
        "predicted",
    )


def _mean(values: Sequence[float], contest: Any = None) -> Cell:
    if not values:
        return Cell(None)
    if len(values) == 1 or (len(set(values)) == 1 and isinstance(values[0], int)):
        return Cell(values[0], contest=contest, seeds=len(values))
    return Cell(float(np.mean(values)), float(np.std(values, ddof=1)), contest=contest, seeds=len(values))


def _seeds(part: Part) -> list[str]:
    seeds = sorted({result.name[3] for result, _ in part.outcomes})
    return [f"mean ± sample standard deviation over seeds {', '.join(map(str, seeds))}"] if len(seeds) > 1 else []


Tables = Callable[[Sequence[Result]], list[Table]]
DETAILS: dict[str, Tables] = {"classes": class_tables, "subjects": subject_tables, "confusion": confusion_tables}
