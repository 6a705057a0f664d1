"""Frames of a video file or of a folder of numbered images, read lazily, one at a time.

A `Frames` object is cheap to make, pickle and slice; a slice is again a `Frames`, nothing is read
until frames are asked for, and iteration holds one frame at a time.
"""

import hashlib
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path

import cv2
import numpy as np

from baselines.errors import InputError

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}
VIDEO_SUFFIXES = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"}
MAX_PIXELS = 64_000_000  # larger pictures are refused before their pixels are decoded


class Frames(ABC):
    """A lazy sequence of (H, W, 3) uint8 RGB frames with known source and length."""

    def __init__(self, source, start, stop):
        self.source, self.start, self.stop = Path(source), start, stop

    def __len__(self):
        return self.stop - self.start

    def __getitem__(self, key):
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

    def __iter__(self):
        return self._read(self.start, self.stop)

    @abstractmethod
    def _read(self, start, stop):
        """Yield the frames with source indices start..stop-1 in order."""

    @abstractmethod
    def _stamp(self):
        """Yield what changes when the content of the source changes."""

    def identity(self):
        """Return a short text that changes when the frames or their range change (size and time of the files)."""
        digest = hashlib.blake2b(digest_size=12)
        for part in (*self._stamp(), self.start, self.stop):
            digest.update(f"{part}\0".encode())
        return digest.hexdigest()


class VideoFrames(Frames):
    """Frames of a video file, decoded in order; a range is reached by seeking."""

    def __init__(self, path):
        capture = self._open(path)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        fps = capture.get(cv2.CAP_PROP_FPS)
        readable = capture.grab()
        capture.release()
        if not readable or count < 1:
            raise InputError(
                f"{path}: not a readable video; expected a file such as .mp4, .avi or .mov with at least one frame"
            )
        self.fps = float(fps) if np.isfinite(fps) and fps > 0 else None
        super().__init__(path, 0, count)

    @staticmethod
    def _open(path):
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken file is our message, not ffmpeg's
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)

    def _read(self, start, stop):
        capture = self._open(self.source)
        try:
            if start:
                capture.set(cv2.CAP_PROP_POS_FRAMES, start)
            for _ in range(start, stop):
                readable, frame = capture.read()
                if not readable:  # containers may claim a few frames more than they hold
                    return
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        finally:
            capture.release()

    def _stamp(self):
        stat = self.source.stat()
        return stat.st_size, stat.st_mtime_ns


class ImageFrames(Frames):
    """Frames of a folder of numbered images, in the order of the last number in their names."""

    fps = None

    def __init__(self, folder):
        folder = Path(folder)
        found = [(number, path) for path in folder.iterdir() if (number := _number(path)) is not None]
        if not found:
            raise InputError(f"{folder}: no numbered images; expected files such as img001.jpg")
        found.sort()
        for (first, a), (second, b) in zip(found, found[1:]):
            if first == second:
                raise InputError(f"{folder}: {a.name} and {b.name} both have number {first}; keep one")
        self.paths = [path for _, path in found]
        super().__init__(folder, 0, len(self.paths))

    def _read(self, start, stop):
        for path in self.paths[start:stop]:
            yield read_image(path)

    def _stamp(self):
        for path in self.paths[self.start : self.stop]:
            stat = path.stat()
            yield stat.st_size
            yield stat.st_mtime_ns


class ArrayFrames(Frames):
    """Frames of a (T, H, W, 3) uint8 array in memory."""

    fps = None

    def __init__(self, array, source="array"):
        self.array = array
        super().__init__(source, 0, len(array))

    def _read(self, start, stop):
        yield from self.array[start:stop]

    def _stamp(self):
        yield hashlib.blake2b(np.ascontiguousarray(self.array).tobytes()).hexdigest()


def open_frames(path):
    """Return the `Frames` of a video file or a folder of numbered images."""
    path = Path(path)
    if path.is_dir():
        return ImageFrames(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; copy it again")
    return VideoFrames(path)


def read_image(path):
    """Return an image file as an (H, W, 3) uint8 RGB array."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InputError(
                    f"{path}: {image.width} x {image.height} pixels; pictures over {MAX_PIXELS} pixels are refused"
                )
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise InputError(f"{path}: not a readable image ({error}); copy it again") from None


def _number(path):
    """Return the last number in an image's name, or None for any other file."""
    if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
        return None
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1]) if numbers else None
