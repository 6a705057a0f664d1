"""ME-VQA: answers about an expression, scored by the kind of question they answer.

Conventions
-----------
Answers are compared after `normalize`: lower case, single spaces, no final full stop. Each question
is of one kind (`question_kind`); only the two class questions enter UF1 and UAR, as in the peers'
evaluations. A class answer outside the class set is wrong for its true class and right for none.

Metrics
-------
- coarse, fine, event_type: UF1 and UAR (`baselines.metrics.recognition`) over a stated class set.
- action_units: set F1 = 2 |A & B| / (|A| + |B|), Jaccard = |A & B| / |A or B| and the share of equal
  sets, each the mean over questions; two empty sets score 1. Names and codes are understood, and an
  item that is no action unit counts as a wrong one.
- yes_no, side: accuracy.
- counts: mean absolute error and root mean squared error of the first whole number in the answer; an
  answer without a number counts as 0.
- BLEU and ROUGE of all answers: `baselines.metrics.text`.

References
----------
Fan et al., MEGC 2025, arXiv 2506.15298 (ME-VQA). MEGC 2026, arXiv 2603.08927 (ME-LVQA: counts, sets).
"""

import re
from functools import lru_cache

import numpy as np

from baselines.action_units import answer_set
from baselines.metrics import recognition
from baselines.metrics.ratios import ratio

CLASS_KINDS = ("coarse", "fine", "event_type")
KINDS = (*CLASS_KINDS, "action_units", "yes_no", "side", "count", "combined", "free")

_PATTERNS = (
    ("coarse", re.compile(r"what is the coarse expression class")),
    ("fine", re.compile(r"what is the fine-grained expression class")),
    ("combined", re.compile(r"what (is|are) the action units? present, and based on")),
    ("action_units", re.compile(r"what ((is|are) the|distinct) action units?\b")),
    ("event_type", re.compile(r"what is the expression type of")),
    ("side", re.compile(r"is the action unit .* left or right")),
    ("yes_no", re.compile(r"(is|are|does|do) ")),
    ("free", re.compile(r"how many .* localize")),
    ("count", re.compile(r"how many ")),
)
_NUMBER = re.compile(r"\d+")


@lru_cache(maxsize=1 << 14)
def question_kind(question):
    """Return the kind of a question of the MEGC2025 or MEGC2026 annotation, one of `KINDS`; `free` if none fits."""
    text = " ".join(question.lower().split())
    return next((kind for kind, pattern in _PATTERNS if pattern.match(text)), "free")


@lru_cache(maxsize=1 << 14)
def normalize(answer):
    """Return an answer in lower case, with single spaces and without a final full stop."""
    return " ".join(answer.lower().split()).removesuffix(".").rstrip()


def validate(kinds, truth, predicted):
    """Raise `ValueError` unless kinds, truth and predictions are of one length and each kind is known."""
    if not len(kinds) == len(truth) == len(predicted):
        raise ValueError(f"{len(kinds)} kinds, {len(truth)} true answers, {len(predicted)} predictions: not as many")
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"kind {unknown[0]!r} is unknown; expected one of {', '.join(KINDS)}")


def action_unit_scores(truth, predicted):
    """Return (N, 3) set F1, Jaccard and equality of two lists (N,) of answers."""
    cache = {}
    for pair in zip(truth, predicted):
        if pair not in cache:
            cache[pair] = set_scores(*map(answer_set, pair))
    return np.array([cache[pair] for pair in zip(truth, predicted)], float).reshape(-1, 3)


def set_scores(truth, predicted):
    """Return (F1, Jaccard, equality) of two sets; 1 for two empty ones."""
    if not truth and not predicted:
        return 1.0, 1.0, 1.0
    shared = len(truth & predicted)
    return 2 * shared / (len(truth) + len(predicted)), shared / len(truth | predicted), float(truth == predicted)


def count_errors(truth, predicted):
    """Return (N, 2) absolute and squared errors of the first whole numbers in two lists (N,) of answers.

    Raises `ValueError` for a true answer without a number.
    """
    wanted, given = ([_NUMBER.search(answer) for answer in answers] for answers in (truth, predicted))
    if None in wanted:
        raise ValueError(f"true answer {truth[wanted.index(None)]!r} has no whole number")
    error = np.array([int(w.group()) - (int(g.group()) if g else 0) for w, g in zip(wanted, given)], float)
    return np.stack([np.abs(error), error**2], axis=1)


def equal_answers(truth, predicted):
    """Return (N, 1): 1.0 where two lists of answers agree after `normalize`, else 0.0."""
    return np.array([normalize(t) == normalize(p) for t, p in zip(truth, predicted)], float)[:, None]


# Kinds whose figures are means over questions: kind, name of the result, names of the figures, scores of answers.
MEANS = (
    ("action_units", "action_units", ("f1", "jaccard", "exact"), action_unit_scores),
    ("yes_no", "yes_no", ("accuracy",), equal_answers),
    ("side", "side", ("accuracy",), equal_answers),
    ("count", "counts", ("mae", "rmse"), count_errors),
)


def mean_rate(name, sums, place):
    """Return a figure (...) of summed scores (..., K + 1), the last column of which counts the answers."""
    sums = np.asarray(sums)
    mean = ratio(sums[..., place], sums[..., -1])
    return np.sqrt(mean) if name == "rmse" else mean


def classes_of(truth):
    """Return the sorted normalised classes that occur in true answers (N,)."""
    return sorted({normalize(answer) for answer in truth})


def evaluate(kinds, truth, predicted, classes=None):
    """Return the figures of each kind of question, answers (N,) as strings.

    {coarse: {uf1, uar, accuracy, n}, fine: the same, action_units: {f1, jaccard, exact, n}, yes_no:
    {accuracy, n}, side: {accuracy, n}, n}; counts: {mae, rmse, n} and event_type only if asked.
    `classes` maps coarse, fine or event_type to the class set; default: the classes in the truth.
    Text figures are those of `baselines.metrics.text.evaluate`.
    """
    validate(kinds, truth, predicted)
    picked = {kind: ([], []) for kind in KINDS}
    for kind, *pair in zip(kinds, truth, predicted):
        for side, answer in zip(picked[kind], pair):
            side.append(answer)
    result = {}
    for kind in CLASS_KINDS:
        labels = (classes or {}).get(kind) or classes_of(picked[kind][0])
        if kind != "event_type" or picked[kind][0]:
            pairs = [[normalize(answer) for answer in side] for side in picked[kind]]
            result[kind] = recognition.summary(recognition.confusion(*pairs, labels))
    for kind, key, names, scores in MEANS:
        if key == "counts" and not picked[kind][0]:
            continue
        values = scores(*picked[kind])
        sums = np.append(values.sum(axis=0), len(values))
        result[key] = {name: float(mean_rate(name, sums, place)) for place, name in enumerate(names)}
        result[key]["n"] = len(values)
    return result | {"n": len(kinds)}
