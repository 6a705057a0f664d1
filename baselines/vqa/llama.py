"""Answers of a local vision model: a GGUF text model with its vision projector (mmproj), run by llama.cpp on the CPU.

The picture of a clip is encoded once for all questions about it. How an answer is found is the `decoding`:
`scored`, a closed question (coarse, fine, yes or no, left or right, micro or macro) gets the admissible answer of the
highest likelihood, any other greedy free text, or from a model of ours what its answers to the closed questions come
to; `grammar`, the likeliest next token at a time of those that the
annotation's wording admits; `free`, of all. The same files, question and picture give the same answer.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import expit, logit, logsumexp

from baselines.action_units import NAMES
from baselines.datasets.records import Question
from baselines.datasets.wordings import COMBINED
from baselines.errors import InputError
from baselines.vqa.grammars import grammar
from baselines.vqa.panel import CLIP_CAPTION
from baselines.vqa.questions import ParsedQuestion, parse, render
from baselines.vqa.records import Answer, Evidence
from baselines.vqa.rules import RuleAnswerer
from baselines.vqa.vision_model import VisionModel

EMBEDDED = Path(__file__).parent / "models"
EMBEDDED_PAIR = EMBEDDED / "embedded.gguf", EMBEDDED / "embedded-mmproj.gguf"
DECODINGS = ("scored", "grammar", "free")
# Fine classes: those of the ME-VQA v1 annotation of CASME II and SAMM.
ADMISSIBLE = {
    "coarse": ("negative", "positive", "surprise"),
    "fine": ("anger", "contempt", "disgust", "fear", "happiness", "repression", "sadness", "surprise"),
    "shown": ("yes", "no"),
    "side": ("left", "right"),
    "event_type": ("micro-expression", "macro-expression"),
}
LONG_VIDEO = ("count", "intervals", "event_type", "distinct_action_units")
LEARNED = ("coarse", "fine", "action_units", "side", "shown", "combined")  # questions that a model of ours knows
UNITS_HINT = "Name action units from this list only, separated by commas: " + ", ".join(NAMES.values()) + "."
SENTENCE_HINT = "Answer with this sentence, filled in: " + COMBINED["several"].format(
    units="(names)", fine="(class)", coarse="(negative, positive or surprise)"
)
LONGEST_ANSWER = 128  # tokens
FOREIGN_SIZE = 224  # px; side of a flow panel for models that others made


class LlamaAnswerer:
    """A vision model that is loaded once for any number of questions.

    model: path of the text model's GGUF, default the embedded model. mmproj: path of its vision projector's GGUF.
    threads: None takes half of the physical cores, one for a model below 32 MiB. decoding: one of `DECODINGS`.
    `layout` and `size` are those of the panel it reads best, for `baselines.vqa.panel.draw_panel`. Raises
    `InputError` for files that are no such pair, `MissingDependency` without llama-cpp-python.
    """

    def __init__(self, model=None, mmproj=None, threads=None, decoding="scored"):
        if (model is None) != (mmproj is None):
            raise InputError("--model GGUF and --mmproj GGUF go together: a vision model and its projector")
        if decoding not in DECODINGS:
            raise InputError(f"--decoding {decoding!r} is not known; choose one of {', '.join(DECODINGS)}")
        model, mmproj = (model, mmproj) if model else EMBEDDED_PAIR
        self._model = VisionModel(model, mmproj, threads)
        self._decoding = decoding
        self._last = None, None  # the picture that was asked all about, and its evidence
        self.ours = self._model.keys.get("megc.style") == "question"
        note = self._read_note(model) if self.ours else {}
        self.classes = ADMISSIBLE | {kind: tuple(names) for kind, names in note.get("classes", {}).items()}
        self.rate = note.get("rate", Evidence.rate)
        self.layout = "flow" if self.ours else None
        self.size = self._model.projector_keys["clip.vision.image_size"] if self.ours else FOREIGN_SIZE

    def close(self):
        """Free the model's memory; no question can be asked afterwards."""
        self._model.close()

    def answer_clip(self, questions, panel, caption=CLIP_CAPTION):
        """Return the `Answer`s to all questions in words about one picture; arguments as in `answer`.

        A model of ours that scores words its answers to open questions from one finding, in the light of all questions.
        """
        answers = [None if self._is_reasoned(parse(text)) else self.answer(text, panel, caption) for text in questions]
        if None not in answers:
            return answers
        asked = [Question("", "", text) for text in questions]
        reasoned = RuleAnswerer().answer_clip(asked, self.evidence(panel))
        return [answer or other for answer, other in zip(answers, reasoned)]

    def answer(self, question, panel, caption=CLIP_CAPTION):
        """Return the `Answer` to a question in words about one picture.

        panel: (H, W, 3) uint8 RGB, as `baselines.vqa.panel` draws it. caption: tells the model what the picture
        shows. The confidence is the probability of the answer among the admissible ones, or of a token of free text
        (geometric mean). Raises `InputError` for a picture of another kind or a question that the model cannot hold.
        """
        parsed = parse(question)
        if self._is_reasoned(parsed):
            return self.answer_clip([question], panel)[0]
        kind, wording = parsed.kind, _learned_wording(parsed) if self.ours else question
        flags = ["the question was not understood; the model answers freely"] if kind == "unknown" else []
        if kind in LONG_VIDEO:
            flags.append("asks about a long video; the model sees one expression")
        if kind in self.classes and self._decoding == "scored":
            scores = self.log_likelihoods(wording, panel, self.classes[kind], caption)
            text = max(scores, key=scores.get)
            sure = float(np.exp(scores[text] - logsumexp(list(scores.values()))))
        else:
            rules = grammar(parsed, self.classes) if self._decoding == "grammar" else None
            text, sure, complete = self._speak(self._open_prompt(kind, wording, caption), panel, rules)
            if not complete:
                flags.append(f"cut after {LONGEST_ANSWER} tokens")
            elif not text:
                flags.append("the model said nothing")
        return Answer(text, "; ".join(flags), sure)

    def log_likelihoods(self, question, panel, candidates, caption=CLIP_CAPTION):
        """Return {candidate: log P(candidate | picture, question)}, the natural logarithm.

        The picture is encoded once. A candidate counts with and without a capital first letter, for a model of ours
        only as it stands.
        """
        prompt = question if self.ours else f"{caption}\n{question}\nAnswer with one of: {', '.join(candidates)}."
        self._read(prompt, panel)
        end, first = self._model.position, self._model.log_probabilities()
        scores = {}
        for candidate in candidates:
            forms = []
            for spelling in dict.fromkeys((candidate, candidate if self.ours else candidate.capitalize())):
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

    def evidence(self, panel, caption=CLIP_CAPTION):
        """Return the `Evidence` that the model's likelihoods give of a picture: it is asked every closed question.

        It takes a unit asked about for present as often as for absent; here a unit is as rare as in a clip. The
        probability of the left side is that of the likeliest unit.
        """
        seen = (caption, np.shape(panel), np.asarray(panel).tobytes())
        if self._last[0] != seen:
            self._last = seen, self._ask_all(panel, caption)
        return self._last[1]

    def _ask_all(self, panel, caption):
        def probabilities(question):
            names = self.classes[question.kind]
            scores = self.log_likelihoods(render(question), panel, names, caption)
            total = logsumexp(list(scores.values()))
            return {name: float(np.exp(score - total)) for name, score in scores.items()}

        units = {number: probabilities(ParsedQuestion("shown", number))["yes"] for number in NAMES}
        likeliest = max(units, key=units.get)
        return Evidence(
            coarse=probabilities(ParsedQuestion("coarse")),
            fine=probabilities(ParsedQuestion("fine")),
            action_units={number: float(expit(logit(p) + logit(self.rate))) for number, p in units.items()},
            left=probabilities(ParsedQuestion("side", likeliest))["left"],
            rate=self.rate,
        )

    def _is_reasoned(self, question):
        """Tell whether a model of ours is asked the closed questions instead, and the answer worded from those."""
        if not self.ours:
            return False
        return _learned_wording(question) is None or (self._decoding == "scored" and question.kind not in self.classes)

    def _read_note(self, path):
        try:
            return dict(json.loads(self._model.keys.get("megc.training") or "{}"))
        except ValueError:
            raise InputError(f"{path}: the note of its training is damaged; copy the file again") from None

    def _open_prompt(self, kind, question, caption):
        if self.ours:
            return question
        hints = [UNITS_HINT, SENTENCE_HINT] if kind in ("combined", "description") else [UNITS_HINT]
        return "\n".join([caption, question, *hints])

    def _speak(self, prompt, panel, rules=None):
        """Return greedy text in one line, its confidence, and whether the model came to an end by itself."""
        self._read(prompt, panel)
        said, total, complete = [], 0.0, False
        allowed = self._model.grammar_filter(rules) if rules else None
        while len(said) < LONGEST_ANSWER and not complete:
            scores = self._model.log_probabilities()
            token = int((allowed(scores) if allowed else scores).argmax())
            total += scores[token]
            complete = self._model.ends(token)
            if not complete:
                said.append(token)
                self._model.hear(token)
                if allowed:
                    allowed.accept(token)
        if allowed:
            allowed.close()
        sure = float(np.exp(total / (len(said) + complete)))
        return " ".join(self._model.text(said).split()), sure, complete

    def _read(self, prompt, panel):
        panel = np.asarray(panel)
        if panel.ndim != 3 or panel.shape[2] != 3 or panel.dtype != np.uint8 or not panel.size:
            raise InputError(f"panel of {panel.dtype} {panel.shape}; expected an RGB picture (H, W, 3) of uint8")
        self._model.read(prompt, panel, LONGEST_ANSWER)


def _learned_wording(question):
    """Return the challenge's wording of a question that models of ours were trained on, None for any other."""
    if question.kind not in LEARNED:
        return None
    try:
        return render(question)
    except ValueError:  # it names no known unit
        return None
