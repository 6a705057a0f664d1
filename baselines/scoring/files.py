"""One entrance for the command `score`: which options go with which kind of file."""

from baselines.errors import InputError
from baselines.metrics import spotting, strs
from baselines.scoring.recognition import score_recognition
from baselines.scoring.spotting import score_spotting
from baselines.scoring.strs import score_strs
from baselines.scoring.vqa import score_vqa

# kind -> {command-line option: keyword of the scoring function}
OPTIONS = {
    "spotting": {"mode": "matching", "per_video": "per_video"},
    "recognition": {"classes": "classes"},
    "strs": {"mode": "mode", "classes": "classes", "type": "kind"},
    "vqa": {},
}
MODES = {"spotting": spotting.MATCHINGS, "strs": strs.MODES}
FUNCTIONS = {"spotting": score_spotting, "strs": score_strs, "vqa": score_vqa}


def score_file(kind, truth, predictions, seed=0, **options):
    """Return the scores of one pair of files; options that are None or False are not given.

    Raises `InputError` for an option that the kind does not have.
    """
    given = {name: value for name, value in options.items() if value}
    for name, value in given.items():
        if name not in OPTIONS[kind]:
            known = ", ".join(f"--{option.replace('_', '-')}" for option in OPTIONS[kind]) or "no such option"
            raise InputError(f"score {kind} has no --{name.replace('_', '-')}; it has {known}")
        if name == "mode" and value not in MODES[kind]:
            raise InputError(f"--mode {value!r} is not known; choose one of {', '.join(MODES[kind])}")
    keywords = {OPTIONS[kind][name]: value for name, value in given.items()}
    if kind == "recognition":
        return score_recognition(predictions, truth, seed=seed, **keywords)
    if truth is None:
        raise InputError(f"score {kind} needs --truth FILE")
    return FUNCTIONS[kind](truth, predictions, seed=seed, **keywords)
