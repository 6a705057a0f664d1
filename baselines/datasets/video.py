"""Frames of a video file, decoded by FFmpeg through PyAV.

What a file holds is told by its packets, not by its header: a picture for each that is to be shown, at the time that it
is to be shown. Headers of remuxed files, of cut copies, of what a browser recorded or a pipe wrote tell another number
or none.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from baselines.datasets.boxes import check_claims
from baselines.datasets.decoding import colours, deinterlaced, frames_of, luma, opened, packets_of, shape_of
from baselines.datasets.frames import Frames, Pixels, stamp_of
from baselines.errors import DataFault
from baselines.formats.marked import MOST_RATE

CLAIMED_TOO_MANY = 2  # pictures that sound files may claim beyond what they hold
FIRST_PACKETS = 32  # of a file that are decoded to see whether it can be, and whether each gives a picture
BACK = (0, 1, 4, 16)  # seconds before a key frame at which it is looked for: some containers lead past it
GRADUAL = ("h264", "hevc")  # codecs whose pictures may be whole only by the key frame after that where decoding begins


class Listing(NamedTuple):
    """What the packets of a video file tell.

    times: of each picture in units of `unit` seconds, ascending, None where the container does not tell all of them.
    keys: (place, time) of the pictures at which decoding can begin. claimed: how many pictures there are, and
    rates: how many in a second, by the header, as far as it tells. shape: (H, W) of the first that can be decoded.
    """

    count: int
    times: NDArray[np.int64] | None
    keys: list[tuple[int, int]]
    unit: float
    claimed: int
    rates: list[float]
    codec: str
    shape: tuple[int, int] = (0, 0)


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
        return (listing.times[self.start : self.stop : self._step] - listing.times[0]) * listing.unit

    def cut_off(self) -> int:
        """Return how many frames the header tells beyond those that the file holds, as where its end is lost."""
        listing = self._listing()
        beyond = listing.claimed - listing.count
        return beyond if beyond > CLAIMED_TOO_MANY else 0

    def _listing(self) -> Listing:
        return _listing(self.source, *self._stamp())

    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        wanted = self._indices(start, stop)
        for index, frame in _decoded(self.source, self._listing(), start):
            if index in wanted:
                yield index, luma(frame) if grey else colours(frame)
            if index >= stop - 1:
                return

    @property
    def shape(self) -> tuple[int, int]:
        return self._listing().shape

    def _stamp(self) -> Iterator[int]:
        yield from stamp_of(self.source)


@functools.lru_cache(maxsize=64)
def _listing(path: Path, size: int, modified: int) -> Listing:
    """Return what the packets of a file tell; of where one does not give one picture, the pictures themselves."""
    check_claims(path)
    with opened(path) as (container, stream):
        packets = [(p.pts, p.is_keyframe) for p in packets_of(container, stream) if p.size and not p.is_discard]
        told = [time for time, _ in packets if time is not None]
        rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate and rate <= MOST_RATE]
        unit, codec = float(stream.time_base or 0), stream.codec_context.name
        timed = len(told) == len(set(told)) == len(packets)
        times = np.sort(np.array(told, np.int64)) if timed else None
        claimed = _claimed(container, stream, times, (rates or [0])[0])
    keys = [(int(np.searchsorted(times, time)), time) for time, key in packets if key] if timed else []
    seen, shape = _first(path)
    if shape is None:
        raise DataFault(f"{path}: none of its pictures can be decoded (codec {codec}); copy or export the video again")
    found = Listing(len(packets), times, sorted(keys), unit, round(claimed), rates, codec, shape)
    return found if _agree(seen, times) else _by_decoding(path, found)


def _claimed(container: Any, stream: Any, times: NDArray[np.int64] | None, rate: float) -> float:
    """Return how many pictures there are by the header, 0 where it does not tell.

    What a list of edits leaves out of an MP4 file still counts among its pictures; an AVI file that was cut off tells
    how many it had, but not how long it was; Matroska tells how long it is, of one stream or of all.
    """
    unit = float(stream.time_base or 0)
    if container.format.name.startswith("mov"):
        return (stream.duration or 0) * unit * rate
    if not container.format.name.startswith("matroska") or times is None or len(times) < 2:
        return float(stream.frames)
    step = (times[-1] - times[0]) * unit / (len(times) - 1)
    whole = _seconds(stream.metadata.get("DURATION", ""))
    if whole is None and len(container.streams) == 1:
        whole = (container.duration or 0) / av.time_base
    if whole is None or np.diff(times).max() * unit > 2 * step:  # the last picture may be there for long
        return 0.0
    return len(times) + whole / step - (times[-1] * unit / step + 1)


def _seconds(text: str) -> float | None:
    """Return the seconds in a text such as 00:01:02.500000000."""
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds


def _first(path: Path) -> tuple[list[int | None], tuple[int, int] | None]:
    """Return the times of the pictures that the first packets give, and the shape of the first that any gives."""
    with opened(path) as (container, stream):
        packets = packets_of(container, stream)
        frames = [frame for packet in itertools.islice(packets, FIRST_PACKETS) for frame in frames_of(packet)]
        shown = frames[:1] or [*itertools.islice((frame for packet in packets for frame in frames_of(packet)), 1)]
        return [frame.pts for frame in frames or shown], shape_of(shown[0]) if shown else None


def _agree(seen: list[int | None], times: NDArray[np.int64] | None) -> bool:
    """Return whether the first pictures come in the order and at the times that packets tell, but for broken ones."""
    told = [time for time in seen if time is not None]
    if times is None or len(told) < len(seen) or any(a >= b for a, b in itertools.pairwise(told)):
        return False
    due = times[times <= told[-1]].tolist()
    # where a packet holds half a picture, no two packets that follow each other give one each
    return set(told) <= set(due) and (len(due) == 1 or any({a, b} <= set(told) for a, b in itertools.pairwise(due)))


def _by_decoding(path: Path, listing: Listing) -> Listing:
    """Return the listing of a file by the pictures in it: a packet holds half of one, or two, or has no true time."""
    with opened(path) as (container, stream):
        seen = [frame.pts for packet in packets_of(container, stream) for frame in frames_of(packet)]
    told = [time for time in seen if time is not None]
    ascending = len(told) == len(seen) and all(a < b for a, b in itertools.pairwise(told))
    times = np.array(told, np.int64) if ascending else None
    half = len(seen) <= 0.6 * listing.count  # of a picture in each packet; else what gives none is lost
    claimed = listing.claimed if half else max(listing.claimed, listing.count)
    return listing._replace(count=len(seen), times=times, keys=[], claimed=claimed)


def _rate(listing: Listing) -> float | None:
    """Return the pictures per second: of the rates by the header the first that times keep to, else the mean one."""
    times, rates = listing.times, listing.rates
    if times is None or len(times) < 2:
        return rates[0] if rates else None
    passed = (times - times[0]) * listing.unit
    for rate in rates:
        if np.abs(passed - np.arange(len(times)) / rate).max() < 0.5 / rate:
            return rate
    mean = float((len(times) - 1) / passed[-1]) if passed[-1] > 0 else 0.0
    return mean if 0 < mean <= MOST_RATE else None


def _decoded(path: Path, listing: Listing, start: int) -> Iterator[tuple[int, Any]]:
    """Yield (index, frame) of the pictures that can be decoded, from one at or before `start` on."""
    keys = [found for found in listing.keys if 0 < found[0] < start]
    if listing.codec in GRADUAL:
        keys = keys[:-1]
    if keys:
        key, time = keys[-1]
        with opened(path) as (container, stream):
            packets = _from_key(container, stream, time)
            if packets is not None:
                yield from deinterlaced(_placed(packets, listing.times, key))
                return
    with opened(path) as (container, stream):
        yield from deinterlaced(_placed(packets_of(container, stream), listing.times, 0))


def _from_key(container: Any, stream: Any, time: int) -> Iterator[Any] | None:
    """Return the packets from the key frame of a time on, None where seeking does not lead to it."""
    for seconds in BACK:
        try:
            container.seek(time - round(seconds / stream.time_base), stream=stream)
        except av.error.FFmpegError:
            continue
        packets = packets_of(container, stream)
        for packet in packets:
            if packet.is_keyframe and packet.pts is not None and packet.pts >= time:
                if packet.pts == time:
                    return itertools.chain([packet], packets)
                break
    return None


def _placed(packets: Iterable[Any], times: NDArray[np.int64] | None, first: int) -> Iterator[tuple[int, Any]]:
    """Yield (index, frame) of the pictures from `first` on that packets give; what comes before may be incomplete.

    Where times are known, a picture has the place of its time; one without a place, or whose place is taken, is none.
    """
    index = first - 1
    for packet in packets:
        for frame in frames_of(packet):
            place = index + 1 if times is None else _place(frame.pts, times)
            if place is not None and place > index:
                index = place
                if not frame.is_corrupt:
                    yield index, frame


def _place(time: int | None, times: NDArray[np.int64]) -> int | None:
    """Return where a time stands among ascending ones, None where it does not."""
    place = 0 if time is None else int(np.searchsorted(times, time))
    return place if place < len(times) and times[place] == time else None
