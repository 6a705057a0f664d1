"""The menu of vision models that have a name, and the families of their projectors, as `menu.toml` tells them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

MENU = tomllib.loads((Path(__file__).parent / "menu.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class MenuModel:
    """A GGUF pair on the hub.

    bytes: sizes of model and mmproj. licence: "" where it was not found. image_tokens: of a clip's picture and of a
    flow picture; () where the settings that they follow from were not found. cut: these settings.
    """

    family: str
    repository: str
    model: str
    mmproj: str
    bytes: tuple[int, int]
    licence: str = ""
    image_tokens: tuple[int, ...] = ()
    cut: dict[str, int] | None = None


MODELS = {
    name: MenuModel(**facts | {"bytes": tuple(facts["bytes"]), "image_tokens": tuple(facts.get("image_tokens", ()))})
    for name, facts in MENU["models"].items()
}
FAMILIES = {projector: family for family, projectors in MENU["families"].items() for projector in projectors}


def family_of(projector: str) -> str:
    """Return the name of the family of a projector type of llama.cpp, the type itself where it has none.

    Example: `family_of("idefics3")` is `"SmolVLM"`.
    """
    return FAMILIES.get(projector, projector)
