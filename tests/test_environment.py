"""What results depend on besides code and data: what is told, what changes a key, tables of two machines."""

import json
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baselines import __version__
from baselines import environment as module
from baselines.environment import environment, numeric_kernel, suite, what_counts
from baselines.experiments import environments
from baselines.experiments.environments import library_names, this_environment
from baselines.report.environments import differences, environment_text, mixed_environments

ROOT = Path(__file__).resolve().parent.parent
IDENTITY = """
import json
from baselines.environment import numeric_kernel
from baselines.experiments.environments import library_names, this_environment
from baselines.experiments.plan import recipe_identity
from baselines.identity import depends_on, digest
from baselines.recipes import load_recipe
key, found = this_environment(library_names())
print(json.dumps({
    "key": key, "found": found, "recipe": digest(recipe_identity(load_recipe("flow-svm"))),
    "array": digest(depends_on("features.hoof")), "kernel": numeric_kernel(),
}))
"""


def identity_under(**variables):
    """What a fresh process tells of itself with these environment variables."""
    others = {name: value for name, value in os.environ.items() if name not in module.VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", IDENTITY], cwd=ROOT, env=others | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def here():
    return identity_under()


def on_openblas():
    return platform.machine() in ("x86_64", "AMD64") and "openblas" in str(numeric_kernel())


@pytest.mark.skipif(not on_openblas(), reason="needs the cores of OpenBLAS for x86")
def test_another_blas_core_is_another_key_of_rows_and_of_arrays():
    one, other = (identity_under(OPENBLAS_CORETYPE=core) for core in ("Haswell", "Nehalem"))
    assert {found.split()[-1] for found in one["kernel"].values()} == {"Haswell"}
    assert {found.split()[-1] for found in other["kernel"].values()} == {"Nehalem"}
    for key in ("key", "recipe", "array"):
        assert one[key] != other[key]
    assert set(differences([one["found"], other["found"]])) >= {f"blas.{library}" for library in one["kernel"]}
    assert one["found"]["variables"]["OPENBLAS_CORETYPE"] == "Haswell"


def test_the_same_process_again_has_the_same_keys_whatever_its_threads(here):
    again = identity_under(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MEGC_CACHE="/somewhere/else")
    for key in ("key", "recipe", "array", "kernel"):
        assert again[key] == here[key]
    assert {one["threads"] for one in again["found"]["blas"].values()} == {1}
    assert again["found"]["variables"] == {"MEGC_CACHE": "set", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def test_simd_features_that_are_turned_off_are_told_and_are_another_key(here):
    for library, variable in (("numpy", "NPY_DISABLE_CPU_FEATURES"), ("opencv", "OPENCV_CPU_DISABLE")):
        enabled = here["found"][library]["enabled"]
        if not enabled:
            continue
        last = enabled[-1].replace("-", "_")
        other = identity_under(**{variable: last})
        if other["found"][library] == here["found"][library]:  # a name that the variable does not know
            last = {"AVX512_SKX": "AVX512-SKX"}.get(last, last)
            other = identity_under(**{variable: last})
        assert enabled[-1] not in other["found"][library]["enabled"]
        assert enabled[-1] in other["found"][library]["not enabled"]
        assert other["key"] != here["key"]


def changed(found, path, value):
    """A copy of nested mappings with another value at a dotted path."""
    copy = json.loads(json.dumps(found))
    *groups, last = path.split("/")
    place = copy
    for group in groups:
        place = place[group]
    assert place[last] != value
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "counts"),
    [
        ("python", "CPython 2.7.0", True),
        ("libraries/numpy", "1.0", True),
        ("blas/numpy/core", "Prescott", True),
        ("numpy/enabled", ["AVX9"], True),
        ("opencv/build", "0", True),
        ("system/libc", "musl 1", True),
        ("processor/architecture", "m68k", True),
        ("processor/name", "Another one", False),
        ("system/distribution", "Another one", False),
        ("blas/numpy/threads", 99, False),
        ("variables", {"OMP_NUM_THREADS": "99"}, False),
    ],
)
def test_what_counts_is_what_can_change_a_number(here, path, value, counts):
    assert (what_counts(changed(here["found"], path, value)) != what_counts(here["found"])) == counts


def test_no_place_and_no_name_of_a_person_is_told(here, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_DATA_ROOT", str(tmp_path))
    monkeypatch.setenv("MEGC_SHARED_DATA", "my-own-name")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "/home/me/core")
    text = json.dumps(environment({"numpy": "2"})) + json.dumps(suite())
    for private in (str(Path.home()) + "/", sys.prefix, str(ROOT), str(tmp_path), "my-own-name", "/home/me"):
        assert private not in text
    assert json.loads(json.dumps(environment({})))["variables"]["MEGC_SHARED_DATA"] == "set"


