"""Frames of a video file or of a folder of numbered images, read lazily, one at a time.

A `Frames` object is cheap to make, pickle and slice; a slice is again a `Frames`, nothing is read
until frames are asked for, and iteration holds one frame at a time.
"""

import bisect
import functools
import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Self, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.datasets.images import numbered, read_image
from baselines.errors import InputError
from baselines.identity import array_identity, depends_on

VIDEO_SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"}
FIRST_TRIES = 10  # packets that may be broken before the first frame of a video
LONGEST_HOLE = 1000  # broken packets in a row after which a video counts as ended
ERRORS = 2  # level of what OpenCV logs


class Frames(ABC):
    """A lazy sequence of (H, W, 3) uint8 RGB frames with known source, length and file numbers.

    `fps`: frames per second, None where the source does not tell.
    `undecoded`: numbers of the frames met so far that could not be decoded and were stood in for.
    """

    fps: float | None = None
    undecoded: AbstractSet[int] = frozenset()

    def __init__(self, source: str | Path, numbers: Sequence[int]) -> None:
        self.source, self._numbers = Path(source), numbers
        self.start, self.stop = 0, len(numbers)

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, key: slice) -> Self: ...

    @overload
    def __getitem__(self, key: int) -> NDArray[np.uint8]: ...

    def __getitem__(self, key: slice | int) -> Self | NDArray[np.uint8]:
        """A slice gives a lazy view, a number gives one (H, W, 3) uint8 frame."""
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step != 1:
                raise IndexError("frames are sliced with step 1")
            view = object.__new__(type(self))
            view.__dict__.update(self.__dict__, start=self.start + start, stop=self.start + max(start, stop))
            return view
        index = range(len(self))[key]
        return next(self._read(self.start + index, self.start + index + 1))

    def whole(self) -> Self:
        """Return all frames of the source that these are of."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, start=0, stop=len(self._numbers))
        return view

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers that the frames have in their source, ascending: of image files those in the names, else 1..n."""
        return self._numbers[self.start : self.stop]

    def position(self, number: int) -> int | None:
        """Return the 1-based position here of the frame with this number in the source, None when it is not here."""
        index = bisect.bisect_left(self._numbers, number, self.start, self.stop)
        return index - self.start + 1 if index < self.stop and self._numbers[index] == number else None

    def is_variable_rate(self) -> bool:
        """Return whether the frames are known not to be equally spaced in time."""
        return False

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return self._read(self.start, self.stop)

    @abstractmethod
    def _read(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames with source indices start..stop-1 in order."""

    @abstractmethod
    def _stamp(self) -> Iterator[Any]:
        """Yield what changes when the content of the source changes."""

    def identity(self) -> str:
        """Return a short text that changes when the frames, their range or the code that decodes them change.

        Frames are told by size and time of their files, the code by the module of this class and what it imports.
        """
        code = depends_on(type(self).__module__)["code"]
        digest = hashlib.blake2b(digest_size=12)
        for part in (code, *self._stamp(), self.start, self.stop):
            digest.update(f"{part}\0".encode())
        return digest.hexdigest()


class VideoFrames(Frames):
    """Frames of a video file, decoded in order.

    Frames are told by their presentation times, which the container lists without decoding: OpenCV's seeking counts
    frames as time x mean rate and misses by several frames where the rate varies. A range is reached by seeking to
    before it and decoding forward, so frame k of a range is frame k of the whole. A frame that cannot be decoded is
    stood in for by the one before it (the next one at the start), so the numbers of the others stay, and its number
    is put in `undecoded`. Where a container has no usable times, ranges are decoded from the start.
    """

    undecoded: set[int]

    def __init__(self, path: str | Path) -> None:
        capture = _open(path)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        fps = capture.get(cv2.CAP_PROP_FPS)
        tries = next((k for k in range(FIRST_TRIES) if capture.grab()), None)
        readable = tries is not None
        self._first_time = capture.get(cv2.CAP_PROP_POS_MSEC) if tries == 0 else None  # None: the first is broken
        capture.release()
        if not readable or count < 1:
            raise InputError(
                f"{path}: not a readable video; expected a file such as .mp4, .avi or .mov with at least one frame"
            )
        self.fps = float(fps) if np.isfinite(fps) and fps > 0 else None
        super().__init__(path, range(1, count + 1))
        self.undecoded = set()

    def is_variable_rate(self) -> bool:
        """Return whether some frame lies more than a frame away from where a constant rate would have it.

        `fps` is then the mean rate: frame numbers still count frames, but are no measure of time.
        """
        times = self._times()
        if times is None or len(times) < 3:
            return False
        steady = np.linspace(times[0], times[-1], len(times))
        return bool(np.abs(times - steady).max() > steady[1] - steady[0])

    def _times(self) -> NDArray[np.float64] | None:
        """Return the presentation time of each frame in ms, or None when the container's times cannot be used."""
        times = _packet_times(self.source, *self._stamp())
        ascending = len(times) > 0 and np.diff(times).min(initial=np.inf) > 0
        agree = ascending and self._first_time in (None, times[0])
        return times if agree and len(times) < 1.5 * len(self._numbers) else None

    def _read(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        before, due = None, start
        for index, frame in self._decoded(start):
            if index >= start:
                stand_in = frame if before is None else before
                for missing in range(due, min(index, stop)):
                    self.undecoded.add(missing + 1)
                    yield stand_in
                if index >= stop:
                    return
                yield frame
                due = index + 1
                if due == stop:
                    return
            before = frame

    def _decoded(self, start: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (index, RGB frame) of the frames that can be decoded, from one before `start` on where there is one."""
        times = self._times()
        capture, grabbed = self._land(start, times)
        index, failures = -1, 0
        try:
            while failures < LONGEST_HOLE:
                if grabbed:
                    known = -1 if times is None else _nearest(times, capture.get(cv2.CAP_PROP_POS_MSEC))
                    index = max(index + 1, known)
                    readable, frame = capture.retrieve()
                    if readable:
                        yield index, np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
                failures = 0 if grabbed else failures + 1
                grabbed = capture.grab()
        finally:
            capture.release()

    def _land(self, start: int, times: NDArray[np.float64] | None) -> tuple[cv2.VideoCapture, bool]:
        """Return an open capture that has grabbed a frame before `start`, and whether it has."""
        capture = _open(self.source)
        if times is None or not self.fps or start >= len(times):
            return capture, capture.grab()
        target = (times[start] - times[0]) / 1000 * self.fps - 1
        for back in (0, 16, 128):
            if target - back <= 0:
                break
            capture.set(cv2.CAP_PROP_POS_FRAMES, int(target - back))
            if capture.grab() and _nearest(times, capture.get(cv2.CAP_PROP_POS_MSEC)) < start:
                return capture, True
        capture.release()
        capture = _open(self.source)
        return capture, capture.grab()

    def _stamp(self) -> Iterator[int]:
        stat = self.source.stat()
        yield from (stat.st_size, stat.st_mtime_ns)


def _open(path: str | Path) -> cv2.VideoCapture:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken file is our message, not ffmpeg's
    getattr(cv2.utils, "logging", cv2).setLogLevel(ERRORS)  # until OpenCV 5 the function stood in cv2 itself
    # decode with as many threads as OpenCV may use: one inside a worker
    return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, max(1, cv2.getNumThreads())])


@functools.lru_cache(maxsize=16)
def _packet_times(path: Path, size: int, modified: int) -> NDArray[np.float64]:
    """Return the presentation times that a video file lists, ascending, in ms; nothing is decoded."""
    capture = _open(path)
    capture.set(cv2.CAP_PROP_FORMAT, -1)  # packets as they are
    times = []
    while capture.grab():
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    capture.release()
    return np.sort(times)


def _nearest(times: NDArray[np.float64], time: float) -> int:
    """Return the index of the entry of an ascending array nearest to a time."""
    after = int(np.searchsorted(times, time))
    if after == 0 or after == len(times):
        return max(0, after - 1)
    return after if times[after] - time < time - times[after - 1] else after - 1


class ImageFrames(Frames):
    """Frames of a folder of numbered images, in the order of their numbers.

    An image's number is the last one in its name, or what the one group of `pattern` (a compiled regular expression,
    searched in the file name) holds; files without it are no frames. Opening lists the names and looks into no file.
    """

    def __init__(self, folder: str | Path, pattern: re.Pattern[str] | None = None) -> None:
        try:
            names = os.listdir(folder)
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; expected a folder of numbered images") from None
        numbers, self.names = numbered(names, pattern)
        if not numbers:
            raise InputError(f"{folder}: no numbered images; expected files such as img001.jpg")
        if len(set(numbers)) < len(numbers):
            twice = next(k for k in range(1, len(numbers)) if numbers[k] == numbers[k - 1])
            a, b = self.names[twice - 1 : twice + 1]
            raise InputError(f"{folder}: {a} and {b} both have number {numbers[twice]}; keep one")
        super().__init__(folder, numbers)

    def _read(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        shape = None
        for name in self.names[start:stop]:
            frame = read_image(self.source / name)
            if shape is not None and frame.shape != shape:
                raise InputError(
                    f"{self.source / name}: {frame.shape[1]} x {frame.shape[0]} pixels, the frame before has "
                    f"{shape[1]} x {shape[0]}; give all frames of a folder one size"
                )
            shape = frame.shape
            yield frame

    def _stamp(self) -> Iterator[int]:
        for name in self.names[self.start : self.stop]:
            stat = os.stat(self.source / name)
            yield stat.st_size
            yield stat.st_mtime_ns


class ArrayFrames(Frames):
    """Frames of a (T, H, W, 3) uint8 array in memory."""

    def __init__(self, array: NDArray[np.uint8], source: str | Path = "array") -> None:
        self.array = array
        super().__init__(source, range(1, len(array) + 1))

    def _read(self, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        yield from self.array[start:stop]

    def _stamp(self) -> Iterator[str]:
        yield array_identity(self.array)


def open_frames(path: str | Path) -> Frames:
    """Return the `Frames` of a video file or a folder of numbered images."""
    path = Path(path)
    if path.is_dir():
        return ImageFrames(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; copy it again")
    return VideoFrames(path)
