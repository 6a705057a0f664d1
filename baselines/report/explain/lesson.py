"""What a page explains: one video, the movement in it that is looked at closely, and what was measured of both."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Clip, Event, Video
from baselines.faces.clips import aligned_faces, first_landmarks
from baselines.faces.track import NoFaceError, cached_track
from baselines.spotting.base import Interval, Measured, Spotter, SpottingResult
from baselines.spotting.recipe import make_spotter, spotting_recipe
from features.optical_flow import optical_flow

SIZE = 128  # px; side of the aligned face
MOST_FRAMES = 32  # of the movement that the page holds
LEAST_FACES = 3  # frames that LBP-TOP takes
SIDE = 320  # px; the longer side of a picture of the video
READ_THROUGH = 1500  # frames; of longer videos pictures are looked up one by one
WHOLE = 4.0  # seconds; a shorter video without a movement is taken as a whole
CLASSIC, OURS = "softnet-rule", "regional-contrast"  # the spotting recipes that are shown
TRUE, SPOTTED, DOUBTED, ALL, MIDDLE = "true", "spotted", "doubted", "all", "middle"  # how the movement was chosen


@dataclass(frozen=True)
class Chapter:
    """One step of the pipeline: what the template and the scripts need, and the lines of Python that make the same.

    values: for the template. data: for the scripts, plain values. parameters: {name: value} in force. exercises:
    (question, answer). figure: of matplotlib, for steps/.
    """

    key: str
    title: str
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    exercises: tuple[tuple[str, str], ...] = ()
    figure: Any = None


class Lesson:
    """One video to explain, opened: its landmarks, the movement looked at closely, and what two spotters find.

    source, index: where the video comes from and its place there, for the lines of Python. Raises `NoFaceError` where
    landmarks or the movement are asked of a video with no face, or too little of it.
    """

    def __init__(self, video: Video, source: Path, index: int = 0) -> None:
        self.video, self.source, self.index = video, source, index
        self.fps = video.fps

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """(T, 68, 2) px, NaN without a face."""
        return cached_track(self.video.frames, self.fps).landmarks

    def spotter(self, name: str) -> Spotter:
        """Return the spotter of a recipe."""
        return make_spotter(spotting_recipe(name))

    @cached_property
    def measured(self) -> dict[str, Measured]:
        """{recipe: what its spotter measured}."""
        return {name: self.spotter(name).measured(self.video.frames, self.fps) for name in (CLASSIC, OURS)}

    @cached_property
    def results(self) -> dict[str, SpottingResult]:
        """{recipe: what it finds}."""
        return {name: self.spotter(name).spot(found.array, self.fps) for name, found in self.measured.items()}

    @cached_property
    def judged(self) -> list[Interval]:
        """All movements that `OURS` looks at, however unlikely."""
        spotter: Any = self.spotter(OURS)
        return spotter.judged(self.measured[OURS].array, self.fps)

    @cached_property
    def movement(self) -> tuple[Event, str]:
        """The movement that is looked at closely, and how it was chosen: see `_choose`."""
        event, how = self._choose()
        return self._with_face(event), how

    def _choose(self) -> tuple[Event, str]:
        """Return the first true micro-expression, or else the first true expression, the surest one spotted, the whole
        of a short video, the likeliest of the movements that were not told, or the middle second."""
        frames = len(self.video.frames)
        if self.video.events:
            return min(self.video.events, key=lambda event: (event.kind != "micro", event.onset)), TRUE
        found = self.results[OURS].intervals
        if found:
            return _as_event(max(found, key=lambda interval: interval.score)), SPOTTED
        if frames <= WHOLE * self.fps:
            return Event(1, frames), ALL
        if self.judged:
            return _as_event(max(self.judged, key=lambda interval: interval.score)), DOUBTED
        middle, half = (frames + 1) // 2, max(1, round(self.fps / 2))
        return Event(max(1, middle - half), min(frames, middle + half)), MIDDLE

    def _with_face(self, event: Event) -> Event:
        """Return an event that holds three frames with a face at least: grown to the nearest ones if need be."""
        known = np.flatnonzero(np.isfinite(self.landmarks[:, 0, 0])) + 1
        if len(known) < LEAST_FACES:
            raise NoFaceError(f"{self.source}: {len(known)} frames with a face; expected {LEAST_FACES} to explain")
        last = len(self.landmarks)
        onset, offset = event.onset, min(event.offset, last)
        while (onset > 1 or offset < last) and ((known >= onset) & (known <= offset)).sum() < LEAST_FACES:
            onset, offset = max(1, onset - 1), min(last, offset + 1)
        return replace(event, onset=onset, offset=offset)

    @cached_property
    def clip(self) -> Clip:
        """The movement as a clip."""
        return cut_clip(self.video, self.movement[0], self.video.name)

    @cached_property
    def clip_landmarks(self) -> NDArray[np.float32]:
        """(T, 68, 2) px, as they are found in the clip by itself."""
        return cached_track(self.clip.frames, self.fps).landmarks

    @cached_property
    def known(self) -> NDArray[np.intp]:
        """The indices in the clip of the faces that are shown: every `step`-th of those that there are."""
        return np.flatnonzero(np.isfinite(self.clip_landmarks[:, 0, 0]))[:: self.step]

    @cached_property
    def step(self) -> int:
        """Every so many faces of the clip one is shown."""
        return max(1, -(-int(np.isfinite(self.clip_landmarks[:, 0, 0]).sum()) // MOST_FRAMES))

    @cached_property
    def faces(self) -> NDArray[np.uint8]:
        """(N, SIZE, SIZE) aligned faces of the clip, those at `known`."""
        return aligned_faces(self.clip, SIZE)[:: self.step]

    @cached_property
    def face_landmarks(self) -> NDArray[np.float64]:
        """(68, 2) landmarks in the first of the faces, px."""
        return first_landmarks(self.clip, SIZE)

    @cached_property
    def numbers(self) -> list[int]:
        """The number that each of the faces has outside."""
        return [self.video.number(self.movement[0].onset + int(index)) for index in self.known]

    @cached_property
    def flows(self) -> NDArray[np.float32]:
        """(N, SIZE, SIZE, 2) px, the optical flow from the first of the faces to each."""
        return np.stack([optical_flow(self.faces[0], face) for face in self.faces])

    @cached_property
    def speeds(self) -> list[float]:
        """The mean length of each of the flows, px."""
        return [float(np.hypot(flow[..., 0], flow[..., 1]).mean()) for flow in self.flows]

    @cached_property
    def apex(self) -> int:
        """Which of the faces is the apex: nearest to the annotated one, else farthest in the flow from the first."""
        known = self.movement[0].apex
        if known:
            number = self.video.number(known)
            return int(np.abs(np.array(self.numbers) - number).argmin())
        return int(np.argmax(self.speeds))

    @property
    def opening(self) -> str:
        """The lines of Python that open the video and cut the clip; those of the chapters follow on them."""
        event = self.movement[0]
        apex = "" if event.apex is None else f", apex={event.apex}"
        return (
            "from baselines.datasets.cutting import cut_clip\n"
            "from baselines.datasets.manifest import read_videos\n"
            "from baselines.datasets.records import Event\n"
            "from baselines.faces.clips import aligned_faces, first_landmarks\n\n"
            f"video = read_videos({str(self.source)!r})[{self.index}]\n"
            f"clip = cut_clip(video, Event({event.onset}, {event.offset}{apex}), video.name)\n"
            f"faces = aligned_faces(clip, {SIZE})[::{self.step}]\n"
            f"points = first_landmarks(clip, {SIZE})"
        )


def pictures_at(video: Video, places: NDArray[np.intp]) -> list[NDArray[np.uint8]]:
    """Return the pictures of a video at some ascending indices."""
    frames = video.frames
    if len(frames) > READ_THROUGH:
        return [frames[int(place)] for place in places]
    wanted = {*places.tolist()}
    return [picture for index, picture in enumerate(frames) if index in wanted]


def shrunk(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture whose longer side is at most `SIDE` px."""
    scale = SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _as_event(interval: Interval) -> Event:
    return Event(interval.onset, interval.offset, interval.apex, interval.kind)
