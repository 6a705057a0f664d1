"""What every spotter is: a measurement on the frames, kept in the cache, and a rule from it to intervals."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import signature
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from baselines.cache import cached_arrays
from baselines.datasets.frames import Frames
from baselines.errors import InputError
from baselines.faces.following import FaceFrame
from baselines.faces.scale import as_small_as_the_face_allows
from baselines.faces.track import Account, follow, tracking_identity
from baselines.identity import depends_on
from baselines.spotting.blocks import BLOCK, Progress, measure_blocks
from baselines.spotting.runs import between


@dataclass(frozen=True)
class Rule:
    """How one curve becomes intervals; times in seconds.

    kind: micro or macro; "" for what the length tells. k: half the width of an interval around a peak; 0 takes all
    frames above the threshold instead. apart: least distance of peaks. p: threshold mean + p (max - mean). merge:
    intervals with a smaller gap become one. lengths: shortest and longest interval that is kept.
    """

    name: str
    kind: str
    k: float
    apart: float
    p: float
    merge: float = 0.0
    lengths: tuple[float, float] = (0.0, np.inf)


@dataclass(frozen=True)
class Interval:
    """One spotted expression: frames are 1-based and inclusive; `score` is 1 at the threshold, higher is surer.

    region: the part that stands out most. side: left, right or both, of the person; "" where a method does not tell.
    moved: the parts that take part and how far, in % of the distance between the eyes, the farthest first.
    """

    onset: int
    apex: int
    offset: int
    kind: str
    score: float
    region: str = ""
    side: str = ""
    moved: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the interval as plain values under the names of the CSV files."""
        return {
            "onset": self.onset,
            "offset": self.offset,
            "type": self.kind,
            "apex": self.apex,
            "score": round(self.score, 6),
            "region": self.region,
            "side": self.side,
            "moved": dict(self.moved),
        }


@dataclass(frozen=True)
class Curve:
    """One curve over the frames of a video, (T,) float64, NaN without a face, and its threshold.

    noise: the level that is usual in this video; NaN where that is not known. rule: the `Rule` that cuts it.
    """

    name: str
    values: NDArray[np.float64]
    threshold: float
    unit: str = "eye distances"
    noise: float = float("nan")
    rule: Rule | None = None

    def __repr__(self) -> str:
        return f"Curve({self.name}: {len(self.values)} values, {self.unit})"

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as plain values, rounded to six digits; None without a face and for no threshold."""
        return {
            "name": self.name,
            "unit": self.unit,
            "threshold": float(self.threshold) if np.isfinite(self.threshold) else None,
            "noise": round(self.noise, 6) if np.isfinite(self.noise) else None,
            "values": [round(float(value), 6) if np.isfinite(value) else None for value in self.values],
        }


class Measured(NamedTuple):
    """What a spotter measured of a video, what the user should know, and {what: number} of its frames (`Account`)."""

    array: NDArray[Any]
    warnings: tuple[str, ...]
    coverage: dict[str, int]


@dataclass(frozen=True)
class SpottingResult:
    """Intervals in order of onset, the curves that they come from, and what the user should know.

    coverage: how many frames were read, had a face, could not be read, are absent (`faces.track.Account`). below: the
    surest interval whose score is too low.
    """

    intervals: tuple[Interval, ...]
    curves: tuple[Curve, ...] = ()
    warnings: tuple[str, ...] = ()
    coverage: dict[str, int] = field(default_factory=dict)
    below: Interval | None = None

    def __repr__(self) -> str:
        kinds = Counter(interval.kind for interval in self.intervals)
        found = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items(), reverse=True))
        return f"{type(self).__name__}({found or 'no interval'} in {self.frames} frames)"

    @property
    def frames(self) -> int:
        """How many frames the curves cover."""
        return len(self.curves[0].values) if self.curves else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values; `frames` is how many the curves cover."""
        return {
            "frames": self.frames,
            "coverage": self.coverage,
            "below_threshold": None if self.below is None else self.below.to_dict(),
            "intervals": [interval.to_dict() for interval in self.intervals],
            "curves": [curve.to_dict() for curve in self.curves],
            "warnings": list(self.warnings),
        }


