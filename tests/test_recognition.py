"""Recipes, representations, transforms, recognizer and model files."""

import zipfile

import numpy as np
import pytest
from sklearn.base import clone

from baselines.datasets.frames import ArrayFrames
from baselines.datasets.records import Clip, Event
from baselines.errors import InputError
from baselines.recipes import load_recipe, recipe_names
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent
from baselines.recognition.transforms import Flatten, Pool, Recentre, Scale
from baselines.sealed import seal

CLASSES = ("negative", "positive", "surprise")


def pictures(n=60, seed=0, noise=20.0):
    """Flow-like pictures (n, 28, 28, 3) in 0..255 whose class moves another part of the face, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    X = rng.normal(128, noise, (n, 28, 28, 3))
    for number, label in enumerate(labels):
        X[number, 4 + 8 * label : 10 + 8 * label, 8:20, 1] += 60
    return np.clip(X, 0, 255).astype(np.float32), np.array(CLASSES)[labels]


@pytest.mark.parametrize("name", recipe_names("recognition"))
def test_every_recognition_recipe_learns_or_is_a_floor(name):
    recipe = load_recipe(name)
    if recipe.steps["representation"]["name"] == "lbp_top":
        X, y = pictures()
        X = X.reshape(len(X), -1)
    elif recipe.steps["representation"]["name"] == "nothing":
        X, y = np.zeros((60, 0)), pictures()[1]
    else:
        X, y = pictures()
    right = np.mean(Recognizer.from_recipe(recipe).fit(X[:45], y[:45]).predict(X[45:]) == y[45:])
    assert right > 0.9 if name != "majority" else right == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", recipe_names("recognition"))
def test_every_recognizer_is_a_scikit_learn_estimator_and_repeats(name):
    X, y = pictures(30)
    if load_recipe(name).steps["representation"]["name"] in ("lbp_top", "nothing"):
        X = X.reshape(len(X), -1)[:, :50]
    one = Recognizer.from_recipe(load_recipe(name), seed=3)
    two = clone(one)
    assert two.get_params() == one.get_params()
    np.testing.assert_array_equal(one.fit(X, y).predict(X), two.fit(X, y).predict(X))


def test_classes_count_the_same_whatever_their_size():
    """Of two overlapping classes the rare one is not swallowed."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (180, 2)), rng.normal(1.5, 1, (20, 2))]).astype(np.float32)
    y = np.array(["negative"] * 180 + ["surprise"] * 20)
    predicted = Recognizer(classifier={"name": "svm", "kernel": "linear"}).fit(X, y).predict(X)
    assert np.mean(predicted[180:] == "surprise") > 0.6


@pytest.mark.parametrize("name", ["flow-svm", "flow-xgb", "flow-kernels", "flow-nested"])
def test_a_training_set_of_one_class_still_predicts(name):
    X, _ = pictures(4)
    recognizer = Recognizer.from_recipe(load_recipe(name)).fit(X, ["positive"] * 4)
    assert set(recognizer.predict(X)) == {"positive"}
    assert (recognizer.predict_proba(X) == 1).all()


def test_recentring_forgets_level_and_scale_but_not_direction():
    X, _ = pictures(5)
    moved = X * [2.0, 0.5, 3.0] + [10.0, -7.0, 0.0]
    np.testing.assert_allclose(Recentre().transform(moved), Recentre().transform(X), atol=1e-4)
    assert not np.allclose(Recentre().transform(-X), Recentre().transform(X))
    assert np.isfinite(Recentre().transform(np.full((2, 28, 28, 3), 7.0))).all()


def test_pool_scale_flatten():
    X = np.arange(2 * 4 * 6 * 1, dtype=float).reshape(2, 4, 6, 1)
    np.testing.assert_allclose(Pool(2).transform(X)[0, 0, :, 0], [3.5, 5.5, 7.5])
    assert Flatten().transform(X).shape == (2, 24)
    np.testing.assert_allclose(Scale(0.5).transform(X), X / 2)


@pytest.mark.parametrize("name", ["flow-svm", "flow-xgb", "flow-kernels", "flow-nested", "majority"])
def test_models_come_back_whole(tmp_path, name):
    X, y = pictures(24)
    recipe = load_recipe(name)
    recognizer = Recognizer.from_recipe(recipe).fit(X, y, np.arange(24) // 4)
    save_model(Model(recipe, recognizer, None, {"clips": 24}), tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    np.testing.assert_array_equal(loaded.recognizer.predict_proba(X), recognizer.predict_proba(X))
    np.testing.assert_array_equal(loaded.recognizer.predict(X), recognizer.predict(X))
    assert (loaded.recipe, loaded.data) == (recipe, {"clips": 24})
    assert loaded.libraries["numpy"] == np.__version__


def test_a_foreign_or_damaged_model_file_is_one_clear_line(tmp_path):
    X, y = pictures(12)
    whole = tmp_path / "whole"
    save_model(
        Model(load_recipe("flow-svm"), Recognizer.from_recipe(load_recipe("flow-svm")).fit(X, y), None, {}), whole
    )
    content = whole.read_bytes()
    (tmp_path / "text").write_text("no model")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("readme", "x")
    for name in ("text", "empty", "cut", "zip"):
        with pytest.raises(InputError, match=rf"{name}: .*train it again"):
            load_model(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        load_model(tmp_path / "none")


def test_a_model_file_cannot_bring_code_of_its_own(tmp_path):
    import skops.io

    skops.io.dump({"format": "x", "thing": Event(1, 2)}, tmp_path / "evil")
    seal(tmp_path / "evil")
    with pytest.raises(InputError, match="holds the types baselines.datasets.records.Event"):
        load_model(tmp_path / "evil")


def test_an_unknown_recipe_is_answered_with_the_nearest_or_all():
    with pytest.raises(InputError, match=r"recipe '\.\./flow-svm' is not known; did you mean 'flow-svm'"):
        load_recipe("../flow-svm")
    with pytest.raises(InputError, match="recipe 'qqq' is not known; choose one of .*flow-svm"):
        load_recipe("qqq")


def test_a_clip_without_a_face_names_its_file(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (4, 120, 120, 3), dtype=np.uint8)
    clip = Clip("d", "s", "c", ArrayFrames(noise, "grey-noise"), 30.0, Event(1, 4, 2))
    with pytest.raises(InputError, match="grey-noise"):
        represent([clip], {"name": "flow_image", "method": "farneback"})


def test_a_foreign_picture_is_refused(tmp_path):
    from PIL import Image

    Image.new("RGB", (32, 28)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="32 x 28 pixels; expected 28 x 28"):
        represent([Clip("d", "s", "c", flow_image=tmp_path / "a.png")], {"name": "flow_image"})
