"""Local binary patterns on three orthogonal planes (LBP-TOP), with the sampling and bit order of LBPTOP.m.

Bit p of a code is 1 when the neighbour at angle a = 2 pi p / P is at least as bright as the centre. With X to the
right, Y downwards and T forward in time the neighbour lies at
    XY: (X + R_X cos a, Y - R_Y sin a)   XT: (X + R_X cos a, T + R_T sin a)   YT: (Y - R_Y sin a, T + R_T cos a).
Every voxel that has all its neighbours on all three planes is coded: R_X columns, R_Y rows and R_T frames are left
out on each side.

Source: Zhao and Pietikainen, IEEE TPAMI 29(6), 2007; the authors' LBPTOP.m (2009), which nearest sampling equals bit
for bit. Bilinear sampling equals scikit-image and Hong et al. (2016); LBPTOP.m's own differs from it in ties only
(L1 .001 on a natural clip), where it compares rounding errors.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.blocks import block_spans
from features.checks import as_bytes_if_whole, checked_clip
from features.errors import FeatureError

Plane = Literal["XY", "XT", "YT"]
Neighbours = Literal[4, 8]
BinMapping = Literal["uniform", "full"]
Sampling = Literal["nearest", "bilinear"]

PLANES: tuple[Plane, ...] = get_args(Plane)

# Voxels handled at once: small enough for the processor's cache, large enough that numpy's call costs nothing.
CHUNK = 1 << 17


def lbp_top(
    clip: ArrayLike,
    radii: tuple[int, int, int] = (1, 1, 1),
    neighbours: Neighbours = 8,
    mapping: BinMapping = "uniform",
    sampling: Sampling = "nearest",
    blocks: tuple[int, int, int] = (1, 1, 1),
    overlap: float = 0.0,
    planes: Sequence[Plane] = PLANES,
    normalise: bool = True,
) -> NDArray[np.float64]:
    """LBP-TOP histograms of a clip, block by block.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, uint8 or float, in any scale: levels are compared only.
    radii : (R_X, R_Y, R_T)
        Px, px and frames; 1, 1, 4 for CASME II.
    neighbours : {8, 4}
        P, on each plane.
    mapping : {"uniform", "full"}
        "uniform": 59 bins for P=8, 15 for P=4; the last is all non-uniform codes, the others stand in the order of
        their code. "full": 256 or 16 bins.
    sampling : {"nearest", "bilinear"}
        Of neighbours between pixels; the two differ by L1 .1 to .15 a plane.
    blocks : (rows, columns, times)
        Grid over the coded volume, in time segments along the third axis.
    overlap : float
        Part of a block that its next shares, in [0, 1).
    planes : sequence of {"XY", "XT", "YT"}
        Which planes, in which order.
    normalise : bool
        Each histogram sums to 1; otherwise voxels are counted.

    Returns
    -------
    ndarray of shape (times * rows * columns * planes * bins,), float64
        In that order.

    Raises
    ------
    FeatureError
        When a clip is too small for its radii (T > 2 R_T frames) or its blocks.

    Notes
    -----
    Published: 5x5x1 P=4 R=(1,1,4) (CASME II); 8x8x1 overlap .7 R=(3,3,3) on 10 frames, 11 328 values (meb).

    Examples
    --------
    >>> import numpy as np
    >>> import features
    >>> clip = np.random.default_rng(0).integers(0, 256, (10, 40, 40), dtype=np.uint8)
    >>> features.lbp_top(clip).shape
    (177,)
    >>> features.lbp_top(clip, radii=(1, 1, 4), neighbours=4, mapping="full", blocks=(5, 5, 1)).shape
    (1200,)
    """
    if not planes or any(plane not in PLANES for plane in planes):
        raise FeatureError(f"lbp_top: planes are a choice of XY, XT and YT, got {planes!r}")
    table = _mapping(neighbours, mapping)
    counts = np.stack(
        [block_counts(lbp_codes(clip, plane, radii, neighbours, sampling), blocks, overlap) for plane in planes],
        axis=1,
    )
    histograms = counts[..., : len(table)] @ table
    if normalise:
        histograms /= histograms.sum(axis=-1, keepdims=True)
    return histograms.ravel()


def least_frames(radii: tuple[int, int, int] = (1, 1, 1), blocks: tuple[int, int, int] = (1, 1, 1), **_: Any) -> int:
    """Number of frames that a clip must have for `lbp_top` or `lbp_sip`: one coded frame in each time segment.

    Blocks that overlap may do with fewer.

    Parameters
    ----------
    radii, blocks
        As `lbp_top`; its other parameters are accepted and make no difference.

    Returns
    -------
    int
        2 R_T + times.

    Examples
    --------
    >>> from features.lbp_top import least_frames
    >>> least_frames(radii=(1, 1, 4), blocks=(5, 5, 2))
    10
    """
    return 2 * radii[2] + blocks[2]


def lbp_codes(
    clip: ArrayLike,
    plane: Plane = "XY",
    radii: tuple[int, int, int] = (1, 1, 1),
    neighbours: Neighbours = 8,
    sampling: Sampling = "nearest",
) -> NDArray[np.uint8]:
    """LBP code of every voxel on one plane.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, uint8 or float, in any scale: levels are compared only.
    plane : {"XY", "XT", "YT"}
        Orientation.
    radii, neighbours, sampling
        As `lbp_top`; R_T = 0 is allowed for plane "XY", where all frames are then coded.

    Returns
    -------
    ndarray of shape (T - 2 R_T, H - 2 R_Y, W - 2 R_X), uint8
        Bit p is that of the neighbour at angle 2 pi p / P.

    Raises
    ------
    FeatureError
        As `lbp_top`, or for radii that leave no neighbours on the plane.

    Examples
    --------
    >>> import numpy as np
    >>> from features.lbp_top import lbp_codes
    >>> brighter_to_the_right = np.arange(5) * np.ones((3, 3, 1))
    >>> lbp_codes(brighter_to_the_right, "XY", neighbours=4)
    array([[[11, 11, 11]]], dtype=uint8)
    """
    radii = _checked_radii(radii, plane)
    if neighbours not in (4, 8):
        raise FeatureError(f"lbp: 4 or 8 neighbours expected, got {neighbours}")
    return code_points(clip, _neighbour_points(plane, radii, neighbours), radii, sampling)


def code_points(
    clip: ArrayLike, points: NDArray[Any], radii: tuple[int, int, int], sampling: Sampling = "nearest"
) -> NDArray[np.uint8]:
    """Code of every voxel from any points around it: bit p is set where point p is at least as bright as the voxel.

    Parameters
    ----------
    clip : array_like of shape (T, H, W)
        Grey frames, uint8 or float, in any scale: levels are compared only.
    points : ndarray of shape (P, 3)
        Offsets (t, y, x), P <= 8, within `radii`.
    radii : (R_X, R_Y, R_T)
        Px, px and frames that are left out on each side.
    sampling
        As `lbp_top`.

    Returns
    -------
    ndarray of shape (T - 2 R_T, H - 2 R_Y, W - 2 R_X), uint8
        The codes.

    Raises
    ------
    FeatureError
        When the clip is too small for the radii.
    """
    if sampling not in ("nearest", "bilinear"):
        raise FeatureError(f"lbp: sampling is nearest or bilinear, got {sampling!r}")
    margins = radii[::-1]
    clip = checked_clip(clip, least_frames=2 * margins[0] + 1)
    shape = tuple(size - 2 * margin for size, margin in zip(clip.shape, margins))
    if min(shape) < 1:
        raise FeatureError(f"lbp: frames of {clip.shape[2]}x{clip.shape[1]} px are too small for radii {radii}")
    clip = np.ascontiguousarray(as_bytes_if_whole(clip))
    code = _nearest_codes if sampling == "nearest" else _bilinear_codes
    codes = np.empty(shape, np.uint8)
    step = max(1, CHUNK // clip[0].size)
    for start in range(0, len(codes), step):
        codes[start : start + step] = code(clip[start : start + step + 2 * margins[0]], points, margins)
    return codes


def block_counts(codes: NDArray[np.uint8], blocks: tuple[int, int, int], overlap: float) -> NDArray[np.float64]:
    """Counts of the 256 possible codes in every block.

    Parameters
    ----------
    codes : ndarray of shape (T, H, W), uint8
        Of `lbp_codes` or `code_points`.
    blocks, overlap
        As `lbp_top`.

    Returns
    -------
    ndarray of shape (times * rows * columns, 256), float64
        In that order.

    Raises
    ------
    FeatureError
        If a block would be empty.
    """
    rows, columns, times = blocks
    time_spans, row_spans, column_spans = (
        block_spans(size, count, overlap) for size, count in zip(codes.shape, (times, rows, columns))
    )
    return np.array([_count_codes(codes[t, y, x]) for t in time_spans for y in row_spans for x in column_spans])


@cache
def uniform_labels(neighbours: int) -> NDArray[np.intp]:
    """Bin of every code under the uniform mapping: codes with at most two 0/1 changes in their order, then the rest.

    Parameters
    ----------
    neighbours : int
        P.

    Returns
    -------
    ndarray of shape (2 ** P,), int
        The same array at every call; only read it.

    Examples
    --------
    >>> from features.lbp_top import uniform_labels
    >>> uniform_labels(4)
    array([ 0,  1,  2,  3,  4, 14,  5,  6,  7,  8, 14,  9, 10, 11, 12, 13])
    """
    codes = np.arange(2**neighbours)
    rotated = (codes >> 1) | ((codes & 1) << (neighbours - 1))
    uniform = np.bitwise_count(codes ^ rotated) <= 2
    return np.where(uniform, np.cumsum(uniform) - 1, uniform.sum())


@cache
def _mapping(neighbours: int, mapping: str) -> NDArray[np.float64]:
    """(codes, bins) matrix that sums the counts of codes into bins."""
    if neighbours not in (4, 8) or mapping not in ("uniform", "full"):
        raise FeatureError(f"lbp: 4 or 8 neighbours, mapping uniform or full; got {neighbours} and {mapping!r}")
    labels = uniform_labels(neighbours) if mapping == "uniform" else np.arange(2**neighbours)
    return np.eye(labels.max() + 1)[labels]


def _checked_radii(radii: Sequence[int], plane: str) -> tuple[int, int, int]:
    if plane not in PLANES:
        raise FeatureError(f"lbp: unknown plane {plane!r}; one of XY, XT, YT")
    if len(radii) != 3 or any(radius != int(radius) or radius < 0 for radius in radii):
        raise FeatureError(f"lbp: radii are three whole numbers (R_X, R_Y, R_T), got {radii!r}")
    if any(radius == 0 for radius, axis in zip(radii, "XYT") if axis in plane):
        raise FeatureError(f"lbp: radii {tuple(radii)} leave no neighbours on plane {plane}")
    radius_x, radius_y, radius_t = (int(radius) for radius in radii)
    return radius_x, radius_y, radius_t


def _neighbour_points(plane: str, radii: tuple[int, int, int], neighbours: int) -> NDArray[np.float64]:
    """Offsets (neighbours, 3) in (t, y, x) of the sampled points, bit 0 first."""
    angles = 2 * np.pi * np.arange(neighbours) / neighbours
    radius_x, radius_y, radius_t = radii
    points = np.zeros((neighbours, 3))
    if plane != "YT":
        points[:, 2] = radius_x * np.cos(angles)
    if plane != "XT":
        points[:, 1] = -radius_y * np.sin(angles)
    if plane != "XY":
        points[:, 0] = radius_t * (np.sin(angles) if plane == "XT" else np.cos(angles))
    return points.round(9)


def neighbour_offsets(
    plane: Plane, radii: tuple[int, int, int] = (1, 1, 1), neighbours: Neighbours = 8
) -> NDArray[np.int_]:
    """Voxels that `lbp_codes` compares with the one in the middle, under nearest sampling.

    Parameters
    ----------
    plane, radii, neighbours
        As `lbp_codes`.

    Returns
    -------
    ndarray of shape (neighbours, 3), int
        Offsets (t, y, x), bit 0 first.

    Raises
    ------
    FeatureError
        As `lbp_codes`.

    Examples
    --------
    >>> from features.lbp_top import neighbour_offsets
    >>> neighbour_offsets("XY", neighbours=4).tolist()
    [[0, 0, 1], [0, -1, 0], [0, 0, -1], [0, 1, 0]]
    """
    return _nearest(_neighbour_points(plane, _checked_radii(radii, plane), neighbours))


def _nearest(points: NDArray[np.float64]) -> NDArray[np.int_]:
    return np.floor(points + 0.5).astype(int)


def _nearest_codes(clip: NDArray[Any], points: NDArray[Any], margins: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Codes of the inner voxels. Comparing the memory with itself, shifted, needs no loop over rows; what it says
    about the margins is cut away."""
    strides = np.array([clip[0].size, clip.shape[2], 1])
    shifts = _nearest(points) @ strides
    margin = int(np.dot(margins, strides))
    flat = clip.ravel()
    size = flat.size - 2 * margin
    centre = flat[margin : margin + size]
    codes = np.zeros(clip.shape, np.uint8)
    inner = codes.ravel()[margin : margin + size]
    bit = np.empty(size, bool)
    for shift in shifts[::-1]:
        np.greater_equal(flat[margin + shift : margin + shift + size], centre, out=bit)
        np.add(inner, inner, out=inner)
        np.add(inner, bit.view(np.uint8), out=inner)
    return codes[_inside(margins)]


