"""Model files that somebody made to harm: whole and sealed, but of other content than `train` writes.

What is mutated is what skops writes: `schema.json` tells the objects, each array is a member of its own.
"""

import io
import itertools
import json
import zipfile

import numpy as np
import pytest
from xgboost import XGBClassifier

from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.recipes import load_recipe
from baselines.recognition import trees
from baselines.recognition.boosting import Boosted
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.row_classifiers import Forest
from baselines.sealed import seal
from baselines.vqa.analyst import ClipAnalyst

RNG = np.random.default_rng(0)
LABELS = ["negative", "positive", "surprise"] * 8
ROWS = RNG.normal(size=(24, 12)).astype(np.float32)
ROWS[:, 0] += np.arange(24) % 3
EVENTS = [
    Event(1, 5, 3, emotion=("disgust", "happiness", "surprise")[n % 3], action_units=[("AU4", "LAU12", "RAU1")[n % 3]])
    for n in range(24)
]
STANDARD = [{"name": "standardize"}, {"name": "pca", "n_components": 5}]


def rows(classes, n=200):
    """Rows (n, 10), codes of their classes and weights."""
    rng = np.random.default_rng(classes)
    codes = np.arange(n) % classes
    X = rng.normal(size=(n, 10))
    X[:, 0] += codes
    return X, codes, rng.uniform(0.5, 2, n)


# --- trees


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize(
    "settings", [{}, {"gamma": 1.0}, {"n_estimators": 1, "max_depth": 1}, {"min_child_weight": 1e6, "n_estimators": 3}]
)
def test_boosted_trees_give_the_bytes_of_xgboost(classes, settings):
    X, codes, weights = rows(classes)
    theirs = XGBClassifier(**settings, tree_method="hist", n_jobs=1, random_state=3).fit(
        X, codes, sample_weight=weights
    )
    ours = Boosted(settings, 3).fit(X, codes, weights)
    asked = np.concatenate([X, np.random.default_rng(9).normal(size=(500, 10)) * 3])
    assert ours.predict_proba(asked).tobytes() == np.ascontiguousarray(theirs.predict_proba(asked)).tobytes()
    np.testing.assert_array_equal(ours.predict(asked), theirs.predict(asked))


@pytest.fixture(scope="module")
def grown():
    """The trees of a booster on 10 columns and 3 classes."""
    X, codes, weights = rows(3)
    return Boosted({"n_estimators": 4}, 0).fit(X, codes, weights).trees_


def changed(arrays, name, place, value):
    array = arrays[name].copy()
    array[place] = value
    return arrays | {name: array}


def test_trees_that_mislead_do_not_reach_xgboost(grown):
    trees.check_trees(grown, 10, 3)
    leaf = int(np.flatnonzero(grown["feature"] < 0)[0])
    for wrong in (
        changed(grown, "feature", leaf, 0),  # a leaf that splits: what it has below lies past the end
        changed(grown, "feature", 0, -1),  # a root that is a leaf: what follows is never reached
        changed(grown, "feature", 0, 10),  # a column that rows lack
        changed(grown, "feature", 0, -2),
        changed(grown, "value", 1, np.nan),
        changed(grown, "start", 0, np.inf),
        changed(grown, "sizes", 0, 1),
        changed(grown, "sizes", 0, 0),
        changed(grown, "sizes", slice(0, 2), [2**62, -(2**62)]),
        grown | {"sizes": grown["sizes"][:-1]},
        grown | {"value": grown["value"][:-1]},
        grown | {"left": grown["left"][1:]},
        grown | {"start": np.zeros(2, np.float32)},
        grown | {"value": grown["value"].astype(float)},
        grown | {"feature": grown["feature"][:, None]},
        grown | {"more": grown["left"]},
        {name: array[:0] for name, array in grown.items()},
        {},
        None,
    ):
        with pytest.raises(ValueError):
            trees.booster_of(wrong, 10, 3)
    for columns, classes in ((9, 3), (0, 3), (10, 5), (10.0, 3), (2**31, 3)):
        with pytest.raises(ValueError):
            trees.booster_of(grown, columns, classes)


def test_nodes_in_an_order_of_their_own_are_no_tree(grown):
    size = int(grown["sizes"][0])
    turned = grown["feature"].copy()
    turned[:size] = turned[:size][::-1]  # as many splits and leaves, but the children of none follow it
    with pytest.raises(ValueError, match="a tree that is not whole"):
        trees.check_trees(grown | {"feature": turned}, 10, 3)


