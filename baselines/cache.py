"""Arrays kept between runs: one plain .npz file for each explicit key, written atomically, bounded in size.

The folder is `$MEGC_CACHE`, else `$XDG_CACHE_HOME/megc`, else `~/.cache/megc`. `MEGC_CACHE=off`
turns keeping arrays off; `MEGC_CACHE_GB` bounds their size (default 10, oldest used go first).
"""

import json
import os
import tempfile
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from baselines.costs import apart, kept_by, measure, under_way
from baselines.errors import InputError
from baselines.files import CannotWrite, atomic_path
from baselines.identity import digest

SHORT = 12  # digits that name an array where its cost is counted
COST = "megc_cost"  # beside the arrays in a file: what making them cost, with all that they are made of


def cache_folder():
    """Return the folder for everything that can be made again, or a temporary one when caching is off."""
    place = os.environ.get("MEGC_CACHE", "")
    if place == "off":
        return Path(tempfile.gettempdir()) / f"megc-{os.getuid() if hasattr(os, 'getuid') else 0}"
    if place:
        return Path(place)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "megc"


def cached_arrays(kind, key, compute):
    """Return `compute()`, a dict of arrays, from the cache when it holds this key.

    kind: a folder name such as "landmarks"; key: JSON-able, naming everything the arrays depend on.
    A damaged file counts as absent and is made again.
    """
    name = digest(key)
    path = cache_folder() / "arrays" / kind / f"{name}.npz"
    keeping = os.environ.get("MEGC_CACHE") != "off"
    found = _stored(path) if keeping else None
    if found is None:
        with apart() as cost:
            arrays = compute()
        found = arrays, kept_by(cost, kind, name[:SHORT])
        if keeping:
            with measure():  # writing is needed once
                _store(path, *found)
    arrays, kept = found
    caller = under_way()
    if caller:
        caller.take(kept)
    return arrays


def _stored(path):
    """Return (arrays, what making them cost) of a file, None where it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        kept = json.loads(str(arrays.pop(COST)))
        os.utime(path)
        return arrays, kept
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _store(path, arrays, kept):
    """Write arrays to a file; where there is no room they are used all the same, and made again another time."""
    try:
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **arrays, **{COST: np.array(json.dumps(kept))})
    except CannotWrite as error:
        _tell_full(cache_folder(), error.__cause__.strerror)


@lru_cache
def _tell_full(folder, why):
    """Warn once."""
    warnings.warn(
        f"{folder}: nothing can be kept there ({why}), so it is made again each time; free space, or name another "
        "folder as MEGC_CACHE",
        stacklevel=2,
    )


def prune_cache():
    """Delete the arrays used longest ago until the cache is within its bound; return bytes freed."""
    text = os.environ.get("MEGC_CACHE_GB", "10")
    try:
        bound = float(text) * 1e9
    except ValueError:
        raise InputError(f"MEGC_CACHE_GB is {text!r}; expected a number of gigabytes such as 10") from None
    entries = []
    for path in (cache_folder() / "arrays").glob("*/*.npz"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        entries.append((stat.st_mtime, stat.st_size, path))
    excess = sum(size for _, size, _ in entries) - bound
    freed = 0
    for _, size, path in sorted(entries):
        if freed >= excess:
            break
        path.unlink(missing_ok=True)
        freed += size
    return freed
