"""What is measured on a clip: probabilities of emotion classes and of each action unit, and the side of the face."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from baselines.action_units import NAMES, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.recognition.classifiers import DECIMALS, kernel_basis
from baselines.recognition.kernels import Samples, View
from baselines.recognition.pipeline import KernelMean
from baselines.vqa.records import Evidence

COARSE_ONLY = ("negative", "positive")  # names that tell no fine class; surprise and others are both


class ClipAnalyst(BaseEstimator):
    """Logistic classifiers for coarse class, fine class, each action unit and the side of the face, on kernels.

    X is (n, H, W, 3) flow pictures (u, v, optical strain; onset to apex) or any (n, ...) features. Of pictures,
    emotions are learned from `kernels`; units from the inner product of recentred pictures, because the motions of
    units that show together add up, averaged over the mirror image of the face; and where all `kernels` are averaged
    over it too, the side is learned from what changes its sign there. Features, and pictures without `kernels`, have
    one kernel, the inner product after standardizing, and no mirror image.

    C: inverse strength of the L2 penalty, on kernels scaled to mean 1 on the diagonal. min_events: a unit or side
    seen less often is not learned. kernels: the parameters of a `View` for each, such as the step `kernels` of a
    recognition recipe for flow pictures. Emotion classes weigh the same whatever their size; unit probabilities keep
    the training frequencies.
    """

    def __init__(self, C: float = 10.0, min_events: int = 3, kernels: Sequence[Mapping[str, Any]] | None = None):
        self.C = C
        self.min_events = min_events
        self.kernels = kernels

    def share(self, samples: Samples) -> Samples:
        """Compute, once for all folds, what is needed of each pair of `Samples`; return the samples."""
        return samples.share([view for kernels in self._kernels(samples) for view in kernels.views])

    def fit(self, X: np.ndarray | Samples, events: Sequence[Event]) -> "ClipAnalyst":
        """Fit on X, an array or `Samples`, and as many `Event`s with emotions (fine or coarse names) and action
        units (AU12, LAU14).

        Events without a known emotion or without units are left out where those are needed. Raises
        `InputError` if no event has a known emotion or a code is no action unit.
        """
        samples = self.share(_samples(X))
        if len(samples) != len(events):
            raise ValueError(f"{len(samples)} clips but {len(events)} events; expected one event a clip")
        emotions = np.array([event.emotion.strip().lower() for event in events], object)
        broad = np.array([coarse(emotion) for emotion in emotions], object)
        known = np.array([name is not None for name in broad])
        if not known.any():
            raise InputError("no training clip has a known emotion; fill in the emotion of the events")
        named = known & ~np.isin(emotions, COARSE_ONLY)
        units = [_units(event) for event in events]
        self.emotion_kernels_, self.unit_kernels_ = self._kernels(samples)
        K = self.emotion_kernels_.fit_transform(samples)
        self.emotion_basis_ = kernel_basis(K)[0]
        Z = K @ self.emotion_basis_
        self.coarse_ = self._classifier(Z[known], broad[known], class_weight="balanced")
        self.fine_ = self._classifier(Z[named], emotions[named], class_weight="balanced") if named.any() else None
        K = self.unit_kernels_.fit_transform(samples)
        self.unit_basis_ = kernel_basis(K)[0]
        self._fit_units(K @ self.unit_basis_, units)
        self._fit_unit_shares(emotions, units)
        self._fit_side(samples, units)
        return self

    def predict(self, X: np.ndarray | Samples) -> list[Evidence]:
        """Return the `Evidence` of each clip in X, an array or `Samples`."""
        samples = _samples(X)
        if self.side_ is None:
            K, left = self.emotion_kernels_.transform(samples), [self.left_] * len(samples)
        else:
            K, odd = self.emotion_kernels_.transform_both(samples)
            left = _probability(self.side_, odd @ self.side_basis_).tolist()
        Z = K @ self.emotion_basis_
        broad, fine = _probabilities(self.coarse_, Z), _probabilities(self.fine_, Z)
        Z = self.unit_kernels_.transform(samples) @ self.unit_basis_
        units = {number: _probability(model, Z) for number, model in self.units_.items()}
        return [
            Evidence(
                coarse=broad[n],
                fine=fine[n],
                action_units={number: float(p[n]) for number, p in units.items()},
                left=left[n],
                rate=self.rate_,
                unit_shares=self.unit_shares_,
            )
            for n in range(len(samples))
        ]

    def _kernels(self, samples):
        """Return the unfitted kernels for emotions and those for units."""
        if self.kernels is None or not _are_pictures(samples, self.kernels):
            return [KernelMean([View(transforms=[{"name": "standardize"}], kernel="linear")]) for _ in range(2)]
        emotions = KernelMean([View(**kernel) for kernel in self.kernels])
        return emotions, KernelMean([View(transforms=[{"name": "recentre"}], kernel="linear", mirror=True)])

    def _classifier(self, Z, y, **parameters):
        """Return a classifier of labels y (n,)."""
        labels = np.array(y.tolist())
        one = len(np.unique(labels)) == 1
        model = DummyClassifier() if one else LogisticRegression(C=self.C, max_iter=1000, **parameters)
        return model.fit(Z, labels)

    def _fit_units(self, Z, units):
        coded = np.array([bool(of_clip) for of_clip in units])
        counts = {number: sum(number in of_clip for of_clip in units) for number in sorted(set().union(*units))}
        self.units_ = {
            number: self._classifier(Z[coded], np.array([number in of_clip for of_clip in units])[coded])
            for number, count in counts.items()
            if count >= self.min_events
        }
        self.rate_ = float(sum(counts.values()) / coded.sum() / len(NAMES)) if coded.any() else Evidence.rate

    def _fit_unit_shares(self, emotions, units):
        """Count the learned units of each fine class, and one more clip that shows what clips show on average."""
        counted = [(str(name), of_clip) for name, of_clip in zip(emotions, units) if of_clip]
        average = {number: np.mean([number in of_clip for _, of_clip in counted]) for number in self.units_}
        self.unit_shares_ = {}
        for fine in sorted({name for name, _ in counted}):
            mine = [of_clip for name, of_clip in counted if name == fine]
            self.unit_shares_[fine] = {
                number: float((sum(number in of_clip for of_clip in mine) + share + 0.01) / (len(mine) + 1.02))
                for number, share in average.items()
            }

    def _fit_side(self, samples, units):
        """Fit on every one-sided unit and its mirror image, which has the other side."""
        sided = [(n, side == "left") for n, of_clip in enumerate(units) for side in of_clip.values() if side]
        clips = np.array([n for n, _ in sided], int)
        left = np.array([is_left for _, is_left in sided], bool)
        self.left_ = float(left.mean()) if len(left) else None
        self.side_ = None
        mirrored = all(view.mirror for view in self.emotion_kernels_.views)
        if not mirrored or len(left) < self.min_events:
            return
        K = self.emotion_kernels_.transform(samples, odd=True)
        self.side_basis_ = kernel_basis(K)[0]
        Z = (K @ self.side_basis_)[clips]
        model = LogisticRegression(C=self.C, max_iter=1000, fit_intercept=False)
        self.side_ = model.fit(np.concatenate([Z, -Z]), np.concatenate([left, ~left]))


def _samples(X):
    return X if isinstance(X, Samples) else Samples(np.asarray(X, np.float32))


def _are_pictures(samples, kernels):
    """Tell whether samples are pictures that windows of the kernels fit in."""
    least = max((kernel.get("window") or 1 for kernel in kernels), default=1)
    return len(samples.shape) == 4 and samples.shape[-1] == 3 and min(samples.shape[1:3]) >= least


def _probabilities(model, Z):
    if model is None:
        return [{} for _ in Z]
    return [dict(zip(model.classes_.tolist(), row)) for row in model.predict_proba(Z).round(DECIMALS).tolist()]


def _probability(model, Z):
    return model.predict_proba(Z)[:, list(model.classes_).index(True)].round(DECIMALS)


def _units(event):
    """Return {AU number: side} of an event; a unit coded on both sides has none."""
    sides = {}
    try:
        for unit in map(parse_one, event.action_units):
            sides[unit.number] = unit.side if sides.get(unit.number, unit.side) == unit.side else ""
    except ValueError as error:
        raise InputError(f"event at frames {event.onset}-{event.offset}: {error}") from None
    return sides
