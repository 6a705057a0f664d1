"""Emotions that no training clip has: a database that nobody trained on may name them all the same.

What is known of such a one is the units that mark it: for happiness, sadness, surprise, fear, anger, disgust and
contempt the prototypes of FACS (Ekman, Friesen and Hager 2002, Investigator's Guide), for repression the coding of
CASME II (Yan et al. 2014, doi 10.1371/journal.pone.0086041).
"""

from dataclasses import replace

from baselines.datasets.classes import coarse
from baselines.vqa.records import Evidence

MARKS = {
    "happiness": (6, 12),
    "sadness": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
    "fear": (1, 2, 4, 5, 7, 20, 26),
    "anger": (4, 5, 7, 23),
    "disgust": (9, 10, 15, 16),
    "contempt": (12, 14),
    "repression": (14, 15, 17, 24),
}
RARER = 0.5  # how much less probable it is than the learned emotions of its coarse class are on average
MARKED, OTHER = 0.5, 0.25  # the share of its clips that show a unit that marks it; of another, times the average share


def with_unseen(evidence: Evidence) -> Evidence:
    """Return `Evidence` in which every emotion of `MARKS` is possible whose coarse class was learned."""
    if not evidence.unit_shares:
        return evidence
    learned = list(evidence.unit_shares.values())
    average = {unit: sum(shares[unit] for shares in learned) / len(learned) for unit in learned[0]}
    fine, unit_shares = dict(evidence.fine), dict(evidence.unit_shares)
    for name, units in MARKS.items():
        alike = [p for other, p in evidence.fine.items() if coarse(other) == coarse(name)]
        if name not in evidence.fine and alike:
            fine[name] = RARER * sum(alike) / len(alike)
            unit_shares[name] = {unit: MARKED if unit in units else OTHER * share for unit, share in average.items()}
    return replace(evidence, fine=fine, unit_shares=unit_shares)
