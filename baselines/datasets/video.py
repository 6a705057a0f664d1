"""Frames of a video file, decoded by FFmpeg through PyAV.

What a file holds is told by its packets, not by its header: a picture for each that is to be shown, at the time that it
is to be shown. Headers of remuxed files, of cut copies, of what a browser recorded or a pipe wrote tell another number
or none.
"""

import contextlib
import functools
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import av.filter
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from baselines.datasets.frames import Frames, Pixels, stamp_of
from baselines.errors import DataFault

LOCAL = {"protocol_whitelist": "file"}  # a file that names others, as play lists do, reaches nothing else
CLAIMED_TOO_MANY = 2  # pictures that sound files may claim beyond what they hold
FIRST_PACKETS = 32  # of a file that are decoded to see whether it can be, and whether each gives a picture
GRADUAL = ("h264", "hevc")  # codecs whose pictures may be whole only by the key frame after that where decoding begins
FULL_RANGE = 2  # of `color_range`: black is 0 and white 255, else 16 and 235
TO_FULL = np.rint((np.arange(256) - 16.0) * 255 / 219).clip(0, 255).astype(np.uint8)
# Formats whose first plane is the luma, a byte a pixel; of others it is once they are DEEP.
LUMA = ("yuv4", "yuvj4", "nv", "yuva4", "gray")
DEEP = "yuv420p"
EXACT = (  # the same on every processor
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
)


class Listing(NamedTuple):
    """What the packets of a video file tell.

    times: of each picture in units of `unit` seconds, ascending, None where the container does not tell all of them.
    keys: (place, time) of the pictures at which decoding can begin. claimed: how many pictures there are, and
    rates: how many in a second, by the header, as far as it tells.
    """

    count: int
    times: NDArray[np.int64] | None
    keys: list[tuple[int, int]]
    unit: float
    claimed: int
    rates: list[float]
    codec: str


