"""What the scores of all kinds share: class sets, labels, signatures, plain JSON."""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from baselines.datasets.classes import coarse
from baselines.errors import InputError
from baselines.formats.challenge import place_of
from baselines.metrics.recognition import MEGC_CLASSES
from baselines.metrics.uncertainty import LEVEL

VERSION = 1  # of the definitions; raised when a change moves a figure
MOST_CLASSES = 100
LONGEST_NAME = 40  # characters of a class that a message repeats
NAMED_CLASSES = {"megc2019": MEGC_CLASSES, "megc2025": MEGC_CLASSES}
Classes = str | Iterable[str] | None
Row = Mapping[str, Any]


def class_set(
    classes: Classes, truth: Iterable[str], predicted: Iterable[str] = (), place: str = "the labels"
) -> tuple[list[str], str]:
    """Return (list of classes, text for the signature).

    classes: None or "truth" for those in the truth, "union" for those in truth or predictions, a
    name like megc2025, names joined by commas, or a sequence of names. place: where the labels stand, for messages.
    Raises `InputError` for none, and for more than MOST_CLASSES: confusions grow with their square.
    """
    if classes is None or classes in ("truth", "union"):
        found = sorted(set(truth) | (set(predicted) if classes == "union" else set()))
        _check_number(found, place)
        return found, f"{classes or 'truth'}({','.join(found)})"
    if isinstance(classes, str):
        classes = NAMED_CLASSES.get(classes.lower()) or [name.strip().lower() for name in classes.split(",")]
    chosen = [name for name in dict.fromkeys(classes) if name]
    if not chosen:
        raise InputError("the class set is empty; expected names joined by commas, or megc2025")
    _check_number(chosen, "--classes")
    return chosen, ",".join(chosen)


def _check_number(classes: Collection[str], place: str) -> None:
    if len(classes) > MOST_CLASSES:
        raise InputError(
            f"{place}: {len(classes)} classes, {max(classes)[:LONGEST_NAME]!r} one of them; expected at most "
            f"{MOST_CLASSES}, so see whether that column holds emotions, or name the classes that count"
        )


def check_label(row: Row, name: str, known: Collection[str], what: str) -> None:
    """Raise `InputError` if row[name], of a row in a file, is neither one of `known` nor an emotion of the databases.

    What a recipe predicted needs no check.
    """
    label = row[name]
    if label in known or "place" not in row or coarse(label) is not None:
        return
    raise InputError(
        f"{place_of(row)}: {name} {label!r} is outside {what} ({', '.join(sorted(known))}); correct it, or name the "
        "classes with --classes"
    )


def signature(head: str, /, **parts: Any) -> str:
    """Return one line that says what was computed, like `spotting|matching:one-to-one|iou:>=0.5|version:1`."""
    return "|".join([head, *(f"{name}:{value}" for name, value in parts.items()), f"version:{VERSION}"])


def resampling(resamples: int, seed: int) -> str:
    """Return how the intervals were computed, for a signature."""
    return f"subject-bootstrap,{LEVEL:.0%},{resamples},seed={seed}" if resamples else "none"


def json_ready(value: Any) -> Any:
    """Return a result with tuples as lists and nan or infinity as None, so that its JSON is valid."""
    if isinstance(value, dict):
        return {str(name): json_ready(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
