"""What a digest covers: what is reached from the parts that a recipe names, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from baselines.environment import numeric_kernel
from baselines.experiments.plan import recipe_identity
from baselines.identity import ROOT, array_identity, depends_on, digest, library_versions, reached
from baselines.parts import PARTS
from baselines.recipes import load_recipe, recipe_names

# Prints the identities anew for each line that comes in, in a fork that has imported nothing of ours: the libraries
# below, which take most of the time, are imported once.
IDENTITIES = """
import json, os, sys
import baselines.experiments.plan
for name in [name for name in sys.modules if name.partition(".")[0] in ("baselines", "features")]:
    del sys.modules[name]
for _ in sys.stdin:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    found = None
    try:
        from baselines.experiments.plan import recipe_identity
        from baselines.identity import digest
        from baselines.recipes import load_recipe, recipe_names
        found = {name: digest(recipe_identity(load_recipe(name))) for name in recipe_names()}
    finally:
        print(json.dumps(found), flush=True)
        os._exit(0)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the program that a test may change, with a function that gives the identity of each recipe in it."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("features", "baselines"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", IDENTITIES]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def identities():
            print(file=process.stdin, flush=True)
            found = json.loads(process.stdout.readline())
            assert found
            return found

        yield folder, identities


@pytest.fixture(scope="module")
def before(copy):
    return copy[1]()


def changed(copy, before, *edits):
    """Return the recipes whose identity changes with a text at the end of a file, or instead of another one in it.

    edits: (path, text at its end), or (path, text, what it stands instead of), made together; the files are put back.
    """
    folder, identities = copy
    originals = {}
    try:
        for path, text, *instead_of in edits:
            file = folder / path
            found = file.read_bytes() if file.exists() else None
            originals.setdefault(file, found)
            if instead_of:
                assert found.count(instead_of[0].encode()) == 1
                file.write_bytes(found.replace(instead_of[0].encode(), text.encode()))
            else:
                file.write_bytes((found or b"") + text.encode())
        after = identities()
    finally:
        for file, original in originals.items():
            file.unlink() if original is None else file.write_bytes(original)
    return {name for name in before if after[name] != before[name]}


COMMENT = "\n# a comment\n"
FLOW_KERNELS = "baselines/recipes/flow-kernels.toml"
NEW_RECIPE = """task = "spotting"
summary = "another"
citation = "none"
[steps]
method = { name = "softnet_rule", p = 0.4 }
"""


def test_what_no_recipe_reaches_and_no_result_depends_on_changes_no_recipe(copy, before):
    figures = ("recognition", "spotting", "strs", "vqa", "text", "figures", "uncertainty")
    assert not changed(
        copy, before,
        ("features/unrelated.py", '"""A feature that no recipe names."""\n'),
        ("baselines/report/plots.py", COMMENT),
        ("baselines/recipes/another.toml", NEW_RECIPE),
        ("baselines/commands/predict.py", COMMENT),
        ("baselines/parts.py", COMMENT),
        *((f"baselines/metrics/{name}.py", COMMENT) for name in figures),
        (FLOW_KERNELS, 'summary = "the mean', 'summary = "mean'),
        ("features/__init__.py", '"flow", "Chaudhry 2009"', '"flow", "Chaudhry et al. 2009"'),
    )  # fmt: skip


def test_what_recipes_choose_and_learn_by_counts(copy, before):
    assert changed(copy, before, ("baselines/metrics/overlap.py", COMMENT)) == {
        name for name in before if name.startswith(("regional-contrast", "lvqa-rules"))
    }
    # Every recognizer settles on inner folds, by UF1, UAR and their resamples, what its recipe leaves open.
    recognizing = {name for name in before if load_recipe(name).task in ("recognition", "str")}
    assert changed(copy, before, ("baselines/metrics/classification.py", COMMENT)) == recognizing
    assert changed(copy, before, ("baselines/metrics/resampling.py", COMMENT)) == recognizing


def test_texture_changes_the_recipes_that_look_at_texture(copy, before):
    """LBP codes are all that LBP-TOP and LBP-SIP see, OSW-LBP-TOP weighs them by strain, and the spotting method
    lbp-difference compares their histograms over time. Strain, flow and the search for the apex by motion use none."""
    textured = {name for name in before if name.startswith(("lbp-", "osw-"))}
    assert {"lbp-top-svm", "lbp-sip-svm", "osw-lbp-top-svm", "lbp-difference"} <= textured
    assert changed(copy, before, ("features/lbp_top.py", COMMENT)) == textured


