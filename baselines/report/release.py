"""Which version of this program is at work, and of which commit: that of the clone, or that it was built from."""

import contextlib
import json
from pathlib import Path
from typing import Any

from baselines.environment import suite

BUILT = Path("baselines") / "commit.json"  # beside the packages, written by setup.py into wheels and source archives


def release() -> dict[str, Any]:
    """Return {version, commit, changed} as `environment.suite`; outside a clone, of the commit that it was built from.

    >>> sorted(release())
    ['changed', 'commit', 'version']
    """
    found = suite()
    if not found["commit"]:
        with contextlib.suppress(OSError, ValueError):
            built = json.loads((Path(__file__).parents[2] / BUILT).read_text(encoding="utf-8"))
            found |= {name: built[name] for name in ("commit", "changed")}
    return found


def version_text() -> str:
    """Return version and commit in one line.

    >>> version_text().startswith("megc, version ")
    True
    """
    found = release()
    changed = ", files changed since" if found["changed"] else ""
    commit = f" (commit {found['commit'][:12]}{changed})" if found["commit"] else ""
    return f"megc, version {found['version']}{commit}"
