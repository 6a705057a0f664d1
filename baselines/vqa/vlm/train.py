"""Train the small vision model of ME-VQA on the flow pictures of a dataset, and export it for llama.cpp.

    megc train --recipe vlm --dataset NAME --data-root DIR --output FOLDER

It starts from the embedded model, which so is fine-tuned, or with `--from-scratch` from nothing, as that one was made.
PyTorch is needed to train, never to answer. Each step draws from the seed and its own number, so that a run that was
cut goes on from its checkpoint as if it had not been.
"""

import json
import math
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from baselines.action_units import NAMES
from baselines.datasets import load_dataset
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import ADMISSIBLE
from baselines.datasets.records import Question, questions_by_clip
from baselines.errors import InputError
from baselines.files import atomic_path, write_text
from baselines.progress import progress_bar
from baselines.recognition.representation import represent
from baselines.recognition.transforms import Recentre
from baselines.scoring.vqa import vqa_scores
from baselines.vqa.annotation import annotated_events
from baselines.vqa.answerers import Seen
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.hub import EMBEDDED_PAIR
from baselines.vqa.llama.panel import FLOW_CAPTION, FLOW_PICTURE, flow_panels
from baselines.vqa.vlm import require
from baselines.vqa.vlm.augment import CROPPED_ALIKE, Strength
from baselines.vqa.vlm.examples import BEFORE, IGNORE, draw_batch, exercises
from baselines.vqa.vlm.vocabulary import tokens

