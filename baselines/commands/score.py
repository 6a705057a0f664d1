"""The command `score`: which options go with which kind of score."""

from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.metrics import spotting, strs
from baselines.scoring.kinds import SCORES

# kind -> {command-line option: keyword of the scoring function}
OPTIONS = {
    "spotting": {
        "mode": "matching",
        "iou": "thresholds",
        "strict": "strict",
        "per_video": "per_video",
    },
    "recognition": {"classes": "classes"},
    "strs": {"mode": "mode", "classes": "classes", "type": "kind"},
    "vqa": {"coarse_classes": "coarse_classes", "fine_classes": "fine_classes"},
}
MODES = {"spotting": spotting.MATCHINGS, "strs": strs.MODES}


def score_file(
    kind: str,
    truth: Path | str | None,
    predictions: Path | str,
    seed: int = 0,
    compare: Path | str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the scores of one pair of files; options that are None or False are not given.

    compare: a second file of predictions for the same truth; adds `comparison` (`Score.compare`), the first file
    minus the second. Raises `InputError` for an option that the kind does not have.
    """
    given = {name: value for name, value in options.items() if value}
    for name, value in given.items():
        if name not in OPTIONS[kind]:
            known = ", ".join(f"--{option.replace('_', '-')}" for option in OPTIONS[kind])
            raise InputError(f"score {kind} has no --{name.replace('_', '-')}; it has {known}")
        if name == "mode" and value not in MODES[kind]:
            raise InputError(f"--mode {value!r} is not known; choose one of {', '.join(MODES[kind])}")
    if truth is None and kind != "recognition":
        raise InputError(f"score {kind} needs --truth FILE")
    keywords = {OPTIONS[kind][name]: value for name, value in given.items()}
    return SCORES[kind].files(truth, predictions, compare, seed=seed, **keywords)
