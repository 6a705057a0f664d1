"""Short texts that change when a recipe, the data or the code that matters changes."""

import hashlib
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FITTED_OR_CODE = {".py", ".json", ".gguf"}


def digest(*parts):
    """Return 24 hex digits over JSON-able parts, independent of dictionary order."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def array_identity(array):
    """Return 24 hex digits over the values of an array."""
    import numpy as np

    return hashlib.blake2b(np.ascontiguousarray(array), digest_size=12).hexdigest()


@lru_cache
def code_identity(*sources):
    """Return a digest of our own files: folders or modules such as "features", "baselines/faces.py".

    Of a folder the modules count, and the fitted trees and networks that come with them.
    """
    files = []
    for source in sources:
        path = ROOT / source
        files += [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix in FITTED_OR_CODE)
    return digest([[str(f.relative_to(ROOT)), hashlib.blake2b(f.read_bytes()).hexdigest()] for f in files])


@lru_cache
def library_versions(*packages):
    """Return {package: installed version}; a package that is not installed reads as an empty string."""
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = ""
    return versions
