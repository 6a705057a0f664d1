"""Image files: their pixels as 8-bit RGB, their numbers by name."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines.errors import DataFault

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
MAX_PIXELS = 64_000_000  # larger pictures are refused before their pixels are decoded
_LAST_NUMBER = re.compile(r"(\d+)\D*\.\w+$")


def check_regular(path: str | Path) -> None:
    """Raise `DataFault` for a pipe, a device or the like: who reads it may wait for ever."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataFault(f"{path}: is a {'folder' if os.path.isdir(path) else 'pipe or device'}; expected a file")
    if os.path.islink(path) and not os.path.exists(path):
        raise DataFault(f"{path}: is a link to {os.readlink(path)}, which is not there; mend the link or copy the file")


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Return an image file as an (H, W, 3) uint8 RGB array.

    Grey, palette, CMYK and 16-bit pictures are converted (16 bits to the upper 8), transparency is dropped.
    """
    from PIL import Image, UnidentifiedImageError

    check_regular(path)
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DataFault(
                    f"{path}: {image.width} x {image.height} pixels; pictures over {MAX_PIXELS} pixels are refused"
                )
            if image.mode in ("I", "F"):
                raise DataFault(f"{path}: 32-bit values without a known range; save the picture with 8 or 16 bits")
            if image.mode.startswith("I;16"):  # Pillow's own conversion clips at 255
                return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, axis=2)
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise DataFault(f"{path}: no such file") from None
    except DataFault:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        reason = "the file is empty" if os.path.exists(path) and not os.path.getsize(path) else error
        raise DataFault(f"{path}: not a readable image ({reason}); copy it again") from None


def image_shape(path: str | Path) -> tuple[int, int] | None:
    """Return the (H, W) of an image file by its header, None for one that cannot be opened."""
    from PIL import Image

    try:
        check_regular(path)
        with Image.open(path) as image:
            return image.height, image.width
    except (DataFault, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def numbered(names: Iterable[str], pattern: re.Pattern[str] | None = None) -> tuple[list[int], list[str]]:
    """Return the numbers of the images among file names, ascending, and these names in the same order.

    A number is the last one in the name, or what the one group of `pattern`, a compiled expression, finds in the name.
    """
    names = sorted(name for name in names if name.lower().endswith(SUFFIXES) and name[0] != ".")
    if names and pattern is None:
        numbers = _numbers_of_one_width(names)
        if numbers is not None:
            return numbers, names
    search = (pattern or _LAST_NUMBER).search
    found = sorted((int(match[1]), name) for name in names if (match := search(name)))
    return [number for number, _ in found], [name for _, name in found]


def _numbers_of_one_width(names: Sequence[str]) -> list[int] | None:
    """Return the numbers of sorted names that differ in them only, such as img001.jpg to img200.jpg; else None.

    Four times as fast as an expression a name, which is felt with half a million of them.
    """
    match = _LAST_NUMBER.search(names[0])
    if match is None:
        return None
    start, end = match.span(1)
    numbers = [name[start:end] for name in names]
    one_tail = len({name[end:] for name in names}) == 1
    # what the first and the last of sorted names begin with, all begin with
    plain = "".join(numbers)  # other digits than 0 to 9 sort otherwise as text than as numbers
    if one_tail and names[-1].startswith(names[0][:start]) and plain.isdecimal() and plain.isascii():
        return [int(number) for number in numbers]
    return None