PAIR = ("model.gguf", "mmproj.gguf")
CHECKPOINT_EVERY = 100  # steps
PRESENT = 6.0  # a unit that is there counts in the loss of the probe like six that are not, for so rare it is
FIGURES = {
    "coarse": ("uf1", "uar"), "fine": ("uf1", "uar"), "action_units": ("f1",), "yes_no": ("accuracy",),
    "side": ("accuracy",),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How it is trained. folds: of subjects, each held out once for the score; 1 holds out every fifth subject."""

    steps: int = 1500
    batch: int = 64
    rate: float = 3e-3  # of learning, at its highest
    dropout: float = 0.05
    decay: float = 0.05
    seed: int = 0
    folds: int = 1
    from_scratch: bool = False
    probe: float = 1.0  # weight of the loss of `network.Probe`


FINE_TUNING = Plan(steps=200, rate=1e-3, probe=0.0)


@dataclass(frozen=True)
class Material:
    """What is learned from: flow pictures (n, H, W, 3), `Event`s, each clip's subject and `Question`s."""

    pictures: np.ndarray
    events: list
    subjects: list
    questions: list
    strength: Strength

    def take(self, chosen):
        """Return the part of the clips in a boolean array (n,)."""
        keep = np.flatnonzero(chosen)
        lists = ([values[n] for n in keep] for values in (self.events, self.subjects, self.questions))
        return Material(self.pictures[keep], *lists, self.strength)


def make_plan(from_scratch=False, steps=None, **settings):
    """Return the `Plan` to fine-tune the embedded model, or to train one from scratch; steps: None for its own."""
    plan = Plan(from_scratch=True) if from_scratch else FINE_TUNING
    return replace(plan, steps=steps or plan.steps, **settings)


def train(dataset_name, root, output, plan=FINE_TUNING, jobs=1, fix_labels=True):
    """Train on a dataset and write `model.gguf`, `mmproj.gguf` and `scores.json` into the folder `output`.

    The scores are those on subjects that were held out of a training of their own; then all subjects are learned
    from. Returns the scores. Raises `InputError` for a dataset without known emotions or with a single subject.
    """
    for module in ("torch", "gguf", "llama_cpp"):  # the last says what was learned, after hours perhaps
        require(module)
    material = read_material(dataset_name, root, jobs, fix_labels)
    output = Path(output)
    started = time.monotonic()
    scores = held_out_scores(material, plan, output)
    network = fit(material, plan, output / "checkpoint.pt")
    note = note_of(dataset_name, material, plan, scores)
    write(network, output, note)
    write_text(output / "scores.json", json.dumps({**note, "seconds": round(time.monotonic() - started)}, indent=1))
    return scores


def read_material(dataset_name, root, jobs=1, fix_labels=True):
    """Return the `Material` of all clips of a dataset whose emotion is known."""
    dataset = load_dataset(dataset_name, root, fix_labels)
    clips = [clip for clip in dataset.clips if clip.event]
    events = annotated_events(clips, dataset.questions)
    clips = [clip for clip in (replace(clip, event=event) for clip, event in zip(clips, events)) if clip.label]
    if not clips:
        raise InputError(f"dataset {dataset.name} has no clip with a known emotion; fill in the emotion of the events")
    pictures = Recentre().transform(represent(clips, FLOW_PICTURE, jobs))
    rng = np.random.default_rng(0)
    asked = questions_by_clip(dataset.questions)
    questions = [
        asked.get((clip.subject, clip.name)) or made_up(clip.event, clip.subject, clip.name, rng) for clip in clips
    ]
    published = all(clip.frames is None for clip in clips)
    subjects = [f"{clip.dataset}/{clip.subject}" for clip in clips]
    return Material(
        pictures, [clip.event for clip in clips], subjects, questions, CROPPED_ALIKE if published else Strength()
    )


def held_out_scores(material, plan, folder):
    """Return the scores of answers about subjects that were not learned from, and how many there were."""
    names = sorted(set(material.subjects))
    if len(names) < 2:
        raise InputError("all clips are of one subject; a score needs subjects that are held out, so at least 2")
    order = np.random.default_rng(plan.seed).permutation(len(names))
    parts = np.array_split(order, min(plan.folds, len(names))) if plan.folds > 1 else [order[: -(-len(names) // 5)]]
    rows = []
    for number, part in enumerate(parts):
        held_out = np.isin(material.subjects, [names[n] for n in part])
        network = fit(material.take(~held_out), plan, folder / f"checkpoint-{number}.pt")
        with tempfile.TemporaryDirectory() as scratch:
            pair = write(network, Path(scratch), note_of("", material, plan, {}))
            rows += answers(pair, material.take(held_out))
    return {"subjects": sum(map(len, parts)), "of": len(names), "folds": len(parts), **score(rows)}


def answers(pair, material):
    """Return the question rows about `Material` with the `prediction` that a GGUF pair gives, read by llama.cpp."""
    answerer = Llama(*map(str, pair))
    rows = []
    for panel, questions in zip(flow_panels(material.pictures), material.questions):
        said = answerer.answer_clip(questions, Seen(panel=panel, caption=FLOW_CAPTION))
        for question, answer in zip(questions, said):
            row = {"id": question.id, "dataset": "", "subject": question.subject, "video": question.video}
            rows.append({**row, "question": question.text, "answer": question.answer, "prediction": answer.text})
    answerer.close()
    return rows


def score(rows):
    """Return {coarse_uf1, coarse_uar, fine_uf1, ...} of rows with `answer` and `prediction`, and their intervals.

    `intervals` has the 95 % [low, high] of each, of a bootstrap over subjects; empty where these are too few.
    """
    found = vqa_scores(rows, [row["prediction"] for row in rows], per_dataset=False)
    scores, intervals = {}, {}
    for kind, figures in FIGURES.items():
        for figure in figures:
            if figure in found.get(kind, {}):
                scores[f"{kind}_{figure}"] = round(float(found[kind][figure]), 3)
                ends = found["ci"].get(kind, {}).get(figure) or ()
                intervals[f"{kind}_{figure}"] = [round(float(end), 3) for end in ends]
    return {**scores, "intervals": intervals}


def fit(material, plan, checkpoint):
    """Return a `Network` trained on `Material`; `checkpoint` is a file to go on from, deleted at the end."""
    torch = require("torch")
    from baselines.vqa.vlm.files import read_pair
    from baselines.vqa.vlm.network import Network, Probe, Size

    torch.set_num_threads(1)  # more gain little here, and would sum in another order
    torch.manual_seed(plan.seed)
    network = Network(Size(len(tokens())), plan.dropout) if plan.from_scratch else read_pair(*EMBEDDED_PAIR)
    taught = torch.nn.ModuleList([network, Probe(network.size, 2 * len(NAMES))]).train()
    optimizer = torch.optim.AdamW(taught.parameters(), plan.rate, betas=(0.9, 0.98), weight_decay=plan.decay)
    first = _resume(torch, checkpoint, taught, optimizer)
    weights, before = _weights(material.events), torch.tensor(BEFORE)
    with progress_bar(plan.steps, f"training on {len(material.events)} clips") as bar:
        bar.update(first)
        for step in range(first, plan.steps):
            rng = np.random.default_rng([plan.seed, step])
            torch.manual_seed(int(rng.integers(2**31)))
            batch = draw_batch(material, weights, plan.batch, network.size.image_tokens, rng)
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * _pace(step, plan.steps)
            optimizer.zero_grad()
            _loss(torch, *taught, before, batch, plan.probe).backward()
            torch.nn.utils.clip_grad_norm_(taught.parameters(), 1.0)
            optimizer.step()
            bar.update(1)
            if (step + 1) % CHECKPOINT_EVERY == 0 and step + 1 < plan.steps:
                with atomic_path(checkpoint) as path:
                    torch.save([step + 1, taught.state_dict(), optimizer.state_dict()], path)
    Path(checkpoint).unlink(missing_ok=True)
    return network.eval()


def _pace(step, steps):
    """Return the share of the learning rate at a step: a short climb, then half a cosine down to 0."""
    climb = min(100, 1 + steps // 10)
    return min(1, (step + 1) / climb) * (1 + math.cos(math.pi * step / steps)) / 2


def _loss(torch, network, probe, before, batch, probed):
    """Return the loss of the answers, and `probed` times that of the units which the probe reads off the picture."""
    said, positions, mask = (torch.from_numpy(a) for a in (batch.tokens, batch.positions, batch.mask))
    shown = network.vision(torch.from_numpy(batch.pictures))
    logits = network.read(shown, before, said, positions, mask[:, None])[:, -said.shape[1] :].flatten(0, 1)
    targets = torch.from_numpy(batch.targets).flatten()
    loss = torch.nn.functional.cross_entropy(logits, targets, ignore_index=IGNORE)
    halves = torch.from_numpy(batch.halves)
    known = ~halves.isnan()
    if not (probed and known.any()):
        return loss
    present = torch.tensor(PRESENT)
    return loss + probed * torch.nn.functional.binary_cross_entropy_with_logits(
        probe(shown)[known], halves[known], pos_weight=present
    )


def _resume(torch, checkpoint, taught, optimizer):
    if not Path(checkpoint).exists():
        return 0
    step, weights, state = torch.load(checkpoint, weights_only=True)
    taught.load_state_dict(weights)
    optimizer.load_state_dict(state)
    return step


def _weights(events):
    """Coarse classes are drawn alike, fine ones within them by the root of their size."""
    broad, fine = [coarse(event.emotion) for event in events], [event.emotion for event in events]
    of_broad, of_fine = Counter(broad), Counter(fine)
    return [1 / math.sqrt(of_broad[b] * of_fine[f]) for b, f in zip(broad, fine)]


def note_of(dataset_name, material, plan, scores):
    """Return what the files tell of a training: on what, how, with what scores; JSON-able."""
    units = [len(event.action_units) for event in material.events if event.action_units]
    classes = {"coarse": {coarse(event.emotion) for event in material.events}}
    classes["fine"] = {event.emotion for event in material.events} - {"negative", "positive"}
    return {
        "dataset": dataset_name,
        "clips": len(material.events),
        "subjects": len(set(material.subjects)),
        "plan": vars(plan),
        "held_out": scores,
        "rate": float(np.mean(units)) / len(NAMES) if units else 0.1,
        "classes": {kind: sorted({*names, *ADMISSIBLE[kind]}) for kind, names in classes.items()},
    }


def write(network, folder, note):
    """Write the GGUF pair of a network into a folder and return its paths; note: JSON-able."""
    from baselines.vqa.vlm.files import write_pair

    pair = [folder / name for name in PAIR]
    write_pair(network, *pair, note)
    return pair


def made_up(event, subject, name, rng):
    """Return `Question`s about the `Event` of a clip that comes without; `rng` draws the units asked about."""
    pairs = exercises(event, rng)
    return [
        Question(f"{subject}_{name}_{n}", name, question, answer, subject)
        for n, (question, answer) in enumerate(pairs, start=1)
    ]
