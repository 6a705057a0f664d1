"""One entrance for the command `score`: which options go with which kind of file."""

from importlib import import_module

from baselines.errors import InputError

# kind -> {command-line option: keyword of the scoring function}
OPTIONS = {
    "spotting": {
        "mode": "matching",
        "iou_threshold": "threshold",
        "strict": "strict",
        "per_video": "per_video",
    },
    "recognition": {"classes": "classes"},
    "strs": {"mode": "mode", "classes": "classes", "type": "kind"},
    "vqa": {"coarse_classes": "coarse_classes", "fine_classes": "fine_classes"},
}
MODES = {"spotting": ("one-to-one", "megc2020"), "strs": ("corrected", "megc2025-script")}


def score_file(kind, truth, predictions, seed=0, compare=None, **options):
    """Return the scores of one pair of files; options that are None or False are not given.

    compare: a second file of predictions for the same truth; adds `comparison` (`comparing.compare`), the
    first file minus the second. Raises `InputError` for an option that the kind does not have.
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
    score = getattr(import_module(f"baselines.scoring.{kind}"), f"score_{kind}")
    keywords = {OPTIONS[kind][name]: value for name, value in given.items()}
    result = score(truth=truth, predictions=predictions, seed=seed, **keywords)
    if compare is not None:
        from baselines.scoring.comparing import compare_files

        other = score(truth=truth, predictions=compare, resamples=0, **keywords)  # refuses what is wrong in it
        result["warnings"] += [line for line in other["warnings"] if line not in result["warnings"]]
        keywords.pop("per_video", None)
        result["comparison"] = compare_files(kind, truth, predictions, compare, seed=seed, **keywords)
    return result
