"""Grammars admit the annotation's answers and nothing else, token by token in llama.cpp."""

import json

import numpy as np
import pytest
import tiny_gguf
from hypothesis import given
from hypothesis import strategies as st

from baselines.action_units import answer_set
from baselines.datasets.question_kinds import ADMISSIBLE, TEMPLATES
from baselines.errors import InputError
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


ASKED = sorted(text.format(unit="dimpler", ordinal="first", onset=1, offset=9, apex=5) for text in TEMPLATES.values())
KNOWN = {grammar(parse(text), ADMISSIBLE) for text in ASKED}


@given(st.sampled_from(ASKED), st.text(), st.integers(0, 200))
def test_no_text_of_a_question_reaches_a_grammar(asked, text, place):
    assert grammar(parse(asked[:place] + text + asked[place:]), ADMISSIBLE) in KNOWN


@pytest.mark.parametrize("name", ['sad" | [^"]*', "sad\\", "sad\n", "m\N{LATIN SMALL LETTER E WITH ACUTE}pris", ""])
def test_a_name_that_is_no_plain_word_reaches_no_grammar(name):
    with pytest.raises(InputError, match=r"^class .*: no grammar is made of such a name; use --decoding scored$"):
        grammar(parse(TEMPLATES["fine", ""]), ADMISSIBLE | {"fine": ("sadness", name)})


def noted(folder, pair, **note):
    """Write a model that passes for one of ours, with a note of its training."""
    notes = [("megc.style", "question"), ("megc.training", json.dumps(note))]
    return tiny_gguf.write_text_model(folder / "noted.gguf", np.random.default_rng(0), notes=notes), pair[1]


def test_a_name_in_a_model_s_file_reaches_no_grammar_but_can_be_scored(pair, tmp_path):
    names = ["sadness", 'sad" | [^"]*']
    files = noted(tmp_path, pair, classes={"fine": names})
    panel = np.zeros((48, 48, 3), np.uint8)
    bound, scored = Llama(*files, decoding="grammar"), Llama(*files)
    with pytest.raises(InputError, match="no grammar is made of such a name"):
        bound.answer(TEMPLATES["fine", ""], panel)
    assert bound.answer(TEMPLATES["coarse", ""], panel).text in ADMISSIBLE["coarse"]
    assert scored.answer(TEMPLATES["fine", ""], panel).text in names
    bound.close()
    scored.close()


@pytest.mark.parametrize("note", [{"classes": {"fine": 7}}, {"classes": {"fine": [7]}}, {"classes": 7}, {"rate": 9}])
def test_a_damaged_note_is_one_line(pair, tmp_path, note):
    with pytest.raises(InputError, match=r"noted\.gguf: the note of its training is damaged; copy the file again$"):
        Llama(*noted(tmp_path, pair, **note))
