"""What a kind of input is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..mutations import damage


def one_line_that_names(paths, code, lines):
    """Yield what is wrong with the lines on stderr of a command that met damaged files."""
    errors = [line for line in lines if line.startswith(("error: ", "Error: "))]
    if code and not errors:
        yield "fails without a word"
    names = ["in/", "/in:", *(path.name for path in paths), *(path.stem for path in paths if len(path.stem) > 2)]
    told = any(line.startswith("error: --") or any(name in line for name in names) for line in errors)
    if code == 2 and paths and not told:
        yield "names no file"


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    write: writes a valid one into the folder `in` of a case.
    commands: command lines that read it and succeed, with paths from the folder of the case; ends: their exit codes.
    damaged: patterns of the files to damage; change: damages one, (path, rng) -> words.
    argue: damages the arguments instead, (arguments, rng) -> words.
    kept: folders that the commands filled and that belong to the valid input.
    apart: a command reads but the one folder of `in` that it names.
    judge: (damaged paths, exit code, lines on stderr) -> faults of what is said.
    """

    name: str
    write: Callable
    commands: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    change: Callable = damage
    argue: Callable | None = None
    kept: tuple[str, ...] = ()
    ends: tuple[int, ...] = (0,)
    apart: bool = False
    judge: Callable = one_line_that_names


def put(path: Path, content):
    """Write text or bytes to a file whose folder may not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