def chain(levels):
    """One tree that goes down on the left only."""
    nodes = 2 * levels + 1
    feature = np.full(nodes, -1, np.int32)
    feature[[0, *range(1, nodes - 2, 2)]] = 0
    figures = {"value": np.full(nodes, 0.25, np.float32), "left": np.zeros(nodes, bool)}
    return {"sizes": np.array([nodes]), "feature": feature, **figures, "start": np.full(1, 0.5, np.float32)}


def test_the_deepest_tree_is_followed_and_a_deeper_one_refused():
    booster = trees.booster_of(chain(trees.MOST_LEVELS - 1), 1, 2)
    assert np.isfinite(booster.inplace_predict(np.zeros((2, 1)))).all()
    with pytest.raises(ValueError, match="a tree of more than 500 levels"):
        trees.booster_of(chain(trees.MOST_LEVELS), 1, 2)


def test_more_trees_or_nodes_than_fit_into_memory_are_refused(monkeypatch, grown):
    for name in ("MOST_TREES", "MOST_NODES"):
        with monkeypatch.context() as patch:
            patch.setattr(trees, name, len(grown["sizes"]) - 1)
            with pytest.raises(ValueError, match="trees of"):
                trees.check_trees(grown, 10, 3)


# --- whole files


def model_of(classifier, transforms=(), analyst=None):
    recognizer = Recognizer(transforms=list(transforms), classifier=classifier).fit(ROWS, LABELS, np.arange(24) // 4)
    return Model(load_recipe("flow-svm"), recognizer, analyst, {"clips": 24})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("harm")


@pytest.fixture(scope="module")
def kinds(folder):
    """{name: members} of whole models with different classifiers."""
    made = {
        "trees": model_of({"name": "xgboost", "n_estimators": 3}),
        "machine": model_of({"name": "svm"}),
        "forest": model_of({"name": "random_forest", "n_estimators": 3}, STANDARD),
        "neighbours": model_of({"name": "knn"}, [{"name": "minmax"}]),
        "analyst": model_of({"name": "ridge"}, analyst=ClipAnalyst().fit(ROWS, EVENTS)),
    }
    found = {}
    for name, model in made.items():
        save_model(model, folder / name)
        with zipfile.ZipFile(folder / name) as archive:
            found[name] = {member: archive.read(member) for member in archive.namelist()}
    return found


def told(folder, members, schema=None):
    """Return the line in which a sealed file of these members is refused, on loading or when it is asked."""
    path = folder / "made"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(schema) if schema and name == "schema.json" else content)
    seal(path)
    with pytest.raises(InputError) as caught:
        load_model(path).recognizer.predict_proba(ROWS[:1])
    line = str(caught.value)
    assert line.startswith(f"{path}: "), line
    assert "\n" not in line
    assert "train it again" in line
    return line


