"""Classifiers that a recipe can name: what each learns, on how little, with which weights, and any by import path."""

import re
import warnings

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from baselines.errors import InputError
from baselines.parts import KERNEL, PARTS
from baselines.recipes import load_recipe, parts_of
from baselines.recognition import estimators
from baselines.recognition.classifiers import KernelLogistic, class_scores, takes_weights
from baselines.recognition.estimators import estimator
from baselines.recognition.inner_folds import softmax
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.row_classifiers import Forest, NearestNeighbours

TREES = {"name": "estimator", "path": "sklearn.ensemble:ExtraTreesClassifier", "parameters": {"n_estimators": 30}}
BOOSTED = {"name": "estimator", "path": "xgboost:XGBClassifier", "parameters": {"n_estimators": 20}}
PATHS = [
    TREES,
    {"name": "estimator", "path": "sklearn.naive_bayes:GaussianNB"},
    {"name": "estimator", "path": "sklearn.svm:LinearSVC", "parameters": {"C": 0.5}},
    BOOSTED,
]
NAMED = [{"name": name} for name in PARTS["classifier"] if name not in ("majority", "estimator")]
EVERY = pytest.mark.parametrize("settings", [*NAMED, *PATHS], ids=lambda s: s.get("path", s["name"]))
WITHOUT_WEIGHTS = ["knn", "lda"]


