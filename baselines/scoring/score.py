"""A kind of score: what tells it apart, and what all kinds have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from baselines.metrics.uncertainty import RESAMPLES, mcnemar
from baselines.scoring import common
from baselines.scoring.common import Row
from baselines.scoring.figures import Figures, Path, at, differences, values

Difference = dict[str, float | None]  # difference, low, high, p
LISTS = {"per_video", "per_dataset"}  # options that add to a result and change no figure
PAIRS = "cross-database"  # the protocol whose folds are pairs of databases, one tested and one trained on


class Sides(NamedTuple):
    """The rows of two files, and lines for stderr. The truth is None where the predictions carry it.

    told: what the files tell of how the predictions were made, options of `Score.scores`.
    """

    truth: Any
    predictions: Any
    warnings: Sequence[str] = ()
    told: Mapping[str, Any] = {}


class Compared(NamedTuple):
    """The figures of two recipes on the same subjects; right: which answers of each are right, where that is known."""

    figures: Sequence[Figures]
    right: Sequence[Sequence[bool]] | None = None


class Column(NamedTuple):
    """A figure in the tables of `run-all`: its place there and in a result, and the number of samples behind it."""

    subset: str
    metric: str
    path: Path
    n: int


def pooled(folds: Sequence[Row], key: str) -> list[Any]:
    """Return the entries under a key of all folds as one list."""
    return [entry for fold in folds for entry in fold[key]]


def truth_and_predictions(folds: Sequence[Row]) -> Sides:
    """Return the rows of folds that tell the two apart, events in videos."""
    return Sides(_events(folds, "truth"), _events(folds, "predictions"))


def _events(folds: Sequence[Row], key: str) -> list[Row]:
    return [{**row, **event_names(row, fold)} for fold in folds for row in fold[key]]


def event_names(row: Row, fold: Row) -> dict[str, str]:
    """Return names of subject and video of an event that tell apart what databases, or pairs of them, have alike."""
    return {
        "subject": f"{row['dataset']}/{row['subject']}" if row.get("dataset") else row["subject"],
        "video": f"{fold['fold']}: {row['video']}" if is_pair(fold) else row["video"],
    }


def is_pair(fold: Row) -> bool:
    """Tell whether a fold is one database tested and one trained on; figures of each pair are told apart."""
    return fold.get("protocol") == PAIRS


def _parts(folds: Sequence[Row]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Yield (name of a part, its folds) of what figures are told of: the whole, without a name, and each pair."""
    yield "", folds
    yield from ((fold["fold"], [fold]) for fold in folds if is_pair(fold))


def _subset(part: str, subset: str) -> str:
    """The name of a subset in a part: that of the part for the whole of it."""
    return ": ".join(filter(None, (part, subset if subset != "all" or not part else "")))


