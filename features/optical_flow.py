"""Dense optical flow between two grey frames, by five published methods behind one function.

Flow is (H, W, 2) float32 in px: channel 0 is u, positive to the right; channel 1 is v, positive downwards. A point
at (x, y) of the first frame is found at (x + u, y + v) in the second.
"""

import cv2
import numpy as np

from features.checks import as_bytes_if_whole, checked_clip
from features.errors import FeatureError

# Below these sizes OpenCV's DIS reads outside the picture and its RLOF does not return.
LEAST_SIZE = {"farneback": 16, "dis": 16, "tvl1": 16, "tvl1-skimage": 16, "rlof": 64}

# Method and parameters: what most papers of the field used, and the quickest that still resolves a micro-expression.
PRESETS = {"paper": ("tvl1", {}), "fast": ("dis", {"quality": "medium"})}


def optical_flow(previous, following, method="farneback", **parameters):
    """Dense optical flow from one grey frame to another.

    previous, following: (H, W), uint8 or float in [0, 255]. Whole-valued floats give exactly what uint8 gives;
    `dis` and `rlof` know 8 bits only and round other floats.
    method, with its parameters and their defaults:
    - "farneback" (2003): pyr_scale=.5, levels=3, winsize=15, iterations=3, poly_n=5, poly_sigma=1.2. OpenCV's errs
      within winsize px of the lower and right border, by up to half a px even where nothing moves
    - "dis" (Kroeger 2016): quality="medium" | "fast" | "ultrafast"
    - "tvl1" (Zach 2007; OpenCV contrib): tau=.25, lambda_=.15, theta=.3, scales=5, scale_step=.8, warps=5,
      epsilon=.01, inner_iterations=30, outer_iterations=10, median=5
    - "tvl1-skimage" (the same in scikit-image): attachment=15, tightness=.3, num_warp=5, num_iter=10, tol=1e-4
    - "rlof" (Senst 2012; OpenCV contrib): forward_backward_threshold=1, grid_step=6
    - "paper" is "tvl1" as Bi-WOOF, OSW and SOFTNet use it; "fast" is "dis" at medium quality.

    Returns (H, W, 2) float32, (u right, v down) in px; the same input gives the same output.
    Raises FeatureError for frames of different, too small (16 px, rlof 64 px) or (dis) too wide shape.
    """
    pair = _checked_pair(previous, following)
    method, parameters = _resolve(method, parameters)
    return _compute(pair[0], pair[1], method, parameters)


def flow_to_first(clip, method="farneback", **parameters):
    """Flow from the first frame of `clip` (T, H, W) to each later one: (T-1, H, W, 2) float32, px.

    Parameters and errors as `optical_flow`; a clip needs two frames.
    """
    return _collect(clip, method, parameters, to_first=True)


def flow_consecutive(clip, method="farneback", **parameters):
    """Flow from each frame of `clip` (T, H, W) to the next: (T-1, H, W, 2) float32, px.

    Parameters and errors as `optical_flow`; a clip needs two frames.
    """
    return _collect(clip, method, parameters, to_first=False)


def iterate_flow(clip, method="farneback", *, to_first=True, **parameters):
    """Yield the T-1 fields of `flow_to_first` (or `flow_consecutive`) one by one, so that memory stays small."""
    clip = as_bytes_if_whole(checked_clip(clip, least_frames=2))
    method, parameters = _resolve(method, parameters)
    for index in range(1, len(clip)):
        yield _compute(clip[0 if to_first else index - 1], clip[index], method, parameters)


def _collect(clip, method, parameters, to_first):
    clip = checked_clip(clip, least_frames=2)
    flows = np.empty((len(clip) - 1, *clip.shape[1:], 2), np.float32)
    for target, flow in zip(flows, iterate_flow(clip, method, to_first=to_first, **parameters), strict=True):
        target[...] = flow
    return flows


def _checked_pair(previous, following):
    if np.shape(previous) != np.shape(following):
        raise FeatureError(f"optical flow: frames differ in shape, {np.shape(previous)} and {np.shape(following)}")
    return as_bytes_if_whole(checked_clip(np.stack([previous, following]), name="optical flow"))