def rows(n=90, seed=0, apart=3.0):
    """Rows (n, 8) whose first three values tell the class, codes of the classes (n,) and subjects (n,)."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 3
    X = rng.normal(size=(n, 8))
    X[np.arange(n), codes] += apart
    return X.astype(np.float32), codes, np.arange(n) // 6


@EVERY
def test_it_learns_and_gives_the_same_bytes_again(settings):
    X, y, groups = rows()
    X_test, truth, _ = rows(seed=1)
    one, two = (Recognizer(classifier=settings, seed=3).fit(X, y, groups) for _ in range(2))
    assert np.mean(one.predict(X_test) == truth) > 0.8
    probabilities = one.predict_proba(X_test)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities.tobytes() == two.predict_proba(X_test).tobytes()


@EVERY
def test_a_class_of_one_clip_and_one_class_alone_are_learned_or_told_in_one_line(settings):
    X, y, groups = rows(36)
    alone = np.where(np.arange(36) == 35, 3, y)  # a class that all inner folds but one lack, in no two clips
    for labels in (alone, np.zeros(36, int)):
        recognizer = Recognizer(classifier=settings).fit(X, labels, groups)
        assert recognizer.predict_proba(X).shape == (36, len(set(labels)))
        assert np.isfinite(recognizer.predict_proba(X)).all()
    for n in (2, 3, 4):
        if settings["name"] == "lda" and n <= 3:
            with pytest.raises(InputError, match=rf"classifier lda, {n} training clips in {n} classes: ValueError: "):
                Recognizer(classifier=settings).fit(X[:n], y[:n], np.zeros(n))
            continue
        assert np.isfinite(Recognizer(classifier=settings).fit(X[:n], y[:n], np.zeros(n)).predict_proba(X)).all()


@EVERY
def test_a_model_file_gives_it_back_or_nothing_is_written(settings, tmp_path):
    X, y, groups = rows(30)
    recipe = load_recipe("flow-svm")
    recognizer = Recognizer(classifier=settings).fit(X, y, groups)
    if settings in (TREES, BOOSTED):
        kind = r"_tree\.Tree" if settings is TREES else r"xgboost\.core\.Booster"
        with pytest.raises(InputError, match=rf"recipe flow-svm: .* cannot be kept in a model file .*{kind}"):
            save_model(Model(recipe, recognizer, None, {}), tmp_path / "m")
        assert list(tmp_path.iterdir()) == []
        return
    save_model(Model(recipe, recognizer, None, {}), tmp_path / "m")
    loaded = load_model(tmp_path / "m").recognizer
    assert loaded.get_params() == recognizer.get_params()
    np.testing.assert_array_equal(loaded.predict_proba(X), recognizer.predict_proba(X))


def test_a_crafted_forest_is_an_error_of_python_and_ends():
    X, y, _ = rows(30)
    forest = Forest(n_estimators=1).fit(X, y)
    (tree,) = forest.trees_
    for wrong in ({"feature": np.full(len(tree["feature"]), 99)}, {"children": np.full(tree["children"].shape, 10**6)}):
        forest.trees_ = [tree | wrong]
        with pytest.raises(IndexError):
            forest.predict(X)
    forest.trees_ = [tree | {"children": np.zeros_like(tree["children"])}]  # each node its own ancestor
    assert forest.predict(X).shape == (30,)


def test_a_forest_is_that_of_scikit_learn():
    X, y, _ = rows(apart=1.0)
    X_test = rows(seed=1)[0]
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    ours = Forest(n_estimators=25, max_depth=4, random_state=5).fit(X, y, weights)
    theirs = RandomForestClassifier(25, max_depth=4, random_state=5).fit(X, y, weights)
    np.testing.assert_allclose(ours.predict_proba(X_test), theirs.predict_proba(X_test), rtol=1e-12)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test))


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_on_a_linear_kernel_is_that_on_rows(classes):
    X, y, _ = rows(apart=1.0)
    X, y = X[y < classes].astype(float), y[y < classes]
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    theirs = LogisticRegression(C=2.0, tol=1e-12, solver="newton-cholesky").fit(X, y, weights)
    ours = KernelLogistic(2.0).fit(X @ X.T, y, weights)
    X_test = rows(seed=1)[0].astype(float)
    found = softmax(ours.decision_function(X_test @ X.T))
    np.testing.assert_allclose(found, theirs.predict_proba(X_test), atol=2e-6)
    np.testing.assert_array_equal(ours.predict(X_test @ X.T), theirs.predict(X_test))


def test_logistic_regression_of_a_recipe_is_linear_unless_it_says_another_kernel():
    X, y, groups = rows()
    plain, same, other = (
        Recognizer(classifier={"name": "logistic", **kernel}).fit(X, y, groups).predict_proba(X)
        for kernel in ({}, {"kernel": "linear"}, {"kernel": "rbf"})
    )
    np.testing.assert_array_equal(plain, same)
    assert np.abs(plain - other).max() > 1e-3


def test_a_kernel_that_tells_nothing_gives_the_shares_of_the_classes():
    y = np.array([0, 0, 0, 1])
    for K in (np.zeros((4, 4)), np.ones((4, 4))):
        found = softmax(KernelLogistic().fit(K, y).decision_function(K))
        np.testing.assert_allclose(found, [[0.75, 0.25]] * 4, atol=1e-5)


def test_the_nearest_neighbours_are_those_of_scikit_learn():
    X, y, _ = rows(apart=1.0)
    X_test = rows(seed=1)[0]
    for metric in ("euclidean", "cityblock", "cosine"):
        for weights in ("uniform", "distance"):
            ours = NearestNeighbours(7, weights, metric).fit(X, y)
            theirs = KNeighborsClassifier(7, weights=weights, metric=metric, algorithm="brute").fit(X.astype(float), y)
            np.testing.assert_allclose(
                ours.predict_proba(X_test), theirs.predict_proba(X_test.astype(float)), atol=1e-9
            )


def test_of_neighbours_equally_far_the_first_counts_and_all_where_there_are_few():
    X, y = np.array([[0.0], [2.0], [2.0], [9.0]]), np.array(["a", "b", "c", "c"])
    assert NearestNeighbours(1).fit(X, y).predict([[1.0], [2.0]]).tolist() == ["a", "b"]
    np.testing.assert_allclose(NearestNeighbours(50).fit(X, y).predict_proba([[0.0]]), [[0.25, 0.25, 0.5]])
    np.testing.assert_allclose(NearestNeighbours(4, "distance").fit(X, y).predict_proba([[2.0]]), [[0, 0.5, 0.5]])


def test_neighbours_by_chi2_are_those_of_histograms_that_differ_least():
    X = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    nearest = NearestNeighbours(1, metric="chi2").fit(X, ["left", "right"])
    assert nearest.predict([[0.3, 0.5, 0.2], [0.2, 0.5, 0.3]]).tolist() == ["left", "right"]


def test_discriminants_are_those_of_scikit_learn():
    X, y, groups = rows(apart=1.0)
    X_test = rows(seed=1)[0]
    ours = Recognizer(classifier={"name": "lda"}).fit(X, y, groups)
    theirs = LinearDiscriminantAnalysis().fit(X.astype(float), y)
    np.testing.assert_array_equal(ours.predict(X_test), theirs.predict(X_test.astype(float)))
    np.testing.assert_allclose(ours.decision_function(X_test), theirs.decision_function(X_test), atol=1e-5)


def unequal(n=200, seed=0):
    """Two classes that overlap, one of nine samples in ten."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 10 == 0).astype(int)
    return rng.normal(size=(n, 3)).astype(np.float32) + 1.2 * y[:, None].astype(np.float32), y, np.arange(n) // 10


