"""The command `score`: which options go with which kind of score."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.formats.challenge import is_of_run
from baselines.metrics import strs
from baselines.scoring.kinds import SCORES
from baselines.scoring.spotting import MATCHINGS

# kind -> {command-line option: keyword of the scoring function}
OPTIONS = {
    "spotting": {
        "mode": "matching",
        "iou": "thresholds",
        "strict": "strict",
        "per_video": "per_video",
        "where": "where",
        "fps": "fps",
    },
    "recognition": {"classes": "classes", "where": "where"},
    "strs": {"mode": "mode", "classes": "classes", "type": "kind", "where": "where", "fps": "fps"},
    "vqa": {"coarse_classes": "coarse_classes", "fine_classes": "fine_classes"},
}
MODES = {"spotting": MATCHINGS, "strs": strs.MODES}


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
        both = (
            ", the same file: it holds both sides"
            if kind != "vqa" and Path(predictions).is_file() and is_of_run(predictions)
            else ""
        )
        raise InputError(f"score {kind} needs --truth FILE{both}")
    if "where" in given:
        given["where"] = _where(given["where"], truth, predictions, compare)
    keywords = {OPTIONS[kind][name]: value for name, value in given.items()}
    return SCORES[kind].files(truth, predictions, compare, seed=seed, **keywords)


def _where(conditions: Sequence[str], *files: Path | str | None) -> dict[str, str]:
    """Return {column: value} of conditions like recipe=flow-svm; refuses them where no file is one of run-all."""
    for condition in conditions:
        if "=" not in condition:
            raise InputError(f"--where {condition!r}: expected COLUMN=VALUE, such as recipe=flow-svm")
    if not any(is_of_run(file) for file in files if file and not Path(file).is_dir()):
        names = ", ".join(str(file) for file in files if file)
        raise InputError(f"{names}: no file that run-all wrote, in which --where could choose; leave it out")
    return {name.strip(): value.strip() for name, _, value in (condition.partition("=") for condition in conditions)}