def test_every_library_of_a_digest_is_told_with_its_version(here):
    libraries = here["found"]["libraries"]
    assert {"numpy", "scipy", "scikit-learn", "scikit-image"} <= set(libraries)
    assert not {"click", "joblib"} & set(libraries)
    assert libraries["numpy"] == sys.modules["numpy"].__version__
    assert set(here["found"]["blas"]) >= set(here["kernel"])


def test_a_library_belongs_to_the_package_that_carries_it():
    packages = Path("/env/site-packages")
    for place, owner in [
        ("numpy.libs/libscipy_openblas64_-1.so", "numpy"),
        ("numpy/.dylibs/libscipy_openblas64_.dylib", "numpy"),
        ("opencv_contrib_python_headless.libs/libopenblas.so", "opencv"),
        ("cv2/.dylibs/libopenblas.dylib", "opencv"),
        ("torch/lib/libmkl.so", "torch"),
    ]:
        assert module._owner(packages / place, packages) == owner
    assert module._owner(Path("/usr/lib/libopenblas.so.0"), packages) == "system"
    assert module._owner(Path("/other/opencv_python.libs/libopenblas.so"), packages) == "opencv"
    assert "torch" not in module.BLAS_OF


def test_what_cannot_be_imported_is_missing_and_no_error(monkeypatch):
    for name in ("numpy", "cv2", "llama_cpp", "numpy._core._multiarray_umath"):
        monkeypatch.setitem(sys.modules, name, None)
    found = environment({"numpy": ""})
    assert (found["blas"], found["numpy"], found["opencv"], found["llama.cpp"]) == ({}, {}, {}, {})
    text = environment_text(found)
    assert "numpy  not installed" in text
    assert "opencv: none" in text


def test_the_commit_is_told_in_a_clone_only(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert suite() == {"version": __version__, "commit": "", "changed": None}
    if not shutil.which("git"):
        pytest.skip("needs git")

    def git(*arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    git("init")
    assert suite()["commit"] == ""  # a clone without a commit
    (tmp_path / "a.py").write_text("a = 1\n")
    git("add", "a.py")
    git("commit", "-m", "a")
    found = suite()
    assert len(found["commit"]) == 40
    assert found["changed"] is False
    (tmp_path / "a.py").write_text("a = 2\n")
    assert suite() == found | {"changed": True}
    monkeypatch.setenv("PATH", "")
    assert suite() == {"version": __version__, "commit": "", "changed": None}


def test_the_command_tells_it_as_text_and_as_json(megc):
    done = megc("env", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    key, expected = this_environment(library_names())
    assert found["key"] == key
    assert found["suite"]["version"] == __version__
    assert {name: found[name] for name in ("libraries", "opencv", "processor")} == {
        name: expected[name] for name in ("libraries", "opencv", "processor")
    }
    text = megc("env").stdout
    assert f"key: {key}\n" in text
    assert all(f"\n  {name} " in text for name in found["libraries"])


def test_threads_that_ask_at_once_are_told_the_same():
    environments._this_environment.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        keys = {key for key, _ in pool.map(this_environment, [library_names()] * 8)}
    assert keys == {this_environment(library_names())[0]}
    features = this_environment(library_names())[1]["llama.cpp"].get("enabled", [])
    assert len(features) == len(set(features))


def rows_in(recipe, *keys, task="recognition"):
    fixed = {"task": task, "dataset": "d", "recipe": recipe, "seed": 0}
    return [fixed | ({"environment": key} if key else {}) for key in keys]


def test_a_table_of_two_environments_says_so_and_names_the_recipes(here):
    found = here["found"]
    known = {"aa": found, "bb": changed(found, "blas/numpy/core", "Prescott")}
    assert mixed_environments([rows_in("x", "aa", "aa"), rows_in("y", "aa")], known) == []
    assert mixed_environments([rows_in("x", "aa"), rows_in("y", "bb", task="spotting")], known) == []
    (line,) = mixed_environments([rows_in("x", "aa", "bb"), rows_in("y", "bb")], known)
    assert "recognition on d: one table holds rows of 2 environments" in line
    assert "x (seed 0) in aa; x (seed 0), y (seed 0) in bb" in line
    assert "they differ in blas.numpy;" in line
    (line,) = mixed_environments([rows_in("x", ""), rows_in("y", "bb")], known)
    assert "in one that is not told" in line
