"""The command `report`: the page of an output folder of run-all; its tables, pivoted, ranked, in several forms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.experiments.rows import Notes
from baselines.files import write_text
from baselines.report.canvas import plain_style
from baselines.report.choosing import choose_figures, choose_results
from baselines.report.details import DETAILS
from baselines.report.differences import difference_tables, draw_differences
from baselines.report.figures import Figure, figures_of
from baselines.report.latex import document, latex
from baselines.report.markdown import markdown
from baselines.report.means import mean_tables
from baselines.report.overview import pictures
from baselines.report.overview.drawing import FORMS as PICTURES
from baselines.report.overview.drawing import save
from baselines.report.overview.page import Told, overview_page, tables_page
from baselines.report.pivot import pivot_tables
from baselines.report.ranks import rank_tables
from baselines.report.study import Result, read_study, results_of
from baselines.report.table import Table, named_apart
from baselines.report.tables import figure_rows

PARTS = ("scores", "ranks", *DETAILS)  # unless others are named
PAGE = "report.html"


@dataclass(frozen=True)
class Asked:
    """What a report is of: which experiments, figures and tables; of each nothing for all."""

    tasks: Sequence[str] = ()
    datasets: Sequence[str] = ()
    subsets: Sequence[str] = ()
    metrics: Sequence[str] = ()
    where: Sequence[str] = ()
    pivot: str | None = None
    against: str | None = None
    parts: Sequence[str] = ()

    @property
    def tables_alone(self) -> bool:
        """Whether certain tables are asked for, so that a page holds no more."""
        return bool(self.parts or self.pivot or self.against)


@dataclass(frozen=True)
class Report:
    """What is asked of an output folder: experiments with their figures, and tables under what they show.

    warnings: lines for stderr; failures: experiments that have no figures, with the reason.
    """

    folder: Path
    asked: Asked
    results: list[Result]
    figures: list[Figure]
    parts: dict[str, list[Table]]
    warnings: list[str]
    failures: list[str]

    @property
    def tables(self) -> list[Table]:
        """All tables, in their order."""
        return [table for tables in self.parts.values() for table in tables]


def make_report(folder: Path | str, asked: Asked) -> Report:
    """Return the `Report` of an output folder of run-all; `InputError` where it holds nothing of what is asked."""
    study = read_study(folder)
    results = choose_results(study.results, asked.tasks, asked.datasets, asked.where)
    figures, failed = figures_of(results)
    failures = [line for _, line in failed]
    if not figures:
        raise InputError(failures[0] if failures else f"{folder}: no figures in it; run run-all again")
    broken = {result.name for result, _ in failed}
    results = [result for result in results if result.name not in broken]
    parts: dict[str, list[Table]] = {}
    named = asked.parts or (() if asked.tables_alone else PARTS)
    if asked.pivot:
        parts["pivot"] = pivot_tables(results, figures, asked.pivot, asked.metrics, asked.subsets)
    if asked.against:
        parts["against"] = difference_tables(results, figures, asked.against)
    if "scores" in named:
        parts["scores"] = mean_tables(choose_figures(figures, ("metric", "subset"), asked.metrics, asked.subsets))
    parts |= _beside(results, figures, named)
    made = Report(Path(folder), asked, results, figures, parts, study.warnings, failures)
    if not made.tables:
        needed = "; they need three recipes on the same folds" if {*named} <= {"ranks", "pairs"} else ""
        raise InputError(f"{folder}: nothing to tell of {', '.join(named)}{needed}")
    named_apart(made.tables)
    return made


def _beside(results: list[Result], figures: list[Figure], named: Sequence[str]) -> dict[str, list[Table]]:
    """Return the tables that are of whole experiments, in the order of PARTS."""
    parts: dict[str, list[Table]] = {}
    if "ranks" in named or "pairs" in named:
        found = dict(zip(("ranks", "pairs"), rank_tables(results, figures)))
        parts |= {part: tables for part, tables in found.items() if part in named}
    return parts | {part: make(results) for part, make in DETAILS.items() if part in named}


def draw_against(folders: Sequence[Path], against: Sequence[str], output: Path) -> list[str]:
    """Draw what the recipes of folders give against those named, and return lines on what was passed over.

    Each folder is drawn against those that it holds; `InputError` where it holds none.
    """
    tables: list[Table] = []
    told: list[str] = []
    for folder in folders:
        study = read_study(folder)
        known = {result.recipe for result in study.results}
        for name in [name for name in against if name in known] or against[:1]:
            made = make_report(folder, Asked(against=name))
            tables += made.tables
            told += [*made.warnings, *made.failures]
    draw_differences(tables, output)
    return list(dict.fromkeys(told))


def report_text(report: Report, form: str, root: Path | str | None = None) -> str:
    """Return a report in one form as one text; of CSV that is one table only. root: of the data, for pictures in it."""
    tables = report.tables
    if form == "csv":
        if len(tables) > 1:
            names = ", ".join(table.name for table in tables[:3]) + (", ..." if len(tables) > 3 else "")
            raise InputError(f"--format csv: {len(tables)} tables ({names}); name --output DIR, or ask for one of them")
        return tables[0].csv()
    if form == "latex":
        return "\n".join(map(latex, tables))
    return _page(report, root) if form == "html" else markdown(tables)


def _page(report: Report, root: Path | str | None) -> str:
    """Return the page of a report: everything that its experiments hold, or the tables that are asked for."""
    told = [*report.warnings, *report.failures]
    if report.asked.tables_alone:
        plain = [table for part, tables in report.parts.items() if part != "pivot" for table in tables]
        return tables_page(report.folder, plain, report.parts.get("pivot", ()), told)
    figures = [
        figure
        for figure in report.figures
        if all(not names or name in names for name, names in _chosen(figure, report.asked))
    ]
    scores = figure_rows(figures, report.results)
    ranks = report.parts.get("ranks", [])
    return overview_page(Told(report.folder, report.results, report.figures, scores, told, root, ranks))


def _chosen(figure: Figure, asked: Asked) -> tuple[tuple[str, Sequence[str]], ...]:
    return (figure.metric, asked.metrics), (figure.subset, asked.subsets)


def write_report(report: Report, forms: Sequence[str], folder: Path, root: Path | str | None = None) -> list[Path]:
    """Write a report to a folder in several forms and return the files; root: of the data, for pictures in a page.

    Markdown and HTML are one file each; CSV is one a table, and so is LaTeX, with report.tex to compile; PNG and SVG
    are one a picture.
    """
    texts: dict[str, str] = {}
    for form in forms:
        if form == "csv":
            texts |= {f"{table.name}.csv": table.csv() for table in report.tables}
        elif form == "latex":
            texts |= {f"{table.name}.tex": latex(table) for table in report.tables}
            texts["report.tex"] = document(report.tables)
        elif form not in PICTURES:
            texts[PAGE if form == "html" else "report.md"] = report_text(report, form, root)
    for name, text in texts.items():
        write_text(folder / name, text)
    written = [folder / name for name in texts]
    drawn = [form for form in forms if form in PICTURES]
    return written + (draw_report(report, drawn, folder) if drawn else [])


def draw_report(report: Report, forms: Sequence[str], folder: Path) -> list[Path]:
    """Write the pictures of a report as PNG, SVG or both and return the files.

    They are forest plots, confusions, grids and differences; forest plots are of the first figure of each task, unless
    metrics or subsets are named.
    """
    written: list[Path] = []
    with plain_style():
        for stem, picture in _pictures(report):
            written += save(picture, folder, stem, forms)
    if not written:
        asked = ", ".join(report.parts)
        raise InputError(
            f"--format {forms[0]}: nothing of {asked} is drawn; scores, confusion, --pivot and --against are"
        )
    return written


def _pictures(report: Report) -> Iterator[pictures.Picture]:
    parts, results, figures = report.parts, report.results, report.figures
    if "scores" in parts:
        chosen = choose_figures(figures, (), report.asked.metrics, report.asked.subsets)
        yield from pictures.forests(chosen, figure_rows(figures, results))
    if "confusion" in parts:
        yield from pictures.confusion_panels(results, figures)
    if not report.asked.tables_alone:
        yield from pictures.every_grid(results, figures)
    yield from pictures.pivots(parts.get("pivot", ()))
    yield from pictures.differences(parts.get("against", ()))


def page_of_run(results: Sequence[Any], folder: Path, root: Path | str | None = None) -> Path:
    """Write the page of what run-all gave, lists of rows, and return the file; root: of the data."""
    told = results_of(results, Notes(folder).recipes)
    figures, failed = figures_of(told)
    broken = {result.name for result, _ in failed}
    kept = [result for result in told if result.name not in broken]
    ranks = rank_tables(kept, figures)[0]
    page = Told(Path(folder), kept, figures, figure_rows(figures, kept), [line for _, line in failed], root, ranks)
    write_text(folder / PAGE, overview_page(page))
    return folder / PAGE
