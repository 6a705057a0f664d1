"""Each long video as a line of time: the true events, and what every recipe found."""

from typing import Any

from baselines.report.overview.events import Spotted, score_in, video_name, video_of
from baselines.report.overview.footage import Footage
from baselines.report.overview.groups import Group

Place = tuple[str, str, str]


def timelines(group: Group, footage: Footage) -> list[dict[str, Any]]:
    """Return one mapping a video: its name, its first and last frame, and lanes of marks, the truth first.

    A mark has onset, offset, type, whether it has a match, and where they are known emotion and score. The frames go as
    far as the video where it can be opened, else as far as there are marks.
    """
    found: dict[Place, list[dict[str, Any]]] = {}
    for result in group.first_seeds:
        _add(found, result.recipe, Spotted.of(result))
    return [
        {"name": video_name(place), "lanes": lanes, **_extent(lanes, footage.extent(place))}
        for place, lanes in sorted(found.items())
    ]


def _add(found: dict[Place, list[dict[str, Any]]], recipe: str, spotted: Spotted) -> None:
    """Add the lane of one recipe to each video; the first one brings the truth with it."""
    hits = spotted.hits
    lanes: dict[Place, dict[str, list[dict[str, Any]]]] = {}
    for side, rows in (("truth", spotted.truth), ("spotted", spotted.predictions)):
        for place, row in enumerate(rows):
            lane = lanes.setdefault(video_of(row), {"truth": [], "spotted": []})
            lane[side].append(_mark(row, place in (spotted.found if side == "truth" else hits)))
    for video in {**found, **lanes}:
        lane = lanes.get(video, {"truth": [], "spotted": []})
        if video not in found:
            truth = [{**mark, "hit": None} for mark in lane["truth"]]  # by whom, the lanes tell
            found[video] = [{"name": "truth", "marks": truth}]
        missed = sum(not mark["hit"] for mark in lane["truth"])
        found[video].append({"name": recipe, "marks": lane["spotted"], "missed": missed})


def _mark(row: Any, hit: bool) -> dict[str, Any]:
    mark = {name: row[name] for name in ("onset", "offset", "type")} | {"hit": hit}
    score = score_in(row)
    return (
        mark | ({"emotion": row["emotion"]} if row.get("emotion") else {}) | ({} if score is None else {"score": score})
    )


def _extent(lanes: list[dict[str, Any]], known: tuple[int, int] | None) -> dict[str, int]:
    marks = [mark for lane in lanes for mark in lane["marks"]]
    first = min([1, *(mark["onset"] for mark in marks)])
    last = max([first + 1, *(mark["offset"] for mark in marks)])
    return {"first": first, "last": last} if known is None else {"first": known[0], "last": max(known[1], last)}
