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

from baselines.datasets.images import image_shape, numbered, read_image, smaller_side
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
    `landmarks_from`: the file whose landmarks the frames carry, None where the face is to be looked for.
    """

    fps: float | None = None
    absent: AbstractSet[int] = frozenset()
    landmarks_from: Path | None = None
    shrinks: bool = False  # whether `shrunk` makes a difference
    _landmarks: NDArray[np.float32] | None = None  # of all frames of the source

    def __init__(self, source: str | Path, numbers: Sequence[int]) -> None:
        self.source, self._numbers = Path(source), numbers
        self.start, self.stop, self._step = 0, len(numbers), 1
        self.undecoded: set[int] = set()
        self._faults: dict[int, str] = {}  # index -> what is wrong with the frame
        self._grey, self._by = False, 1

    def __len__(self) -> int:
        return len(self._indices(self.start, self.stop))

    @overload
    def __getitem__(self, key: slice) -> Self: ...

    @overload
    def __getitem__(self, key: int) -> Pixels: ...

    def __getitem__(self, key: slice | int) -> Self | Pixels:
        """A slice gives a lazy view, a number gives one (H, W, 3) uint8 frame.

        `[::3]` is every third frame, at a third of the rate.
        """
        indices = self._indices(self.start, self.stop)
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step < 1:
                raise IndexError("frames are sliced forwards")
            first = self.start + start * self._step
            last = min(self.stop, self.start + max(start, stop) * self._step)
            fps = self.fps if self.fps is None or step == 1 else self.fps / step
            return self._view(start=first, stop=max(first, last), _step=step * self._step, fps=fps)
        index = indices[key]
        return next(self._read(index, index + 1))

    def _indices(self, start: int, stop: int) -> range:
        """Return those of source indices start..stop-1 that are frames here, if the first is one."""
        return range(start, stop, self._step)

    def whole(self) -> Self:
        """Return all frames of the source that these are of."""
        fps = None if self.fps is None else self.fps * self._step
        return self._view(start=0, stop=len(self._numbers), _step=1, fps=fps)

    def in_grey(self) -> Self:
        """Return the same frames as (H, W) uint8 luma at full range: that of the video, of pictures by BT.601."""
        return self._view(_grey=True)

    def shrunk(self, by: int) -> Self:
        """Return the same frames in grey, picture files at 1/by of their width and height; those of videos as they are.

        by: 1, 2, 4 or 8. A JPEG picture is decoded at that size, which takes half the time.
        """
        return self._view(_by=by * self._by, _grey=True)

    def with_landmarks(self, landmarks: NDArray[np.float32], path: str | Path) -> Self:
        """Return the same frames with the landmarks of the face in all frames of their source, from a file.

        landmarks: (T, 68, 2) float32, x and y in px; NaN without a face.
        """
        if landmarks.shape != (len(self._numbers), 68, 2):
            raise ValueError(f"landmarks of shape {landmarks.shape}; expected ({len(self._numbers)}, 68, 2)")
        return self._view(_landmarks=landmarks.astype(np.float32), landmarks_from=Path(path))

    @property
    def landmarks(self) -> NDArray[np.float32] | None:
        """The landmarks that the frames carry, one row a frame; None where the face is to be looked for."""
        return None if self._landmarks is None else self._landmarks[self.start : self.stop : self._step]

    def _view(self, **changed: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changed)
        return view

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers that the frames have in their source, ascending: of image files those in the names, else 1..n."""
        return self._numbers[self.start : self.stop : self._step]

    def position(self, number: int) -> int | None:
        """Return the 1-based position here of the frame with this number in the source, None when it is not here."""
        index = bisect.bisect_left(self._numbers, number, self.start, self.stop)
        here = self._indices(self.start, self.stop)
        return here.index(index) + 1 if index in here and self._numbers[index] == number else None

    def is_variable_rate(self) -> bool:
        """Return whether the frames are known not to be equally spaced in time."""
        return False

    def cut_off(self) -> int:
        """Return how many frames the source is known to have lost at its end."""
        return 0

    def seconds(self) -> NDArray[np.float64]:
        """Return when each frame is shown, from 0 at the first of the source; by its number where nothing tells."""
        return np.array(self._indices(self.start, self.stop)) / (self._step * (self.fps or 1 / self._step))

    def __iter__(self) -> Iterator[Pixels]:
        return self._read(self.start, self.stop)

    def _read(self, start: int, stop: int) -> Iterator[Pixels]:
        """Yield the frames with source indices start..stop-1 in order."""
        before: tuple[int, Pixels] | None = None
        due, broken = start, 0
        number, step = len(self._indices(start, stop)), self._step
        end = start + number * step
        for index, picture in itertools.chain(self._sound(start, stop), [(end, None)] if number else ()):
            if index > due:
                before = before or self._last_before(start)
                other = before or (self._first_from(stop) if picture is None else (index, picture))
                if other is None:
                    raise BrokenFrames(self._told(due, index))
                run = self._broken(min(due, other[0] + step), index)
                broken += sum(k >= start for k in run)
                if len(run) > self._longest() or (run and broken > max(HOLE_FRAMES, MOST_BROKEN * number)):
                    raise BrokenFrames(self._told(run[0], run[-1] + 1))
                self.undecoded.update(self._numbers[k] for k in run if k >= start)
                yield from itertools.repeat(other[1], (index - due) // step)
            if picture is not None:
                yield picture
                before, due = (index, picture), index + step

    def _sound(self, start: int, stop: int) -> Iterator[tuple[int, Pixels]]:
        """Yield (index, picture) of the frames that can be read and have the size of the others."""
        shape = self._shown_shape()
        for index, picture in self._pictures(start, stop, self._grey):
            if picture.shape[:2] == shape:
                yield index, picture
            else:
                (height, width), usual = self._shape_of(index, picture), self.shape
                self._faults[index] = (
                    f"{self._name(index)}: {width} x {height} pixels, the others have "
                    f"{usual[1]} x {usual[0]}; give all frames one size"
                )

    def _last_before(self, start: int) -> tuple[int, Pixels] | None:
        """Return (index, picture) of the last frame before `start` that can be read."""
        reach, first = self._longest(), start % self._step
        while start > first:
            begin = max(first, start - reach * self._step)
            found = deque(self._sound(begin, start), maxlen=1)
            if found or begin == first:
                return found[0] if found else None
            reach *= 4
        return None

    def _first_from(self, start: int) -> tuple[int, Pixels] | None:
        """Return (index, picture) of the first frame from `start` on that can be read."""
        return next(self._sound(start, len(self._numbers)), None)

    def _broken(self, first: int, stop: int) -> list[int]:
        """Return those of indices first..stop-1, none of which can be read, that the source does not leave out."""
        return [index for index in self._indices(first, stop) if self._numbers[index] not in self.absent]

    def _longest(self) -> int:
        """Return how many frames in a row are stood in for."""
        return max(HOLE_FRAMES, round(HOLE * (self.fps or 0)))

    def _told(self, first: int, stop: int) -> str:
        """Return what is wrong with frames first..stop-1."""
        last = self._indices(first, min(stop, len(self._numbers)))[-1]
        here = self._numbers[first] if last == first else f"{self._numbers[first]}-{self._numbers[last]}"
        why = self._faults.get(first, f"{self.source}: cannot be decoded; copy the video again")
        return f"{why} (frames {here}; up to {self._longest()} in a row and {MOST_BROKEN:.0%} of all are bridged)"

    def _name(self, index: int) -> Path:
        """Return what to call a frame in messages."""
        return self.source / f"frame {self._numbers[index]}"

    def _shown_shape(self) -> tuple[int, int]:
        """Return the (H, W) that pictures must have."""
        return self.shape

    def _shape_of(self, index: int, picture: Pixels) -> tuple[int, int]:
        """Return the (H, W) of a picture in its source."""
        return picture.shape[0], picture.shape[1]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """The (H, W) that frames must have in their source; (0, 0) where none can be opened."""

    @abstractmethod
    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        """Yield (index, picture) of those of `_indices` that can be read, in order.

        A picture is (H, W, 3) RGB, or (H, W) where it is to be grey. Why a frame cannot be read goes to `_faults`.
        """

    @abstractmethod
    def _stamp(self) -> Iterator[Any]:
        """Yield what changes when the content of the source changes."""

    def identity(self) -> str:
        """Return a short text that changes when the frames, their range or the code that decodes them change.

        So it does with the landmarks that they carry. Frames are told by size and time of their files, the code by the
        module of this class and what it imports.
        """
        code = depends_on(type(self).__module__)["code"]
        digest = hashlib.blake2b(digest_size=12)
        carried = () if self.landmarks is None else (array_identity(self.landmarks),)
        for part in (code, *self._stamp(), self.start, self.stop, self._step, self._by, *carried):
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
    Where the numbers go up evenly, those left out are `absent` and keep their place; else they are `uneven`.
    """

    shrinks = True

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
            raise DataFault(f"{folder}: {a} and {b} both have number {numbers[twice]}; keep one")
        every = _evenly(numbers)
        self.names: Sequence[str | None] = listed
        if len(every) > len(numbers):
            by_number = dict(zip(numbers, listed))
            self.names = [by_number.get(number) for number in every]
            self.absent = frozenset(every) - by_number.keys()
        self.uneven = not isinstance(every, range) and len(every) > 1
        self._shape: tuple[int, int] | None = None
        super().__init__(folder, every)

    @property
    def shape(self) -> tuple[int, int]:
        if self._shape is None:
            names = [name for name in self.names if name]
            self._shape = _most_common_shape([self.source / names[k] for k in (0, len(names) // 2, -1)])
        return self._shape

    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index in self._indices(start, stop):
            name = self.names[index]
            if name is None:
                continue
            try:
                picture = read_image(self.source / name, grey, self._by)
            except InputError as error:
                self._faults[index] = str(error)
                continue
            yield index, picture

    def _shown_shape(self) -> tuple[int, int]:
        height, width = self.shape
        return smaller_side(height, self._by), smaller_side(width, self._by)

    def _shape_of(self, index: int, picture: Pixels) -> tuple[int, int]:
        return image_shape(self._name(index)) or super()._shape_of(index, picture)

    def _name(self, index: int) -> Path:
        return self.source / (self.names[index] or "")

    def _stamp(self) -> Iterator[int]:
        for name in self.names[self.start : self.stop : self._step]:
            if name is not None:
                try:
                    yield from stamp_of(self.source / name)
                except DataFault:  # a link to nothing: a picture that cannot be read
                    yield -1


def _most_common_shape(paths: Sequence[Path]) -> tuple[int, int]:
    """Return the (H, W) that most of some pictures have, (0, 0) where none can be opened."""
    shapes = [shape for shape in map(image_shape, paths) if shape is not None]
    return max(shapes, key=shapes.count, default=(0, 0))


def _evenly(numbers: list[int]) -> Sequence[int]:
    """Return ascending numbers with those that are left out, if nearly all have the same step and the rest fits it."""
    steps = np.diff(numbers)
    if len(steps) and (steps == steps[0]).all():
        return range(numbers[0], numbers[-1] + 1, int(steps[0]))
    if len(steps) < 2:
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

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[1:3]

    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        for index in self._indices(start, stop):
            picture = self.array[index]
            yield index, toned(picture, grey)

    def _stamp(self) -> Iterator[str]:
        yield array_identity(self.array)


class UnreadFrames(Frames):
    """Frames of a source that cannot be opened: there are as many as is known, and to read one raises `DataFault`."""

    def __init__(self, source: str | Path, count: int, why: str) -> None:
        self.why = why
        super().__init__(source, range(1, count + 1))

    @property
    def shape(self) -> tuple[int, int]:
        raise DataFault(self.why)

    def _pictures(self, start: int, stop: int, grey: bool) -> Iterator[tuple[int, Pixels]]:
        raise DataFault(self.why)

    def _stamp(self) -> Iterator[str]:
        yield self.why
