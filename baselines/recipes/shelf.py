"""Where recipes are found: in this package, in installed packages, and where the user says.

A recipe is a file `NAME.toml`. An installed package offers a folder of them by an entry point of the group
`megc.recipes`, whose value is the package or module that lies in that folder.
"""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.files import parse_toml, read_text
from baselines.signatures import nearest

FOLDER = Path(__file__).parent
GROUP = "megc.recipes"
RESERVED = "@(|"  # in names: @ says where an apex is from, ( begins what a cell changes, | parts columns of tables
_added: list[Path] = []  # folders of the user


def recipe_files() -> dict[str, Path]:
    """Return {name: file} of the recipes that can be named, sorted; the package's come before others of a name."""
    found: dict[str, Path] = {}
    for folder in (FOLDER, *_installed(), *_added):
        for name, path in files_in(folder).items():
            found.setdefault(name, path)
    return dict(sorted(found.items()))


def files_in(folder: Path) -> dict[str, Path]:
    """Return {name: file} of the recipe files of one folder, sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if path.is_file()}


@contextmanager
def also_from(folders: Iterable[Path]) -> Iterator[None]:
    """Let recipes of some folders be named inside the block.

    Raises `InputError` for a folder without recipes, and for a recipe that is called like one that is known.
    """
    before = list(_added)
    try:
        for folder in folders:
            _add(Path(folder))
        yield
    finally:
        _added[:] = before


def _add(folder: Path) -> None:
    mine = files_in(folder)
    if not mine:
        what = "holds no recipe" if folder.is_dir() else "no such folder"
        raise InputError(f"{folder}: {what}; expected a folder with files NAME.toml")
    known = recipe_files()
    for name, path in mine.items():
        refuse_second(name, path, known)
    _added.append(folder)


def refuse_second(name: str, path: Path, known: dict[str, Path]) -> None:
    """Raise `InputError` where a recipe of this name, but in another file, is known already."""
    if name in known and not path.samefile(known[name]):
        raise InputError(f"{path}: there is a recipe {name!r} already, {known[name]}; rename the file")


def find_file(name: str) -> Path:
    """Return the file of the recipe that is called `name`, or that `name` is the path of."""
    known = recipe_files()
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{path}: a folder; name a recipe in it, NAME.toml, or take all by --recipes")
    if path.suffix != ".toml":
        raise InputError(f"recipe {name!r} is not known; {nearest(name, known)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a recipe NAME.toml")
    refuse_second(path.stem, path, known)
    return path


def read_table(path: Path) -> dict[str, Any]:
    """Return what a recipe file holds, not checked."""
    text = read_text(path)
    try:
        return parse_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: {error}; correct it there") from None


@lru_cache
def _installed() -> tuple[Path, ...]:
    """Return the folders that installed packages offer; a package that cannot be found is told once."""
    folders = []
    for entry in entry_points(group=GROUP):
        try:
            spec = find_spec(entry.module)
        except (ImportError, ValueError):
            spec = None
        if spec is None or spec.origin is None:
            warnings.warn(
                f"recipes {entry.name!r}: there is no module {entry.module!r}; install it again", stacklevel=2
            )
            continue
        folders.append(Path(spec.origin).parent)
    return tuple(folders)
