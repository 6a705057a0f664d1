"""GBNF grammars of the answers that the ME-VQA annotation gives, for a vision model that may say nothing else."""

import ctypes
import json

import numpy as np

from baselines.action_units import NAMES
from baselines.datasets.wordings import COMBINED

MOST_UNITS = 6  # of one answer; the annotation of CASME II and SAMM has up to 5


def grammar(question, classes):
    """Return the GBNF text of the admissible answers to a `ParsedQuestion`, or None where any text is.

    classes: {kind: names} of the closed questions.
    """
    if question.kind in classes:
        return f"root ::= {_choice(classes[question.kind])}"
    if question.kind == "count":
        return "root ::= [0-9] [0-9]?"
    units = {"one": ["unit"], "several": [f'unit (", " unit){{1,{MOST_UNITS - 1}}}']}
    unit = f"unit ::= {_choice(NAMES.values())}"
    if question.kind in ("action_units", "distinct_action_units"):
        number = question.number if question.kind == "action_units" else ""
        return "\n".join([f"root ::= {' | '.join(_of(units, number))}", unit])
    if question.kind in ("combined", "description"):
        rules = {"units": "", "fine": "fine", "coarse": "coarse"}
        sentences = []
        for number in [question.number] if question.number else units:
            before, *after = _fill(COMBINED[number], {**rules, "units": f"({units[number][0]})"})
            sentences.append(" ".join([before, *after]))
        named = [f"{kind} ::= {_choice(classes[kind])}" for kind in ("fine", "coarse")]
        return "\n".join([f"root ::= {' | '.join(sentences)}", unit, *named])
    return None


def _of(units, number):
    return units[number] if number else [rule for rules in units.values() for rule in rules]


def _choice(names):
    return " | ".join(map(_quoted, names))


def _quoted(text):
    # The characters of names and wordings are letters, digits and punctuation: JSON writes them as GBNF does.
    return json.dumps(text)


def _fill(wording, rules):
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
