"""The clips, events and questions that most recipes get wrong."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from baselines.metrics.vqa import normalize
from baselines.report.overview.events import TASKS_OF_VIDEOS, Spotted, video_name, video_of
from baselines.report.overview.footage import Footage, Place
from baselines.report.overview.groups import Group
from baselines.report.study import Result

MOST = 12
UNITS = {"recognition": "clips", "spotting": "events", "str": "events", "vqa": "questions", "lvqa": "questions"}
MISSED = "missed"


class Judged(NamedTuple):
    """A sample, what is true of it, what a recipe said, and whether that is right; span: the frames of an event."""

    place: Place
    what: str
    span: tuple[int, int] | None
    truth: str
    said: str
    right: bool


def judged(result: Result) -> Iterator[Judged]:
    """Yield what an experiment says of each true sample."""
    task = result.name[0]
    if task in TASKS_OF_VIDEOS:
        yield from _events(result, "emotion" if task == "str" else "type")
        return
    for row in (row for fold in result.folds for row in fold["predictions"]):
        if task == "recognition":
            truth, said = row["label"], row["prediction"]
            yield Judged((row["dataset"], row["subject"], row["clip"]), "", None, truth, said, truth == said)
        else:
            right = normalize(row["answer"]) == normalize(row["prediction"])
            place = (row["dataset"], row["subject"], row["video"])
            yield Judged(place, row["question"], None, row["answer"], row["prediction"], right)


def _events(result: Result, label: str) -> Iterator[Judged]:
    spotted = Spotted.of(result)
    for number, row in enumerate(spotted.truth):
        finder = spotted.found.get(number)
        said = MISSED if finder is None else spotted.predictions[finder][label]
        span = row["onset"], row["offset"]
        what = f"frames {span[0]}-{span[1]}"
        yield Judged(video_of(row), what, span, row[label], said, finder is not None and said == row[label])


def hardest(group: Group, footage: Footage) -> dict[str, Any] | None:
    """Return the samples of a group that the fewest recipes get right; None where fewer than two are no floors.

    number: how many are wrong under most recipes; seeds of one recipe count each.
    """
    results = [result for result in group.results if not result.floor]
    recipes = len({result.recipe for result in results})
    if recipes < 2:
        return None
    found: dict[tuple[Any, ...], list[Judged]] = {}
    for result in results:
        for one in judged(result):
            found.setdefault((one.place, one.span or (), one.what, one.truth), []).append(one)
    shares = {key: sum(one.right for one in mine) / len(mine) for key, mine in found.items()}
    wrong = sorted((key for key, share in shares.items() if share < 0.5), key=lambda key: (shares[key], key))
    return {
        "name": group.name,
        "unit": UNITS[group.task],
        "recipes": recipes,
        "number": len(wrong),
        "of": len(found),
        "rows": [_row(found[key], group, footage) for key in wrong[:MOST]],
    }


def _row(mine: list[Judged], group: Group, footage: Footage) -> dict[str, Any]:
    first = mine[0]
    coarse = group.results[0].value("classes") == "coarse"
    if first.span is not None:
        pictures = footage.of_event(first.place, *first.span)
    elif group.task == "recognition":
        pictures = footage.of_clip(first.place, first.truth if coarse else None)
    else:
        pictures = footage.of_clip(first.place)
    said = sorted(Counter(one.said for one in mine if not one.right).items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "name": video_name(first.place),
        "what": first.what,
        "truth": first.truth or "-",
        "right": sum(one.right for one in mine),
        "of": len(mine),
        "said": ", ".join(f"{text or '(nothing)'} ({n})" for text, n in said),
        "pictures": pictures,
    }
