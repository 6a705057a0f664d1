"""The structure that docs/structure.md draws: imports point down, none goes round, every module has its place."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DRAWING = re.search(r"```text\n(.*?)```", (ROOT / "docs" / "structure.md").read_text(encoding="utf-8"), re.DOTALL)[1]


def _expanded(path):
    """Return the paths of one such as baselines/{a,b}.py."""
    match = re.search(r"\{(.*?)\}", path)
    return [path.replace(match[0], name) for name in match[1].split(",")] if match else [path]


# from top to bottom, the paths of each line
LAYERS = [
    [path for word in line.split() if re.match(r"(cli\.py|(baselines|features)/)", word) for path in _expanded(word)]
    for line in DRAWING.splitlines()
]


def _modules():
    files = [ROOT / "cli.py", *sorted((ROOT / "baselines").rglob("*.py")), *sorted((ROOT / "features").rglob("*.py"))]
    return {str(file.relative_to(ROOT)): file for file in files}


MODULES = _modules()


def place_of(file):
    """Return (number of the line on which a file stands, counted from the top; the path that holds it there)."""
    places = [(len(path), n, path) for n, paths in enumerate(LAYERS) for path in paths if file.startswith(path)]
    return max(places)[1:] if places else None


def points_up_or_sideways(file, other):
    """Tell whether an import of one file by another leaves its own place without going down."""
    (mine, here), (theirs, there) = place_of(file), place_of(other)
    return theirs <= mine and here != there


def _file_of(name):
    """Return the file of a dotted name of ours, or of the module that it stands in."""
    parts = name.split(".")
    while parts:
        for path in ("/".join(parts) + ".py", "/".join(parts) + "/__init__.py"):
            if path in MODULES:
                return path
        parts.pop()
    return None


@cache
def imports_of(file):
    """Return {(imported file, line)} of a module of ours, of imports in functions as well."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[file].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute here"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {(other, node.lineno) for other in map(_file_of, names) if other not in (None, file)}
    return found


def test_the_drawing_is_read():
    assert len(LAYERS) > 15
    assert all(LAYERS)
    assert LAYERS[0] == ["cli.py"]
    assert all((ROOT / path).exists() for paths in LAYERS for path in paths)


@pytest.mark.parametrize("file", MODULES)
def test_every_module_has_its_place(file):
    assert place_of(file)


def test_imports_point_down_neither_up_nor_sideways():
    wrong = [
        f"{file}:{line} imports {other}, which does not stand below it"
        for file in MODULES
        for other, line in imports_of(file)
        if points_up_or_sideways(file, other)
    ]
    assert wrong == []


def test_no_import_goes_round():
    state, stack, rounds = {}, [], []

    def visit(file):
        state[file] = "open"
        stack.append(file)
        for other in sorted({other for other, _ in imports_of(file)}):
            if state.get(other) == "open":
                rounds.append([*stack[stack.index(other) :], other])
            elif other not in state:
                visit(other)
        stack.pop()
        state[file] = "done"

    for file in MODULES:
        if file not in state:
            visit(file)
    assert rounds == []


def test_an_import_that_points_up_would_be_found(monkeypatch):
    monkeypatch.setitem(MODULES, "features/hoof.py", ROOT / "baselines" / "recipes" / "__init__.py")
    imports_of.cache_clear()
    try:
        assert any(points_up_or_sideways("features/hoof.py", other) for other, _ in imports_of("features/hoof.py"))
    finally:
        imports_of.cache_clear()


def test_features_import_nothing_of_baselines():
    assert not any(
        other.startswith("baselines") for f in MODULES if f.startswith("features") for other, _ in imports_of(f)
    )


def test_the_program_does_not_depend_on_the_working_folder(tmp_path):
    """Beside folders that are named like our packages, and files like our modules, the same code runs."""
    for name in ("features", "baselines", "recipes", "cli"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the wrong one')\n")
    megc = Path(sys.executable).with_name("megc")
    if not megc.exists():
        pytest.skip("megc is not installed beside this Python")
    done = subprocess.run([megc, "recipes", "show", "hoof-svm"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "hoof" in done.stdout) == (0, True), done.stderr