def node_at(members, *path):
    """Return (the schema of a file, the node in it that stands at a path of attributes)."""
    schema = json.loads(members["schema.json"])
    node = schema
    for name in path:
        node = node["content"]
        node = node["content"][name] if "__loader__" in node else node[name]
    return schema, node


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def claiming(shape, content=b""):
    """Return an .npy of doubles whose header claims a shape."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue() + content


ARRAYS = [  # (kind, path of an array, what takes its place, what is said)
    ("machine", ("classifier_", "support_"), lambda a: a + 10**6, "support vectors that do not fit"),
    ("machine", ("classifier_", "support_"), lambda a: a - 10**6, "support vectors that do not fit"),
    ("machine", ("classifier_", "_n_support"), lambda a: a * np.int32([9, -9, 1]), "support vectors that do not fit"),
    ("machine", ("classifier_", "_dual_coef_"), lambda a: a[:1], "support vectors that do not fit"),
    ("machine", ("classifier_", "_dual_coef_"), np.asfortranarray, "is no array float64 b s"),
    ("machine", ("classifier_", "_intercept_"), lambda a: a[:0], "where"),
    ("machine", ("classifier_", "_probA"), lambda _: np.zeros(1), "where 1 belong"),
    ("machine", ("classes_",), lambda _: claiming((10**11, 0)), "is no array label c"),
    ("machine", ("classes_",), lambda a: a[::-1], "not in order"),
    ("forest", ("pipeline_", "steps_", 2, "mean_"), lambda _: np.zeros((10**5, 1)), "is no array float d"),
    ("forest", ("pipeline_", "steps_", 1, "scale_"), lambda a: a * np.nan, "not a finite number"),
    ("forest", ("pipeline_", "steps_", 1, "scale_"), lambda a: a.astype("U3"), "is no array float d"),
    ("forest", ("pipeline_", "steps_", 1, "mean_"), lambda _: claiming((10**9,), bytes(80)), "not a readable model"),
    ("forest", ("classifier_", "trees_", 0, "feature"), lambda a: a + 10**6, "out of bounds"),
    ("forest", ("classifier_", "trees_", 0, "children"), lambda a: a * 0, "they go round"),
    ("forest", ("classifier_", "trees_", 0, "children"), lambda a: a + 10**6, "there is no such node"),
    ("neighbours", ("classifier_", "rows_"), lambda _: claiming((10**9, 0)), "belong"),
    ("neighbours", ("classifier_", "codes_"), lambda a: a + 9, "gives nothing for what its recipe sees of a clip"),
    ("trees", ("classifier_", "trees_", "feature"), lambda a: a + 1, "a tree that is not whole"),
    ("trees", ("classifier_", "trees_", "sizes"), lambda a: a[::-1] * 2, "trees of other sizes"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "change", "said"), ARRAYS)
def test_an_array_that_does_not_fit_is_told(kinds, folder, kind, path, change, said):
    members = kinds[kind]
    _, node = node_at(members, "recognizer", *path)
    made = change(np.load(io.BytesIO(members[node["file"]])))
    content = made if isinstance(made, bytes) else npy(made)
    assert said in told(folder, members | {node["file"]: content})


VALUES = [  # (kind, path of a plain value, what takes its place, what is said)
    ("machine", ("recognizer", "classifier_", "_sparse"), True, "_sparse: expected False"),
    ("machine", ("recognizer", "classifier_", "kernel"), "linear", "is not what the recipe builds"),
    ("machine", ("recognizer", "temperature_"), 0.0, "is not above 0"),
    ("machine", ("recognizer", "chosen_"), 7, "there is no such alternative"),
    ("machine", ("recognizer", "seed"), None, "is no whole number"),
    ("machine", ("recognizer", "pipeline_", "views", 0, "window"), 1, "is not what the recipe builds"),
    ("forest", ("recognizer", "classifier_", "n_estimators"), 9, "is not what the recipe builds"),
    ("forest", ("recognizer", "pipeline_", "steps_", 1, "n_features_in_"), False, "n_features_in_: expected 12"),
    ("trees", ("recognizer", "classifier_", "n_features_in_"), 3, "compares other values than the 3 of a row"),
    ("trees", ("recognizer", "classifier_", "n_features_in_"), "x", "'x'"),
    ("trees", ("recipe", "steps", "representation", "size"), 10**9, "does not suit"),
    ("trees", ("recipe", "steps", "representation", "name"), "none", "is not known"),
    ("trees", ("recipe", "task"), "spotting", "recipe"),
    ("trees", ("recipe", "varied"), [], "is none for recognition"),
    ("trees", ("libraries",), 1e999, "libraries: holds float"),
    ("trees", ("data", "clips"), float("nan"), "data.clips: holds float"),
    ("analyst", ("analyst", "left_"), 7.0, "a share that is not between 0 and 1"),
    ("analyst", ("analyst", "rate_"), None, "a share that is not between 0 and 1"),
    ("analyst", ("analyst", "kernels"), [{"window": 1}] * 20_000, "analyst.kernels: holds list"),
    ("analyst", ("analyst", "side_"), 1, "is no classifier of its kind"),
]


@pytest.mark.parametrize(("kind", "path", "value", "said"), VALUES)
def test_a_value_that_does_not_suit_is_told(kinds, folder, kind, path, value, said):
    schema, holder = node_at(kinds[kind], *path[:-1])
    json_node = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "is_json": True, "__id__": -1}
    numbered(schema)
    if isinstance(holder["content"], dict) and "__loader__" in holder["content"]:
        holder = holder["content"]
    if path[-1] not in (holder["content"] if isinstance(holder["content"], dict) else range(10)):
        text = {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode", "__id__": -2}
        holder["key_types"]["content"].append(text)
    holder["content"][path[-1]] = json_node | {"content": json.dumps(value)}
    assert said in told(folder, kinds[kind], schema)


def numbered(schema):
    """Give every node that stands for no array a number of its own, so that changing one changes no other."""
    counts, waiting = itertools.count(1), [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value and "file" not in value:
                value["__id__"] = next(counts)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def test_a_short_file_cannot_stand_for_a_thing_without_end(kinds, folder):
    members = kinds["machine"]
    schema, data = node_at(members, "data")
    numbered(schema)
    doubled = data["content"]["clips"] = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    doubled |= {"__id__": 10**6, "content": [data["__id__"]]}
    for number in range(40):
        inner = {**doubled, "__id__": 10**6 + number + 1, "content": []}
        doubled["content"] = [inner, {"__id__": inner["__id__"]}]
        doubled = inner
    assert "holds a node None, which no model has" in told(folder, members, schema)
    schema, data = node_at(members, "data")
    data["content"]["clips"]["__id__"] = schema["__id__"]
    assert "holds two things under one number" in told(folder, members, schema)


def test_one_array_cannot_stand_for_many(kinds, folder):
    schema, node = node_at(kinds["forest"], "recognizer", "classifier_")
    attributes = node["content"]["content"]
    first = attributes["trees_"]["content"][0]
    attributes["trees_"]["content"] = [json.loads(json.dumps(first)) for _ in range(3)]
    for number, tree in enumerate(attributes["trees_"]["content"]):
        for array in (tree, tree["key_types"], *tree["content"].values()):
            array["__id__"] += number
    assert "holds an array in two places" in told(folder, kinds["forest"], schema)


@pytest.mark.parametrize(
    "node",
    [{"__loader__": "SparseMatrixNode", "file": "a"}, {"__loader__": "BytesNode", "file": "a"}, {"__loader__": 1}],
)
def test_nodes_that_no_model_has_are_refused(kinds, folder, node):
    schema, data = node_at(kinds["machine"], "data")
    data["content"]["clips"] = {"__class__": "x", "__module__": "y", "__id__": 1, **node}
    assert "which no model has" in told(folder, kinds["machine"], schema)


def test_alternatives_without_end_are_refused(kinds, folder):
    schema, steps = node_at(kinds["machine"], "recipe", "steps")
    choice = {"transforms": [[]] * 99 + [[{"name": "scale"}]], "classifier": [{"name": "svm"}] * 99}
    text = {"__class__": "str", "__module__": "builtins", "__id__": -1}
    steps["content"]["choose"] = {**text, "__loader__": "JsonNode", "content": json.dumps(choice)}
    steps["key_types"]["content"].append({**text, "__loader__": "TypeNode", "__id__": -2})
    assert "not a whole model (steps.choose" in told(folder, kinds["machine"], schema)


@pytest.mark.parametrize("name", ["majority", "lda", "svm", "knn", "xgboost"])
def test_many_columns_and_clips_do_no_harm(tmp_path, name):
    X = np.tile(ROWS, (3, 900))  # more values of a row than an array may have that nothing knows
    settings = {"name": name} | ({"n_estimators": 2, "max_depth": 1} if name == "xgboost" else {})
    transforms = [] if name == "svm" else [{"name": "standardize"}]
    recognizer = Recognizer(transforms=transforms, classifier=settings, inner_folds=2).fit(X, LABELS * 3)
    save_model(Model(load_recipe("flow-svm"), recognizer, None, {}), tmp_path / "m")
    loaded = load_model(tmp_path / "m").recognizer
    np.testing.assert_array_equal(loaded.predict_proba(X[:9]), recognizer.predict_proba(X[:9]))


def test_what_a_model_cannot_see_names_its_file(kinds, folder):
    model = load_model(folder / "machine")
    for method in (model.recognizer.predict, model.recognizer.predict_proba):
        with pytest.raises(
            InputError, match=f"^{folder / 'machine'}: gives nothing for what its recipe sees"
        ) as caught:
            method(ROWS[:, :3])
        assert "\n" not in str(caught.value)
    save_model(model, folder / "again")
    np.testing.assert_array_equal(
        load_model(folder / "again").recognizer.predict_proba(ROWS), model.recognizer.predict_proba(ROWS)
    )


def test_what_could_not_be_read_is_not_written(tmp_path):
    model = model_of({"name": "random_forest", "n_estimators": 1})
    assert isinstance(model.recognizer.classifier_, Forest)
    model.recognizer.classifier_.trees_[0]["children"][:] = 10**6
    with pytest.raises(InputError, match=r"cannot be kept in a model file .*there is no such node"):
        save_model(model, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
