"""Copies as the databases are published: nothing to correct, whatever their sheets are called and saved as."""

import json
from importlib import import_module

import pytest
from replicas import AU_CELLS, WHOLE, export_sheets, rename_sheets

from baselines.datasets import DATASETS, open_dataset

SHEETS = ("casme2", "casme3", "casme-sq", "samm", "samm-lv", "dfme", "mmew", "4dme", "smic-long")


@pytest.fixture(scope="module", params=WHOLE)
def report(request, tmp_path_factory):
    """What `data check` says of a complete copy."""
    from click.testing import CliRunner

    from cli import main

    root = tmp_path_factory.mktemp(request.param)
    WHOLE[request.param](root)
    arguments = ["data", "check", request.param, "--data-root", str(root), "--jobs", "1"]
    done = CliRunner().invoke(main, [*arguments, "--json"])
    return request.param, done.exit_code, json.loads(done.stdout), CliRunner().invoke(main, [*arguments, "--quick"])


def test_a_faithful_copy_has_nothing_to_mend(report):
    _, code, found, text = report
    assert found["findings"] == []
    assert all(row["ok"] is not False for row in found["table"])
    assert (code, text.exit_code) == (0, 0)
    lines = text.stdout.splitlines()
    place = lines.index("nothing is wrong with this copy")
    assert lines[place + 1] == f"notes, nothing to correct: {len(found['notes'])}"
    assert lines[place + 2 :] == found["notes"]


def test_its_notes_tell_each_odd_cell_once_with_their_number(report):
    name, _, found, _ = report
    notes = [line.partition(": ") for line in found["notes"]]
    told = [note[2] for note in notes]
    for cell in ("'?'", "'14or23'", "'10or11'", "'12or14'", "'AD38'", "'AD39'", "'AD31'", "'M57'", "'M58'", "'twice'"):
        assert sum(line.startswith(f"action unit {cell}: ") for line in told) == 1, (cell, told)
    assert len(set(told)) == len(told)
    rows = {"casme2": 255, "casme-sq": 357, "samm-lv": 502, "casme3": 860, "dfme": 2629}[name]
    (place,) = [note[0] for note in notes if "'M57'" in note[2]]
    more = len(range(AU_CELLS.index("M57"), rows, len(AU_CELLS))) - 1
    assert place.endswith(f" and {more} more")


def test_what_is_by_design_is_told(report):
    name, _, found, _ = report
    expected = {
        "casme3": "the release of clips: its 860 micro-expressions are of 94 of the 100 subjects, by design",
        "dfme": "frame numbers start at 0 in 1240 of 2629 rows; such an onset is read as the first frame",
    }
    own = [line for line in found["notes"] if "action unit" not in line]
    assert [line.partition(": ")[2] for line in own] == ([expected[name]] if name in expected else [])


def facts(dataset):
    records = [record.to_dict() for record in (*dataset.videos, *dataset.clips)]
    return records, dataset.findings, sorted(note.told for note in dataset.notes)


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("change", ["exports instead", "exports beside", "other sheets"])
def test_exports_and_other_names_of_sheets_change_nothing(tmp_path, name, change):
    root = import_module(f"test_dataset_{DATASETS[name][0]}").replica(tmp_path)
    before = facts(open_dataset(name, root, classes=None))
    assert before[0]
    if change == "other sheets":
        rename_sheets(root)
    else:
        export_sheets(root, keep=change == "exports beside")
    assert facts(open_dataset(name, root, classes=None)) == before


def test_a_copy_that_is_mended_already_is_right(tmp_path):
    from openpyxl import load_workbook

    root = import_module("test_dataset_casme2").replica(tmp_path)
    before = facts(open_dataset("casme2", root))
    path = root / "CASME2-coding-20140508.xlsx"
    book = load_workbook(path)
    cells = {(cell.row, cell.column): cell for row in book["Sheet1"].iter_rows() for cell in row}
    cells[4, 5].value, cells[5, 5].value = 279, 81
    book.save(path)
    assert facts(open_dataset("casme2", root)) == before
    assert before[1] == []
