"""BLEU and ROUGE of answers, in the variants that ME-VQA papers and participants use.

Which BLEU and which ROUGE the leaderboard of the ME-VQA task computes is not published, and the
variants differ a lot on one-word answers, so each has a name and all are reported.

Conventions
-----------
One reference an answer. All figures are in [0, 1].

Counts
------
`statistics` gives, for every variant, statistics of each distinct pair of a true answer and an answer. They add
up over any set of answers: a database, a resample.

Figures
-------
`FIGURES`, by family and name; a `Variant` tells both its statistics of a pair and the figure of their sums.

BLEU (n-grams up to 4, brevity penalty):

- `sentence-nltk-method1`: mean over answers of NLTK's sentence BLEU with smoothing method 1; lower
  case, split at spaces.
- `corpus-regex`: BLEU of the whole set, no smoothing; lower case, tokens of letters and digits. 0 if
  the set has no common 4-gram.
- `corpus-nltk-regex`: the same as NLTK's `corpus_bleu` computes it, which counts one n-gram in each
  answer too short to have any.
- `sacrebleu`: sacreBLEU's corpus score: tokenizer 13a, cased, exponential smoothing; effective order,
  so that a set of short answers is defined.

ROUGE (mean over answers; tokens of letters and digits in lower case): `rouge1-f1`, `rouge1-recall`,
`rouge2-f1`, `rougeL-f1`, and with Porter stems of words longer than three letters `rouge1-f1-stem`,
`rouge1-recall-stem`.

The BLEU arithmetic is sacreBLEU's and the stemmer is NLTK's; figures equal those of nltk, sacrebleu
and rouge_score. NLTK takes two seconds to import, so it is loaded only for words that do not occur
in the answers of the challenge.

References
----------
Papineni et al., BLEU, ACL 2002. Chen and Cherry, smoothing techniques for sentence-level BLEU, WMT
2014. Post, A call for clarity in reporting BLEU scores, WMT 2018. Lin, ROUGE, 2004.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from baselines.errors import MissingDependency
from baselines.metrics.figures import Array, Rate
from baselines.metrics.ratios import ratio

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)?")
_ROUGE_WORD = re.compile(r"[a-z0-9]+")

# Porter stems (as NLTK gives them) of the words in ME-VQA answers.
_STEMS = {
    "closure": "closur", "coarse": "coars", "dilater": "dilat", "expression": "express", "eyes": "eye",
    "grained": "grain", "happiness": "happi", "lips": "lip", "lowerer": "lower", "negative": "neg",
    "others": "other", "positive": "posit", "repression": "repress", "sadness": "sad", "surprise": "surpris",
    "therefore": "therefor", "tightener": "tighten", "units": "unit",
}  # fmt: skip
_UNCHANGED = (
    "action anger brow cheek chin class clencher compress contempt corner depressor dimpler disgust drop fear fine "
    "inner left lower macro micro neck nose nostril outer part present pressor puller raiser right stretcher tilt "
    "unit upper wrinkler"
)
_STEMS.update((word, word) for word in _UNCHANGED.split())


Ngrams = tuple[Sequence[int], Sequence[int], int, int]  # common n-grams, n-grams (n = 1 to 4); lengths of both sides


class View(NamedTuple):
    """One answer cut in one way: its tokens, and its sets of n-grams for n = 1 to 4, numbered."""

    tokens: Sequence[str]
    grams: list[set[int]]


class Pair(NamedTuple):
    """A true answer and an answer, {way of cutting: `View`} each."""

    truth: dict[str, View]
    answer: dict[str, View]


class Variant(NamedTuple):
    """How one figure follows from answers.

    statistics: a function from a `Pair` to numbers that add up. size: how many. figure: from their sums (..., size)
    to the figure (...).
    """

    statistics: Callable[[Pair], Sequence[float]]
    size: int
    figure: Rate


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


def statistics(truth: Sequence[str], predicted: Sequence[str]) -> tuple[dict[str, Array], Array]:
    """Statistics behind all variants of BLEU and ROUGE.

    Parameters
    ----------
    truth, predicted : sequence of str
        N true answers and answers.

    Returns
    -------
    statistics : dict of str to ndarray of shape (U, K), float64
        By the name of the variant, a row for each distinct pair of a true answer and an answer; sums of rows
        go to `Variant.figure`.
    index : ndarray of shape (N,), int
        The pair of each answer.

    Raises
    ------
    ValueError
        As `validate`.
    MissingDependency
        Where a library is needed that is not installed.

    Examples
    --------
    >>> found, index = statistics(["yes", "yes"], ["yes", "no"])
    >>> found["rouge1-f1"].tolist(), index.tolist()
    ([[1.0, 1.0], [0.0, 1.0]], [0, 1])
    >>> float(FIGURES["rouge"]["rouge1-f1"].figure(found["rouge1-f1"][index].sum(axis=0)))
    0.5
    """
    validate(truth, predicted)
    places: dict[tuple[str, str], int] = {}
    index = np.fromiter((places.setdefault(pair, len(places)) for pair in zip(truth, predicted)), int, len(truth))
    numbers: dict[Any, int] = {}
    views = {answer: _views(answer, numbers) for answer in {answer for pair in places for answer in pair}}
    pairs = [Pair(*(views[answer] for answer in pair)) for pair in places]
    return {
        name: np.array([variant.statistics(pair) for pair in pairs], float).reshape(len(pairs), variant.size)
        for family in FIGURES.values()
        for name, variant in family.items()
    }, index


def _mean(score: Callable[[Pair], float]) -> Variant:
    """Return the variant that is a mean over answers."""
    return Variant(lambda pair: (score(pair), 1), 2, lambda sums: ratio(sums[..., 0], sums[..., 1]))


def _corpus(ngrams: Callable[[Pair], Ngrams], **options: Any) -> Variant:
    """Return the variant that is the BLEU of all n-grams together; options of sacreBLEU."""
    return Variant(lambda pair: _flat(*ngrams(pair)), 10, lambda sums: _corpus_bleu(sums, **options))


FIGURES: dict[str, dict[str, Variant]] = {
    "bleu": {
        "sentence-nltk-method1": _mean(lambda pair: _sentence_bleu(*_ngrams(pair, "spaces"))),
        "corpus-regex": _corpus(lambda pair: _ngrams(pair, "words"), smooth_method="none"),
        "corpus-nltk-regex": _corpus(lambda pair: _at_least_one(*_ngrams(pair, "words")), smooth_method="none"),
        "sacrebleu": _corpus(lambda pair: _ngrams(pair, "13a"), smooth_method="exp", effective_order=True),
    },
    "rouge": {
        "rouge1-f1": _mean(lambda pair: _f1(*_rouge_n(pair, "rouge", 1))),
        "rouge1-recall": _mean(lambda pair: _rouge_n(pair, "rouge", 1)[1]),
        "rouge1-f1-stem": _mean(lambda pair: _f1(*_rouge_n(pair, "stems", 1))),
        "rouge1-recall-stem": _mean(lambda pair: _rouge_n(pair, "stems", 1)[1]),
        "rouge2-f1": _mean(lambda pair: _f1(*_rouge_n(pair, "rouge", 2))),
        "rougeL-f1": _mean(lambda pair: _f1(*_rouge_l(pair))),
    },
}


def _views(text: str, numbers: dict[Any, int]) -> dict[str, View]:
    """Each way of cutting an answer; a repeated n-gram is an element of its own.

    The sets hold the numbers that n-grams have in `numbers`, which is completed: numbers intersect faster.
    """
    views = {}
    for how in ("spaces", "words", "13a", "rouge", "stems"):
        tokens = _tokens(text, how)
        grams = [_multiset(zip(*(tokens[start:] for start in range(n))), numbers) for n in (1, 2, 3, 4)]
        views[how] = View(tokens, grams)
    return views


def _multiset(grams: Iterable[Any], numbers: dict[Any, int]) -> set[int]:
    seen: Counter[Any] = Counter()
    members = set()
    for gram in grams:
        seen[gram] += 1
        members.add(numbers.setdefault((gram, seen[gram]), len(numbers)))
    return members


def _tokens(text: str, how: str) -> list[str]:
    if how == "spaces":
        return text.lower().split()
    if how == "words":
        return _WORD.findall(text.lower())
    if how == "13a":
        return _tokenizer_13a()(text.rstrip()).split()
    words = _ROUGE_WORD.findall(text.lower())
    return [_stem(word) if len(word) > 3 else word for word in words] if how == "stems" else words


def _stem(word: str) -> str:
    return _STEMS.get(word) or _porter().stem(word)


@lru_cache(maxsize=1)
def _porter() -> Any:
    try:
        from nltk.stem.porter import PorterStemmer
    except ImportError:
        raise MissingDependency("ROUGE with stems", "nltk", "nltk") from None
    return PorterStemmer()


@lru_cache(maxsize=1)
def _tokenizer_13a() -> Any:
    try:
        from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    except ImportError:
        raise MissingDependency("BLEU", "sacrebleu", "sacrebleu") from None
    return Tokenizer13a()


def _ngrams(pair: Pair, how: str) -> Ngrams:
    truth, answer = pair.truth[how], pair.answer[how]
    total = [max(0, len(answer.tokens) - n) for n in range(4)]
    if truth.tokens == answer.tokens:
        return total, total, len(answer.tokens), len(answer.tokens)
    common: list[int] = []
    for mine, theirs in zip(answer.grams, truth.grams):
        common.append(len(mine & theirs) if not common or common[-1] else 0)
    return common, total, len(answer.tokens), len(truth.tokens)


def _at_least_one(common: Sequence[int], total: Sequence[int], answer_length: int, truth_length: int) -> Ngrams:
    return common, [max(1, n) for n in total], answer_length, truth_length


def _flat(common: Sequence[int], total: Sequence[int], answer_length: int, truth_length: int) -> tuple[int, ...]:
    return (*common, *total, answer_length, truth_length)


def _sentence_bleu(common: Sequence[int], total: Sequence[int], answer_length: int, truth_length: int) -> float:
    from sacrebleu.metrics import BLEU

    # NLTK's method 1 is sacreBLEU's "floor" of 0.1 with at least one n-gram of each order.
    total = [max(1, n) for n in total]
    return BLEU.compute_bleu(list(common), total, answer_length, truth_length, "floor", 0.1).score / 100


def _corpus_bleu(sums: ArrayLike, **options: Any) -> Array:
    from sacrebleu.metrics import BLEU

    sums = np.asarray(sums, float)
    rows = sums.reshape(-1, 10).astype(int).tolist()
    figures = [BLEU.compute_bleu(r[:4], r[4:8], r[8], r[9], **options).score / 100 for r in rows]
    return np.minimum(figures, 1).reshape(sums.shape[:-1])


def _rouge_n(pair: Pair, how: str, n: int) -> tuple[float, float]:
    """Precision and recall of n-grams."""
    truth, answer = pair.truth[how], pair.answer[how]
    shared = len(truth.grams[n - 1] & answer.grams[n - 1])
    in_truth, in_answer = (max(1, len(side.tokens) - n + 1) for side in (truth, answer))
    return shared / in_answer, shared / in_truth


def _rouge_l(pair: Pair) -> tuple[float, float]:
    """Precision and recall of the longest common subsequence."""
    truth, answer = pair.truth["rouge"].tokens, pair.answer["rouge"].tokens
    if not truth or not answer:
        return 0.0, 0.0
    shared = _common_subsequence(truth, answer)
    return shared / len(answer), shared / len(truth)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence; one bit of an integer for each token of `first` (Hyyro 2004)."""
    places: dict[str, int] = {}
    for bit, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << bit
    full = (1 << len(first)) - 1
    free = full
    for token in second:
        hit = free & places.get(token, 0)
        free = ((free + hit) | (free - hit)) & full
    return len(first) - free.bit_count()
