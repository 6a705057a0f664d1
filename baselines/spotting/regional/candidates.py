"""Movements of a face that may be expressions, from the motion of its parts, each with figures to judge it by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d, maximum_filter1d

from baselines.spotting.curves import bridge, flanks, out_and_back, peaks_apart
from baselines.spotting.regional.motion import LIDS, MOVING
from baselines.spotting.regional.units import likeness
from baselines.spotting.runs import face_runs

SCALES = (0.2, 0.35, 0.6, 1.0, 1.7, 2.8)  # seconds; half-windows of the contrast
SMOOTHING = 0.03  # seconds; Gaussian of the displacements
SHORTEST_RUN = 0.3  # seconds with a face
LOWEST = 0.003  # eye distances; what noise and codecs do to a still face
SHORTEST = 0.1  # seconds; shorter movements are none
BLINK, BLINK_SCALE, BLINK_MARGIN = 0.035, 0.25, 0.1  # eye distances, seconds, seconds
USUAL, USUAL_PEAKS = 0.004, 4  # eye distances at the first scale, peaks: what is taken for granted of any face
LEAST_TYPICAL = 0.0015  # eye distances; below that is noise
TALLEST = 0.6  # parts with at least this share of the tallest movement make up the profile
TALL, CLEAR = 0.06, 4.5  # eye distances, times what is usual: a laugh is judged as a smile of this height
MINUTE = 60.0  # seconds
NEAR = 5.0  # seconds within which other movements are compared
ALIKE, AS_LARGE, APART = 0.7, 0.5, 0.4  # cosine, share of the height, seconds: a movement that counts as the same again
DECIMALS = 6  # of figures and contrasts; the last digits differ between processors, decisions must not
PARTS = tuple(MOVING)
BROWS = [n for n, name in enumerate(PARTS) if "brow" in name]
MOUTH = [n for n, name in enumerate(PARTS) if any(word in name for word in ("mouth", "lip", "chin"))]
SWAPPED = {"left": "right", "right": "left"}
MIRRORED = [PARTS.index(" ".join(SWAPPED.get(word, word) for word in name.split())) for name in PARTS]
# size, against what is usual of the part; course in time; where and which way the face moves; whether all that moves
# does so together, and as action units do; how often it does so
FIGURES = (
    "height", "height to typical", "height to restlessness", "height to others near", "share of higher peaks",
    "length", "share of window", "speed", "winding", "unrest around",
    "lids", "head", "lift of brows", "share of mouth", "symmetry",
    "coherence", "likeness to a unit", "share of units",
    "alike a minute", "most alike",
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A movement out and back: frames from 0, the part that stands out most, the figures `FIGURES`.

    heights: (P,) eye distances, how far the parts that take part, and those across the face from them, go out and come
    back; 0 for the others. side: as `_side` tells.
    """

    onset: int
    apex: int
    offset: int
    part: str
    figures: NDArray[np.float64]
    heights: NDArray[np.float64]
    side: str

    @property
    def length(self) -> int:
        """Frames from the onset to the offset."""
        return self.offset - self.onset + 1

    @property
    def moved(self) -> tuple[tuple[str, float], ...]:
        """The parts in `heights` with theirs in % of the distance between the eyes, the farthest first."""
        order = np.argsort(-self.heights, kind="stable")
        return tuple((PARTS[n], round(100 * float(self.heights[n]), 2)) for n in order if self.heights[n] > 0)


Movement = tuple[Candidate, NDArray[np.floating]]  # and how all parts move, in what is typical of each


