"""What it costs to read large pictures smaller: `python -m baselines.bench.large`.

The long videos of the embedded corpus, at 30 frames a second, are rendered 1088 px high in the middle of 2040 px, with
sensor noise, as JPEG pictures. Spotting in them at half of their size, as it reads them, is compared with spotting in
all of their pixels: intervals of either against the truth and against each other (IoU >= .5, types ignored), and how
far onsets and offsets are apart.
"""

import tempfile
from pathlib import Path

import click
import cv2
import numpy as np

from baselines.datasets import load_dataset
from baselines.datasets.opening import open_frames
from baselines.faces.scale import as_small_as_the_face_allows
from baselines.faces.track import follow
from baselines.metrics.spotting import match_one_to_one
from baselines.parallel import run_parallel
from baselines.spotting.regional.method import RegionalContrast

HEIGHT, WIDTH = 1088, 2040  # px; of the pictures of SAMM
NOISE, QUALITY = 1.5, 92  # grey levels, of a JPEG file


def write_large(frames, folder):
    """Write frames as large JPEG pictures."""
    generator = np.random.default_rng(0)
    grain = generator.normal(0, NOISE, (HEIGHT + 64, WIDTH + 64, 1)).astype(np.float32)
    for number, frame in enumerate(frames, start=1):
        scale = HEIGHT / len(frame)
        large = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        beside = WIDTH - large.shape[1]
        large = cv2.copyMakeBorder(large, 0, 0, beside // 2, beside - beside // 2, cv2.BORDER_REPLICATE)
        row, column = generator.integers(64, size=2)
        noisy = (large + grain[row : row + HEIGHT, column : column + WIDTH]).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"img{number:05}.jpg"), noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def spotted_twice(video):
    """Return the spans (n, 2) of intervals found in a video rendered large: read smaller, in all of its pixels."""
    spotter = RegionalContrast()
    with tempfile.TemporaryDirectory() as folder:
        write_large(video.frames, Path(folder))
        whole = open_frames(folder)
        sources = as_small_as_the_face_allows(whole), whole
        measured = [spotter.measure(follow(frames, video.fps), video.fps) for frames in sources]
    return [
        np.array([(i.onset, i.offset) for i in spotter.spot(one, video.fps).intervals]).reshape(-1, 2)
        for one in measured
    ]


def f1(found, wanted):
    """Return (F1, frames (n, 2) that matched spans are apart) of spans of several videos against others."""
    sides = [(np.concatenate(spans), np.repeat(np.arange(len(spans)), [*map(len, spans)])) for spans in (found, wanted)]
    (a, _), (b, _) = sides
    i, j = match_one_to_one(*sides[0], *sides[1])
    return 2 * len(i) / (len(a) + len(b)), np.abs(a[i] - b[j])


@click.command(help=__doc__)
@click.option("--jobs", default=-1, show_default=True, help="Parallel workers.")
def main(jobs):
    """Print the comparison."""
    videos = [video for video in load_dataset("synthetic").videos if video.fps == 30]
    truth = [np.array([(e.onset, e.offset) for e in video.events]).reshape(-1, 2) for video in videos]
    smaller, whole = zip(*run_parallel(spotted_twice, videos, jobs, "spotting"))
    for name, found in (("read smaller", smaller), ("all pixels", whole)):
        click.echo(f"{name}: {sum(map(len, found))} intervals, F1 {f1(found, truth)[0]:.3f} against the truth")
    agreement, apart = f1(smaller, whole)
    median, most = np.quantile(apart, [0.5, 0.95])
    click.echo(f"against each other: F1 {agreement:.3f}; onsets and offsets {median:g} frames apart in the median,")
    click.echo(f"{most:g} or fewer for 95 %")


if __name__ == "__main__":
    main()
