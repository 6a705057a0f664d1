"""What `run-all` is to run: experiments, each a recipe on a dataset, planned before anything is computed."""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from baselines.costs import Cost, measure
from baselines.datasets import load_dataset
from baselines.datasets.choosing import refuse_idle_words
from baselines.datasets.classes import united
from baselines.datasets.identity import data_identity
from baselines.datasets.records import Clip, Dataset, Question, Video
from baselines.datasets.shift import shift_dataset
from baselines.errors import InputError
from baselines.experiments.rows import Rows
from baselines.experiments.spotted import SPOTTED, spotted_dataset
from baselines.experiments.tasks import TASKS, is_chosen
from baselines.faces.track import tracking_identity
from baselines.identity import depends_on, digest, reached
from baselines.recipes import ANNOTATED, Recipe, broken_recipes, load_recipe, parts_of, recipe_names
from baselines.recipes.cells import expand
from baselines.recognition.protocols import ACROSS, Fold
from baselines.recognition.representation import misfit
from baselines.vqa.llama.guarded import LIBRARY, missing_llama

TOGETHER = ("composite", *ACROSS)  # protocols over several databases
MOST = 1000  # experiments that are run without being asked twice
LISTED = 3  # names in one message


@dataclass(frozen=True)
class Experiment:
    """One recipe on one dataset in one set of classes under one protocol with one seed.

    `dataset` is the name in the tables; it tells classes and protocol where they are not the default ones, and a shift.
    data: digest of the data. digest: of everything that the predictions depend on.
    """

    method: Recipe
    dataset: str
    classes: str
    protocol: str
    seed: int
    folds: tuple[Fold, ...]
    data: str
    digest: str

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.method.name

    @property
    def task(self) -> str:
        """The name of the task."""
        return self.method.task

    @property
    def sees(self) -> str:
        """Text that is the same for experiments that look at the same clips in the same way."""
        told = [self.task, self.data, self.method.steps.get("representation")]
        return json.dumps(told, sort_keys=True, default=str)


@dataclass
class Plan:
    """Experiments with the dataset of each, and what became of the others.

    impossible: {cell: why no part can take it, or what it needs that is not installed}. failures: one message each.
    cells: how many recipes and cells there are for each dataset. reading: what reading the datasets cost.
    """

    experiments: list[tuple[Experiment, Dataset]] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    cells: int = 0
    reading: Cost | None = None


