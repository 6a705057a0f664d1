"""The whole bench, its size, and its table."""

import os
import platform
from dataclasses import asdict, dataclass

from baselines.bench.answers import answer_rows
from baselines.bench.cells import grid_rows
from baselines.bench.features import feature_rows, worker_rows
from baselines.bench.pictures import picture_rows
from baselines.bench.pipeline import recognition_rows, score_rows, video_rows
from baselines.identity import library_versions
from baselines.progress import progress_bar

PARTS = (feature_rows, video_rows, picture_rows, recognition_rows, grid_rows, score_rows, answer_rows, worker_rows)


@dataclass(frozen=True)
class Extent:
    """How much a bench measures: repeats of quick and of long work, sizes of the material."""

    repeats: int = 9
    long_repeats: int = 5
    clips: int = 64
    cell_frames: int = 24
    mdmo_frames: int = 60
    video_frames: int = 90
    pictures: int = 442  # clips and subjects of the MEGC2019 composite database
    subjects: int = 68
    events: int = 10_000
    answers: int = 100_000


FULL = Extent()
REDUCED = Extent(1, 1, 4, 8, 4, 12, 12, 3, 100, 100)


def run_bench(extent=FULL):
    """Return the rows of the whole bench (mappings of the fields of `Row`), measured one after another."""
    import cv2
    from threadpoolctl import threadpool_limits

    threads, rows = cv2.getNumThreads(), []
    try:
        cv2.setNumThreads(1)
        with threadpool_limits(1), progress_bar(len(PARTS), "measuring") as bar:
            for part in PARTS:
                rows += part(extent)
                bar.update(1)
    finally:
        cv2.setNumThreads(threads)
    return [asdict(row) for row in rows]


def machine():
    """Return one line on what the bench runs on; under a load of other programs two workers gain little."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = library_versions("numpy", "skimage", "cv2")
    parts = [f"{name} {version}" for name, version in versions.items()]
    return ", ".join(
        [f"{os.cpu_count()} cores ({platform.machine()}){load}", f"Python {platform.python_version()}", *parts]
    )


def table(rows):
    """Return bench rows as an aligned text table."""
    cells = [("what", "value", "unit", "reference", "ratio", "target", "met")]
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        met = {True: "yes", False: "no", None: ""}[row["met"]]
        cells.append((row["name"], f"{row['value']:.3g}", row["unit"], row["reference"], ratio, row["target"], met))
    widths = [max(map(len, column)) for column in zip(*cells)]
    right = (1, 4)
    lines = [
        "  ".join(
            text.rjust(width) if n in right else text.ljust(width) for n, (text, width) in enumerate(zip(line, widths))
        )
        for line in cells
    ]
    return "\n".join(line.rstrip() for line in lines)