@dataclass(frozen=True)
class Score:
    """A kind of score. Rows are mappings; options are those of `scores`.

    headline: the metric of the tables by which recipes are compared.
    read: (file of the truth, file of predictions, **options) -> Sides.
    scores: (truth, predictions, resamples=, seed=, **options) -> what `score --json` prints, and `warnings`.
    compared: (truth, first predictions, second predictions, **options) -> Compared.
    columns: values of the figures -> Columns, in the order of the tables.
    sides: folds -> Sides. A fold is what a task gives for it: a mapping with `predictions` and, if need be, `truth`.
    told: what else a fold tells that goes to `scores` as an option.
    tabled: the options of `scores` in the tables.
    """

    name: str
    headline: str
    read: Callable[..., Sides]
    scores: Callable[..., dict[str, Any]]
    compared: Callable[..., Compared]
    columns: Callable[[dict[str, Any]], Iterator[Column]]
    sides: Callable[[Sequence[Row]], Sides] = truth_and_predictions
    told: tuple[str, ...] = ()
    tabled: Mapping[str, Any] = field(default_factory=dict)

    def files(
        self,
        truth: FilePath | str | None,
        predictions: FilePath | str,
        other: FilePath | str | None = None,
        resamples: int = RESAMPLES,
        seed: int = 0,
        where: Mapping[str, str] | None = None,
        fps: float | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Return the scores of a file of predictions.

        other: a second file for the same truth; adds `comparison`, the first minus the second. where: {column: value}
        of the rows that are read of files which `run-all` wrote. fps: frames per second of events in seconds.
        """
        chosen: dict[str, Any] = ({"where": where} if where else {}) | ({"fps": fps} if fps else {})
        first = self.read(truth, predictions, **chosen, **options)
        result = self.scores(first.truth, first.predictions, resamples=resamples, seed=seed, **first.told, **options)
        warnings = [*first.warnings, *result["warnings"]]
        if other is not None:
            second = self.read(truth, other, **chosen, **options)
            refused = self.scores(second.truth, second.predictions, resamples=0, **options)  # whatever is wrong in it
            warnings += [line for line in (*second.warnings, *refused["warnings"]) if line not in warnings]
            rows = first.truth, first.predictions, second.predictions
            result["comparison"] = self.compare(*rows, resamples=resamples, seed=seed, **options)
        return result | {"warnings": warnings}

    def compare(
        self, truth: Any, first: Any, second: Any, resamples: int = RESAMPLES, seed: int = 0, **options: Any
    ) -> dict[str, Any]:
        """Return {metrics: {path: {difference, low, high, p}}, mcnemar, signature} of two recipes on the same truth.

        A path is like `micro.f1`, a difference is first minus second, and mcnemar, of right and wrong answers, is
        None where there are none.
        """
        options = {name: value for name, value in options.items() if name not in LISTS}
        compared = self.compared(truth, first, second, **options)
        options = {name: ",".join(map(str, x)) if isinstance(x, tuple) else x for name, x in options.items()}
        found = differences(compared.figures[0], compared.figures[1], resamples, seed)
        settings = {"difference": "first-second", "test": f"paired-subject-bootstrap,{resamples},seed={seed}"}
        return {
            "metrics": {".".join(path): difference for path, difference in found.items()},
            "mcnemar": mcnemar(*compared.right) if compared.right else None,
            "signature": common.signature("compare", task=self.name, **options, **settings),
        }

    def table(self, folds: Sequence[Row], seed: int = 0) -> list[dict[str, Any]]:
        """Return the figures of all folds pooled: mappings subset, metric, value, ci_low, ci_high, n, signature.

        Each pair of databases has its own besides. seed: of the bootstrap over subjects.
        """
        tested = {fold["fold"].partition(" -> ")[2] for fold in folds if is_pair(fold)}  # pooled they say no more
        return [
            row | {"subset": _subset(part, row["subset"])}
            for part, mine in _parts(folds)
            for row in self._table(mine, seed)
            if row["subset"] not in tested
        ]

    def _table(self, folds: Sequence[Row], seed: int) -> list[dict[str, Any]]:
        sides = self.sides(folds)
        told = {name: folds[0].get(name, "not recorded") for name in self.told}
        result = self.scores(sides.truth, sides.predictions, seed=seed, **told, **self.tabled)
        rows = []
        for column in self.columns(result):
            low, high = at(result["ci"], column.path) or (None, None)
            bounds = {"value": at(result, column.path), "ci_low": low, "ci_high": high}
            place = {"subset": column.subset, "metric": column.metric}
            rows.append({**place, **bounds, "n": column.n, "signature": result["signature"]})
        return rows

    def difference(self, first: Sequence[Row], second: Sequence[Row], seed: int = 0) -> dict[str, Difference]:
        """Return {subset: {difference, low, high, p}} of the headline metric, the first recipe minus the second.

        first, second: folds with their names (`fold`). Empty where the two did not predict the same clips or videos.
        """
        return {
            _subset(part, subset): difference
            for (part, mine), (other, theirs) in zip(_parts(first), _parts(second))
            if part == other
            for subset, difference in self._difference(mine, theirs, seed).items()
        }

    def _difference(self, first: Sequence[Row], second: Sequence[Row], seed: int) -> dict[str, Difference]:
        sides = [self.sides(folds) for folds in (first, second)]
        names = [[fold["fold"] for fold in folds] for folds in (first, second)]
        if sides[0].truth != sides[1].truth or names[0] != names[1]:
            return {}
        both = self.compared(sides[0].truth, sides[0].predictions, sides[1].predictions).figures
        columns = [column for column in self.columns(values(both[0])) if column.metric == self.headline]
        chosen = [{column.path: figures[column.path] for column in columns} for figures in both]
        found = differences(chosen[0], chosen[1], seed=seed)
        return {column.subset: found[column.path] for column in columns}
