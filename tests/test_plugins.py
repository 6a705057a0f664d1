"""Own parts: files named on the command line, installed packages, and all that can be wrong with them."""

import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

from baselines import identity
from baselines.errors import InputError
from baselines.experiments.plan import recipe_identity
from baselines.identity import depends_on, digest
from baselines.parallel import parallel_backend, run_parallel
from baselines.parts import PARTS, _discover, build_part, describe_parts, find_part, forget_parts
from baselines.plugins import plugins
from baselines.recipes import load_recipe
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.spotting import by_curve

ROOT = Path(__file__).resolve().parent.parent
FEATURE = '''
import numpy as np
from baselines import part

@part("representation", citation="My Lab 2026")
def change(clip, blocks: tuple[int, int] = (2, 2)):
    """Mean squared change of each block of the face."""
    energy = np.square(np.diff(clip.astype(float), axis=0)).mean(axis=0)
    rows = np.array_split(energy, blocks[0])
    return [block.mean() for row in rows for block in np.array_split(row, blocks[1], axis=1)]
'''
SPOTTER = '''
import numpy as np
from baselines import part

@part("spotting method")
def lagged(faces, fps, lag: float = 0.2):
    """Mean change over a lag."""
    k = max(1, round(lag * fps))
    curve = np.zeros(len(faces))
    curve[k:] = np.abs(faces[k:].astype(float) - faces[:-k]).mean(axis=(1, 2))
    return curve
'''
OTHERS = '''
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from baselines import part
from baselines.recognition.transforms import Scale

@part("transform", takes="any (n, ...)")
class Half(Scale):
    """Multiply by a half."""
    def __init__(self):
        super().__init__(0.5)

@part("kernel")
def cosine(A, B):
    """Cosines (n, m)."""
    return A @ B.T / ((A**2).sum(axis=1)[:, None] * (B**2).sum(axis=1) + 1e-9) ** 0.5

@part("classifier")
def bayes(seed):
    """Naive Bayes."""
    return GaussianNB()

@part("classifier", takes="kernel")
def my_svm(seed, C: float = 2.0):
    """A support vector machine."""
    return SVC(C=C, kernel="precomputed")
'''
RECIPES = {
    "mine-feature": ("recognition", 'representation = { name = "change" }\nclassifier = { name = "svm" }\n'),
    "mine-spotter": ("spotting", 'method = { name = "lagged", p = 0.4 }\n'),
    "mine-others": (
        "recognition",
        'representation = { name = "hoof", method = "dis" }\ntransforms = [{ name = "Half" }]\n'
        'classifier = { name = "my_svm", kernel = "cosine" }\n',
    ),
    "mine-bayes": (
        "recognition",
        'representation = { name = "hoof", method = "dis" }\nclassifier = { name = "bayes" }\n',
    ),
}


@pytest.fixture
def plugin(tmp_path):
    """Write a plug-in and return its path: plugin(text, name)."""

    def write(text, name="my_parts.py"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def folder(tmp_path):
    """A folder of recipes that name parts of the plug-ins."""
    (tmp_path / "recipes").mkdir()
    for name, (task, steps) in RECIPES.items():
        head = f'task = "{task}"\nsummary = "s"\ncitation = "c"\n[steps]\n'
        (tmp_path / "recipes" / f"{name}.toml").write_text(head + steps)
    return tmp_path / "recipes"


def test_parts_of_a_plug_in_are_known_inside_the_block_only(plugin):
    with plugins([plugin(FEATURE), plugin(SPOTTER, "spot.py")]):
        found = find_part("representation", "change")
        assert (found.summary, found.citation) == ("Mean squared change of each block of the face.", "My Lab 2026")
        assert {"blocks", "size", "frames", "magnification"} <= set(found.parameters())
        spotter = build_part("spotting method", {"name": "lagged", "lag": 0.3, "p": 0.4})
        assert (spotter.lag, spotter.p, spotter.k, spotter.size) == (0.3, 0.4, 0.2, 128)
        assert spotter.get_params()["lag"] == 0.3
        assert {"change", "lagged"} <= {part["name"] for part in describe_parts()}
    assert "change" not in PARTS["representation"]
    with pytest.raises(InputError, match="'change' is not known; .*one of your own comes with --plugin"):
        find_part("representation", "change")


def test_the_source_counts_and_where_the_file_lies_does_not(plugin, folder, tmp_path):
    def identity(path):
        with plugins([path]):
            return digest(recipe_identity(load_recipe(folder / "mine-feature.toml")))

    first = identity(plugin(FEATURE))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "my_parts.py").write_text(FEATURE)
    assert identity(tmp_path / "elsewhere" / "my_parts.py") == first
    assert identity(plugin(FEATURE.replace("np.square", "np.abs"))) != first


