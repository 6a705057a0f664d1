"""Grammars admit the annotation's answers and nothing else, token by token in llama.cpp."""

import numpy as np
import pytest
import tiny_gguf

from baselines.action_units import answer_set
from baselines.datasets.question_kinds import ADMISSIBLE, TEMPLATES
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.grammars import grammar
from baselines.vqa.llama.vision_model import VisionModel
from baselines.vqa.questions import parse

ONE = "The action unit present is: dimpler. Therefore, the fine-grained expression class is contempt, "
TWO = "The action units present are: brow lowerer, dimpler. Therefore, the fine-grained expression class is disgust, "
END = "and the coarse expression class is negative."
CASES = [
    (TEMPLATES["coarse", ""], ["positive", "surprise"], ["good", "positive ", "Positive", ""]),
    (TEMPLATES["side", ""].format(unit="dimpler"), ["left", "right"], ["both"]),
    (TEMPLATES["action_units", "one"], ["lip corner puller"], ["lip corner puller, dimpler", "smile"]),
    (TEMPLATES["action_units", "several"], ["lip corner puller, dimpler"], ["dimpler", "dimpler, "]),
    (TEMPLATES["combined", "one"], [ONE + END], [TWO + END, ONE]),
    (TEMPLATES["combined", "several"], [TWO + END], [ONE + END]),
    (TEMPLATES["description", ""], [ONE + END, TWO + END], ["A face."]),
    (TEMPLATES["count", "micro"], ["0", "12"], ["two", "1234"]),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return tiny_gguf.write_pair(tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="module")
def model(pair):
    model = VisionModel(*pair)
    yield model
    model.close()


def admits(model, rules, text):
    allowed = model.grammar_filter(rules)
    try:
        even = np.zeros(len(model.log_probabilities()))
        for token in model.tokens(text):
            if not np.isfinite(allowed(even)[token]):
                return False
            allowed.accept(token)
        return bool(np.isfinite(allowed(even)[2]))  # the end token
    finally:
        allowed.close()


@pytest.mark.parametrize(("question", "admitted", "others"), CASES)
def test_grammar_admits_the_annotated_wording_only(model, question, admitted, others):
    model.read("question", np.zeros((48, 48, 3), np.uint8), 8)
    rules = grammar(parse(question), ADMISSIBLE)
    assert all(admits(model, rules, text) for text in admitted)
    assert not any(admits(model, rules, text) for text in others)


def test_any_text_is_free_where_no_wording_is_known():
    assert grammar(parse("Why?"), ADMISSIBLE) is None


def test_answers_under_a_grammar_are_admissible_and_free_ones_are_text(pair):
    panel = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    bound, free = Llama(*pair, decoding="grammar"), Llama(*pair, decoding="free")
    for kind, names in ADMISSIBLE.items():
        if kind == "event_type":
            continue
        question = TEMPLATES[kind, ""].format(unit="dimpler")
        answer = bound.answer(question, panel)
        assert answer.text in names
        assert 0 < answer.confidence <= 1
        assert free.answer(question, panel).text not in names  # random weights
    assert answer_set(bound.answer(TEMPLATES["action_units", "one"], panel).text) <= set(range(1, 70))
    bound.close()
    free.close()
