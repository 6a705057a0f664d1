"""What the scores of all tasks share: class sets, known videos, signatures, intervals."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.files import read_csv
from baselines.formats import place_of
from baselines.metrics import uncertainty

VERSION = 1  # of the definitions; raised when a change moves a figure
MEGC_CLASSES = ("negative", "positive", "surprise")
NAMED_CLASSES = {"megc2019": MEGC_CLASSES, "megc2025": MEGC_CLASSES}


@dataclass
class Tally:
    """Counts that determine every headline figure, by subject.

    units: (S,) the subjects that are resampled. metrics: {path of the figure, e.g. ("micro", "f1"):
    (counts (S, ...), statistic of summed counts)}.
    """

    units: np.ndarray
    metrics: dict = field(default_factory=dict)


def class_set(classes, truth, predicted=()):
    """Return (list of classes, text for the signature).

    classes: None or "truth" for those in the truth, "union" for those in truth or predictions, a
    name like megc2025, names joined by commas, or a sequence of names.
    """
    if classes is None or classes in ("truth", "union"):
        found = sorted(set(truth) | (set(predicted) if classes == "union" else set()))
        return found, f"{classes or 'truth'}({','.join(found)})"
    if isinstance(classes, str):
        classes = NAMED_CLASSES.get(classes.lower()) or [name.strip().lower() for name in classes.split(",")]
    chosen = [name for name in dict.fromkeys(classes) if name]
    if not chosen:
        raise InputError("the class set is empty; expected names joined by commas, or megc2025")
    return chosen, ",".join(chosen)


def check_label(row, name, known, what):
    """Raise `InputError` if row[name] is neither one of `known` nor any emotion that a database uses."""
    label = row[name]
    if label in known:
        return
    from baselines.datasets.records import coarse  # imports OpenCV, which a good file does not need

    if coarse(label) is None:
        raise InputError(f"{place_of(row)}: {name} {label!r} is outside {what} ({', '.join(sorted(known))}); mend it")


def sibling_videos(path):
    """Return {(subject, video)} of the `videos.csv` beside an `events.csv`, or None: what a manifest knows."""
    path = Path(path)
    videos = path.with_name("videos.csv")
    if path.name != "events.csv" or not videos.is_file():
        return None
    return {(row["subject"], row["video"]) for _, row in read_csv(videos, ("subject", "video"))}


def join_subjects(truth, predicted):
    """Give the events of a file without subjects those of the other file, found by the name of the video."""
    for mine, other in ((truth, predicted), (predicted, truth)):
        if not mine or any(row["subject"] for row in mine) or not any(row["subject"] for row in other):
            continue
        subjects = {}
        for row in other:
            subjects.setdefault(row["video"], set()).add(row["subject"])
        for row in mine:
            found = subjects.get(row["video"], {""})
            if len(found) > 1:
                raise InputError(
                    f"{place_of(row)}: video {row['video']} is one of several subjects; add the column subject"
                )
            row["subject"] = next(iter(found))


def check_known_videos(truth, predicted, videos=None, refuse=True):
    """Raise `InputError` at a prediction for a video that the truth cannot know; return warnings.

    With a list of `videos` {(subject, video)} every other video is refused. Without one the truth lists
    events only, and a video without events is rightly absent: predictions there count as false
    positives and are reported, and only a subject that the truth does not know is refused (`refuse`).
    """
    listed = {(row["subject"], row["video"]) for row in truth} | (videos or set())
    subjects = {subject for subject, _ in listed}
    unknown = {}
    for row in predicted:
        key = row["subject"], row["video"]
        if key not in listed:
            unknown.setdefault(key, row)
    for (subject, video), row in unknown.items():
        if videos is not None or (refuse and truth and subject not in subjects):
            name = f"video {video} of subject {subject}" if subject else f"video {video}"
            raise InputError(f"{place_of(row)}: {name} is not in the truth; mend the name or take the row out")
    if not unknown:
        return []
    (_, video), row = next(iter(unknown.items()))
    return [
        f"{place_of(row)}: video {video} has no event in the truth ({len(unknown)} such videos); "
        "a misspelt name would look the same"
    ]


def unit_names(rows):
    """Return (N,) names of the subjects of event rows; the video where a file has no subjects."""
    return np.array([f"{row.get('dataset', '')}/{row['subject'] or row['video']}" for row in rows], dtype=str)


def signature(head, /, **parts):
    """Return one line that says what was computed, like `spotting|matching:one-to-one|iou:>=0.5|version:1`."""
    return "|".join([head, *(f"{name}:{value}" for name, value in parts.items()), f"version:{VERSION}"])


def with_intervals(result, tally, resamples, seed):
    """Add `ci` to a result, nested as the figures are, and its settings to the signature."""
    found = uncertainty.intervals(tally.metrics, resamples, seed) if resamples else {}
    ci = {}
    for path, interval in found.items():
        at = ci
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = list(interval) if interval else None
    settings = f"subject-bootstrap,{uncertainty.LEVEL:.0%},{resamples},seed={seed}" if resamples else "none"
    head, _, version = result["signature"].rpartition("|")
    return result | {"signature": f"{head}|ci:{settings}|{version}", "ci": ci}


def headline(result, names):
    """Return figures of a result as rows {subset, metric, value, ci_low, ci_high, signature}.

    names: paths like ("micro", "f1"); the last part is the metric, what stands before it the subset
    ("all" if nothing).
    """
    rows = []
    for path in names:
        value, interval = result, result["ci"]
        for name in path:
            value, interval = value[name], (interval or {}).get(name)
        low, high = interval or (None, None)
        rows.append(
            {
                "subset": ".".join(name for name in path[:-1] if name != "per_dataset") or "all",
                "metric": path[-1],
                "value": None if math.isnan(value) else value,
                "ci_low": low,
                "ci_high": high,
                "signature": result["signature"],
            }
        )
    return rows


def json_ready(value):
    """Return a result with tuples as lists and nan or infinity as None, so that its JSON is valid."""
    if isinstance(value, dict):
        return {str(name): json_ready(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
