"""Tables as Markdown."""

from collections.abc import Iterable, Sequence

from baselines.report.table import Cell, Table


def grid(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells, the header first, as a Markdown table."""
    lines = [[" ".join(text.split()).replace("|", "\\|") for text in line] for line in lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)


def markdown(tables: Iterable[Table]) -> str:
    """Return tables one below the other, the best figures in bold."""
    return "\n".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    best = table.best()
    lines = [[_text(table, cell, (i, j) in best) for j, cell in enumerate(line)] for i, line in enumerate(table.lines)]
    over = [f"Columns: {table.over}.", ""] if table.over else []
    notes = [f"- {note}" for note in table.sentences]
    return "\n".join([f"### {table.title}", "", *over, grid([table.header, *lines]), "", *notes, *([""] * bool(notes))])


def _text(table: Table, cell: str | Cell, is_best: bool) -> str:
    if isinstance(cell, str):
        return cell
    number = f"**{cell.number()}**" if is_best else cell.number()
    if cell.sd is not None:
        number += f" ± {cell.number(cell.sd)}"
    elif cell.low is not None:
        number += f" [{cell.number(cell.low)}, {cell.number(cell.high)}]"
    return number + table.fewer(cell)
