"""Many cases with a table of what came of them, or one case again."""

import argparse
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .cases import Server, run
from .kinds import KINDS

COLUMNS = ("kind", "mutations", "exit 0", "1", "2", "faults", "processor s", "most s", "most MB")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "kind", nargs="?", choices=KINDS, metavar="KIND", help=f"one of {', '.join(KINDS)}; default: all"
    )
    parser.add_argument("seed", nargs="?", type=int, metavar="SEED", help="one case, else as many as --long says")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder in which the files of the case stay")
    parser.add_argument("--long", type=int, default=40, metavar="N", help="mutations of each kind (default 40)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of their seeds")
    parser.add_argument("--jobs", type=int, default=1, help="kinds at a time")
    options = parser.parse_args()
    if options.seed is not None:
        return again(options.kind, options.seed, options.keep)
    names, seeds = [options.kind] if options.kind else list(KINDS), range(options.first, options.first + options.long)
    with ThreadPoolExecutor(options.jobs) as pool:
        found = dict(zip(names, pool.map(lambda name: many(name, seeds), names)))
    print("", line(COLUMNS), line(["---"] * len(COLUMNS)), sep="\n")
    for name, results in found.items():
        print(line(figures(name, results)))
    print(line(figures("all", [result for results in found.values() for result in results])))
    sys.exit(any(result.faults for results in found.values() for result in results))


def again(name, seed, keep):
    """Run one case, tell what came of it, and where its files are."""
    with Server() as server:
        result = run(server, name, seed, keep)
    print(f"exit {result.exit}", result, sep="\n")
    sys.exit(bool(result.faults))


def many(name, seeds):
    """Return the results of cases of one kind; those with faults are printed as they come."""
    results = []
    with Server() as server:
        for seed in seeds:
            results.append(run(server, name, seed))
            if results[-1].faults:
                print(results[-1], flush=True)
    print(*figures(name, results), flush=True)
    return results


def figures(name, results):
    """Return the cells of one line of the table."""
    ends = Counter(result.exit for result in results)
    most = max(result.seconds for result in results), max(result.megabytes for result in results)
    faults = sum(bool(result.faults) for result in results)
    seconds = sum(result.processor for result in results)
    return (
        name,
        len(results),
        *(ends[n] for n in (0, 1, 2)),
        faults,
        f"{seconds:.0f}",
        f"{most[0]:.1f}",
        f"{most[1]:.0f}",
    )


def line(cells):
    return f"| {' | '.join(map(str, cells))} |"
