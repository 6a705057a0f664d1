"""Clips out of long videos: the frames of one event each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from baselines.datasets.records import Clip, Event, Video, frame_slice


def event_clips(videos: Iterable[Video], labelled: bool = True) -> list[Clip]:
    """Return one clip an event: the micro-expressions, or when there are none the macro-expressions.

    labelled: only events with an emotion.
    """
    found = [(video, event) for video in videos for event in video.events or () if event.emotion or not labelled]
    kinds = {event.kind for _, event in found}
    kind = "micro" if "micro" in kinds else "macro"
    found = [(video, event) for video, event in found if event.kind == kind]
    names = [(video.subject, video.name, f"_{event.onset}", f"-{event.offset}") for video, event in found]
    count = Counter(name[:length] for name in names for length in (2, 3))
    # A name grows only as far as needed to tell the events of a video apart.
    ends = [name[2] * (count[name[:2]] > 1) + name[3] * (count[name[:3]] > 1) for name in names]
    return [cut_clip(video, event, video.name + end) for (video, event), end in zip(found, ends)]


def cut_clip(video: Clip | Video, event: Event, name: str) -> Clip:
    """Return the frames onset..offset of a video as a clip; its event counts frames from 1 again."""
    shift = event.onset - 1
    inner = replace(event, onset=1, offset=event.offset - shift, apex=event.apex and event.apex - shift)
    frames = None if video.frames is None else video.frames[frame_slice(event.onset, event.offset)]
    return Clip(video.dataset, video.subject, name, frames, video.fps, inner, classes=video.classes)
