"""Fits the trees of `regional-contrast` on embedded corpora of other seeds than the default one, one of each level.

`python -m baselines.spotting.fit` writes `acceptance.json` again as it comes with the package. The corpora and what
is measured in them stay in the cache folder.
"""

from pathlib import Path

import click

from baselines.cache import cache_folder
from baselines.datasets import embedded
from baselines.datasets.manifest import read_videos
from baselines.datasets.synthetic import LEVELS, identity, level_settings
from baselines.identity import code_identity
from baselines.spotting.acceptance import FILE, save_acceptance
from baselines.spotting.learning import lessons_of
from baselines.spotting.regional_contrast import RegionalContrast

SEED = 1000  # far from the seeds that anything is measured on
SIZES = {"subjects": 12, "clips_per_subject": 1, "long_seconds": 40.0, "fast_subjects": 6, "fast_seconds": 8.0}


@click.command()
@click.argument("output", required=False, default=FILE, type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=SEED, show_default=True, help="Seed of the first corpus.")
@click.option("--jobs", type=int, default=-1, show_default="all cores", help="Number of parallel workers.")
def main(output, seed, jobs):
    """Fit the trees of regional-contrast on long videos of the embedded corpus and write them to OUTPUT."""
    spotter = RegionalContrast()
    videos = training_videos(seed, jobs)
    spotter.fit(lessons_of(spotter, videos, jobs))
    origin = f"python -m baselines.spotting.fit --seed {seed}: {len(videos)} videos of the embedded corpus, all levels"
    save_acceptance(spotter.acceptance_, output, origin)


def training_videos(seed=SEED, jobs=-1):
    """Return the long videos of one corpus of each level, seeds from `seed` on, made when the cache has none."""
    videos = []
    for number, level in enumerate(LEVELS):
        name = identity(seed=seed + number, **SIZES, settings=level_settings(level))
        folder = cache_folder() / "synthetic" / f"{name}-{code_identity('baselines/datasets/synthetic')[:8]}"
        if not folder.exists():
            embedded.make(folder, seed + number, jobs, level, **SIZES)
        videos += read_videos(folder / "long")
    return videos


if __name__ == "__main__":
    main()
