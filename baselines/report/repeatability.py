"""How well spotting methods repeat what they measured and found, as rows for tables.

`megc repeatability [FOLDER]` prints them. Nothing is fitted, and no label is needed.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from baselines.bench import repeatability
from baselines.bench.implants import Piece, faces_folder, pieces
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Video
from baselines.errors import DataFault, seen
from baselines.parallel import run_parallel
from baselines.recipes import load_recipe, recipe_names
from baselines.report.text import columns_text
from baselines.spotting.base import Spotter
from baselines.spotting.recipe import learns, make_spotter
from baselines.spotting.regional import motion

LEVELS = ("still", "calm")  # of the pieces that are played forth and back
PARTS = (*motion.NAMES, "head")


def measure_repeatability(
    folder: Path | None = None, methods: Sequence[str] = (), jobs: int = 1
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of two tables: `agreement` under changes that move no expression, `deviation` between cycles.

    folder: face videos, by default faces/ in $MEGC_SHARED_DATA. methods: spotting recipes, by default all that do not
    learn. A video without a face is left out. Deviation is that of the parts of a face, which `regional-contrast`
    measures, in % of the distance between the eyes.
    """
    folder = folder or faces_folder()
    names = methods or [name for name in recipe_names("spotting") if not learns(load_recipe(name))]
    spotters = {name: make_spotter(load_recipe(name)) for name in names}
    videos = read_videos(folder)
    agreement = [row for name, spotter in spotters.items() for row in _agreement(name, spotter, videos, jobs)]
    played = [(level, piece) for level in LEVELS for piece in pieces(folder, level)]
    found = run_parallel(_deviation, played, jobs, "playing forth and back")
    return {"agreement": agreement, "deviation": [row for rows in found for row in rows]}


def _agreement(name: str, spotter: Spotter, videos: Sequence[Video], jobs: int) -> Iterable[dict[str, Any]]:
    """Yield a row for each change, over all videos, and one for the mean of these."""
    spotted = run_parallel(partial(seen, partial(repeatability.agreements, spotter)), videos, jobs, name)
    known = [found for found, _ in spotted if found is not None]
    if not known:
        raise DataFault(f"{videos[0].frames.source}: no video with a face lies there; name a folder of face videos")
    figures = []
    for change in repeatability.CHANGES:
        pairs = [found[change.name] for found in known]
        f1, before, after = repeatability.agreement(pairs)
        figures.append(f1)
        counts = {"intervals": before, "after": after, "same_side": repeatability.same_side(pairs)}
        yield {"method": name, "change": change.name, "f1": f1, **counts}
    told = [f1 for f1 in figures if f1 is not None]
    yield {"method": name, "change": "mean", "f1": float(np.mean(told)) if told else None}


def _deviation(played: tuple[str, Piece]) -> list[dict[str, Any]]:
    """Return a row for each part of a face in a piece that is played forth and back, the worst first."""
    level, piece = played
    frames = repeatability.cycles(piece)
    measured = make_spotter(load_recipe("regional-contrast")).measured(frames, piece.fps).array
    away = 100 * repeatability.deviation(measured, 2 * (len(piece.pictures) - 1), piece.fps)
    rows = [{"piece": piece.name, "level": level, "part": part, "deviation": float(d)} for part, d in zip(PARTS, away)]
    return sorted(rows, key=lambda row: -row["deviation"])


def repeatability_text(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return both tables as text; of the parts of each piece the worst, and how many deviate by more than .1 %."""
    agreement = [
        {
            **row,
            **{key: "-" if row.get(key) is None else f"{row[key]:.3f}" for key in ("f1", "same_side")},
            **{key: f"{row.get(key, '')}" for key in ("intervals", "after")},
        }
        for row in found["agreement"]
    ]
    worst = []
    for key in dict.fromkeys((row["level"], row["piece"]) for row in found["deviation"]):
        rows = [row for row in found["deviation"] if (row["level"], row["piece"]) == key]
        over = sum(row["deviation"] > 0.1 for row in rows)
        worst.append(
            {**rows[0], "deviation": f"{rows[0]['deviation']:.2f} %", "over": f"{over} of {len(rows)} over .1 %"}
        )
    parts = ("level", "piece", "part", "deviation", "over")
    return (
        columns_text(agreement, ("method", "change", "f1", "intervals", "after", "same_side"))
        + "\n\n"
        + columns_text(worst, parts)
    )
