"""Arrays kept between runs: one plain .npz file for each explicit key, written atomically, bounded in size.

The folder is `$MEGC_CACHE`, else `$XDG_CACHE_HOME/megc`, else `~/.cache/megc`. `MEGC_CACHE=off`
turns keeping arrays off; `MEGC_CACHE_GB` bounds their size (default 10, oldest used go first).
Where nothing can be kept there, that is told once and the results are the same, made again each time.
"""

import atexit
import contextlib
import json
import math
import os
import shutil
import stat
import tempfile
import warnings
from pathlib import Path

import numpy as np

from baselines.costs import apart, kept_by, measure, under_way
from baselines.errors import InputError
from baselines.files import CannotWrite, atomic_path, check_folder, user_path
from baselines.identity import digest
from baselines.scratch import OWNED, own, remove_abandoned, size_of
from baselines.sealed import seal, unsealed

SHORT = 12  # digits that name an array where its cost is counted
COST = "megc_cost"  # beside the arrays in a file: what making them cost, with all that they are made of
OWN = "_MEGC_OWN_FOLDER"  # the variable by which a process tells its workers the folder of its own

TEMPORARY = "megc-"  # begins the name of such a folder

_held = []  # what tells others that the folder of this process is needed
_given_up = set()  # folders in which nothing could be kept


def cache_folder():
    """Return the folder for everything that can be made again; one of this process where nothing is to be kept."""
    return _named_folder() or own_folder()


def own_folder():
    """Return a folder of this process and its workers alone, which is removed when the process ends."""
    handed = os.environ.get(OWN)
    if handed and os.path.isdir(handed):
        return Path(handed)
    try:
        folder = tempfile.mkdtemp(prefix=TEMPORARY)
        _held.append(own(Path(folder)))
    except OSError as error:
        raise CannotWrite(f"no temporary folder can be made ({error.strerror}); name one as TMPDIR") from error
    os.environ[OWN] = folder
    for other in Path(folder).parent.glob(f"{TEMPORARY}*/{OWNED}"):
        remove_abandoned(other.parent)
    process = os.getpid()  # and not those that it forks
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == process else None)
    return Path(folder)


def _temporaries():
    """Return what is under way in the cache folder; what killed processes left there is removed."""
    folder = _named_folder()
    there = [path for name in ("synthetic", "models") for path in (folder / name).glob(".*")] if folder else []
    return [path for path in there if not remove_abandoned(path)]


def _named_folder():
    """Return the folder that the environment names, whether it is there or not; None where nothing is to be kept."""
    place = os.environ.get("MEGC_CACHE")
    if place == "off":
        return None
    folder = user_path(place) if place else user_path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "megc"
    why = "there is no such home folder" if str(folder).startswith("~") else _distrust(folder)
    if why:
        _give_up(folder, why)
        return None
    return folder


def _distrust(folder):
    """Return why what lies in a folder may be another user's, such as a model that is read as one's own, or ""."""
    try:
        there = os.stat(folder)
    except OSError:
        return ""
    if hasattr(os, "geteuid") and there.st_uid not in (os.geteuid(), 0):
        return "it belongs to another user"
    return "every user may write there" if os.name == "posix" and there.st_mode & stat.S_IWOTH else ""


def kept(name, make):
    """Return the path of what `make(path)` writes, under a name in the cache folder; it is made where it is not there.

    Where it cannot be kept there, it is made for this process alone.
    """
    folder = cache_folder()
    if os.path.exists(folder / name):
        return folder / name
    if folder not in _given_up:
        try:
            check_folder(folder)
            _temporaries()
            make(folder / name)
            return folder / name
        except InputError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            _give_up(folder, error.__cause__.strerror)
    own = own_folder() / name
    if not own.exists():
        make(own)
    return own


def cached_arrays(kind, key, compute):
    """Return `compute()`, a dict of arrays, from the cache when it holds this key.

    kind: a folder name such as "landmarks"; key: JSON-able, naming everything the arrays depend on.
    A damaged file counts as absent and is made again.
    """
    name, folder = digest(key), _named_folder()
    path = folder and folder / "arrays" / kind / f"{name}.npz"
    found = _stored(path) if path else None
    if found is None:
        with apart() as cost:
            arrays = compute()
        found = arrays, kept_by(cost, kind, name[:SHORT])
        if path:
            with measure():  # writing is needed once
                _store(path, *found)
    arrays, taken = found
    caller = under_way()
    if caller:
        caller.take(taken)
    return arrays


def _stored(path):
    """Return (arrays, what making them cost) of a file, None where it is absent or damaged."""
    try:
        with unsealed(path) as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        taken = json.loads(str(arrays.pop(COST)))
        with contextlib.suppress(OSError):  # of a folder that is only read
            os.utime(path)
        return arrays, taken
    except Exception:  # of many kinds, where somebody else sealed it
        return None


def _store(path, arrays, taken):
    """Write arrays to a file; where there is no room they are used all the same, and made again another time."""
    try:
        if path.exists() and not path.is_file():  # a pipe or device in its place would be written to, or waited for
            path.unlink()
        with atomic_path(path) as temporary:
            np.savez(temporary, **arrays, **{COST: np.array(json.dumps(taken))})
            seal(temporary)
    except (CannotWrite, OSError) as error:
        _give_up(path.parents[2], (error.__cause__ or error).strerror)


def _give_up(folder, why):
    """Warn once that a folder keeps nothing."""
    if folder not in _given_up:
        _given_up.add(folder)
        warnings.warn(
            f"{folder}: nothing can be kept there ({why}), so it is made again each time; free space, or name another "
            "folder as MEGC_CACHE",
            stacklevel=2,
        )


def cache_bound():
    """Return how many bytes of arrays are kept; raises `InputError` where MEGC_CACHE_GB is no such number."""
    text = os.environ.get("MEGC_CACHE_GB", "10")
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = math.nan
    if not (math.isfinite(gigabytes) and gigabytes >= 0):
        raise InputError(f"MEGC_CACHE_GB is {text!r}; expected a number of gigabytes such as 10, 0 for none")
    return gigabytes * 1e9


def prune_cache():
    """Delete the arrays used longest ago until the cache is within its bound; return bytes freed.

    What is being made there counts, and what killed processes left goes first.
    """
    bound = cache_bound()
    entries = []
    folder = _named_folder()
    for path in (folder / "arrays").glob("*/*.npz") if folder else ():
        with contextlib.suppress(OSError):  # gone meanwhile
            stat = path.stat()
            entries.append((stat.st_mtime, stat.st_size, path))
    excess = sum(size for _, size, _ in entries) + sum(map(size_of, _temporaries())) - bound
    freed = 0
    for _, size, path in sorted(entries):
        if freed >= excess:
            break
        with contextlib.suppress(OSError):  # of a folder that is only read
            path.unlink(missing_ok=True)
            freed += size
    return freed
