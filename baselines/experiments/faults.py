"""What is wrong with a line of rows.jsonl or notes.jsonl that was damaged on disk, in words."""

import json
from collections.abc import Mapping
from typing import Any

Kinds = Mapping[str, type]
NEEDED: Kinds = {
    "task": str, "recipe": str, "dataset": str, "fold": str, "fold_number": int, "folds": int, "seed": int,
    "digest": str, "predictions": list,
}  # fmt: skip
ALSO: Kinds = {"protocol": str, "classes": str, "environment": str}  # in rows of today, not in older ones
CLIP: Kinds = dict.fromkeys(("dataset", "subject", "clip", "label", "prediction"), str)
EVENT: Kinds = {"subject": str, "video": str, "onset": int, "offset": int, "type": str}
EMOTION: Kinds = {**EVENT, "emotion": str}
QUESTION: Kinds = dict.fromkeys(("id", "dataset", "subject", "video", "question", "answer", "prediction"), str)
SAMPLES: Mapping[str, Mapping[str, Kinds]] = {  # of each task, under the keys of a row
    "recognition": {"predictions": CLIP},
    "spotting": {"truth": EVENT, "predictions": EVENT},
    "str": {"truth": EMOTION, "predictions": EMOTION},
    "vqa": {"predictions": QUESTION},
    "lvqa": {"predictions": QUESTION},
}
RECIPE: Kinds = {"base": str, "varied": dict, "settings": dict, "floor": bool}
UNSEEN: Kinds = dict.fromkeys(("dataset", "subject", "name", "why"), str)
SHOWN = 40  # letters of a value that a message shows
WORDS = {str: "a text", int: "a whole number", list: "a list", dict: "an object", bool: "true or false"}


def row_fault(row: dict[str, Any]) -> str | None:
    """Return what is wrong with a row of results, None where nothing is."""
    wrong = _wrong(row, NEEDED) or _wrong(row, {name: kind for name, kind in ALSO.items() if name in row})
    if wrong:
        return wrong
    if row["task"] not in SAMPLES:
        return f"task is {row['task']!r}; expected one of {', '.join(SAMPLES)}"
    sides = SAMPLES[row["task"]]
    wrong = _wrong(row, dict.fromkeys(sides, list))
    if wrong:
        return wrong
    if "truth" not in sides and not row["predictions"]:
        return "predictions is empty; expected what was predicted of the fold"
    unseen = row.get("failed", [])
    if type(unseen) is not list or any(_wrong(one, UNSEEN) for one in unseen if isinstance(one, dict)):
        return f"failed is {_shown(unseen)}; expected a list of clips and videos"
    faults = (_sample_fault(sample, kinds) for side, kinds in sides.items() for sample in row[side])
    return next(filter(None, faults), None)


def _sample_fault(sample: Any, kinds: Kinds) -> str | None:
    if not isinstance(sample, dict):
        return f"a prediction is {_shown(sample)}; expected an object"
    shares = sample.get("probabilities", {})
    if not isinstance(shares, dict) or any(type(share) not in (int, float) for share in shares.values()):
        return f"probabilities is {_shown(shares)}; expected a number for each class"
    return _wrong(sample, kinds)


def _wrong(one: Mapping[str, Any], kinds: Kinds) -> str | None:
    for name, kind in kinds.items():
        if name not in one:
            return f"{name} is missing"
        if type(one[name]) is not kind:
            return f"{name} is {_shown(one[name])}; expected {WORDS[kind]}"
    return None


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def note_fault(line: dict[str, Any]) -> str | None:
    """Return what is wrong with a note, None where nothing is."""
    if "stands_for" in line:
        return _wrong(line, {"environment": str, "stands_for": dict})
    if "prepared" in line:
        return None if is_cost(line) else "no cost as run-all writes it"
    return _wrong(line, {"digest": str, **RECIPE})


def is_cost(line: dict[str, Any]) -> bool:
    """Tell whether a line holds a cost as `cost_fields` gives it."""
    kept = line.get("kept")
    kinds = list(kept.values()) if isinstance(kept, dict) else [None]
    arrays = [cost for kind in kinds for cost in (kind.values() if isinstance(kind, dict) else [None])]
    return (
        isinstance(line.get("seconds"), int | float)
        and isinstance(line.get("growth_mb"), int | float | None)
        and all(isinstance(cost, list) and [type(number) for number in cost] == [float, float] for cost in arrays)
    )
