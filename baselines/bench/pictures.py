"""Bench rows of spotting in a folder of JPEG pictures, as the licensed databases come, beside the plain decoder."""

import tempfile
from functools import partial
from pathlib import Path

import cv2

from baselines.bench.clips import face_video, forth_and_back
from baselines.bench.measure import row, seconds
from baselines.datasets.images import read_image
from baselines.datasets.opening import open_frames
from baselines.spotting.regional.method import RegionalContrast

RATE = 200.0  # frames a second, as in SAMM and CASME II
SIZES = ((640, 480, 200, 400), (2040, 1088, 400, 200))  # width, height and width of the face, px; frames/s wanted
TURNS = 6  # times that the pictures are shown, forth and back


def picture_rows(extent):
    """Yield a row for each size of pictures."""
    for width, height, face, least in SIZES:
        with tempfile.TemporaryDirectory() as name:
            paths = write_pictures(Path(name), extent.video_frames * 2 // 3, width, height, face)
            frames, spotter = open_frames(Path(name)), RegionalContrast()

            def decode(by, paths=paths):
                for path in paths:
                    read_image(path, grey=True, by=by)

            def whole_method(spotter=spotter, frames=frames):
                return spotter.spot(spotter.measure_video(frames, RATE)[0], RATE)

            stages = [whole_method, partial(decode, 1), partial(decode, 2)]
            taken, whole, half = (len(paths) / value for value in seconds(stages, extent.long_repeats, warm=1))
        yield row(f"spotting in JPEG pictures {width}x{height}, 200 a second", taken, "frames/s", least=least)
        for size, limit in (("", whole), (" at half size", half)):
            against = f"spotting {taken:.0f} frames/s"
            yield row(f"decoding them all in grey{size}", limit, "frames/s", reference=against, ratio=taken / limit)


def write_pictures(folder, number, width, height, face):
    """Write JPEG pictures of a face that sways, `TURNS` times forth and back, and return their paths."""
    pictures = face_video(number, (width, height), face=face)
    files = [cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1] for picture in pictures]
    paths = []
    for file in forth_and_back(files, TURNS):
        paths.append(folder / f"img{len(paths) + 1:05}.jpg")
        paths[-1].write_bytes(file)
    return paths
