"""The emotion of spotted intervals: each is cut out of its video and recognized as a clip."""

import numpy as np

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Event
from baselines.recognition.representation import represent_one


def recognize_events(video, intervals, recognizer, recipe, kinds=("micro",)):
    """Return (interval, emotion) of each interval of the `kinds`, without those recognized as others.

    recognizer: fitted by `recipe`, a recognition recipe; each interval is cut out and seen as a clip with the apex that
    the spotter found. The challenge knows negative, positive and surprise: a row of others is dropped there, as the
    winner of MEGC2025 does, for it could only be a false alarm in the analysis.
    """
    chosen = [interval for interval in intervals if interval.kind in kinds]
    if not chosen:
        return []
    clips = [cut_clip(video, Event(i.onset, i.offset, i.apex), f"{video.name}_{i.onset}") for i in chosen]
    X = np.stack([represent_one(clip, recipe.steps["representation"]) for clip in clips])
    found = [(interval, str(emotion)) for interval, emotion in zip(chosen, recognizer.predict(X))]
    return [(interval, emotion) for interval, emotion in found if emotion != "others"]
