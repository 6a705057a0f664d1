"""What a recipe is once it has been read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """One named method with every parameter; `steps` maps a step of the task to its part and parameters.

    floor: tables compare the others with it. slow: `run-all` leaves it out unless it is named. learns_from: of a
    spotting recipe, `OTHER_SUBJECTS` where its method is fitted on the other subjects of a dataset, else empty.
    base: the name of the recipe that this is a cell of, its own where it is none; varied: {key: value} of what the cell
    changes in it. named: {step: recipe} of the steps that are recipes for other tasks.
    """

    name: str
    task: str
    summary: str
    citation: str
    steps: Mapping[str, Any]
    floor: bool = False
    slow: bool = False
    learns_from: str = ""
    base: str = ""
    varied: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, "Recipe"] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values; of recipes for other tasks only the names that stand in its steps."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "named"}
