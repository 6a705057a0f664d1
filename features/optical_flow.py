"""Dense optical flow between two grey frames, by five published methods behind one function.

Flow is (H, W, 2) float32 in px: channel 0 is u, positive to the right; channel 1 is v, positive downwards. A point
at (x, y) of the first frame is found at (x + u, y + v) in the second.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.checks import checked_clip, grey_levels
from features.errors import FeatureError

# Below these sizes OpenCV's DIS reads outside the picture and its RLOF does not return.
LEAST_SIZE = {"farneback": 16, "dis": 16, "tvl1": 16, "tvl1-skimage": 16, "rlof": 64}

FlowMethod = Literal["farneback", "dis", "tvl1", "tvl1-skimage", "rlof", "paper", "fast"]

# Method and parameters: what most papers of the field used, and the quickest that still resolves a micro-expression.
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {"paper": ("tvl1", {}), "fast": ("dis", {"quality": "medium"})}

# Asks OpenCV for a field of its own making, which its type stubs do not know.
_NEW: Any = None


def optical_flow(
    previous: ArrayLike, following: ArrayLike, method: FlowMethod = "farneback", **parameters: Any
) -> NDArray[np.float32]:
    """Dense optical flow from one grey frame to another.

    Parameters
    ----------
    previous, following : array_like of shape (H, W)
        Grey frames, uint8 or float in [0, 255] (not in [0, 1]). Whole-valued floats give exactly what uint8 gives;
        "dis" and "rlof" know 8 bits only and round other floats.
    method : {"farneback", "dis", "tvl1", "tvl1-skimage", "rlof", "paper", "fast"}
        "paper" is "tvl1" as Bi-WOOF, OSW and SOFTNet use it; "fast" is "dis" at medium quality.
    **parameters
        Those of the method, with their defaults:

        - "farneback" (2003): pyr_scale=.5, levels=3, winsize=15, iterations=3, poly_n=5, poly_sigma=1.2. OpenCV's
          errs within winsize px of the lower and right border, by up to half a px even where nothing moves
        - "dis" (Kroeger 2016): quality="medium" | "fast" | "ultrafast"
        - "tvl1" (Zach 2007; OpenCV contrib): tau=.25, lambda_=.15, theta=.3, scales=5, scale_step=.8, warps=5,
          epsilon=.01, inner_iterations=30, outer_iterations=10, median=5
        - "tvl1-skimage" (the same in scikit-image): attachment=15, tightness=.3, num_warp=5, num_iter=10, tol=1e-4
        - "rlof" (Senst 2012; OpenCV contrib): forward_backward_threshold=1, grid_step=6

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        u right and v down, px; the same input gives the same output.

    Raises
    ------
    FeatureError
        For frames of different, too small (16 px, rlof 64 px) or (dis) too wide shape, for values that are no grey
        levels (`features.checks.grey_levels`), and for parameters that do not suit the method.

    Examples
    --------
    >>> import numpy as np
    >>> from features.optical_flow import optical_flow
    >>> wave = np.sin(np.arange(65) / 4) * np.sin(np.arange(64) / 5)[:, np.newaxis]
    >>> picture = 128 + 60 * wave
    >>> flow = optical_flow(picture[:, 1:], picture[:, :-1])  # moves 1 px to the right
    >>> flow.shape
    (64, 64, 2)
    >>> [round(float(component), 1) + 0.0 for component in np.median(flow, axis=(0, 1))]
    [1.0, 0.0]
    """
    pair = _checked_pair(previous, following)
    return _compute(pair[0], pair[1], *_resolve(method, parameters))


def flow_to_first(clip: ArrayLike, method: FlowMethod = "farneback", **parameters: Any) -> NDArray[np.float32]:
    """Optical flow from the first frame of a clip to each later one.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    method, **parameters
        As `optical_flow`.

    Returns
    -------
    ndarray of shape (T-1, H, W, 2), float32
        u right and v down, px.

    Raises
    ------
    FeatureError
        For fewer than two frames, or as `optical_flow`.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 20, 24), dtype=np.uint8)
    >>> features.flow_to_first(clip).shape
    (3, 20, 24, 2)
    """
    return _collect(clip, method, parameters, to_first=True)


def flow_consecutive(clip: ArrayLike, method: FlowMethod = "farneback", **parameters: Any) -> NDArray[np.float32]:
    """Optical flow from each frame of a clip to the next.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255], T >= 2.
    method, **parameters
        As `optical_flow`.

    Returns
    -------
    ndarray of shape (T-1, H, W, 2), float32
        u right and v down, px.

    Raises
    ------
    FeatureError
        For fewer than two frames, or as `optical_flow`.

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 20, 24), dtype=np.uint8)
    >>> features.flow_consecutive(clip, "fast").shape
    (3, 20, 24, 2)
    """
    return _collect(clip, method, parameters, to_first=False)


def iterate_flow(
    clip: ArrayLike, method: FlowMethod = "farneback", *, to_first: bool = True, **parameters: Any
) -> Iterator[NDArray[np.float32]]:
    """Yield the fields of `flow_to_first` or `flow_consecutive` one by one, so that memory stays small.

    Parameters
    ----------
    clip, method
        As `flow_to_first`.
    to_first : bool
        Flow from the first frame, otherwise from the one before.
    **parameters
        Of the method, as `optical_flow`.

    Yields
    ------
    ndarray of shape (H, W, 2), float32
        T - 1 times: u right and v down, px.

    Raises
    ------
    FeatureError
        As `flow_to_first`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.optical_flow import iterate_flow
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 20, 24), dtype=np.uint8)
    >>> [flow.shape for flow in iterate_flow(clip)]
    [(20, 24, 2), (20, 24, 2), (20, 24, 2)]
    """
    clip = checked_clip(clip, least_frames=2)
    pairs = ((0 if to_first else index - 1, index) for index in range(1, len(clip)))
    return flow_of_pairs(clip, pairs, method, **parameters)


def flow_of_pairs(
    clip: ArrayLike, pairs: Iterable[tuple[int, int]], method: FlowMethod = "farneback", **parameters: Any
) -> Iterator[NDArray[np.float32]]:
    """Yield the flow between any pairs of frames of a clip, one by one.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames in [0, 255].
    pairs : iterable of (int, int)
        Indices of the frame that the flow starts from and of the one that it leads to, from 0.
    method, **parameters
        As `optical_flow`.

    Yields
    ------
    ndarray of shape (H, W, 2), float32
        One a pair: u right and v down, px.

    Raises
    ------
    FeatureError
        As `optical_flow`.

    Examples
    --------
    >>> import numpy as np
    >>> from features.optical_flow import flow_of_pairs
    >>> clip = np.random.default_rng(0).integers(0, 256, (4, 20, 24), dtype=np.uint8)
    >>> [flow.shape for flow in flow_of_pairs(clip, [(3, 0), (0, 0)])]
    [(20, 24, 2), (20, 24, 2)]
    """
    frames = grey_levels(checked_clip(clip))
    resolved = _resolve(method, parameters)
    for first, second in pairs:
        yield _compute(frames[first], frames[second], *resolved)


def _collect(clip: ArrayLike, method: FlowMethod, parameters: dict[str, Any], to_first: bool) -> NDArray[np.float32]:
    clip = checked_clip(clip, least_frames=2)
    flows = np.empty((len(clip) - 1, *clip.shape[1:], 2), np.float32)
    for target, flow in zip(flows, iterate_flow(clip, method, to_first=to_first, **parameters), strict=True):
        target[...] = flow
    return flows


def _checked_pair(previous: ArrayLike, following: ArrayLike) -> NDArray[Any]:
    if np.shape(previous) != np.shape(following):
        raise FeatureError(f"optical flow: frames differ in shape, {np.shape(previous)} and {np.shape(following)}")
    return grey_levels(checked_clip(np.stack([previous, following]), name="optical flow"), "optical flow")


def _resolve(method: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if method in PRESETS:
        method, preset = PRESETS[method]
        parameters = {**preset, **parameters}
    if method not in METHODS:
        raise FeatureError(f"optical flow: unknown method {method!r}; one of {', '.join(METHODS)}")
    return method, parameters


def _compute(first: NDArray[Any], second: NDArray[Any], method: str, parameters: dict[str, Any]) -> NDArray[np.float32]:
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


def _farneback(
    first: NDArray[Any],
    second: NDArray[Any],
    pyr_scale: float = 0.5,
    levels: int = 3,
    winsize: int = 15,
    iterations: int = 3,
    poly_n: int = 5,
    poly_sigma: float = 1.2,
) -> NDArray[Any]:
    return cv2.calcOpticalFlowFarneback(
        first, second, _NEW, pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, 0
    )


def _dis(
    first: NDArray[Any], second: NDArray[Any], quality: Literal["medium", "fast", "ultrafast"] = "medium"
) -> NDArray[Any]:
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
    return cv2.DISOpticalFlow.create(qualities[quality]).calc(_bytes(first), _bytes(second), _NEW)


def _tvl1(
    first: NDArray[Any],
    second: NDArray[Any],
    tau: float = 0.25,
    lambda_: float = 0.15,
    theta: float = 0.3,
    scales: int = 5,
    scale_step: float = 0.8,
    warps: int = 5,
    epsilon: float = 0.01,
    inner_iterations: int = 30,
    outer_iterations: int = 10,
    median: int = 5,
) -> NDArray[Any]:
    solver = _contrib("DualTVL1OpticalFlow_create")(
        tau, lambda_, theta, scales, warps, epsilon, inner_iterations, outer_iterations, scale_step, 0.0, median, False
    )
    if first.dtype == np.uint8:
        return solver.calc(first, second, _NEW)
    # A float picture is expected in [0, 1].
    return solver.calc(np.float32(first) / 255, np.float32(second) / 255, _NEW)


def _tvl1_skimage(
    first: NDArray[Any],
    second: NDArray[Any],
    attachment: float = 15,
    tightness: float = 0.3,
    num_warp: int = 5,
    num_iter: int = 10,
    tol: float = 1e-4,
) -> NDArray[Any]:
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


def _rlof(
    first: NDArray[Any], second: NDArray[Any], forward_backward_threshold: float = 1.0, grid_step: int = 6
) -> NDArray[Any]:
    rlof = _contrib("calcOpticalFlowDenseRLOF")
    colour = [cv2.cvtColor(_bytes(frame), cv2.COLOR_GRAY2BGR) for frame in (first, second)]
    return rlof(*colour, _NEW, forwardBackwardThreshold=forward_backward_threshold, gridStep=(grid_step, grid_step))


def _contrib(name: str) -> Callable[..., Any]:
    module = getattr(cv2, "optflow", None)
    if not hasattr(module, name):
        raise FeatureError(
            "optical flow: this method needs opencv-contrib-python-headless; install it, or use farneback or dis"
        )
    return getattr(module, name)


def _bytes(frame: NDArray[Any]) -> NDArray[np.uint8]:
    return frame if frame.dtype == np.uint8 else np.clip(np.rint(frame), 0, 255).astype(np.uint8)


# The names of `FlowMethod`, each with the function that takes its parameters.
METHODS: dict[str, Callable[..., NDArray[Any]]] = {
    "farneback": _farneback,
    "dis": _dis,
    "tvl1": _tvl1,
    "tvl1-skimage": _tvl1_skimage,
    "rlof": _rlof,
}
METHODS |= {preset: METHODS[method] for preset, (method, _) in PRESETS.items()}
