"""Own parts: files named on the command line, installed packages, and all that can be wrong with them."""

import json

import numpy as np
import pytest

from baselines import identity
from baselines.errors import InputError
from baselines.experiments.plan import recipe_identity
from baselines.identity import depends_on, digest
from baselines.parallel import run_parallel
from baselines.parts import PARTS, _discover, build_part, describe_parts, find_part, forget_parts
from baselines.plugins import plugins
from baselines.recipes import load_recipe
from baselines.spotting import by_curve

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


WRONG = [
    ("nothing", "x = 1\n", "my_parts.py: makes no part; put @part(...) before a function"),
    ("no file", None, "my_parts.py: cannot be read (No such file or directory)"),
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


def test_what_a_plug_in_prints_is_no_data(megc, plugin):
    done = megc("recipes", "parts", "--plugin", plugin("print('hello')\n" + OTHERS), "--json")
    assert {"cosine", "bayes"} <= {part["name"] for part in json.loads(done.stdout)}
    assert "hello" in done.stderr


def test_two_plug_ins_with_a_part_of_one_name_are_refused(plugin):
    paths = [plugin(FEATURE), plugin(FEATURE, "second.py")]
    with pytest.raises(InputError, match=r"second\.py: there is a representation 'change' already"), plugins(paths):
        pass
    assert "change" not in PARTS["representation"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return [", "clip[7]['a']\n    return [", "my_parts.py, line 10: IndexError: "),
        ("return [", "raise SystemExit\n    return [", "my_parts.py, line 10: SystemExit"),
        ("block.mean()", "np.nan", "a value that is not a finite number"),
        ("block.mean()", "1j", "gave complex numbers; expected real numbers"),
        ("return [", "return [] and [", "gave an empty array; expected real numbers"),
        ("block.mean()", "'a'", "representation change, clip c01: gave list; expected an array of numbers"),
    ],
)
def test_a_part_that_fails_is_named_with_its_line_and_stops_no_other(megc, plugin, folder, corpus, tmp_path, old, new,
                                                                    message):  # fmt: skip
    done = megc("run-all", "--plugin", plugin(FEATURE.replace(old, new)), "--recipe", folder / "mine-feature.toml",
                "--recipe", "majority", "--data-root", corpus, "--limit", 6, "--output", tmp_path / "out",
                "--jobs", 2)  # fmt: skip
    assert done.exit_code == 1, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert message in line
    assert "Traceback" not in done.output
    assert "majority" in (tmp_path / "out" / "scores.csv").read_text()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return np.zeros(3)", "gave an array (3,) for"),
        ("return {}[1]", "KeyError"),
        ("return 'curve'", "ValueError"),
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
