"""Fits the trees of `regional_contrast` on embedded corpora of other seeds than the default one, one of each level.

`megc fit-spotting` writes `trees.json` again as it comes with the package. The corpora and what is measured in them
stay in the cache folder.
"""

from functools import partial
from pathlib import Path
from typing import Any

from baselines.cache import kept
from baselines.datasets import embedded
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Video
from baselines.datasets.synthetic import LEVELS, identity, level_settings
from baselines.identity import depends_on
from baselines.spotting.recipe import examples_of
from baselines.spotting.regional.method import RegionalContrast
from baselines.spotting.regional.trees import FILE, save_trees

SEED = 1000  # far from the seeds that anything is measured on
SIZES: dict[str, Any] = {
    "subjects": 12,
    "clips_per_subject": 1,
    "long_seconds": 40.0,
    "fast_subjects": 6,
    "fast_seconds": 8.0,
}


def fit_trees_of_corpus(output: Path | None = None, seed: int = SEED, jobs: int = -1) -> None:
    """Fit the trees of `regional_contrast` on long videos of the embedded corpus and write them to a file.

    output: by default the file that comes with the package. seed: of the first corpus. jobs: parallel workers, -1 for
    all cores.
    """
    spotter = RegionalContrast()
    videos = training_videos(seed, jobs)
    spotter.fit([examples for examples, why in examples_of(spotter, videos, jobs) if why is None])
    origin = f"megc fit-spotting --seed {seed}: {len(videos)} videos of the embedded corpus, all levels"
    save_trees(spotter.trees_, output or FILE, origin)


def training_videos(seed: int = SEED, jobs: int = -1) -> list[Video]:
    """Return the long videos of one corpus of each level, seeds from `seed` on, made when the cache has none."""
    videos: list[Video] = []
    for number, level in enumerate(LEVELS):
        name = identity(seed=seed + number, **SIZES, settings=level_settings(level))
        make = partial(embedded.make, seed=seed + number, jobs=jobs, level=level, **SIZES)
        folder = kept(f"synthetic/{name}-{depends_on('baselines.datasets.synthetic')['code'][:8]}", make)
        videos += read_videos(folder / "long")
    return videos
