"""Runs command lines in forks of one process that has imported what they need, each with limits of its own.

stdin: one JSON request a line, {"arguments", "folder", "seconds"}; stdout: one JSON answer a line. What a command
prints goes to the files stdout and stderr in its folder. Without "seconds" it is run in this process itself: what it
imports and loads is there for all that are forked later.
"""

import atexit
import faulthandler
import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

MEGABYTES = 1024  # that may be asked for beyond what the server has itself


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for line in sys.stdin:
        request = json.loads(line)
        answer = in_fork(**request) if "seconds" in request else warm(**request)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def warm(arguments, folder):
    """Run a command in this process."""
    before, environment, place = (os.dup(1), os.dup(2)), dict(os.environ), os.getcwd()
    code = run(arguments, folder)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, kept in zip((1, 2), before):
        os.dup2(kept, descriptor)
        os.close(kept)
    threads = len(os.listdir("/proc/self/task"))
    return {"exit": code, "threads": threads}


def in_fork(arguments, folder, seconds):
    """Run a command in a child and return how it ended, and what it took."""
    start = time.monotonic()
    child = os.fork()
    if not child:
        code = 99
        try:
            os.setsid()
            limit(seconds)
            code = run(arguments, folder)
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "orphans": end_group(child),
        "seconds": time.monotonic() - start,
        "processor": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / 1024,
    }


def limit(seconds):
    """Bound memory and time of this process; SIGALRM and SIGXCPU end it."""
    faulthandler.enable()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    bound = pages * resource.getpagesize() + (MEGABYTES << 20)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))


def run(arguments, folder):
    """Run the command line in a folder and return its exit code."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, descriptor)
        os.close(stream)
    os.chdir(folder)
    os.environ.update({"HOME": f"{folder}/home", "TMPDIR": f"{folder}/tmp", "MEGC_CACHE": f"{folder}/cache"})
    import tempfile

    from baselines import inputs
    from cli import main as megc

    tempfile.tempdir = None
    inputs.PATIENCE = 0.5  # nobody will write to a pipe that is put in the place of a file
    code = 0
    try:
        megc(arguments, prog_name="megc")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 98
    if os.getpid() != SERVER:
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def end_group(leader):
    """Kill what a command left running; return whether there was any."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


SERVER = os.getpid()
if __name__ == "__main__":
    main()
