"""Hits, misses and false alarms of the best recipe, with frames or flow pictures of each."""

from collections.abc import Callable, Sequence
from typing import Any

from baselines.report.overview.events import TASKS_OF_VIDEOS, Spotted, score_in, video_name, video_of
from baselines.report.overview.footage import Footage
from baselines.report.overview.groups import Group
from baselines.report.study import Result
from baselines.scoring.outcomes import QUESTIONS

MOST = 6  # of each
Item = dict[str, Any]


def gallery(group: Group, footage: Footage) -> dict[str, Any] | None:
    """Return {name, recipe, kinds}, of each kind a few items with a caption and pictures.

    None for questions, where there is no recipe but floors, and where no picture can be shown.
    """
    best = group.best
    if best is None or group.task in QUESTIONS:
        return None
    kinds = _spotted(best, footage) if group.task in TASKS_OF_VIDEOS else _recognized(best, footage)
    if not any(item["pictures"] for _, items, _ in kinds for item in items):
        return None
    told = [{"name": name, "items": items, "of": number} for name, items, number in kinds if number]
    return {"name": group.name, "recipe": best.recipe, "kinds": told}


def _spotted(result: Result, footage: Footage) -> list[tuple[str, list[Item], int]]:
    spotted = Spotted.of(result)
    found = spotted.found
    hits = [(spotted.truth[i], spotted.predictions[j]) for i, j in sorted(found.items())]
    missed = [(row, None) for place, row in enumerate(spotted.truth) if place not in found]
    alarms = [(None, row) for place, row in enumerate(spotted.predictions) if place not in spotted.hits]
    return [
        ("hits", _some(hits, _of_event(footage)), len(hits)),
        ("misses", _some(missed, _of_event(footage)), len(missed)),
        ("false alarms", _some(alarms, _of_event(footage)), len(alarms)),
    ]


def _some(pairs: Sequence[tuple[Any, Any]], item: Callable[..., Item]) -> list[Item]:
    """Return the items of some pairs: the surest of each video before the next ones of any."""
    rank: dict[Any, int] = {}
    ordered = []
    for truth, found in sorted(pairs, key=lambda pair: -(score_in(pair[1]) or 0.0) if pair[1] else 0.0):
        video = video_of(truth or found)
        rank[video] = rank.get(video, 0) + 1
        ordered.append((rank[video], video, truth, found))
    chosen = sorted(ordered, key=lambda one: one[:2])[:MOST]
    return [item(truth, found) for _, _, truth, found in chosen]


def _of_event(footage: Footage) -> Callable[..., Item]:
    def item(truth: Any, found: Any) -> Item:
        row = truth or found
        told = [_interval("true", truth), _interval("found", found)]
        return {
            "name": video_name(video_of(row)),
            "caption": "; ".join(filter(None, told)),
            "pictures": footage.of_event(video_of(row), row["onset"], row["offset"]),
        }

    return item


def _interval(word: str, row: Any) -> str:
    if row is None:
        return ""
    score = score_in(row)
    words = [word, row["type"], row.get("emotion", ""), f"{row['onset']}-{row['offset']}"]
    return " ".join(filter(None, words)) + ("" if score is None else f" (score {score:.2f})")


def _recognized(result: Result, footage: Footage) -> list[tuple[str, list[Item], int]]:
    rows = [row for fold in result.folds for row in fold["predictions"]]
    coarse = result.value("classes") == "coarse"
    found = []
    for name, right in (("right, the surest", True), ("wrong, the surest", False)):
        mine = [row for row in rows if (row["label"] == row["prediction"]) == right]
        order = sorted(mine, key=lambda row: (-_surety(row), row["dataset"], row["subject"], row["clip"]))
        found.append((name, [_clip(row, footage, coarse) for row in order[:MOST]], len(mine)))
    return found


def _surety(row: Any) -> float:
    return float(row.get("probabilities", {}).get(row["prediction"], 0.0))


def _clip(row: Any, footage: Footage, coarse: bool) -> Item:
    place = row["dataset"], row["subject"], row["clip"]
    surety = f" (probability {_surety(row):.2f})" if row.get("probabilities") else ""
    return {
        "name": video_name(place),
        "caption": f"true {row['label']}; taken for {row['prediction']}{surety}",
        "pictures": footage.of_clip(place, row["label"] if coarse else None),
    }