def plan_experiments(
    datasets: str | Iterable[str],
    root: Any,
    tasks: str | Iterable[str] = (),
    recipes: str | Path | Iterable[str | Path] = (),
    seed: int | Sequence[int] = 0,
    limit: int | None = None,
    protocol: str | None = None,
    apex: str | Sequence[str] = "annotated",
    fix_labels: bool = True,
    classes: str = "coarse",
    shift: str | Sequence[str] | None = None,
    values: Mapping[str, Sequence[Any]] | None = None,
    most: float = MOST,
) -> Plan:
    """Return the `Plan` of recipes on datasets.

    datasets, tasks, recipes: one, or several. recipes: names, or paths of files; none for all but the slow ones.
    values: {key: values} to put into them, every combination a cell (`recipes.cells`). seed, apex, shift: one, or
    several to sweep. protocol: one of `recognition.protocols`, None for the default of each task. The protocols that
    look at several databases take all named datasets as one. apex: where recipes that look at an apex frame take it
    from. fix_labels: correct the known label errors of the databases. classes: those in which recognition and str tell
    emotions (`datasets.classes`). shift: how key frames are moved (`datasets.shift`), "none" for not at all, "spotted"
    for found anew (`experiments.spotted`). most: number of experiments beyond which `InputError` is raised.
    """
    datasets, tasks, recipes = map(_listed, (datasets, tasks, recipes))
    if not isinstance(values, Mapping | None):
        raise InputError(f"values: {values!r} does not suit; expected {{key: list of values}}")
    for task in tasks:
        if task not in TASKS:
            raise InputError(f"--task {task!r} is not known; choose one of {', '.join(TASKS)}")
    made = Plan()
    seeds, shifts = _several(seed), _several(shift)
    chosen = _cells(recipes, values, _several(apex), most, len(seeds) * len(shifts), made)
    with measure() as made.reading:
        loaded = [load_dataset(name, root, fix_labels, classes) for name in dict.fromkeys(datasets)]
    refuse_idle_words(classes, loaded)
    if ANNOTATED in _several(apex):
        _tell_apexes(loaded)
    variants = []
    for moved in shifts:
        for one in seeds:
            variants += [(one, dataset) for dataset in _variants(loaded, moved, one, limit, protocol)]
    made.cells = len(chosen)
    many = len(chosen) * len(variants)
    if many > most:
        raise InputError(f"{many} experiments, more than {most:g}; add --yes to run them, or name fewer values")
    known: dict[str, dict[str, Any]] = {}
    for one, dataset in variants:
        made.experiments += [(e, dataset) for e in plan(dataset, chosen, tasks, one, protocol, known)]
    every = list({dataset.name: dataset for _, dataset in variants}.values())
    _tell_what_lacks(every, chosen, tasks, protocol, refuse=not made.experiments and not made.failures)
    if not made.experiments and not made.failures:
        named = ", ".join((*map(str, recipes), *tasks)) or "recipe"
        under = f" under --protocol {protocol}" if protocol else ""
        names = ", ".join(dataset.name for dataset in every)
        raise InputError(f"no {named} fits {names}{under}; see `recipes list` and `data list`")
    made.failures += _without_data(chosen if recipes or values else (), made.experiments, every, tasks)
    return made


def _listed(names: Any) -> Sequence[Any]:
    """Return names as a list, one alone too."""
    return (names,) if isinstance(names, str | Path) else tuple(names)


def _several(value: Any) -> tuple[Any, ...]:
    """Return what is to be swept, each once: a value alone, or several."""
    several = value if isinstance(value, list | tuple) else (value,)
    return tuple(dict.fromkeys(several)) or (None,)


def _cells(
    recipes: Sequence[str | Path],
    values: Mapping[str, Sequence[Any]] | None,
    apexes: Sequence[str],
    most: float,
    times: int,
    made: Plan,
) -> list[Recipe]:
    """Return the recipes and cells that are named, or all but the slow ones, that can run here.

    The plan is told of those that are broken, and of those that need what is not installed: a failure if named.
    """
    names: Sequence[str | Path] = recipes
    if not names:
        broken = broken_recipes()
        made.failures += broken.values()
        names = [name for name in recipe_names(slow=False) if name not in broken]
    cells = expand(names, values, apexes, most, times)
    made.failures += cells.failures
    made.impossible = cells.impossible
    without = missing_llama()
    lacking = [recipe.name for recipe in cells.recipes if without and LIBRARY in reached(*_modules(recipe))[1]]
    if recipes and lacking:
        made.failures.append(f"{named_some(lacking)}: {without}")
    elif lacking:
        made.impossible |= dict.fromkeys(lacking, str(without))
    return [recipe for recipe in cells.recipes if recipe.name not in lacking]


def _variants(
    loaded: Sequence[Dataset], shift: str | None, seed: int, limit: int | None, protocol: str | None
) -> list[Dataset]:
    """Return the datasets as they are run: shifted, cut short, joined."""
    found = list(loaded)
    if shift and shift != "none":
        found = [_shifted(dataset, shift, seed) for dataset in found]
    if limit:
        found = [limit_dataset(dataset, limit) for dataset in found]
    return [join_datasets(found)] if protocol in TOGETHER and len(found) > 1 else found