@pytest.mark.parametrize("settings", [s for s in NAMED if s["name"] not in WITHOUT_WEIGHTS], ids=lambda s: s["name"])
def test_balanced_weights_find_the_rare_class_that_others_swallow(settings):
    X, y, groups = unequal()
    if settings["name"] in ("random_forest", "xgboost"):
        settings = {**settings, "max_depth": 2, "n_estimators": 20}
    X_test, truth, _ = unequal(seed=1)
    found = {
        weights: Recognizer(classifier=settings, class_weights=weights).fit(X, y, groups).decision_function(X_test)
        for weights in (None, "balanced", "none")
    }
    np.testing.assert_array_equal(found[None], found["balanced"])
    rare = {weights: np.mean(scores[truth == 1].argmax(axis=1)) for weights, scores in found.items()}
    assert rare["balanced"] > rare["none"] + 0.1


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_a_classifier_without_weights_runs_where_none_are_stated(name):
    X, y, groups = unequal()
    found = [
        Recognizer(classifier={"name": name}, class_weights=weights).fit(X, y, groups).predict_proba(X)
        for weights in (None, "none")
    ]
    np.testing.assert_array_equal(*found)


def test_who_takes_weights():
    assert {s["name"] for s in NAMED if not takes_weights(PARTS["classifier"][s["name"]].load()(0))} == {"knn", "lda"}
    assert not takes_weights(PARTS["classifier"]["majority"].load()(0))
    assert [takes_weights(estimator(0, s["path"])) for s in PATHS] == [True] * 4


@pytest.mark.parametrize("path", ["sklearn.ensemble:ExtraTreesClassifier", "sklearn.tree:DecisionTreeClassifier"])
def test_the_seed_and_one_thread_are_given_to_a_class_that_takes_them(path):
    made = estimator(7, path, {"max_depth": 3})
    assert made.get_params()["random_state"] == 7
    assert made.get_params()["max_depth"] == 3
    assert made.get_params().get("n_jobs", 1) == 1
    assert "random_state" not in estimator(7, "sklearn.neighbors:KNeighborsClassifier").get_params()


