"""Own parts from files that the user names: `--plugin FILE.py`.

A plug-in is a Python file whose functions and classes become parts by the decorator `baselines.parts.part`. It is run
once in each process that needs it: what the user's file held at the start is sent to every worker, also to one on
another machine, and counts in the keys of rows and kept arrays.
"""

import hashlib
import linecache
import sys
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from joblib.externals.loky.cloudpickle_wrapper import dumps

from baselines.errors import PLUGIN, InputError, one_line
from baselines.identity import add_text, drop_text
from baselines.inputs import read_bytes
from baselines.parallel import before_work
from baselines.parts import PARTS, forget_parts, home
from baselines.signatures import Part

# what workers' arguments are pickled by; joblib has one of its own, or shares that of dask
PICKLERS = tuple(dict.fromkeys((dumps.__module__, "cloudpickle.cloudpickle")))
_active: list["Plugin"] = []  # in this process


@dataclass(frozen=True)
class Plugin:
    """A plug-in: the name of its module, which follows from what its file held, the file, and what that held."""

    module: str
    path: Path = field(compare=False)
    content: bytes

    @property
    def source(self) -> dict[str, str]:
        """What tells its text from others: {"file": its name, "digest": of what it held}."""
        return {"file": self.path.name, "digest": self.module.removeprefix(PLUGIN)}


@contextmanager
def plugins(paths: Iterable[str | Path]) -> Iterator[None]:
    """Let recipes name the parts of some files inside the block, in this process and its workers.

    Raises `InputError`, one line with the file and the line in it, for a file that cannot be read or run, that makes no
    part, or one with a name that is taken.
    """
    before = tuple(_active)
    chosen = (*before, *(found for path in paths if (found := _read(Path(path))) not in before))
    try:
        use(chosen)
        before_work("plugins", partial(use, chosen) if chosen else None)
        yield
    finally:
        use(before)
        before_work("plugins", partial(use, before) if before else None)


def sources(parts: Iterable[Part]) -> dict[str, dict[str, str]]:
    """Return {"kind name": `Plugin.source`} of those parts that come from a plug-in."""
    known = {plugin.module: plugin.source for plugin in _active}
    return {f"{part.kind} {part.name}": known[home(part)] for part in parts if home(part) in known}


def own_classes() -> set[str]:
    """Return the full names of the classes that plug-ins define."""
    modules = [sys.modules[plugin.module] for plugin in _active]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    names = {module.__name__ for module in modules}
    return {f"{kind.__module__}.{kind.__qualname__}" for kind in found if kind.__module__ in names}


def use(chosen: Iterable[Plugin]) -> None:
    """Make the parts of these plug-ins, and of no other, known in this process."""
    chosen = tuple(chosen)
    for plugin in [plugin for plugin in _active if plugin not in chosen]:
        _drop(plugin)
    for plugin in chosen:
        if plugin not in _active:
            _run(plugin)


def _read(path: Path) -> Plugin:
    try:
        content = read_bytes(path)
    except InputError as error:
        raise InputError(f"--plugin {error}; expected a Python file") from None
    # a file that was changed is another module, in workers too; one of the same text is the same, whatever its name
    return Plugin(PLUGIN + hashlib.blake2b(content, digest_size=12).hexdigest(), path, content)


def _run(plugin: Plugin) -> None:
    module = ModuleType(plugin.module)
    module.__file__ = str(plugin.path)
    sys.modules[plugin.module] = module
    add_text(plugin.module, plugin.path, plugin.content)
    _active.append(plugin)
    try:
        code = compile(plugin.content, str(plugin.path), "exec")
        with chdir("."), redirect_stdout(sys.stderr):  # what it prints is no data of ours, where it goes not our place
            exec(code, module.__dict__)
        if not any(home(part) == plugin.module for parts in PARTS.values() for part in parts.values()):
            raise InputError("makes no part; put @part(...) before a function, as docs/extending.md shows")
    except SyntaxError as error:
        _drop(plugin)
        raise InputError(f"--plugin {plugin.path}, line {error.lineno or 1}: not Python ({error.msg})") from None
    except (Exception, SystemExit) as error:
        _drop(plugin)
        text = one_line(error)
        told = text if text.startswith(str(plugin.path)) else f"{plugin.path}: {text}"
        raise InputError(f"--plugin {told}{_why(error, plugin.path)}") from None
    text = plugin.content.decode("utf-8", "replace")
    linecache.cache[str(plugin.path)] = len(text), None, text.splitlines(keepends=True), str(plugin.path)
    for pickler in _picklers():
        pickler.register_pickle_by_value(module)  # no worker can import it


def _why(error: BaseException, path: Path) -> str:
    """Return why the import of a file beside a plug-in fails, "" for any other error."""
    name = error.name if isinstance(error, ImportError) else None
    beside = path.parent / (name or "").partition(".")[0]
    if (name and (beside.is_dir() or beside.with_suffix(".py").is_file())) or "relative import" in str(error):
        return (
            "; a plug-in is one file, and what lies beside it is not sent to workers: put what it needs into it, or "
            "install all as a package with an entry point megc.parts (docs/extending.md)"
        )
    return ""


def _drop(plugin: Plugin) -> None:
    _active.remove(plugin)
    forget_parts(plugin.module)
    drop_text(plugin.module)
    module = sys.modules.pop(plugin.module, None)
    for pickler in _picklers() if module else ():
        if plugin.module in pickler.list_registry_pickle_by_value():
            pickler.unregister_pickle_by_value(module)


def _picklers() -> Iterator[ModuleType]:
    for name in PICKLERS:
        try:
            yield import_module(name)
        except ImportError:
            continue
