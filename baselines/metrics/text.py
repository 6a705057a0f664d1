"""BLEU and ROUGE of answers, in the variants that ME-VQA papers and participants use.

Which BLEU and which ROUGE the leaderboard of the ME-VQA task computes is not published, and the
variants differ a lot on one-word answers, so each has a name and all are reported.

Conventions
-----------
One reference an answer. All figures are in [0, 1]. Every variant follows from statistics of the single answers:
`statistics` gives them, their sums over any set of answers (a database, a resample) go to `score`.

BLEU (n-grams up to 4, brevity penalty)
---------------------------------------
- `sentence-nltk-method1`: mean over answers of NLTK's sentence BLEU with smoothing method 1; lower
  case, split at spaces.
- `corpus-regex`: BLEU of the whole set, no smoothing; lower case, tokens of letters and digits. 0 if
  the set has no common 4-gram.
- `corpus-nltk-regex`: the same as NLTK's `corpus_bleu` computes it, which counts one n-gram in each
  answer too short to have any.
- `sacrebleu`: sacreBLEU's corpus score: tokenizer 13a, cased, exponential smoothing; effective order,
  so that a set of short answers is defined.

ROUGE (mean over answers; tokens of letters and digits in lower case)
---------------------------------------------------------------------
`rouge1-f1`, `rouge1-recall`, `rouge2-f1`, `rougeL-f1`, and with Porter stems of words longer than
three letters `rouge1-f1-stem`, `rouge1-recall-stem`.

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
from functools import lru_cache

import numpy as np

from baselines.errors import MissingDependency
from baselines.metrics.ratios import ratio

CORPUS_VARIANTS = ("corpus-regex", "corpus-nltk-regex", "sacrebleu")
BLEU_VARIANTS = ("sentence-nltk-method1", *CORPUS_VARIANTS)
ROUGE_VARIANTS = (
    "rouge1-f1",
    "rouge1-recall",
    "rouge1-f1-stem",
    "rouge1-recall-stem",
    "rouge2-f1",
    "rougeL-f1",
)  # fmt: skip
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


def validate(truth, predicted):
    """Raise `ValueError` unless truth and predictions are of one length."""
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true answers but {len(predicted)} predictions; expected as many")


def statistics(truth, predicted):
    """Return ({variant: (U, K) array}, (N,) index): statistics of each distinct pair, and the pair of each answer.

    `truth` and `predicted` are lists (N,) of strings. Sums of rows of the arrays go to `score`.
    """
    validate(truth, predicted)
    pairs = {}
    index = np.fromiter((pairs.setdefault(pair, len(pairs)) for pair in zip(truth, predicted)), int, len(truth))
    ids = {}
    grams = {answer: _grams(answer, ids) for answer in {answer for pair in pairs for answer in pair}}
    rows = [_pair_statistics(grams[truth], grams[predicted]) for truth, predicted in pairs]
    return {
        name: np.array([row[name] for row in rows], float).reshape(len(rows), 10 if name in CORPUS_VARIANTS else 2)
        for name in BLEU_VARIANTS + ROUGE_VARIANTS
    }, index


def score(variant, sums):
    """Return the figures (...) of a variant from summed statistics (..., K)."""
    sums = np.asarray(sums, float)
    if variant == "sacrebleu":
        return _corpus_bleu(sums, smooth_method="exp", effective_order=True)
    if variant.startswith("corpus"):
        return _corpus_bleu(sums, smooth_method="none")
    return ratio(sums[..., 0], sums[..., 1])


def figures(statistics, index):
    """Return {bleu: {variant: figure}, rouge: ...} of what `statistics` gives; 0.0 everywhere without answers."""
    weights = np.bincount(index, minlength=len(next(iter(statistics.values()))))
    return {
        family: {name: _figure(name, weights, statistics[name]) for name in names}
        for family, names in (("bleu", BLEU_VARIANTS), ("rouge", ROUGE_VARIANTS))
    }


def evaluate(truth, predicted):
    """Return {bleu: {variant: figure}, rouge: {variant: figure}} of answers (N,) as strings."""
    return figures(*statistics(truth, predicted))


def library_versions():
    """Return {library: version} of what computes BLEU, for signatures."""
    from importlib.metadata import version

    return {"sacrebleu": version("sacrebleu")}


def _figure(name, weights, rows):
    return float(score(name, weights @ rows)) if len(rows) else 0.0


def _pair_statistics(truth, predicted):
    spaces, words, thirteen = (_bleu_counts(truth[how], predicted[how]) for how in ("spaces", "words", "13a"))
    (recall, f1), (recall_stem, f1_stem) = (_rouge_n(truth[how], predicted[how], 1) for how in ("rouge", "stems"))
    return {
        "sentence-nltk-method1": (_sentence_bleu(*spaces), 1),
        "corpus-regex": _flat(*words),
        "corpus-nltk-regex": _flat(*_at_least_one(*words)),
        "sacrebleu": _flat(*thirteen),
        "rouge1-f1": (f1, 1),
        "rouge1-recall": (recall, 1),
        "rouge1-f1-stem": (f1_stem, 1),
        "rouge1-recall-stem": (recall_stem, 1),
        "rouge2-f1": (_rouge_n(truth["rouge"], predicted["rouge"], 2)[1], 1),
        "rougeL-f1": (_rouge_l(truth["rouge"][0], predicted["rouge"][0]), 1),
    }


def _flat(correct, total, predicted_length, truth_length):
    return (*correct, *total, predicted_length, truth_length)


def _at_least_one(correct, total, predicted_length, truth_length):
    return correct, [max(1, n) for n in total], predicted_length, truth_length


def _grams(text, ids):
    """{tokenisation: (tokens, sets of n-grams for n = 1 to 4)}; a repeated n-gram is an element of its own.

    The sets hold the numbers that n-grams have in `ids`, which is completed: numbers intersect faster.
    """
    views = {}
    for how in ("spaces", "words", "13a", "rouge", "stems"):
        tokens = _tokens(text, how)
        grams = [_multiset(zip(*(tokens[start:] for start in range(n))), ids) for n in (1, 2, 3, 4)]
        views[how] = tokens, grams
    return views


def _multiset(grams, ids):
    seen = Counter()
    members = set()
    for gram in grams:
        seen[gram] += 1
        members.add(ids.setdefault((gram, seen[gram]), len(ids)))
    return members


def _tokens(text, how):
    if how == "spaces":
        return text.lower().split()
    if how == "words":
        return _WORD.findall(text.lower())
    if how == "13a":
        return _tokenizer_13a()(text.rstrip()).split()
    words = _ROUGE_WORD.findall(text.lower())
    return [_stem(word) if len(word) > 3 else word for word in words] if how == "stems" else words


def _stem(word):
    return _STEMS.get(word) or _porter().stem(word)


@lru_cache(maxsize=1)
def _porter():
    try:
        from nltk.stem.porter import PorterStemmer
    except ImportError:
        raise MissingDependency("ROUGE with stems", "nltk", "nltk") from None
    return PorterStemmer()


@lru_cache(maxsize=1)
def _tokenizer_13a():
    try:
        from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    except ImportError:
        raise MissingDependency("BLEU", "sacrebleu", "sacrebleu") from None
    return Tokenizer13a()


def _bleu_counts(truth, predicted):
    (truth_tokens, truth_grams), (tokens, grams) = truth, predicted
    total = [max(0, len(tokens) - n) for n in range(4)]
    if truth_tokens == tokens:
        return total, total, len(tokens), len(tokens)
    correct = []
    for mine, theirs in zip(grams, truth_grams):
        correct.append(len(mine & theirs) if not correct or correct[-1] else 0)
    return correct, total, len(tokens), len(truth_tokens)


def _sentence_bleu(correct, total, predicted_length, truth_length):
    from sacrebleu.metrics import BLEU

    # NLTK's method 1 is sacreBLEU's "floor" of 0.1 with at least one n-gram of each order.
    total = [max(1, n) for n in total]
    return BLEU.compute_bleu(list(correct), total, predicted_length, truth_length, "floor", 0.1).score / 100


def _corpus_bleu(sums, **options):
    from sacrebleu.metrics import BLEU

    rows = sums.reshape(-1, 10).astype(int).tolist()
    figures = [BLEU.compute_bleu(r[:4], r[4:8], r[8], r[9], **options).score / 100 for r in rows]
    return np.minimum(figures, 1).reshape(sums.shape[:-1])


def _rouge_n(truth, predicted, n):
    shared = len(truth[1][n - 1] & predicted[1][n - 1])
    in_truth, in_predicted = (max(1, len(tokens) - n + 1) for tokens in (truth[0], predicted[0]))
    return shared / in_truth, _f1(shared / in_predicted, shared / in_truth)


def _rouge_l(truth, predicted):
    if not truth or not predicted:
        return 0.0
    shared = _common_subsequence(truth, predicted)
    return _f1(shared / len(predicted), shared / len(truth))


def _f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _common_subsequence(first, second):
    """Length of the longest common subsequence; one bit of an integer for each token of `first` (Hyyro 2004)."""
    places = {}
    for bit, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << bit
    full = (1 << len(first)) - 1
    free = full
    for token in second:
        hit = free & places.get(token, 0)
        free = ((free + hit) | (free - hit)) & full
    return len(first) - free.bit_count()
