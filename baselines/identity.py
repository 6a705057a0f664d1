"""Short texts that change when a recipe, the data, the code or the libraries that matter change.

What code matters is read from the imports: `depends_on("features.hoof")` covers that module and every module of this
project that it imports, directly or through others, in functions too; the files beside a module that it names (fitted
trees, networks); the versions of the libraries that these modules import; and the BLAS core that multiplies on this
processor. Registries end the search, because they hold the lines of all names: the lines that a recipe uses are in its
identity (`experiments.run.recipe_identity`).
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from baselines.costs import apart
from baselines.environment import ROOT, numeric_kernel

REGISTRIES = {"features", "baselines", "baselines.parts", "baselines.plugins", "baselines.recipes"}
DATA = (".json", ".gguf", ".csv", ".npz")  # endings of files that a module reads from beside it
# they say how and where something runs, not what comes out
NO_MATTER = {"click", "distributed", "huggingface_hub", "joblib", "threadpoolctl"}
# top-level package -> the folder that it lies in: those of this project, and of users' own parts
_packages = {"features": ROOT, "baselines": ROOT}
_texts: dict[str, tuple[Path, bytes]] = {}  # module -> (file, what it held) of files that no package holds
PACKAGED_AS = {  # where a package has another name than what is imported
    "cv2": [f"opencv{contrib}-python{headless}" for contrib in ("", "-contrib") for headless in ("", "-headless")],
    "dlib": ["dlib-bin", "dlib"],  # the first does not tell the name that it is imported by
    "PIL": ["pillow"],
    "skimage": ["scikit-image"],
    "sklearn": ["scikit-learn"],
    "xgboost": ["xgboost", "xgboost-cpu"],
}


def digest(*parts: Any) -> str:
    """Return 24 hex digits over JSON-able parts, independent of dictionary order."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def array_identity(array: Any) -> str:
    """Return 24 hex digits over the values, type and shape of an array."""
    import numpy as np

    array = np.ascontiguousarray(array)
    found = hashlib.blake2b(array.data, digest_size=12)
    found.update(f"{array.dtype} {array.shape}".encode())
    return found.hexdigest()


@lru_cache
def depends_on(*modules: str) -> dict[str, Any]:
    """Return {"code": digest, "libraries": {package: version}, "kernel": {library: BLAS core}} as part of a key.

    Code and libraries are all that modules reach, by dotted names: of ours such as "features.hoof", or of libraries
    such as "sklearn.svm". The kernel is that of this process (`environment.numeric_kernel`).
    """
    with apart():  # is done once in a process, for whichever recipe comes first
        files, libraries = reached(*modules)
        contents = [[_label(file), hashlib.blake2b(_content(file)).hexdigest()] for file in files]
        return {"code": digest(contents), "libraries": library_versions(*libraries), "kernel": numeric_kernel()}


def add_package(name: str) -> None:
    """Count the code of an installed top-level package, which holds parts of a user's own, like that of this project.

    Raises `ModuleNotFoundError` where there is none.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name}: no such package")
    file = Path(spec.origin)
    _packages[name] = file.parent.parent if spec.submodule_search_locations else file.parent
    _forget()


def add_text(module: str, file: Path, content: bytes) -> None:
    """Count the code of a file that no package holds, under the name that it is imported by."""
    _texts[module] = file, content
    _forget()


def drop_text(module: str) -> None:
    """Count a file that `add_text` told no longer."""
    _texts.pop(module, None)
    _forget()


def _forget() -> None:
    for known in (depends_on, reached, _read, _source):
        known.cache_clear()


@lru_cache
def reached(*modules: str) -> tuple[list[Path], list[str]]:
    """Return (our files, top-level names of libraries) that modules reach by imports, both sorted.

    Raises `ModuleNotFoundError` for a module of ours that does not exist.
    """
    files: set[Path] = set()
    libraries: set[str] = set()
    waiting = list(modules)
    for name in modules:
        if _is_ours(name) and _source(name) is None:
            raise ModuleNotFoundError(f"{name}: no such module of this project")
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name in REGISTRIES:
            continue
        seen.add(name)
        if not _is_ours(name):
            libraries.add(name.partition(".")[0])
            continue
        source = _source(name)
        if source is not None:  # else a name inside a module
            imported, data = _read(source)
            files |= {source, *data}
            waiting += imported
    return sorted(files), sorted(libraries)


@lru_cache
def library_versions(*names: str) -> dict[str, str]:
    """Return {package: installed version} of libraries by the names they are imported by; empty if not installed.

    Python's own modules and those of `NO_MATTER` are left out.
    """
    versions: dict[str, str] = {}
    for name in sorted(set(names) - NO_MATTER - set(sys.stdlib_module_names)):
        packages = PACKAGED_AS.get(name, [name])
        found = {package: installed for package in packages if (installed := _version(package))}
        if not found and (told := _distributions().get(name)):  # which looks into every package that is installed
            found = {package: _version(package) for package in told}
        versions |= found or {packages[0]: ""}
    return versions


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@lru_cache
def _read(source: Path) -> tuple[list[str], list[Path]]:
    """Return (dotted names that a source file imports, files beside it that it names)."""
    imported: list[str] = []
    data: list[Path] = []
    for node in ast.walk(ast.parse(_content(source))):
        imported += _imported(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(DATA):
            name = Path(node.value).name
            data += [file for file in (*source.parent.glob(name), *source.parent.glob(f"*/{name}")) if file.is_file()]
    return imported, data


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        if _is_ours(node.module):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_ours(name: str) -> bool:
    return name in _texts or name.partition(".")[0] in _packages


@lru_cache
def _source(name: str) -> Path | None:
    """Return the file of a module of ours, None where the name stands for something inside a module."""
    if name in _texts:
        return _texts[name][0]
    path = _packages[name.partition(".")[0]].joinpath(*name.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _content(file: Path) -> bytes:
    """Return what a file holds, or held when it was told: another machine may not have it."""
    told = [content for known, content in _texts.values() if known == file]
    return told[0] if told else file.read_bytes()


def _label(file: Path) -> str:
    """Return the name of a file in a key, which does not tell where its package lies."""
    homes = [home for home in dict.fromkeys(_packages.values()) if file.is_relative_to(home)]
    told = file in (known for known, _ in _texts.values())
    return file.name if told or not homes else str(file.relative_to(homes[0]))


@lru_cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())
