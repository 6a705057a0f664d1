"""ME-VQA: answers about an expression, scored by what kind of answer a question wants.

Conventions
-----------
Truth and answers are parallel lists (N,) of strings. They are compared after `normalize`: lower case, single
spaces, no final full stop. Answers that name a class are scored by UF1 and UAR (`baselines.metrics.recognition`)
over a stated class set; a class answer outside the class set is wrong for its true class and right for none.

Counts
------
`counts`: for the answers to a kind of question, their number and the summed scores of single answers.

Figures
-------
`FIGURES`, by how answers are scored; each is a mean of the scores of single answers:

- action_units: F1, Jaccard index and the share of equal sets. Names and codes are understood, and an item
  that is no action unit counts as a wrong one;
- accuracy: the share of equal answers;
- counts: mean absolute error and root mean squared error of the first whole number in the answer, and the shares of
  answers that are exact and within one; an answer without a number counts as 0.

BLEU and ROUGE of all answers: `baselines.metrics.text`.

References
----------
Fan et al., MEGC 2025, arXiv 2506.15298 (ME-VQA). MEGC 2026, arXiv 2603.08927 (ME-LVQA: counts, sets).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from baselines.action_units import answer_set
from baselines.metrics.figures import Array, Rate
from baselines.metrics.ratios import ratio

_NUMBER = re.compile(r"\d+")
_answer_set = lru_cache(maxsize=1 << 14)(answer_set)


class Mean(NamedTuple):
    """A figure that is a mean over answers.

    score: a function of a true answer and an answer. finish: what the mean of the scores still goes through.
    """

    score: Callable[[str, str], float]
    finish: Callable[[Array], Array] | None = None


@lru_cache(maxsize=1 << 14)
def normalize(answer: str) -> str:
    """Answer in lower case, with single spaces and without a final full stop.

    Parameters
    ----------
    answer : str

    Returns
    -------
    str

    Examples
    --------
    >>> normalize("  Lip  corner puller. ")
    'lip corner puller'
    """
    return " ".join(answer.lower().split()).removesuffix(".").rstrip()


def validate(truth: Sequence[str], predicted: Sequence[str]) -> None:
    """Refuse truth and answers of different lengths.

    Parameters
    ----------
    truth, predicted : sequence of str

    Raises
    ------
    ValueError
        Unless they are as many.

    Examples
    --------
    >>> validate(["yes"], [])
    Traceback (most recent call last):
        ...
    ValueError: 1 true answers but 0 predictions; expected as many
    """
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true answers but {len(predicted)} predictions; expected as many")


def set_f1(truth: str, answer: str) -> float:
    """F1 of the sets of action units that two answers name, 2 |A & B| / (|A| + |B|).

    Parameters
    ----------
    truth, answer : str

    Returns
    -------
    float
        1 for two empty sets.

    Examples
    --------
    >>> set_f1("brow lowerer, dimpler", "AU4")
    0.6666666666666666
    """
    first, second = _answer_set(truth), _answer_set(answer)
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 1.0


def jaccard(truth: str, answer: str) -> float:
    """Jaccard index of the sets of action units that two answers name, |A & B| / |A or B|.

    Parameters
    ----------
    truth, answer : str

    Returns
    -------
    float
        1 for two empty sets.

    Examples
    --------
    >>> jaccard("brow lowerer, dimpler", "AU4")
    0.5
    """
    first, second = _answer_set(truth), _answer_set(answer)
    return len(first & second) / len(first | second) if first or second else 1.0


def same_set(truth: str, answer: str) -> float:
    """Tell whether two answers name the same action units.

    Parameters
    ----------
    truth, answer : str

    Returns
    -------
    float
        1 or 0.

    Examples
    --------
    >>> same_set("brow lowerer, dimpler", "AU14+AU4")
    1.0
    """
    return float(_answer_set(truth) == _answer_set(answer))


def same_answer(truth: str, answer: str) -> float:
    """Tell whether two answers agree after `normalize`.

    Parameters
    ----------
    truth, answer : str

    Returns
    -------
    float
        1 or 0.

    Examples
    --------
    >>> same_answer("yes", "Yes.")
    1.0
    """
    return float(normalize(truth) == normalize(answer))


def has_number(answer: str) -> bool:
    """Tell whether an answer has a whole number, as the true answer to a count must.

    Parameters
    ----------
    answer : str

    Returns
    -------
    bool

    Examples
    --------
    >>> has_number("2 events"), has_number("several")
    (True, False)
    """
    return _NUMBER.search(answer) is not None


def absolute_error(truth: str, answer: str) -> float:
    """Absolute difference of the first whole numbers in two answers.

    Parameters
    ----------
    truth, answer : str
        An answer without a number counts as 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For a true answer without a number.

    Examples
    --------
    >>> absolute_error("3", "There are 5 events")
    2.0
    """
    wanted, given = _NUMBER.search(truth), _NUMBER.search(answer)
    if wanted is None:
        raise ValueError(f"true answer {truth!r} has no whole number")
    return float(abs(int(wanted.group()) - (int(given.group()) if given else 0)))


def squared_error(truth: str, answer: str) -> float:
    """Squared difference of the first whole numbers in two answers.

    Parameters
    ----------
    truth, answer
        As in `absolute_error`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `absolute_error`.

    Examples
    --------
    >>> squared_error("4", "many")
    16.0
    """
    return absolute_error(truth, answer) ** 2


def same_count(truth: str, answer: str) -> float:
    """Whether the first whole numbers in two answers are the same.

    Parameters
    ----------
    truth, answer
        As in `absolute_error`.

    Returns
    -------
    float
        1 or 0.

    Raises
    ------
    ValueError
        As `absolute_error`.

    Examples
    --------
    >>> same_count("3", "3 events"), same_count("3", "4")
    (1.0, 0.0)
    """
    return float(absolute_error(truth, answer) == 0)


def close_count(truth: str, answer: str) -> float:
    """Whether the first whole numbers in two answers differ by at most one.

    Parameters
    ----------
    truth, answer
        As in `absolute_error`.

    Returns
    -------
    float
        1 or 0.

    Raises
    ------
    ValueError
        As `absolute_error`.

    Examples
    --------
    >>> close_count("3", "4"), close_count("3", "5")
    (1.0, 0.0)
    """
    return float(absolute_error(truth, answer) <= 1)


FIGURES: dict[str, dict[str, Mean]] = {
    "action_units": {"f1": Mean(set_f1), "jaccard": Mean(jaccard), "exact": Mean(same_set)},
    "accuracy": {"accuracy": Mean(same_answer)},
    "counts": {
        "mae": Mean(absolute_error),
        "rmse": Mean(squared_error, np.sqrt),
        "exact": Mean(same_count),
        "within_one": Mean(close_count),
    },
}


def counts(figures: Mapping[str, Mean], truth: Sequence[str], predicted: Sequence[str]) -> Array:
    """Counts of each answer: its score under each figure, and 1 for itself.

    Parameters
    ----------
    figures : mapping of str to Mean
        K figures; an entry of `FIGURES`.
    truth, predicted : sequence of str
        N true answers and answers.

    Returns
    -------
    ndarray of shape (N, K + 1), float64

    Raises
    ------
    ValueError
        As `validate`, and as the score of a figure.

    Examples
    --------
    >>> counts({"jaccard": Mean(jaccard)}, ["AU4", "AU4"], ["AU4", "AU4+AU14"]).tolist()
    [[1.0, 1.0], [0.5, 1.0]]
    """
    validate(truth, predicted)
    rows = [[*(mean.score(*pair) for mean in figures.values()), 1.0] for pair in zip(truth, predicted)]
    return np.array(rows, float).reshape(len(truth), len(figures) + 1)


def rates(figures: Mapping[str, Mean]) -> dict[str, Rate]:
    """Functions of the summed counts of answers.

    Parameters
    ----------
    figures : mapping of str to Mean
        K figures; an entry of `FIGURES`.

    Returns
    -------
    dict of str to function
        From sums (..., K + 1) of what `counts` gives to each figure (...), and `n`, the number of answers.

    Examples
    --------
    >>> from baselines.metrics.figures import summary
    >>> errors = {"rmse": Mean(squared_error, np.sqrt)}
    >>> summary(rates(errors), counts(errors, ["3", "1", "1", "1"], ["5", "1", "1", "1"]).sum(axis=0))
    {'rmse': 1.0, 'n': 4}
    """
    named = {name: _mean(place, mean.finish) for place, (name, mean) in enumerate(figures.items())}
    return named | {"n": _number}


def _mean(place: int, finish: Callable[[Array], Array] | None) -> Rate:
    def rate(sums: ArrayLike) -> Array:
        sums = np.asarray(sums)
        mean = ratio(sums[..., place], sums[..., -1])
        return mean if finish is None else finish(mean)

    return rate


def _number(sums: ArrayLike) -> Array:
    return np.asarray(sums)[..., -1].astype(int)
