"""Results as text for a terminal: aligned columns, nested figures with their intervals, comparisons."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def columns_text(entries: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return one line an entry, its cells under one another; the last column keeps its width."""
    texts = [
        [", ".join(map(str, v)) if isinstance(v := entry[c], list | tuple) else str(v) for c in columns]
        for entry in entries
    ]
    widths = [max((len(row[i]) for row in texts), default=0) for i in range(len(columns) - 1)] + [0]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths)) for row in texts)


def figures_text(result: Mapping[str, Any], ci: Mapping[str, Any], indent: str = "") -> str:
    """Return nested figures as indented lines with their intervals; the confusion is left to --json."""
    lines = []
    for name, value in result.items():
        interval = ci.get(name)
        if isinstance(value, dict) and value and name != "confusion":
            lines += [f"{indent}{name}:", figures_text(value, interval or {}, indent + "  ")]
        elif isinstance(value, float):
            bounds = f" [{interval[0]:.4f}, {interval[1]:.4f}]" if interval else ""
            lines.append(f"{indent}{name}: {value:.4f}{bounds}")
        elif not isinstance(value, dict | list):
            lines.append(f"{indent}{name}: {value}")
    return "\n".join(lines)


def comparison_text(comparison: Mapping[str, Any]) -> str:
    """Return a comparison of two files as one line a metric, and McNemar's test where it is defined."""
    lines = ["comparison, --predictions minus --compare:"]
    for name, found in comparison["metrics"].items():
        if found["difference"] is not None:
            bounds = f" [{found['low']:+.4f}, {found['high']:+.4f}], p {found['p']:.4f}" if found["p"] else ""
            lines.append(f"  {name}: {found['difference']:+.4f}{bounds}")
    if comparison["mcnemar"]:
        lines.append(
            "  mcnemar: {first_only} right only in the first, {second_only} only in the second, p {p:.4g}".format(
                **comparison["mcnemar"]
            )
        )
    return "\n".join([*lines, f"  signature: {comparison['signature']}"])


def parts_text(parts: Iterable[Mapping[str, Any]]) -> str:
    """Return parts by kind: name, summary, what it takes, source, and its parameters with their defaults."""
    lines: list[str] = []
    kind = None
    for part in parts:
        if part["kind"] != kind:
            kind = part["kind"]
            lines += [*([""] if lines else []), f"{kind}:"]
        lines.append(f"  {part['name']}: {part['summary']}")
        lines.append(f"      takes {part['takes']}" + (f"; {part['citation']}" if part["citation"] else ""))
        if part["parameters"]:
            given = (f"{p['name']}" + ("" if p["required"] else f" = {p['default']}") for p in part["parameters"])
            lines.append(f"      {', '.join(given)}")
    return "\n".join(lines)