def test_what_a_plug_in_imports_counts(plugin):
    with plugins([plugin(OTHERS)]):
        found = depends_on(*find_part("classifier", "bayes").modules)
    assert "scikit-learn" in found["libraries"]


def _value(_):
    return find_part("representation", "change").load()(np.zeros((3, 8, 8)) + np.arange(3)[:, None, None] ** 2)


def test_workers_know_the_parts_and_take_the_file_as_it_was_at_the_start(plugin):
    path = plugin(FEATURE)
    with plugins([path]):
        path.write_text("raise SystemExit\n")
        assert run_parallel(_value, range(4), 2) == [[5.0] * 4] * 4
    with plugins([plugin(FEATURE.replace("block.mean()", "2 * block.mean()"))]):
        assert run_parallel(_value, range(4), 2) == [[10.0] * 4] * 4


def test_a_run_with_own_parts_of_every_kind_is_alike_for_any_workers_and_resumes(
    megc, plugin, folder, corpus, tmp_path
):
    texts = {"a.py": FEATURE, "b.py": SPOTTER, "c.py": OTHERS}
    named = [option for name, text in texts.items() for option in ("--plugin", plugin(text, name))]
    run = ("run-all", *named, "--recipes", folder, "--data-root", corpus, "--limit", 6)
    for jobs in (1, 2):
        done = megc(*run, "--jobs", jobs, "--output", tmp_path / str(jobs))
        assert done.exit_code == 0, done.stderr
    scores = [(tmp_path / jobs / "scores.csv").read_bytes() for jobs in "12"]
    assert scores[0] == scores[1]
    assert all(name in scores[0].decode() for name in RECIPES)
    again = megc(*run, "--output", tmp_path / "2", "--jobs", 1)
    assert "0 computed" in again.stderr


def test_a_plug_in_serves_the_other_commands(megc, plugin, folder, corpus, tmp_path):
    option = ("--plugin", plugin(FEATURE + SPOTTER))
    listed = json.loads(megc("features", "list", *option, "--json").stdout)
    assert "change" in [feature["name"] for feature in listed]
    clips = sorted(path for path in corpus.glob("**/*") if path.suffix in (".mp4", ".avi", ".mkv"))[0]
    done = megc("features", "extract", "change", clips, *option, "--set", "blocks=[3,3]", "--jobs", 1,
                "--output", tmp_path / "o.csv")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert len((tmp_path / "o.csv").read_text().splitlines()[1].split(",")) == 3 + 9
    done = megc("spot", clips, *option, "--method", folder / "mine-spotter.toml", "--output", tmp_path / "p.csv")
    assert done.exit_code == 0, done.stderr
    shown = megc("recipes", "show", folder / "mine-feature.toml", *option)
    assert "change" in shown.stdout
    assert "lagged" in megc("recipes", "parts", *option).stdout


