"""What miniature databases on disk are made of: spreadsheets, folders of small pictures, short videos.

The miniature of a dataset itself is `replica(folder)` of its test module, tests/test_dataset_<module>.py.
"""

from functools import lru_cache

import cv2
import numpy as np


def write_xlsx(path, sheets):
    """Write {sheet: rows of cells} as an .xlsx file and return its path; a None cell stays empty."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_xls(path, sheets):
    """Write {sheet: rows of cells} as an .xls file (Excel 97) and return its path; a None cell stays empty."""
    import xlwt

    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(str(path))
    return path


def write_frames(folder, names, size=(32, 24)):
    """Write one small real picture of `size` (width, height) a file name, in the format of its suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(_picture(name[name.rindex(".") :], size))
    return folder


def empty_frames(folder, names):
    """Write empty files under these names: enough for whatever only lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def write_noise(folder, count=5, size=(24, 32), seed=0):
    """Write random (H, W, 3) frames of `size` (height, width) as img1.png, img2.png, ... and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = np.random.default_rng(seed).integers(0, 256, (count, *size, 3), dtype=np.uint8)
    for number, frame in enumerate(frames, start=1):
        cv2.imwrite(str(folder / f"img{number}.png"), frame[..., ::-1])
    return frames


def write_video(path, levels=range(0, 200, 10), fps=25, size=(64, 48)):
    """Write a video of `size` (width, height) with one frame of each grey level and return its path."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, size)
    for level in levels:
        writer.write(np.full((size[1], size[0], 3), level, np.uint8))
    writer.release()
    return path


@lru_cache
def _picture(suffix, size):
    width, height = size
    ramp = np.linspace(0, 255, width * height, dtype=np.uint8).reshape(height, width)
    return cv2.imencode(suffix, np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1))[1].tobytes()
