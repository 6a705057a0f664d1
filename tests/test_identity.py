"""What a digest covers: what is reached from the parts that a recipe names, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.experiments.run import recipe_identity
from baselines.identity import ROOT, depends_on, digest, library_versions, reached
from baselines.parts import PARTS
from baselines.recipes import load_recipe, recipe_names

IDENTITIES = """
import json
from baselines.experiments.run import recipe_identity
from baselines.identity import digest
from baselines.recipes import load_recipe, recipe_names
print(json.dumps({name: digest(recipe_identity(load_recipe(name))) for name in recipe_names()}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the program that a test may change, with a function that gives the identity of each recipe in it."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("features", "baselines"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def identities():
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", IDENTITIES], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return folder, identities


@pytest.fixture(scope="module")
def before(copy):
    return copy[1]()


def changed(copy, before, path, text=None):
    """Return the recipes whose identity another text at the end of a file changes; the file is put back after."""
    folder, identities = copy
    file = folder / path
    original = file.read_bytes() if file.exists() else None
    try:
        file.write_bytes((original or b"") + (text or "\n# a comment\n").encode())
        after = identities()
    finally:
        file.unlink() if original is None else file.write_bytes(original)
    return {name for name in before if after[name] != before[name]}


NEW_RECIPE = """task = "spotting"
summary = "another"
citation = "none"
[steps]
method = { name = "softnet_rule", p = 0.4 }
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("features/unrelated.py", '"""A feature that no recipe names."""\n'),
        ("baselines/report/plots.py", None),
        ("baselines/recipes/another.toml", NEW_RECIPE),
        ("baselines/commands/predict.py", None),
        ("baselines/parts.py", None),
    ],
)
def test_what_no_recipe_reaches_changes_no_recipe(copy, before, path, text):
    assert changed(copy, before, path, text) == set()


@pytest.mark.parametrize("name", ["recognition", "spotting", "strs", "vqa", "text", "figures", "uncertainty"])
def test_a_new_figure_or_interval_changes_no_recipe(copy, before, name):
    assert changed(copy, before, f"baselines/metrics/{name}.py") == set()


def test_what_recipes_choose_and_learn_by_counts(copy, before):
    assert changed(copy, before, "baselines/metrics/overlap.py") == {
        name for name in before if name.startswith("regional-contrast")
    }
    # Every recognizer settles on inner folds, by UF1, UAR and their resamples, what its recipe leaves open.
    recognizing = {name for name in before if load_recipe(name).task in ("recognition", "str")}
    assert changed(copy, before, "baselines/metrics/classification.py") == recognizing
    assert changed(copy, before, "baselines/metrics/resampling.py") == recognizing


def test_texture_changes_the_recipes_that_look_at_texture(copy, before):
    """LBP codes are all that LBP-TOP and LBP-SIP see, OSW-LBP-TOP weighs them by strain, and the spotting method
    lbp-difference compares their histograms over time. Strain, flow and the search for the apex by motion use none."""
    textured = {name for name in before if name.startswith(("lbp-", "osw-"))}
    assert {"lbp-top-svm", "lbp-sip-svm", "osw-lbp-top-svm", "lbp-difference"} <= textured
    assert changed(copy, before, "features/lbp_top.py") == textured


def test_a_changed_feature_changes_the_recipes_that_reach_it(copy, before):
    assert changed(copy, before, "features/bi_woof.py") == {"bi-woof-svm", "bi-woof-xgb"}
    assert "hoof-svm" in changed(copy, before, "features/hoof.py")
    assert not {"lbp-top-svm", "majority", "regional-contrast"} & changed(copy, before, "features/hoof.py")


def test_a_changed_classifier_a_fitted_file_and_a_named_recipe_count(copy, before):
    assert changed(copy, before, "baselines/recognition/boosting.py") == {"bi-woof-xgb", "flow-xgb"}
    spotted = {"regional-contrast", "regional-contrast-fitted"}
    with_trees = changed(copy, before, "baselines/spotting/regional/trees.json", " ")
    assert with_trees == spotted | {name for name in before if name.startswith("regional-contrast+")}
    toml = copy[0] / "baselines" / "recipes" / "flow-kernels.toml"
    original = toml.read_text()
    try:
        toml.write_text(original.replace("alpha = 0.3", "alpha = 0.4"))
        after = copy[1]()
    finally:
        toml.write_text(original)
    assert {name for name in before if after[name] != before[name]} == {
        "flow-kernels", "regional-contrast+flow-kernels", "vqa-rules", "vqa-hybrid",
    }  # fmt: skip


@pytest.mark.parametrize("part", [part for parts in PARTS.values() for part in parts.values()], ids=lambda p: p.name)
def test_every_part_reaches_its_own_module(part):
    files, _ = reached(*part.modules)
    for module in part.modules:
        if module.startswith(("features.", "baselines.")):
            assert ROOT.joinpath(*module.split(".")).with_suffix(".py") in files


def test_the_shared_rules_are_reached_by_the_methods_that_use_them():
    rules = Path("baselines/spotting/rules.py")
    for method in ("softnet_rule", "mdmd", "lbp_difference"):
        files, _ = reached(f"baselines.spotting.{method}")
        assert ROOT / rules in files


def test_the_libraries_are_those_that_the_code_imports():
    of = {name: recipe_identity(load_recipe(name))["libraries"] for name in recipe_names()}
    assert "llama_cpp_python" in of["vqa-llama"]
    assert "llama_cpp_python" not in of["vqa-rules"]
    assert {"xgboost-cpu", "xgboost"} & set(of["flow-xgb"])
    assert not {"xgboost-cpu", "xgboost"} & set(of["flow-svm"])
    assert {"dlib", "dlib-bin"} & set(of["lbp-top-svm"])
    assert all("numpy" in libraries and "click" not in libraries for libraries in of.values())


def test_a_library_is_known_by_the_name_it_is_imported_by():
    assert library_versions("cv2", "json") == {
        name: version for name, version in library_versions("cv2").items() if "opencv" in name
    }
    assert library_versions("no_such_library") == {"no_such_library": ""}


def test_a_module_that_does_not_exist_is_told():
    with pytest.raises(ModuleNotFoundError, match=r"features\.nothing: no such module"):
        depends_on("features.nothing")


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1}) != digest({"a": 1, "b": [2, 1]})
