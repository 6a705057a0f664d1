"""What `import baselines` offers: the suite from Python, on one video or clip or on whole datasets."""

import warnings
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.cache import prune_cache
from baselines.commands.predict import clips_of
from baselines.commands.results import Recognized, ScoreRows, Spotted
from baselines.commands.train import default_model, load_model
from baselines.datasets.cutting import cut_clip
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.manifest import ASSUMED_FPS, read_videos
from baselines.datasets.records import Clip, Event, Video
from baselines.errors import InputError
from baselines.experiments.run import run_experiments
from baselines.faces.track import cached_track
from baselines.plugins import plugins as own_parts
from baselines.recognition.model import Model
from baselines.recognition.representation import represent_one
from baselines.report.tables import write_tables
from baselines.spotting.recipe import spot_video, spotting_recipe

Source = str | PathLike[str] | NDArray[np.uint8] | Video | Clip


def landmarks(video: Source, fps: float | None = None) -> NDArray[np.float32]:
    """Return the 68 landmarks (T, 68, 2) of the face in each frame, x and y in px; NaN where there is no face.

    video: a file, a folder of numbered images, an array (T, H, W, 3) of uint8 RGB, or a record. fps: frames per second
    of an array or a folder, 30 by default. Raises `InputError` for a video without a face.
    """
    record = _video(video, fps)
    return cached_track(record.frames, record.fps).landmarks


def spot(video: Source, method: str = "", fps: float | None = None, jobs: int = 1, aim: str | None = None) -> Spotted:
    """Return the `SpottingResult` of a video: intervals, the curves that they come from, warnings; `plot()` draws it.

    video, fps: as `landmarks`. method: a spotting recipe, by default regional-contrast. jobs: workers that share a long
    video; the result is the same for any number. aim: precision, balanced or recall, for methods that have one.
    """
    record = _video(video, fps)
    return Spotted.of(spot_video(record, spotting_recipe(method, aim), jobs=jobs), record)


def recognize(clip: Source, model: str | PathLike[str] | Model | None = None, fps: float | None = None) -> Recognized:
    """Return {emotion: probability} of a clip with one expression, the likeliest first; `plot()` draws it.

    clip, fps: as `landmarks`; of an array or a file it is the whole. model: a file that `megc train` wrote, or what
    `baselines.commands.train.load_model` gives; None takes one trained on the embedded corpus, made at first use.
    """
    if not isinstance(model, Model):
        model = default_model() if model is None else load_model(model)
    record, settings = _clip(clip, fps), model.recipe.steps["representation"]
    X = represent_one(record, settings)
    found = zip(model.recognizer.classes_.tolist(), model.recognizer.predict_proba(X[None])[0].tolist())
    return Recognized(dict(sorted(found, key=lambda entry: -entry[1])), record, settings)


def run_all(
    datasets: str | Sequence[str] = "synthetic",
    root: Any = None,
    output: Any = "results",
    plugins: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
    **options: Any,
) -> ScoreRows:
    """Run recipes on datasets, write the tables into a folder, and return the rows of scores.csv as mappings.

    root: the folder that holds the datasets. plugins: files with parts of your own. options: jobs, overwrite, and those
    of `baselines.experiments.plan.plan_experiments`: tasks, recipes (names or files), values ({key: values} that make
    cells of them), seed, apex and shift (one or several), limit, protocol, classes. What fails, and each cell that no
    part can take, is told by warnings; the others go on. `plot()` of the rows draws a metric of all recipes.
    """
    with own_parts((plugins,) if isinstance(plugins, str | PathLike) else plugins):
        outcome = run_experiments(datasets, root, output=output, **options)
    prune_cache()
    for failure in (*outcome.failures, *(f"{cell}: left out: {why}" for cell, why in outcome.impossible.items())):
        warnings.warn(failure, stacklevel=2)
    return ScoreRows(write_tables(outcome.results, output))


def _video(source: Source, fps: float | None) -> Video:
    """Return the one video that a source means."""
    if isinstance(source, Video):
        return source
    if isinstance(source, Clip):
        if source.frames is None:
            raise InputError(f"{source.flow_image}: a flow picture has no frames; give a video")
        return Video(source.dataset, source.subject, source.name, source.frames, source.fps or fps or ASSUMED_FPS)
    if isinstance(source, np.ndarray):
        if source.ndim != 4 or source.shape[3] != 3 or source.dtype != np.uint8:
            raise InputError(f"array of {source.dtype} {source.shape}; expected frames (T, H, W, 3) of uint8 RGB")
        return Video("array", "", "array", ArrayFrames(source), fps or ASSUMED_FPS)
    return _only(read_videos(Path(source), fps), "videos", source)


def _clip(source: Source, fps: float | None) -> Clip:
    """Return the one clip that a source means."""
    if isinstance(source, Clip):
        return source
    if isinstance(source, str | PathLike):
        return _only(clips_of(Path(source), read_videos(Path(source), fps)), "clips", source)
    video = _video(source, fps)
    return cut_clip(video, Event(1, len(video.frames)), video.name)


def _only(records: list[Any], what: str, source: Any) -> Any:
    if len(records) > 1:
        raise InputError(f"{source}: holds {len(records)} {what}; give one of them, or load it as dataset 'manifest'")
    return records[0]
