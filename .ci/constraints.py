"""Prints the exact versions of all that `pip install '.[llama]'` brings into this environment, one constraint a line.

    .venv/bin/python .ci/constraints.py > results/constraints.txt

Run it where the committed tables are made.
"""

from importlib.metadata import PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(package, found, extra=""):
    """Add {name: version} of what a package, or an extra of it, needs, directly or through others, to `found`."""
    for text in distribution(package).requires or ():
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate(default_environment() | {"extra": extra}):
            continue
        if name not in found:
            try:
                found[name] = distribution(name).version
            except PackageNotFoundError:
                continue
            needed(name, found)
        for more in requirement.extras:
            needed(name, found, more)
    return found


if __name__ == "__main__":
    for name, version in sorted(needed("megc-baselines", {}, "llama").items()):
        print(f"{name}=={version}")
