"""Whether a spotting method measures the same thing twice, which needs no label.

A stretch of real video that is played forth and back shows the same frames in every cycle, so every cycle must measure
the same motion. And a video that is encoded anew, mirrored, cropped by two rows, scaled, played backwards, short of a
frame, or a little noisier must give the intervals that it gave before.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.bench.implants import Piece
from baselines.datasets.frames import Frames, Pixels, toned
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Video
from baselines.identity import array_identity
from baselines.metrics.overlap import iou
from baselines.scoring.spotting import THRESHOLD, spotting_scores
from baselines.spotting.base import Interval, Spotter
from baselines.spotting.recipe import spotting_row
from baselines.spotting.regional.candidates import SWAPPED

CYCLES = 5  # a piece is played forth and back
SPAN = 0.3  # seconds over which motion is compared, the length of a micro-expression
LONGEST = 20.0  # seconds of a video that are looked at
NOISE, ROWS, SCALE = 2, 2, 0.9  # grey levels, cropped above and below, of the size
QUALITIES = (12, 18, 23, 28)  # of H.264, its CRF
Pictures = NDArray[np.uint8]  # (T, H, W) grey


class GreyFrames(Frames):
    """Frames of a (T, H, W) uint8 array of grey pictures in memory."""

    def __init__(self, pictures: Pictures, fps: float, source: str | Path) -> None:
        self.pictures, self.fps = pictures, fps
        super().__init__(source, range(1, len(pictures) + 1))

    @property
    def shape(self) -> tuple[int, int]:
        return self.pictures.shape[1], self.pictures.shape[2]

    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index in self._indices(start, stop):
            picture = self.pictures[index]
            yield index, picture if grey else np.repeat(picture[..., None], 3, axis=2)

    def _stamp(self) -> Iterator[Any]:
        yield array_identity(self.pictures)


@dataclass(frozen=True)
class Change:
    """What is done to the pictures of a video that changes no expression in it, and how its intervals get back.

    make: (pictures, fps) -> pictures. back: (interval, number of frames before) -> interval of the video as it was.
    """

    name: str
    make: Callable[[Pictures, float], Pictures]
    back: Callable[[Interval, int], Interval] = lambda interval, frames: interval


def encoded(pictures: Pictures, fps: float, quality: int) -> Pictures:
    """Return pictures after H.264 at a CRF."""
    height, width = (side // 2 * 2 for side in pictures.shape[1:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.mp4"
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream("libx264", rate=round(fps), options={"crf": str(quality)})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for picture in pictures[:, :height, :width]:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return np.stack(list(open_frames(path).in_grey()))


def _noisy(pictures: Pictures, _: float) -> Pictures:
    noise = np.random.default_rng(0).integers(-NOISE, NOISE + 1, pictures.shape, dtype=np.int16)
    return (pictures + noise).clip(0, 255).astype(np.uint8)


def _smaller(pictures: Pictures, _: float) -> Pictures:
    return np.stack([cv2.resize(p, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA) for p in pictures])


def _turned_round(interval: Interval, frames: int) -> Interval:
    onset, apex, offset = (frames + 1 - number for number in (interval.offset, interval.apex, interval.onset))
    return replace(interval, onset=onset, apex=apex, offset=offset)


def _mirrored(interval: Interval, _: int) -> Interval:
    return replace(interval, side=SWAPPED.get(interval.side, interval.side))


def _with_the_frame(interval: Interval, frames: int) -> Interval:
    """Return an interval of a video without its middle frame as one of the whole."""
    onset, apex, offset = (n + (n > frames // 2) for n in (interval.onset, interval.apex, interval.offset))
    return replace(interval, onset=onset, apex=apex, offset=offset)


CHANGES = (
    *(Change(f"H.264 CRF {quality}", partial(encoded, quality=quality)) for quality in QUALITIES),
    Change("mirrored", lambda pictures, _: np.ascontiguousarray(pictures[:, :, ::-1]), _mirrored),
    Change(f"{ROWS} rows less above and below", lambda pictures, _: pictures[:, ROWS:-ROWS]),
    Change(f"noise of {NOISE} levels", _noisy),
    Change(f"{SCALE:g} of the size", _smaller),
    Change("backwards", lambda pictures, _: np.ascontiguousarray(pictures[::-1]), _turned_round),
    Change("without its middle frame", lambda p, _: np.delete(p, len(p) // 2, axis=0), _with_the_frame),
)


def short(video: Video) -> GreyFrames:
    """Return the first LONGEST seconds of a video as grey pictures in memory."""
    frames = video.frames[: round(LONGEST * video.fps)].in_grey()
    return GreyFrames(np.stack(list(frames)), video.fps, video.frames.source)


def agreements(spotter: Spotter, video: Video) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return {change: (rows of the intervals of the video as it is, rows of those after the change)}."""
    frames = short(video)
    count = len(frames)

    def rows(intervals: list[Interval]) -> list[dict[str, Any]]:
        return [{**spotting_row(replace(video, frames=frames), each), "side": each.side} for each in intervals]

    before = rows(list(spotter.predict(frames, video.fps).intervals))
    found = {}
    for change in CHANGES:
        changed = GreyFrames(change.make(frames.pictures, video.fps), video.fps, f"{frames.source} ({change.name})")
        intervals = spotter.predict(changed, video.fps).intervals
        found[change.name] = before, rows([change.back(interval, count) for interval in intervals])
    return found


def agreement(pairs: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> tuple[float | None, int, int]:
    """Return (F1 of rows after a change against those before, at IoU .5, how many there were, how many there are)."""
    before, after = ([row for pair in pairs for row in pair[side]] for side in (0, 1))
    if not before and not after:
        return None, 0, 0
    return spotting_scores(before, after, resamples=0)["overall"]["f1"], len(before), len(after)


def same_side(pairs: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]) -> float | None:
    """Return the share of intervals that are found again, IoU at least .5, and then name the same side of the face.

    None when no such interval names a side.
    """
    same = [
        first["side"] == second["side"]
        for before, after in pairs
        for first in before
        for second in after
        if first["side"]
        and iou((first["onset"], first["offset"]), [(second["onset"], second["offset"])])[0] >= THRESHOLD
    ]
    return float(np.mean(same)) if same else None


def cycles(piece: Piece) -> GreyFrames:
    """Return a piece of a video played forth and back."""
    grey = np.stack([toned(picture, grey=True) for picture in piece.pictures])
    last = len(grey) - 1
    order = [last - abs(k % (2 * last) - last) for k in range(2 * last * CYCLES)]
    return GreyFrames(grey[order], piece.fps, piece.path)


def deviation(measured: NDArray[Any], period: int, fps: float) -> NDArray[np.float64]:
    """Return how far motion over SPAN seconds is from what most cycles measure, the 95th percentile of each part.

    measured: (T, P, 2) places; period: frames of a cycle. The first SPAN seconds are left out. NaN where a part is
    never seen.
    """
    span = max(1, round(SPAN * fps))
    motion = measured[span:] - measured[:-span]
    whole = motion[: len(motion) // period * period].reshape(-1, period, *motion.shape[1:]).astype(float)
    away = np.linalg.norm(whole - np.median(whole, axis=0), axis=-1)
    return np.nanpercentile(away, 95, axis=(0, 1))