def _shifted(dataset: Dataset, shift: str, seed: int) -> Dataset:
    dataset, told = spotted_dataset(dataset) if shift == SPOTTED else shift_dataset(dataset, shift, seed)
    warnings.warn(told, stacklevel=4)
    return dataset


def _tell_apexes(loaded: Iterable[Dataset]) -> None:
    """Warn of clips whose annotated apex is their onset, which says nothing of the apex."""
    for dataset in loaded:
        events = [clip.event for clip in dataset.clips if clip.frames is not None and clip.event]
        found = sum(event.apex == event.onset for event in events)
        if found:
            warnings.warn(
                f"{dataset.name}: {found} of {len(events)} clips have their apex at the onset; it is spotted in them",
                stacklevel=3,
            )


def _tell_what_lacks(
    loaded: Sequence[Dataset], recipes: Iterable[Recipe], tasks: Sequence[str], protocol: str | None, refuse: bool
) -> None:
    """Warn where a dataset lacks what a protocol needs for a task, or `refuse` to go on by the first such line."""
    named = dict.fromkeys(recipe.task for recipe in recipes)
    chosen = [task for name, task in TASKS.items() if name in named and is_chosen(name, tasks)]
    lines = [
        task.lacks(dataset, protocol)
        for dataset in loaded
        for task in chosen
        if protocol in task.protocols and task.records(dataset)
    ]
    for line in filter(None, lines):
        if refuse:
            raise InputError(line)
        warnings.warn(line, stacklevel=2)


def _without_data(
    named: Iterable[Recipe],
    planned: Sequence[tuple[Experiment, Dataset]],
    loaded: Sequence[Dataset],
    tasks: Sequence[str],
) -> list[str]:
    """Return one message for each recipe that was named, with its cells, that has nothing to run on."""
    found = {experiment.recipe for experiment, _ in planned}
    idle: dict[str, list[Recipe]] = {}
    for recipe in named:
        if recipe.name not in found:
            idle.setdefault(recipe.base, []).append(recipe)
    where = ", ".join(dataset.name for dataset in loaded) + (f" for --task {', '.join(tasks)}" if tasks else "")
    return [
        f"{named_some([recipe.name for recipe in recipes])}: {'does' if len(recipes) == 1 else 'do'} not fit {where}; "
        f"{_why(recipes[0], loaded)}"
        for recipes in idle.values()
    ]


def _why(recipe: Recipe, loaded: Sequence[Dataset]) -> str:
    """Return why a recipe cannot see the clips of datasets, or where to look."""
    settings = recipe.steps.get("representation")
    clips = (dataset.clips[0] for dataset in loaded if dataset.clips)
    found = [why for clip in clips if settings and (why := misfit(settings, clip))]
    return found[0] if found else "see `recipes show` and `data describe`"


