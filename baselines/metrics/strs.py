"""STRS, the spot-then-recognize score: F1 of spotting times F1 of analysis.

Conventions
-----------
Intervals and groups as in `baselines.metrics.spotting`; a group is one video of one subject, and a
video without any true event is a group too. Emotions are parallel arrays (N,). `classes` are the
analysed emotions; events of other emotions count in spotting and are left out of the analysis.

Metrics
-------
Spotting: tp, fp, fn summed over all groups, precision, recall, F1. Analysis, over the matched pairs
whose true emotion is in `classes`: precision and recall are means over classes of one-against-rest
figures, F1 = 2 P R / (P + R) of these two means; UF1 is the mean of the F1 of the classes, UAR the
mean recall. STRS = F1 of spotting x F1 of analysis.

Modes
-----
`corrected` matches one to one (`spotting.match_one_to_one`: most pairs, then largest total IoU) and
is defined for every input: what has no denominator is 0.
`megc2025-script` gives what the challenge's script gives, with its faults:
- a prediction takes every true event it covers that is still free, in the order of the predictions;
- subjects without predictions add no false negatives, and videos without truth no false positives;
- `uar` is the mean precision;
- a class is scored 0 where all analysed pairs agree on it (all are it, or none is, on both sides);
- STRS is nan where precision and recall of the analysis are both 0.

References
----------
Liong, See, Chan, Spot-then-recognize: a micro-expression analysis network for seamless evaluation of
long videos, Signal Processing: Image Communication, 2023 (STRS). Fan et al., MEGC 2025, arXiv 2506.15298.
"""

import numpy as np

from baselines.metrics import recognition, spotting
from baselines.metrics.ratios import class_mean, ratio

MODES = ("corrected", "megc2025-script")


def validate(intervals, groups, emotions):
    """Raise `ValueError` unless intervals, groups and emotions are parallel and valid."""
    spotting.validate(intervals, groups)
    if len(emotions) != len(intervals):
        raise ValueError(f"{len(intervals)} intervals but {len(emotions)} emotions; expected as many")


def match(truth, truth_groups, truth_emotions, predicted, predicted_groups, predicted_emotions, mode="corrected"):
    """Return the matched rows (i, j) in truth and prediction, arrays (K,); i is never repeated."""
    if mode == "corrected":
        labels = truth_emotions, predicted_emotions
        return spotting.match_one_to_one(truth, truth_groups, predicted, predicted_groups, labels=labels)
    i, j, _ = spotting.overlapping_pairs(truth, truth_groups, predicted, predicted_groups)
    order = np.lexsort((i, j))
    _, first = np.unique(i[order], return_index=True)  # each true event goes to the first prediction in the file
    return i[order][first], j[order][first]


def count(truth, predicted, subjects, classes, mode="corrected"):
    """Return counts per subject that determine every figure: (S, 3) tp, fp, fn and (S, C, C + 1) confusions.

    `truth` and `predicted` are (intervals (N, 2), groups (N,), subjects (N,), emotions (N,)); `subjects`
    (S,) holds every subject of both. Sums over S are the counts of the whole.
    """
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}; expected one of {', '.join(MODES)}")
    (t, t_groups, t_subjects, t_emotions), (p, p_groups, p_subjects, p_emotions) = truth, predicted
    validate(t, t_groups, t_emotions)
    validate(p, p_groups, p_emotions)
    i, j = match(t, t_groups, t_emotions, p, p_groups, p_emotions, mode)
    t_index, p_index = spotting.group_index(t_subjects, subjects), spotting.group_index(p_subjects, subjects)
    missed, wrong = np.ones(len(t), bool), np.ones(len(p), bool)
    missed[i] = False
    wrong[j] = False
    if mode == "megc2025-script":
        missed &= np.isin(t_subjects, p_subjects)
        wrong &= np.isin(p_groups, t_groups)
    tp, fp, fn = (np.bincount(of, minlength=len(subjects)) for of in (t_index[i], p_index[wrong], t_index[missed]))
    analysed = np.isin(np.asarray(t_emotions, object)[i].astype(str), list(map(str, classes)))
    i, j = i[analysed], j[analysed]
    pairs = recognition.confusions(
        np.asarray(t_emotions)[i], np.asarray(p_emotions)[j], classes, t_index[i], len(subjects)
    )
    return np.stack([tp, fp, fn], axis=1), pairs


def analysis(pairs, mode="corrected", counted=None):
    """Return {precision, recall, f1, uf1, uar}, arrays (...), of confusions (..., C, C + 1); `counted` as in `uf1`."""
    script = mode == "megc2025-script"
    undefined = np.nan if script else 0.0
    tp, fp, fn = recognition.class_counts(pairs)
    if script:
        total = np.sum(pairs, axis=(-2, -1))[..., None]
        agreed = (fp + fn == 0) & ((tp == 0) | (tp == total))
        tp, fp, fn = (np.where(agreed, 0, n) for n in (tp, fp, fn))
    precision = class_mean(ratio(tp, tp + fp), counted)
    recall = class_mean(ratio(tp, tp + fn), counted)
    return {
        "precision": precision,
        "recall": recall,
        "f1": ratio(2 * precision * recall, precision + recall, undefined),
        "uf1": class_mean(ratio(2 * tp, 2 * tp + fp + fn), counted),
        "uar": precision if script else recall,
    }


def score(spotted, pairs, mode="corrected", counted=None):
    """Return STRS (...) of spotting counts (..., 3) and confusions (..., C, C + 1)."""
    return spotting.rates(spotted)[2] * analysis(pairs, mode, counted)["f1"]


def evaluate(truth, predicted, classes, mode="corrected"):
    """Return {spotting: {tp, fp, fn, precision, recall, f1}, analysis: {precision, recall, f1, uf1, uar}, strs}.

    `truth` and `predicted` as in `count`. Under `megc2025-script` strs and analysis f1 can be nan.
    """
    subjects = np.unique(np.concatenate([truth[2], predicted[2]]))
    spotted, pairs = (counts.sum(axis=0) for counts in count(truth, predicted, subjects, classes, mode))
    return {
        "spotting": spotting.summary(spotted),
        "analysis": {name: float(value) for name, value in analysis(pairs, mode).items()},
        "strs": float(score(spotted, pairs, mode)),
    }
