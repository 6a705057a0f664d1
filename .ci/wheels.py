"""Asks the package index where everything that `pip install .` needs comes as a wheel, and writes the table of that.

    .venv/bin/python .ci/wheels.py [--write] [--llama]

One row a system, one column a Python: yes, or the packages that would be built there from source. pip looks for wheels
only and installs nothing; what a wheel needs in its turn is looked for as well, with the markers of that system.
--write puts the table into docs/install.md. --llama: with the extra `llama`.
"""

import argparse
import configparser
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install.md"
START, END = "<!-- wheels: made by `python .ci/wheels.py --write` -->\n", "<!-- /wheels -->"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def _manylinux(machine):
    """Return the tags of wheels that a Linux with glibc 2.28 or newer takes."""
    return [f"manylinux{name}_{machine}" for name in ("1", "2010", "2014", *(f"_2_{n}" for n in range(5, 29)))]


LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
MAC = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"}
SYSTEMS = {
    "Linux x86-64 (glibc 2.28)": (_manylinux("x86_64"), LINUX | {"platform_machine": "x86_64"}),
    "Linux ARM64 (glibc 2.28)": (_manylinux("aarch64"), LINUX | {"platform_machine": "aarch64"}),
    "macOS 11, Apple silicon": (["macosx_11_0_arm64"], MAC),
    "macOS 14, Apple silicon": (["macosx_14_0_arm64"], MAC),
    "Windows x86-64": (["win_amd64"], WINDOWS),
}


def direct(llama):
    """Return the requirements of setup.cfg, as texts."""
    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = read["options"]["install_requires"] + (read["options.extras_require"]["llama"] if llama else "")
    return [line for line in texts.splitlines() if line and not line.startswith("#")]


def lacking(texts, tags, markers, python):
    """Return the packages without a wheel among requirements and all that they need."""
    markers = markers | {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    markers |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    known, missing = set(), set()
    waiting = set(texts)
    while waiting:
        asked = [one for one in map(Requirement, waiting) if one.marker is None or one.marker.evaluate(markers)]
        known |= waiting
        needed = set()
        for found in look(asked, tags, python, missing):
            needed |= set(found["metadata"].get("requires_dist", ()))
        waiting = needed - known
    return sorted(missing)


def look(asked, tags, python, missing):
    """Return what pip found of requirements without their own; add what has no wheel to `missing`."""
    while True:
        rest = [one for one in asked if canonicalize_name(one.name) not in missing]
        if not rest:
            return []
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            options = ["--quiet", "--dry-run", "--no-deps", "--ignore-installed", "--only-binary", ":all:"]
            options += ["--python-version", python, *(f"--platform={tag}" for tag in tags)]
            options += ["--target", folder, "--report", str(report)]
            names = [f"{one.name}{one.specifier}" for one in rest]
            command = [sys.executable, "-m", "pip", "install", *options, *names]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                return json.loads(report.read_text(encoding="utf-8"))["install"]
        told = re.search(r"No matching distribution found for ([\w.-]+)", done.stderr)
        if not told:
            raise SystemExit(done.stderr)
        missing.add(canonicalize_name(re.match(r"[\w.-]*\w", told[1])[0]))


def table(llama=False):
    """Return the table as Markdown."""
    lines = ["| | " + " | ".join(f"Python {python}" for python in PYTHONS) + " |", "|---" * (len(PYTHONS) + 1) + "|"]
    for system, (tags, markers) in SYSTEMS.items():
        cells = [", ".join(lacking(direct(llama), tags, markers, python)) or "yes" for python in PYTHONS]
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines) + "\n"


def main():
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/install.md")
    parser.add_argument("--llama", action="store_true", help="with the extra llama")
    options = parser.parse_args()
    made = table(options.llama)
    if not options.write:
        print(made, end="")
        return
    before, start, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise SystemExit(f"{PAGE}: no place for the table; expected the lines {START.strip()} and {END}")
    PAGE.write_text(f"{before}{START}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
