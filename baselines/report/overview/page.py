"""The page of an output folder, put together from its sections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines.experiments.rows import Notes
from baselines.report.figures import Figure
from baselines.report.overview import summary
from baselines.report.overview.ablation import grids, shades
from baselines.report.overview.answers import answers
from baselines.report.overview.events import TASKS_OF_VIDEOS
from baselines.report.overview.footage import Footage, open_footage
from baselines.report.overview.gallery import gallery
from baselines.report.overview.groups import Group, cut_short, groups_of
from baselines.report.overview.hardest import hardest
from baselines.report.overview.matrices import class_strips, confusions, subject_strips
from baselines.report.overview.published import published_marks
from baselines.report.overview.timelines import timelines
from baselines.report.overview.tradeoff import tradeoff
from baselines.report.pages.page import render
from baselines.report.study import Result
from baselines.report.table import Cell, Table, named_apart
from baselines.scoring.outcomes import QUESTIONS

SECTIONS = (
    ("ran", "What was run"),
    ("scores", "Scores"),
    ("forest", "Forest plots"),
    ("grids", "What was varied"),
    ("tables", "Tables"),
    ("confusions", "Confusions"),
    ("classes", "Each class"),
    ("subjects", "Each subject"),
    ("tradeoffs", "Misses against false alarms"),
    ("timelines", "Timelines"),
    ("galleries", "Hits, misses and false alarms"),
    ("hardest", "What most recipes get wrong"),
    ("answers", "Answers side by side"),
)
NO_SCORES = "the intervals of these rows have no scores, so no trade-off is drawn"
Score = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What a page is made of: experiments, their figures, not rounded, and the same as the rows of scores.csv.

    told: lines on what the folder lacks, which the page repeats. root: the folder that holds the data.
    """

    folder: Path
    results: Sequence[Result]
    figures: Sequence[Figure]
    scores: Sequence[Score]
    told: Sequence[str] = ()
    root: Path | str | None = None
    tables: Sequence[Table] = field(default_factory=tuple)


def overview_page(made: Told) -> str:
    """Return the page of everything that a folder holds; its tables, such as of ranks, among the rest."""
    groups = groups_of(made.results, made.figures)
    shown = [group.shown() for group in groups]
    footage = open_footage(made.results, made.root)
    values = {
        **_summary(made, groups),
        **_of_samples(shown, footage),
        "scores": made.scores,
        "forest": [{"name": group.name, "task": group.task, "dataset": group.dataset} for group in groups],
        "confusions": [one for group in shown if group.task != "spotting" for one in confusions(group)],
        "classes": [strip for group in shown if group.task != "spotting" for strip in class_strips(group)],
        "subjects": [strip for group in shown for strip in subject_strips(group)],
        "tables": [table_values(table) for table in made.tables],
    }
    pivots, without = grids(made.results, made.figures)
    named_apart([*pivots, *made.tables])
    data = _data(made, groups, shown, footage)
    values["grids"] = [table_values(table, shaded=True) for table in pivots]
    values |= {name: [one["name"] for one in data[name]] for name in ("tradeoffs", "timelines", "answers")}
    told = [*made.told, *cut_short(groups), *without, *footage.told]
    told += [NO_SCORES] if not data["tradeoffs"] and any(group.task == "spotting" for group in groups) else []
    return _rendered(made.folder, values, data, told)


def tables_page(folder: Path, tables: Sequence[Table], shaded: Sequence[Table], told: Sequence[str]) -> str:
    """Return a page of tables alone; the figures of some of them are shaded."""
    values = {"grids": [table_values(t, True) for t in shaded], "tables": [table_values(t) for t in tables]}
    return _rendered(folder, values, {}, told)


def _rendered(folder: Path, values: dict[str, Any], data: Any, told: Sequence[str]) -> str:
    every = {name: values.get(name) or [] for name, _ in SECTIONS}
    sections = [{"id": name, "title": title} for name, title in SECTIONS if every[name]]
    extra = {"title": f"Results in {folder.resolve().name}", "sections": sections, "told": list(dict.fromkeys(told))}
    return render("study.html", {**values, **every, **extra}, data, ("study.css",), ("study.js",))


def _summary(made: Told, groups: Sequence[Group]) -> dict[str, Any]:
    notes = Notes(made.folder)
    return {
        "ran": summary.ran(groups, made.scores),
        "options": summary.options(made.results),
        "command": summary.command(made.results),
        "environments": summary.environments(made.results, notes),
        "timings": summary.timings(made.results, notes),
    }


def _of_samples(groups: Sequence[Group], footage: Footage) -> dict[str, Any]:
    return {
        "galleries": [one for group in groups if (one := gallery(group, footage))],
        "hardest": [one for group in groups if (one := hardest(group, footage))],
    }


def _data(made: Told, groups: Sequence[Group], shown: Sequence[Group], footage: Footage) -> dict[str, Any]:
    """Return what the script draws: figures by place, trade-offs, timelines, answers."""
    floors = {result.recipe for result in made.results if result.floor}
    curves = [{"name": group.name, "curves": tradeoff(group)} for group in shown if group.task == "spotting"]
    columns = ("task", "dataset", "subset", "recipe", "seed", "metric", "value", "ci_low", "ci_high", "n")
    heads = [[group.task, group.dataset, group.metric, group.subset] for group in groups]
    return {
        "columns": columns,
        "scores": [[score[column] for column in columns] for score in made.scores],
        "floors": sorted(floors),
        "heads": heads,
        "published": published_marks(made.scores),
        "tradeoffs": [one for one in curves if one["curves"]],
        "timelines": [
            {"name": group.name, "videos": timelines(group, footage)}
            for group in shown
            if group.task in TASKS_OF_VIDEOS
        ],
        "answers": [answers(group) for group in shown if group.task in QUESTIONS],
    }


def table_values(table: Table, shaded: bool = False) -> dict[str, Any]:
    """Return a table as the template takes it; shaded: figures between the lowest and the highest, as a shade."""
    best, shade = table.best(), shades(table) if shaded else {}
    return {
        "name": table.name,
        "title": table.title,
        "stub": table.stub,
        "header": table.header,
        "over": table.over,
        "sentences": table.sentences,
        "lines": [
            [_cell(table, cell, (i, j) in best, shade.get((i, j))) for j, cell in enumerate(line)]
            for i, line in enumerate(table.lines)
        ],
    }


def _cell(table: Table, cell: str | Cell, best: bool, share: float | None) -> dict[str, Any]:
    if isinstance(cell, str):
        return {"text": cell, "small": "", "best": False, "share": None}
    small = f"[{cell.number(cell.low)}, {cell.number(cell.high)}]" if cell.low is not None else ""
    small = f"± {cell.number(cell.sd)}" if cell.sd is not None else small
    return {"text": cell.number(), "small": small + table.fewer(cell), "best": best, "share": share}
