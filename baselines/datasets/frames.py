"""Frames of a folder of numbered images, of an array, or of a video file (`video`), read lazily, one at a time.

A `Frames` object is cheap to make, pickle and slice; a slice is again a `Frames`, nothing is read
until frames are asked for, and iteration holds one frame at a time.
"""

import bisect
import hashlib
import itertools
import os
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Self, overload

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.datasets.images import numbered, read_image
from baselines.errors import DataFault, InputError
from baselines.identity import array_identity, depends_on

HOLE = 0.25  # seconds; of frames in a row that cannot be read, those up to this are stood in for
HOLE_FRAMES = 5  # the same, but for so many frames at least, and where the rate is not known
MOST_BROKEN = 0.1  # share of the frames read that may be stood in for
STEADY = 0.95  # share of the steps between numbers from which on the others are gaps
Pixels = NDArray[np.uint8]


class BrokenFrames(DataFault):
    """Too many frames of a source cannot be read."""


class Frames(ABC):
    """A lazy sequence of (H, W, 3) uint8 RGB frames with known source, length and file numbers.

    A frame that cannot be read is stood in for by the one before it (the next one at the start), so that the others
    keep their place in time; many of them raise `BrokenFrames`.

    `fps`: frames per second, None where the source does not tell. `undecoded`: numbers of the frames met so far that
    could not be read. `absent`: numbers that the source leaves out; the frame before stands in for them, too.
    """

    fps: float | None = None
    absent: AbstractSet[int] = frozenset()

    def __init__(self, source: str | Path, numbers: Sequence[int]) -> None:
        self.source, self._numbers = Path(source), numbers
        self.start, self.stop = 0, len(numbers)
        self.undecoded: set[int] = set()
        self._faults: dict[int, str] = {}  # index -> what is wrong with the frame
        self._grey = False

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, key: slice) -> Self: ...

    @overload
    def __getitem__(self, key: int) -> Pixels: ...

    def __getitem__(self, key: slice | int) -> Self | Pixels:
        """A slice gives a lazy view, a number gives one (H, W, 3) uint8 frame."""
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step != 1:
                raise IndexError("frames are sliced with step 1")
            return self._view(start=self.start + start, stop=self.start + max(start, stop))
        index = range(len(self))[key]
        return next(self._read(self.start + index, self.start + index + 1))

    def whole(self) -> Self:
        """Return all frames of the source that these are of."""
        return self._view(start=0, stop=len(self._numbers))

    def in_grey(self) -> Self:
        """Return the same frames as (H, W) uint8 luma at full range: that of the video, of pictures by BT.601."""
        return self._view(_grey=True)

    def _view(self, **changed: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changed)
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

    def cut_off(self) -> int:
        """Return how many frames the source is known to have lost at its end."""
        return 0

    def seconds(self) -> NDArray[np.float64]:
        """Return when each frame is shown, from 0 at the first of the source; by its number where nothing tells."""
        return np.arange(self.start, self.stop) / (self.fps or 1.0)

    def __iter__(self) -> Iterator[Pixels]:
        return self._read(self.start, self.stop)

    def _read(self, start: int, stop: int) -> Iterator[Pixels]:
        """Yield the frames with source indices start..stop-1 in order."""
        before: Pixels | None = None
        due = start
        for index, picture in self._sound(start, stop):
            if index > due and before is None and start > 0:
                before = self._last_before(start)
            yield from self._stood_in(due, index, start, picture if before is None else before)
            yield picture
            before, due = picture, index + 1
        if due < stop:
            before = self._last_before(start) if before is None and start > 0 else before
            if before is None:
                raise BrokenFrames(self._told(due, stop))
            yield from self._stood_in(due, stop, start, before)

    def _sound(self, start: int, stop: int) -> Iterator[tuple[int, Pixels]]:
        """Yield (index, picture) of the frames that can be read and have the size of the first of them."""
        shape = None
        for index, picture in itertools.takewhile(lambda found: found[0] < stop, self._pictures(start, self._grey)):
            if shape is None or picture.shape == shape:
                shape = picture.shape
                yield index, picture
            else:
                self._faults[index] = (
                    f"{self._name(index)}: {picture.shape[1]} x {picture.shape[0]} pixels, the frames before have "
                    f"{shape[1]} x {shape[0]}; give all frames of a folder one size"
                )

    def _last_before(self, start: int) -> Pixels | None:
        """Return the last frame before `start` that can be read, of those that may stand in for it."""
        found = deque(self._sound(max(0, start - self._longest()), start), maxlen=1)
        return found[0][1] if found else None

    def _stood_in(self, first: int, stop: int, start: int, picture: Pixels) -> Iterator[Pixels]:
        """Yield a picture in the place of frames first..stop-1, none of which can be read."""
        broken = [index for index in range(first, stop) if self._numbers[index] not in self.absent]
        many = len(self.undecoded) > HOLE_FRAMES and len(self.undecoded) > MOST_BROKEN * (stop - start)
        if len(broken) > self._longest() or (broken and many):
            raise BrokenFrames(self._told(broken[0], broken[-1] + 1))
        self.undecoded.update(self._numbers[index] for index in broken)
        yield from itertools.repeat(picture, stop - first)

    def _longest(self) -> int:
        """Return how many frames in a row are stood in for."""
        return max(HOLE_FRAMES, round(HOLE * (self.fps or 0)))

    def _told(self, first: int, stop: int) -> str:
        """Return what is wrong with frames first..stop-1."""
        here = self._numbers[first] if stop == first + 1 else f"{self._numbers[first]}-{self._numbers[stop - 1]}"
        why = self._faults.get(first, f"{self.source}: cannot be decoded; copy the video again")
        return f"{why} (frames {here}; up to {self._longest()} in a row and {MOST_BROKEN:.0%} of all are bridged)"

    def _name(self, index: int) -> Path:
        """Return what to call a frame in messages."""
        return self.source / f"frame {self._numbers[index]}"

    @abstractmethod
    def _pictures(self, start: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        """Yield (index, picture) of the frames from source index `start` on that can be read, in order.

        A picture is (H, W, 3) RGB, or (H, W) where it is to be grey. Why a frame cannot be read goes to `_faults`.
        """

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


def stamp_of(path: Path) -> tuple[int, int]:
    """Return size and time of a file; `DataFault` where it is gone."""
    try:
        stat = os.stat(path)
    except OSError as error:
        raise DataFault(f"{path}: cannot be read ({error.strerror})") from None
    return stat.st_size, stat.st_mtime_ns


def toned(picture: Pixels, grey: bool) -> Pixels:
    """Return an RGB picture, or its grey one."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8) if grey else picture


class ImageFrames(Frames):
    """Frames of a folder of numbered images, in the order of their numbers.

    An image's number is the last one in its name, or what the one group of `pattern` (a compiled regular expression,
    searched in the file name) holds; files without it are no frames. Opening lists the names and looks into no file.
    Where the numbers go up evenly, those left out are `absent` and keep their place.
    """

    def __init__(self, folder: str | Path, pattern: re.Pattern[str] | None = None) -> None:
        try:
            names = os.listdir(folder)
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; expected a folder of numbered images") from None
        numbers, listed = numbered(names, pattern)
        if not numbers:
            raise DataFault(f"{folder}: no numbered images; expected files such as img001.jpg")
        if len(set(numbers)) < len(numbers):
            twice = next(k for k in range(1, len(numbers)) if numbers[k] == numbers[k - 1])
            a, b = listed[twice - 1 : twice + 1]
            raise InputError(f"{folder}: {a} and {b} both have number {numbers[twice]}; keep one")
        every = _evenly(numbers)
        self.names: Sequence[str | None] = listed
        if len(every) > len(numbers):
            by_number = dict(zip(numbers, listed))
            self.names = [by_number.get(number) for number in every]
            self.absent = frozenset(every) - by_number.keys()
        super().__init__(folder, every)

    def _pictures(self, start: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index in range(start, self.stop):
            name = self.names[index]
            if name is None:
                continue
            try:
                picture = read_image(self.source / name)
            except InputError as error:
                self._faults[index] = str(error)
                continue
            yield index, toned(picture, grey)

    def _name(self, index: int) -> Path:
        return self.source / (self.names[index] or "")

    def _stamp(self) -> Iterator[int]:
        for name in self.names[self.start : self.stop]:
            if name is not None:
                yield from stamp_of(self.source / name)


def _evenly(numbers: list[int]) -> Sequence[int]:
    """Return ascending numbers with those that are left out, if nearly all have the same step and the rest fits it."""
    steps = np.diff(numbers)
    if len(steps) < 2 or (steps == steps[0]).all():
        return numbers
    step = int(np.median(steps))
    rest = steps[steps != step]
    if (steps == step).mean() < STEADY or (rest % step).any() or (numbers[-1] - numbers[0]) // step > 2 * len(numbers):
        return numbers
    return range(numbers[0], numbers[-1] + 1, step)


class ArrayFrames(Frames):
    """Frames of a (T, H, W, 3) uint8 array in memory."""

    def __init__(self, array: NDArray[np.uint8], source: str | Path = "array") -> None:
        self.array = array
        super().__init__(source, range(1, len(array) + 1))

    def _pictures(self, start: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index, picture in enumerate(self.array[start:], start):
            yield index, toned(picture, grey)

    def _stamp(self) -> Iterator[str]:
        yield array_identity(self.array)


class UnreadFrames(Frames):
    """Frames of a source that cannot be opened: there are as many as is known, and to read one raises `DataFault`."""

    def __init__(self, source: str | Path, count: int, why: str) -> None:
        self.why = why
        super().__init__(source, range(1, count + 1))

    def _pictures(self, start: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        raise DataFault(self.why)

    def _stamp(self) -> Iterator[str]:
        yield self.why
