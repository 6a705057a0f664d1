"""Bench rows of grids: what cells cost that differ in the classifier only, against one cell."""

import csv
import os
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image

from baselines.bench.clips import face_video, flow_pictures
from baselines.bench.measure import once, row
from baselines.bench.pipeline import write_video
from baselines.datasets.flow_images import WHOLE
from baselines.experiments.run import run_experiments

CELLS = 20
MOST = 3.0  # times the cost of one cell
SIDE = 200


def grid_rows(extent):
    """Yield a row for clips that are seen from their frames on, and one for published flow pictures."""
    with tempfile.TemporaryDirectory() as folder:
        clips, pictures = Path(folder) / "clips", Path(folder) / "pictures"
        write_clips(clips, extent.clips, extent.cell_frames)
        write_pictures(pictures, extent.pictures, extent.subjects)
        frames = f"{extent.clips} clips of {extent.cell_frames} frames by lbp-top-svm"
        yield _cells(folder, ("manifest", clips), "lbp-top-svm", frames)
        yield _cells(folder, ("flow-images", pictures), "flow-svm", f"{extent.pictures} flow pictures by flow-svm")


def _cells(folder, data, recipe, what):
    many, one = (once(partial(_run, folder, data, recipe, number)) for number in (CELLS, 1))
    reference = f"one cell {one:.2f} s"
    return row(f"{CELLS} values of C, {what}", many, "s", reference=reference, ratio=many / one, most=MOST)


def _run(folder, data, recipe, number):
    """Run so many cells with nothing known from before."""
    values = {"classifier.C": [2.0**power for power in range(number)]}
    with tempfile.TemporaryDirectory(dir=folder) as place, _cache_in(Path(place) / "cache"):
        outcome = run_experiments(
            data[:1], data[1], ("recognition",), (recipe,), output=Path(place) / "out", values=values
        )
    if outcome.failures or len(outcome.results) != number:
        raise RuntimeError(f"the bench failed: {'; '.join(outcome.failures)}")


@contextmanager
def _cache_in(folder):
    before = os.environ.get("MEGC_CACHE")
    os.environ["MEGC_CACHE"] = str(folder)
    try:
        yield
    finally:
        del os.environ["MEGC_CACHE"]
        if before is not None:
            os.environ["MEGC_CACHE"] = before


def write_clips(folder, number, frames):
    """Write a manifest of so many videos of one event each, of two emotions and at least two subjects."""
    videos = [("subject", "video", "path", "fps")]
    events = [("subject", "video", "onset", "apex", "offset", "type", "emotion", "aus")]
    folder.mkdir()
    for n in range(number):
        subject, name = f"s{n % max(2, number // 4)}", f"v{n}"
        write_video(folder / f"{name}.avi", face_video(frames, SIDE, seed=n), 1)
        videos.append((subject, name, f"{name}.avi", 30))
        events.append((subject, name, 1, frames // 2, frames, "micro", ("happiness", "disgust")[n // 2 % 2], ""))
    for name, rows in (("videos.csv", videos), ("events.csv", events)):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def write_pictures(folder, number, subjects):
    """Write so many flow pictures in the layout of `datasets.flow_images`."""
    pictures, classes, subject = flow_pictures(number, subjects)
    (folder / WHOLE).mkdir(parents=True)
    labels = {"negative": 0, "positive": 1, "surprise": 2}
    lines = ["dataset,sub,filename_o,label"]
    for n, (picture, name, who) in enumerate(zip(pictures, classes, subject)):
        Image.fromarray(picture.astype("uint8")).save(folder / WHOLE / f"s{who}_c{n} .png")
        lines.append(f"casme2,s{who},c{n},{labels[name]}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
