"""The expressions of a clip or long video: features of each, and from those, by classifiers, one `Evidence`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Clip, Event, Video
from baselines.parallel import attempt
from baselines.recognition.representation import represent_one
from baselines.spotting.base import SpottingResult
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.records import Evidence
from baselines.vqa.rules import video_evidence

Spot = Callable[[Video], SpottingResult]


@dataclass(frozen=True)
class Features:
    """What is found in a clip or video before anything is classified.

    arrays: the features of each expression, None where its face is not seen. events: those expressions of a video,
    None for a clip, which is one. notes: what the spotter warns of.
    """

    arrays: Sequence[np.ndarray | None]
    events: Sequence[Event] | None = None
    notes: Sequence[str] = ()


def find_features(record: Clip | Video, representation: Mapping[str, Any], spot: Spot) -> Features:
    """Return the `Features` of a clip, or of the expressions that `spot` finds in a video."""
    if not isinstance(record, Video):
        return Features([represent_one(record, representation)])
    spotted = spot(record)
    events = [Event(i.onset, i.offset, i.apex, i.kind) for i in spotted.intervals]
    return Features([_of_event(record, event, representation) for event in events], events, spotted.warnings)


def _of_event(video: Video, event: Event, representation: Mapping[str, Any]) -> np.ndarray | None:
    clip = cut_clip(video, event, f"{video.name}_{event.onset}")
    return attempt(partial(represent_one, settings=representation), clip)[0]


def classified(found: Sequence[Features], analyst: ClipAnalyst) -> Iterator[Evidence]:
    """Yield the `Evidence` of each clip or video that `find_features` looked at; all are classified at once."""
    arrays = [array for features in found for array in features.arrays if array is not None]
    evidences = iter(analyst.predict(np.stack(arrays)) if arrays else ())
    for features in found:
        each = [None if array is None else next(evidences) for array in features.arrays]
        yield each[0] if features.events is None else video_evidence(features.events, each)
