"""Pictures out of the packets of a video file: decoded by FFmpeg through PyAV, made whole, upright, grey or RGB."""

import contextlib
import functools
import itertools
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.filter
import cv2
import numpy as np
from av.video.reformatter import Interpolation

from baselines.datasets.frames import Pixels
from baselines.datasets.images import MAX_PIXELS
from baselines.errors import DataFault

# Such a file names others, and what it names is not looked at: a video is one file.
LISTS = {"hls", "applehttp", "concat", "concatf", "dash", "imf", "sdp", "image2", "image2pipe", "lavfi"}
FULL_RANGE = 2  # of `color_range`: black is 0 and white 255, else 16 and 235
TO_FULL = np.rint((np.arange(256) - 16.0) * 255 / 219).clip(0, 255).astype(np.uint8)
# Formats whose first plane is the luma, a byte a pixel; of others it is once they are DEEP.
LUMA = ("yuv4", "yuvj4", "nv", "yuva4", "gray")
DEEP = "yuv420p"
EXACT = (  # the same on every processor
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
)
MATRIX = "DISPLAYMATRIX"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Give (container, stream of pictures) of a file; `DataFault` for one without pictures that can be decoded."""
    options = {"protocol_whitelist": "file", "format_whitelist": _single_files()}
    try:
        container = av.open(f"file:{path}", options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        wanted = "expected a file such as .mp4, .avi or .mov"
        raise DataFault(f"{path}: not a readable video ({reason}); {wanted}") from None
    with container:
        stream = container.streams.best("video")
        if stream is None or stream.disposition & stream.disposition.attached_pic:  # the cover of a record
            raise DataFault(f"{path}: holds sound but no pictures; give a video")
        if stream.codec_context is None:
            raise DataFault(f"{path}: its codec is not known to FFmpeg; export the video as H.264 or FFV1")
        size = stream.codec_context.width, stream.codec_context.height
        if size[0] * size[1] > MAX_PIXELS:
            raise DataFault(
                f"{path}: {size[0]} x {size[1]} pixels; videos over {MAX_PIXELS} pixels a frame are refused"
            )
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # a later picture may be larger
        # with more, what a damaged packet takes along depends on how many there are
        stream.codec_context.thread_count = 1
        yield container, stream


@functools.cache
def _single_files() -> str:
    """Return the names of the formats of which a file holds its pictures itself."""
    return ",".join(sorted(av.formats_available - LISTS))


def packets_of(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream, the empty one at the end too; where they cannot be told apart, they end."""
    with contextlib.suppress(av.error.FFmpegError):
        yield from container.demux(stream)


def frames_of(packet: Any) -> list[Any]:
    """Return the pictures that come out of the decoder when a packet goes in."""
    try:
        found: list[Any] = packet.decode()
    except av.error.FFmpegError:
        return []
    return found


def deinterlaced(pictures: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield the same (index, picture), those that are two fields made whole with what comes before and after them."""
    for index, frame in pictures:
        if frame.interlaced_frame:
            yield from _filtered(itertools.chain([(index, frame)], pictures), frame)
            return
        yield index, frame


def _filtered(pictures: Iterator[tuple[int, Any]], first: Any) -> Iterator[tuple[int, Any]]:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base or 1
    )
    weave, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(weave)
    weave.link_to(sink)
    graph.configure()
    waiting: deque[int] = deque()
    for index, frame in pictures:
        if _kind(frame) != _kind(first):  # the filter takes one size only
            rest = itertools.chain([(index, frame)], pictures)
            break
        waiting.append(index)
        source.push(frame)
        yield from _pulled(sink, waiting)
    else:
        rest = iter(())
    source.push(None)
    yield from _pulled(sink, waiting)
    yield from deinterlaced(rest)


def _kind(frame: Any) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def _pulled(sink: Any, waiting: deque[int]) -> Iterator[tuple[int, Any]]:
    """Yield what a filter has ready, under the indices that wait for it."""
    with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            found = sink.pull()
            yield waiting.popleft(), found


def luma(frame: Any) -> Pixels:
    """Return the luma (H, W) of a picture at full range, upright."""
    if frame.format.name.startswith(("rgb", "bgr", "gbr", "pal", "argb", "abgr")):
        return np.asarray(cv2.cvtColor(colours(frame), cv2.COLOR_RGB2GRAY), np.uint8)
    turned = _turn(frame)
    if not frame.format.name.startswith(LUMA) or frame.format.components[0].bits > 8:
        frame = frame.reformat(format=DEEP, interpolation=EXACT, threads=1)
    plane = frame.planes[0]
    grey = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith(("yuvj", "gray"))
    return _turned(grey.copy() if full else np.asarray(cv2.LUT(np.ascontiguousarray(grey), TO_FULL), np.uint8), turned)


def colours(frame: Any) -> Pixels:
    """Return a picture as (H, W, 3) RGB, upright."""
    turned = _turn(frame)
    rgb = frame.reformat(format="rgb24", interpolation=EXACT, threads=1).to_ndarray()
    return _turned(np.asarray(rgb, np.uint8), turned)


def shape_of(frame: Any) -> tuple[int, int]:
    """Return the (H, W) that a picture has upright."""
    a, b, c, d = _turn(frame)
    return (frame.width, frame.height) if _is_on_its_side(a, b, c, d) else (frame.height, frame.width)


def _is_on_its_side(a: int, b: int, c: int, d: int) -> bool:
    return abs(a) + abs(d) < abs(b) + abs(c)


def _turn(frame: Any) -> tuple[int, int, int, int]:
    """Return a, b, c, d of the matrix by which a file says its pictures are shown: x to ax + cy, y to bx + dy."""
    data = frame.side_data.get(MATRIX)
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
    return a, b, c, d


def _turned(picture: Pixels, turn: tuple[int, int, int, int]) -> Pixels:
    """Return a picture as a matrix says, to the nearest quarter of a turn, mirrored or not."""
    a, b, c, d = turn
    if _is_on_its_side(a, b, c, d):
        picture, a, d = picture.swapaxes(0, 1), c, b
    if a < 0:
        picture = picture[:, ::-1]
    if d < 0:
        picture = picture[::-1]
    return np.ascontiguousarray(picture)
