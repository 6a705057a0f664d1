"""The course: notebooks as git keeps them, and each executed, solutions too, as a student does."""

import ast
import re
import sys
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from pylatexenc.latexwalker import LatexWalker

import baselines
import features

COURSE = Path(__file__).resolve().parents[1] / "docs" / "course"
LESSONS = sorted(COURSE.glob("*.ipynb"))
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LIBRARIES = {"joblib", "matplotlib", "numpy", "sklearn", "tempfile"}
LEAST_PICTURES = 4

# Put before the first cell and after the last: no way out of this machine, and which Python has run.
NO_NETWORK = """
import socket
def _refuse(*asked, **more):
    raise OSError(f"the lesson asks for {asked}")
socket.getaddrinfo = socket.create_connection = _refuse
"""
WHICH = "import sys, baselines, features; print(sys.executable, baselines.__file__, features.__file__, sep='\\n')"


@pytest.fixture(params=LESSONS, ids=[path.stem for path in LESSONS])
def lesson(request):
    """A notebook."""
    return nbformat.read(request.param, as_version=4)


def code_of(notebook):
    """The text of the code cells, one after another; what ends in a semicolon for the sake of notebooks is Python."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def text_of(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_there_are_five_lessons_and_the_index_names_each():
    assert [path.name[0] for path in LESSONS] == list("12345")
    linked = re.findall(r"^\d\. \[.+\]\((.+\.ipynb)\)", (COURSE / "README.md").read_text(), re.MULTILINE)
    assert linked == [path.name for path in LESSONS]


def test_a_lesson_is_kept_without_what_running_it_leaves(lesson):
    nbformat.validate(lesson)
    assert lesson.metadata == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert [cell.id for cell in lesson.cells] == [f"cell-{n:02d}" for n in range(1, len(lesson.cells) + 1)]
    for cell in lesson.cells:
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_each_exercise_has_its_solution_and_each_link_its_file(lesson):
    exercises, solutions = text_of(lesson).partition("## Exercises")[2].split("## Solutions")
    solutions, sources = solutions.split("## Sources")
    asked = re.findall(r"^(\d)\. ", exercises, re.MULTILINE)
    assert len(asked) >= 3
    assert re.findall(r"^\*\*(\d)\.\*\*", solutions, re.MULTILINE) == asked
    assert re.search(r"\d{4}\.$", sources, re.MULTILINE)
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(lesson)):
        assert (COURSE / target).is_file(), target


def test_the_formulas_of_a_lesson_are_latex(lesson):
    text = text_of(lesson)
    formulas = re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL)
    assert formulas
    for formula in formulas + re.findall(r"(?<!\$)\$([^$]+)\$(?!\$)", text):
        LatexWalker(formula, tolerant_parsing=False).get_latex_nodes()
    assert text.count("$") % 2 == 0


def test_a_lesson_uses_what_is_public_and_documented(lesson):
    tree = ast.parse(code_of(lesson))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= LIBRARIES | {"baselines", "features"}
        elif isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in ("baselines", "features"):
            for alias in node.names:
                found = getattr(import_module(node.module), alias.name, None)
                found = import_module(f"{node.module}.{alias.name}") if found is None else found
                assert alias.name[0] != "_"
                assert not callable(found) or found.__doc__, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] in LIBRARIES
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = {"baselines": baselines, "features": features}.get(node.value.id)
            assert owner is None or node.attr in dir(owner), node.attr


def test_a_lesson_runs_from_any_folder_without_a_network(lesson, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_DATA_ROOT", str(corpus.parent))  # a small corpus in the place of the whole
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("LOKY_MAX_CPU_COUNT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # the other worker of the tests has the other core
    monkeypatch.delenv("MPLBACKEND", raising=False)
    folder = tmp_path / "empty"
    folder.mkdir()
    lesson.cells.insert(0, nbformat.v4.new_code_cell(NO_NETWORK))
    lesson.cells.append(nbformat.v4.new_code_cell(WHICH))
    NotebookClient(lesson, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    *shown, last = [cell.outputs for cell in lesson.cells if cell.cell_type == "code"]
    assert last[0].text.split() == [sys.executable, baselines.__file__, features.__file__]
    pictures = sum("image/png" in output.get("data", {}) for outputs in shown for output in outputs)
    assert pictures >= LEAST_PICTURES
    assert not list(folder.iterdir())  # nothing is left behind
