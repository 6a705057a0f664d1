"""Recipe files: checked whole before anything runs, one line a mistake, and where apex frames come from."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from baselines.errors import InputError
from baselines.parts import PARTS
from baselines.recipes import broken_recipes, floor_names, load_recipe, parts_of, recipe_names, recipe_text, shelf
from baselines.recipes.cells import expand

RECOGNITION = recipe_names("recognition")


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_of_the_package_can_be_loaded(name):
    recipe = load_recipe(name)
    assert recipe.summary
    assert recipe.citation
    assert recipe.task == "str" or parts_of(recipe)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of recipes of the test's own in place of the package's: three that are sound."""
    mine = tmp_path / "recipes"
    mine.mkdir()
    for name in ("majority", "hoof-svm", "softnet-rule"):
        shutil.copy(shelf.FOLDER / f"{name}.toml", mine)
    monkeypatch.setattr(shelf, "FOLDER", mine)
    return mine


HEAD = 'task = "recognition"\nsummary = "s"\ncitation = "c"\n'
REPRESENTATION = 'representation = { name = "hoof", bins = 8 }\n'
SOUND = HEAD + "[steps]\n" + REPRESENTATION + 'classifier = { name = "svm", kernel = "rbf", C = 1.0 }\n'

MISTAKES = [
    (
        "binz = 8",
        SOUND.replace("bins", "binz"),
        "steps.representation.binz: hoof has no such parameter; did you mean 'bins'?",
    ),
    (
        "kernle",
        SOUND.replace("kernel", "kernle"),
        "steps.classifier.kernle: svm has no such parameter; did you mean 'kernel'?",
    ),
    ("C of text", SOUND.replace("1.0", '"ten"'), "steps.classifier.C: 'ten' does not suit; expected float"),
    (
        "clasifier",
        SOUND.replace("classifier", "clasifier"),
        "steps.clasifier: a recognition recipe has no such step; did you mean 'classifier'?",
    ),
    (
        "recognitoin",
        SOUND.replace("recognition", "recognitoin"),
        "task: 'recognitoin' is not known; did you mean 'recognition'?",
    ),
    (
        "transfroms",
        SOUND + 'transfroms = [{ name = "standardize" }]\n',
        "steps.transfroms: a recognition recipe has no such step; did you mean 'transforms'?",
    ),
    ("transforms without list", SOUND + 'transforms = { name = "standardize" }\n', "steps.transforms: "),
    (
        "second transform",
        SOUND + 'transforms = [{ name = "recentre" }, { name = "poool" }]\n',
        "steps.transforms[1].name: transform 'poool' is not known; did you mean 'pool'?",
    ),
    ("empty", "", "task, summary, citation, steps: missing"),
    ("no TOML", SOUND + "x = = 3\n", "not TOML ("),
    ("no UTF-8", b"\xff\xfe", "byte 0 is not UTF-8 text"),
    ("no classifier", HEAD + "[steps]\n" + REPRESENTATION, "steps.classifier: missing; a recognition recipe needs it"),
    (
        "unknown part",
        SOUND.replace('"hoof"', '"hof"'),
        "steps.representation.name: representation 'hof' is not known; did you mean 'hoof'?",
    ),
    (
        "unknown kernel",
        SOUND.replace('"rbf"', '"rbv"'),
        "steps.classifier.kernel.name: kernel 'rbv' is not known; did you mean 'rbf'?",
    ),
    (
        "kernel of windows",
        SOUND.replace(', kernel = "rbf"', "") + "[[steps.kernels]]\nwindw = 3\n",
        "steps.kernels[0].windw: a kernel has no such parameter; did you mean 'window'?",
    ),
    (
        "choice",
        SOUND + "[steps.choose]\nclassifer = []\n",
        "steps.choose.classifer: this step offers no choice; did you mean 'classifier'?",
    ),
    ("strange key", SOUND.replace("citation", "author = 3\ncitation"), "author: a recipe has no such key"),
    ("floor of text", 'floor = "yes"\n' + SOUND, "floor: 'yes' does not suit; expected true or false"),
    (
        "learns from",
        'learns_from = "me"\n' + SOUND,
        "learns_from: does not suit; expected 'other subjects', in a recipe for spotting",
    ),
    (
        "inner folds",
        SOUND + "inner_folds = 2.5\n",
        "steps.inner_folds: 2.5 does not suit; expected a whole number of at least 2",
    ),
    (
        "other recipe",
        HEAD.replace("recognition", "str") + '[steps]\nspotting = "softnet-rul"\nrecognition = "majority"\n',
        "steps.spotting: recipe 'softnet-rul' is not known; did you mean 'softnet-rule'?",
    ),
    (
        "other task",
        HEAD.replace("recognition", "str") + '[steps]\nspotting = "majority"\nrecognition = "majority"\n',
        "steps.spotting: 'majority' is a recipe for recognition; expected one for spotting",
    ),
    (
        "method",
        HEAD.replace("recognition", "spotting") + '[steps]\nmethod = { name = "softnet_rule", pp = 0.5 }\n',
        "steps.method.pp: softnet_rule has no such parameter; did you mean 'p'?",
    ),
    ("steps of text", HEAD + 'steps = "none"\n', "steps: 'none' does not suit; expected a table"),
    ("negative C", SOUND.replace("1.0", "-1.0"), "steps.classifier.C: -1.0 does not suit; expected float above 0"),
    ("NaN", SOUND.replace("1.0", "nan"), "steps.classifier.C: nan does not suit; expected float above 0"),
    ("a date", SOUND.replace("1.0", "1979-05-27"), "steps.classifier.C: datetime.date(1979, 5, 27) does not suit"),
    (
        "name of tables",
        SOUND.replace('"hoof"', "{ a = 1 }"),
        "steps.representation.name: representation {'a': 1} is not",
    ),
    (
        "kernel that is not there",
        HEAD + "[steps]\n" + REPRESENTATION + 'classifier = { name = "svm" }\n[[steps.kernels]]\nkernel = "rbf"\n'
        "[steps.choose]\nkernels = [[0], [7]]\n",
        "steps.choose.kernels: there is no kernel 7; they are counted from 0",
    ),
    (
        "empty choice",
        SOUND + "[steps.choose]\nclassifier = []\n",
        "steps.choose.classifier: an alternative is empty",
    ),
    (
        "kernels twice",
        SOUND + '[[steps.kernels]]\nkernel = "rbf"\n',
        "kernels: each has its own transforms, kernel and gamma",
    ),
    (
        "order of transforms",
        SOUND + 'transforms = [{ name = "standardize" }, { name = "recentre" }]\n',
        "transforms standardize, recentre: put those that learn",
    ),
    (
        "a method that cannot learn",
        'learns_from = "other subjects"\n'
        + HEAD.replace("recognition", "spotting")
        + '[steps]\nmethod = { name = "softnet_rule" }\n',
        "learns_from: the method softnet_rule cannot learn",
    ),
    (
        "a ring",
        HEAD.replace("recognition", "str") + '[steps]\nspotting = "wrong"\nrecognition = "majority"\n',
        "steps.spotting: 'wrong' is a recipe for str; expected one for spotting",
    ),
]


