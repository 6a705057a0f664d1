"""The embedded corpus: synthetic face video with exact ground truth, made at first use and kept in the cache folder.

It is two manifest datasets side by side: `clips/`, short sequences with one micro-expression each and
`questions.jsonl`, and `long/`, long videos with micro- and macro-expressions, blinks and head motion.
"""

from dataclasses import replace
from pathlib import Path

from baselines.cache import cache_folder
from baselines.datasets import manifest
from baselines.datasets.records import Dataset
from baselines.datasets.synthetic import generate, identity
from baselines.identity import code_identity
from baselines.parallel import progress_bar

SUMMARY = "the embedded corpus: synthetic faces with exact ground truth, made on this machine, no licence needed"
LICENCE = "public domain portrait (NASA, as shipped with scikit-image), rendered by this project"
TASKS = ("recognition", "spotting", "str", "vqa")
NEEDS_ROOT = False

SIZES = {"subjects": 12, "clips_per_subject": 12, "long_seconds": 20.0}


def load(root=None):
    """Return the `Dataset` in a folder that `data make-synthetic` wrote, else the cached default corpus."""
    folder = Path(root) if root and (Path(root) / "clips" / "videos.csv").exists() else cached_corpus()
    clips = manifest.load(folder / "clips")
    videos = manifest.read_videos(folder / "long")
    return Dataset(
        "synthetic",
        clips=[replace(clip, dataset="synthetic") for clip in clips.clips],
        videos=[replace(video, dataset="synthetic") for video in videos],
        questions=clips.questions,
    )


def cached_corpus(seed=0, jobs=-1):
    """Return the folder of the default corpus, made when the cache folder has none."""
    code = code_identity("baselines/datasets/synthetic")
    folder = cache_folder() / "synthetic" / f"{identity(seed=seed, **SIZES)}-{code[:8]}"
    if not folder.exists():
        make(folder, seed, jobs, **SIZES)
    return folder


def make(directory, seed=0, jobs=-1, **sizes):
    """Write a corpus to a new folder, with a progress bar on stderr; sizes as in `synthetic.generate`."""
    videos = sizes["subjects"] * (sizes["clips_per_subject"] + 1)
    with progress_bar(videos, f"making {videos} synthetic videos") as bar:
        generate(directory, seed=seed, jobs=jobs, progress=lambda done: bar.update(done - bar.pos), **sizes)
