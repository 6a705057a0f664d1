"""What the small vision model learns from: batches of flow panels with questions and answers about each.

All questions about a picture stand in one sequence behind it; a mask keeps each from seeing the others, and
positions start again at the picture's end, so that a question is read as if it were alone.
"""

from dataclasses import dataclass

import numpy as np

from baselines.action_units import NAMES, names_text, parse_one
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import COMBINED, TEMPLATES
from baselines.vqa.llama.panel import flow_panels
from baselines.vqa.vlm.augment import augment
from baselines.vqa.vlm.vocabulary import ASSISTANT, END, START, USER, encode

IGNORE = -100  # a target that counts for nothing
SHOWN = 2  # questions after a present unit, and as many after an absent one
BEFORE = encode(START + USER)


@dataclass(frozen=True)
class Batch:
    """Arrays of B samples: pictures (B, S, S, 3) uint8; tokens, targets and positions (B, M); mask (B, T, T).

    halves: (B, 2 U) float32, as `halves_shown` gives them.
    """

    pictures: np.ndarray
    tokens: np.ndarray
    targets: np.ndarray
    positions: np.ndarray
    mask: np.ndarray
    halves: np.ndarray


def exercises(event, rng, mirrored=False):
    """Return [(question, answer)] about an `Event`; `rng` draws the units asked about."""
    units, emotion = [parse_one(code) for code in event.action_units], event.emotion.strip().lower()
    broad = coarse(emotion)
    pairs = [("coarse", "", "", broad)]
    named = emotion not in ("negative", "positive")
    if named:
        pairs.append(("fine", "", "", emotion))
    if units:
        number, listed = "several" if len(units) > 1 else "one", names_text(units)
        pairs.append(("action_units", number, "", listed))
        if named:
            pairs.append(("combined", number, "", COMBINED[number].format(units=listed, fine=emotion, coarse=broad)))
        present = [unit.name for unit in units]
        absent = [name for name in NAMES.values() if name not in present]
        pairs += [("shown", "", present[n], "yes") for n in rng.integers(len(present), size=SHOWN)]
        pairs += [("shown", "", absent[n], "no") for n in rng.integers(len(absent), size=SHOWN)]
        sides = {"left": "right", "right": "left"}
        pairs += [("side", "", u.name, sides[u.side] if mirrored else u.side) for u in units if u.side]
    return [(TEMPLATES[kind, number].format(unit=unit), answer) for kind, number, unit, answer in pairs]


def halves_shown(event, mirrored=False):
    """Return (2 U,) float32: 1 where a unit of `NAMES` is on the left half of the face, then on the right, else 0.

    NaN where the event tells no units.
    """
    if not event.action_units:
        return np.full(2 * len(NAMES), np.nan, np.float32)
    halves = np.zeros((2, len(NAMES)), np.float32)
    places = {number: place for place, number in enumerate(NAMES)}
    for unit in map(parse_one, event.action_units):
        if unit.number in places:
            halves[:, places[unit.number]] = unit.side != "right", unit.side != "left"
    return (halves[::-1] if mirrored else halves).ravel()


def draw_batch(material, weights, size, image_tokens, rng):
    """Return a `Batch` of `size` augmented pictures with questions.

    material: its `pictures` (n, H, W, 3) are recentred flow pictures, `events` as many `Event`s, `strength` says how
    pictures are changed. weights: (n,) how often each is drawn.
    """
    events = material.events
    chosen = rng.choice(len(events), size, p=np.asarray(weights) / np.sum(weights))
    same = {}
    for n, event in enumerate(events):
        same.setdefault((event.emotion, event.action_units), []).append(n)
    partners = [rng.choice(same[events[n].emotion, events[n].action_units]) for n in chosen]
    changed, mirrored = augment(material.pictures, chosen, partners, rng, material.strength)
    asked = [exercises(events[n], rng, mirror) for n, mirror in zip(chosen, mirrored)]
    halves = np.stack([halves_shown(events[n], mirror) for n, mirror in zip(chosen, mirrored)])
    return arrange(flow_panels(changed), asked, halves, image_tokens)


def arrange(panels, asked, halves, image_tokens):
    """Return the `Batch` of panels (B, S, S, 3), [(question, answer)] about each, and halves (B, 2 U)."""
    start = len(BEFORE) + image_tokens
    rows = [[(encode(q + ASSISTANT), encode(a + END)) for q, a in pairs] for pairs in asked]
    length = max(sum(len(q) + len(a) - 1 for q, a in row) for row in rows)
    tokens = np.zeros((len(rows), length), np.int64)
    targets = np.full((len(rows), length), IGNORE, np.int64)
    positions = np.zeros((len(rows), start + length), np.int64)
    positions[:, :start] = np.arange(start)
    owner = np.full((len(rows), start + length), -1)  # the question that a token belongs to; -1 the picture
    for n, row in enumerate(rows):
        place = 0
        for number, (question, answer) in enumerate(row):
            said = question + answer
            end = place + len(said) - 1
            tokens[n, place:end] = said[:-1]
            targets[n, end - len(answer) : end] = answer
            positions[n, start + place : start + end] = start + np.arange(end - place)
            owner[n, start + place : start + end] = number
            place = end
        owner[n, start + place :] = -2  # nothing
    seen = (owner[:, None, :] == -1) | (owner[:, None, :] == owner[:, :, None])
    mask = seen & np.tri(start + length, dtype=bool)
    return Batch(np.asarray(panels), tokens, targets, positions, mask, halves)
