"""Tables as LaTeX: `table` environments for a paper, with the rules of booktabs, and a document with all of them."""

import re
from collections.abc import Iterable, Sequence

from baselines.report.table import MISSING, Cell, Table

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "&": r"\&", "%": r"\%", "#": r"\#", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "±": r"$\pm$", "×": r"$\times$", "→": r"$\to$", "−": "$-$", "≤": r"$\le$", "≥": r"$\ge$",
}  # fmt: skip
"""What LaTeX reads otherwise, or lacks in its own fonts."""

DOCUMENT = r"""\documentclass{article}
\usepackage[a3paper,landscape,margin=1cm]{geometry}
\usepackage{booktabs}
\begin{document}
%s\end{document}
"""


def escaped(text: str) -> str:
    """Return text that LaTeX sets as it is written; white space of any kind becomes one space."""
    signs = (SPECIAL.get(sign, sign) for sign in " ".join(text.split()) if sign.isprintable())
    return re.sub("-(?=-)", "-{}", "".join(signs))  # which would become one dash


def latex(table: Table) -> str:
    """Return a table as a whole `table` environment."""
    best = table.best()
    columns = len(table.header)
    lines = [
        _line(_text(table, cell, (i, j) in best) for j, cell in enumerate(line)) for i, line in enumerate(table.lines)
    ]
    notes = [rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize {escaped(note)}}}" for note in table.sentences]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(table.title)}}}",
            rf"\label{{tab:{table.name}}}",
            rf"\begin{{tabular}}{{{'l' * table.stub}{'r' * (columns - table.stub)}}}",
            r"\toprule",
            *_over(table, columns - table.stub),
            _line(map(escaped, table.header)),
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def document(tables: Iterable[Table]) -> str:
    """Return a document that takes in the files of tables, `NAME.tex` beside it."""
    return DOCUMENT % "".join(f"\\input{{{table.name}}}\n\\clearpage\n" for table in tables)


def _line(cells: Iterable[str]) -> str:
    line = " & ".join(cells)
    return ("{}" if line.startswith(("[", "*")) else "") + line + r" \\"  # they would belong to the line before


def _over(table: Table, figures: int) -> Sequence[str]:
    if not table.over:
        return []
    name = rf"\multicolumn{{{figures}}}{{c}}{{{escaped(table.over)}}}"
    return ["& " * table.stub + name + r" \\", rf"\cmidrule(l){{{table.stub + 1}-{table.stub + figures}}}"]


def _text(table: Table, cell: str | Cell, is_best: bool) -> str:
    if isinstance(cell, str):
        return "--" if cell == MISSING else escaped(cell)
    if cell.value is None:
        return "--"
    number = rf"\mathbf{{{cell.number()}}}" if is_best else cell.number()
    if cell.sd is not None:
        return rf"${number} \pm {cell.number(cell.sd)}${table.fewer(cell)}"
    interval = rf" {{\scriptsize [${cell.number(cell.low)}$, ${cell.number(cell.high)}$]}}" * (cell.low is not None)
    return f"${number}${interval}{table.fewer(cell)}"
