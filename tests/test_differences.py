"""What recipes give against one of them: `report --against` and `draw differences`."""

import json

import pytest
from runs import recognized, write_run

from baselines.report.differences import difference_tables
from baselines.report.figures import figures_of
from baselines.report.study import read_study


@pytest.fixture
def folder(tmp_path):
    return write_run(
        tmp_path / "out",
        recognized("all", lambda n: n % 6 != 5),
        recognized("less", lambda n: n % 2 == 0),
        recognized("same", lambda n: n % 6 != 5),
        recognized("elsewhere", lambda n: True, subjects=5),
    )


def test_a_difference_is_that_of_the_figures_with_its_interval(folder):
    results = read_study(folder).results
    figures, _ = figures_of(results)
    (table,) = difference_tables(results, figures, "all")
    found = {record["recipe"]: record for record in table.records}
    assert list(found) == ["less", "same"]  # the largest loss first
    values = {f.result.recipe: f.value for f in figures if (f.metric, f.subset) == ("uf1", "all")}
    assert found["less"]["difference"] == pytest.approx(values["less"] - values["all"], abs=1e-4)
    assert found["less"]["low"] <= found["less"]["difference"] <= found["less"]["high"] < 0
    assert found["less"]["p"] < 0.05
    assert (found["same"]["difference"], found["same"]["low"], found["same"]["high"]) == (0, 0, 0)
    assert table.gaps == ["left out, not on the same folds: elsewhere"]


def test_the_report_shows_them_in_every_form(megc, folder, tmp_path):
    told = json.loads(megc("report", folder, "--against", "all", "--json").stdout)
    assert [row["recipe"] for row in told["tables"][0]["rows"]] == ["less", "same"]
    assert "minus all" in megc("report", folder, "--against", "all").stdout
    done = megc(
        "report", folder, "--against", "all", "--format", "latex", "--format", "csv", "--output", tmp_path / "t"
    )
    assert done.exit_code == 0, done.stderr
    assert "+0.000" in (tmp_path / "t" / "differences-recognition-flow-images-all.tex").read_text()


def test_they_are_drawn(megc, folder, tmp_path):
    done = megc("draw", "differences", folder, "--against", "all", "--output", tmp_path / "d.png")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("al", "--against 'al': no such recipe in it; did you mean 'all'?"),
    ],
)
def test_what_cannot_be_compared_is_one_line(megc, folder, tmp_path, against, message):
    for command in (("report", folder), ("draw", "differences", folder, "--output", tmp_path / "d.png")):
        done = megc(*command, "--against", against)
        assert done.exit_code == 2
        assert message in done.stderr
    assert not (tmp_path / "d.png").exists()


def test_a_recipe_alone_is_one_line(megc, tmp_path):
    done = megc("report", write_run(tmp_path / "out", recognized("all", lambda n: True)), "--against", "all")
    assert done.exit_code == 2
    assert "--against 'all': nothing stands beside it; run other recipes on the same data" in done.stderr
