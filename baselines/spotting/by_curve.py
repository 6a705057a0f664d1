"""Spotters made of a plain function: aligned faces in, a curve out, and intervals by the rule that methods share."""

import inspect
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np
from numpy.typing import NDArray

from baselines.errors import InputError
from baselines.faces.clips import Side
from baselines.faces.following import FaceFrame
from baselines.faces.track import aligned_faces
from baselines.signatures import AtLeast
from baselines.spotting.base import Spotter, SpottingResult
from baselines.spotting.rules import Rule, spot_by_rules

MOST = 4e9  # bytes of faces that are held at once
REAL = "buif"  # kinds of numbers in a curve
GIVEN = 2  # arguments that the function is given: faces and frame rate


class CurveSpotter(Spotter):
    """Intervals around the peaks of a curve that a function gives.

    size: side of the aligned face, px. k: half the width of an interval, seconds; 0 takes all frames above the
    threshold instead. p: the threshold is mean + p (max - mean) of the curve. kind: micro or macro, by default told by
    the length (`datasets.lengths`). least_score: as in `Spotter`. All others are those of the function.
    """

    curve: Callable[..., Any]  # (faces (T, size, size) uint8, fps, **own) -> (T,)
    own: tuple[str, ...] = ()

    def __init__(
        self,
        size: Side = 128,
        k: Annotated[float, AtLeast(0)] = 0.2,
        p: float = 0.5,
        kind: Literal["", "micro", "macro"] = "",
        least_score: float = 1.0,
    ) -> None:
        self.size = size
        self.k = k
        self.p = p
        self.kind = kind
        self.least_score = least_score

    def measure(self, faces: Iterable[FaceFrame], fps: float) -> NDArray[np.float64]:
        """Return the curve (T, 1), NaN in frames without a face; the function is given the last face there."""
        seen: list[NDArray[np.uint8] | None] = []
        for face, _ in aligned_faces(faces, fps, self.size):
            seen.append(face)
            if len(seen) * self.size**2 > MOST:
                raise InputError(f"more than {MOST / 1e9:g} GB of faces; take a smaller size, or write a Spotter")
        known = np.array([face is not None for face in seen], bool)
        if not known.any():
            return np.full((len(seen), 1), np.nan)
        nearest = np.maximum.accumulate(np.where(known, np.arange(len(seen)), known.argmax()))
        stack = np.stack([seen[number] for number in nearest])
        made = type(self).curve(stack, fps, **{name: getattr(self, name) for name in self.own})
        return np.where(known, self._checked(made, len(seen)), np.nan)[:, None]

    def _checked(self, made: Any, frames: int) -> NDArray[np.float64]:
        """Return what the function gave as float64; `InputError` where that is no curve."""
        place, wanted = f"spotting method {type(self).__name__}", f"expected a curve of real numbers ({frames},)"
        try:
            found = np.asarray(made)
        except (TypeError, ValueError):
            raise InputError(f"{place}: gave rows of different lengths for {frames} frames; {wanted}") from None
        if found.dtype.kind not in REAL:
            inner = {type(value).__name__ for value in found.ravel().tolist()}
            kind = type(made).__name__ + (f" of {', '.join(sorted(inner))}" if found.ndim else "")
            raise InputError(f"{place}: gave {kind}; {wanted}")
        if found.shape != (frames,):
            raise InputError(f"{place}: gave an array {found.shape} for {frames} frames; {wanted}")
        if np.isinf(found).any():
            raise InputError(f"{place}: gave an infinite value in frame {np.isinf(found).argmax() + 1}; {wanted}")
        if np.isnan(found).all():
            raise InputError(f"{place}: gave NaN in all of {frames} frames; {wanted}")
        return found.astype(float)

    def spot(self, measured: NDArray[np.float64], fps: float) -> SpottingResult:
        """Return the `SpottingResult` of a curve (T, 1)."""
        rule = Rule(type(self).__name__, self.kind, self.k, self.k, self.p)
        return spot_by_rules(measured, [rule], fps, self.least_score, "as the function gives")


@lru_cache
def spotter_of(function: Callable[..., Any]) -> type[CurveSpotter]:
    """Return the `CurveSpotter` of a function, whose parameters follow on those of its own."""
    rule = list(inspect.signature(CurveSpotter).parameters.values())
    own = list(inspect.signature(function).parameters.values())[GIVEN:]
    names = tuple(parameter.name for parameter in own)
    both = {parameter.name for parameter in rule} & set(names)
    if both:
        raise InputError(
            f"spotting method {function.__name__}: {min(both)} is a parameter of the rule; call it otherwise"
        )

    def __init__(self: CurveSpotter, **chosen: Any) -> None:
        CurveSpotter.__init__(self, **{name: v for name, v in chosen.items() if name not in names})
        for parameter in own:
            setattr(self, parameter.name, chosen.get(parameter.name, parameter.default))

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *rule)]
    myself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = inspect.Signature([myself, *parameters])  # type: ignore[attr-defined]
    __init__.__annotations__ = {**CurveSpotter.__init__.__annotations__, **_hints(function, names)}
    body = {"__init__": __init__, "__module__": function.__module__, "__doc__": function.__doc__, "own": names}
    return type(
        function.__name__, (CurveSpotter,), {**body, "curve": staticmethod(function), "measured_by": ("size", *names)}
    )


def _hints(function: Callable[..., Any], names: tuple[str, ...]) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    return {name: hints[name] for name in names if name in hints}
