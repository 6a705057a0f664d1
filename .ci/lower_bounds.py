"""Installs the lowest versions that setup.cfg allows into an environment of their own and runs the tests there.

    python3 .ci/lower_bounds.py [--folder DIR] [PYTEST ARGUMENT ...]

Run it once a release, and when a bound changes. --folder keeps the environment for the next time.
"""

import argparse
import configparser
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lowest():
    """Return what setup.cfg needs for this system, each at its lowest version."""
    configuration = configparser.ConfigParser()
    configuration.read(ROOT / "setup.cfg", encoding="utf-8")
    pins = []
    texts = configuration["options"]["install_requires"] + configuration["options.extras_require"]["llama"]
    for line in texts.splitlines():
        needed, _, marker = line.partition(";")
        if not needed or needed.startswith("#"):
            continue
        name, version = re.fullmatch(r"([\w-]+)>=([\w.]+)", needed.strip()).groups()
        pins.append(f"{name}=={version}" + f";{marker}" * bool(marker))
    return pins


def main():
    """Install, run the tests and return their exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="of the environment; default: a temporary one")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "venv"
        python = str(folder / "bin" / "python")
        pins = folder / "lowest.txt"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pins.write_text("\n".join(lowest()) + "\n", encoding="utf-8")
        subprocess.run([python, "-m", "pip", "install", "-q", "-c", str(pins), f"{ROOT}[test]"], check=True)
        print(pins.read_text(encoding="utf-8"), flush=True)
        return subprocess.run([python, "-m", "pytest", "-n", "2", *arguments], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
