"""Long video in, intervals with emotions out: a spotter, then a recognizer on each micro-expression."""

import numpy as np

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.recognition.representation import represent_one
from baselines.spotting import METHODS
from baselines.spotting.learning import lessons_of


def make_spotter(recipe, lessons=None, seed=0):
    """Return the spotter that a spotting recipe describes, fitted on `lessons` when the recipe learns.

    lessons: what `spotting_lessons` gives, of other subjects' videos. Raises `InputError` without any for a recipe that
    learns.
    """
    parameters = dict(recipe.steps["method"])
    name = parameters.pop("name")
    if name not in METHODS:
        raise InputError(f"spotting method {name!r} is not known; choose one of {', '.join(METHODS)}")
    spotter = METHODS[name](**parameters)
    if not learns(recipe):
        return spotter
    if not lessons:
        raise InputError(f"recipe {recipe.name}: learns from a dataset's other subjects; run it with `run-all`")
    return spotter.fit(lessons, seed)


def learns(recipe):
    """Tell whether a spotting recipe is fitted on the other subjects of a dataset."""
    return "learns_from" in recipe.steps


def spotting_lessons(recipe, videos, jobs=1):
    """Return what a recipe learns from each video with known events, in their order; None if it does not learn."""
    return lessons_of(METHODS[recipe.steps["method"]["name"]](), videos, jobs) if learns(recipe) else None


def spot_video(video, recipe, progress=None, jobs=1):
    """Return the `SpottingResult` of a video under a spotting recipe; `progress(n)` is called as frames are done."""
    return make_spotter(recipe).predict(video.frames, video.fps, progress, jobs)


def spotting_row(video, interval):
    """Return the CSV row subject, video, onset, offset, type of a spotted interval or an event."""
    return {
        "subject": video.subject,
        "video": video.name,
        "onset": interval.onset,
        "offset": interval.offset,
        "type": interval.kind,
    }


def recognize_events(video, intervals, recognizer, recipe, kinds=("micro",)):
    """Return a CSV row with `emotion` for each interval of the `kinds`, without those recognized as others.

    recognizer: fitted by `recipe`, a recognition recipe; each interval is cut out and seen as a clip with the apex that
    the spotter found. The challenge knows negative, positive and surprise: a row of others is dropped there, as the
    winner of MEGC2025 does, for it could only be a false alarm in the analysis.
    """
    chosen = [interval for interval in intervals if interval.kind in kinds]
    if not chosen:
        return []
    clips = [cut_clip(video, Event(i.onset, i.offset, i.apex), f"{video.name}_{i.onset}") for i in chosen]
    X = np.stack([represent_one(clip, recipe.steps["representation"]) for clip in clips])
    rows = [
        {**spotting_row(video, interval), "emotion": str(emotion)}
        for interval, emotion in zip(chosen, recognizer.predict(X))
    ]
    return [row for row in rows if row["emotion"] != "others"]
