"""What the functions of `import baselines` return: results that a notebook shows, and that draw themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from baselines.datasets import shown
from baselines.datasets.records import Clip, Video
from baselines.errors import InputError
from baselines.experiments.tasks import score_of
from baselines.spotting.base import SpottingResult

COLUMNS = ("task", "dataset", "subset", "recipe", "seed", "metric", "value", "ci_low", "ci_high", "n")  # in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Spotted(SpottingResult):
    """A `SpottingResult` that knows its video."""

    video: Video | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, result: SpottingResult, video: Video) -> Self:
        """Return the result of a video."""
        return cls(**{one.name: getattr(result, one.name) for one in fields(result)}, video=video)

    def _repr_html_(self) -> str:
        """What a notebook shows: the intervals, numbered as the files of the video are."""
        rows = [found.to_dict() for found in self.intervals]
        for row in rows:
            row.update({key: self.video.number(row[key]) for key in ("onset", "apex", "offset")})
            row["moved"] = ", ".join(f"{part} {share:.1f} %" for part, share in row["moved"].items())
        return shown.table(repr(self), rows)

    def plot(self) -> Any:
        """Return the matplotlib figure that `megc spot --plot` writes: intervals, the true ones if known, curves."""
        from baselines.report.plots import spotting_figure

        video = self.video
        return spotting_figure(self, video.fps, video.events, f"{video.subject} {video.name}".strip(), video.number(1))


class Recognized(dict[str, float]):
    """The mapping {emotion: probability} of a clip, the likeliest first.

    clip: the record. settings: those of the recipe's representation, by which it was seen.
    """

    def __init__(self, probabilities: Mapping[str, float], clip: Clip, settings: Mapping[str, Any]) -> None:
        super().__init__(probabilities)
        self.clip, self.settings = clip, settings

    def __repr__(self) -> str:
        return f"Recognized({', '.join(f'{name}: {share:.3f}' for name, share in self.items())})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the classes with their probabilities."""
        rows = [{"emotion": name, "probability": share} for name, share in self.items()]
        return shown.table(repr(self.clip), rows)

    def plot(self) -> Any:
        """Return the matplotlib figure that `megc recognize --plot` writes: onset, apex, motion, probabilities."""
        from baselines.report.recognized import recognized_figure

        return recognized_figure(self.clip, self, self.settings)


class ScoreRows(list[dict[str, Any]]):
    """The rows of scores.csv as mappings, a list that pandas takes."""

    def __repr__(self) -> str:
        metrics = ", ".join(sorted({row["metric"] for row in self}))
        return f"ScoreRows({shown.counted(len(self), 'row')}{': ' if self else ''}{metrics})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the figures with their intervals."""
        return shown.table(f"{shown.counted(len(self), 'figure')}", [{c: row[c] for c in COLUMNS} for row in self])

    def plot(self, metric: str = "", task: str = "", dataset: str = "", subset: str = "") -> Any:
        """Return a matplotlib figure of one metric of all recipes with their intervals, the best first.

        By default the metric that the first task is compared by, in the first dataset and subset.
        """
        from baselines.report.figures import LOWER_IS_BETTER
        from baselines.report.overview.drawing import Line, forest

        asked = {"task": task, "dataset": dataset, "subset": subset, "metric": metric}
        found: list[dict[str, Any]] = self
        for key, value in asked.items():
            if not found:
                break
            usual = score_of(found[0]["task"]).headline if key == "metric" else found[0][key]
            found = [row for row in found if row[key] == (value or usual)]
        if not found:
            told = ", ".join(f"{key} {value}" for key, value in asked.items() if value)
            metrics = ", ".join(sorted({row["metric"] for row in self})) or "none"
            raise InputError(f"no figure of {told or 'anything'}; the metrics are {metrics}")
        first = found[0]
        known = [row for row in found if row["value"] is not None]
        known.sort(key=lambda row: row["value"], reverse=first["metric"] not in LOWER_IS_BETTER)
        lines = [Line(_called(row, found), row["value"], row["ci_low"], row["ci_high"]) for row in known]
        return forest(f"{first['task']} on {first['dataset']}: {first['subset']}", lines, first["metric"])


def _called(row: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    """Return what a line is called: its recipe, with the seed where there are several."""
    return f"{row['recipe']} (seed {row['seed']})" if len({other["seed"] for other in rows}) > 1 else row["recipe"]
