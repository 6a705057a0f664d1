"""The command `report`: tables of an output folder of run-all, pivoted, ranked, in several forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import InputError
from baselines.files import write_text
from baselines.report.choosing import choose_figures, choose_results
from baselines.report.details import DETAILS
from baselines.report.differences import difference_tables, draw_differences
from baselines.report.figures import figures_of
from baselines.report.html import html
from baselines.report.latex import document, latex
from baselines.report.markdown import markdown
from baselines.report.means import mean_tables
from baselines.report.pivot import pivot_tables
from baselines.report.ranks import rank_tables
from baselines.report.study import Result, read_study
from baselines.report.table import Table, named_apart

PARTS = ("scores", "ranks", *DETAILS)  # unless others are named
FORMATS = ("markdown", "latex", "csv", "html")


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


@dataclass(frozen=True)
class Report:
    """Tables, lines for stderr, and experiments that have none, with the reason."""

    tables: list[Table]
    warnings: list[str]
    failures: list[str]


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
    tables: list[Table] = []
    parts = asked.parts or (() if asked.pivot or asked.against else PARTS)
    if asked.pivot:
        tables += pivot_tables(results, figures, asked.pivot, asked.metrics, asked.subsets)
    if asked.against:
        tables += difference_tables(results, figures, asked.against)
    if "scores" in parts:
        tables += mean_tables(choose_figures(figures, ("metric", "subset"), asked.metrics, asked.subsets))
    tables += _beside(results, figures, parts)
    if not tables:
        needed = "; they need three recipes on the same folds" if {*parts} <= {"ranks", "pairs"} else ""
        raise InputError(f"{folder}: nothing to tell of {', '.join(parts)}{needed}")
    return Report(named_apart(tables), study.warnings, failures)


def _beside(results: list[Result], figures: list, parts: Sequence[str]) -> list[Table]:
    """Return the tables that are of whole experiments, in the order of PARTS."""
    tables: list[Table] = []
    if "ranks" in parts or "pairs" in parts:
        for part, found in zip(("ranks", "pairs"), rank_tables(results, figures)):
            tables += found if part in parts else []
    for part, make in DETAILS.items():
        tables += make(results) if part in parts else []
    return tables


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


def report_text(report: Report, form: str, title: str) -> str:
    """Return a report in one form as one text; of CSV that is one table only."""
    tables = report.tables
    if form == "csv":
        if len(tables) > 1:
            names = ", ".join(table.name for table in tables[:3]) + (", ..." if len(tables) > 3 else "")
            raise InputError(f"--format csv: {len(tables)} tables ({names}); name --output DIR, or ask for one of them")
        return tables[0].csv()
    if form == "latex":
        return "\n".join(map(latex, tables))
    return html(tables, title) if form == "html" else markdown(tables)


def write_report(report: Report, forms: Sequence[str], folder: Path, title: str) -> list[Path]:
    """Write a report to a folder in several forms and return the files.

    Markdown and HTML are one file each; CSV is one a table, and so is LaTeX, with report.tex to compile.
    """
    texts: dict[str, str] = {}
    for form in forms:
        if form == "csv":
            texts |= {f"{table.name}.csv": table.csv() for table in report.tables}
        elif form == "latex":
            texts |= {f"{table.name}.tex": latex(table) for table in report.tables}
            texts["report.tex"] = document(report.tables)
        else:
            texts["report.html" if form == "html" else "report.md"] = report_text(report, form, title)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
