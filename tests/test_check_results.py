"""`run-all --check`: which figures differ from a published folder, which are missing, and in what environments."""

import csv
import json
import shutil

import pytest

from baselines.files import csv_text
from baselines.report.check import check_text, compare, is_identical, read_published
from baselines.report.tables import SCORE_COLUMNS

RECIPES = ("--recipe", "majority", "--recipe", "vqa-prior")


@pytest.fixture(scope="module")
def finished(corpus, tmp_path_factory):
    """The folder of a run of two quick recipes."""
    from click.testing import CliRunner

    from cli import main

    folder = tmp_path_factory.mktemp("published")
    done = CliRunner().invoke(main, arguments(corpus, folder))
    assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture
def published(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "published")


@pytest.fixture
def check(finished, published, corpus, megc, tmp_path):
    """Run with what is computed already and compare with `published`: check(...) -> result."""
    shutil.copytree(finished, tmp_path / "out")

    def run(*options, recipes=RECIPES, output=tmp_path / "out"):
        return megc(*arguments(corpus, output, recipes), "--check", published, *options)

    return run


def arguments(corpus, output, recipes=RECIPES):
    return ["run-all", "--data-root", str(corpus), *recipes, "--output", str(output), "--jobs", "1"]


def scores(folder):
    with open(folder / "scores.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def rewrite(folder, change):
    """Write the rows that `change` gives of each row of scores.csv."""
    rows = [changed for row in scores(folder) for changed in change(row)]
    (folder / "scores.csv").write_text(csv_text(SCORE_COLUMNS, rows))
    return len(rows)


def is_first(row):
    return (row["recipe"], row["subset"], row["metric"]) == ("majority", "all", "uf1")


def test_the_same_figures_are_told_as_identical(check, published):
    done = check()
    assert done.exit_code == 0, done.stderr
    assert f"\nidentical: {len(scores(published))} figures\nenvironments: the same\n" in done.stdout
    assert "### recognition on synthetic" in done.stdout


@pytest.mark.parametrize(("by", "where"), [(-0.001, "inside"), (0.9, "outside")])
def test_a_figure_that_differs_is_told_with_the_difference(check, published, by, where):
    ours = next(row for row in scores(published) if is_first(row))
    value = float(ours["value"])
    theirs = {"value": f"{value - by:.4f}", "ci_low": f"{value - by - 0.1:.4f}", "ci_high": f"{value - by + 0.1:.4f}"}
    rewrite(published, lambda row: [row | theirs if is_first(row) else row])
    done = check()
    assert done.exit_code == 1
    expected = f"ours {ours['value']}, theirs {theirs['value']}, difference {by:+.4f}, {where} their interval"
    assert f"recognition synthetic majority seed 0 uf1: {expected}; ci_low ours" in done.stdout
    assert f"published: 1 figures differ, {len(scores(published)) - 1} are the same" in done.stdout


def test_not_a_digit_may_differ(check, published):
    rewrite(published, lambda row: [row | {"value": row["value"] + "0"} if is_first(row) else row])
    done = check("--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["scores"][0]["recipe"] == "majority"
    (differing,) = found["check"]["differing"]
    assert differing["value"]["theirs"] == differing["value"]["ours"] + "0"
    assert differing["difference"] == 0


def test_another_interval_number_or_signature_is_a_difference_too(check, published):
    rewrite(published, lambda row: [row | {"n": "999", "signature": "x"} if is_first(row) else row])
    done = check()
    assert done.exit_code == 1
    assert "uf1: n ours 12, theirs 999; signature ours recognition|" in done.stdout


def test_comparisons_with_floors_are_no_figures_of_the_recipe(check, published):
    rewrite(published, lambda row: [row | {"versus": "another", "difference": "0.5"}])
    assert check().exit_code == 0


def test_figures_missing_on_either_side_are_told(check, published):
    more = {"recipe": "majority", "metric": "another"}
    rewrite(published, lambda row: [row, row | more] if is_first(row) else [row] * (row["metric"] != "accuracy"))
    done = check()
    assert done.exit_code == 1
    assert "recognition synthetic majority seed 0 another: " in done.stdout
    assert "there, missing here" in done.stdout
    assert "recognition synthetic majority seed 0 accuracy: " in done.stdout
    assert "here, missing there" in done.stdout


def test_only_what_the_run_was_asked_for_is_compared(check, published):
    others = len([row for row in scores(published) if row["recipe"] != "majority"])
    rewrite(published, lambda row: [row | {"value": "0.1234"} if row["recipe"] != "majority" else row])
    done = check(recipes=("--recipe", "majority"))
    assert done.exit_code == 0, done.stdout
    assert f"not compared: {others} figures of" in done.stdout
    assert check("--task", "recognition", recipes=("--recipe", "majority")).exit_code == 0
    assert check("--task", "vqa", recipes=("--recipe", "vqa-prior")).exit_code == 1
    rewrite(published, lambda row: [row | {"seed": "1"}])
    assert "missing there" in check().stdout


def test_a_recipe_that_cannot_be_run_here_lacks_its_figures(check, published):
    rewrite(published, lambda row: [row, row | {"recipe": "gone"}] if is_first(row) else [row])
    done = check(recipes=(*RECIPES, "--recipe", "gone"))
    assert done.exit_code == 1
    assert "recognition synthetic gone seed 0 uf1: " in done.stdout
    assert "recipe 'gone' is not known" in done.stderr
    assert check().exit_code == 0


def test_the_published_folder_may_be_the_one_that_is_written(check, published):
    rewrite(published, lambda row: [row | {"value": "0.1234"} if is_first(row) else row])
    done = check(output=published)
    assert done.exit_code == 1
    assert "theirs 0.1234" in done.stdout
    assert check(output=published).exit_code == 0


def test_environments_that_differ_are_told_and_are_no_failure(check, published):
    path = published / "environment.json"
    written = json.loads(path.read_text())
    (found,) = written["environments"].values()
    found["blas"]["numpy"]["core"] = "Prescott"
    found["libraries"] = {"numpy": "1.0", "gone": "2"}
    path.write_text(json.dumps(written))
    done = check()
    assert done.exit_code == 0
    assert "theirs Prescott" in done.stdout
    assert "  libraries.gone: ours -, theirs 2\n" in done.stdout
    path.unlink()
    done = check()
    assert done.exit_code == 0
    assert "has no environment.json" in done.stdout


def test_rows_of_two_environments_are_warned_of(check, tmp_path):
    rows = (tmp_path / "out" / "rows.jsonl").read_text().splitlines()
    changed = [json.loads(line) for line in rows]
    for row in changed[:1]:
        row["environment"] = "elsewhere"
        del row["checksum"]  # else the row is passed over
    (tmp_path / "out" / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    done = check()
    assert done.exit_code == 0
    assert "warning: recognition on synthetic: one table holds rows of 2 environments: " in done.stderr
    assert "majority (seed 0) in elsewhere" in done.stderr
    assert set(json.loads((tmp_path / "out" / "environment.json").read_text())["environments"]) >= {"elsewhere"}


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no scores.csv there; expected a folder that run-all wrote"),
        (lambda folder: (folder / "scores.csv").write_text("a,b\n"), "scores.csv row 1: no column task"),
        (lambda folder: rewrite(folder, lambda row: [row, row]), "stands twice; delete one"),
        (lambda folder: (folder / "environment.json").write_text("{"), "environment.json: not what run-all writes"),
        (
            lambda folder: (folder / "environment.json").write_text('{"environments": {"a": 1}}'),
            "not what run-all writes",
        ),
    ],
)
def test_what_is_no_published_folder_stops_before_anything_is_run(check, published, tmp_path, break_it, message):
    break_it(published)
    done = check(output=tmp_path / "new")
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_nothing_in_common_is_not_identical(published):
    both = read_published(published)
    found = compare(both, both, lambda figure: False)
    assert not is_identical(found)
    assert "0 figures differ, 0 are the same" in check_text(found)
    assert is_identical(compare(both, both, lambda figure: True))
