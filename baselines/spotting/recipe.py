"""From a spotting recipe to its spotter, fitted on other subjects where it learns, and from intervals to rows."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from baselines.datasets.records import Event, Video
from baselines.errors import InputError, seen
from baselines.parallel import run_parallel
from baselines.parts import build_part
from baselines.recipes import Recipe, load_recipe, load_single, recipe_names
from baselines.spotting.base import Interval, Spotter, SpottingResult
from baselines.spotting.blocks import Progress

DEFAULT = "regional-contrast"


def spotting_recipe(name: str = "", aim: str | None = None) -> Recipe:
    """Return the spotting recipe called `name`, by default `DEFAULT`; aim: as its method has it, None for its own."""
    recipe = load_single(name or DEFAULT)
    if recipe.task != "spotting":
        known = ", ".join(recipe_names("spotting"))
        raise InputError(f"--method {name!r} is a recipe for {recipe.task}; choose one of {known}")
    return load_recipe(name or DEFAULT, {"method.aim": aim}) if aim else recipe


def make_spotter(recipe: Recipe, examples: Sequence[Any] | None = None, seed: int = 0) -> Spotter:
    """Return the spotter that a spotting recipe describes, fitted on `examples` when the recipe learns.

    examples: what `spotting_examples` gives, of other subjects' videos. Raises `InputError` without any for a recipe
    that learns.
    """
    spotter = build_part("spotting method", recipe.steps["method"])
    if not learns(recipe):
        return spotter
    if not examples:
        raise InputError(f"recipe {recipe.name}: learns from a dataset's other subjects; run it with `run-all`")
    return spotter.fit(examples, seed)


def check_steps(recipe: Recipe) -> None:
    """Raise `InputError` for a recipe that is to learn by a method that cannot."""
    spotter = build_part("spotting method", recipe.steps["method"])
    if learns(recipe) and not hasattr(spotter, "examples"):
        raise InputError(f"learns_from: the method {recipe.steps['method']['name']} cannot learn; leave it out")


def learns(recipe: Recipe) -> bool:
    """Tell whether a spotting recipe is fitted on the other subjects of a dataset."""
    return bool(recipe.learns_from)


def spotting_examples(recipe: Recipe, videos: Sequence[Video], jobs: int = 1) -> list[Any] | None:
    """Return what `examples_of` gives for a recipe; None if it does not learn."""
    return examples_of(build_part("spotting method", recipe.steps["method"]), videos, jobs) if learns(recipe) else None


def spot_video(video: Video, recipe: Recipe, progress: Progress | None = None, jobs: int = 1) -> SpottingResult:
    """Return the `SpottingResult` of a video under a spotting recipe; `progress(n)` is called as frames are done."""
    return make_spotter(recipe).predict(video.frames, video.fps, progress, jobs)


def spotting_row(video: Video, interval: Interval | Event) -> dict[str, Any]:
    """Return the CSV row subject, video, onset, offset, type of a spotted interval or an event.

    Frames have the numbers of files of events (`Video.number`).
    """
    return {
        "subject": video.subject,
        "video": video.name,
        "onset": video.number(interval.onset),
        "offset": video.number(interval.offset),
        "type": interval.kind,
    }


def examples_of(spotter: Any, videos: Sequence[Video], jobs: int = 1) -> list[tuple[Any, str | None]]:
    """Return (what the method `examples` of a spotter gives, None) for each `Video` with known events, in their order.

    (None, why) for one in which nothing can be seen.
    """
    label = f"learning from {len(videos)} videos"
    return run_parallel(partial(seen, partial(_examples, spotter)), list(enumerate(videos)), jobs, label)


def _examples(spotter: Any, numbered: tuple[int, Video]) -> Any:
    number, video = numbered
    return spotter.examples(spotter.measured(video.frames, video.fps).array, video.fps, video.events, seed=number)
