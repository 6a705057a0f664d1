"""Answers of a local vision model: a GGUF text model with its vision projector (mmproj), run by llama.cpp on the CPU.

A closed question (coarse, fine, yes or no, left or right, micro or macro) gets the admissible answer of the highest
likelihood, any other question greedy free text. The same files, question and picture give the same answer.
"""

from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from baselines.action_units import NAMES
from baselines.datasets.wordings import COMBINED
from baselines.errors import InputError
from baselines.vqa.panel import CLIP_CAPTION
from baselines.vqa.questions import parse
from baselines.vqa.records import Answer
from baselines.vqa.vision_model import VisionModel

# Fine classes: those of the ME-VQA v1 annotation of CASME II and SAMM.
ADMISSIBLE = {
    "coarse": ("negative", "positive", "surprise"),
    "fine": ("anger", "contempt", "disgust", "fear", "happiness", "repression", "sadness", "surprise"),
    "shown": ("yes", "no"),
    "side": ("left", "right"),
    "event_type": ("micro-expression", "macro-expression"),
}
LONG_VIDEO = ("count", "intervals", "event_type", "distinct_action_units")
UNITS_HINT = "Name action units from this list only, separated by commas: " + ", ".join(NAMES.values()) + "."
SENTENCE_HINT = "Answer with this sentence, filled in: " + COMBINED["several"].format(
    units="(names)", fine="(class)", coarse="(negative, positive or surprise)"
)
LONGEST_ANSWER = 128  # tokens


class LlamaAnswerer:
    """A vision model that is loaded once for any number of questions.

    model: path of the text model's GGUF. mmproj: path of its vision projector's GGUF. threads: None takes
    half of the physical cores, one for a model below 32 MiB. Raises `InputError` for files that are no such pair,
    `MissingDependency` without llama-cpp-python.
    """

    def __init__(self, model, mmproj, threads=None):
        self._model = VisionModel(model, mmproj, threads)

    def close(self):
        """Free the model's memory; no question can be asked afterwards."""
        self._model.close()

    def answer(self, question, panel, caption=CLIP_CAPTION):
        """Return the `Answer` to a question in words about one picture.

        panel: (H, W, 3) uint8 RGB, as `baselines.vqa.panel` draws it. caption: tells the model what the picture
        shows. Raises `InputError` for a picture of another kind or a question that the model cannot hold.
        """
        kind = parse(question).kind
        flags = ["the question was not understood; the model answers freely"] if kind == "unknown" else []
        if kind in LONG_VIDEO:
            flags.append("asks about a long video; the model sees one expression")
        if kind in ADMISSIBLE:
            scores = self.log_likelihoods(question, panel, ADMISSIBLE[kind], caption)
            text = max(scores, key=scores.get)
        else:
            hints = [UNITS_HINT, SENTENCE_HINT] if kind in ("combined", "description") else [UNITS_HINT]
            text, complete = self._speak("\n".join([caption, question, *hints]), panel)
            if not complete:
                flags.append(f"cut after {LONGEST_ANSWER} tokens")
            elif not text:
                flags.append("the model said nothing")
        return Answer(text, "; ".join(flags))

    def log_likelihoods(self, question, panel, candidates, caption=CLIP_CAPTION):
        """Return {candidate: log P(candidate | picture, question)}, the natural logarithm.

        The picture is encoded once. A candidate counts with and without a capital first letter.
        """
        prompt = f"{caption}\n{question}\nAnswer with one of: {', '.join(candidates)}."
        self._read(prompt, panel)
        end, first = self._model.position, self._model.log_probabilities()
        scores = {}
        for candidate in candidates:
            forms = []
            for spelling in dict.fromkeys((candidate, candidate.capitalize())):
                tokens = self._model.tokens(spelling)
                if len(tokens) > 1 and not self._model.rewind(end):
                    self._read(prompt, panel)
                score = first[tokens[0]]
                for token, following in pairwise(tokens):
                    self._model.hear(token)
                    score += self._model.log_probabilities()[following]
                forms.append(score)
            scores[candidate] = float(logsumexp(forms))
        return scores

    def _speak(self, prompt, panel):
        """Return greedy text in one line, and whether the model came to an end by itself."""
        self._read(prompt, panel)
        said = []
        while len(said) < LONGEST_ANSWER:
            token = int(self._model.log_probabilities().argmax())
            if self._model.ends(token):
                break
            said.append(token)
            self._model.hear(token)
        return " ".join(self._model.text(said).split()), len(said) < LONGEST_ANSWER

    def _read(self, prompt, panel):
        panel = np.asarray(panel)
        if panel.ndim != 3 or panel.shape[2] != 3 or panel.dtype != np.uint8 or not panel.size:
            raise InputError(f"panel of {panel.dtype} {panel.shape}; expected an RGB picture (H, W, 3) of uint8")
        self._model.read(prompt, panel, LONGEST_ANSWER)
