"""Vision models: which have a name, and whether a pair of files works here."""

from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp

from baselines.errors import InputError
from baselines.vqa.llama.answerer import LONGEST_ANSWER
from baselines.vqa.llama.gguf_header import gguf_architecture, gguf_keys, projector_type
from baselines.vqa.llama.guarded import GuardedSpeaker
from baselines.vqa.llama.menu import family_of

SIDES = ("left", "right")
BRIGHT = "right"  # half of the picture that is shown
QUESTIONS = [
    f"Which half of the picture is {how}? Answer with one of: {', '.join(SIDES)}." for how in ("dark", "bright")
]


def check_model(model: str, mmproj: str | None = None, threads: int | None = None) -> dict[str, Any]:
    """Return what a GGUF pair is and what it does here: it is loaded and asked about a picture of two halves.

    model: a file with its `mmproj`, or a name of `hub.list_models`. Sizes and memory are in bytes. Raises `InputError`
    for what is no such pair, or does not work.
    """
    if mmproj is None and Path(model).is_file():
        raise InputError(_alone(model))
    spellings = {side: [side, side.capitalize()] for side in SIDES}
    with closing(GuardedSpeaker(model, mmproj, threads, LONGEST_ANSWER)) as speaker:
        found = speaker.try_out(QUESTIONS, two_halves(), spellings)
        files, keys, projector = speaker.files, speaker.keys, speaker.projector_keys
    scores, (first, second) = found["scores"], found["seconds"]
    answer = max(scores, key=lambda side: scores[side])
    architecture = str(keys["general.architecture"])
    return {
        "model": str(files[0]),
        "mmproj": str(files[1]),
        "bytes": sum(path.stat().st_size for path in files),
        "name": keys.get("general.name", ""),
        "architecture": architecture,
        "embedding_length": keys.get(f"{architecture}.embedding_length"),
        "projector": projector_type(projector),
        "projection_dim": projector.get("clip.vision.projection_dim"),
        "family": family_of(projector_type(projector)),
        "handler": f"generic multimodal (libmtmd of llama-cpp-python {version('llama-cpp-python')})",
        "template": found["template"],
        "thinking": found["thinking"],
        "image_tokens": found["picture_tokens"],
        "answer": answer,
        "expected": BRIGHT,
        "confidence": round(float(np.exp(scores[answer] - logsumexp(list(scores.values())))), 4),
        "seconds_to_load": found["seconds_to_load"],
        "seconds_an_image": max(0.0, first - second),
        "seconds_a_question": second,
        "memory": found["memory"],
    }


def check_text(facts: Mapping[str, Any]) -> str:
    """Return what `check_model` found as lines for a reader."""
    template = "its own" if facts["template"] == "own" else f"none of its own; {facts['template']} (default)"
    thinking = "turned off" if facts["thinking"] == "off" else "unknown to the template"
    right = "as it should" if facts["answer"] == facts["expected"] else f"where {facts['expected']} is right"
    memory = f", {facts['memory'] / 1e6:.0f} MB of memory" if facts["memory"] else ""
    lines = {
        "model": f"{facts['model']} ({facts['architecture']}, embedding length {facts['embedding_length']})",
        "mmproj": f"{facts['mmproj']} ({facts['projector']}, projection dimension {facts['projection_dim']}): fits",
        "size": f"{facts['bytes'] / 1e6:.1f} MB",
        "family": facts["family"],
        "handler": facts["handler"],
        "chat template": f"{template}; the picture stands before the text; thinking {thinking}",
        "answered": f"{facts['answer']!r} {right} (confidence {facts['confidence']:.2f})",
        "on this machine": f"{facts['seconds_to_load']:.2f} s to load, {facts['seconds_an_image']:.3f} s an image "
        f"({facts['image_tokens']} tokens), {facts['seconds_a_question']:.3f} s a question{memory}",
    }
    return "\n".join(f"{name + ':':17}{text}" for name, text in lines.items())


def two_halves() -> np.ndarray:
    """Return a picture of the size of a clip's, (128, 384, 3) uint8, whose right half is bright."""
    picture = np.full((128, 384, 3), 40, np.uint8)
    picture[:, 192:] = 220
    return picture


def _alone(path: str) -> str:
    """Return what is wrong with a file that stands alone."""
    architecture = gguf_architecture(path)
    if architecture == "clip":
        kind = projector_type(gguf_keys(path))
        return f"{path}: is a vision projector ({kind}) alone; give its text model, and this file as --mmproj"
    return (
        f"{path}: holds a text model ({architecture}) alone, which sees nothing; give its vision projector as --mmproj"
    )
