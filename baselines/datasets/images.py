"""Image files: their pixels as 8-bit RGB, their numbers by name."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
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
        raise DataFault(
            f"{path}: is a link to {os.readlink(path)}, which is not there; correct the link or copy the file"
        )


def read_image(path: str | Path, grey: bool = False, by: int = 1) -> NDArray[np.uint8]:
    """Return an image file as an (H, W, 3) uint8 RGB array, or in grey (H, W) by BT.601.

    Grey, palette, CMYK and 16-bit pictures are converted (16 bits to the upper 8), transparency is dropped.
    by: 1, 2, 4 or 8; a grey picture comes at 1/by of its width and height, rounded up.
    The grey of a JPEG file is its luma, and only as much of it is decoded as that size needs.
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
            size = (smaller_side(image.width, by), smaller_side(image.height, by))
            if image.mode.startswith("I;16"):  # Pillow's own conversion clips at 255
                picture = np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, axis=2)
            else:
                if grey and image.format == "JPEG":
                    image.draft("L", (max(1, image.width // by), max(1, image.height // by)))
                picture = np.asarray(image if grey and image.mode == "L" else image.convert("RGB"))
        return _grey(picture, size) if grey else picture
    except FileNotFoundError:
        raise DataFault(f"{path}: no such file") from None
    except DataFault:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        reason = "the file is empty" if os.path.exists(path) and not os.path.getsize(path) else error
        raise DataFault(f"{path}: not a readable image ({reason}); copy it again") from None


def smaller_side(side: int, by: int) -> int:
    """Return 1/by of a side in px, rounded up."""
    return -(-side // by)


def _grey(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an RGB or grey picture in grey, with a size (width, height)."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.shape != size[::-1]:  # not decoded at that size
        height, width = grey.shape
        by = max(smaller_side(width, size[0]), smaller_side(height, size[1]))
        border = (0, by * size[1] - height, 0, by * size[0] - width)
        grey = cv2.copyMakeBorder(grey, *border, cv2.BORDER_REPLICATE)  # so that each pixel stands for a whole block
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


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
