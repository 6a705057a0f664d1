"""One case: a small valid input, damaged as its seed says, read in a child, and what is wrong with what came of it."""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import kinds

DEPTH = "a/b/c"  # folders around a case, so that ../../ stays where it is seen
SECONDS, MEGABYTES = 20, 1024
FREE = ("out", "cache", "stdout", "stderr")  # what a command may write
NOISE = re.compile(r"\[[\w,: ]+ @ 0x|\[ ?(WARN|ERROR|INFO)|\S+\.py:\d+: ")  # of FFmpeg, OpenCV, Python's warnings
FAULT = re.compile(r"fault of megc|(?<!\()unexpected \w*(Error|Exception|Iteration|Warning|Full|Empty)\b")
ENDS = {-6: "abort", -9: "killed", -11: "segmentation fault", -14: "hang", -24: "hang", -7: "bus error", -8: "abort"}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1")


@dataclass(frozen=True)
class Result:
    """How a command ended on one damaged input."""

    kind: str
    seed: int
    damage: str
    command: str
    exit: int
    seconds: float
    processor: float
    megabytes: float
    stderr: str
    faults: tuple[str, ...]

    def __str__(self):
        again = f"python -m tests.fuzz {shlex.quote(self.kind)} {self.seed} --keep DIR"
        return f"{'; '.join(self.faults)}\n  {self.damage}: megc {self.command}\n  {again}\n  {self.stderr[-1500:]}"


class Server:
    """A process that forks a child for each command line."""

    def __init__(self, seconds=SECONDS):
        self.seconds = seconds
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        for name in ("home", "tmp"):
            (self.folder / name).mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MEGC_", "XDG_"))}
        environment |= ONE_THREAD | {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp")}
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.templates = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def ask(self, arguments, folder, warm=False):
        """Return how a command line ended in a folder."""
        asked = {"arguments": arguments, "folder": str(folder)} | ({} if warm else {"seconds": self.seconds})
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def template(self, name):
        """Return the folder with the valid input of a kind; every command that reads it has been seen to do so."""
        if name not in self.templates:
            kind, folder = kinds.KINDS[name], self.folder / name / DEPTH
            write_valid(kind, folder)
            for n, command in enumerate(kind.commands):
                copied = self.folder / f"{name}-{n}" / DEPTH
                shutil.copytree(folder, copied)
                ended = self.ask(shlex.split(command), copied, warm=True)
                for place in kind.kept:
                    shutil.copytree(copied / place, folder / place, dirs_exist_ok=True)
                if ended["exit"] not in kind.ends or ended["threads"] > 1:
                    raise AssertionError(f"{name}: {command}: {ended}\n{(copied / 'stderr').read_text()}")
            self.templates[name] = folder
        return self.templates[name]


def write_valid(kind, folder):
    """Write the valid input of a kind and the folders that a command may use."""
    for name in ("in", "out", "home", "tmp"):
        (folder / name).mkdir(parents=True)
    kind.write(folder / "in")


def prepare(kind, seed, template, folder):
    """Copy the valid input of a kind and damage it; return (what was done, damaged files, arguments to read it)."""
    rng = random.Random(f"{kind.name} {seed}")
    arguments = shlex.split(rng.choice(kind.commands))
    unread = [path.name for path in (template / "in").iterdir() if kind.apart and f"in/{path.name}" not in arguments]
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns(*unread))
    if kind.argue:
        return kind.argue(arguments, rng), [], arguments
    done, damaged = [], []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        paths = [path for pattern in kind.damaged for path in sorted(folder.glob(pattern)) if is_plain(path)]
        if paths:
            path = rng.choice(paths)
            damaged.append(path)
            done.append(f"{path.relative_to(folder)}: {kind.change(path, rng)}")
    return ", ".join(done), damaged, arguments


def is_plain(path):
    return path.is_file() and not path.is_symlink()


def run(server, name, seed, keep=None):
    """Run one case and return its result; its folder stays as `keep`."""
    kind, template = kinds.KINDS[name], server.template(name)
    top = Path(keep or server.folder / "case")
    folder = top.absolute() / DEPTH
    done, damaged, arguments = prepare(kind, seed, template, folder)
    before = snapshot(top)
    ended = server.ask(arguments, folder)
    stderr = (folder / "stderr").read_bytes().decode("utf-8", "replace")
    faults = judge(kind, damaged, ended, stderr, before, snapshot(top))
    if not keep:
        shutil.rmtree(top)
    taken = {name: ended[name] for name in ("exit", "seconds", "processor", "megabytes")}
    return Result(name, seed, done, shlex.join(arguments), stderr=stderr, faults=tuple(faults), **taken)


def snapshot(top):
    """Return what lies below a folder but where a command may write: {path: what tells whether it changed}."""
    found = {}
    for folder, names, files in os.walk(top):
        if Path(folder) == top / DEPTH:
            names[:] = [name for name in names if name not in FREE]
        for name in (*names, *files):
            path = Path(folder, name)
            what = path.lstat()
            written = (what.st_size, what.st_mtime_ns) if is_plain(path) else ()
            found[str(path.relative_to(top))] = what.st_mode, *written
    return {path: what for path, what in found.items() if path not in (f"{DEPTH}/{name}" for name in FREE)}


def judge(kind, damaged, ended, stderr, before, after):
    """Yield what is wrong with how a command ended."""
    code = ended["exit"]
    if code < 0:
        yield ENDS.get(code, f"killed by signal {-code}")
    elif code not in (0, 1, 2):
        yield f"exit code {code}"
    if "Traceback" in stderr:
        yield "traceback"
    if "MemoryError" in stderr or ended["megabytes"] > MEGABYTES:
        yield f"memory: {ended['megabytes']:.0f} MB"
    elif FAULT.search(stderr):
        yield "fault of the program"
    if ended["seconds"] > SECONDS:
        yield f"{ended['seconds']:.0f} s"
    if ended["orphans"]:
        yield "a process is left"
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield f"{path}: {'written' if path not in before else 'deleted' if path not in after else 'changed'}"
    if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", stderr):
        yield "control characters in the message"
    lines = stderr.splitlines()
    if any(NOISE.match(line) for line in lines):
        yield "noise of a library"
    if code in (0, 1, 2):
        yield from kind.judge(damaged, code, lines)
