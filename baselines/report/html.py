"""Tables as one page that needs nothing beside it."""

from collections.abc import Iterable
from html import escape

from baselines.report.table import Cell, Table

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 2em; }}
table {{ border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; margin-top: 2em; }}
caption {{ text-align: left; font-weight: bold; padding: .4em 0; }}
thead {{ border-bottom: 1px solid; }}
th, td {{ padding: .15em .7em; text-align: right; white-space: nowrap; }}
th.stub, td.stub {{ text-align: left; }}
th.over {{ text-align: center; font-weight: normal; }}
small, p {{ color: #555; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}</body>
</html>
"""


def html(tables: Iterable[Table], title: str) -> str:
    """Return a page with tables, the best figures in bold."""
    return PAGE.format(title=escape(title), body="".join(map(_table, tables)))


def _table(table: Table) -> str:
    best = table.best()
    rows = [
        "<tr>" + "".join(_cell(table, cell, j < table.stub, (i, j) in best) for j, cell in enumerate(line)) + "</tr>\n"
        for i, line in enumerate(table.lines)
    ]
    columns = len(table.header) - table.stub
    over = f'<tr><td colspan="{table.stub}"></td><th class="over" colspan="{columns}">{escape(table.over)}</th></tr>\n'
    header = "".join(
        f'<th class="stub">{escape(name)}</th>' if j < table.stub else f"<th>{escape(name)}</th>"
        for j, name in enumerate(table.header)
    )
    notes = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in table.sentences)
    return (
        f'<table id="{escape(table.name)}">\n<caption>{escape(table.title)}</caption>\n'
        f"<thead>\n{over if table.over else ''}<tr>{header}</tr>\n</thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody>\n</table>\n{notes}"
    )


def _cell(table: Table, cell: str | Cell, is_stub: bool, is_best: bool) -> str:
    if isinstance(cell, str):
        return f'<td class="stub">{escape(cell)}</td>' if is_stub else f"<td>{escape(cell)}</td>"
    number = f"<strong>{cell.number()}</strong>" if is_best else cell.number()
    if cell.sd is not None:
        return f"<td>{number} ± {cell.number(cell.sd)}{table.fewer(cell)}</td>"
    interval = f" <small>[{cell.number(cell.low)}, {cell.number(cell.high)}]</small>" if cell.low is not None else ""
    return f"<td>{number}{interval}{table.fewer(cell)}</td>"
