"""Whether a run gave the figures of a published folder: each that differs, by how much, and what else differs."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import InputError
from baselines.experiments.tasks import TASKS, is_chosen
from baselines.files import parse_json, read_csv, read_text
from baselines.recipes import recipe_names
from baselines.recipes.shelf import RESERVED
from baselines.report.environments import flat

NAME = ("task", "dataset", "subset", "recipe", "seed", "metric")  # of a figure
RECIPE = NAME.index("recipe")
# These are of one recipe; the other columns look at what else stands in the table.
COMPARED = ("value", "ci_low", "ci_high", "n", "signature")


@dataclass(frozen=True)
class Published:
    """The figures of a folder, {NAME: COMPARED} as the texts of scores.csv, and its environments by their keys.

    environments is None where the folder has no environment.json.
    """

    folder: Path
    figures: dict[tuple[str, ...], dict[str, str]]
    environments: dict[str, dict] | None


def read_published(folder):
    """Return the `Published` of a folder that `run-all` wrote; `InputError` where it is none."""
    folder = Path(folder)
    if not (folder / "scores.csv").is_file():
        raise InputError(f"{folder}: no scores.csv there; expected a folder that run-all wrote")
    figures = {}
    for place, row in read_csv(folder / "scores.csv", (*NAME, *COMPARED)):
        name = tuple(row[column] for column in NAME)
        if name in figures:
            raise InputError(f"{place}: the figure {' '.join(name)} stands twice; delete one of them")
        figures[name] = {column: row[column] for column in COMPARED}
    return Published(folder, figures, _environments(folder / "environment.json"))


def _environments(path):
    if not path.exists():
        return None
    try:
        found = parse_json(read_text(path))["environments"]
        if all(isinstance(one, dict) for one in found.values()):
            return found
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputError(f"{path}: not what run-all writes; copy it again or delete it")


def check_run(
    planned, output, published, left_out=(), tasks=(), recipes=(), seeds=(0,), apexes=("annotated",), **others
):
    """Return the `compare` of what a run wrote into `output` with what is published, of the figures it was asked for.

    output: None where no tables were written. planned: its experiments; left_out: the recipes that cannot run here;
    tasks, recipes, seeds, apexes, others: the options of `commands.run.plan_run`. Without names it was asked for all
    recipes but the slow ones and those left out, those that are published and are not known here among them.
    """
    datasets = {experiment.dataset for experiment in planned}
    plain = not any(others.get(name) for name in ("folders", "settings", "axes", "shifts"))
    names = {experiment.recipe for experiment in planned} | (set(recipes) if plain else set())
    slow = set(recipe_names()) - set(recipe_names(slow=False))
    every = plain and not recipes and tuple(apexes) == ("annotated",)
    chosen = {task for task in TASKS if is_chosen(task, tasks)}

    def is_asked(figure):
        recipe = figure["recipe"]
        return (
            figure["seed"] in map(str, seeds)
            and figure["dataset"] in datasets
            and (not tasks or figure["task"] in chosen)
            and (recipe in names or (every and not set(recipe) & set(RESERVED) and recipe not in slow))
        )

    ours = Published(None, {}, None) if output is None else read_published(output)
    return compare(ours, published, is_asked, left_out)


def compare(ours, theirs, is_asked, left_out=()):
    """Return {same, differing, missing_here, missing_there, left_out, not_compared, environments} of two `Published`.

    is_asked: tells of a figure, as a mapping of NAME, whether this run was to give it. differing: mappings of NAME with
    the columns of `COMPARED` that differ as {ours, theirs}, `difference` of the values, and `inside`, whether our value
    lies in their interval. left_out: {recipe that cannot run here: number of its figures}. environments: {dotted name:
    {ours, theirs}}, what differs, None where theirs are not known.
    """
    mine, asked = (_asked(one.figures, is_asked) for one in (ours, theirs))
    published = {name: values for name, values in asked.items() if name[RECIPE] not in left_out}
    idle = Counter(name[RECIPE] for name in asked.keys() - published.keys())
    both = [name for name in mine if name in published]
    differing = [_difference(name, mine[name], published[name]) for name in both if mine[name] != published[name]]
    return {
        "folder": str(theirs.folder),
        "same": len(both) - len(differing),
        "differing": differing,
        "missing_here": [_named(name) | {"theirs": published[name]["value"]} for name in published if name not in mine],
        "missing_there": [_named(name) | {"ours": mine[name]["value"]} for name in mine if name not in published],
        "left_out": dict(sorted(idle.items())),
        "not_compared": len(theirs.figures) - len(asked),
        "environments": None if theirs.environments is None else _environment_differences(ours, theirs),
    }


def is_identical(comparison):
    """Tell whether no figure differs or is missing, and there was one to compare."""
    return bool(comparison["same"]) and not any(
        comparison[part] for part in ("differing", "missing_here", "missing_there")
    )


def check_text(comparison):
    """Return a comparison as text: one line a figure that differs, then how the environments differ."""
    lines = [_differing_line(found) for found in comparison["differing"]]
    lines += [f"{_name_text(found)}: {found['theirs']} there, missing here" for found in comparison["missing_here"]]
    lines += [f"{_name_text(found)}: {found['ours']} here, missing there" for found in comparison["missing_there"]]
    folder, same = comparison["folder"], comparison["same"]
    if is_identical(comparison):
        lines.append(f"identical: {same} figures")
    else:
        lines.append(f"{folder}: {len(lines)} figures differ, {same} are the same")
    if comparison["left_out"]:
        of, number = ", ".join(comparison["left_out"]), sum(comparison["left_out"].values())
        lines.append(f"left out: {number} figures of {of}, which cannot run here")
    if comparison["not_compared"]:
        lines.append(f"not compared: {comparison['not_compared']} figures of {folder} that this run was not asked for")
    environments = comparison["environments"]
    if environments is None:
        lines.append(f"environments: {folder} has no environment.json; what it was made in is not known")
    elif not environments:
        lines.append("environments: the same")
    else:
        lines.append("environments:")
        lines += [f"  {name}: ours {found['ours']}, theirs {found['theirs']}" for name, found in environments.items()]
    return "\n".join(lines)


def _asked(figures, is_asked):
    return {name: values for name, values in figures.items() if is_asked(_named(name))}


def _named(name):
    return dict(zip(NAME, name))


def _difference(name, mine, published):
    found = _named(name)
    for column in COMPARED:
        if mine[column] != published[column]:
            found[column] = {"ours": mine[column], "theirs": published[column]}
    value, other, low, high = map(
        _number, (mine["value"], published["value"], published["ci_low"], published["ci_high"])
    )
    if "value" in found and value is not None and other is not None:
        found["difference"] = round(value - other, 6)
        if low is not None and high is not None:
            found["inside"] = low <= value <= high
    return found


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def _differing_line(found):
    parts = []
    for column in COMPARED:
        if column in found:
            ours, theirs = found[column]["ours"] or "-", found[column]["theirs"] or "-"
            parts.append(f"{'' if column == 'value' else column + ' '}ours {ours}, theirs {theirs}")
        if column == "value" and "difference" in found:
            inside = {True: ", inside their interval", False: ", outside their interval", None: ""}
            parts[-1] += f", difference {found['difference']:+.4f}{inside[found.get('inside')]}"
    return f"{_name_text(found)}: {'; '.join(parts)}"


def _name_text(found):
    subset = [] if found["subset"] == "all" else [found["subset"]]
    return " ".join([found["task"], found["dataset"], *subset, found["recipe"], "seed", found["seed"], found["metric"]])


def _environment_differences(ours, theirs):
    """Return {dotted name: {ours, theirs}} of what is not the same in all environments; several values are joined."""
    sides = [[flat(one) for one in (side.environments or {}).values()] for side in (ours, theirs)]
    names = dict.fromkeys(name for side in sides for one in side for name in one)
    found = {}
    for name in names:
        mine, published = (sorted({one.get(name) or "-" for one in side}) for side in sides)
        if mine != published:
            found[name] = {"ours": " | ".join(mine), "theirs": " | ".join(published)}
    return found
