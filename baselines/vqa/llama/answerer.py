"""Answers of a local vision model: a GGUF text model with its vision projector (mmproj), run by llama.cpp on the CPU.

The picture of a clip is encoded once for all questions about it. How an answer is found is the `decoding`:
`scored`, a closed question (coarse, fine, yes or no, left or right, micro or macro) gets the admissible answer of the
highest likelihood, any other greedy free text, or from a model of ours what its answers to the closed questions come
to; `grammar`, the likeliest next token at a time of those that the annotation's wording admits; `free`, of all. The
same files, question and picture give the same answer.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import expit, logit, logsumexp

from baselines.action_units import NAMES
from baselines.datasets.cutting import cut_clip
from baselines.datasets.question_kinds import ADMISSIBLE, COMBINED, UNKNOWN
from baselines.datasets.records import Clip, Event, Question, Video
from baselines.errors import InputError
from baselines.parallel import attempt, run_parallel
from baselines.vqa.answerers import Answerer, Seen
from baselines.vqa.llama.grammars import grammar
from baselines.vqa.llama.guarded import GuardedSpeaker
from baselines.vqa.llama.panel import CLIP_CAPTION, FLOW_CAPTION, draw_panel, flow_panel
from baselines.vqa.questions import ParsedQuestion, parse, render
from baselines.vqa.records import Answer, Evidence
from baselines.vqa.rules import answer_questions

Decoding = Literal["scored", "grammar", "free"]
UNITS_HINT = "Name action units from this list only, separated by commas: " + ", ".join(NAMES.values()) + "."
SENTENCE_HINT = "Answer with this sentence, filled in: " + COMBINED["several"].format(
    units="(names)", fine="(class)", coarse="(negative, positive or surprise)"
)
LONGEST_ANSWER = 128  # tokens
FOREIGN_SIZE = 224  # px; side of a flow panel for models that others made


class Llama(Answerer):
    """A local vision model, asked in words about the picture of a clip.

    model: a GGUF file or the name of a known model (`hub.list_models`), default the embedded one. mmproj: the GGUF
    file of its vision projector. decoding: scored, grammar or free. threads: None takes half of the physical cores,
    one for a model below 32 MiB. `layout` and `size` are those of the panel that it reads best. Raises `InputError` for
    files that are no such pair, `MissingDependency` without llama-cpp-python.
    """

    together = True

    def __init__(
        self,
        model: str | None = None,
        mmproj: str | None = None,
        decoding: Decoding = "scored",
        threads: int | None = None,
    ):
        if decoding not in get_args(Decoding):
            raise InputError(f"--decoding {decoding!r} is not known; choose one of {', '.join(get_args(Decoding))}")
        self.model, self.mmproj, self.decoding, self.threads = model, mmproj, decoding, threads
        self._speaker = GuardedSpeaker(model, mmproj, threads, LONGEST_ANSWER)
        self._last: tuple[Any, Any] = None, None  # the picture that was asked all about, and its evidence
        self.ours = self._speaker.keys.get("megc.style") == "question"
        classes, self.rate = self._read_note(self._speaker.files[0]) if self.ours else ({}, Evidence.rate)
        self.classes = ADMISSIBLE | classes
        self.layout = "flow" if self.ours else None
        self.size = self._speaker.projector_keys["clip.vision.image_size"] if self.ours else FOREIGN_SIZE

    def close(self) -> None:
        """Free the model's memory; no question can be asked afterwards."""
        self._speaker.close()

    def look(self, pictures: np.ndarray) -> list[Seen]:
        """Return the panel of each flow picture (n, H, W, 3)."""
        return [Seen(panel=flow_panel(picture, self.size), caption=FLOW_CAPTION) for picture in pictures]

    def draw(
        self, records: Sequence[Clip | Video], layout: str | None = None, jobs: int = 1
    ) -> list[tuple[Seen | None, str | None]]:
        """Return (the panel of a clip or of all frames of a video, None) for each, or (None, why there is none)."""
        if self.ours and layout not in (None, self.layout):
            raise InputError(f"--panel {layout}: {self.model or 'the embedded model'} reads flow panels only")
        draw = partial(_draw, layout=layout or self.layout, size=self.size)
        return run_parallel(partial(attempt, draw), records, jobs, f"drawing {len(records)} clips")

    def answer_clip(self, questions: Sequence[Question], seen: Seen) -> list[Answer]:
        """Return the answers to all questions about one panel.

        A model of ours that scores words its answers to open questions from one finding, in the light of all questions.
        """
        asked = [(question, self.concludes(parse(question.text))) for question in questions]
        direct = [None if by_rules else self.answer(q.text, seen.panel, seen.caption) for q, by_rules in asked]
        if None not in direct:
            return direct
        reasoned = answer_questions(questions, self.evidence(seen.panel, seen.caption))
        return [answer or other for answer, other in zip(direct, reasoned)]

    def answer(self, question: str, panel: np.ndarray, caption: str = CLIP_CAPTION) -> Answer:
        """Return the `Answer` to a question in words about one picture.

        panel: (H, W, 3) uint8 RGB, as `baselines.vqa.llama.panel` draws it. caption: tells the model what the picture
        shows. The confidence is the probability of the answer among the admissible ones, or of a token of free text
        (geometric mean). Raises `InputError` for a picture of another kind or a question that the model cannot hold.
        """
        parsed = parse(question)
        if self.concludes(parsed):
            return self.answer_clip([Question("", "", question)], Seen(panel=panel, caption=caption))[0]
        wording = _learned_wording(parsed) if self.ours else question
        if self.decoding == "scored" and parsed.kind in self.classes:
            text, sure = self._choose(wording, panel, self.classes[parsed.kind], caption)
            faults = []
        else:
            text, sure, faults = self._speak(parsed, wording, panel, caption)
        return Answer(text, "; ".join([*_doubts(parsed), *faults]), sure)

    def log_likelihoods(
        self, question: str, panel: np.ndarray, candidates: Sequence[str], caption: str = CLIP_CAPTION
    ) -> dict[str, float]:
        """Return {candidate: log P(candidate | picture, question)}, the natural logarithm.

        The picture is encoded once. A candidate counts with and without a capital first letter, for a model of ours
        only as it stands.
        """
        prompt = question if self.ours else f"{caption}\n{question}\nAnswer with one of: {', '.join(candidates)}."
        spellings = {name: [name] if self.ours else [*dict.fromkeys((name, name.capitalize()))] for name in candidates}
        return self._speaker.score(prompt, _checked(panel), spellings)

    def evidence(self, panel: np.ndarray, caption: str = CLIP_CAPTION) -> Evidence:
        """Return the `Evidence` that the model's likelihoods give of a picture: it is asked every closed question.

        It takes a unit asked about for present as often as for absent; here a unit is as rare as in a clip. The
        probability of the left side is that of the likeliest unit.
        """
        seen = (caption, np.shape(panel), np.asarray(panel).tobytes())
        if self._last[0] != seen:
            self._last = seen, self._ask_all(panel, caption)
        return self._last[1]

    def evidence_of(self, seen: Seen) -> Evidence | None:
        """Return what a model of ours finds in a panel; what another thinks cannot be told."""
        return self.evidence(seen.panel, seen.caption) if self.ours else None

    def _ask_all(self, panel: np.ndarray, caption: str) -> Evidence:
        def probabilities(question: ParsedQuestion) -> dict[str, float]:
            names = self.classes[question.kind]
            scores = self.log_likelihoods(render(question), panel, names, caption)
            total = logsumexp(list(scores.values()))
            return {name: float(np.exp(score - total)) for name, score in scores.items()}

        units = {number: probabilities(ParsedQuestion("shown", number))["yes"] for number in NAMES}
        likeliest = max(units, key=lambda number: units[number])
        return Evidence(
            coarse=probabilities(ParsedQuestion("coarse")),
            fine=probabilities(ParsedQuestion("fine")),
            action_units={number: float(expit(logit(p) + logit(self.rate))) for number, p in units.items()},
            left=probabilities(ParsedQuestion("side", likeliest))["left"],
            rate=self.rate,
        )

    def concludes(self, question: ParsedQuestion) -> bool:
        """Tell whether a model of ours is asked the closed questions instead, and the answer worded from those."""
        if not self.ours:
            return False
        return _learned_wording(question) is None or (self.decoding == "scored" and question.kind not in self.classes)

    def _read_note(self, path: Path) -> tuple[dict[str, tuple[str, ...]], float]:
        """Return the classes of the closed questions, and how common a unit is, as the note in a model of ours says."""
        try:
            note = dict(json.loads(self._speaker.keys.get("megc.training") or "{}"))
            classes = {kind: tuple(names) for kind, names in dict(note.get("classes", {})).items()}
            rate = float(note.get("rate", Evidence.rate))
        except (ValueError, TypeError):
            classes, rate = {}, 0.0
        if not 0 < rate < 1 or not all(names and all(isinstance(n, str) for n in names) for names in classes.values()):
            raise InputError(f"{path}: the note of its training is damaged; copy the file again")
        return classes, rate

    def _choose(self, question: str, panel: np.ndarray, candidates: Sequence[str], caption: str) -> tuple[str, float]:
        """Return the likeliest candidate and its probability among them."""
        scores = self.log_likelihoods(question, panel, candidates, caption)
        text = max(scores, key=lambda candidate: scores[candidate])
        return text, float(np.exp(scores[text] - logsumexp(list(scores.values()))))

    def _speak(
        self, parsed: ParsedQuestion, question: str, panel: np.ndarray, caption: str
    ) -> tuple[str, float, list[str]]:
        """Return greedy text, by the grammar of its answers where that is the decoding, its confidence and faults."""
        rules = grammar(parsed, self.classes) if self.decoding == "grammar" else None
        prompt = question if self.ours else "\n".join([caption, question, *_hints(parsed)])
        text, sure, complete = self._speaker.speak(prompt, _checked(panel), rules)
        if not complete:
            return text, sure, [f"cut after {LONGEST_ANSWER} tokens"]
        return text, sure, [] if text else ["the model said nothing"]