REFUSED = [
    ("sklearn.ensemble.ExtraTreesClassifier", {}, "path: 'sklearn.ensemble.ExtraTreesClassifier' does not suit"),
    ("sklearn.ensemble:", {}, "path: 'sklearn.ensemble:' does not suit; expected package.module:Class"),
    ("../evil:Class", {}, "path: '../evil:Class' does not suit"),
    ("os:system", {}, "path: 'os:system': os belongs to no installed package that is scikit-learn or requires it"),
    ("numpy:ndarray", {}, "path: 'numpy:ndarray': numpy belongs to no installed package"),
    ("megc_no_such_package:Class", {}, "megc_no_such_package belongs to no installed package"),
    ("baselines.recognition.classifiers:KernelRidge", {}, "baselines belongs to no installed package"),
    ("sklearn.nothing:Class", {}, "path: sklearn.nothing cannot be imported (unexpected ModuleNotFoundError: "),
    (
        "sklearn.ensemble:ExtraTreeClassifier",
        {},
        "sklearn.ensemble has no class of classifiers 'ExtraTreeClassifier'; did you mean 'ExtraTreesClassifier'?",
    ),
    ("sklearn.ensemble:RandomForestRegressor", {}, "has no class of classifiers 'RandomForestRegressor'"),
    ("sklearn.base:clone", {}, "path: sklearn.base has no class of classifiers 'clone'"),
    ("sklearn.multiclass:OneVsRestClassifier", {}, "takes what no recipe can hold"),
    ("sklearn.svm:SVC", {"decision_function_shape": "ovo"}, "parameters.decision_function_shape: 'ovo' gives no score"),
    ("sklearn.svm:SVC", {"class_weight": "balanced"}, "parameters.class_weight: say it in steps.class_weights; leave"),
    ("sklearn.svm:SVC", {"random_state": 3}, "parameters.random_state: the seed of the run sets it; leave it out"),
    ("sklearn.svm:SVC", {"gama": 3}, "parameters.gama: SVC has no such parameter; did you mean 'gamma'?"),
    ("sklearn.svm:SVC", {"C": "ten"}, "parameters: The 'C' parameter of SVC must be a float in the range"),
    ("sklearn.ensemble:VotingClassifier", {}, "takes what no recipe can hold"),
    ("sklearn.linear_model:RidgeClassifier", {"alpha": -1}, "parameters: The 'alpha' parameter of RidgeClassifier"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "parameters", "message"), REFUSED, ids=[f"{c[0]} {c[1]}" for c in REFUSED])
def test_what_is_no_classifier_of_a_trusted_package_is_refused_in_one_line(path, parameters, message):
    with pytest.raises(InputError) as error:
        estimator(0, path, parameters)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(("path: ", "parameters: ", "parameters."))


