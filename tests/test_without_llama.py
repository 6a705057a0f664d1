"""Without llama-cpp-python: everything runs but the vision model, which says what to install."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from baselines.bench import REDUCED
from baselines.bench.answers import answer_rows
from baselines.commands import explain
from baselines.files import csv_text
from baselines.report.explain.questions import Answered
from baselines.report.tables import SCORE_COLUMNS

ROOT = Path(__file__).resolve().parent.parent
INSTALL = "a vision model needs the module 'llama_cpp': run `pip install 'megc-baselines[llama]'`"


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """Run the command line in a process in which llama_cpp cannot be imported, nor in those that it starts."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['llama_cpp'] = None\n")
    environment = {**os.environ, "PYTHONPATH": str(folder)}

    def run(*arguments):
        command = [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)

    return run


def experiments(corpus, output, *options):
    return ("run-all", "--data-root", corpus, "--task", "vqa", "--output", output, "--jobs", 1, *options)


def test_all_that_can_run_runs_and_is_checked_and_what_is_left_out_is_named(without, corpus, tmp_path):
    done = without(*experiments(corpus, tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert f"left out: vqa-hybrid, vqa-llama: {INSTALL}\n" in done.stderr
    with open(tmp_path / "out" / "scores.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"vqa-rules", "vqa-prior", "lvqa-rules"} <= {row["recipe"] for row in rows}
    assert not {"vqa-llama", "vqa-hybrid"} & {row["recipe"] for row in rows}

    more = [row | {"recipe": "vqa-llama"} for row in rows if row["recipe"] == "vqa-rules"]
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "scores.csv").write_text(csv_text(SCORE_COLUMNS, [*rows, *more]))
    checked = without(*experiments(corpus, tmp_path / "out", "--check", tmp_path / "published"))
    assert checked.returncode == 0, checked.stdout
    assert f"identical: {len(rows)} figures\n" in checked.stdout
    assert f"left out: {len(more)} figures of vqa-llama, which cannot run here\n" in checked.stdout
    assert "not compared" not in checked.stdout

    changed = [row | {"value": "0.123"} if row["recipe"] == "vqa-prior" else row for row in rows]
    (tmp_path / "published" / "scores.csv").write_text(csv_text(SCORE_COLUMNS, [*changed, *more]))
    done = without(*experiments(corpus, tmp_path / "out", "--check", tmp_path / "published", "--json"))
    assert done.returncode == 1, "what did run is still compared"
    assert json.loads(done.stdout)["check"]["left_out"] == {"vqa-llama": len(more)}


def test_a_recipe_that_was_named_is_an_error(without, corpus, tmp_path):
    alone = without(*experiments(corpus, tmp_path / "out", "--recipe", "vqa-llama"))
    assert alone.returncode == 2
    assert f"error: vqa-llama: {INSTALL}\n" in alone.stderr
    assert not (tmp_path / "out" / "scores.csv").exists()
    beside = without(*experiments(corpus, tmp_path / "out", "--recipe", "vqa-hybrid", "--recipe", "vqa-prior"))
    assert beside.returncode == 1
    assert f"error: vqa-hybrid: {INSTALL}\n" in beside.stderr
    assert "vqa-prior" in beside.stdout


def test_models_are_listed_and_none_is_fetched_or_checked(without):
    assert "embedded" in without("models", "list").stdout
    name = next(
        row["name"] for row in json.loads(without("models", "list", "--json").stdout) if row["name"] != "embedded"
    )
    for model in ("embedded", name):
        done = without("models", "check", model)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {INSTALL}\n")


def test_the_environment_says_nothing_of_what_is_not_there(without):
    done = without("env", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["llama.cpp"] == {}


@pytest.mark.parametrize("answerer", ["llama", "hybrid"])
def test_the_answerers_say_what_to_install(without, corpus, answerer):
    asked = ("--question", "What is the coarse expression class?", "--media", corpus / "clips")
    done = without("vqa", *asked, "--answerer", answerer, "--jobs", 1)
    assert done.returncode == 2
    assert f"error: {INSTALL}\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bench_has_the_other_rows(monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.warns(UserWarning, match="no rows of the embedded vision model: a vision model needs"):
        names = [found.name for found in answer_rows(REDUCED)]
    assert names == ["answers by the rules, evidence known"]


def test_a_lesson_shows_why_it_has_no_answers_of_the_model(monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    lesson = SimpleNamespace(clip=SimpleNamespace(name="c"))
    assert explain._answered("llama", lesson, ["?"], None, 1) == Answered(failure=INSTALL)
