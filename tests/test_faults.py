"""Faults of the program, and what names of files do to a terminal: one line, whatever happens."""

import csv
import re
import shutil

import pytest

from baselines.commands import predict
from baselines.errors import printable


def fail(*_, **__):
    raise ZeroDivisionError("division by\nzero")


def test_a_fault_is_one_line_that_says_what_to_do(megc, video, tmp_path, monkeypatch):
    monkeypatch.delenv("MEGC_DEBUG", raising=False)
    monkeypatch.setattr(predict, "spotting_recipe", fail)
    done = megc("spot", video, "--output", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: unexpected ZeroDivisionError: division by zero; this is a fault of megc")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("how", ["option", "variable"])
def test_debug_shows_where_it_arose(megc, video, tmp_path, monkeypatch, how):
    monkeypatch.setenv("MEGC_DEBUG", "1" if how == "variable" else "")
    monkeypatch.setattr(predict, "spotting_recipe", fail)
    done = megc(*(["--debug"] if how == "option" else []), "spot", video, "--output", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    assert "test_faults.py" in done.stderr
    assert "please report it" in done.stderr


def test_too_little_memory_is_said_as_such(megc, video, tmp_path, monkeypatch):
    def greedy(*_):
        raise MemoryError

    monkeypatch.setattr(predict, "spotting_recipe", greedy)
    done = megc("spot", video, "--output", tmp_path / "out.csv")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "give fewer --jobs" in done.stderr


def test_names_cannot_steer_a_terminal(megc, tmp_path):
    name = "clip\x1b[2J\x9b31m\u202e"
    done = megc("spot", tmp_path / name, "--output", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stderr)
    assert "clip" in done.stderr
    assert printable("a\tb\nc é 漢 \u200d") == "a\tb\nc é 漢 \u200d"


@pytest.fixture
def video(write_images, tmp_path):
    folder = tmp_path / "images"
    write_images(folder, 3, (32, 32), 0)
    return folder


def test_names_are_no_formulas_where_that_is_asked_for(megc, corpus, tmp_path):
    manifest = tmp_path / "videos"
    manifest.mkdir()
    shutil.copy(corpus / "long" / "sub01" / "long.avi", manifest / "a.avi")
    name = '=cmd|"/c calc"!A1'
    quoted = name.replace('"', '""')
    (manifest / "videos.csv").write_text(f'subject,video,path,fps\n@sub,"{quoted}",a.avi,\n')
    for safe in (True, False):
        output = tmp_path / f"{safe}.csv"
        done = megc("spot", manifest, "--output", output, "--jobs", 1, *(["--excel-safe"] if safe else []))
        assert done.exit_code == 0, done.stderr
        rows = list(csv.DictReader(output.open(encoding="utf-8")))
        assert rows
        assert {row["video"] for row in rows} == {f"'{name}" if safe else name}
        assert {row["subject"] for row in rows} == {"'@sub" if safe else "@sub"}
        assert all(row["onset"].isdigit() for row in rows)
