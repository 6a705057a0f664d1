"""timings.csv: what a recipe needs by itself, what several share once, and that nothing is lost between runs."""

import csv
import json
import shutil

import pytest

from baselines.costs import Cost
from baselines.experiments.rows import Notes, Rows
from baselines.report.timings import TIMING_COLUMNS, timing_rows

LANDMARKS = {"landmarks": {"a": [10.0, 90.0], "b": [5.0, 4.0]}}


def rows_of(recipe, *kept, dataset="d", seed=0):
    fixed = {
        "task": "spotting",
        "recipe": recipe,
        "dataset": dataset,
        "seed": seed,
        "digest": f"{recipe}{dataset}{seed}",
    }
    return [fixed | {"seconds": 1.5, "growth_mb": 3.0 + n, "kept": of_fold} for n, of_fold in enumerate(kept)]


def prepared(seconds, kept, growth=1.0):
    return {"seconds": seconds, "growth_mb": growth, "kept": kept}


def lines_of(results, preparations):
    return {(line["dataset"], line["recipe"]): line for line in timing_rows(results, preparations)}


def test_what_several_use_is_charged_once_and_what_one_uses_is_its_own():
    results = [rows_of("x", {"spotting": {"x1": [7.0, 50.0]}}, {}), rows_of("y", {}, {}), rows_of("z", {})]
    preparations = {
        "xd0": prepared(0.25, LANDMARKS),
        "yd0": prepared(0.5, LANDMARKS | {"representations": {"y1": [2.0, 20.0]}}),
        "zd0": prepared(0.0, {}),
    }
    lines = lines_of(results, preparations)
    x, y, z = (lines["d", recipe] for recipe in "xyz")
    assert (x["preparation_seconds"], x["fold_seconds"], x["shared_seconds"], x["growth_mb"]) == (7.25, 3.0, 15.0, 50.0)
    assert (y["preparation_seconds"], y["fold_seconds"], y["shared_seconds"], y["growth_mb"]) == (2.5, 3.0, 15.0, 20.0)
    assert (z["preparation_seconds"], z["shared_seconds"], z["growth_mb"]) == (0.0, 0.0, 3.0)
    shared = lines["d", "landmarks"]
    assert (shared["task"], shared["preparation_seconds"], shared["growth_mb"]) == ("shared", 15.0, 90.0)
    assert len(lines) == 4
    # The columns that are no repetition hold every second once.
    total = sum((line["preparation_seconds"] or 0) + (line["fold_seconds"] or 0) for line in lines.values())
    assert total == pytest.approx(0.25 + 0.5 + 5 * 1.5 + 7 + 2 + 15)


def test_shared_arrays_stand_at_the_first_dataset_that_uses_them():
    results = [rows_of("x", {}), rows_of("x", {}, dataset="d (loso)"), rows_of("x", {}, seed=1)]
    preparations = {rows[0]["digest"]: prepared(1.0, LANDMARKS) for rows in results}
    lines = timing_rows(results, preparations)
    assert [(line["dataset"], line["preparation_seconds"]) for line in lines if line["task"] == "shared"] == [
        ("d", 15.0)
    ]
    assert [line["shared_seconds"] for line in lines if line["task"] != "shared"] == [15.0] * 3


def test_a_preparation_that_is_not_known_stays_empty():
    (line,) = timing_rows([rows_of("x", {})], {})
    assert (line["preparation_seconds"], line["fold_seconds"], line["growth_mb"]) == (None, 1.5, 3.0)
    (line,) = timing_rows([rows_of("x", {}, {"faces": 3})], {})  # a damaged row
    assert (line["fold_seconds"], line["growth_mb"]) == (None, 3.0)


def test_notes_are_kept_whole_when_a_run_is_killed(tmp_path):
    notes = Notes(tmp_path)
    notes.add_environment("aa", {"python": "CPython 3"})
    notes.add_environment("aa", {"python": "another"})
    notes.add_preparation("one", Cost(1.0, LANDMARKS, 2_000_000))
    path = tmp_path / "notes.jsonl"
    assert len(path.read_text().splitlines()) == 2
    notes.add_preparation("two", Cost(3.0))
    cut = path.read_text()[:-9]
    path.write_text(cut)
    again = Notes(tmp_path)
    assert again.environments == {"aa": {"python": "CPython 3"}}
    assert set(again.preparations) == {"one"}
    again.add_preparation("three", Cost(4.0))
    last = Notes(tmp_path)
    assert {digest: found["seconds"] for digest, found in last.preparations.items()} == {"one": 1.0, "three": 4.0}
    assert last.preparations["one"]["kept"] == LANDMARKS
    assert path.read_text().startswith(cut + "\n")