class VideoFrames(Frames):
    """Frames of a video file, decoded in order.

    Frame k of a range is frame k of the whole: decoding begins at a key frame before the range, and pictures are told
    by their times. Interlaced pictures become whole ones, as many as before, and turned ones upright. Where a container
    tells no times, ranges are decoded from the start.
    """

    def __init__(self, path: str | Path) -> None:
        self.source = Path(path)
        listing = self._listing()
        super().__init__(path, range(1, listing.count + 1))
        self.fps = _rate(listing)

    def is_variable_rate(self) -> bool:
        """Return whether some frame lies more than a frame away from where a constant rate would have it.

        `fps` is then the mean rate: frame numbers still count frames, but are no measure of time.
        """
        times = self._listing().times
        if times is None or len(times) < 3:
            return False
        steady = np.linspace(times[0], times[-1], len(times))
        return bool(np.abs(times - steady).max() > steady[1] - steady[0])

    def seconds(self) -> NDArray[np.float64]:
        """Return when each frame is shown, from 0 at the first of the source."""
        listing = self._listing()
        if listing.times is None:
            return super().seconds()
        return (listing.times[self.start : self.stop] - listing.times[0]) * listing.unit

    def cut_off(self) -> int:
        """Return how many frames the header tells beyond those that the file holds, as where its end is lost."""
        listing = self._listing()
        beyond = listing.claimed - listing.count
        return beyond if beyond > CLAIMED_TOO_MANY else 0

    def _listing(self) -> Listing:
        return _listing(self.source, *self._stamp())

    def _pictures(self, start: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index, frame in _decoded(self.source, self._listing(), start):
            if index >= start:
                yield index, _upright(_luma(frame) if grey else _colours(frame), frame.rotation)

    def _stamp(self) -> Iterator[int]:
        yield from stamp_of(self.source)


@functools.lru_cache(maxsize=64)
def _listing(path: Path, size: int, modified: int) -> Listing:
    """Return what the packets of a file tell; of where one does not give one picture, the pictures themselves."""
    with _opened(path) as (container, stream):
        packets = [(p.pts, p.is_keyframe) for p in _packets(container, stream) if p.size and not p.is_discard]
        told = [time for time, _ in packets if time is not None]
        rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
        unit, codec = float(stream.time_base or 0), stream.codec_context.name
        # what a list of edits leaves out of an MP4 file still counts among its pictures; an AVI file that was cut off
        # tells how many it had, but not how long it was
        edited = container.format.name.startswith("mov")
        claimed = (stream.duration or 0) * unit * (rates or [0])[0] if edited else stream.frames
    timed = len(told) == len(set(told)) == len(packets)
    times = np.sort(np.array(told, np.int64)) if timed else None
    keys = [(int(np.searchsorted(times, time)), time) for time, key in packets if key] if timed else []
    found = Listing(len(packets), times, sorted(keys), unit, round(claimed), rates, codec)
    seen = _first(path)
    if not seen:
        raise DataFault(f"{path}: none of its pictures can be decoded (codec {codec}); copy or export the video again")
    return found if _agree(seen, found) else _by_decoding(path, found)


def _first(path: Path) -> list[int | None]:
    """Return the times of the pictures that the first packets give."""
    with _opened(path) as (container, stream):
        first = itertools.islice(_packets(container, stream), FIRST_PACKETS)
        seen = [frame.pts for packet in first for frame in _frames_of(packet)]
        return seen or [frame.pts for frame in itertools.islice(_all_frames(container, stream), 1)]


def _agree(seen: list[int | None], listing: Listing) -> bool:
    """Return whether the first pictures are those that packets tell, but for some that are broken."""
    if listing.times is None:
        return False
    last = max((time for time in seen if time is not None), default=-1)
    due = set(listing.times[listing.times <= last].tolist())
    return set(seen) <= due and len(seen) >= len(due) * 3 / 4


def _by_decoding(path: Path, listing: Listing) -> Listing:
    """Return the listing of a file by the pictures in it: a packet holds half of one, or two, or has no time."""
    with _opened(path) as (container, stream):
        times = [frame.pts for frame in _all_frames(container, stream)]
    told = [time for time in times if time is not None]
    ascending = len(told) == len(times) and all(a < b for a, b in itertools.pairwise(told))
    return listing._replace(count=len(times), times=np.array(told, np.int64) if ascending else None, keys=[])


def _rate(listing: Listing) -> float | None:
    """Return the pictures per second: of the rates by the header the first that times keep to, else the mean one."""
    times, rates = listing.times, listing.rates
    if times is None or len(times) < 2:
        return rates[0] if rates else None
    passed = (times - times[0]) * listing.unit
    for rate in rates:
        if np.abs(passed - np.arange(len(times)) / rate).max() < 0.5 / rate:
            return rate
    return float((len(times) - 1) / passed[-1]) if passed[-1] > 0 else None


def _decoded(path: Path, listing: Listing, start: int) -> Iterator[tuple[int, Any]]:
    """Yield (index, frame) of the pictures that can be decoded, from one at or before `start` on."""
    keys = [(0, None), *(found for found in listing.keys if 0 < found[0] < start)]
    if listing.codec in GRADUAL:
        keys = keys[:1] + keys[1:-1]
    for key, time in reversed(keys):
        with _opened(path) as (container, stream):
            packets = _packets(container, stream) if time is None else _from_key(container, stream, time)
            if packets is None:
                continue
            yield from _deinterlaced(_placed(packets, listing.times, key))
            return


def _from_key(container: Any, stream: Any, time: int) -> Iterator[Any] | None:
    """Return the packets from the key frame of a time on, None where seeking does not lead to it."""
    try:
        container.seek(time, stream=stream)
    except av.error.FFmpegError:
        return None
    packets = _packets(container, stream)
    for packet in packets:
        if packet.is_keyframe and packet.pts is not None and packet.pts >= time:
            return itertools.chain([packet], packets) if packet.pts == time else None
    return None


def _placed(packets: Iterable[Any], times: NDArray[np.int64] | None, first: int) -> Iterator[tuple[int, Any]]:
    """Yield (index, frame) of the pictures from `first` on that packets give; what comes before may be incomplete."""
    index = first - 1
    for packet in packets:
        for frame in _frames_of(packet):
            known = -1 if times is None or frame.pts is None else int(np.searchsorted(times, frame.pts))
            if 0 <= known < first:
                continue
            index = max(index + 1, known)
            if not frame.is_corrupt:
                yield index, frame


def _deinterlaced(pictures: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield the same pictures, those that are two fields made whole with what comes before and after them."""
    for index, frame in pictures:
        if frame.interlaced_frame:
            yield from _filtered(itertools.chain([(index, frame)], pictures), frame)
            return
        yield index, frame


def _filtered(pictures: Iterable[tuple[int, Any]], first: Any) -> Iterator[tuple[int, Any]]:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base or 1
    )
    weave, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(weave)
    weave.link_to(sink)
    graph.configure()
    waiting: deque[int] = deque()
    for index, frame in itertools.chain(pictures, [(None, None)]):
        if index is not None:
            waiting.append(index)
        source.push(frame)
        while (found := _pulled(sink)) is not None:
            yield waiting.popleft(), found


def _pulled(sink: Any) -> Any:
    try:
        return sink.pull()
    except (av.error.BlockingIOError, av.error.EOFError):
        return None


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream, the empty one at the end too; where they cannot be told apart, they end."""
    with contextlib.suppress(av.error.FFmpegError):
        yield from container.demux(stream)


def _all_frames(container: Any, stream: Any) -> Iterator[Any]:
    for packet in _packets(container, stream):
        yield from _frames_of(packet)


def _frames_of(packet: Any) -> list[Any]:
    try:
        found: list[Any] = packet.decode()
    except av.error.FFmpegError:
        return []
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Give (container, stream of pictures) of a file."""
    try:
        container = av.open(f"file:{path}", options=LOCAL)
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        wanted = "expected a file such as .mp4, .avi or .mov"
        raise DataFault(f"{path}: not a readable video ({reason}); {wanted}") from None
    with container:
        stream = container.streams.best("video")
        if stream is None:
            raise DataFault(f"{path}: holds sound but no pictures; give a video")
        if stream.codec_context is None:
            raise DataFault(f"{path}: its codec is not known to FFmpeg; export the video as H.264 or FFV1")
        # as many threads as OpenCV may use: one inside a worker
        stream.codec_context.thread_count = max(1, cv2.getNumThreads())
        stream.codec_context.thread_type = "AUTO"
        yield container, stream


def _luma(frame: Any) -> Pixels:
    """Return the luma (H, W) of a picture at full range."""
    if frame.format.name.startswith(("rgb", "bgr", "gbr", "pal", "argb", "abgr")):
        return np.asarray(cv2.cvtColor(_colours(frame), cv2.COLOR_RGB2GRAY), np.uint8)
    if not frame.format.name.startswith(LUMA) or frame.format.components[0].bits > 8:
        frame = frame.reformat(format=DEEP, interpolation=EXACT, threads=1)
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith(("yuvj", "gray"))
    return luma.copy() if full else np.asarray(cv2.LUT(np.ascontiguousarray(luma), TO_FULL), np.uint8)


def _colours(frame: Any) -> Pixels:
    return np.asarray(frame.reformat(format="rgb24", interpolation=EXACT, threads=1).to_ndarray(), np.uint8)


def _upright(picture: Pixels, degrees: int) -> Pixels:
    """Return a picture turned as its file says, counter-clockwise."""
    return np.ascontiguousarray(np.rot90(picture, round(degrees / 90))) if degrees else picture
