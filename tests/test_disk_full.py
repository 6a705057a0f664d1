"""A disk that is full: one line each time, old files whole, no row lost or counted that is not there."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from runs import recognized
from test_experiment import RECIPES, root  # noqa: F401  (a fixture)

from baselines.cache import _given_up, cached_arrays
from baselines.experiments.rows import Rows
from baselines.experiments.run import run_experiments
from baselines.experiments.tasks import TASKS
from baselines.files import CannotWrite, atomic_path, write_text

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def room(size):
    """Let no file grow beyond so many bytes inside the block: a write is cut short there, the next one fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_arrays(path):
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, a=np.zeros(10_000), b=np.zeros(10_000))


def write_many_arrays(path):
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **{f"a{n}": np.zeros(3) for n in range(100)})


def write_picture(path):
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    with atomic_path(path) as temporary:
        Image.fromarray(noise).save(temporary, format="png")


def write_model(path):
    import skops.io

    with atomic_path(path) as temporary:
        skops.io.dump({"a": np.random.default_rng(0).random(10_000)}, temporary)


@pytest.mark.parametrize(
    "write",
    [lambda path: write_text(path, "x" * 10_000), write_arrays, write_many_arrays, write_picture, write_model],
    ids=["text", "arrays", "many arrays", "picture", "model"],
)
@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_is_whole_or_as_it_was(tmp_path, write, old):
    path = tmp_path / "file.png"
    if old:
        path.write_text(old)
    with pytest.raises(CannotWrite) as caught, room(4096):
        write(path)
    kept = "; the file that is there stays as it was" if old else ""
    told = f"{path}: cannot be written (File too large); free space, or choose another place{kept}"
    assert str(caught.value) == told
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == ([("file.png", old)] if old else [])


def test_a_folder_in_the_place_of_a_file_is_one_line(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(CannotWrite, match=r"a\.csv: cannot be written \(Is a directory\); choose another place$"):
        write_text(tmp_path / "a.csv", "x")
    assert os.listdir(tmp_path) == ["a.csv"]


def test_an_error_of_a_file_that_is_read_meanwhile_keeps_its_kind(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a.csv"):
        (tmp_path / "none").read_text()
    assert not os.listdir(tmp_path)


def test_a_preview_that_finds_no_room_is_told(tmp_path):
    from baselines.datasets.frames import ArrayFrames
    from baselines.datasets.records import Video
    from baselines.report.previews import write_previews
    from baselines.spotting.base import Interval, SpottingResult

    frames = np.random.default_rng(0).integers(0, 255, (40, 64, 64, 3)).astype(np.uint8)
    video = Video("d", "s", "v", ArrayFrames(frames), 30)
    result = SpottingResult([Interval(10, 15, 20, "micro", 1.0, "brows")], [])
    with pytest.raises(CannotWrite, match=r"s_v_10-20_micro\.mp4: cannot be written \(.*\); free space"), room(8192):
        write_previews(video, result, tmp_path, "s_v")
    assert not os.listdir(tmp_path)


def test_arrays_that_cannot_be_kept_are_used_and_that_is_told_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    _given_up.clear()
    with warnings.catch_warnings(record=True) as told, room(4096):
        warnings.simplefilter("always")
        made = [cached_arrays("kind", key, lambda: {"a": np.full(10_000, 3.0)}) for key in range(3)]
    assert [one["a"].shape for one in made] == [(10_000,)] * 3
    assert [str(one.message) for one in told] == [
        f"{tmp_path}: nothing can be kept there (File too large), so it is made again each time; free space, or name "
        "another folder as MEGC_CACHE"
    ]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def sized(row):
    return len(json.dumps(row, ensure_ascii=False)) + 1


def test_a_row_that_is_cut_short_is_not_done_and_nothing_is_glued_to_it(tmp_path):
    first, second, third = (row | {"folds": 3} for row in recognized("x", bool, subjects=3))
    rows = Rows(tmp_path)
    rows.add(first)
    with room(sized(first) + 100):
        for reason in ("no room for a whole line", "File too large"):  # short once, then not at all
            with pytest.raises(CannotWrite) as caught:
                rows.add(second)
            assert str(caught.value).startswith(f"{tmp_path / 'rows.jsonl'}: cannot be written ({reason}); free space")
            assert "the same command again" in str(caught.value)
    assert rows.folds_done(first["digest"]) == {first["fold"]}
    assert (tmp_path / "rows.jsonl").stat().st_size == sized(first) + 100
    for row in (third, second):
        rows.add(row)
    again = Rows(tmp_path)
    for one in (rows, again):
        assert one.folds_done(first["digest"]) == {row["fold"] for row in (first, second, third)}
    assert [number for number, _ in again.lines.passed_over] == [2]
    assert again.results() == [[first, second, third]]


def test_a_row_of_which_nothing_was_written_leaves_no_line_behind(tmp_path):
    first, second = (row | {"folds": 2} for row in recognized("x", bool, subjects=2))
    rows = Rows(tmp_path)
    rows.add(first)
    with pytest.raises(CannotWrite), room(sized(first)):
        rows.add(second)
    rows.add(second)
    again = Rows(tmp_path)
    assert again.lines.told() == []
    assert again.results() == [[first, second]]


@pytest.mark.parametrize("size", [500, 4000, 12_000])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_ends_with_one_message_and_goes_on_where_there_is_room(root, tmp_path, size, jobs):  # noqa: F811
    options = {"output": tmp_path / "a", "jobs": jobs}
    with room(size):
        stopped = run_experiments(("flow-images",), root, (), RECIPES, **options)
    (failure,) = stopped.failures
    assert "cannot be written (" in failure
    assert "free space and run the same command again" in failure
    assert stopped.computed < 8
    assert sum(len(rows) for rows in stopped.results) <= stopped.computed
    cut = pytest.warns(UserWarning, match=r"jsonl line \d+: no JSON object")
    with cut if size > 500 else contextlib.nullcontext():
        done = run_experiments(("flow-images",), root, (), RECIPES, **options)
    assert (done.failures, done.computed, done.reused) == ([], 8 - stopped.computed, stopped.computed)
    whole = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path / "b")
    assert [[row["predictions"] for row in rows] for rows in done.results] == [
        [row["predictions"] for row in rows] for rows in whole.results
    ]


def arguments(folder, output):
    named = [option for name in RECIPES for option in ("--recipe", name)]
    return ["run-all", "--dataset", "flow-images", "--data-root", folder, *named, "--output", output, "--jobs", 1]


def test_tables_without_room_leave_the_old_ones_and_the_exit_code_1(root, tmp_path, megc):  # noqa: F811
    output = tmp_path / "out"
    assert megc(*arguments(root, output)).exit_code == 0
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    with room(1000):
        done = megc(*arguments(root, output))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-2:] == [
        "tables: not written",
        f"error: {output / 'scores.csv'}: cannot be written (File too large); free space, or choose another place; the "
        "file that is there stays as it was",
    ]
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before
    with room(1000):
        done = megc("report", output, "--format", "markdown", "--output", tmp_path / "report")
    assert (done.exit_code, done.stderr.count("error: ")) == (2, 1)
    assert f"{tmp_path / 'report' / 'report.md'}: cannot be written (File too large)" in done.stderr
    assert not os.listdir(tmp_path / "report")


