"""From clips and long videos to `Evidence`, by the classifiers of a model."""

import warnings
from collections.abc import Sequence
from functools import partial

from baselines.datasets.records import Clip, Video
from baselines.parallel import attempt, run_parallel
from baselines.recipes import Recipe
from baselines.recognition.model import Model
from baselines.spotting.recipe import spot_video
from baselines.vqa.expressions import classified, find_features
from baselines.vqa.records import Evidence


def measure(
    records: Sequence[Clip | Video], model: Model, spotting: Recipe, jobs: int = 1
) -> list[tuple[Evidence | None, str | None]]:
    """Return (its `Evidence`, None) for each clip or video, or (None, why there is none).

    model: its analyst classifies, on the representation of its recipe. spotting: the recipe by which the expressions
    of a `Video` are found; each is measured as a clip.
    """
    spot = partial(spot_video, recipe=spotting)
    find = partial(find_features, representation=model.recipe.steps["representation"], spot=spot)
    workers = 1 if all(map(_is_picture, records)) else jobs  # starting them takes longer than reading small pictures
    found = run_parallel(partial(attempt, find), records, workers, f"measuring {len(records)} clips")
    evidences = classified([features for features, _ in found if features], model.analyst)
    measured: list[tuple[Evidence | None, str | None]] = []
    for record, (features, failure) in zip(records, found):
        if features is None:
            measured.append((None, failure))
            continue
        for note in features.notes:
            warnings.warn(f"{record.frames.source}: {note}", stacklevel=2)
        measured.append((next(evidences), None))
    return measured


def _is_picture(record: Clip | Video) -> bool:
    return not isinstance(record, Video) and record.frames is None
