"""Workers are fresh processes, as Windows and macOS make them: nothing needs `fork`, and results are the same."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Refuses forks, lets joblib start workers by multiprocessing's spawn, and says so of each.
BEGIN = """
import os, sys
from multiprocessing import popen_spawn_posix
from joblib.externals.loky.backend.context import set_start_method

def refuse():
    raise OSError("no fork here")

def launch(self, process, begin=popen_spawn_posix.Popen._launch):
    print("spawned", file=sys.stderr)
    begin(self, process)

os.fork = os.forkpty = refuse
popen_spawn_posix.Popen._launch = launch
set_start_method("spawn")
from cli import main
main(sys.argv[1:])
"""


def test_a_run_by_spawned_workers_gives_what_one_process_gives(corpus, megc, tmp_path):
    def arguments(output, jobs):
        named = ("--recipe", "flow-svm", "--output", tmp_path / output)
        return ("run-all", "--data-root", corpus, *named, "--jobs", jobs)

    environment = os.environ | {"MEGC_CACHE": str(tmp_path / "cache")}  # or nothing would be left to compute
    command = [sys.executable, "-c", BEGIN, *map(str, arguments("spawned", 2))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("spawned\n") >= 2
    assert megc(*arguments("alone", 1)).exit_code == 0
    assert (tmp_path / "spawned" / "scores.csv").read_bytes() == (tmp_path / "alone" / "scores.csv").read_bytes()