def test_damaged_notes_are_passed_over(tmp_path):
    lines = ['{"prepared": "a", "seconds": "x", "growth_mb": 1, "kept": {}}', '{"prepared": "a"}', "[1]", "null",
             '{"prepared": "a", "seconds": 1, "growth_mb": 1, "kept": {"faces": {"b": "c"}}}', "[" * 100_000,
             '{"environment": "a", "stands_for": 3}']  # fmt: skip
    (tmp_path / "notes.jsonl").write_text("\n".join(lines) + "\n")
    notes = Notes(tmp_path)
    assert (notes.environments, notes.preparations) == ({}, {})


def test_overwrite_forgets_the_notes_too(tmp_path):
    Rows(tmp_path).notes.add_preparation("one", Cost(1.0))
    assert Rows(tmp_path).notes.preparations
    assert not Rows(tmp_path, overwrite=True).notes.preparations


@pytest.fixture(scope="module")
def finished(corpus, tmp_path_factory):
    """The folder of a run of two recipes that share faces, with a cache of its own."""
    from click.testing import CliRunner

    from cli import main

    folder = tmp_path_factory.mktemp("timings")
    arguments = run_arguments(corpus, folder / "out")
    done = CliRunner().invoke(main, arguments, env={"MEGC_CACHE": str(folder / "cache")})
    assert done.exit_code == 0, done.stderr
    return folder


def run_arguments(corpus, output):
    recipes = ("--recipe", "hoof-svm", "--recipe", "lbp-top-svm", "--recipe", "majority")
    return ["run-all", "--data-root", str(corpus), *recipes, "--output", str(output), "--jobs", "2"]


def timings(folder):
    with open(folder / "timings.csv", newline="") as stream:
        return {row["recipe"]: row for row in csv.DictReader(stream)}


def test_a_run_tells_its_own_and_shared_preparation(finished):
    found = timings(finished / "out")
    assert tuple(found["majority"]) == TIMING_COLUMNS
    assert {"landmarks", "faces"} <= {name for name, row in found.items() if row["task"] == "shared"}
    seconds = {name: float(found[name]["preparation_seconds"]) for name in ("hoof-svm", "landmarks", "majority")}
    assert seconds["landmarks"] > 0
    assert seconds["hoof-svm"] > seconds["majority"]
    shared = float(found["hoof-svm"]["shared_seconds"])
    assert shared >= seconds["landmarks"]
    assert shared == float(found["lbp-top-svm"]["shared_seconds"])
    assert float(found["majority"]["shared_seconds"]) == 0


def test_a_rerun_keeps_the_timings_and_the_environment(finished, corpus, megc, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(finished / "cache"))
    shutil.copytree(finished / "out", tmp_path / "out")
    done = megc(*run_arguments(corpus, tmp_path / "out"))
    assert "folds: 0 computed" in done.stderr
    for name in ("timings.csv", "environment.json", "scores.csv", "notes.jsonl", "rows.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (finished / "out" / name).read_bytes()


def test_what_was_found_in_the_cache_counts_as_when_it_was_made(finished, corpus, megc, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(finished / "cache"))
    done = megc(*run_arguments(corpus, tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    first, again = timings(finished / "out"), timings(tmp_path / "out")
    assert first.keys() == again.keys()
    for name in ("landmarks", "faces"):
        assert again[name] == first[name]
    for name in ("hoof-svm", "lbp-top-svm"):
        assert again[name]["shared_seconds"] == first[name]["shared_seconds"]
        assert float(again[name]["preparation_seconds"]) > 0


def test_rows_name_their_environment_which_stands_beside_the_tables(finished):
    rows = [json.loads(line) for line in (finished / "out" / "rows.jsonl").read_text().splitlines()]
    (key,) = {row["environment"] for row in rows}
    written = json.loads((finished / "out" / "environment.json").read_text())
    assert list(written["environments"]) == [key]
    assert written["environments"][key]["blas"]
    assert written["suite"]["version"]
    assert key not in (finished / "out" / "scores.csv").read_text()
    assert all(row["seconds"] >= 0 and row["growth_mb"] is not False for row in rows)