def _bilinear_codes(clip: NDArray[Any], points: NDArray[Any], margins: tuple[int, int, int]) -> NDArray[np.uint8]:
    """As `_nearest_codes`, the neighbour interpolated between the four voxels around it on its plane."""
    levels = clip.astype(np.float64)
    centre = levels[_inside(margins)]
    codes = np.zeros(centre.shape, np.uint8)
    for bit, point in enumerate(points):
        low = np.floor(point).astype(int)
        part = point - low
        difference = -centre
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, part, 1 - part))
            if weight:
                difference += weight * levels[_inside(margins, low + corner)]
        # A tie must count as brighter however its weights round; true differences of grey levels are far larger.
        codes |= (difference >= -1e-6).astype(np.uint8) << bit
    return codes


def _inside(margins: tuple[int, int, int], shift: Sequence[int] | NDArray[np.int_] = (0, 0, 0)) -> tuple[slice, ...]:
    # The upper bound is counted from the end, where -0 would mean an empty slice.
    return tuple(slice(m + s, (s - m) or None) for m, s in zip(margins, shift))


def _count_codes(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Counts of the 256 possible codes, (256,) float64."""
    flat = np.ascontiguousarray(codes).reshape(1, -1)
    counts = np.zeros(256)
    # OpenCV counts into float32, which is exact up to 2^24.
    for start in range(0, flat.shape[1], 1 << 24):
        counts += cv2.calcHist([flat[:, start : start + (1 << 24)]], [0], None, [256], [0, 256]).ravel()
    return counts
