"""The command `report`: pivots, means, ranks and details of an output folder, in every form."""

import csv
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from runs import cell, recognized, spotted, write_run
from scipy import stats
from test_experiment import root  # noqa: F401  (a fixture)

from baselines.experiments.rows import Rows
from baselines.report import latex
from baselines.report.markdown import markdown
from baselines.report.ranks import FEWEST_DATABASES
from baselines.report.table import Cell, Table, named_apart
from baselines.report.tables import score_rows, write_tables

TEXT = ("--format", "markdown")
C, BLOCKS, SEEDS = (1.0, 10.0), ([2, 2], [4, 4], [8, 8]), (0, 1, 2)


def right(*key):
    """A recognizer by chance that depends on a key: whether the n-th clip, in the order of calls, is right."""
    rng = np.random.default_rng(list(map(ord, repr(key))))
    return lambda n: rng.random() < 0.6


def grid(folder, datasets=("d",), seeds=SEEDS, cells=None):
    """A folder of a grid C x blocks of two recipes, a floor, and a recipe of another kind."""
    cells = cells or [
        cell(base, classifier__C=c, representation__blocks=blocks)
        for base in ("lbp-svm", "flow_svm") for c in C for blocks in BLOCKS
    ]  # fmt: skip
    floor = ("majority", {"base": "majority", "varied": {}, "settings": {}, "floor": True})
    named = [*cells, floor]
    runs = [
        recognized(name, right(name, seed, dataset), dataset, seed)
        for name, _ in named
        for seed in seeds
        for dataset in datasets
    ]
    return write_run(folder, *runs, notes=dict(named))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return grid(tmp_path_factory.mktemp("grid"))


