"""Every setting of a recipe under its key, defaults included: what tables of several recipes tell apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from baselines.parts import find_part
from baselines.recipes.check import STEPS
from baselines.recipes.records import Recipe
from baselines.signatures import REQUIRED, Part, plain, signature_of

RECOGNIZER = "baselines.recognition.recognizer:Recognizer"
# Step -> the kind of part that its tables name.
KINDS = {
    "representation": "representation",
    "transforms": "transform",
    "classifier": "classifier",
    "method": "spotting method",
    "answerer": "answerer",
}


def note_of(recipe: Recipe) -> dict[str, Any]:
    """Return what the notes beside the rows of a recipe tell of it (`experiments.rows.Notes`)."""
    return {
        "base": recipe.base,
        "varied": dict(recipe.varied),
        "settings": dict(settings_of(recipe)),
        "floor": recipe.floor,
    }


def settings_of(recipe: Recipe) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) of every setting of a recipe; the key of a step itself holds the name of its part.

    Of a list of transforms or kernels it holds their names. Settings of a recipe that a step names stand below it.
    """
    known = signature_of(RECOGNIZER) if recipe.task == "recognition" else {}
    for step in STEPS[recipe.task]:
        if step in recipe.named:
            yield step, recipe.named[step].name
            for key, value in settings_of(recipe.named[step]):
                yield f"{step}.{key}", value
        elif step not in recipe.steps:
            if step in known and known[step].default not in (None, ()):
                yield step, plain(known[step].default)
        else:
            yield from _settings(step, recipe.steps[step], KINDS.get(step))


def _settings(key: str, value: Any, kind: str | None) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if "name" in value:
            yield key, value["name"]
        defaults = _defaults(find_part(kind, value["name"]), value) if kind and "name" in value else {}
        for name, one in {**defaults, **value}.items():
            if name != "name":
                yield from _settings(f"{key}.{name}", one, None)
    elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        yield key, "+".join(str(one.get("name", one.get("kernel", "rbf"))) for one in value)
        for number, one in enumerate(value):
            yield from _settings(f"{key}.{number}", {k: v for k, v in one.items() if k != "name"}, None)
    else:
        yield key, plain(value)


def _defaults(part: Part, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {p.name: plain(p.default) for p in part.parameters(settings).values() if p.default is not REQUIRED}