class Spotter(ABC):
    """Long video in, intervals out. A subclass gives `measure`, `measured_by` and `spot`.

    least_score: intervals of a lower score are left out. 1 is the method's own threshold; lower values serve to draw
    the trade-off between misses and false alarms. Where a method merges peaks or takes all frames above its threshold,
    a lower one makes intervals longer, too.
    enough: of a video with at least twice as many frames a second every other is looked at, or every third, ..., and
    what is measured is interpolated; by default all are.
    Its parameters are those of `__init__`, each kept under its name; they are read and set as those of an estimator of
    scikit-learn are, which is not imported, since that takes as long as to spot in a short clip.
    One that learns also gives `examples(measured, fps, events, seed)`, what it takes from a video with known events,
    and `fit(examples, seed)` on those of several videos.
    """

    measured_by: tuple[str, ...] = ()  # parameters that `measure` depends on
    in_blocks: bool = False  # whether what is measured is zero at the start and adds up, so that blocks can be joined
    enough: float = np.inf  # frames a second
    least_score: float = 1.0

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return {name: value} of the parameters."""
        return {name: getattr(self, name) for name in signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Change some parameters and return self; `ValueError` for one that there is not."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name}; it has {', '.join(self.get_params())}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        usual = signature(type(self)).parameters
        changed = [f"{name}={value!r}" for name, value in self.get_params().items() if value != usual[name].default]
        return f"{type(self).__name__}({', '.join(changed)})"

    @abstractmethod
    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[Any]:
        """Return the array that the rule works on; its first axis is the frames, NaN where nothing is known.

        faces: as `baselines.faces.track.follow` gives them, read once. What is measured is kept until the module in
        which this is defined changes, or one that it imports.
        """

    @abstractmethod
    def spot(self, measured: NDArray[Any], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of what `measure` gave."""

    def predict(self, frames: Frames, fps: float, progress: Progress | None = None, jobs: int = 1) -> SpottingResult:
        """Return the `SpottingResult` of a video: `spot` of what `measured` gives."""
        array, warnings, coverage = self.measured(frames, fps, progress, jobs)
        result = self.spot(array, fps)
        for found in result.intervals:
            if not 1 <= found.onset <= found.apex <= found.offset <= len(array):
                raise InputError(
                    f"{frames.source}: {type(self).__name__} gave onset {found.onset}, apex {found.apex}, offset "
                    f"{found.offset} of a video of {len(array)} frames; its `spot` must keep to them, counted from 1"
                )
        return replace(result, warnings=warnings, coverage=coverage, below=self._below(array, fps))

    def _below(self, array: NDArray[Any], fps: float) -> Interval | None:
        """Return the surest interval of those whose score is too low."""
        if self.least_score <= 0:
            return None
        lower = copy(self).set_params(least_score=0.0).spot(array, fps).intervals
        return max((i for i in lower if i.score < self.least_score), key=lambda i: i.score, default=None)

    def measured(self, frames: Frames, fps: float, progress: Progress | None = None, jobs: int = 1) -> Measured:
        """Return what `measure` gives for a video, from the cache if it is there, and what became of its frames.

        fps: frames per second. `progress(n)` is called as frames are done. jobs: workers that share
        the blocks of one long video (methods with `in_blocks`); the result is the same for any number.
        Raises `InputError` for a video without a frame, a face or a frame rate.
        """
        if not (fps and np.isfinite(fps) and fps > 0):
            raise InputError(
                f"{frames.source}: {fps} frames per second; give the frame rate with --fps or in videos.csv"
            )
        key = {
            "frames": frames.identity(),
            "fps": fps,
            "block": BLOCK if self.in_blocks else None,
            "enough": self.enough,
            "spotter": [type(self).__name__, {name: getattr(self, name) for name in self.measured_by}],
            **depends_on(*self._measuring_modules(), "baselines.spotting.blocks", "baselines.faces.scale"),
            **tracking_identity(),
        }

        def compute() -> dict[str, NDArray[Any]]:
            array, account = self.measure_video(frames, fps, progress, jobs)
            told, found = account.warnings(frames), account.coverage()
            return {"measured": array, "warnings": np.array(told, dtype=str), "coverage": np.array([*found.values()])}

        stored = cached_arrays("spotting", key, compute)
        coverage = dict(zip(Account().coverage(), stored["coverage"].tolist()))
        return Measured(stored["measured"], tuple(str(text) for text in stored["warnings"]), coverage)

    def measure_video(
        self, frames: Frames, fps: float, progress: Progress | None = None, jobs: int = 1
    ) -> tuple[NDArray[Any], Account]:
        """Return what `measure` gives for a video and what became of its frames, whatever the cache holds.

        Large pictures are read as small as the face in them allows, and of fast videos no more than `enough`.
        """
        every = max(1, int(fps // self.enough))
        seen, rate = as_small_as_the_face_allows(frames[::every]), fps / every
        tell = progress if every == 1 or progress is None else partial(_tell, progress, every)
        if self.in_blocks:
            array, account = measure_blocks(self.measure, seen, rate, tell, jobs)
        else:
            account = Account()
            array = self.measure(follow(seen, rate, account, tell), rate)
        if every > 1:
            account.spread(every, frames)
            array = between(array, every, len(frames))
        return array, account

    def _measuring_modules(self) -> list[str]:
        """Return the modules that `measure` is made of: a plain function's own, a method's with those of its class."""
        bound = hasattr(self.measure, "__self__")
        return sorted({self.measure.__module__, *([type(self).__module__] if bound else [])})


def _tell(progress: Progress, every: int, done: int) -> None:
    progress(every * done)
