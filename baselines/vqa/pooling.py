"""The hybrid answerer's rule: what a vision model and the classifiers say of a clip, as one `Evidence`.

Log-linear pooling (Genest and Zidek 1986): the pooled probability of a class is proportional to
vision^w * classifiers^(1 - w), with one weight w for everything that is asked. w is the one of a grid that makes the
annotated coarse class, fine class and action units of clips that neither source was fitted on most probable.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit, softmax
from sklearn.base import clone

from baselines.action_units import parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.records import Event
from baselines.recognition.kernels import Samples
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.records import Evidence

DEFAULT_WEIGHT = 0.3  # where no clips with known answers are at hand; see the model card
GRID = np.linspace(0, 1, 11)
LEAST = 1e-4  # probability; what a source calls impossible is no more than very unlikely


def pool(vision: Evidence, measured: Evidence, weight: float) -> Evidence:
    """Return the `Evidence` pooled from a vision model's and the classifiers'; weight 0..1 is that of the vision model.

    Of classes and units those count that the classifiers know, or if they know none, all.
    """
    units = {
        number: _pooled_share(p, measured.action_units.get(number), weight, vision.rate, measured.rate)
        for number, p in vision.action_units.items()
        if number in measured.action_units or not measured.action_units
    }
    left = vision.left if measured.left is None else _pooled_share(vision.left, measured.left, weight)
    return Evidence(
        coarse=_pooled_classes(vision.coarse, measured.coarse, weight),
        fine=_pooled_classes(vision.fine, measured.fine, weight),
        action_units=units,
        left=left,
        rate=measured.rate,
        events=measured.events,
        unit_shares=measured.unit_shares,
    )


def fit_weight(pairs: Sequence[tuple[Evidence, Evidence]], events: Sequence[Event]) -> float:
    """Return the weight of the grid at which pooled evidence makes annotated `Event`s most probable.

    pairs: (vision, measured) `Evidence` of as many clips, neither fitted on them. The smaller weight wins a tie.
    """
    return float(max(GRID, key=lambda weight: (round(_log_likelihood(pairs, events, weight), 9), -weight)))


def inner_weight(
    analyst: ClipAnalyst,
    X: np.ndarray | Samples,
    events: Sequence[Event],
    subjects: Sequence[str],
    vision: Sequence[Evidence],
    folds: int = 3,
) -> float:
    """Return `fit_weight` on clips whose classifiers were fitted on the other part of the subjects.

    analyst: the classifiers, not fitted. X (n, ...), events, subjects: of the training clips. vision: the vision
    model's `Evidence` of each.
    """
    names = sorted(set(subjects))
    if len(names) < 2:
        return DEFAULT_WEIGHT
    pairs, known = [], []
    for part in np.array_split(np.arange(len(names)), min(folds, len(names))):
        held_out = np.isin(subjects, [names[n] for n in part])
        fitted = clone(analyst).fit(X[~held_out], [event for event, out in zip(events, held_out) if not out])
        mine = np.flatnonzero(held_out)
        pairs += [(vision[n], measured) for n, measured in zip(mine, fitted.predict(X[mine]))]
        known += [events[n] for n in mine]
    return fit_weight(pairs, known)


def _log_likelihood(pairs, events, weight):
    """Mean log probability of coarse class, fine class and unit list; those of one kind count as one."""
    found = {"coarse": [], "fine": [], "units": []}
    for (vision, measured), event in zip(pairs, events):
        pooled = pool(vision, measured, weight)
        emotion, broad = event.emotion, coarse(event.emotion)
        if broad in pooled.coarse:
            found["coarse"].append(np.log(max(pooled.coarse[broad], LEAST)))
        if emotion in pooled.fine:
            found["fine"].append(np.log(max(pooled.fine[emotion], LEAST)))
        present = {parse_one(code).number for code in event.action_units}
        if present and pooled.action_units:
            right = [p if unit in present else 1 - p for unit, p in pooled.action_units.items()]
            found["units"].append(np.log(np.maximum(right, LEAST)).sum())
    return sum(float(np.mean(values)) for values in found.values() if values)


def _pooled_classes(vision, measured, weight):
    names = list(measured or vision)
    logs = [_log(source.get(name, 0.0)) if source else 0.0 for name in names for source in (vision, measured)]
    mixed = np.array(logs).reshape(-1, 2) @ [weight, 1 - weight]
    return dict(zip(names, softmax(mixed).tolist())) if names else {}


def _pooled_share(vision, measured, weight, vision_rate=0.5, measured_rate=0.5):
    """Pool odds relative to each source's own rate, then return to the rate of the second source."""
    if measured is None:
        return vision
    odds = weight * (_odds(vision) - logit(vision_rate)) + (1 - weight) * (_odds(measured) - logit(measured_rate))
    return float(expit(odds + logit(measured_rate)))


def _log(p):
    return np.log(max(p, LEAST))


def _odds(p):
    return logit(np.clip(p, LEAST, 1 - LEAST))
