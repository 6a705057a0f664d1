"""What a classifier sees of a clip: a feature of its aligned frames, or a picture that a database ships.

`represent` makes one array of fixed shape of each of many clips in parallel and keeps them in the cache.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.records import Clip
from baselines.errors import InputError
from baselines.faces.track import tracking_identity
from baselines.identity import depends_on
from baselines.parallel import run_parallel
from baselines.parts import find_part
from baselines.signatures import Part, load, named
from features.errors import FeatureError


def nothing(clip: Clip) -> np.ndarray:
    """Return an empty array: for recipes that look at no pixel."""
    return np.zeros(0, np.float32)


def supports(settings: Mapping[str, Any], clip: Clip) -> bool:
    """Tell whether a representation can be made of a clip: some need its frames, published pictures have none."""
    if clip.frames is not None or settings["name"] == "nothing":
        return True
    part = find_part("representation", settings["name"])
    of_flow = part.feature is None or part.feature.input == "flow"
    return of_flow and settings.get("apex", "annotated") == "annotated"


def represent(clips: Sequence[Clip], settings: Mapping[str, Any], jobs: int = 1) -> np.ndarray:
    """Return the (n, ...) float32 representations of clips under a recipe's `representation` settings."""
    one = partial(represent_one, settings=settings)
    if settings["name"] == "nothing" or all(clip.frames is None for clip in clips):
        arrays = [one(clip) for clip in clips]  # reading small pictures costs less than starting workers
    else:
        arrays = run_parallel(one, clips, jobs, f"{settings['name']} of {len(clips)} clips")
    shapes = list(dict.fromkeys(str(array.shape) for array in arrays))
    if len(shapes) > 1:
        raise InputError(
            f"representation {settings['name']}: clips of different lengths give arrays of the shapes "
            f"{', '.join(shapes[:3])}; set `frames` to give all clips one length, or take another"
        )
    return np.stack(arrays) if arrays else np.zeros((0, 0), np.float32)


def represent_one(clip: Clip, settings: Mapping[str, Any]) -> np.ndarray:
    """Return the float32 representation of one clip, from the cache where it has been made before."""
    name, parameters = named(settings)
    part = find_part("representation", name)

    def compute() -> dict[str, np.ndarray]:
        return {"array": np.asarray(_made(clip, part, parameters), np.float32)}

    if clip.frames is None or name == "nothing":
        return compute()["array"]
    key = {
        "frames": clip.frames.identity(),
        "fps": clip.fps,
        "event": clip.event and [clip.event.onset, clip.event.apex, clip.event.offset],
        "settings": settings,
        "part": part.line,
        **depends_on(__name__, "baselines.signatures", *part.modules),
        **tracking_identity(),
    }
    return cached_arrays("representations", key, compute)["array"]


def feature_of(clip: Clip, settings: Mapping[str, Any]) -> np.ndarray:
    """Return what `represent_one` gives, not from the cache and in the feature's own type of numbers."""
    name, parameters = named(settings)
    return np.asarray(_made(clip, find_part("representation", name), parameters))


def _made(clip: Clip, part: Part, parameters: Mapping[str, Any]) -> Any:
    try:
        if part.feature is None:
            return part.load()(clip, **parameters)
        prepared, own = part.split(parameters)
        least = load(f"features.{part.feature.least_frames}")(**own) if part.feature.least_frames else 2
        return part.load()(*load(part.preparation)(clip, least, **prepared), **own)
    except FeatureError as error:
        source = clip.frames.source if clip.frames else clip.flow_image
        raise InputError(f"{source}, clip {clip.name}: {error}") from None
