"""One entrance for the command `score`: which options go with which kind of file."""

from importlib import import_module

from baselines.errors import InputError

# kind -> {command-line option: keyword of the scoring function}
OPTIONS = {
    "spotting": {"mode": "matching", "per_video": "per_video"},
    "recognition": {"classes": "classes"},
    "strs": {"mode": "mode", "classes": "classes", "type": "kind"},
    "vqa": {},
}
MODES = {"spotting": ("one-to-one", "megc2020"), "strs": ("corrected", "megc2025-script")}


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
    if truth is None and kind != "recognition":
        raise InputError(f"score {kind} needs --truth FILE")
    score = getattr(import_module(f"baselines.scoring.{kind}"), f"score_{kind}")
    keywords = {OPTIONS[kind][name]: value for name, value in given.items()}
    return score(truth=truth, predictions=predictions, seed=seed, **keywords)
