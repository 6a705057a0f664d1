"""What is measured on a clip: probabilities of emotion classes and of each action unit, and the side of the face."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from baselines.action_units import NAMES, parse_one
from baselines.datasets.records import coarse
from baselines.errors import InputError
from baselines.recognition.transforms import Flatten, Recentre
from baselines.vqa.records import Evidence

COARSE_ONLY = ("negative", "positive")  # names that tell no fine class; surprise and others are both


class ClipAnalyst(BaseEstimator):
    """Logistic classifiers for coarse class, fine class, each action unit and the side of the face.

    X is (n, H, W, 3) flow pictures (u, v, optical strain; onset to apex) or any (n, ...) features.
    Pictures are recentred, and each is learned from together with its mirror image: a mirrored face
    shows the same expression on the other side. C: inverse strength of the L2 penalty on features
    scaled to mean square norm 1. min_events: a unit or side seen less often is not learned.

    Emotion classes weigh the same whatever their size; unit probabilities keep the training frequencies.
    """

    def __init__(self, C=2.0, min_events=3):
        self.C = C
        self.min_events = min_events

    def fit(self, X, events):
        """Fit on X and as many `Event`s with emotions (fine or coarse names) and action units (AU12, LAU14).

        Events without a known emotion or without units are left out where those are needed. Raises
        `InputError` if no event has a known emotion or a code is no action unit.
        """
        X = np.asarray(X, np.float32)
        if len(X) != len(events):
            raise ValueError(f"{len(X)} clips but {len(events)} events; expected one event a clip")
        emotions = np.array([event.emotion.strip().lower() for event in events], object)
        broad = np.array([coarse(emotion) for emotion in emotions], object)
        known = np.array([name is not None for name in broad])
        if not known.any():
            raise InputError("no training clip has a known emotion; fill in the emotion of the events")
        named = known & ~np.isin(emotions, COARSE_ONLY)
        Z = self._fit_features(X)
        self.coarse_ = self._classifier(Z, broad, known, class_weight="balanced")
        self.fine_ = self._classifier(Z, emotions, named, class_weight="balanced") if named.any() else None
        self._fit_units(Z, [_units(event) for event in events])
        return self

    def predict(self, X):
        """Return the `Evidence` of each clip in X."""
        X = np.asarray(X, np.float32)
        Z = self.features_.transform(Recentre().transform(X) if self.mirrored_ else X) / self.norm_
        broad, fine = _probabilities(self.coarse_, Z), _probabilities(self.fine_, Z)
        units = {number: _probability(model, Z) for number, model in self.units_.items()}
        left = None if self.side_ is None else _probability(self.side_, Z)
        return [
            Evidence(
                coarse=broad[n],
                fine=fine[n],
                action_units={number: float(p[n]) for number, p in units.items()},
                left=self.left_ if left is None else float(left[n]),
                rate=self.rate_,
            )
            for n in range(len(X))
        ]

    def _fit_features(self, X):
        self.mirrored_ = X.ndim == 4 and X.shape[-1] == 3
        if self.mirrored_:
            X = Recentre().transform(X)
            X = np.concatenate([X, X[:, :, ::-1] * np.array([-1, 1, 1], np.float32)])
        # A rotation onto the samples' span changes no L2-penalised solution and makes each fit small.
        self.features_ = make_pipeline(Flatten(), StandardScaler(), PCA(svd_solver="full"))
        Z = self.features_.fit_transform(X)
        self.norm_ = float(np.sqrt(np.mean(np.sum(Z**2, axis=1)))) or 1.0
        return Z / self.norm_

    def _classifier(self, Z, y, chosen, **parameters):
        """Return a classifier of labels y (n,) fitted on the clips `chosen` (n,) and their mirror images."""
        copies = 2 if self.mirrored_ else 1
        labels = np.tile(np.array(y[chosen].tolist()), copies)
        one = len(np.unique(labels)) == 1
        model = DummyClassifier() if one else LogisticRegression(C=self.C, max_iter=1000, **parameters)
        return model.fit(Z[np.tile(chosen, copies)], labels)

    def _fit_units(self, Z, units):
        coded = np.array([bool(of_clip) for of_clip in units])
        counts = {number: sum(number in of_clip for of_clip in units) for number in sorted(set().union(*units))}
        self.units_ = {
            number: self._classifier(Z, np.array([number in of_clip for of_clip in units]), coded)
            for number, count in counts.items()
            if count >= self.min_events
        }
        self.rate_ = float(sum(counts.values()) / coded.sum() / len(NAMES)) if coded.any() else Evidence.rate
        self._fit_side(Z, [(n, side == "left") for n, of_clip in enumerate(units) for side in of_clip.values() if side])

    def _fit_side(self, Z, sided):
        """Fit on (clip index, is left) of every one-sided unit; a mirror image has the other side."""
        clips = np.array([n for n, _ in sided], int)
        left = np.array([is_left for _, is_left in sided], bool)
        self.left_ = float(left.mean()) if len(left) else None
        self.side_ = None
        if self.mirrored_:
            clips, left = np.concatenate([clips, clips + len(Z) // 2]), np.concatenate([left, ~left])
        if min(left.sum(), (~left).sum()) >= self.min_events:
            self.side_ = LogisticRegression(C=self.C, max_iter=1000, class_weight="balanced").fit(Z[clips], left)


def _probabilities(model, Z):
    if model is None:
        return [{} for _ in Z]
    return [dict(zip(model.classes_.tolist(), row)) for row in model.predict_proba(Z).tolist()]


def _probability(model, Z):
    return model.predict_proba(Z)[:, list(model.classes_).index(True)]


def _units(event):
    """Return {AU number: side} of an event; a unit coded on both sides has none."""
    sides = {}
    try:
        for unit in map(parse_one, event.action_units):
            sides[unit.number] = unit.side if sides.get(unit.number, unit.side) == unit.side else ""
    except ValueError as error:
        raise InputError(f"event at frames {event.onset}-{event.offset}: {error}") from None
    return sides
