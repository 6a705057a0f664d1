"""Environments as text and as `environment.json`: what results were computed in, and where two of them differ."""

import json

from baselines.environment import what_counts
from baselines.files import write_text
from baselines.report.release import release

LISTED = 3  # recipes, or differences, that one line names


def write_environments(results, environments, path):
    """Write the environments of the rows in `results` under their keys, and which version of this program wrote it.

    environments: {key: what it stands for}, as `experiments.rows.Notes` has them.
    """
    keys = sorted({row["environment"] for rows in results for row in rows if row.get("environment")})
    known = {key: environments.get(key, {}) for key in keys}
    write_text(path, json.dumps({"suite": release(), "environments": known}, indent=1, ensure_ascii=False) + "\n")


def mixed_environments(results, environments):
    """Return one line for each table with rows of several environments: what was computed in which, how they differ."""
    tables = {}
    for rows in results:
        table = tables.setdefault((rows[0]["task"], rows[0]["dataset"]), {})
        for key in sorted({row.get("environment", "") for row in rows}):
            table.setdefault(key, []).append(f"{rows[0]['recipe']} (seed {rows[0]['seed']})")
    lines = []
    for (task, dataset), table in tables.items():
        if len(table) > 1:
            parts = [f"{_listed(names)} in {key or 'one that is not told'}" for key, names in table.items()]
            differing = differences([environments[key] for key in table if environments.get(key)])
            lines.append(
                f"{task} on {dataset}: one table holds rows of {len(table)} environments: {'; '.join(parts)}; they "
                f"differ in {_listed(differing) or 'what is not known'}; see environment.json, and compute all in one "
                "with --overwrite"
            )
    return lines


def differences(environments):
    """Return the dotted names of what counts for numbers and is not the same in all of several environments."""
    counted = [flat(what_counts(one)) for one in environments]
    return [name for name in _names(counted) if len({one.get(name) for one in counted}) > 1]


def flat(value, prefix=""):
    """Return nested mappings as {dotted name: text}; a list is its values, joined."""
    if not isinstance(value, dict):
        return {prefix: _plain(value)}
    found = {}
    for name, inner in value.items():
        found |= flat(inner, f"{prefix}.{name}" if prefix else name)
    return found


def environment_text(facts):
    """Return what `megc env` tells: one line a value, under the name of its group."""
    lines = []
    for group, values in facts.items():
        if not isinstance(values, dict):
            lines.append(f"{group}: {values}")
            continue
        lines.append(f"{group}:" if values else f"{group}: none")
        empty = "not installed" if group == "libraries" else "-"
        width = max(map(len, values), default=0)
        lines += [f"  {name.ljust(width)}  {_line(value) or empty}" for name, value in values.items()]
    return "\n".join(lines)


def _line(value):
    return (
        ", ".join(f"{name} {_plain(one)}" for name, one in value.items()) if isinstance(value, dict) else _plain(value)
    )


def _plain(value):
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _names(mappings):
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _listed(names):
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