def _checked(panel: np.ndarray) -> np.ndarray:
    panel = np.asarray(panel)
    if panel.ndim != 3 or panel.shape[2] != 3 or panel.dtype != np.uint8 or not panel.size:
        raise InputError(f"panel of {panel.dtype} {panel.shape}; expected an RGB picture (H, W, 3) of uint8")
    return panel


def _draw(record: Clip | Video, layout: str | None, size: int) -> Seen:
    whole = isinstance(record, Video)
    clip = cut_clip(record, Event(1, len(record.frames)), record.name) if whole else record
    panel, caption = draw_panel(clip, layout, size)
    return Seen(panel=panel, caption=caption)


def _learned_wording(question: ParsedQuestion) -> str | None:
    """Return the challenge's wording of a question that models of ours were trained on, None for any other."""
    if not question.row.learned:
        return None
    try:
        return render(question)
    except ValueError:  # it names no known unit
        return None


def _doubts(question: ParsedQuestion) -> list[str]:
    """Return what makes the answer to a question a best effort, whatever it is."""
    doubts = ["the question was not understood; the model answers freely"] if question.kind == UNKNOWN else []
    return [*doubts, "asks about a long video; the model sees one expression"] if question.row.long else doubts


def _hints(question: ParsedQuestion) -> list[str]:
    """Return what a prompt says of the wording that is expected, to models that were not trained on it."""
    wants_sentence = question.row.worded_as == "sentence" and question.kind != UNKNOWN
    return [UNITS_HINT, SENTENCE_HINT] if wants_sentence else [UNITS_HINT]
