"""Finding the apex frame of a clip by how far brows and mouth have moved against the head."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d

from features.checks import checked_clip
from features.optical_flow import FlowMethod, iterate_flow
from features.regions import RIGID_PARTS, boxes, points_in, relative_motion


def find_apex_by_motion(
    clip: ArrayLike,
    landmarks: ArrayLike,
    fps: float,
    smoothing: float = 0.03,
    method: FlowMethod = "dis",
    **flow_parameters: Any,
) -> int:
    """Index of the frame, from 0, in which brows and mouth have moved farthest from where they rest.

    The flow from the first frame is averaged over each of `features.regions.REGIONS`, minus the motion of the head.
    A clip begins and ends at rest, so that what is left in the last frame is slow drift: it is taken out of every
    frame in proportion to its time. The motions are smoothed in time, and the largest root mean square over the
    regions is the apex.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255] from onset to offset, T >= 3.
    landmarks : array_like of shape (68, 2)
        x and y in px on the first frame.
    fps : float
        Frames per second.
    smoothing : float
        Width of the Gaussian, seconds.
    method, **flow_parameters
        As `optical_flow`.

    Returns
    -------
    int
        Index.

    Raises
    ------
    FeatureError
        For fewer than three frames, landmarks that hold NaN or lie outside the picture, or as `optical_flow`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.apex_by_motion import find_apex_by_motion
    >>> rng = np.random.default_rng(0)
    >>> clip = np.tile(rng.integers(0, 256, (64, 64), dtype=np.uint8), (5, 1, 1))
    >>> landmarks = rng.uniform(10, 54, (68, 2))  # stand for those of a face
    >>> find_apex_by_motion(clip, landmarks, fps=100)  # nothing moves
    0
    """
    clip = checked_clip(clip, least_frames=3, name="apex")
    around = boxes(landmarks)
    rigid = points_in(boxes(landmarks, RIGID_PARTS), clip.shape[1:])
    flows = iterate_flow(clip, method, **flow_parameters)
    motion = np.stack([np.zeros((len(around), 2)), *(relative_motion(flow, around, rigid) for flow in flows)])
    motion = np.nan_to_num(motion)  # regions outside the picture
    motion -= np.linspace(0, 1, len(motion))[:, None, None] * motion[-1]
    return int(np.square(gaussian_filter1d(motion, smoothing * fps, axis=0)).sum(axis=(1, 2)).argmax())
