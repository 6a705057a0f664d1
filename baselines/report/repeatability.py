"""How well spotting methods repeat what they measured and found, as rows for tables.

`megc repeatability [FOLDER]` prints them. Nothing is fitted, and no label is needed.
"""

from collections.abc import Iterable, Mapping, Sequence
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
Agreements = dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]  # of `repeatability.agreements`
PARTS = (*motion.NAMES, "head")


def measure_repeatability(
    folder: Path | None = None, methods: Sequence[str] = (), jobs: int = 1
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of three tables, {name: rows}.

    `agreement` under each change that moves no expression, over all videos; that of each video over all changes,
    `videos`; and the `deviation` between cycles.
    folder: face videos, by default faces/ in $MEGC_SHARED_DATA. methods: spotting recipes, by default all that do not
    learn. A video without a face is left out. Deviation is that of the parts of a face, which `regional-contrast`
    measures, in % of the distance between the eyes.
    """
    folder = folder or faces_folder()
    names = methods or [name for name in recipe_names("spotting") if not learns(load_recipe(name))]
    spotters = {name: make_spotter(load_recipe(name)) for name in names}
    videos = read_videos(folder)
    spotted = {name: _spotted(name, spotter, videos, jobs) for name, spotter in spotters.items()}
    played = [(level, piece) for level in LEVELS for piece in pieces(folder, level)]
    found = run_parallel(_deviation, played, jobs, "playing forth and back")
    return {
        "agreement": [row for name, known in spotted.items() for row in _agreement(name, known)],
        "videos": [row for name, known in spotted.items() for row in _videos(name, known)],
        "deviation": [row for rows in found for row in rows],
    }


def _spotted(name: str, spotter: Spotter, videos: Sequence[Video], jobs: int) -> dict[str, Agreements]:
    """Return {video: what it gives under each change} of the videos with a face."""
    spotted = run_parallel(partial(seen, partial(repeatability.agreements, spotter)), videos, jobs, name)
    known = {str(video.name): found for video, (found, _) in zip(videos, spotted) if found is not None}
    if not known:
        raise DataFault(f"{videos[0].frames.source}: no video with a face lies there; name a folder of face videos")
    return known


def _agreement(name: str, known: Mapping[str, Agreements]) -> Iterable[dict[str, Any]]:
    """Yield a row for each change, over all videos, and one for the mean of these."""
    figures = []
    for change in repeatability.CHANGES:
        pairs = [found[change.name] for found in known.values()]
        f1, before, after = repeatability.agreement(pairs)
        figures.append(f1)
        counts = {"intervals": before, "after": after, "same_side": repeatability.same_side(pairs)}
        yield {"method": name, "change": change.name, "f1": f1, **counts}
    yield {"method": name, "change": "mean", "f1": _mean(figures)}


def _videos(name: str, known: Mapping[str, Agreements]) -> Iterable[dict[str, Any]]:
    """Yield a row for each video: the mean and the least F1 over the changes, and how many intervals there were."""
    for video, found in known.items():
        figures = [repeatability.agreement([pair])[0] for pair in found.values()]
        least = min((f1 for f1 in figures if f1 is not None), default=None)
        before, _ = next(iter(found.values()))
        yield {"method": name, "video": video, "f1": _mean(figures), "least": least, "intervals": len(before)}


def _mean(figures: Sequence[float | None]) -> float | None:
    told = [f1 for f1 in figures if f1 is not None]
    return float(np.mean(told)) if told else None


def _deviation(played: tuple[str, Piece]) -> list[dict[str, Any]]:
    """Return a row for each part of a face in a piece that is played forth and back, the worst first."""
    level, piece = played
    frames = repeatability.cycles(piece)
    measured = make_spotter(load_recipe("regional-contrast")).measured(frames, piece.fps).array
    away = 100 * repeatability.deviation(measured, 2 * (len(piece.pictures) - 1), piece.fps)
    rows = [{"piece": piece.name, "level": level, "part": part, "deviation": float(d)} for part, d in zip(PARTS, away)]
    return sorted(rows, key=lambda row: -row["deviation"])


def repeatability_text(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return the tables as text; of the parts of each piece the worst, and how many deviate by more than .1 %."""
    agreement = [
        {
            **row,
            **{key: "-" if row.get(key) is None else f"{row[key]:.3f}" for key in ("f1", "same_side")},
            **{key: f"{row.get(key, '')}" for key in ("intervals", "after")},
        }
        for row in found["agreement"]
    ]
    videos = [
        {
            **row,
            **{key: "-" if row[key] is None else f"{row[key]:.3f}" for key in ("f1", "least")},
            "intervals": f"{row['intervals']} intervals",
        }
        for row in found["videos"]
    ]
    worst = []
    for key in dict.fromkeys((row["level"], row["piece"]) for row in found["deviation"]):
        rows = [row for row in found["deviation"] if (row["level"], row["piece"]) == key]
        over = sum(row["deviation"] > 0.1 for row in rows)
        worst.append(
            {**rows[0], "deviation": f"{rows[0]['deviation']:.2f} %", "over": f"{over} of {len(rows)} over .1 %"}
        )
    tables = (
        columns_text(agreement, ("method", "change", "f1", "intervals", "after", "same_side")),
        columns_text(videos, ("method", "video", "f1", "least", "intervals")),
        columns_text(worst, ("level", "piece", "part", "deviation", "over")),
    )
    return "\n\n".join(tables)
