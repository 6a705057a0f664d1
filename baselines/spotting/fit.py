"""Fits the trees of `regional-contrast` on an embedded corpus of another seed than the default one.

`python -m baselines.spotting.fit` writes `acceptance.json` again as it comes with the package. The corpus and what is
measured in it stay in the cache folder.
"""

from functools import partial
from pathlib import Path

import click

from baselines.cache import cache_folder
from baselines.datasets import embedded
from baselines.datasets.manifest import read_videos
from baselines.datasets.synthetic import identity, level_settings
from baselines.identity import code_identity
from baselines.parallel import run_parallel
from baselines.spotting.acceptance import FILE, save_acceptance
from baselines.spotting.regional_contrast import RegionalContrast

SEED = 1000  # far from the seeds that anything is measured on
LEVEL = "standard"
SIZES = {"subjects": 12, "clips_per_subject": 1, "long_seconds": 40.0, "fast_subjects": 6, "fast_seconds": 8.0}


@click.command()
@click.argument("output", required=False, default=FILE, type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=SEED, show_default=True, help="Seed of the corpus.")
@click.option("--jobs", type=int, default=-1, show_default="all cores", help="Number of parallel workers.")
def main(output, seed, jobs):
    """Fit the trees of regional-contrast on long videos of the embedded corpus and write them to OUTPUT."""
    spotter = RegionalContrast()
    videos = training_videos(seed, jobs)
    measured = run_parallel(partial(_measured, spotter), videos, jobs, "measuring")
    spotter.fit([(array, video.fps, video.events) for array, video in zip(measured, videos)])
    origin = f"python -m baselines.spotting.fit --seed {seed}: {len(videos)} videos of the embedded corpus, {LEVEL}"
    save_acceptance(spotter.acceptance_, output, origin)


def training_videos(seed=SEED, jobs=-1):
    """Return the long videos of the corpus of a seed, made when the cache folder has none."""
    name = identity(seed=seed, **SIZES, settings=level_settings(LEVEL))
    folder = cache_folder() / "synthetic" / f"{name}-{code_identity('baselines/datasets/synthetic')[:8]}"
    if not folder.exists():
        embedded.make(folder, seed, jobs, LEVEL, **SIZES)
    return read_videos(folder / "long")


def _measured(spotter, video):
    return spotter.measured(video.frames, video.fps)[0]


if __name__ == "__main__":
    main()
