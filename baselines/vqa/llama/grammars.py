"""GBNF grammars of the answers that the ME-VQA annotation gives, for a vision model that may say nothing else.

No text of a question reaches one; of a model's file, only names of classes of plain characters: a grammar of another
form would bring llama.cpp down.
"""

import ctypes
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from baselines.action_units import NAMES
from baselines.datasets.question_kinds import COMBINED, UNKNOWN
from baselines.errors import InputError
from baselines.vqa.questions import ParsedQuestion

MOST_UNITS = 6  # of one answer; the annotation of CASME II and SAMM has up to 5
UNITS = {"one": "unit", "several": f'unit (", " unit){{1,{MOST_UNITS - 1}}}'}
PLAIN = re.compile(r"[A-Za-z0-9 ,.:;'()/_-]+")  # what the annotation's words are made of, none of it special in GBNF
Classes = Mapping[str, Sequence[str]]


def grammar(question: ParsedQuestion, classes: Classes) -> str | None:
    """Return the GBNF text of the admissible answers to a question, or None where any text is.

    classes: {kind: names} of the closed questions. Raises `InputError` for a name with other characters than those of
    words.
    """
    if question.kind in classes:
        return f"root ::= {_choice(classes[question.kind])}"
    rules = RULES[question.row.worded_as]
    return rules(question, classes) if rules and question.kind != UNKNOWN else None


def _count(question: ParsedQuestion, classes: Classes) -> str:
    return "root ::= [0-9] [0-9]?"


def _units(question: ParsedQuestion, classes: Classes) -> str:
    return "\n".join([f"root ::= {' | '.join(UNITS[number] for number in _numbers(question))}", _unit()])


def _sentence(question: ParsedQuestion, classes: Classes) -> str:
    sentences = []
    for number in _numbers(question):
        gaps = {"units": f"({UNITS[number]})", "fine": "fine", "coarse": "coarse"}
        sentences.append(" ".join(_fill(COMBINED[number], gaps)))
    named = [f"{kind} ::= {_choice(classes[kind])}" for kind in ("fine", "coarse")]
    return "\n".join([f"root ::= {' | '.join(sentences)}", _unit(), *named])


# `question_kinds.WORDED_AS` -> function of a question and the classes, None where any text will do.
RULES: dict[str, Callable[[ParsedQuestion, Classes], str] | None] = {
    "field": None,
    "units": _units,
    "unit_shown": None,
    "count": _count,
    "event_type": None,
    "event_list": None,
    "sentence": _sentence,
}


def _numbers(question: ParsedQuestion) -> list[str]:
    """Return how many units the answer may name: one, several, or both."""
    return [question.number] if question.number else list(UNITS)


def _unit() -> str:
    return f"unit ::= {_choice(NAMES.values())}"


def _choice(names: Iterable[str]) -> str:
    return " | ".join(map(_quoted, names))


def _quoted(text: str) -> str:
    if not PLAIN.fullmatch(text):
        raise InputError(f"class {text!r}: no grammar is made of such a name; use --decoding scored")
    return f'"{text}"'


def _fill(wording: str, rules: Mapping[str, str]) -> Iterator[str]:
    """Yield the parts of a wording with {gaps}: quoted text, and for each gap its rule."""
    rest = wording
    while rest:
        text, gap, rest = rest.partition("{")
        if text:
            yield _quoted(text)
        if gap:
            name, _, rest = rest.partition("}")
            yield rules[name]


class GrammarFilter:
    """Which tokens a GBNF grammar allows, as far as an answer has come; see `VisionModel.grammar_filter`."""

    def __init__(self, lib, vocabulary, grammar):
        self._lib = lib
        self._sampler = lib.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
        self._tokens = (lib.llama_token_data * lib.llama_vocab_n_tokens(vocabulary))()

    def __call__(self, log_probabilities):
        entries = np.ctypeslib.as_array(self._tokens)
        entries["id"] = np.arange(len(entries))
        entries["logit"] = log_probabilities
        found = self._lib.llama_token_data_array(self._tokens, len(entries), -1, False)
        self._lib.llama_sampler_apply(self._sampler, ctypes.byref(found))
        allowed = np.full(len(entries), -np.inf)
        allowed[entries["id"]] = np.where(np.isneginf(entries["logit"]), -np.inf, log_probabilities[entries["id"]])
        return allowed

    def accept(self, token):
        """Go on by the token that was chosen."""
        self._lib.llama_sampler_accept(self._sampler, token)

    def close(self):
        """Free its memory."""
        self._lib.llama_sampler_free(self._sampler)
