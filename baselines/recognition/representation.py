"""What a classifier sees of a clip: arrays made from its aligned frames, or read where a database ships them.

Each entry of `REPRESENTATIONS` maps a clip and the recipe's parameters to one array of fixed shape.
`represent` runs it over many clips in parallel and keeps the arrays in the cache.
"""

from functools import partial

import cv2
import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.frames import read_image
from baselines.errors import InputError
from baselines.faces import cached_track
from baselines.identity import code_identity, library_versions
from baselines.parallel import run_parallel
from features.alignment import align
from features.errors import FeatureError
from features.interpolation import interpolate
from features.lbp_top import lbp_top
from features.optical_flow import optical_flow
from features.optical_strain import optical_strain

FLOW_IMAGE_SIZE = 28


def nothing(clip):
    """Return an empty array: for recipes that look at no pixel."""
    return np.zeros(0, np.float32)


def flow_image(clip, method="tvl1-skimage", size=128):
    """Return the (28, 28, 3) picture of u, v and optical strain from onset to apex, each scaled to 0..255.

    The picture a database ships is read as it is; otherwise flow is computed between the aligned
    `size` x `size` faces at onset and apex, and scaled as the published pictures are (Liong et al. 2019).
    """
    if clip.flow_image is not None:
        picture = read_image(clip.flow_image)
        if picture.shape != (FLOW_IMAGE_SIZE, FLOW_IMAGE_SIZE, 3):
            raise InputError(f"{clip.flow_image}: {picture.shape[1]} x {picture.shape[0]} pixels; expected 28 x 28 RGB")
        return picture.astype(np.float32)
    flow = optical_flow(*onset_and_apex(clip, size), method=method)
    channels = np.dstack([flow, optical_strain(flow)])
    small = cv2.resize(channels, (FLOW_IMAGE_SIZE, FLOW_IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    low, high = small.min(axis=(0, 1)), small.max(axis=(0, 1))
    return (small - low) / np.maximum(high - low, 1e-6) * 255


def lbp_top_histograms(clip, size=128, frames=20, **parameters):
    """Return the LBP-TOP histograms of the aligned face, onset to offset, interpolated to `frames` frames (TIM)."""
    return lbp_top(interpolate(aligned_faces(clip, size), frames, whole=True), **parameters)


REPRESENTATIONS = {"nothing": nothing, "flow-image": flow_image, "lbp-top": lbp_top_histograms}


def onset_and_apex(clip, size):
    """Return the aligned (size, size) uint8 faces at onset and apex; the middle frame when no apex is known.

    Where such a frame shows no face, the nearest that does stands in.
    """
    numbers, faces = _faces(clip, size)
    apex = (clip.event.apex if clip.event else None) or (len(clip.frames) + 1) // 2
    return faces[0], faces[int(np.abs(numbers - apex).argmin())]


def aligned_faces(clip, size):
    """Return the (T, size, size) uint8 faces of a clip under one registration; frames without a face are left out."""
    return _faces(clip, size)[1]


def _faces(clip, size):
    """Return the numbers (T,), from 1, of the frames with a face, and the aligned faces (T, size, size)."""
    landmarks = cached_track(clip.frames, clip.fps).landmarks
    found = [(n, face) for n, face in enumerate(align(clip.frames, landmarks, size), start=1) if face is not None]
    if len(found) < 2:
        raise InputError(
            f"{clip.frames.source}: the face is seen in {len(found)} frame of the clip; expected at least 2"
        )
    return np.array([n for n, _ in found]), np.stack([face for _, face in found])


def supports(settings, clip):
    """Tell whether a representation can be made of a clip: some need its frames."""
    return clip.frames is not None or settings["name"] in ("nothing", "flow-image")


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
    parameters = dict(settings)
    name = parameters.pop("name")
    if name not in REPRESENTATIONS:
        raise InputError(f"representation {name!r} is not known; choose one of {', '.join(REPRESENTATIONS)}")

    def compute():
        try:
            return {"array": np.asarray(REPRESENTATIONS[name](clip, **parameters), np.float32)}
        except FeatureError as error:
            source = clip.frames.source if clip.frames else clip.flow_image
            raise InputError(f"{source}, clip {clip.name}: {error}") from None

    if clip.frames is None:
        return compute()["array"]
    key = {
        "frames": clip.frames.identity(),
        "fps": clip.fps,
        "event": clip.event and [clip.event.onset, clip.event.apex, clip.event.offset],
        "settings": settings,
        "code": code_identity("features", "baselines/faces.py", "baselines/recognition/representation.py"),
        "libraries": library_versions("numpy", "opencv-contrib-python-headless", "scikit-image", "dlib-bin", "dlib"),
    }
    return cached_arrays("representations", key, compute)["array"]