@pytest.mark.parametrize(("content", "message"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_one_line_with_file_key_and_nearest_name_and_stops_no_other(megc, folder, content, message):
    (folder / "wrong.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as raised:
        load_recipe("wrong")
    assert str(raised.value).startswith(f"{folder / 'wrong.toml'}: {message}")
    assert set(broken_recipes()) == {"wrong"}
    assert floor_names() >= {"majority"}
    listed = megc("recipes", "list")
    assert listed.exit_code == 1
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["majority", "softnet-rule", "hoof-svm"]
    (error,) = [line for line in listed.stderr.splitlines() if line.startswith("error")]
    assert message in error
    assert "Traceback" not in listed.output


def test_a_mistake_leaves_the_other_recipes_their_rows_and_tables(megc, folder, corpus, tmp_path):
    (folder / "wrong.toml").write_text(SOUND.replace("bins", "binz"))
    (folder / "empty.toml").write_text("")
    done = megc("run-all", "--data-root", corpus, "--limit", 6, "--task", "recognition", "--output", tmp_path / "out",
                "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert len(errors) == 2
    assert any("wrong.toml: steps.representation.binz" in line for line in errors)
    table = (tmp_path / "out" / "scores.csv").read_text()
    assert "hoof-svm" in table
    assert "majority" in table
    assert "folds: 6 computed, 0 reused" in done.stderr
    again = megc("run-all", "--data-root", corpus, "--limit", 6, "--task", "recognition", "--output", tmp_path / "out",
                 "--jobs", 1)  # fmt: skip
    assert "folds: 0 computed, 6 reused" in again.stderr
    assert (tmp_path / "out" / "scores.csv").read_text() == table


def test_what_a_library_refuses_only_when_it_runs_is_named_with_its_recipe(megc, folder, corpus, tmp_path):
    (folder / "wrong.toml").write_text(SOUND + 'transforms = [{ name = "recentre" }]\n')
    done = megc("run-all", "--data-root", corpus, "--limit", 6, "--task", "recognition", "--output", tmp_path / "out",
                "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert error.startswith("error: wrong on synthetic: unexpected AxisError: ")
    assert "hoof-svm" in (tmp_path / "out" / "scores.csv").read_text()


def test_a_folder_or_a_dead_link_named_like_a_recipe_is_none(folder):
    (folder / "folder.toml").mkdir()
    (folder / "dead.toml").symlink_to(folder / "nowhere")
    assert recipe_names() == ["majority", "softnet-rule", "hoof-svm"]
    assert broken_recipes() == {}


def test_a_name_that_would_mean_something_else_is_refused(folder):
    for name in ("a@b", "a|b", "a (b)"):
        (folder / f"{name}.toml").write_text(SOUND)
        with pytest.raises(InputError, match=r"may not hold @ or \( or \|; rename the file"):
            load_recipe(name)
    assert set(broken_recipes()) == {"a@b", "a|b", "a (b)"}


def test_a_byte_order_mark_does_no_harm(folder):
    (folder / "marked.toml").write_text(SOUND, encoding="utf-8-sig")
    assert load_recipe("marked").steps == load_recipe("marked").steps


def test_the_apex_can_be_taken_from_elsewhere_whether_or_not_the_recipe_names_it(folder):
    (folder / "silent.toml").write_text(SOUND)
    assert names_of(["silent", "majority"], "spotted") == ["silent@spotted", "majority"]
    assert load_recipe("silent@spotted").steps["representation"]["apex"] == "spotted"


def test_a_recipe_that_was_named_and_does_not_fit_the_data_is_told(megc, folder, corpus, tmp_path):
    done = megc("run-all", "--data-root", corpus, "--recipe", "majority", "--recipe", "softnet-rule", "--task",
                "recognition", "--limit", 6, "--output", tmp_path, "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    assert "error: softnet-rule: does not fit synthetic for --task recognition" in done.stderr
    assert "majority" in (tmp_path / "scores.csv").read_text()


def test_spotting_does_not_stop_at_a_broken_recipe(megc, folder, tmp_path):
    (folder / "wrong.toml").write_text("task = 3\n")
    done = megc("spot", tmp_path / "none.mp4", "--method", "softnet-rule", "--output", tmp_path / "o.csv")
    assert "none.mp4: no such file" in done.stderr
    assert "wrong.toml" not in done.stderr


def test_the_package_holds_its_recipes_and_no_other_file_counts():
    assert recipe_names() == sorted(recipe_names(), key=lambda name: (not load_recipe(name).floor, name))
    assert {path.stem for path in Path(shelf.FOLDER).glob("*.toml")} == set(recipe_names())
    assert {name for name in recipe_names() if load_recipe(name).floor} == floor_names()
    assert not {"mdmd", "roi-flow"} & set(recipe_names(slow=False))


ABLATION = sorted((Path(__file__).resolve().parent.parent / "results" / "ablation").glob("*/*.toml"))


@pytest.mark.parametrize("path", ABLATION, ids=lambda path: path.stem)
def test_each_recipe_of_the_published_ablation_differs_from_its_base(path):
    base = load_recipe("lbp-top-svm" if path.stem.startswith("lbp-top-svm-") else "flow-kernels")
    varied = load_recipe(path)
    assert varied.steps != base.steps
    assert varied.steps["representation"]["name"] == base.steps["representation"]["name"]
    assert varied.summary.startswith(f"{base.name} ")


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
    assert "apex" in PARTS["representation"][plain.steps["representation"]["name"]].parameters()
    assert plain.steps["representation"]["apex"] == "annotated"
    assert spotted.name == f"{name}@spotted"
    assert spotted.steps["representation"] == plain.steps["representation"] | {"apex": "spotted"}
    assert spotted.steps["classifier"] == plain.steps["classifier"]
    assert tomllib.loads(recipe_text(spotted.name)) == tomllib.loads(recipe_text(name))
    assert recipe_text(spotted.name).startswith("# with representation.apex = spotted\n")


def names_of(recipes, *apexes):
    return [recipe.name for recipe in expand(recipes, apexes=apexes).recipes]


def test_the_apex_changes_only_in_recipes_that_look_at_one():
    names = ["majority", "bi-woof-svm", "lbp-top-svm", "softnet-rule"]
    assert names_of(names, "middle") == ["majority", "bi-woof-svm@middle", "lbp-top-svm", "softnet-rule"]
    assert names_of(names, "annotated") == names
    both = ["majority", "bi-woof-svm", "bi-woof-svm@middle", "lbp-top-svm", "softnet-rule"]
    assert names_of(names, "annotated", "middle") == both
    with pytest.raises(InputError, match="annotated, spotted or middle"):
        expand(names, apexes=("offset",))


@pytest.mark.parametrize("name", ["lbp-top-svm@spotted", "bi-woof-svm@annotated", "bi-woof-svm@", "bi-woof-svm@a/b"])
def test_a_wrong_apex_is_refused(name):
    with pytest.raises(InputError, match="after @ comes one of spotted, middle|looks at no apex frame"):
        load_recipe(name)


def test_run_all_takes_the_apex_from_where_it_is_told(megc, corpus, tmp_path):
    done = megc("run-all", "--data-root", corpus, "--recipe", "hoof-svm", "--recipe", "majority", "--apex", "middle",
                "--limit", 6, "--output", tmp_path, "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert {row["recipe"] for row in rows} == {"hoof-svm@middle", "majority"}
    assert "| middle " in done.stdout
