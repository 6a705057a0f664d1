"""The embedded corpus: synthetic face video with exact ground truth, made at first use and kept in the cache folder.

It is two manifest datasets side by side: `clips/`, short sequences with one micro-expression each and
`questions.jsonl`, and `long/`, long videos with micro- and macro-expressions between neutral stretches: of each subject
one at 30 fps (`long`, like CAS(ME)^2), of some also one at 200 fps in grey (`long200`, like SAMM Long Videos).
`long/uncoded.csv` tells what else happens in them, with 1-based frames: talking, swallowing, brow flashes, glances,
head turns, a hand or a strand of hair before the face. Three levels of difficulty, `easy`, `standard` and `hard`,
differ in the settings that `parameters(level)` lists.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from baselines.cache import cache_folder, kept
from baselines.costs import apart, kept_by, under_way
from baselines.datasets import manifest
from baselines.datasets.about import About
from baselines.datasets.records import Dataset
from baselines.datasets.synthetic import VERSION, generate, identity, level_of, level_settings
from baselines.datasets.synthetic.expressions import SHARES, fine_shares, unit_shares
from baselines.datasets.synthetic.kinds import CLIP_FPS, CLIP_FRAMES, KINDS
from baselines.datasets.synthetic.shape import FRAME
from baselines.errors import InputError
from baselines.files import CannotWrite, write_text
from baselines.identity import depends_on
from baselines.progress import progress_bar

ABOUT = About(
    title="the embedded corpus: synthetic faces with exact ground truth, made on this machine",
    tasks=("recognition", "spotting", "str", "vqa"),
    licence="public domain portrait (NASA, as shipped with scikit-image), rendered by this project",
    size="256 x 256 px; 144 clips at 100 frames/s; 12 videos of 20 s at 30 frames/s, 6 of 8 s at 200 frames/s",
    protocol="leave-one-subject-out over 12 subjects",
    needs_root=False,
)

SIZES = {"subjects": 12, "clips_per_subject": 12, "long_seconds": 20.0, "fast_subjects": 6, "fast_seconds": 8.0}
NAMES = {"easy": "synthetic-easy", "standard": "synthetic", "hard": "synthetic-hard"}  # of a level's `Dataset`


def load(root: str | Path | None = None, level: str = "standard", fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` in a folder that `data make-synthetic` wrote, else the cached corpus of a level.

    level: `easy`, `standard` or `hard`. fix_labels: the same for every dataset; these labels are exact.
    Raises `InputError` when the folder holds another level.
    """
    name = _name(level)
    folder = Path(root) if root and (Path(root) / "clips" / "videos.csv").exists() else cached_corpus(level)
    found = level_of(folder)
    if found in NAMES and found != level:
        raise InputError(f"{folder}: holds the embedded corpus at level {found}; read it as dataset {NAMES[found]}")
    clips = manifest.load(folder / "clips")
    long = manifest.load(folder / "long")
    return Dataset(
        name,
        clips=[replace(clip, dataset=name) for clip in clips.clips],
        videos=[replace(video, dataset=name) for video in long.videos],
        questions=[*clips.questions, *long.questions],
    )


def cached_corpus(level: str = "standard", seed: int = 0, jobs: int = -1) -> Path:
    """Return the folder of the corpus of a level, made when the cache folder has none."""

    def write(folder: Path) -> None:
        with apart() as cost:
            make(folder, seed, jobs, level, **SIZES)
        with contextlib.suppress(CannotWrite):  # the corpus is whole without it
            write_text(folder / "cost.json", json.dumps(kept_by(cost, "corpus", _name(level))))

    folder = kept(_place(level, seed), write)
    caller = under_way()
    with contextlib.suppress(OSError, ValueError):
        if caller:
            caller.take(json.loads((folder / "cost.json").read_bytes()))
    return folder


def is_made(level: str = "standard", seed: int = 0) -> bool:
    """Tell whether the cache folder holds the corpus of a level, so that opening it takes no minutes."""
    return (cache_folder() / _place(level, seed)).exists()


def _place(level: str, seed: int) -> str:
    """Return where the cache folder has a corpus."""
    code = depends_on("baselines.datasets.synthetic")["code"]
    return f"synthetic/{identity(seed=seed, **SIZES, settings=level_settings(level))}-{code[:8]}"


def make(directory: str | Path, seed: int = 0, jobs: int = -1, level: str = "standard", **sizes: Any) -> None:
    """Write a corpus to a new folder, with a progress bar on stderr; sizes as in `synthetic.generate`."""
    settings = level_settings(level)
    videos = sizes["subjects"] * (sizes["clips_per_subject"] + 1) + sizes.get("fast_subjects", 0)
    with progress_bar(videos, f"making {videos} synthetic videos") as bar:
        generate(directory, seed=seed, jobs=jobs, progress=lambda done: bar.update(1), settings=settings, **sizes)


def parameters(level: str = "standard") -> dict[str, Any]:
    """Return what the corpus of a level is made of, by name: plain numbers, texts, lists and mappings.

    Sizes, frame rates and lengths come first, then the settings of the level: `synthetic.settings` tells their units.
    """
    sizes = dict(SIZES)
    settings = {name: _plain(value) for name, value in asdict(level_settings(level)).items()}
    return {
        "dataset": _name(level),
        "level": level,
        "version": VERSION,
        "frame size in pixels": [FRAME, FRAME],
        **sizes,
        "clips": sizes["subjects"] * sizes["clips_per_subject"],
        "clip fps": CLIP_FPS,
        "clip frames before, of and after the expression": [list(limits) for limits in CLIP_FRAMES],
        "classes, in the proportions of the MEGC2019 composite database": dict(SHARES),
        "share of each fine emotion": _rounded(fine_shares()),
        "share of expressions with each action unit": _rounded(unit_shares(fine_shares())),
        "long videos": {kind.name: kind.facts() for kind in KINDS},
        **settings,
    }


def _name(level: str) -> str:
    level_settings(level)
    return NAMES[level]


def _rounded(shares: Mapping[Any, float]) -> dict[str, float]:
    return {str(name): round(share, 3) for name, share in shares.items()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
