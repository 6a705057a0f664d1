"""Runs recipes of every task as on three kinds of x86 processor and compares corpus and rows byte for byte.

    .venv/bin/python .ci/processors.py [--subjects N] [--clips N] [--seconds S] [--folder DIR] [RECIPE ...]

OpenBLAS and numpy choose their inner loops by what the processor can do. Environment variables make them choose as they
would on an older one: OPENBLAS_CORETYPE and NPY_DISABLE_CPU_FEATURES. Each kind makes the embedded corpus and runs all
recipes (but the slow ones) on it with a cache of its own. Exit code 1 when anything differs.

OpenCV is left as it is: of what is used here only its Farneback flow depends on the processor, in the last digits, and
only between those with AVX2 and those of before 2013 without it.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy._core._multiarray_umath as umath

CLI = [sys.executable, str(Path(__file__).parents[1] / "cli.py")]
COMPARED = ("truth", "predictions")
NAMED = ("task", "dataset", "recipe", "seed", "fold")


def processors():
    """Return {kind: environment variables} of the kinds that this processor can pass for."""
    features = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]
    wide = [name for name in features if "AVX512" in name or name == "X86_V4"]
    kinds = {"Nehalem": features, "Haswell": wide, "SkylakeX": []}
    if not wide:
        del kinds["SkylakeX"]
    return {
        kind: {"OPENBLAS_CORETYPE": kind, "NPY_DISABLE_CPU_FEATURES": " ".join(without)}
        for kind, without in kinds.items()
    }


def run(kind, variables, folder, options):
    """Make the corpus and run the recipes; return the folder of either."""
    corpus, output = folder / f"corpus-{kind}", folder / f"results-{kind}"
    environment = os.environ | variables | {"MEGC_CACHE": str(folder / f"cache-{kind}")}
    sizes = [f"--{name}={getattr(options, name)}" for name in ("subjects", "clips", "seconds")]
    recipes = [text for name in options.recipes for text in ("--recipe", name)]
    for command in (
        ["data", "make-synthetic", str(corpus), *sizes],
        ["run-all", "--dataset", "synthetic", "--data-root", str(corpus), "--output", str(output), *recipes],
    ):
        subprocess.run([*CLI, *command], env=environment, stdout=subprocess.DEVNULL, check=True)
    return corpus, output


def files(folder):
    """Return {path below a folder: bytes} of all its files."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def folds(folder):
    """Return {(task, dataset, recipe, seed, fold): what was predicted, as text}."""
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        tuple(row[name] for name in NAMED): json.dumps([row.get(name) for name in COMPARED])
        for row in rows
        if set(NAMED) <= set(row)
    }


def differing(one, other):
    """Return the keys whose values differ or that one side lacks."""
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def main():
    """Run every kind, print what differs from the first, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subjects", type=int, default=3)
    parser.add_argument("--clips", type=int, default=4, help="of each subject")
    parser.add_argument("--seconds", type=float, default=8, help="of each long video")
    parser.add_argument("--folder", type=Path, help="where everything stays; default: a temporary one")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        found = {kind: run(kind, variables, folder, options) for kind, variables in processors().items()}
        (first, (corpus, output)), *others = found.items()
        wrong, whole, rows = 0, files(corpus), folds(output)
        for kind, (other_corpus, other_output) in others:
            pictures = differing(whole, files(other_corpus))
            changed = differing(rows, folds(other_output))
            by_recipe = dict(collections.Counter(key[2] for key in changed))
            print(
                f"{first} and {kind}: {len(pictures)} files of the corpus differ, {len(changed)} of {len(rows)} folds"
            )
            for name in (*pictures[:3], *by_recipe.items()):
                print(f"  {name}")
            wrong += len(pictures) + len(changed)
    return 1 if wrong or not others else 0


if __name__ == "__main__":
    sys.exit(main())
