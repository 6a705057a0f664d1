"""BLEU and ROUGE variants, against nltk, sacrebleu and rouge_score themselves."""

import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.action_units import NAMES
from baselines.metrics import text
from baselines.metrics.figures import plain

LAW = settings(max_examples=50, deadline=None, derandomize=True)

VOCABULARY = "the The action units lips lip, corner; pullers don't 12 happily is. - A&B"
WORDS = st.sampled_from(VOCABULARY.split())
ANSWER = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
PAIRS = st.lists(st.tuples(ANSWER, ANSWER), min_size=1, max_size=4)


def figures(truth, predicted):
    """{family: {variant: figure}} of all answers."""
    statistics, index = text.statistics(truth, predicted)
    return {
        family: {name: plain(variant.figure(statistics[name][index].sum(axis=0))) for name, variant in variants.items()}
        for family, variants in text.FIGURES.items()
    }


def regex_tokens(answer):
    return re.findall(r"[a-z0-9]+(?:'[a-z0-9]+)?", answer.lower())


def library_bleu(truth, predicted):
    import sacrebleu
    from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu, sentence_bleu

    smooth = SmoothingFunction().method1
    joined = [[" ".join(regex_tokens(answer)) for answer in side] for side in (predicted, truth)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sentences = [
            sentence_bleu([t.lower().split()], p.lower().split(), smoothing_function=smooth)
            for t, p in zip(truth, predicted)
        ]
        corpus = corpus_bleu([[regex_tokens(t)] for t in truth], [regex_tokens(p) for p in predicted])
    plain = sacrebleu.corpus_bleu(joined[0], [joined[1]], smooth_method="none", tokenize="none")
    return {
        "sentence-nltk-method1": np.mean(sentences),
        "corpus-nltk-regex": corpus,
        "corpus-regex": plain.score / 100,
        "sacrebleu": sacrebleu.corpus_bleu(predicted, [truth], use_effective_order=True).score / 100,
    }


def library_rouge(truth, predicted):
    from rouge_score.rouge_scorer import RougeScorer

    means = {}
    for suffix, stem in (("", False), ("-stem", True)):
        scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stem)
        scores = [scorer.score(t, p) for t, p in zip(truth, predicted)]
        for kind in ("rouge1", "rouge2", "rougeL"):
            means[f"{kind}-f1{suffix}"] = np.mean([score[kind].fmeasure for score in scores])
            means[f"{kind}-recall{suffix}"] = np.mean([score[kind].recall for score in scores])
    return {name: means[name] for name in text.FIGURES["rouge"]}


@LAW
@given(PAIRS)
def test_every_variant_equals_its_library(pairs):
    truth, predicted = zip(*pairs)
    mine = figures(truth, predicted)
    # nltk writes the smallest float where it means 0.
    assert mine["bleu"] == pytest.approx(library_bleu(truth, predicted), abs=1e-12)
    assert mine["rouge"] == pytest.approx(library_rouge(truth, predicted), abs=1e-12)


def test_one_word_answers_tell_the_variants_apart():
    bleu, rouge = figures(["yes"], ["yes"]).values()
    assert round(bleu["sentence-nltk-method1"], 3) == 0.178
    assert bleu["corpus-regex"] == bleu["corpus-nltk-regex"] == 0
    assert bleu["sacrebleu"] == 1
    assert rouge == {name: float("rouge2" not in name) for name in rouge}


def test_variants_equal_their_libraries_on_real_answers(shared_data):
    from baselines.formats.challenge import read_answers

    truth = [row["answer"] for row in read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")]
    predicted = [truth[n - 7] for n in range(len(truth))]
    mine = figures(truth, predicted)
    assert mine["bleu"] == pytest.approx(library_bleu(truth, predicted))
    assert mine["rouge"] == pytest.approx(library_rouge(truth, predicted))


@LAW
@given(PAIRS, st.randoms(use_true_random=False))
def test_order_of_answers_changes_nothing(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    mine, again = (figures(*zip(*order)) for order in (pairs, shuffled))
    for family in mine:
        assert again[family] == pytest.approx(mine[family])


def test_known_stems_are_those_of_nltk():
    from nltk.stem.porter import PorterStemmer

    stemmer = PorterStemmer()
    assert {word: stemmer.stem(word) for word in text._STEMS} == text._STEMS


def test_answers_of_the_challenge_need_no_nltk():
    """Importing nltk takes seconds; no word of the templates, AU names or classes may cause it."""
    program = f"""
import sys
from baselines.metrics import text
words = {sorted(NAMES.values())!r} + ["yes", "no", "left", "right", "negative", "positive", "surprise", "others",
    "happiness", "disgust", "repression", "anger", "contempt", "fear", "sadness", "3", "micro-expression",
    "macro-expression", "The action unit present is: A. Therefore, the fine-grained expression class is B, and the "
    "coarse expression class is C.", "The action units present are: A, B."]
text.statistics(words, words[::-1])
sys.exit("nltk" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_statistics_are_those_of_distinct_pairs():
    statistics, index = text.statistics(["a"] * 9 + ["b"], ["b"] * 9 + ["a"])
    assert {len(rows) for rows in statistics.values()} == {2}
    assert index.tolist() == [0] * 9 + [1]


def test_empty_and_faulty_input():
    bleu, rouge = figures([], []).values()
    assert set(bleu.values()) == set(rouge.values()) == {0.0}
    assert set(figures(["yes"], [""])["bleu"].values()) == {0.0}
    with pytest.raises(ValueError, match="1 true answers but 0 predictions"):
        text.statistics(["a"], [])
