"""Long video in, intervals with emotions out: a spotter, then a recognizer on each micro-expression."""

import numpy as np

from baselines.datasets.manifest import cut_clip
from baselines.datasets.records import Event
from baselines.recognition.representation import represent_one
from baselines.spotting import METHODS


def spot_video(video, recipe, progress=None):
    """Return the `SpottingResult` of a video under a spotting recipe; `progress(1)` is called twice a frame."""
    parameters = dict(recipe.steps["method"])
    spotter = METHODS[parameters.pop("name")](**parameters)
    return spotter.predict(video.frames, video.fps, progress=progress)


def spotting_row(video, interval):
    """Return the CSV row subject, video, onset, offset, type of a spotted interval or an event."""
    return {
        "subject": video.subject,
        "video": video.name,
        "onset": interval.onset,
        "offset": interval.offset,
        "type": interval.kind,
    }


def recognize_events(video, intervals, recognizer, recipe):
    """Return a CSV row with `emotion` for each micro-expression among the intervals.

    recognizer: fitted by `recipe`, a recognition recipe; each interval is cut out and seen as a clip.
    """
    micro = [interval for interval in intervals if interval.kind == "micro"]
    if not micro:
        return []
    clips = [cut_clip(video, Event(i.onset, i.offset, i.apex), f"{video.name}_{i.onset}") for i in micro]
    X = np.stack([represent_one(clip, recipe.steps["representation"]) for clip in clips])
    emotions = recognizer.predict(X)
    return [{**spotting_row(video, i), "emotion": str(emotion)} for i, emotion in zip(micro, emotions)]
