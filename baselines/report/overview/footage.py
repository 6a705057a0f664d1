"""The clips and videos that a run was of, opened again to show frames of them and how they move."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.datasets import DATASETS, embedded, open_dataset
from baselines.datasets.images import read_image
from baselines.datasets.records import Clip, Dataset, Video
from baselines.datasets.roots import find_root
from baselines.errors import InputError
from baselines.report.pages.page import picture_uri
from baselines.report.study import Result
from features.optical_flow import optical_flow

Place = tuple[str, str, str]  # database, subject, name
Pixels = NDArray[np.uint8]
FLOW_WIDTH, WIDTH = 192, 128  # px; of frames whose motion is computed, and of pictures in a page
QUALITY = 75
STILL = 1.0  # px; the least motion that has the full colour
MOVED = "shift "  # in the name of a table whose key frames were moved on purpose


@dataclass
class Footage:
    """Clips and videos by database, subject and name, and lines on what cannot be shown."""

    clips: dict[Place, Clip] = field(default_factory=dict)
    videos: dict[Place, Video] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def add(self, dataset: Dataset) -> None:
        """Take the records of a dataset."""
        self.clips |= {(clip.dataset, clip.subject, clip.name): clip for clip in dataset.clips}
        self.videos |= {(video.dataset, video.subject, video.name): video for video in dataset.videos}

    def extent(self, place: Place) -> tuple[int, int] | None:
        """Return the numbers of the first and last frame of a video, None where it is not there."""
        video = self.videos.get(place)
        return None if video is None or not len(video.frames) else (video.number(1), video.number(len(video.frames)))

    def of_clip(self, place: Place, label: str | None = None) -> list[dict[str, Any]]:
        """Return pictures of a clip: its frames at onset and apex and the motion between, or its flow picture.

        label: the class that its emotion must have to be the clip that is meant. Empty where nothing can be shown.
        """
        clip = self.clips.get(place)
        if clip is None or label not in (None, clip.label):
            return []
        if clip.flow_image is not None:
            picture = self._read(lambda: read_image(clip.flow_image))
            return [] if picture is None else [_told(picture, "u, v and strain as red, green and blue")]
        event = clip.event
        if clip.frames is None or event is None:
            return []
        apex = event.apex or (event.onset + event.offset) // 2
        return self._pair(clip, event.onset, apex, "apex" if event.apex else "middle")

    def of_event(self, place: Place, onset: int, offset: int) -> list[dict[str, Any]]:
        """Return pictures of an event or interval of a video, whose frames have these numbers outside, as `of_clip`."""
        video = self.videos.get(place)
        if video is None:
            return []
        first, last = (_position(video, number) for number in (onset, offset))
        if first is None or last is None:
            return []
        event = next((e for e in video.events or () if (e.onset, e.offset) == (first, last)), None)
        apex = event.apex if event and event.apex else None
        return self._pair(video, first, apex or (first + last) // 2, "apex" if apex else "middle")

    def _pair(self, record: Clip | Video, first: int, second: int, name: str) -> list[dict[str, Any]]:
        frames = record.frames
        if frames is None or not 1 <= first <= len(frames) or not 1 <= second <= len(frames):
            return []
        pair = [self._read(lambda position=n: frames[position - 1]) for n in (first, second)]
        if pair[0] is None or pair[1] is None:
            return []
        pictures = [_narrowed(picture, FLOW_WIDTH) for picture in pair if picture is not None]
        numbers = [record.number(n) if isinstance(record, Video) else n for n in (first, second)]
        return [
            _told(_narrowed(pictures[0], WIDTH), f"onset, frame {numbers[0]}"),
            _told(_narrowed(pictures[1], WIDTH), f"{name}, frame {numbers[1]}"),
            _told(_narrowed(motion(*pictures), WIDTH), "motion between them"),
        ]

    def _read(self, read: Any) -> Pixels | None:
        """Return a picture, None where it cannot be read, of which the first is told."""
        try:
            return np.asarray(read(), np.uint8)
        except (InputError, OSError) as error:
            line = f"pictures that cannot be read are left out, such as: {error}"
            if not any(told.startswith("pictures that cannot") for told in self.told):
                self.told.append(line)
            return None


def open_footage(results: Iterable[Result], root: Path | str | None = None) -> Footage:
    """Return the `Footage` of the datasets of experiments; root: the folder that holds them.

    What cannot be opened is told in one line, and costs nothing but its pictures.
    """
    footage = Footage()
    for label in dict.fromkeys(result.name[1] for result in results):
        if MOVED in label:
            footage.told.append(f"{label}: no pictures, since its key frames were moved on purpose")
            continue
        for name in label.partition(" (")[0].split("+"):
            if name not in DATASETS:
                footage.told.append(f"{name}: no pictures, since it is no dataset of this suite")
                continue
            if not _is_there(name, root):
                footage.told.append(
                    f"{name}: no pictures, since the cache folder does not hold this corpus; run-all makes it"
                )
                continue
            try:
                footage.add(open_dataset(name, root, classes=None))
            except (InputError, OSError) as error:
                footage.told.append(f"{name}: no pictures, since its data cannot be opened ({error})")
    footage.told = list(dict.fromkeys(footage.told))
    return footage


def _is_there(name: str, root: Path | str | None) -> bool:
    """Tell whether a dataset needs not be made first, which takes minutes for the embedded corpus."""
    module, options = DATASETS[name]
    if module != "embedded" or find_root(name, root):
        return True
    return embedded.is_made(options.get("level", "standard"))


def motion(first: Pixels, second: Pixels) -> Pixels:
    """Return how one frame (H, W, 3) moves to another, as a picture: direction as colour, length as its strength.

    The median motion of the whole picture is taken out, as that of the head.
    """
    before, after = (np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in (first, second))
    flow = optical_flow(before, after, method="fast").astype(np.float64)
    flow -= np.median(flow, axis=(0, 1))
    length, angle = np.hypot(flow[..., 0], flow[..., 1]), np.arctan2(flow[..., 1], flow[..., 0])
    strength = np.minimum(length / max(float(np.percentile(length, 99.5)), STILL), 1.0)
    hsv = np.dstack([np.mod(angle / (2 * np.pi), 1.0) * 179, strength * 255, np.full(length.shape, 255.0)])
    return np.asarray(cv2.cvtColor(hsv.round().astype(np.uint8), cv2.COLOR_HSV2RGB))


def _position(video: Video, number: int) -> int | None:
    """Return the position from 1 of the frame with a number outside, None where there is none."""
    position = video.frames.position(number) if video.numbering == "files" else number
    return position if position is not None and 1 <= position <= len(video.frames) else None


def _narrowed(picture: Pixels, width: int) -> Pixels:
    """Return a picture at most so wide."""
    if picture.shape[1] <= width:
        return picture
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _told(picture: Pixels, label: str) -> dict[str, Any]:
    form = "PNG" if max(picture.shape) <= WIDTH // 2 else "JPEG"
    height, width = picture.shape[:2]
    return {"uri": picture_uri(picture, form, QUALITY), "label": label, "width": width, "height": height}
