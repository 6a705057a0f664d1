"""What is made of the optical flow from onset to apex, be it computed from frames or read from a published picture."""

from typing import Annotated

import cv2
import numpy as np

from baselines.cache import cached_arrays
from baselines.datasets.images import read_image
from baselines.errors import InputError
from baselines.faces.clips import ApexSource, Magnification, Side, onset_and_apex
from baselines.identity import array_identity, depends_on
from baselines.signatures import AtLeast, AtMost
from features.alignment import Alignment
from features.blocks import block_means
from features.optical_flow import FlowMethod, optical_flow
from features.optical_strain import optical_strain

PICTURE_SIZE = 28
Pixels = Annotated[int, AtLeast(1), AtMost(1024)]
Blocks = tuple[int, int]  # rows, columns


def flow_image(clip, blocks: Blocks | None = None, **flow):
    """Return the (28, 28, 3) picture of u, v and optical strain from onset to apex, each scaled to 0..255.

    The picture a database ships is read as it is; otherwise flow is computed and scaled as the published pictures
    are (Liong et al. 2019). blocks: the mean of each of (rows, columns) blocks instead of pixels. flow: parameters of
    `onset_to_apex_flow`.
    """
    if clip.flow_image is not None:
        return _averaged(_read_picture(clip.flow_image), blocks)
    field = onset_to_apex_flow(clip, **flow)
    small = _shrunk(np.dstack([field, optical_strain(field)]), PICTURE_SIZE)
    low, high = small.min(axis=(0, 1)), small.max(axis=(0, 1))
    return _averaged((small - low) / np.maximum(high - low, 1e-6) * 255, blocks)


def raw_flow(clip, pixels: Pixels = PICTURE_SIZE, blocks: Blocks | None = None, **flow):
    """Return u and v themselves, px, averaged down to (pixels, pixels, 2); blocks and flow as `flow_image`."""
    return _averaged(_shrunk(clip_flow(clip, **flow), pixels), blocks)


def clip_flow(clip, **flow):
    """Return the flow (H, W, 2) from onset to apex of any clip.

    Published pictures scale u and v from least to largest, so that the level of no motion is lost. Most of a face
    does not move during a micro-expression: the median of u and that of v are taken for it. What stays unknown is
    the unit, and how much longer u is than v.
    """
    if clip.flow_image is None:
        return onset_to_apex_flow(clip, **flow)
    field = _read_picture(clip.flow_image)[..., :2]
    return field - np.median(field, axis=(0, 1))


def onset_to_apex_flow(
    clip,
    method: FlowMethod = "tvl1-skimage",
    size: Side = 128,
    apex: ApexSource = "annotated",
    align: Alignment = "mean",
    magnification: Magnification | None = None,
) -> np.ndarray:
    """Return the flow (size, size, 2), px, between the aligned faces at onset and apex; kept in the cache.

    method: as `features.optical_flow`. apex: as `faces.clips.onset_and_apex`. size, align, magnification: as
    `faces.clips.aligned_faces`. With these defaults it is what published pictures show.
    """
    pair = np.stack(onset_and_apex(clip, size, apex, align, magnification))
    key = {
        "pair": array_identity(pair),
        "method": method,
        **depends_on("features.optical_flow"),
    }
    return cached_arrays("flows", key, lambda: {"flow": optical_flow(*pair, method=method)})["flow"]


def _read_picture(path):
    picture = read_image(path)
    if picture.shape != (PICTURE_SIZE, PICTURE_SIZE, 3):
        raise InputError(f"{path}: {picture.shape[1]} x {picture.shape[0]} pixels; expected 28 x 28 RGB")
    return picture.astype(np.float32)


def _shrunk(picture, side):
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def _averaged(picture, blocks):
    return picture if blocks is None else block_means(picture, blocks)