@pytest.mark.parametrize("command", [["--help"], ["data", "list"], ["recipes", "show", "majority", "--json"], ["env"]])
def test_a_full_standard_output_is_one_line(command):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *command], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert lines == ["error: output cannot be written (No space left on device); free space or send it elsewhere"]
    assert done.returncode == 1


def test_where_nothing_ran_the_tables_stay(root, tmp_path, megc, monkeypatch):  # noqa: F811
    output = tmp_path / "out"

    def fail(*_):
        raise RuntimeError("a fault")

    assert megc(*arguments(root, output)).exit_code == 0
    before = {path.name: path.read_bytes() for path in output.iterdir() if path.name[-2:] != "nl"}
    monkeypatch.setattr(type(TASKS["recognition"]), "run", fail)
    done = megc(*arguments(root, output), "--overwrite")
    assert (done.exit_code, done.stdout) == (2, "")
    why = "since no experiment is complete"
    assert f"tables: not written, {why}; those in {output} are of an earlier run\n" in done.stderr
    assert "written: " not in done.stderr
    assert {path.name: path.read_bytes() for path in output.iterdir() if path.name[-2:] != "nl"} == before
    fresh = tmp_path / "fresh"
    done = megc(*arguments(root, fresh), "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (2, [])
    assert f"tables: not written, {why}\n" in done.stderr
    assert sorted(path.name for path in fresh.iterdir()) == ["notes.jsonl", "rows.jsonl"]
    # with --check nothing counts as the same, not even the old tables beside it
    done = megc(*arguments(root, output), "--overwrite", "--check", output)
    assert done.exit_code == 2
    assert "identical" not in done.stdout
    assert done.stdout.count(" missing here") == len((output / "scores.csv").read_text().splitlines()) - 1


def test_nothing_is_counted_where_no_cell_is_planned(root, megc):  # noqa: F811
    done = megc("run-all", "--dataset", "flow-images", "--data-root", root, "--recipe", "none", "--dry-run")
    assert done.exit_code == 2
    assert "cells:" not in done.stderr
    assert done.stderr.startswith("error: recipe 'none' is not known")


def test_a_dry_run_has_nothing_to_check(root, tmp_path, megc):  # noqa: F811
    done = megc(*arguments(root, tmp_path / "out"), "--dry-run", "--check", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: --dry-run runs nothing that --check could compare; leave one of them out\n"