def test_a_changed_feature_changes_the_recipes_that_reach_it(copy, before):
    assert changed(copy, before, ("features/bi_woof.py", COMMENT)) == {"bi-woof-svm", "bi-woof-xgb"}
    by_hoof = changed(copy, before, ("features/hoof.py", COMMENT))
    assert "hoof-svm" in by_hoof
    assert not {"lbp-top-svm", "majority", "regional-contrast"} & by_hoof


def test_a_changed_classifier_a_fitted_file_and_a_named_recipe_count(copy, before):
    assert changed(copy, before, ("baselines/recognition/boosting.py", COMMENT)) == {"bi-woof-xgb", "flow-xgb"}
    spotted = {"regional-contrast", "regional-contrast-fitted"}
    with_trees = changed(copy, before, ("baselines/spotting/regional/trees.json", " "))
    assert with_trees == spotted | {name for name in before if name.startswith(("regional-contrast+", "lvqa-rules"))}
    number = changed(copy, before, (FLOW_KERNELS, "alpha = 0.4", "alpha = 0.3"))
    answering = {"vqa-rules", "vqa-rules-alone", "vqa-rules-open", "vqa-hybrid", "lvqa-rules", "lvqa-rules-worded"}
    assert number == {"flow-kernels", "regional-contrast+flow-kernels"} | answering


@pytest.mark.parametrize(
    ("path", "instead_of", "text", "recipes"),
    [
        ("baselines/parts.py", '"chi2", "chi2_distances"', '"chi2", "squared_distances"', "lbp-top-chi2-svm"),
        ("baselines/parts.py", "transforms:StrainTensor", "transforms:Flatten", "flow-kernels"),
        ("features/__init__.py", '2007", least_frames="lbp_top:least_frames")', '2007")', "lbp-top-svm"),
    ],
)
def test_another_line_of_the_registry_changes_the_recipes_that_name_it(copy, before, path, instead_of, text, recipes):
    found = changed(copy, before, (path, text, instead_of))
    assert recipes in found
    assert not {"majority", "regional-contrast"} & found


def test_how_parts_are_called_counts_for_all(copy, before):
    assert changed(copy, before, ("baselines/signatures.py", COMMENT)) == set(before)


def test_the_model_of_landmarks_counts_where_faces_are_looked_at(tmp_path, monkeypatch):
    def identities():
        return {name: recipe_identity(load_recipe(name)) for name in ("softnet-rule", "lbp-top-svm", "hoof-svm")}

    ours = identities()
    (tmp_path / "other.dat").write_bytes(b"another predictor")
    monkeypatch.setenv("MEGC_LANDMARKS", str(tmp_path / "other.dat"))
    assert all(ours[name] != other for name, other in identities().items())
    (tmp_path / "other.dat").write_bytes(b"yet another one, put there later")
    assert all(one["faces"]["predictor"] for one in ours.values())


def test_type_and_shape_of_an_array_count():
    zeros = np.zeros((4, 8), np.uint8)
    others = [zeros.reshape(8, 4), zeros.astype(bool), zeros.ravel(), np.zeros((4, 2), np.float32)]
    assert array_identity(zeros) == array_identity(zeros.copy())
    assert all(array_identity(zeros) != array_identity(other) for other in others)


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


def test_the_blas_core_is_part_of_every_identity():
    kernel = depends_on("features.hoof")["kernel"]
    assert kernel == numeric_kernel()
    assert all(recipe_identity(load_recipe(name))["kernel"] == kernel for name in recipe_names())


def test_of_packages_that_hold_the_same_library_the_installed_one_counts(monkeypatch):
    assert "" not in library_versions("dlib").values()
    monkeypatch.setattr("baselines.identity._version", lambda package: "")
    library_versions.cache_clear()
    try:
        assert library_versions("dlib") == {"dlib-bin": ""}
    finally:
        library_versions.cache_clear()


def test_a_module_that_does_not_exist_is_told():
    with pytest.raises(ModuleNotFoundError, match=r"features\.nothing: no such module"):
        depends_on("features.nothing")


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1}) != digest({"a": 1, "b": [2, 1]})
