"""What the commands `cite` and `recipes cite` print: the works that the suite, and each recipe, stand on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baselines.parts import find_part
from baselines.recipes import Recipe, load_recipe, parts_of
from baselines.references import OURS, bibtex, cited_in, references
from baselines.signatures import Part
from features import FEATURES

# Where the recipe names a part with parameters that other works stand behind.
SETTINGS = {"representation": "representation", "method": "spotting method"}
PREPARED_BY = {"magnification": "magnify", "frames": "interpolate"}  # parameter: the feature that it brings in
FLOWS = {
    "farneback": "Farneback 2003",
    **dict.fromkeys(("tvl1", "tvl1-skimage", "paper"), "Zach et al. 2007"),
    **dict.fromkeys(("dis", "fast"), "Kroeger et al. 2016"),
    "rlof": "Senst et al. 2012",
}


def cite_suite(version: str) -> dict[str, Any]:
    """Return the work that is this suite, as `cite_recipes` tells works."""
    return _told(OURS, _works(version)[OURS], ["the suite"])


def cite_recipes(names: Iterable[str], version: str) -> list[dict[str, Any]]:
    """Return {name, citation, works} of each recipe.

    works: mappings key, for (what of the recipe needs it), the fields, and bibtex. What a text says without citing a
    work that is known becomes a work of type misc with that text as its note.
    """
    works = _works(version)
    return [_cited(load_recipe(name), works) for name in dict.fromkeys(names)]


def bibtex_text(cited: Iterable[Mapping[str, Any]]) -> str:
    """Return what `cite_recipes` gave as one BibTeX file: a comment line a recipe, then each work once."""
    cited = list(cited)
    lines = [f"% {one['name']} ({one['citation']}): {', '.join(work['key'] for work in one['works'])}" for one in cited]
    # BibTeX passes over what stands between entries, but an @ begins one
    comments = [" ".join(line.replace("@", " at ").split()) for line in lines]
    entries = {work["key"]: work["bibtex"] for one in cited for work in one["works"]}
    return "\n".join([*comments, "", "\n\n".join(entries.values())])


def sources_of(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield (what it is the source of, text) for a recipe, its parts, and the recipes that it names."""
    yield f"recipe {recipe.name}", recipe.citation
    for part in parts_of(recipe):
        yield f"{part.kind} {part.name}", part.citation
    for step, kind in SETTINGS.items():
        if step in recipe.steps:
            yield from _of_settings(find_part(kind, recipe.steps[step]["name"]), recipe.steps[step])
    for other in recipe.named.values():
        yield from sources_of(other)


def _of_settings(part: Part, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = part.parameters(settings)
    for name, feature in PREPARED_BY.items():
        if name in known and settings.get(name):
            yield name, FEATURES[feature].citation
    flow = settings.get("method", known["method"].default) if "method" in known else None
    if flow in FLOWS:
        yield f"optical flow {flow}", FLOWS[flow]


def _cited(recipe: Recipe, works: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    needed: dict[str, dict[str, None]] = {}
    unknown: dict[str, dict[str, None]] = {}
    for what, text in sources_of(recipe):
        for statement in (part.strip() for part in text.split(";")):
            keys = cited_in(statement)
            for key in keys:
                needed.setdefault(key, {})[what] = None
            if not keys and statement:
                unknown.setdefault(what, {})[statement] = None
    found = [_told(key, works[key], list(needed_for)) for key, needed_for in needed.items()]
    return {
        "name": recipe.name,
        "citation": recipe.citation,
        "works": found + [_noted(recipe, what, list(notes)) for what, notes in unknown.items()],
    }


def _noted(recipe: Recipe, what: str, notes: list[str]) -> dict[str, Any]:
    """Return a work for a text that cites none that is known."""
    title = f"{recipe.name}: {recipe.summary}" if what == f"recipe {recipe.name}" else what
    key = re.sub(r"[^\w.+-]+", "-", what.removeprefix("recipe "))
    return _told(key, {"type": "misc", "title": title, "note": "; ".join(notes)}, [what])


def _told(key: str, work: Mapping[str, Any], needed_for: list[str]) -> dict[str, Any]:
    return {"key": key, "for": needed_for, **work, "bibtex": bibtex(key, work)}


def _works(version: str) -> dict[str, dict[str, Any]]:
    works = references()
    return {**works, OURS: {**works[OURS], "note": f"version {version}"}}
