"""Builds source archive and wheel, installs the wheel into a fresh environment without extras, and tries it there.

    python3 .ci/package.py [--folder DIR]

The wheel is made from the archive, as an index would have it, and must hold the files of one made from this folder.
--folder keeps everything that is made.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*command, folder=None):
    """Run a command and return what it printed, (stdout, stderr); end with its exit code if that is not 0."""
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def environment(folder, *needed):
    """Make an environment with packages, and return the folder of its programs."""
    run(sys.executable, "-m", "venv", folder)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", *needed)
    return programs


def build(folder):
    """Return the wheel made from a source archive of this folder."""
    programs = environment(folder / "build", "build")
    run(programs / "python", "-m", "build", "--outdir", folder / "dist", ROOT)
    run(programs / "python", "-m", "build", "--wheel", "--outdir", folder / "direct", ROOT)
    (wheel,), (direct,) = ((folder / name).glob("*.whl") for name in ("dist", "direct"))
    by_archive, by_folder = (set(zipfile.ZipFile(one).namelist()) for one in (wheel, direct))
    if by_archive != by_folder:
        sys.exit(f"only in the wheel of the archive, or only in that of the folder: {sorted(by_archive ^ by_folder)}")
    return wheel


def attempt(wheel, folder):
    """Install a wheel and run what a newcomer runs."""
    programs = environment(folder / "fresh", wheel)
    megc = programs / "megc"
    run(programs / "python", "-m", "pip", "check")
    commit, _ = run("git", "-C", ROOT, "rev-parse", "HEAD")
    version, _ = run(megc, "--version", folder=folder)
    if commit[:12] not in version:
        sys.exit(f"megc --version: {version.strip()}; expected the commit {commit[:12]}")
    _, told = run(megc, "run-all", "--limit", "6", "--output", "out", folder=folder)
    if "left out: vqa-hybrid, vqa-llama: " not in told:
        sys.exit(f"run-all does not name what it leaves out without the extra llama:\n{told}")
    tried = (folder / "out" / "scores.csv").read_text(encoding="utf-8")
    print(f"{wheel.name}: {version.strip()}; {tried.count(chr(10)) - 1} figures of run-all --limit 6")


def main():
    """Build and try."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where everything stays; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        attempt(build(folder), folder)


if __name__ == "__main__":
    main()
