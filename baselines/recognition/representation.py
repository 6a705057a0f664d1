"""What a classifier sees of a clip: arrays made from its aligned frames, or read where a database ships them.

Each entry of `REPRESENTATIONS` maps a clip and the recipe's parameters to one array of fixed shape.
`represent` runs it over many clips in parallel and keeps the arrays in the cache.
"""

from functools import partial

import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError
from baselines.faces import tracking_identity
from baselines.identity import code_identity, library_versions
from baselines.parallel import run_parallel
from baselines.recognition.representations import flow, sequences
from features.errors import FeatureError


def nothing(clip):
    """Return an empty array: for recipes that look at no pixel."""
    return np.zeros(0, np.float32)


REPRESENTATIONS = {
    "nothing": nothing,
    "flow-image": flow.flow_image,
    "raw-flow": flow.raw_flow,
    "hoof": flow.hoof_of,
    "bi-woof": flow.bi_woof_of,
    "lbp-top": sequences.lbp_top_of,
    "lbp-sip": sequences.lbp_sip_of,
    "osf": sequences.osf_of,
    "osw-lbp-top": sequences.osw_lbp_top_of,
    "mdmo": sequences.mdmo_of,
}
OF_FLOW = ("flow-image", "raw-flow", "hoof", "bi-woof")  # made of two frames, or of a published flow picture
CODE = ("features", "baselines/recognition/representation.py", "baselines/recognition/representations")
LIBRARIES = ("numpy", "scipy", "opencv-contrib-python-headless", "scikit-image")


def supports(settings, clip):
    """Tell whether a representation can be made of a clip: some need its frames."""
    if clip.frames is not None or settings["name"] == "nothing":
        return True
    return settings["name"] in OF_FLOW and settings.get("apex", "annotated") == "annotated"


def represent(clips, settings, jobs=1):
    """Return the (n, ...) float32 representations of clips under a recipe's `representation` settings."""
    one = partial(represent_one, settings=settings)
    if settings["name"] == "nothing" or all(clip.frames is None for clip in clips):
        arrays = [one(clip) for clip in clips]  # reading small pictures costs less than starting workers
    else:
        arrays = run_parallel(one, clips, jobs, f"{settings['name']} of {len(clips)} clips")
    return np.stack(arrays) if arrays else np.zeros((0, 0), np.float32)


def represent_one(clip, settings):
    """Return the float32 representation of one clip, from the cache where it has been made before."""
    function, parameters = _resolved(settings)

    def compute():
        try:
            return {"array": np.asarray(function(clip, **parameters), np.float32)}
        except FeatureError as error:
            source = clip.frames.source if clip.frames else clip.flow_image
            raise InputError(f"{source}, clip {clip.name}: {error}") from None

    if clip.frames is None or function is nothing:
        return compute()["array"]
    key = {
        "frames": clip.frames.identity(),
        "fps": clip.fps,
        "event": clip.event and [clip.event.onset, clip.event.apex, clip.event.offset],
        "settings": settings,
        "code": code_identity(*CODE),
        "libraries": library_versions(*LIBRARIES),
        **tracking_identity(),
    }
    return cached_arrays("representations", key, compute)["array"]


def _resolved(settings):
    """Return (function, parameters) of a recipe's `representation` settings."""
    parameters = dict(settings)
    name = parameters.pop("name")
    if name not in REPRESENTATIONS:
        raise InputError(f"representation {name!r} is not known; choose one of {', '.join(REPRESENTATIONS)}")
    return REPRESENTATIONS[name], parameters
