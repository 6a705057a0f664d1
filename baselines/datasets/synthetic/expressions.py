"""Which action units an emotion shows, how often, and how the corpus shares its classes.

Combinations for disgust, happiness, repression and surprise are those that the ME-VQA v1 answers give CASME II most
often, with frequencies shifted towards combinations that classes share; anger, contempt, fear and sadness, which that
set lacks, follow the prototypes of FACS (Ekman, Friesen and Hager, 2002). Several combinations recur across classes:
a rule that knew the coded units, without their sides, would reach a UF1 of about .93.
`unit_shares` of the fine emotions of CASME II stay within .06 of `CASME2_UNITS`.
"""

import numpy as np

COMBINATIONS = {
    "happiness": [
        (45, "AU12"), (16, "AU6+AU12"), (14, "AU14"), (7, "AU12+AU15"), (6, "AU12+AU25"), (4, "AU1+AU12"),
        (4, "AU4+AU12"), (4, "AU12+AU17"),
    ],
    "disgust": [
        (28, "AU4+AU7"), (18, "AU4"), (18, "AU4+AU10"), (8, "AU10"), (7, "AU4+AU9"), (6, "AU9"), (6, "AU4+AU7+AU9"),
        (5, "AU6+AU7"), (4, "AU4+AU17"),
    ],
    "repression": [(38, "AU17"), (22, "AU15"), (15, "AU15+AU17"), (10, "AU14"), (9, "AU24"), (6, "AU12+AU15")],
    "anger": [(25, "AU4"), (25, "AU4+AU7"), (15, "AU7"), (15, "AU4+AU7+AU23"), (10, "AU23"), (10, "AU4+AU5")],
    "contempt": [(70, "AU14"), (30, "AU12")],
    "fear": [(30, "AU1+AU4+AU5"), (20, "AU20"), (20, "AU1+AU2+AU4"), (15, "AU1+AU2+AU5"), (15, "AU5")],
    "sadness": [(30, "AU1+AU4"), (25, "AU15"), (25, "AU1"), (20, "AU15+AU17")],
    "surprise": [
        (44, "AU1+AU2"), (12, "AU1"), (7, "AU2"), (8, "AU1+AU2+AU5"), (8, "AU1+AU2+AU25"), (6, "AU2+AU5"),
        (5, "AU5"), (4, "AU1+AU2+AU4"), (3, "AU25"), (3, "AU2+AU26"),
    ],
}  # fmt: skip

# Clips of each fine emotion in ME-VQA v1: CASME II and SAMM together.
FINE = {
    "negative": {"disgust": 70, "anger": 57, "repression": 27, "contempt": 12, "fear": 8, "sadness": 6},
    "positive": {"happiness": 58},
    "surprise": {"surprise": 40},
}

SHARES = {"negative": 250, "positive": 109, "surprise": 83}  # clips of the MEGC2019 composite database

# Share of the 145 CASME II clips of ME-VQA v1 whose answer names the unit, and clips of each fine emotion there.
CASME2_UNITS = {
    1: 0.145, 2: 0.152, 4: 0.386, 5: 0.021, 6: 0.048, 7: 0.214, 9: 0.062, 10: 0.117, 12: 0.221, 14: 0.041, 15: 0.110,
    16: 0.007, 17: 0.152, 25: 0.014, 26: 0.007, 38: 0.007,
}  # fmt: skip
CASME2_FINE = {"disgust": 61, "happiness": 32, "repression": 27, "surprise": 25}

ONE_SIDED = {1, 2, 4, 7, 10, 12, 14}  # units that ME-VQA v1 asks left or right about
ALWAYS_ONE_SIDED = {"contempt"}


def draw_expression(rng, coarse, unilateral):
    """Return `(emotion, codes)`: a fine emotion of the coarse class and action unit codes such as `LAU12`.

    With probability `unilateral` one unit of the combination is on one side.
    """
    emotion = _weighted(rng, FINE[coarse].items())
    combination = _weighted(rng, [(units, weight) for weight, units in COMBINATIONS[emotion]])
    numbers = [int(code[2:]) for code in combination.split("+")]
    able = [n for n in numbers if n in ONE_SIDED]
    chosen, side, one_sided = rng.random(), "LR"[int(rng.integers(2))], rng.random() < unilateral
    if able and (one_sided or emotion in ALWAYS_ONE_SIDED):
        single = able[int(chosen * len(able))]
        return emotion, tuple(f"{side if n == single else ''}AU{n}" for n in numbers)
    return emotion, tuple(f"AU{n}" for n in numbers)


def unit_shares(fine):
    """Return {action unit: expected share of expressions that show it} for fine emotions given with their weights."""
    shares = {}
    for emotion, weight in fine.items():
        for percent, combination in COMBINATIONS[emotion]:
            for code in combination.split("+"):
                shares[int(code[2:])] = shares.get(int(code[2:]), 0) + weight / sum(fine.values()) * percent / 100
    return dict(sorted(shares.items()))


def fine_shares():
    """Return {fine emotion: share of expressions} of the corpus."""
    total = sum(SHARES.values())
    return {
        emotion: SHARES[label] / total * count / sum(emotions.values())
        for label, emotions in FINE.items()
        for emotion, count in emotions.items()
    }


def draw_classes(rng, subjects, clips):
    """Return a list of `clips` coarse classes for each subject, in `SHARES` overall.

    Each subject with at least two clips has a negative one and one of another class.
    """
    names, weights = list(SHARES), np.array(list(SHARES.values()), float)
    exact = subjects * clips * weights / weights.sum()
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: subjects * clips - counts.sum()]] += 1
    left = {name: int(count) for name, count in zip(names, counts)}
    rows = [[] for _ in range(subjects)]
    if clips > 1:
        for row in rows:
            other = max(("positive", "surprise"), key=left.get)
            row += ["negative", other]
            left["negative"] -= 1
            left[other] -= 1
    pool = [name for name, count in left.items() for _ in range(count)]
    pool = [pool[i] for i in rng.permutation(len(pool))]
    for row in rows:
        missing = clips - len(row)
        row += pool[:missing]
        del pool[:missing]
        rng.shuffle(row)
    return rows


def _weighted(rng, pairs):
    values, weights = zip(*pairs)
    edges = np.cumsum(weights)
    return values[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))]