def tables(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["tables"]


def figures(folder, metric="uf1", subset="all"):
    """{(recipe, seed, dataset): value} of scores.csv, rounded as it is."""
    rows = Rows(folder, adds=False)
    return {
        (row["recipe"], row["seed"], row["dataset"]): row["value"]
        for row in score_rows(rows.results(), rows.notes.recipes)
        if (row["metric"], row["subset"]) == (metric, subset)
    }


def test_a_pivot_has_the_means_over_seeds_of_the_figures_of_scores_csv(megc, folder):
    arguments = ("report", folder, "--pivot", "C:representation.blocks", "--where", "base=lbp-svm")
    (table,) = tables(megc(*arguments, "--json"))
    found = figures(folder)
    assert len(table["rows"]) == len(C) * len(BLOCKS)
    for row in table["rows"]:
        values = [found[row["recipe"], seed, "d"] for seed in SEEDS]
        assert row["value"] == pytest.approx(np.mean(values), abs=1e-4)
        assert row["sd"] == pytest.approx(np.std(values, ddof=1), abs=1.1e-4)
        assert (row["seeds"], row["n"]) == (3, 36)
        told = f"(classifier.C={row['classifier.C']}, representation.blocks={row['representation.blocks']})"
        assert row["recipe"].endswith(told)
    text = megc(*arguments).stdout
    lines = [[text.strip() for text in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    assert lines[0] == ["classifier.C", "[2,2]", "[4,4]", "[8,8]"]
    assert [line[0] for line in lines[1:]] == ["1.0", "10.0"]
    first = next(r for r in table["rows"] if (r["classifier.C"], r["representation.blocks"]) == ("10.0", "[4,4]"))
    mean, sd = map(float, lines[2][2].replace("*", "").split(" ± "))
    assert (mean, sd) == pytest.approx((first["value"], first["sd"]), abs=6e-4)
    assert "mean ± sample standard deviation over 3 seeds" in text
    assert text.startswith("### uf1 of recognition on d (n = 36)\n\nColumns: representation.blocks.\n")


@pytest.mark.parametrize("metric", ["uar", "accuracy"])
def test_a_pivot_of_any_metric_subset_and_seed(megc, folder, metric):
    arguments = ("--pivot", "recipe:seed", "--metric", metric, "--subset", "samm", "--json")
    (table,) = tables(megc("report", folder, *arguments))
    found = figures(folder, metric, "samm")
    assert {(row["recipe"], int(row["seed"]), "d"): row["value"] for row in table["rows"]} == found
    assert all(row["sd"] is None and row["ci_low"] <= row["value"] <= row["ci_high"] for row in table["rows"])


def test_keys_are_joined_on_both_sides_and_tables_fall_apart_by_the_rest(megc, tmp_path):
    grid(tmp_path, datasets=("d", "e"), seeds=(0,))
    found = tables(megc("report", tmp_path, "--pivot", "base+C:blocks", "--json"))
    assert [(table["name"], len(table["rows"])) for table in found] == [
        (f"pivot-recognition-{name}-all-uf1", 12) for name in "de"
    ]
    (table,) = tables(megc("report", tmp_path, "--pivot", "base+C:blocks+dataset", "--json"))
    assert {(row["recipe"], 0, row["dataset"]): row["value"] for row in table["rows"]} == {
        name: value for name, value in figures(tmp_path).items() if name[0] != "majority"
    }
    assert table["notes"][-1].endswith("majority")
    assert "no classifier.C or no representation.blocks" in table["notes"][-1]
    done = megc("report", tmp_path, "--pivot", "base+C:blocks+dataset", "--format", "csv")
    assert done.stderr == f"warning: {table['name']}: {table['notes'][-1]}\n"


def test_recipes_that_share_a_cell_are_refused_with_what_differs(megc, folder):
    done = megc("report", folder, "--pivot", "base:blocks")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "2 recipes fall into flow_svm : [2,2]; they differ in classifier.C (1.0, 10.0)" in done.stderr
    assert "--where 'classifier.C=1.0'" in done.stderr
    assert megc("report", folder, "--pivot", "base:blocks", "--where", "classifier.C=1.0").exit_code == 0
    assert megc("report", folder, "--pivot", "base:blocks", "--where", "C=1").exit_code == 0


def test_missing_cells_are_dashes_and_never_zero(megc, tmp_path):
    cells = [cell("a", C=c, k=k) for c, k in ((1, 1), (1, 2), (2, 1))]
    grid(tmp_path, seeds=(0,), cells=cells)
    text = megc("report", tmp_path, "--pivot", "C:k").stdout
    assert re.search(r"^\| 2 +\| \S+ +\| - +\|$", text, re.MULTILINE)
    tex = megc("report", tmp_path, "--pivot", "C:k", "--format", "latex").stdout
    assert re.search(r"^2 & \$\S+\$ & -- \\\\$", tex, re.MULTILINE)
    assert len(tables(megc("report", tmp_path, "--pivot", "C:k", "--json"))[0]["rows"]) == 3


def test_settings_that_nothing_varies_are_keys_as_well(megc, tmp_path):
    settings = {"classifier": "svm", "classifier.C": 1.0}
    notes = {name: {"base": name, "varied": {}, "settings": settings, "floor": False} for name in "ab"}
    notes["b"]["settings"] = {"classifier": "knn"}
    write_run(tmp_path, recognized("a", bool), recognized("b", bool), notes=notes)
    (table,) = tables(megc("report", tmp_path, "--pivot", "classifier:dataset", "--json"))
    assert {row["classifier"]: row["recipe"] for row in table["rows"]} == {"svm": "a", "knn": "b"}


def test_a_setting_that_says_nothing_is_told_from_one_that_is_not_there(megc, tmp_path):
    settings = {"a": {"r.magnification": None}, "b": {"r.magnification": 8}, "c": {}}
    notes = {name: {"base": name, "varied": {}, "settings": mine, "floor": False} for name, mine in settings.items()}
    notes["b"]["varied"] = settings["b"]
    write_run(tmp_path, *(recognized(name, bool) for name in settings), notes=notes)
    (table,) = tables(megc("report", tmp_path, "--pivot", "magnification:seed", "--json"))
    assert {row["r.magnification"]: row["recipe"] for row in table["rows"]} == {"none": "a", "8": "b"}
    assert table["notes"][-1].endswith(": c")
    done = megc("report", tmp_path, "--pivot", "recipe:seed", "--where", "magnification=none", "--json")
    assert [row["recipe"] for row in tables(done)[0]["rows"]] == ["a"]
    write_tables(Rows(tmp_path).results(), tmp_path)
    with open(tmp_path / "scores.csv", newline="") as stream:
        told = {row["recipe"]: row["r.magnification"] for row in csv.DictReader(stream)}
    assert told == {"a": "none", "b": "8", "c": ""}


def test_a_pivot_without_data_is_one_line(megc, tmp_path):
    notes = {name: {"base": name, "varied": {}, "settings": {key: 1}, "floor": False} for name, key in ("ak", "bm")}
    write_run(tmp_path, recognized("a", bool), recognized("b", bool), notes=notes)
    done = megc("report", tmp_path, "--pivot", "k:m")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: --pivot k:m: no recipe here has all of these keys; choose other keys\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pivot", "C"), "expected ROWS:COLUMNS"),
        (("--pivot", "C:blocks:base"), "expected ROWS:COLUMNS"),
        (("--pivot", ":blocks"), "expected ROWS:COLUMNS"),
        (("--pivot", "classifier.D:base"), "no experiment here has this key; did you mean 'classifier.C'?"),
        (("--pivot", "C:classifier.C"), "classifier.C stands twice"),
        (("--pivot", "C:seed", "--where", "base=majority"), "no experiment here has this key"),
        (("--metric", "uf2"), "did you mean 'uf1'?"),
        (("--subset", "sam"), "did you mean 'samm'?"),
        (("--task", "spoting"), "--task 'spoting': nothing here is of it"),
        (("--dataset", "x"), "--dataset 'x': nothing here is of it; choose one of d"),
        (("--where", "C=3"), "--where C=3: nothing here is so; classifier.C is 1.0, 10.0"),
        (("--where", "C"), "expected KEY=VALUE"),
        (("--format", "csv"), "name --output DIR"),
        (("--format", "csv", "--format", "html"), "only one goes to stdout"),
        (("--table", "ranks", "--where", "base=majority"), "three recipes on the same folds"),
        (("--output", "/proc/none"), "/proc/none: cannot be written"),
    ],
)
def test_what_cannot_be_told_is_one_line(megc, folder, arguments, told):
    done = megc("report", folder, *arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert told in done.stderr


def test_a_key_that_several_settings_end_with(megc, tmp_path):
    settings = {"a.k": 1, "b.k": 2}
    notes = {name: {"base": name, "varied": {}, "settings": settings, "floor": False} for name in "xy"}
    write_run(tmp_path, recognized("x", bool), recognized("y", bool), notes=notes)
    done = megc("report", tmp_path, "--pivot", "k:recipe")
    assert (done.exit_code, done.stderr) == (2, "error: --pivot k: means a.k or b.k; write one of them in full\n")
    notes["y"]["varied"] = {"b.k": 2}
    write_run(tmp_path, recognized("x", bool), recognized("y", bool), notes=notes)
    assert megc("report", tmp_path, "--pivot", "k:recipe").exit_code == 0


def test_folders_without_anything_to_tell(megc, tmp_path):
    done = megc("report", tmp_path / "none")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "expected the --output folder of run-all" in done.stderr
    assert not (tmp_path / "none").exists()
    for text, told in (("", "no row of results"), ("{}\nnonsense\n", "no row of results")):
        (tmp_path / "rows.jsonl").write_text(text)
        done = megc("report", tmp_path, *TEXT)
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
        assert told in done.stderr
    write_run(tmp_path, recognized("x", bool))
    lines = (tmp_path / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_text("".join(lines[:-1]))
    done = megc("report", tmp_path, *TEXT)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "no complete experiment" in done.stderr


def test_what_is_passed_over_is_told_and_the_folder_stays_as_it_is(megc, tmp_path):
    write_run(tmp_path, recognized("x", bool), recognized("y", bool))
    lines = (tmp_path / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_text("".join(lines[:-1]) + lines[-1][:50] + "\n")
    told = {"base": "x", "varied": {}, "settings": {}, "floor": False}
    note = json.dumps({"digest": recognized("x", bool)[0]["digest"], **told})
    (tmp_path / "notes.jsonl").write_text(note + "\nnonsense\n[]\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = megc("report", tmp_path, *TEXT)
    assert done.exit_code == 0
    cut = "no JSON object, as where a kill cut it short; passed over"
    assert done.stderr == (
        f"warning: {tmp_path / 'rows.jsonl'} line 12: {cut}; run-all computes its fold again, and the line can go\n"
        f"warning: {tmp_path / 'notes.jsonl'} line 2: {cut}, as are 1 more; run-all with the same options writes it "
        "again, and the line can go\n"
        f"warning: {tmp_path}: left out, because folds are missing: y on flow-images (seed 0); run-all completes them\n"
    )
    assert "| x " in done.stdout
    assert "| y " not in done.stdout
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_experiment_without_figures_fails_alone(megc, tmp_path):
    bad = recognized("bad", bool, seed=-1)  # of which no generator can be made
    write_run(tmp_path, bad, recognized("good", bool))
    done = megc("report", tmp_path, *TEXT)
    assert done.exit_code == 1
    assert "error: bad on flow-images: no figures (" in done.stderr
    assert "| good " in done.stdout
    write_run(tmp_path, bad)
    assert megc("report", tmp_path, *TEXT).exit_code == 2


DAMAGES = [
    ({"seed": "0"}, 'seed is "0"; expected a whole number'),
    ({"seed": None}, "seed is null; expected a whole number"),
    ({"fold_number": True}, "fold_number is true; expected a whole number"),
    ({"recipe": ["x"]}, 'recipe is ["x"]; expected a text'),
    ({"task": "dance"}, "task is 'dance'; expected one of recognition, spotting, str, vqa"),
    ({"environment": []}, "environment is []; expected a text"),
    ({"predictions": {}}, "predictions is {}; expected a list"),
    ({"predictions": []}, "predictions is empty"),
    ({"predictions": [3]}, "a prediction is 3; expected an object"),
    ({"predictions": [{"dataset": "samm", "subject": "s"}]}, "clip is missing"),
    ({"task": "spotting"}, "truth is missing"),
    ({"task": "vqa"}, "id is missing"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGES, ids=[told.partition(";")[0] for _, told in DAMAGES])
def test_a_row_that_was_damaged_is_named_by_its_line_and_counts_as_not_computed(megc, tmp_path, damage, told):
    runs = recognized("bad", bool), recognized("good", bool)
    runs[0][2] |= damage
    write_run(tmp_path, *runs)
    done = megc("report", tmp_path, *TEXT)
    first = done.stderr.splitlines()[0]
    assert done.exit_code == 0, done.stderr
    assert first.startswith(f"warning: {tmp_path / 'rows.jsonl'} line 3: {told}")
    assert "run-all computes its fold again" in first
    assert "| good " in done.stdout
    assert "| bad " not in done.stdout
    assert "folds are missing: bad on flow-images (seed 0)" in done.stderr
    assert len(Rows(tmp_path).folds_done(runs[0][0]["digest"])) == 5


def test_probabilities_that_are_none_are_damage_too(megc, tmp_path):
    bad = recognized("bad", bool)
    for shares in ([0.5], {"negative": "x"}):
        bad[0]["predictions"][0] |= {"probabilities": shares}
        write_run(tmp_path, bad, recognized("good", bool))
        assert "line 1: probabilities is" in megc("report", tmp_path, *TEXT).stderr


def without_notes_of(folder, lost):
    """Take the notes away for which `lost(recipe, seed)` holds; return what tells of them."""
    names = {row["digest"]: (row["recipe"], row["seed"]) for row in Rows(folder, adds=False).rows.values()}
    path = folder / "notes.jsonl"
    lines = {line: names[json.loads(line)["digest"]] for line in path.read_text().splitlines()}
    path.write_text("".join(line + "\n" for line, name in lines.items() if not lost(*name)))
    return sorted(set(lines.values()) - {name for name in lines.values() if not lost(*name)})


def test_a_cell_over_fewer_seeds_than_others_says_so_and_lost_notes_are_told(megc, tmp_path):
    grid(tmp_path)
    name = "lbp-svm (classifier.C=1.0, representation.blocks=[2,2])"
    assert len(without_notes_of(tmp_path, lambda recipe, seed: recipe == name and seed > 0)) == 2
    arguments = ("report", tmp_path, "--pivot", "base+C:blocks")
    done = megc(*arguments)
    told = f"{tmp_path / 'notes.jsonl'}: no note on 2 experiments, so what is set there is not known: {name} on d"
    assert done.stderr.startswith(f"warning: {told}")
    assert "run-all with the same options writes it again" in done.stderr
    cells = [line.split("|") for line in done.stdout.splitlines() if line.startswith("| lbp-svm")]
    assert re.fullmatch(r" \**0\.\d{3}\**( \[.*\])? \(1 seed\) *", cells[0][3])
    assert "seed" not in "".join([*cells[0][4:], *cells[1]])
    assert "over 1 to 3 seeds" in done.stdout
    lacking, lost = [line for line in done.stdout.splitlines() if line.startswith("- left out")]
    assert lacking == "- left out, because they have no classifier.C or no representation.blocks: majority"
    assert lost == f"- left out, because notes.jsonl does not tell what they set: {name} (seed 1), {name} (seed 2)"
    assert "(1 seed)" in megc(*arguments, "--format", "latex").stdout
    assert "(1 seed)</small></td>" in megc(*arguments, "--format", "html").stdout
    # where the name is enough all seeds count, and the recipe keeps its columns
    (table,) = tables(megc("report", tmp_path, "--table", "scores", "--subset", "all", "--json"))
    (row,) = [row for row in table["rows"] if row["recipe"] == name and row["metric"] == "uf1"]
    assert (row["seeds"], row["base"], row["classifier.C"]) == (3, "lbp-svm", "1.0")


def test_a_recipe_that_ran_with_fewer_seeds_says_so_in_every_table(megc, tmp_path):
    runs = [recognized("x", right("x", seed), seed=seed) for seed in SEEDS]
    write_run(tmp_path, *runs, recognized("y", right("y")), recognized("z", right("z"), seed=1))
    text = megc("report", tmp_path, "--table", "scores", "--table", "classes", "--table", "subjects").stdout
    for line in text.splitlines():
        if line.startswith(("| x ", "| y ", "| z ")):
            assert ("(1 seed)" in line) == (not line.startswith("| x "))
    assert "(1 seed)" in next(line for line in text.splitlines() if line.startswith("| samm "))
    alone = megc("report", tmp_path, "--where", "recipe=y", "--table", "scores").stdout
    assert "seed" not in alone


# ranks


def test_ranks_over_subjects_are_those_of_scipy(megc, tmp_path):
    rights = {"a": lambda n: n < 5, "b": right("b"), "c": right("c"), "d": lambda n: n < 1}
    runs = {name: recognized(name, of) for name, of in rights.items()}
    write_run(tmp_path, *runs.values())
    accuracy = {
        name: [np.mean([clip["label"] == clip["prediction"] for clip in row["predictions"]]) for row in rows]
        for name, rows in runs.items()
    }
    expected = stats.friedmanchisquare(*accuracy.values())
    ranks = dict(zip(accuracy, stats.rankdata(-np.array(list(accuracy.values())), axis=0).mean(axis=1)))
    table, pairs = tables(megc("report", tmp_path, "--table", "ranks", "--table", "pairs", "--json"))
    assert {row["recipe"]: row["mean_rank"] for row in table["rows"]} == pytest.approx(ranks, abs=1e-4)
    assert [row["mean_rank"] for row in table["rows"]] == sorted(row["mean_rank"] for row in table["rows"])
    for row in table["rows"]:
        assert (row["friedman"], row["friedman_p"]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-3)
        assert row["value"] == pytest.approx(np.mean(accuracy[row["recipe"]]), abs=1e-4)
        assert row["critical_difference"] == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 6)), abs=2e-3)
        assert (row["blocks"], row["recipes"]) == (6, 4)
    best = table["rows"][0]["recipe"]
    assert {row["recipe"]: row["p_best"] for row in table["rows"][1:]} == {
        (row["second"] if row["first"] == best else row["first"]): row["p_holm"]
        for row in pairs["rows"]
        if best in (row["first"], row["second"])
    }
    assert "rough with no more than 10 blocks" in table["notes"][1]
    letters = {row["recipe"]: set(row["groups"]) for row in table["rows"]}
    for one in letters:
        for other in letters:
            near = abs(ranks[one] - ranks[other]) < table["rows"][0]["critical_difference"]
            assert bool(letters[one] & letters[other]) == (near or one == other)


def test_ranks_over_databases_where_there_are_enough(megc, tmp_path):
    names = [f"base{n}" for n in range(FEWEST_DATABASES)]
    runs = [recognized(name, right(name, data), data) for name in "abc" for data in names]
    write_run(tmp_path, *runs, recognized("lone", bool, names[0]))
    (table,) = tables(megc("report", tmp_path, "--table", "ranks", "--json"))
    found = figures(tmp_path)
    values = [[found[name, 0, data] for name in "abc"] for data in names]
    ranks = stats.rankdata(-np.array(values), axis=1).mean(axis=0)
    mean_ranks = {row["recipe"]: row["mean_rank"] for row in table["rows"]}
    assert mean_ranks == pytest.approx(dict(zip("abc", ranks)), abs=1e-4)
    assert table["rows"][0]["blocks"] == FEWEST_DATABASES
    assert table["notes"][-1] == "not ranked, because they did not run on all of these: lone"
    (tmp_path / "few").mkdir()
    write_run(tmp_path / "few", *(run for run in runs if run[0]["dataset"] != names[0]))
    assert len(tables(megc("report", tmp_path / "few", "--table", "ranks", "--json"))) == FEWEST_DATABASES - 1


def test_variants_of_one_database_are_no_blocks(megc, tmp_path):
    names = [f"d (shift onset={n})" for n in range(FEWEST_DATABASES)]
    write_run(tmp_path, *(recognized(name, right(name, data), data) for name in "abc" for data in names))
    found = tables(megc("report", tmp_path, "--table", "ranks", "--json"))
    assert [table["rows"][0]["blocks"] for table in found] == [6] * FEWEST_DATABASES


def test_only_recipes_on_the_same_folds_are_ranked(megc, tmp_path):
    runs = [recognized(name, right(name)) for name in "abc"]
    write_run(tmp_path, *runs, recognized("less", bool, subjects=5), recognized("seeds", bool, seed=1))
    (table,) = tables(megc("report", tmp_path, "--table", "ranks", "--json"))
    assert {row["recipe"] for row in table["rows"]} == set("abc")
    assert table["notes"][-1] == "not ranked, because they ran on other folds or seeds: less, seeds"


def test_subjects_are_ranked_by_their_mean_over_seeds(megc, folder):
    (table,) = tables(megc("report", folder, "--table", "ranks", "--json"))
    assert (table["rows"][0]["blocks"], len(table["rows"])) == (6, 13)
    accuracy = {}
    for row in Rows(folder, adds=False).rows.values():
        accuracy.setdefault(row["recipe"], []).append(
            np.mean([clip["label"] == clip["prediction"] for clip in row["predictions"]])
        )
    assert {row["recipe"]: row["value"] for row in table["rows"]} == pytest.approx(
        {name: np.mean(values) for name, values in accuracy.items()}, abs=1e-4
    )


def test_equal_recipes_do_not_differ(megc, tmp_path):
    write_run(tmp_path, *(recognized(name, lambda n: n < 3) for name in "abc"))
    table, pairs = tables(megc("report", tmp_path, "--table", "ranks", "--table", "pairs", "--json"))
    assert {(row["mean_rank"], row["groups"], row["friedman_p"]) for row in table["rows"]} == {(2.0, "a", 1.0)}
    assert {row["p_holm"] for row in pairs["rows"]} == {1.0}
    assert "no difference is shown" in table["notes"][1]


def test_subjects_without_events_are_no_blocks(megc, tmp_path):
    runs = [spotted(name, hits) for name, hits in (("a", 2), ("b", 1), ("c", 0))]
    for rows in runs:
        rows[1]["truth"] = []
    write_run(tmp_path, *runs)
    (table,) = tables(megc("report", tmp_path, "--table", "ranks", "--json"))
    assert (table["rows"][0]["blocks"], table["rows"][0]["metric"]) == (3, "f1")


# details


def test_details_add_up(megc, folder):
    names = ("classes", "subjects", "confusion")
    found = dict(zip(names, tables(megc("report", folder, *(w for n in names for w in ("--table", n)), "--json"))))
    one = {"recipe": "majority", "seed": 1}
    classes, subjects, confusion = (
        [row for row in found[name]["rows"] if one.items() <= row.items()] for name in names
    )
    accuracy = figures(folder, "accuracy")["majority", 1, "d"]
    right_ones, number = (sum(row[name] for row in subjects) for name in ("right", "n"))
    assert right_ones / number == pytest.approx(accuracy, abs=1e-4)
    on_diagonal = sum(row["n"] for row in confusion if row["true"] == row["predicted"])
    assert on_diagonal == right_ones
    assert np.mean([row["f1"] for row in classes]) == pytest.approx(figures(folder)["majority", 1, "d"], abs=1e-4)
    assert {row["class"]: row["n"] for row in classes} == {"negative": 12, "positive": 12, "surprise": 12}


def test_details_of_seeds_are_means_for_readers(megc, folder):
    text = megc("report", folder, "--table", "classes", "--where", "recipe=majority").stdout
    rows = tables(megc("report", folder, "--table", "classes", "--where", "recipe=majority", "--json"))[0]["rows"]
    mine = [row["recall"] for row in rows if row["class"] == "positive"]
    line = next(line for line in text.splitlines() if line.startswith("| majority | positive"))
    assert f"{np.mean(mine):.2f}" in line
    assert f"± {np.std(mine, ddof=1):.2f}" in line
    assert line.split("|")[-2].strip() == "12"


# forms


def made(*lines, best=(), **options):
    options = {"name": "t", "title": "A title", "stub": 1, "header": ["name", "x"], "records": [{}]} | options
    return Table(lines=[list(line) for line in lines], **options)


def test_the_best_is_told_by_what_is_not_rounded_and_ties_are_all_best():
    lines = [["a", Cell(0.80041, contest="x")], ["b", Cell(0.80044, contest="x")], ["c", Cell(0.80044, contest="x")]]
    table = made(*lines, ["d", Cell(None, contest="x")], ["e", Cell(0.9, contest="alone")], ["f", Cell(0.99)])
    assert table.best() == {(1, 1), (2, 1)}
    assert markdown([table]).count("**0.800**") == 2
    lower = [["a", Cell(0.1, contest="x", lower=True)], ["b", Cell(0.3, contest="x", lower=True)]]
    assert made(*lower).best() == {(0, 1)}
    assert made(["a", Cell(0.1 + 0.2, contest="x")], ["b", Cell(0.3, contest="x")]).best() == {(0, 1), (1, 1)}


def test_names_of_files_are_distinct():
    found = named_apart([made(name=name) for name in ("a (b)", "a b", "A_B", "x/../y")])
    assert [table.name for table in found] == ["a-b", "a-b-2", "a-b-3", "x-y"]


NASTY = r"a_b & 50% #1 {x} ~y ^z \cmd $m$ <t> |p| [2,2] -- --- *é* ü ± → 表"


def nasty():
    lines = [[NASTY, Cell(0.5, 0.1, contest="x")], ["[5,5,1]", Cell(0.4, contest="x")], ["* x", Cell(None)]]
    return made(*lines, title=NASTY, header=["[n]", NASTY], over=NASTY, notes=[NASTY])


def in_plain(nodes):
    """The text of parsed LaTeX, by the meaning of the commands that `latex.escaped` writes."""
    from pylatexenc import latexwalker

    meanings = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<"}
    meanings |= {"textgreater": ">", "textbar": "|", "pm": "±", "times": "×", "to": "→", "le": "≤", "ge": "≥"}
    text = ""
    for node in nodes:
        if isinstance(node, latexwalker.LatexCharsNode):
            text += node.chars
        elif isinstance(node, latexwalker.LatexGroupNode | latexwalker.LatexMathNode):
            text += in_plain(node.nodelist)
        elif isinstance(node, latexwalker.LatexMacroNode):
            text += meanings.get(node.macroname, node.macroname)
        else:
            raise AssertionError(f"{node} means something of its own")
    return text


PRINTABLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" ")


@given(st.text(PRINTABLE, max_size=40) | st.text("\\{}_&%#$~^<>|[]*-±→ a", max_size=20))
@example(NASTY)
@example("----")
def test_latex_sets_text_as_it_is_written(text):
    latexwalker = pytest.importorskip("pylatexenc.latexwalker")
    nodes, _, _ = latexwalker.LatexWalker(latex.escaped(text), tolerant_parsing=False).get_latex_nodes()
    assert in_plain(nodes) == " ".join(text.split()).replace("−", "-")


def test_a_table_environment_parses(folder, megc):
    latexwalker = pytest.importorskip("pylatexenc.latexwalker")
    texts = [latex.latex(nasty()), megc("report", folder, "--format", "latex").stdout]
    for text in texts:
        nodes, _, _ = latexwalker.LatexWalker(text, tolerant_parsing=False).get_latex_nodes()
        environments = [node for node in nodes if isinstance(node, latexwalker.LatexEnvironmentNode)]
        assert {node.environmentname for node in environments} == {"table"}
        for command in ("\\begin{table}", "\\caption{", "\\label{tab:"):
            assert text.count(command) == len(environments)
        for node in environments:
            (tabular,) = [
                child for child in node.nodelist
                if isinstance(child, latexwalker.LatexEnvironmentNode) and child.environmentname == "tabular"
            ]  # fmt: skip
            columns = len(re.search(r"\\begin{tabular}{([lr]+)}", tabular.latex_verbatim())[1])
            rules = [n.macroname for n in tabular.nodelist if isinstance(n, latexwalker.LatexMacroNode)]
            assert [name for name in rules if name.endswith("rule")].count("toprule") == 1
            body = tabular.latex_verbatim().split("\\midrule")[1].split("\\bottomrule")[0]
            for line in body.strip().splitlines():
                assert line.endswith(r" \\")
                assert len(re.findall(r"(?<!\\)&", line)) == columns - 1
                assert not line.startswith(("[", "*"))


def test_the_document_compiles(megc, folder, tmp_path):
    program = shutil.which("pdflatex") or shutil.which("tectonic")
    if program is None:
        pytest.skip("neither pdflatex nor tectonic is here")
    assert megc("report", folder, "--format", "latex", "--output", tmp_path).exit_code == 0
    hard = latex.latex(nasty()).replace("表", "").replace("\\$", "")  # which the smallest set of fonts lacks
    (tmp_path / "hard.tex").write_text(hard, encoding="utf-8")
    document = (tmp_path / "report.tex").read_text().replace("\\end{document}", "\\input{hard}\n\\end{document}")
    (tmp_path / "report.tex").write_text(document)
    options = [] if program.endswith("tectonic") else ["-interaction=nonstopmode", "-halt-on-error"]
    done = subprocess.run([program, *options, "report.tex"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_csv_is_tidy_and_has_the_numbers_of_json(megc, folder):
    arguments = ("report", folder, "--pivot", "recipe:seed", "--task", "recognition")
    rows = list(csv.DictReader(io.StringIO(megc(*arguments, "--format", "csv").stdout)))
    (table,) = tables(megc(*arguments, "--json"))
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in table["rows"]] == rows


def test_every_form_is_written_and_nothing_else(megc, folder, tmp_path):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    forms = [word for form in ("markdown", "latex", "csv", "html") for word in ("--format", form)]
    done = megc("report", folder, *forms, "--output", tmp_path / "out")
    assert (done.exit_code, done.stdout) == (0, "")
    names = {table["name"] for table in tables(megc("report", folder, "--json"))}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"{name}.{end}" for name in names for end in ("csv", "tex")), "report.md", "report.html", "report.tex"
    }  # fmt: skip
    inputs = re.findall(r"\\input{(.*?)}", (tmp_path / "out" / "report.tex").read_text())
    assert sorted(inputs) == sorted(names)
    assert (tmp_path / "out" / "report.md").read_text() == megc("report", folder, *TEXT).stdout
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_tasks_stand_in_tables_of_their_own(megc, tmp_path):
    write_run(tmp_path, recognized("x", bool), spotted("y", 1))
    found = tables(megc("report", tmp_path, "--json"))
    assert {table["rows"][0]["task"] for table in found} == {"recognition", "spotting"}
    names = [table["name"] for table in found if table["name"].startswith("classes")]
    assert names == ["classes-recognition-flow-images"]
    pivots = tables(megc("report", tmp_path, "--pivot", "recipe:seed", "--json"))
    assert [(t["rows"][0]["metric"], t["rows"][0]["subset"]) for t in pivots] == [("uf1", "all"), ("f1", "overall")]


def test_a_real_run_is_reported(megc, root, tmp_path):  # noqa: F811
    grid = ("--vary", "classifier.C=0.01,100", "--vary", "representation.blocks=[4,4],[2,2]", "--seed", 0, "--seed", 1)
    where = ("--dataset", "flow-images", "--data-root", root, "--task", "recognition", "--jobs", 1)
    assert megc("run-all", *where, "--recipe", "flow-svm", *grid, "--output", tmp_path).exit_code == 0
    assert megc("run-all", *where, "--recipe", "majority", "--output", tmp_path).exit_code == 0
    with open(tmp_path / "scores.csv", newline="") as stream:
        scores = [row for row in csv.DictReader(stream) if (row["metric"], row["subset"]) == ("uf1", "all")]
    (table,) = tables(megc("report", tmp_path, "--pivot", "C:blocks", "--json"))
    assert len(table["rows"]) == 4
    for row in table["rows"]:
        keys = ("classifier.C", "representation.blocks")
        mine = [float(s["value"]) for s in scores if all(s[key] == row[key] for key in keys)]
        assert (len(mine), row["seeds"]) == (2, 2)
        assert row["value"] == pytest.approx(np.mean(mine), abs=1e-4)
    assert {score["base"] for score in scores} == {"flow-svm", "majority"}
    (ranks,) = tables(megc("report", tmp_path, "--table", "ranks", "--json"))
    assert ranks["notes"][-1] == "not ranked, because they ran on other folds or seeds: majority"
    file = tmp_path / "predictions-recognition.csv"
    recipe = next(score["recipe"] for score in scores if score["base"] == "flow-svm")
    done = megc(
        "score", "recognition", "--predictions", file, "--where", f"recipe={recipe}", "--where", "seed=1", "--json"
    )
    value = next(float(s["value"]) for s in scores if (s["recipe"], s["seed"]) == (recipe, "1"))
    assert round(json.loads(done.stdout)["uf1"], 4) == value


def test_a_report_after_the_tables_of_a_run(megc, tmp_path):
    """What run-all writes beside the rows does not disturb a report, nor the other way round."""
    grid(tmp_path, seeds=(0,))
    write_tables(Rows(tmp_path).results(), tmp_path)
    scores = (tmp_path / "scores.csv").read_bytes()
    assert megc("report", tmp_path, "--output", tmp_path, "--format", "csv").exit_code == 0
    assert (tmp_path / "scores.csv").read_bytes() == scores
    write_tables(Rows(tmp_path).results(), tmp_path)
    assert (tmp_path / "scores.csv").read_bytes() == scores
