"""Recipes from anywhere, recipes that extend others, grids on the command line and in files."""

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.recipes import load_recipe, recipe_names, shelf
from baselines.recipes.cells import expand
from baselines.recipes.settings import note_of, settings_of
from baselines.recipes.values import read_set, read_value, read_vary, split, with_values, written

GRID = """
extends = "hoof-svm"
summary = "a grid"

[steps]
classifier = { name = "svm", C = 3.0 }

[grid]
"representation.blocks" = [[2, 2], [5, 5]]
classifier.kernel = ["linear", "rbf"]
"""


@pytest.fixture
def recipe(tmp_path):
    """Write a recipe file and return its path: recipe(text, name)."""

    def write(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return path

    return write


def cells(names, **values):
    return [cell.name for cell in expand(names, values).recipes]


WORDS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_a_value_that_was_written_is_read_again(value):
    assert read_value(written(value), "here") == value


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_values_between_commas_are_told_apart(values):
    texts = [written(value) for value in values]
    assert split(",".join(texts), "here") == texts


def test_a_grid_is_every_combination_in_order():
    found = cells(["lbp-top-svm"], **{"classifier.C": [1.0, 10.0], "representation.blocks": [[5, 5, 1], [8, 8, 1]]})
    assert found == [
        f"lbp-top-svm (representation.blocks=[{n},{n},1], classifier.C={c})"
        for c, n in itertools.product((1.0, 10.0), (5, 8))
    ]


PAIRS = {
    "classifier.C": 3.0,
    "classifier": "svm",
    "kernels.all.window": 10,
    "kernels.1.window": 12,
    "kernels.0": "default",
}


@given(st.permutations(sorted(PAIRS)))
def test_what_several_keys_say_does_not_hang_on_their_order(keys):
    values = {key: PAIRS[key] for key in keys}
    cell = load_recipe("flow-kernels", values)
    assert cell.steps["classifier"] == {"name": "svm", "C": 3.0}
    assert [kernel["window"] for kernel in cell.steps["kernels"]] == [12, 10, 10]  # numbers count the recipe's own list
    assert cell == load_recipe("flow-kernels", dict(sorted(values.items())))
    assert load_recipe(cell.name) == cell


def test_a_parameter_goes_with_each_part_that_takes_it():
    found = expand(["hoof-svm"], {"classifier.C": [1, 10], "classifier": ["knn", "svm"]})
    assert [cell.name for cell in found.recipes] == [
        "hoof-svm (classifier=svm, classifier.C=1.0)",
        "hoof-svm (classifier=svm, classifier.C=10.0)",
    ]
    assert set(found.impossible) == {f"hoof-svm (classifier=knn, classifier.C={c})" for c in (1, 10)}


def test_a_table_as_a_value_stays_as_it_was_given():
    svm = {"name": "svm"}
    found = cells(["hoof-svm"], **{"classifier": [svm], "classifier.C": [1.0, 2.0]})
    assert found == [f'hoof-svm (classifier={{name="svm"}}, classifier.C={c})' for c in (1.0, 2.0)]
    assert svm == {"name": "svm"}


def test_a_table_without_a_name_is_put_over_what_stands_there():
    cell = load_recipe("hoof-svm", {"classifier": {"C": 4}})
    assert cell == load_recipe("hoof-svm", {"classifier.C": 4.0})
    assert cell.steps["classifier"]["name"] == "svm"


def test_one_number_is_one_value_however_it_is_written(recipe):
    whole = recipe('extends = "hoof-svm"\n[steps]\nclassifier.C = 3\n')
    assert json.dumps(load_recipe(whole).steps["classifier"]["C"]) == "3.0"
    assert cells(["hoof-svm"], **{"classifier.C": [1, 1.0]}) == ["hoof-svm (classifier.C=1.0)"]
    (forest,) = expand(["hoof-svm"], {"classifier": ["random_forest"], "classifier.n_estimators": [10]}).recipes
    assert forest.name == "hoof-svm (classifier=random_forest, classifier.n_estimators=10)"


def test_a_floor_is_there_beside_every_grid():
    found = expand(["majority", "hoof-svm"], {"classifier.C": [1.0, 10.0], "inner_folds": [3]})
    assert [cell.name for cell in found.recipes if cell.floor] == ["majority (inner_folds=3)"]
    assert not found.impossible
    for values in ({"classifier.C": [1.0, 2.0]}, {"classifier": ["svm", "knn"], "classifier.C": [1.0, 2.0]}):
        assert "majority" in [cell.name for cell in expand(["majority", "hoof-svm"], values).recipes]
        with pytest.raises(InputError, match="majority"):
            expand(["majority"], {"classifier.C": [1.0, 2.0]})


@pytest.mark.parametrize(
    "name",
    [
        "lbp-top-svm (representation.blocks=[8,8,1], classifier.C=1.0)",
        "hoof-svm@spotted (classifier=ridge)",
        'flow-kernels (kernels.all.mirror=false, classifier={name="svm",C=3})',
        "regional-contrast+flow-svm (spotting=softnet-rule, recognition.classifier.C=2.0)",
        "regional-contrast+flow-svm (recognition=flow-svm (classifier.C=2))",
    ],
)
def test_the_name_of_a_cell_is_a_recipe(name):
    cell = load_recipe(name)
    assert cell.name == name
    assert cell.base == re.split(r"@| \(", name)[0]
    again = load_recipe(cell.base, cell.varied)
    assert (again.steps, again.named) == (cell.steps, cell.named)
    json.dumps(note_of(cell))


def test_values_go_where_their_key_leads_and_change_nothing_else():
    base = load_recipe("flow-kernels")
    steps, _ = with_values("recognition", base.steps, {"kernels.all.window": "default", "kernels.3.gamma": 0.5})
    assert [kernel.get("window") for kernel in base.steps["kernels"]] == [14, 14, 14, None]
    assert not any("window" in kernel for kernel in steps["kernels"])
    assert [kernel["gamma"] for kernel in steps["kernels"]] == ["mean", "mean", "mean", 0.5]
    assert steps["classifier"] == base.steps["classifier"]


def test_what_a_named_recipe_is_given_goes_into_it():
    cell = load_recipe("regional-contrast+flow-svm", {"recognition.classifier.C": 7.0, "spotting": "softnet-rule"})
    assert cell.named["recognition"].steps["classifier"]["C"] == 7.0
    assert cell.named["recognition"].name == "flow-svm (classifier.C=7.0)"
    assert cell.named["spotting"].name == "softnet-rule"
    assert dict(settings_of(cell))["recognition.classifier.C"] == 7.0


def test_settings_tell_defaults_too():
    told = dict(settings_of(load_recipe("hoof-svm")))
    assert told["representation"] == "hoof"
    assert told["representation.size"] == 128
    assert told["classifier.shrinking"] is True
    for name in recipe_names():
        json.dumps(note_of(load_recipe(name)))


def test_what_a_part_cannot_take_is_told_and_the_others_stay():
    found = expand(["lbp-top-svm", "hoof-svm", "majority"], {"representation.blocks": [[5, 5, 1], [5, 5]]})
    assert [cell.name for cell in found.recipes] == [
        "lbp-top-svm (representation.blocks=[5,5,1])",
        "hoof-svm (representation.blocks=[5,5])",
        "majority",
    ]
    assert set(found.impossible) == {
        "lbp-top-svm (representation.blocks=[5,5])",
        "hoof-svm (representation.blocks=[5,5,1])",
    }
    assert "expected tuple of int, int" in found.impossible["hoof-svm (representation.blocks=[5,5,1])"]


def test_a_recipe_extends_another_and_brings_its_own_grid(recipe):
    path = recipe(GRID)
    base = load_recipe(path)
    assert base.steps["representation"] == load_recipe("hoof-svm").steps["representation"]
    assert base.steps["classifier"] == {"name": "svm", "kernel": "rbf", "C": 3.0}
    assert (base.summary, base.task, base.citation) == ("a grid", "recognition", load_recipe("hoof-svm").citation)
    assert [cell.name for cell in expand([path]).recipes] == [
        f"mine (representation.blocks={blocks}, classifier.kernel={kernel})"
        for blocks in ("[2,2]", "[5,5]")
        for kernel in ("linear", "rbf")
    ]
    named = expand([path], {"classifier.kernel": ["chi2"]})
    assert [cell.varied["classifier.kernel"] for cell in named.recipes] == ["chi2", "chi2"]


def test_another_part_takes_over_no_parameter(recipe):
    text = 'extends = "hoof-svm"\n[steps]\nclassifier = { name = "ridge" }\nrepresentation.bins = 6\n'
    steps = load_recipe(recipe(text)).steps
    assert steps["classifier"] == {"name": "ridge"}
    assert steps["representation"]["bins"] == 6


def test_a_table_of_values_changes_what_is_extended(recipe):
    values = '"kernels.all.mirror" = false\n"kernels.3" = "default"\nclassifier.alpha = 1.0\n'
    text = f'extends = "flow-kernels"\n[set]\n{values}'
    steps = load_recipe(recipe(text, "below")).steps
    base = load_recipe("flow-kernels").steps
    assert steps["kernels"] == [kernel | {"mirror": False} for kernel in base["kernels"][:3]]
    assert steps["classifier"] == {"name": "ridge", "alpha": 1.0}
    above = recipe('extends = "below.toml"\n[set]\nclassifier = { name = "svm", C = 2.0 }\n', "above")
    assert load_recipe(above).steps == steps | {"classifier": {"name": "svm", "C": 2.0}}
    names = 'extends = "regional-contrast+flow-svm"\n[set]\nrecognition.classifier.C = 3.0\n'
    assert load_recipe(recipe(names, "two")).named["recognition"].steps["classifier"]["C"] == 3.0


def test_a_recipe_extends_a_file_beside_it(recipe):
    recipe(GRID, "below")
    path = recipe('extends = "below.toml"\n[steps]\nclassifier.C = 9.0\n', "above")
    assert load_recipe(path).steps["classifier"]["C"] == 9.0
    assert len(expand([path]).recipes) == 4


def test_what_extends_a_floor_is_none(recipe):
    assert not load_recipe(recipe('extends = "majority"\n')).floor
    assert not expand(["flow-pixels-svm"], {"classifier": ["knn"]}).recipes[0].floor
    assert expand(["flow-pixels-svm"], {"classifier.C": [2.0]}, apexes=("spotted",)).recipes[0].floor


def test_what_a_file_says_comes_before_what_it_extends(recipe):
    text = 'extends = "hoof-svm"\n[set]\nclassifier.C = 5.0\nrepresentation.bins = 6\n'
    recipe(text, "below")
    above = load_recipe(recipe('extends = "below.toml"\n[steps]\nclassifier.C = 7.0\n', "above"))
    assert above.steps["classifier"]["C"] == 7.0
    assert above.steps["representation"]["bins"] == 6
    recipe('extends = "regional-contrast+flow-svm"\n[set]\nrecognition.classifier.C = 3.0\n', "two")
    recognition = 'extends = "two.toml"\n[set]\nrecognition.classifier.kernel = "linear"\n'
    named = load_recipe(recipe(recognition, "three")).named["recognition"]
    assert (named.steps["classifier"]["C"], named.steps["classifier"]["kernel"]) == (3.0, "linear")
    other = load_recipe(recipe('extends = "two.toml"\n[steps]\nrecognition = "hoof-svm"\n', "four"))
    assert other.named["recognition"] == load_recipe("hoof-svm")


def test_a_grid_is_refused_where_one_recipe_is_meant(megc, recipe, corpus, tmp_path):
    recipe(GRID)
    path = tmp_path / "mine.toml"
    done = megc(
        "train", "--dataset", "synthetic", "--data-root", corpus, "--recipe", path, "--output", tmp_path / "x.model"
    )
    assert done.exit_code == 2
    assert f"recipe {path}: holds a grid of several recipes; name a cell of it" in done.stderr


def test_a_folder_of_recipes_can_name_each_other(recipe, tmp_path):
    recipe(GRID)
    recipe(
        'task = "str"\nsummary = "s"\ncitation = "c"\n[steps]\nspotting = "softnet-rule"\nrecognition = "mine"\n', "two"
    )
    with shelf.also_from([tmp_path]):
        assert load_recipe("two").named["recognition"].name == "mine"
        assert {"mine", "two"} <= set(recipe_names())
    assert not {"mine", "two"} & set(recipe_names())


def test_a_package_offers_recipes(tmp_path, monkeypatch):
    package = tmp_path / "my_lab"
    (package / "recipes").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "recipes" / "__init__.py").write_text("")
    (package / "recipes" / "lab-hoof.toml").write_text(GRID)
    about = tmp_path / "my_lab-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-lab\nVersion: 1\n")
    entries = "[megc.recipes]\nlab = my_lab.recipes\ngone = no_such_package.recipes\n"
    (about / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(tmp_path)
    shelf._installed.cache_clear()
    try:
        with pytest.warns(UserWarning, match="'gone': there is no module 'no_such_package.recipes'"):
            assert "lab-hoof" in recipe_names()
        assert load_recipe("lab-hoof").steps["classifier"]["C"] == 3.0
    finally:
        monkeypatch.undo()
        shelf._installed.cache_clear()


MISTAKES = [
    (["--set", "classifier.kernle=rbf"], "classifier.kernle: svm has no such parameter; did you mean 'kernel'?"),
    (["--set", "clasifier.C=1"], "clasifier.C: a recognition recipe has no such step; did you mean 'classifier'?"),
    (["--set", "classifier.C"], "--set 'classifier.C': expected a key, = and what it is set to"),
    (["--set", "classifier.C=[1"], "--set classifier.C=[1: ] is missing at the end of '[1'"),
    (["--set", "classifier.C=1\nclassifier.kernel='rbf'"], "'\\n' at sign 2 of"),
    (["--set", "classifier.C=1 # small"], "'#' at sign 3 of '1 # small'; expected TOML"),
    (["--set", "classifier.C=1]"], "']' at sign 2 of '1]'"),
    (["--set", "classifier.C=1,2"], "'1,2' is more than one value; write a list in [ ]"),
    (["--set", "classifier.C=.3"], "'.3' is no value; write 0.3"),
    (["--set", "classifier.C=1" + 400 * "0"], "does not suit; expected float above 0"),
    (["--set", "classifier.C=1", "--set", "classifier.C=2"], "classifier.C is given already; give it once"),
    (["--set", "classifier.C=1", "--vary", "classifier.C=2,3"], "--set classifier.C: stands in --vary, too"),
    (["--vary", "classifier.C="], "--vary 'classifier.C=': expected a key, = and what it is set to"),
    (["--vary", "classifier.C=1,,2"], "'' is no value; expected TOML"),
    (["--vary", "classifier.C=1,1"], "1 stands twice; leave one out"),
    (["--vary", "representation.blocks=[5,5"], "] is missing at the end of '[5,5'"),
    (["--vary", "transforms.3.size=1,2"], "transforms.3.size: the recipe has no step transforms"),
    (["--vary", "classifier.C.x=1,2"], "classifier.C.x: there is no 'x' in 1.0"),
    (["--vary", "classifier.C=" + ",".join(map(str, range(1, 1102)))], "1101 cells, more than 1000 experiments"),
    (
        ["--seed", "0", "--seed", "1", "--vary", "classifier.C=" + ",".join(map(str, range(1, 602)))],
        "601 cells 2 times (seeds, shifts), more than 1000",
    ),
    (["--apex", "annotated", "--apex", "offset"], "--apex 'offset' is not known"),
    (["--recipes", "nowhere"], "nowhere: no such folder; expected a folder with files NAME.toml"),
]


@pytest.mark.parametrize(("options", "message"), MISTAKES, ids=[" ".join(options)[:40] for options, _ in MISTAKES])
def test_a_mistake_on_the_command_line_is_one_line_before_anything_runs(megc, tmp_path, options, message):
    out = tmp_path / "out"
    done = megc("run-all", "--recipe", "hoof-svm", *options, "--output", out)
    assert done.exit_code == 2
    (line,) = done.stderr.strip().splitlines()
    assert message in line
    assert not out.exists()


NAMES = {
    "hoof-svm (C)": ": 'C' sets nothing; expected NAME (KEY=VALUE, ...)",
    "hoof-svm (classifier.C=1": " is not known; a cell is called NAME (KEY=VALUE, ...)",
    "hoof-svm (classifier.C=1, classifier.C=2)": ": classifier.C is given twice; give it once",
    "hoof-svm@offset": ": after @ comes one of spotted, middle",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_in_a_name_is_one_line(megc, tmp_path, name):
    done = megc("run-all", "--recipe", name, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.strip() == f"error: recipe {name!r}{NAMES[name]}"


FILES = [
    ("grid = {}", "grid: holds no key"),
    ('grid = { "classifier.C" = [] }', "grid.classifier.C: [] does not suit; expected a list"),
    ('grid = { "classifier.C" = 3 }', "grid.classifier.C: 3 does not suit; expected a list"),
    ('grid = "all"', "grid: 'all' does not suit; expected a table"),
    (
        'grid = { classifier.C = [1.0], "classifier.C" = [2.0] }',
        "classifier.C: stands twice, with and without quotes; leave one out",
    ),
    ('set = { classifier.C = 1.0, "classifier.C" = 2.0 }', "set.classifier.C: stands twice, with and without"),
    ('set = { "classifer.C" = 1.0 }', "set.classifer.C: a recognition recipe has no such step; did you mean"),
    ('set = { "classifier.kernle" = "rbf" }', "steps.classifier.kernle: svm has no such parameter"),
    ("set = 3", "set: 3 does not suit; expected a table"),
    ('extends = "hoof-swm"', "extends: recipe 'hoof-swm' is not known; did you mean 'hoof-svm'?"),
    ("extends = 3", "extends: 3 does not suit"),
    ('extends = "mine.toml"', "extends: 'mine.toml' comes back to this recipe"),
]


@pytest.mark.parametrize(("line", "message"), FILES)
def test_a_mistake_in_a_file_is_one_line_with_the_file(recipe, line, message):
    head = "" if "extends" in line else 'extends = "hoof-svm"\n'
    path = recipe(f"{head}{line}\n")
    with pytest.raises(InputError) as one:
        expand([path])
    assert str(one.value).startswith(f"{path}: {message}")
    found = expand([path, "hoof-svm"])
    assert found.failures == [str(one.value)]
    assert [cell.name for cell in found.recipes] == ["hoof-svm"]


def test_a_wrong_key_of_a_grid_is_told_with_the_reason(megc, recipe):
    path = recipe('extends = "hoof-svm"\n[grid]\nclassifier.kernle = ["rbf"]\n')
    done = megc("run-all", "--recipe", path, "--dry-run")
    assert done.exit_code == 2
    assert "classifier.kernle: svm has no such parameter; did you mean 'kernel'?" in done.stderr
    with pytest.raises(InputError, match=r"classifier.C: \[\] does not suit; expected a list"):
        expand(["hoof-svm"], {"classifier.C": []})


def test_a_name_that_is_taken_is_refused(recipe, tmp_path):
    path = recipe(GRID, "hoof-svm")
    with pytest.raises(InputError, match="there is a recipe 'hoof-svm' already"):
        load_recipe(path)
    with pytest.raises(InputError, match="there is a recipe 'hoof-svm' already"), shelf.also_from([tmp_path]):
        pass
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        load_recipe(tmp_path / "none.toml")


def test_a_sweep_runs_every_cell_with_every_seed_and_tells_what_is_done(megc, corpus, recipe, tmp_path):
    recipe(GRID)
    run = ("run-all", "--data-root", corpus, "--recipes", tmp_path, "--recipe", "lbp-top-svm", "--limit", 6, "--task",
           "recognition", "--vary", "classifier.C=1,10", "--seed", 0, "--seed", 1, "--set",
           "representation.blocks=[3,3]", "--jobs", 1, "--output", tmp_path / "out")  # fmt: skip
    dry = megc(*run, "--dry-run", "--json")
    assert dry.exit_code == 0, dry.stderr
    assert not (tmp_path / "out").exists()
    listed = json.loads(dry.stdout)
    assert len(listed) == 2 * 2 * 2  # kernels x C x seeds
    assert {(entry["done"], entry["folds"]) for entry in listed} == {(0, 3)}
    assert "cells: 4 (8 experiments with dataset and seed, 24 folds)" in dry.stderr
    assert "left out: lbp-top-svm (representation.blocks=[3,3], classifier.C=1)" in dry.stderr
    done = megc(*run)
    assert done.exit_code == 0, done.stderr
    assert "folds: 24 computed, 0 reused" in done.stderr
    again = json.loads(megc(*run, "--dry-run", "--json").stdout)
    assert {(entry["done"], entry["folds"]) for entry in again} == {(3, 3)}
    scores = (tmp_path / "out" / "scores.csv").read_text()
    assert all(f"classifier.C={c}, classifier.kernel={k})" in scores for c in (1.0, 10.0) for k in ("rbf", "linear"))


def test_apexes_are_swept(megc, corpus, tmp_path):
    done = megc("run-all", "--data-root", corpus, "--recipe", "hoof-svm", "--apex", "annotated", "--apex", "middle",
                "--limit", 6, "--output", tmp_path, "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert {row["recipe"] for row in rows} == {"hoof-svm", "hoof-svm@middle"}


def test_texts_of_the_command_line():
    assert read_set(["a.b=1", "c=x", 'd="y z"', "e={name=\"svm\"}"]) == {
        "a.b": 1, "c": "x", "d": "y z", "e": {"name": "svm"},
    }  # fmt: skip
    assert read_vary(["a=[1,2],[3,4]", "b=x,y"]) == {"a": [[1, 2], [3, 4]], "b": ["x", "y"]}