def candidates(measured: NDArray[np.floating], fps: float) -> tuple[list[Candidate], NDArray[np.float64]]:
    """Return (candidates, curves) of what `part_motion` measured.

    curves: (T, scales) the largest contrast of a part in units of what is typical of that part in the video, NaN
    without a face; candidates are its peaks above 1.
    """
    curves = np.full((len(measured), len(SCALES)), np.nan)
    shortest = max(4, round(SHORTEST_RUN * fps))
    spans = [run for run in face_runs(np.isfinite(measured).all(axis=(1, 2))) if run.stop - run.start >= shortest]
    runs = [_Run(measured[span].astype(np.float32, copy=False), span.start, fps) for span in spans]
    found: list[Candidate] = []
    restlessness: NDArray[np.floating] | None = None
    for column, scale in enumerate(SCALES if runs else ()):
        k = max(2, round(scale * fps))
        views = [_View(run, k) for run in runs]
        if restlessness is None:  # of the shortest scale, which no expression dominates
            restlessness = np.median(np.concatenate([view.lengths for view in views]), axis=0) + LEAST_TYPICAL / 10
        typical = _Typical(views, restlessness, scale)
        movements: list[Movement] = []
        for run, view in zip(runs, views):
            # What is typical is often the height of one of the peaks, which is then 1 and must be so everywhere.
            relative = (view.heights / typical.scale).round(DECIMALS)
            relative[run.blinking] = 0
            top = relative.max(axis=1)
            curves[run.start : run.start + len(top), column] = top
            for peak in peaks_apart(top, 1.0, max(1, k // 2)):
                movements += _movement(run, view, typical, relative, peak, k, fps)
        found += _compared_with_each_other(movements, len(measured), fps)
    return found, curves


class _Run:
    """A stretch with a face: smoothed motion of its parts with blinks bridged, of lids and of the head."""

    def __init__(self, measured: NDArray[np.floating], start: int, fps: float) -> None:
        self.start = start
        motion = gaussian_filter1d(measured, SMOOTHING * fps, axis=0, mode="nearest")
        self.lids, self.head = motion[:, LIDS], motion[:, -1:]
        self.blinking = blinks(measured, fps)
        self.motion = bridge(motion[:, : len(PARTS)], self.blinking)


def blinks(measured: NDArray[np.floating], fps: float) -> NDArray[np.bool_]:
    """Return (T,) the frames of blinks and a little around them: both lids go down and up again.

    measured: what `part_motion` gives of a stretch with a face.
    """
    k = max(2, round(BLINK_SCALE * fps))
    found = out_and_back(measured[:, LIDS], k)[0].min(axis=1) > BLINK
    if found.any():
        found = binary_dilation(found, iterations=max(1, round(BLINK_MARGIN * fps)))
    return found


class _View:
    """A run at one scale; `peaks` holds frames and heights of each part's peaks."""

    def __init__(self, run: _Run, k: int) -> None:
        self.heights, self.directions, self.lengths = out_and_back(run.motion, k)
        self.lids = maximum_filter1d(out_and_back(run.lids, k)[0].max(axis=1), max(3, k // 2))
        self.head = maximum_filter1d(out_and_back(run.head, k)[2][:, 0], max(3, k // 2))
        self.peaks: list[tuple[NDArray[np.intp], NDArray[np.floating]]] = []
        for curve in self.heights.T:
            frames = peaks_apart(curve, 1e-9, max(1, k // 2))
            self.peaks.append((frames, curve[frames]))


class _Typical:
    """What is typical of each part at one scale: heights of its peaks, and how restless it is."""

    def __init__(self, views: Sequence[_View], restlessness: NDArray[np.floating], scale: float) -> None:
        usual = np.full(USUAL_PEAKS, USUAL * np.sqrt(scale / SCALES[0]))
        heights = [np.concatenate([usual, *(view.peaks[part][1] for view in views)]) for part in range(len(PARTS))]
        high = np.array([np.quantile(own, 0.75) for own in heights]).clip(LEAST_TYPICAL)
        self.scale = np.maximum(high, 0.3 * np.median(high))  # the median, so that no single bad part hides the others
        self.restlessness = restlessness * np.sqrt(scale / SCALES[0])


def _movement(
    run: _Run, view: _View, typical: _Typical, relative: NDArray[np.floating], peak: int, k: int, fps: float
) -> Iterator[Movement]:
    """Yield the `Candidate` at a peak, without its last figures, and the movement of all parts in typical heights.

    Nothing if it is too low or too short.
    """
    part = int(relative[peak].argmax())
    # as Python's floats, since logarithms of float32 differ between processors
    curves = (view.heights[:, part], relative[:, part], view.lids, view.head)
    height, clear, lids, head = (float(curve[peak]) for curve in curves)
    way = view.directions[peak, part]
    motion = (view.heights[peak][:, None] * view.directions[peak]).astype(float)
    scaled = motion / typical.scale[:, None]
    tallest = relative[peak] > TALLEST * relative[peak, part]
    weight = np.where(tallest, 1 / typical.scale**2, 0)[:, None] * motion
    first = max(peak - k, 0)
    profile = np.einsum("tpc,pc->t", run.motion[first : peak + k + 1], weight)
    onset, apex, offset = (first + index for index in flanks(profile, peak - first, k, SMOOTHING * fps / 2))
    length = offset - onset + 1
    if height < LOWEST or length < SHORTEST * fps:
        return
    near, higher = _others(view.peaks[part], peak, height, length, fps)
    around = (slice(max(onset - length, 0), onset + 1), slice(offset, offset + length + 1))
    unrest = max(np.ptp(run.motion[side, part] @ way.astype(float)) for side in around)
    whole = np.linalg.norm(motion)
    course = run.motion[onset : offset + 1].reshape(length, -1) @ motion.ravel() / whole
    course = course - np.linspace(course[0], course[-1], length)
    figures = [
        _capped(height, TALL),
        _capped(clear, CLEAR),
        _capped(height / typical.restlessness[part], 3 * CLEAR),
        _capped(height / near, CLEAR),
        higher,
        np.log(length / fps),
        length / (2 * k),
        np.log(max(course.max(), 1e-4) * fps / max(apex - onset, 1)),
        min(np.abs(np.diff(course)).sum() / max(2 * course.max(), 1e-4), 4.0),
        min(unrest / height, 4.0),
        np.log(max(lids, 1e-4) / height),
        np.log(max(head, 1e-4) / height),
        -motion[BROWS, 1].mean() / whole,
        np.linalg.norm(motion[MOUTH]) / whole,
        (motion * motion[MIRRORED] * (-1, 1)).sum() / whole**2,
        _coherence(run.motion[onset : offset + 1] / typical.scale[:, None], scaled),
        *likeness(motion),
    ]
    frames = (frame + run.start for frame in (onset, apex, offset))
    heights = np.where(tallest | tallest[MIRRORED], view.heights[peak], 0).astype(float)
    shown = Candidate(*frames, PARTS[part], np.array(figures), heights, _side(view.heights[peak]))
    yield shown, scaled.ravel()


def _side(heights: NDArray[np.floating]) -> str:
    """Return the person's side that moves twice as far as the other, left or right, else both.

    heights: (P,) of all parts; the far ones count most. "" where only the middle of the face moves.
    """
    left, right = (
        float(np.sqrt(sum(float(heights[n]) ** 2 for n, part in enumerate(PARTS) if side in part.split())))
        for side in SWAPPED
    )
    if 2 * max(left, right) < float(heights.max()):
        return ""
    return "left" if left > 2 * right else "right" if right > 2 * left else "both"


def _coherence(stretch: NDArray[np.floating], motion: NDArray[np.floating]) -> float:
    """Return the share of what moves in a stretch (T, P, 2), against the line between its ends, that moves as `motion`.

    In an expression all parts come and go together, in talking each has its own course.
    """
    share = np.linspace(0, 1, len(stretch))[:, None, None]
    away = (stretch - (1 - share) * stretch[0] - share * stretch[-1]).reshape(len(stretch), -1).astype(float)
    along = away @ motion.ravel() / np.linalg.norm(motion)
    return float((along**2).sum() / max((away**2).sum(), 1e-9))


def _others(
    peaks: tuple[NDArray[np.intp], NDArray[np.floating]], peak: int, height: float, length: int, fps: float
) -> tuple[float, float]:
    """Return the tallest other movement of a part near a peak, and the share of higher ones within a minute of it."""
    first, last = (np.searchsorted(peaks[0], peak + side * MINUTE * fps) for side in (-1, 1))
    frames, heights = (column[first:last] for column in peaks[:2])
    away = np.abs(frames - peak)
    near = heights[(away > length / 2 + 0.3 * fps) & (away < NEAR * fps)].max(initial=LEAST_TYPICAL)
    return float(near), max(int(np.sum(heights > 0.9 * height)) - 1, 0) / (len(heights) + USUAL_PEAKS)


def _compared_with_each_other(movements: Sequence[Movement], frames: int, fps: float) -> Iterator[Candidate]:
    """Yield the `Candidate`s of one scale with their last figures: how often a minute the face does the same, how much.

    A face comes back to what it does by habit, in talking above all; an expression stands alone.
    """
    if not movements:
        return
    apexes = np.array([candidate.apex for candidate, _ in movements])
    motions = np.stack([motion for _, motion in movements])
    sizes = np.linalg.norm(motions, axis=1)
    order = np.argsort(apexes, kind="stable")
    for (candidate, motion), size in zip(movements, sizes):
        window = [candidate.apex + side * MINUTE * fps for side in (-1, 1)]
        near = order[slice(*np.searchsorted(apexes[order], window))]
        along = motions[near] @ motion / size
        apart = np.abs(apexes[near] - candidate.apex) > max(candidate.length, APART * fps)
        likeness = np.where(apart & (along > AS_LARGE * size), along / np.maximum(sizes[near], 1e-9), 0)
        seconds = (min(window[1], frames) - max(window[0], 0)) / fps
        rate = np.log1p(np.sum(likeness > ALIKE) * MINUTE / max(seconds, NEAR))
        figures = np.append(candidate.figures, (rate, likeness.max()))
        yield replace(candidate, figures=figures.round(DECIMALS))


def _capped(ratio: float, most: float) -> float:
    return np.log(min(ratio, most))