PART = "from baselines import part\n"
WRONG = [
    ("nothing", "x = 1\n", "my_parts.py: makes no part; put @part(...) before a function"),
    ("no file", None, "my_parts.py: no such file; expected a Python file"),
    ("no Python", "def (:\n", "my_parts.py, line 1: not Python (invalid syntax)"),
    ("raises", "x = 1\n\nx / 0\n", "my_parts.py, line 3: ZeroDivisionError: division by zero"),
    ("leaves", "import sys\nsys.exit(0)\n", "my_parts.py, line 2: SystemExit: 0"),
    ("imports nothing there", "import no_such_module\n", "my_parts.py, line 1: ModuleNotFoundError: No module named"),
    ("null bytes", "x = 1\0\n", "my_parts.py, line 1: not Python ("),
    ("name taken", FEATURE.replace("def change", "def hoof"), "is a representation 'hoof' already (features.hoof"),
    ("one name twice", FEATURE + FEATURE, "there is a representation 'change' already"),
    ("kind", FEATURE.replace('"representation"', '"reprsentation"'), "no such kind; did you mean 'representation'?"),
    ("takes", FEATURE.replace('tation"', 'tation", takes="film"'), "takes 'film'; choose one of clip"),
    ("takes nothing", FEATURE.replace("clip, blocks: tuple[int, int] = (2, 2)", ""), "is given 1 values first"),
    ("a value", "from baselines import part\npart('kernel')(3)\n", "expected a function or class at the top level"),
    ("no spotter", f"{PART}@part('spotting method')\nclass S: ...\n", "S: is not a subclass of baselines.spotting"),
    ("half a spotter", f"{PART}from baselines.spotting.base import Spotter\n@part('spotting method')\n"
     "class S(Spotter):\n    def spot(self, measured, fps): ...\n", "S: has no method measure; give it one"),
    ("no answerer", f"{PART}@part('answerer')\nclass A: ...\n", "A: is not a subclass of baselines.vqa.answerers."),
    ("function as answerer", f"{PART}@part('answerer')\ndef a(): ...\n", "a: is a function; expected a subclass"),
    ("function as transform", f"{PART}@part('transform')\ndef t(X): ...\n", "t: is a function; expected a subclass"),
    ("no transformer", f"{PART}@part('transform')\nclass T: ...\n", "T: is not a subclass of sklearn.base.Transf"),
    ("no classifier", f"{PART}@part('classifier')\nclass C:\n    def __init__(self, seed): ...\n",
     "C: is not a subclass of sklearn.base.ClassifierMixin"),
    ("no method fit", f"{PART}from sklearn.base import *\n@part('transform')\n"
     "class T(TransformerMixin, BaseEstimator): ...\n", "transform T: has no method fit; give it one"),
    ("class as kernel", f"{PART}@part('kernel')\nclass K: ...\n", "kernel K: is a class; expected a function"),
    ("inner", "from baselines import part\ndef f():\n    def g(A, B): ...\n    part('kernel')(g)\nf()\n", "top level"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_with_a_plug_in_is_one_line(megc, plugin, tmp_path, text, message):
    before = {kind: list(parts) for kind, parts in PARTS.items()}
    path = tmp_path / "my_parts.py" if text is None else plugin(text)
    done = megc("run-all", "--plugin", path, "--output", tmp_path / "out")
    assert done.exit_code == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"error: --plugin {path.parent}")
    assert message in line
    assert {kind: list(parts) for kind, parts in PARTS.items()} == before
    assert not (tmp_path / "out").exists()


BESIDE = (
    "; a plug-in is one file, and what lies beside it is not sent to workers: put what it needs into it, or install"
)


@pytest.mark.parametrize("text", ["import helper\n", "def f():\n    from .helper import x\n\n\nf()\n"])
def test_a_file_beside_a_plug_in_is_not_imported_and_why_is_told(plugin, text):
    plugin("x = 1\n", "helper.py")
    with pytest.raises(InputError, match=BESIDE), plugins([plugin(text + FEATURE)]):
        pass


def test_what_a_plug_in_prints_is_no_data(megc, plugin):
    done = megc("recipes", "parts", "--plugin", plugin("print('hello')\n" + OTHERS), "--json")
    assert {"cosine", "bayes"} <= {part["name"] for part in json.loads(done.stdout)}
    assert "hello" in done.stderr


def test_what_parts_print_is_no_data_and_names_and_folders_spoil_nothing(plugin, folder, corpus, tmp_path):
    """The plug-in is called like a module that workers import, leaves the current folder, and prints all the time."""
    text = FEATURE.replace("    energy =", "    print('called', flush=True)\n    energy =")
    other = OTHERS.replace("    return A @", "    print('compared', flush=True)\n    return A @")
    plugin("import os\nos.chdir('/')\nprint('begun')\n" + text, "json.py")
    plugin(other, "copy.py")
    steps = 'representation = { name = "change" }\nclassifier = { name = "my_svm", kernel = "cosine" }\n'
    head = 'task = "recognition"\nsummary = "s"\ncitation = "c"\n[steps]\n'
    (tmp_path / "own.toml").write_text(head + steps)
    command = ["run-all", "--plugin", "json.py", "--plugin", "copy.py", "--recipe", "own.toml", "--data-root", corpus]
    command += ["--limit", 6, "--jobs", 2, "--output", "out", "--json"]
    done = subprocess.run(
        [sys.executable, ROOT / "cli.py", *map(str, command)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "MEGC_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {row["recipe"] for row in json.loads(done.stdout)} == {"own"}
    assert {"begun", "called", "compared"} <= set(done.stderr.splitlines())
    assert (tmp_path / "out" / "scores.csv").exists()


def test_data_on_stdout_is_data_alone(megc, plugin, folder, corpus):
    text = SPOTTER.replace("    curve =", "    print('called')\n    curve =")
    done = megc("spot", corpus / "long", "--plugin", plugin(text), "--method", folder / "mine-spotter.toml",
                "--jobs", 1, "--output", "-")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first == "subject,video,onset,offset,type"
    assert all(line.count(",") == 4 for line in others)
    assert "called" in done.stderr


def _print(item):
    print("printed", item)
    return sys.stdout is sys.stderr


@pytest.mark.parametrize("backend", [None, "threading"])
def test_what_workers_print_goes_to_stderr_until_the_last_is_done(capsys, backend):
    before = sys.stdout
    with parallel_backend(backend) if backend else nullcontext():
        assert all(run_parallel(_print, range(8), 2 if backend else 1))
    assert sys.stdout is before
    assert capsys.readouterr().out == ""


def test_workers_import_nothing_from_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    get_reusable_executor().shutdown(wait=True)  # workers of earlier tests began elsewhere
    assert run_parallel(abs, [-1, -2, -3], 2) == [1, 2, 3]
    assert "PYTHONSAFEPATH" not in os.environ


def test_two_plug_ins_with_a_part_of_one_name_are_refused(plugin):
    paths = [plugin(FEATURE), plugin(FEATURE + "# other\n", "second.py")]
    told = rf"second\.py: there is a representation 'change' already \({paths[0]}\); choose another name"
    with pytest.raises(InputError, match=told), plugins(paths):
        pass
    assert "change" not in PARTS["representation"]


def test_a_plug_in_under_two_names_is_one(plugin):
    with plugins([plugin(FEATURE), plugin(FEATURE, "second.py")]):
        assert find_part("representation", "change").summary
    assert "change" not in PARTS["representation"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return [", "clip[7]['a']\n    return [", "my_parts.py, line 10: IndexError: "),
        ("return [", "raise SystemExit\n    return [", "my_parts.py, line 10: SystemExit"),
        ("block.mean()", "np.nan", "a value that is not a finite number"),
        ("block.mean()", "1j", "gave complex numbers; expected real numbers"),
        ("return [", "return [] and [", "gave an empty array; expected real numbers"),
        ("block.mean()", "'a'", ", synthetic: gave list; expected an array of numbers"),
        ("block.mean()", "0.0] * (3 if clip.mean() > 100 else len(clip)) + [0.0", "arrays of different shapes (("),
    ],
)
def test_a_part_that_fails_is_named_with_its_line_and_stops_no_other(megc, plugin, folder, corpus, tmp_path, old, new,
                                                                    message):  # fmt: skip
    done = megc("run-all", "--plugin", plugin(FEATURE.replace(old, new)), "--recipe", folder / "mine-feature.toml",
                "--recipe", "majority", "--data-root", corpus, "--limit", 6, "--output", tmp_path / "out",
                "--jobs", 2 if "IndexError" in message else 1)  # fmt: skip
    assert done.exit_code == 1, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert message in line
    assert re.search("clip c0[1-4] of subject sub0[1-3], synthetic", line)
    assert "Traceback" not in done.output
    assert "majority" in (tmp_path / "out" / "scores.csv").read_text()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return np.zeros(3)", "gave an array (3,) for 150 frames"),
        ("return {}[1]", "my_parts.py, line 11: KeyError"),
        ("return 'curve'", "gave str"),
        ("return None", "gave NoneType"),
        ("return [None] * len(curve)", "gave list of NoneType"),
        ("return curve + 1j", "gave ndarray of complex"),
        ("return [[1], [2, 3]]", "gave rows of different lengths for 150 frames"),
        ("return np.where(np.arange(len(curve)) == 6, np.inf, curve)", "gave an infinite value in frame 7"),
        ("return curve * np.nan", "gave NaN in all of 150 frames"),
    ],
)
def test_a_spotter_that_fails_is_named(megc, plugin, folder, corpus, tmp_path, body, message):
    text = SPOTTER.replace("    return curve", f"    {body}")
    done = megc("run-all", "--plugin", plugin(text), "--recipe", folder / "mine-spotter.toml", "--recipe", "majority",
                "--data-root", corpus, "--limit", 3, "--output", tmp_path / "out", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert len(lines) == 1
    assert "mine-spotter" in lines[0]
    assert message in lines[0]
    if "gave" in message:
        assert "spotting method lagged: gave" in lines[0]
        assert lines[0].endswith("; expected a curve of real numbers (150,)")


ODD = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from baselines import part
from baselines.vqa.answerers import Answerer
from baselines.vqa.records import Answer

class Settings(BaseEstimator):
    def __init__(self, how: str = ""):
        self.how = how

@part("transform")
class Odd(TransformerMixin, Settings):
    def fit(self, X, y=None):
        return self
    def transform(self, X):
        return changed(self.how, X)

def changed(how, X):
    return {"nan": X * np.nan, "short": X[:1], "none": None, "complex": X + 1j, "empty": X[:, :0]}[how]

@part("kernel")
def odd_nan(A, B):
    return changed("nan", A @ B.T)

@part("kernel")
def odd_short(A, B):
    return changed("short", A @ B.T)

@part("kernel")
def odd_none(A, B):
    return changed("none", A @ B.T)

@part("kernel")
def odd_complex(A, B):
    return changed("complex", A @ B.T)

@part("classifier")
class Oddest(ClassifierMixin, BaseEstimator):
    def __init__(self, seed, how: str = ""):
        self.seed, self.how = seed, how
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self
    def decision_function(self, X):
        return changed(self.how, np.ones((len(X), len(self.classes_))))

@part("answerer")
class Oddly(Answerer):
    def __init__(self, how: str = ""):
        self.how = how
    def answer_clip(self, questions, seen):
        wrong = {"none": None, "short": [Answer("yes")], "text": ["yes"], "number": [Answer(3)]}[self.how]
        return wrong * len(questions) if self.how in ("text", "number") else wrong
"""
HOOF = 'representation = { name = "hoof", method = "dis" }\n'
CHOSEN = '{ name = "NAME", how = "HOW" }'
# kind: (steps, how the line that names it begins, {what it gives: what is told of that})
TOLD = {
    "nan": "gave a value that is not a finite number",
    "short": "gave an array (1, ",
    "none": "gave NoneType",
    "complex": "gave ndarray of complex",
}
GIVEN = {
    "Odd": (f'{HOOF}transforms = [{CHOSEN}]\nclassifier = {{ name = "knn" }}', "transform Odd: ",
            TOLD | {"empty": "gave an empty array ("}),
    "odd": (f'{HOOF}classifier = {{ name = "svm", kernel = "odd_HOW" }}', "kernel odd_HOW: ", TOLD),
    "Oddest": (f"{HOOF}classifier = {CHOSEN}", "classifier Oddest, ", TOLD),
    "Oddly": (f'representation = {{ name = "nothing" }}\nanswerer = {CHOSEN}', "answerer Oddly: gave ",
              dict.fromkeys(("none", "short", "text", "number"), "`Answer` with its text for each question")),
}  # fmt: skip


def test_a_part_that_gives_something_else_is_named(megc, plugin, corpus, tmp_path):
    (tmp_path / "odd").mkdir()
    expected = {}
    for name, (steps, place, told) in GIVEN.items():
        for how, message in told.items():
            head = f'task = "{"vqa" if name == "Oddly" else "recognition"}"\nsummary = "s"\ncitation = "c"\n[steps]\n'
            text = head + steps.replace("NAME", name).replace("HOW", how)
            (tmp_path / "odd" / f"{name}-{how}.toml").write_text(text)
            expected[f"{name}-{how}"] = place.replace("HOW", how), message
    named = [option for name in expected for option in ("--recipe", name)]
    done = megc("run-all", "--plugin", plugin(ODD), "--recipes", tmp_path / "odd", *named, "--data-root", corpus,
                "--limit", 6, "--jobs", 1, "--output", tmp_path / "out")  # fmt: skip
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if line.startswith("error")]
    for name, (place, message) in expected.items():
        assert any(place in line and message in line for line in lines if f"{name} " in line or f"{name}," in line), (
            name,
            lines,
        )


@pytest.fixture
def kept(plugin, folder, tmp_path):
    """A model file with own parts, representations, and the probabilities that the model gave for these."""
    rng, path = np.random.default_rng(0), tmp_path / "kept.model"
    X, labels = rng.normal(size=(12, 8)).astype(np.float32), ["negative", "positive", "surprise"] * 4
    with plugins([plugin(OTHERS)]):
        recipe = load_recipe(folder / "mine-others.toml")
        fitted = Recognizer.from_recipe(recipe).fit(X, labels)
        save_model(Model(recipe, fitted, None, {}), path)
        expected = fitted.predict_proba(X)
    return path, X, expected


def test_a_model_takes_the_plug_in_that_it_was_trained_with(kept, plugin):
    path, X, expected = kept
    for name in ("my_parts.py", "renamed.py"):
        with plugins([plugin(OTHERS, name)]):
            np.testing.assert_array_equal(load_model(path).recognizer.predict_proba(X), expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "; name it by --plugin"),
        (FEATURE, "; name it by --plugin"),
        (OTHERS + "# changed\n", ", which held another text than --plugin other.py does now; name the file as it was"),
    ],
)
def test_a_model_takes_no_other_plug_in(kept, plugin, text, message):
    expected = f"^{kept[0]}: was trained with the transform Half of a plug-in my_parts.py{message}"
    with plugins([plugin(text, "other.py")] if text else []), pytest.raises(InputError, match=expected):
        load_model(kept[0])


def test_a_model_takes_no_part_of_another_source_for_that_of_a_plug_in(kept, plugin, monkeypatch):
    with plugins([plugin(OTHERS)]):
        parts = [find_part(kind, name) for kind, name in (("transform", "Half"), ("classifier", "my_svm"))]
    for part in parts:
        monkeypatch.setitem(
            PARTS[part.kind], part.name, PARTS[part.kind]["scale" if part.kind == "transform" else "svm"]
        )
    with pytest.raises(InputError, match=r"here that is baselines\.recognition\.transforms:Scale: name the plug-in"):
        load_model(kept[0])


def test_a_model_of_own_parts_is_trained_and_used(megc, plugin, corpus, tmp_path):
    recipe = tmp_path / "own.toml"
    recipe.write_text(
        'task = "recognition"\nsummary = "s"\ncitation = "c"\n[steps]\nrepresentation = { name = "change" }\n'
        'transforms = [{ name = "Half" }]\nclassifier = { name = "my_svm", kernel = "cosine" }\n'
    )
    option = ("--plugin", plugin(FEATURE + OTHERS))
    model = tmp_path / "own.model"
    done = megc("train", "--dataset", "synthetic", "--data-root", corpus, "--recipe", recipe, *option, "--jobs", 1,
                "--output", model)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    used = ("recognize", corpus / "clips", "--model", model, "--jobs", 1, "--output", "-")
    done = megc(*used, *option)
    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + 12
    done = megc(*used)
    assert done.exit_code == 2
    assert done.stderr.startswith(
        f"error: {model}: was trained with the representation change of a plug-in my_parts.py"
    )


def test_the_page_works_as_printed(megc, corpus, tmp_path, monkeypatch):
    """Files and commands of docs/extending.md, on fewer clips."""
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    section = re.search(r"## Own parts without a fork\n(.*?)\n## ", page, re.DOTALL)[1]
    for name, text in re.findall(r"`([\w.-]+)`:\n\n```\w+\n(.*?)```", section, re.DOTALL):
        (tmp_path / name).write_text(text)
    (tmp_path / "clips").symlink_to(corpus / "clips")
    monkeypatch.chdir(tmp_path)
    commands = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].splitlines()
    assert len(commands) == 3
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "megc"
        less = ["--data-root", corpus, "--limit", 6, "--jobs", 1] if arguments[0] == "run-all" else []
        done = megc(*arguments, *less)
        assert done.exit_code == 0, done.stderr
        assert "Traceback" not in done.output
    scores = (tmp_path / "out" / "scores.csv").read_text()
    assert "my-change (representation.blocks=[3,3])" in scores
    assert "my-change (representation.blocks=[5,5])" in scores
    assert ",majority," in scores
    energy = (tmp_path / "energy.csv").read_text().splitlines()
    assert len(energy) == 1 + 12
    assert {line.count(",") for line in energy} == {2 + 25}
    assert "lagged_change" in done.stdout
    recipe = tmp_path / "spot.toml"
    recipe.write_text(
        'task = "spotting"\nsummary = "s"\ncitation = "c"\n[steps]\nmethod = { name = "lagged_change" }\n'
    )
    done = megc("spot", corpus / "long", "--plugin", "my_parts.py", "--method", recipe, "--output", "-", "--jobs", 1)
    assert done.exit_code == 0, done.stderr


def test_a_spotter_of_a_function_knows_frames_without_a_face(monkeypatch):
    def seen(faces, fps):
        assert faces.shape == (5, 16, 16)
        return np.arange(5.0)

    spotter = by_curve.spotter_of(seen)(size=16)
    face = np.full((16, 16), 7, np.uint8)
    frames = [(None, None), (face, None), (None, None), (face, None), (None, None)]
    monkeypatch.setattr(by_curve, "aligned_faces", lambda *_: frames)
    curve = spotter.measure([], 30.0)
    np.testing.assert_array_equal(curve[:, 0], [np.nan, 1, np.nan, 3, np.nan])


def test_a_package_offers_parts_and_a_broken_one_is_left_out(tmp_path, monkeypatch):
    package = tmp_path / "my_lab_parts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("from my_lab_parts import inner\n" + FEATURE)
    (package / "inner.py").write_text("VALUE = 1\n")
    (tmp_path / "broken_parts.py").write_text(OTHERS + "\n1 / 0\n")
    about = tmp_path / "my_lab_parts-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-lab-parts\nVersion: 1\n")
    entries = "[megc.parts]\nlab = my_lab_parts.parts\nbroken = broken_parts\ngone = no_such_package.parts\n"
    (about / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(tmp_path)
    _discover.cache_clear()
    try:
        with pytest.warns(UserWarning, match="left out") as told:
            found = find_part("representation", "change")
        assert sorted(str(one.message).split(":")[0] for one in told) == [
            "parts 'broken' of broken_parts", "parts 'gone' of no_such_package.parts",
        ]  # fmt: skip
        assert found.path == "my_lab_parts.parts:change"
        assert "bayes" not in PARTS["classifier"]
        before = depends_on(*found.modules)
        (package / "inner.py").write_text("VALUE = 2\n")
        identity._forget()
        assert depends_on(*found.modules) != before
    finally:
        forget_parts("my_lab_parts.parts")
        monkeypatch.undo()
        _discover.cache_clear()