def _resolve(method, parameters):
    if method in PRESETS:
        method, preset = PRESETS[method]
        parameters = {**preset, **parameters}
    if method not in METHODS:
        raise FeatureError(f"optical flow: unknown method {method!r}; one of {', '.join([*METHODS, *PRESETS])}")
    return method, parameters


def _compute(first, second, method, parameters):
    height, width = first.shape
    least = LEAST_SIZE[method]
    if min(height, width) < least:
        raise FeatureError(f"optical flow: {method} needs frames of {least}x{least} px or more, got {width}x{height}")
    try:
        flow = METHODS[method](np.ascontiguousarray(first), np.ascontiguousarray(second), **parameters)
    except (TypeError, cv2.error) as error:
        reason = str(error).strip().splitlines()[0]
        raise FeatureError(f"optical flow: parameters {parameters} do not suit {method}: {reason}") from error
    return np.ascontiguousarray(flow, dtype=np.float32)


def _farneback(first, second, pyr_scale=0.5, levels=3, winsize=15, iterations=3, poly_n=5, poly_sigma=1.2):
    return cv2.calcOpticalFlowFarneback(
        first, second, None, pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, 0
    )


def _dis(first, second, quality="medium"):
    qualities = {
        "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
        "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
        "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    }
    if quality not in qualities:
        raise FeatureError(f"optical flow: dis has no quality {quality!r}; one of {', '.join(qualities)}")
    height, width = first.shape
    if width > 2.5 * height:
        # OpenCV chooses the pyramid from the width alone and would leave the picture at the coarsest scale.
        raise FeatureError(f"optical flow: dis needs frames at most 2.5 times as wide as high, got {width}x{height}")
    return cv2.DISOpticalFlow_create(qualities[quality]).calc(_bytes(first), _bytes(second), None)


def _tvl1(
    first,
    second,
    tau=0.25,
    lambda_=0.15,
    theta=0.3,
    scales=5,
    scale_step=0.8,
    warps=5,
    epsilon=0.01,
    inner_iterations=30,
    outer_iterations=10,
    median=5,
):
    solver = _contrib("DualTVL1OpticalFlow_create")(
        tau, lambda_, theta, scales, warps, epsilon, inner_iterations, outer_iterations, scale_step, 0.0, median, False
    )
    if first.dtype == np.uint8:
        return solver.calc(first, second, None)
    # A float picture is expected in [0, 1].
    return solver.calc(np.float32(first) / 255, np.float32(second) / 255, None)


def _tvl1_skimage(first, second, attachment=15, tightness=0.3, num_warp=5, num_iter=10, tol=1e-4):
    from skimage.registration import optical_flow_tvl1

    v, u = optical_flow_tvl1(
        np.float32(first) / 255,
        np.float32(second) / 255,
        attachment=attachment,
        tightness=tightness,
        num_warp=num_warp,
        num_iter=num_iter,
        tol=tol,
    )
    return np.stack([u, v], axis=-1)


def _rlof(first, second, forward_backward_threshold=1.0, grid_step=6):
    rlof = _contrib("calcOpticalFlowDenseRLOF")
    colour = [cv2.cvtColor(_bytes(frame), cv2.COLOR_GRAY2BGR) for frame in (first, second)]
    return rlof(*colour, None, forwardBackwardThreshold=forward_backward_threshold, gridStep=(grid_step, grid_step))


def _contrib(name):
    module = getattr(cv2, "optflow", None)
    if not hasattr(module, name):
        raise FeatureError(
            "optical flow: this method needs opencv-contrib-python-headless; install it, or use farneback or dis"
        )
    return getattr(module, name)


def _bytes(frame):
    return frame if frame.dtype == np.uint8 else np.clip(np.rint(frame), 0, 255).astype(np.uint8)


METHODS = {"farneback": _farneback, "dis": _dis, "tvl1": _tvl1, "tvl1-skimage": _tvl1_skimage, "rlof": _rlof}
