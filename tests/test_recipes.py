"""Recipe files: what each names exists, and where its apex frames come from can be changed."""

import inspect
import json
import tomllib

import pytest

from baselines.errors import InputError
from baselines.recipes import load_recipe, recipe_names, recipe_text, with_apex
from baselines.recognition.representation import OF_FLOW, REPRESENTATIONS

RECOGNITION = recipe_names("recognition")


@pytest.mark.parametrize("name", RECOGNITION)
def test_every_recognition_recipe_names_a_representation_that_is_known(name):
    assert load_recipe(name).steps["representation"]["name"] in REPRESENTATIONS


def test_the_classics_of_the_field_are_there():
    classics = {
        "lbp-top-svm", "lbp-top-smic-svm", "lbp-top-meb-svm", "lbp-top-4x4x2-svm", "lbp-top-chi2-svm",
        "lbp-top-magnified-svm", "lbp-sip-svm", "mdmo-svm", "osf-svm", "osw-lbp-top-svm", "osw-lbp-top-8x8-svm",
        "hoof-svm", "bi-woof-svm", "bi-woof-xgb", "raw-flow-svm", "flow-pixels-svm", "flow-xgb",
    }  # fmt: skip
    assert classics <= set(RECOGNITION)
    summaries = [load_recipe(name).summary for name in RECOGNITION]
    assert len(set(summaries)) == len(summaries)


@pytest.mark.parametrize("name", ["bi-woof-svm", "hoof-svm", "raw-flow-svm", "flow-svm", "flow-xgb", "flow-pixels-svm"])
def test_a_recipe_of_flow_may_take_its_apex_from_elsewhere(name):
    plain, spotted = load_recipe(name), load_recipe(f"{name}@spotted")
    assert plain.steps["representation"]["name"] in OF_FLOW
    assert plain.steps["representation"]["apex"] == "annotated"
    assert spotted.name == f"{name}@spotted"
    assert spotted.steps["representation"] == plain.steps["representation"] | {"apex": "spotted"}
    assert spotted.steps["classifier"] == plain.steps["classifier"]
    assert tomllib.loads(recipe_text(spotted.name))["steps"] == spotted.steps


def test_with_apex_changes_only_recipes_that_look_at_one():
    names = ["majority", "bi-woof-svm", "lbp-top-svm", "softnet-rule"]
    assert with_apex(names, "middle") == ["majority", "bi-woof-svm@middle", "lbp-top-svm", "softnet-rule"]
    assert with_apex(names, "annotated") == names
    with pytest.raises(InputError, match="annotated, spotted or middle"):
        with_apex(names, "offset")


@pytest.mark.parametrize("name", ["lbp-top-svm@spotted", "bi-woof-svm@annotated", "bi-woof-svm@", "bi-woof-svm@a/b"])
def test_a_wrong_apex_is_refused(name):
    with pytest.raises(InputError, match="after @ comes one of spotted, middle"):
        load_recipe(name)


def test_every_representation_says_what_it_returns():
    for function in REPRESENTATIONS.values():
        assert inspect.getdoc(function).startswith("Return")


def test_run_all_takes_the_apex_from_where_it_is_told(megc, corpus, tmp_path):
    done = megc("run-all", "--data-root", corpus, "--recipe", "hoof-svm", "--recipe", "majority", "--apex", "middle",
                "--limit", 6, "--output", tmp_path, "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert {row["recipe"] for row in rows} == {"hoof-svm@middle", "majority"}
    assert "hoof-svm@middle" in done.stdout