def named_some(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"


def plan(
    dataset: Dataset,
    recipes: Iterable[Recipe | str],
    tasks: Sequence[str] = (),
    seed: int = 0,
    protocol: str | None = None,
    known: dict[str, dict[str, Any]] | None = None,
) -> list[Experiment]:
    """Return the experiments that recipes mean on a dataset; tasks: only theirs, none for all.

    known: what `recipe_identity` gave for the recipes of an earlier call, which it is looked up in and added to.
    """
    experiments, data, known = [], {}, {} if known is None else known
    for recipe in (one if isinstance(one, Recipe) else load_recipe(one) for one in recipes):
        task = TASKS[recipe.task]
        if not is_chosen(recipe.task, tasks):
            continue
        seen = task.seen(dataset)
        chosen = task.protocol(seen, protocol) if task.fits(recipe, seen) else None
        if chosen is None or task.lacks(seen, chosen):
            continue
        classes = seen.classes.name
        if classes not in data:
            data[classes] = data_identity(seen)
        if recipe.name not in known:
            known[recipe.name] = recipe_identity(recipe)
        key = {**known[recipe.name], "data": data[classes], "seed": seed, "protocol": chosen}
        special = [classes] * (classes != seen.coarse.name) + [chosen] * (chosen != task.protocol(seen))
        special += [f"shift {seen.shift}"] * bool(seen.shift)
        name = f"{dataset.name} ({', '.join(special)})" if special else dataset.name
        folds = task.folds(seen, chosen, seed)
        experiments.append(Experiment(recipe, name, classes, chosen, seed, folds, digest(data[classes]), digest(key)))
    return experiments


def listing(planned: Plan, folder: Any) -> list[dict[str, Any]]:
    """Return one mapping an experiment of a plan: what it is, its folds, and how many a folder holds already."""
    rows = Rows(folder) if (Path(folder) / "rows.jsonl").is_file() else None
    return [
        {
            "task": experiment.task,
            "dataset": experiment.dataset,
            "recipe": experiment.recipe,
            "seed": experiment.seed,
            "protocol": experiment.protocol,
            "folds": len(experiment.folds),
            "done": len(rows.folds_done(experiment.digest)) if rows else 0,
        }
        for experiment, _ in planned.experiments
    ]


def recipe_identity(recipe: Recipe) -> dict[str, Any]:
    """Return what the predictions of a recipe depend on besides data and seed.

    That is the recipe with all others that it names, their lines in the registry of parts, the code and libraries that
    these parts and the task reach and, where that code looks at faces, the model of landmarks.
    """
    recipes = [recipe, *recipe.named.values()]
    modules = _modules(recipe)
    files, _ = reached(*modules)
    sees_faces = any(file.match("baselines/faces/track.py") for file in files)
    return {
        "recipes": [[one.name, one.task, one.steps, one.learns_from] for one in recipes],
        "parts": [part.line for one in recipes for part in parts_of(one)],
        "faces": tracking_identity() if sees_faces else None,
        **depends_on(*modules),
    }


def _modules(recipe: Recipe) -> list[str]:
    """Return the modules of the task and of the parts of a recipe and of all others that it names."""
    parts = [part for one in (recipe, *recipe.named.values()) for part in parts_of(one)]
    own = {type(TASKS[recipe.task]).__module__, "baselines.signatures"}
    return sorted(own.union(*(part.modules for part in parts)))


def join_datasets(datasets: Sequence[Dataset]) -> Dataset:
    """Return the clips, videos and questions of several datasets as one, named after all."""
    clips, videos = ([record for d in datasets for record in getattr(d, kind)] for kind in ("clips", "videos"))
    questions = [question for dataset in datasets for question in _of_their_databases(dataset)]
    return replace(
        datasets[0],
        name="+".join(dataset.name for dataset in datasets),
        clips=clips,
        videos=videos,
        questions=questions,
        coarse=united([dataset.coarse for dataset in datasets]),
        shift=next(filter(None, (dataset.shift for dataset in datasets)), ""),
    )


def _of_their_databases(dataset: Dataset) -> Iterator[Question]:
    """Yield the questions of a dataset with the database of the clip or video that each is about."""
    records: list[Clip | Video] = [*dataset.videos, *dataset.clips]
    known = {(record.subject, record.name): record.dataset for record in records}
    for question in dataset.questions:
        yield replace(question, dataset=known.get((question.subject, question.video), dataset.name))


def limit_dataset(dataset: Dataset, number: int) -> Dataset:
    """Return the dataset cut to about `number` clips and videos each, taken in turn from the subjects."""
    clips, videos = (_in_turn(records)[:number] for records in (dataset.clips, dataset.videos))
    return replace(dataset, clips=clips, videos=videos)


def _in_turn(records: Sequence[Any]) -> list[Any]:
    seen: dict[str, int] = {}
    ranked = []
    for position, record in enumerate(records):
        seen[record.subject] = seen.get(record.subject, 0) + 1
        ranked.append((seen[record.subject], position, record))
    return [record for _, _, record in sorted(ranked, key=lambda entry: entry[:2])]
