"""Confusions, and each class and each subject of every recipe, as cells with a share that is drawn as their shade."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.report.details import class_tables, confusion_tables, subject_tables
from baselines.report.figures import share_name
from baselines.report.overview.groups import Group
from baselines.report.table import Table, natural

OTHERS = "another"  # column of predictions of no class in the truth
ACROSS = 20  # columns of one strip
Cell = dict[str, Any]  # text, share (0 to 1, None without a shade), told: what a pointer reads


def confusions(group: Group) -> list[dict[str, Any]]:
    """Return {title, notes, matrices} of each kind of question, a matrix a recipe and seed, best recipe first."""
    found = []
    for table in confusion_tables(group.results):
        by_run: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for record in table.records:
            by_run.setdefault((record["recipe"], record["seed"]), []).append(record)
        labels = list(dict.fromkeys(record["true"] for record in table.records))
        runs = [by_run.get((result.recipe, result.name[3])) for result in group.results]
        matrices = [_matrix(records, sorted(labels)) for records in runs if records]
        others = any(OTHERS in matrix["columns"] for matrix in matrices)
        notes = [line for line in table.sentences if others or not line.startswith(OTHERS)]
        found.append({"title": table.title, "notes": notes, "matrices": matrices})
    return found


def _matrix(records: Sequence[dict[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    counts = {(record["true"], record["predicted"]): record["n"] for record in records}
    others = [*labels, *([OTHERS] if any(counts.get((label, OTHERS)) for label in labels) else [])]
    rows = []
    for label in labels:
        row = [counts.get((label, name), 0) for name in others]
        total = sum(row)
        cells = [
            {"text": str(n), "share": n / total if total else None, "told": f"{label} taken for {name}: {n} of {total}"}
            for name, n in zip(others, row)
        ]
        rows.append({"name": label, "n": total, "cells": cells})
    return {"recipe": records[0]["recipe"], "seed": records[0]["seed"], "columns": others, "rows": rows}


def class_strips(group: Group) -> list[dict[str, Any]]:
    """Return the strips of the F1 of each class, a line a recipe; means over seeds."""
    tables = class_tables(group.results)
    return [strip for table in tables for strip in _strips(table, group, "class", "f1", f"{table.title}: F1")]


def subject_strips(group: Group) -> list[dict[str, Any]]:
    """Return the strips of what is right of each subject, a line a recipe; means over seeds."""
    share, tables = share_name(group.task), subject_tables(group.results)
    return [strip for table in tables for strip in _strips(table, group, "subject", share, table.title)]


def _strips(table: Table, group: Group, key: str, metric: str, title: str) -> list[dict[str, Any]]:
    """Return the records of a table as lines of recipes and columns of classes or subjects, so many across."""
    several = len({record.get("database") for record in table.records}) > 1
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for record in table.records:
        column = f"{record['database']}/{record[key]}" if several else record[key]
        found.setdefault(record["recipe"], {}).setdefault(column, []).append(record)
    columns = sorted({column for cells in found.values() for column in cells}, key=natural)
    numbers = {
        column: max((one["n"] for c in found.values() for one in c.get(column, ())), default=0) for column in columns
    }
    parts = [columns[start : start + ACROSS] for start in range(0, len(columns), ACROSS)]
    return [
        {
            "title": title + (f" ({number} of {len(parts)})" if len(parts) > 1 else ""),
            "notes": table.sentences,
            "columns": [{"name": column, "n": numbers[column]} for column in part],
            "rows": [
                {
                    "recipe": result.recipe,
                    "floor": result.floor,
                    "cells": [_strip_cell(column, metric, found[result.recipe].get(column, ())) for column in part],
                }
                for result in group.first_seeds
                if result.recipe in found
            ],
        }
        for number, part in enumerate(parts, 1)
    ]


def _strip_cell(column: str, metric: str, records: Sequence[dict[str, Any]]) -> Cell:
    if not records:
        return {"text": "-", "share": None, "told": f"{column}: nothing"}
    value = float(np.mean([record[metric] for record in records]))
    told = ", ".join(
        f"{name} {float(np.mean([record[name] for record in records])):g}"
        for name in ("precision", "recall", "right", "predicted", "n")
        if name in records[0]
    )
    return {"text": f"{value:.2f}", "share": value, "told": f"{column}: {metric} {value:.4g} ({told})"}
