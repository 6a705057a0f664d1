"""What a classifier sees of a clip: a feature of its aligned frames, or a picture that a database ships.

`represent` makes one array of fixed shape of each of many clips in parallel and keeps them in the cache.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.records import Clip
from baselines.errors import DataFault, InputError, one_line, seen
from baselines.faces.track import tracking_identity
from baselines.identity import depends_on
from baselines.parallel import run_parallel
from baselines.parts import find_part
from baselines.signatures import Parameter, Part, load, named, signature_of
from features.errors import FeatureError

FLOW = "baselines.recognition.flow:onset_to_apex_flow"  # its parameters say how faces and flow are made of frames


def nothing(clip: Clip) -> np.ndarray:
    """Return one value, the same for all clips: for recipes that look at no pixel."""
    return np.zeros(1, np.float32)


def supports(settings: Mapping[str, Any], clip: Clip) -> bool:
    """Tell whether a representation can be made of a clip (`misfit`)."""
    return not misfit(settings, clip)


def misfit(settings: Mapping[str, Any], clip: Clip) -> str:
    """Return why a representation cannot be made of a clip, empty where it can.

    Some need its frames, which a published flow picture lacks. Such a picture also is what it is: a recipe that says,
    other than by default, how faces or flow are to be made cannot have its way.
    """
    if clip.frames is not None or settings["name"] == "nothing":
        return ""
    part = find_part("representation", settings["name"])
    if part.feature is not None and part.feature.input != "flow":
        return f"{part.name} is made of frames, which published flow pictures lack"
    stated = [f"{p.name} = {settings[p.name]!r}" for p in signature_of(FLOW).values() if _differs(settings, p)]
    return f"published flow pictures are as they are, without {', '.join(stated)}" if stated else ""


def _differs(settings: Mapping[str, Any], parameter: Parameter) -> bool:
    return bool(settings.get(parameter.name, parameter.default) != parameter.default)


def represent(clips: Sequence[Clip], settings: Mapping[str, Any], jobs: int = 1) -> np.ndarray:
    """Return the (n, ...) float32 representations of clips under a recipe's `representation` settings."""
    arrays, failed = represent_each(clips, settings, jobs)
    if failed:
        raise InputError(next(iter(failed.values())))
    return arrays


def represent_each(
    clips: Sequence[Clip], settings: Mapping[str, Any], jobs: int = 1
) -> tuple[np.ndarray, dict[int, str]]:
    """Return (representations of those clips that have one, {place: why} of the others); `InputError` if none has."""
    one = partial(seen, partial(represent_one, settings=settings))
    if settings["name"] == "nothing" or all(clip.frames is None for clip in clips):
        found = [one(clip) for clip in clips]  # reading small pictures costs less than starting workers
    else:
        found = run_parallel(one, clips, jobs, f"{settings['name']} of {len(clips)} clips")
    failed = {number: why for number, (_, why) in enumerate(found) if why is not None}
    if failed and len(failed) == len(clips):
        raise InputError(failed[0])
    kept = [(clip, array) for clip, (array, _) in zip(clips, found) if array is not None]
    return _stacked([clip for clip, _ in kept], [array for _, array in kept], settings), failed


def _stacked(clips: Sequence[Clip], arrays: Sequence[np.ndarray], settings: Mapping[str, Any]) -> np.ndarray:
    shapes: dict[str, Clip] = {}
    for clip, array in zip(clips, arrays):
        shapes.setdefault(str(array.shape), clip)
    if len(shapes) > 1:
        told = ", ".join(f"{shape} for {_called(clip)}" for shape, clip in list(shapes.items())[:3])
        raise InputError(
            f"representation {settings['name']}: clips of different lengths give arrays of different shapes ({told}); "
            "set `frames` to give all clips one length, or take another"
        )
    return np.stack(arrays) if arrays else np.zeros((0, 0), np.float32)


def represent_one(clip: Clip, settings: Mapping[str, Any]) -> np.ndarray:
    """Return the float32 representation of one clip, from the cache where it has been made before."""
    name, parameters = named(settings)
    part = find_part("representation", name)

    def compute() -> dict[str, np.ndarray]:
        return {"array": _checked(_made(clip, part, parameters), part, clip)}

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
    part = find_part("representation", name)
    made = _made(clip, part, parameters)
    _checked(made, part, clip)
    return np.asarray(made)


def _called(clip: Clip) -> str:
    """Return what a message calls a clip."""
    return f"clip {clip.name} of subject {clip.subject}, {clip.dataset}"


def _checked(made: Any, part: Part, clip: Clip) -> np.ndarray:
    """Return what a representation gave as float32; `InputError` where that is no array of finite numbers."""
    place = f"representation {part.name}, {_called(clip)}"
    if part.name == "nothing":
        return np.asarray(made, np.float32)
    try:
        found = np.asarray(made)
        if not found.size or np.iscomplexobj(found):
            kind = "complex numbers" if found.size else "an empty array"
            raise InputError(f"{place}: gave {kind}; expected real numbers")
        array = found.astype(np.float32)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{place}: gave {type(made).__name__}; expected an array of numbers") from None
    if not np.isfinite(array).all():
        raise InputError(f"{place}: gave a value that is not a finite number")
    return array


def _made(clip: Clip, part: Part, parameters: Mapping[str, Any]) -> Any:
    try:
        if part.feature is None:
            return part.load()(clip, **parameters)
        prepared, own = part.split(parameters)
        least = load(f"features.{part.feature.least_frames}")(**own) if part.feature.least_frames else 2
        return part.load()(*load(part.preparation)(clip, least, **prepared), **own)
    except FeatureError as error:
        source = clip.frames.source if clip.frames else clip.flow_image
        raise DataFault(f"{source}, {_called(clip)}: {error}") from None
    except (InputError, KeyboardInterrupt):
        raise
    except (Exception, SystemExit) as error:  # named here, because no trace of the place comes back from a worker
        raise InputError(f"representation {part.name}, {_called(clip)}: {one_line(error)}") from None