def test_a_path_that_is_refused_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "megc_trap.py").write_text("raise SystemExit('this ran')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="megc_trap belongs to no installed package"):
        estimator(0, "megc_trap:Class")


@pytest.mark.parametrize(
    ("required", "trusted"),
    [("scikit_learn>=1.0; extra == 'ml'", True), ("Scikit-Learn", True), ("scikit-image", False), ("numpy", False)],
)
def test_a_package_is_trusted_that_requires_the_library_if_only_for_an_extra(monkeypatch, required, trusted):
    monkeypatch.setattr(estimators, "packages_distributions", lambda: {"boosts": ["boosts-cpu"]})
    monkeypatch.setattr(estimators, "requires", {"boosts-cpu": ["numpy>=2", required]}.get)
    estimators._builds_on_library.cache_clear()
    try:
        assert estimators._builds_on_library("boosts") is trusted
        assert not estimators._builds_on_library("other")
    finally:
        estimators._builds_on_library.cache_clear()


HEAD = 'task = "recognition"\nsummary = "s"\ncitation = "c"\n[steps]\nrepresentation = { name = "hoof" }\n'
BY_PATH = 'classifier = { name = "estimator", path = "sklearn.ensemble:ExtraTreesClassifier"'


@pytest.fixture
def recipe(tmp_path):
    """Return a function from the text below [steps] to the recipe of a file."""

    def made(text):
        (tmp_path / "mine.toml").write_text(HEAD + text)
        return load_recipe(tmp_path / "mine.toml")

    return made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BY_PATH + ", parameters = { n_estimatrs = 9 } }", "steps.classifier.parameters.n_estimatrs: ExtraTrees"),
        (BY_PATH.replace("sklearn.ens", "json.ens") + " }", "steps.classifier.path: 'json.ensemble:ExtraTrees"),
        ('classifier = { name = "estimator" }', "steps.classifier.path: missing; estimator needs it"),
        (BY_PATH + ", n_estimators = 9 }", "steps.classifier.n_estimators: estimator has no such parameter"),
        (
            'classifier = { name = "svm" }\n[steps.choose]\nclassifier = [{ name = "svm" }, { name = "estimator", '
            'path = "sklearn.svm:SVM" }]',
            "steps.choose.classifier[1].path: sklearn.svm has no class of classifiers 'SVM'; did you mean 'SVC'?",
        ),
        (
            'classifier = { name = "knn" }\nclass_weights = "balanced"',
            'steps.class_weights: knn cannot weigh samples; say "none", leave it out, or choose another',
        ),
        (
            'classifier = { name = "estimator", path = "sklearn.neighbors:KNeighborsClassifier" }\n'
            'class_weights = "balanced"',
            "steps.class_weights: sklearn.neighbors:KNeighborsClassifier cannot weigh samples",
        ),
        ('classifier = { name = "lda" }\nclass_weights = "even"', "steps.class_weights: 'even' does not suit"),
        ('classifier = { name = "knn", metric = "chi" }', "steps.classifier.metric: 'chi' does not suit"),
        (
            'classifier = { name = "lda" }\n[[steps.kernels]]\nkernel = "rbf"',
            "classifier 'lda' takes no kernels; choose svm, ridge or logistic",
        ),
    ],
)  # fmt: skip
def test_a_recipe_is_checked_before_anything_is_fitted(recipe, text, message):
    with pytest.raises(InputError, match=re.escape(f"mine.toml: {message}")):
        recipe(text)


def test_what_a_recipe_names_by_a_path_counts_in_its_identity(recipe):
    ours, theirs = (parts_of(recipe(BY_PATH.replace("sklearn.ensemble:ExtraTreesClassifier", path) + " }"))[1]
                    for path in ("sklearn.svm:SVC", "xgboost:XGBClassifier"))  # fmt: skip
    assert "xgboost" in theirs.modules
    assert "sklearn.svm" in ours.modules
    assert ours.line != theirs.line


@pytest.mark.parametrize("weights", ["balanced", "none"])
def test_a_recipe_states_class_weights(recipe, weights):
    for name in ("svm", "logistic", "xgboost", "random_forest"):
        made = Recognizer.from_recipe(recipe(f'classifier = {{ name = "{name}" }}\nclass_weights = "{weights}"'))
        assert made.class_weights == weights


def test_all_classifiers_take_kernels_or_rows():
    assert {name for name, part in PARTS["classifier"].items() if part.takes == KERNEL} == {"svm", "ridge", "logistic"}
    X, y, _ = rows(30)
    views = [{"kernel": "rbf", "gamma": "mean"}, {"kernel": "linear"}]
    for name in ("svm", "ridge", "logistic"):
        assert np.mean(Recognizer(kernels=views, classifier={"name": name}).fit(X, y).predict(X) == y) > 0.8


def test_scores_of_another_shape_than_the_classes_are_refused():
    class Pairs:
        def decision_function(self, Z):
            return np.zeros((len(Z), 6))

    with pytest.raises(InputError, match=r"scores of shape \(5, 6\) for 5 clips and 4 classes"):
        class_scores(Pairs(), np.zeros((5, 2)), np.arange(4), 4)


def test_nothing_is_told_on_the_way():
    X, y, groups = rows(60)
    wide = np.tile(X, (1, 20))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for settings in NAMED:
            Recognizer(classifier=settings).fit(wide, y, groups).predict_proba(wide)
