"""Kernels, what they see, and that sharing pairs between folds changes nothing and leaks nothing."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import chi2_kernel, linear_kernel, rbf_kernel
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from baselines.errors import InputError
from baselines.recipes import load_recipe
from baselines.recognition.classifiers import KernelRidge, solve_ridge
from baselines.recognition.kernels import Samples, View
from baselines.recognition.pipeline import build
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.transforms import Recentre, SoftHoof, StrainTensor, build_transforms, mirrored

VIEWS = [
    View(kernel="linear"),
    View(kernel="rbf", gamma="mean", mirror=True, window=6, step=3),
    View([{"name": "recentre", "level": "affine"}, {"name": "strain_tensor"}], mirror=True),
    View([{"name": "recentre"}, {"name": "soft_hoof", "cells": 3}], kernel="chi2", gamma="mean", mirror=True),
    View([{"name": "scale", "factor": 0.1}, {"name": "standardize"}, {"name": "pca", "n_components": 4}]),
]


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 3
    X = rng.normal(100, 20, (40, 12, 12, 3))
    for n, label in enumerate(y):
        X[n, 4 * label : 4 * label + 4, 3:9, 1] += 40
    return X.astype(np.float32), np.array(["negative", "positive", "surprise"])[y]


@pytest.mark.parametrize(
    ("kernel", "gamma", "reference"),
    [
        ("linear", "scale", linear_kernel),
        ("rbf", "scale", lambda A, B: rbf_kernel(A, B, 1 / (B.shape[1] * B.var()))),
        ("rbf", 0.5, lambda A, B: rbf_kernel(A, B, 0.5)),
        ("chi2", 0.5, lambda A, B: chi2_kernel(A, B, 0.5)),
        ("intersection", "scale", lambda A, B: np.minimum(A[:, None], B).sum(axis=2)),
    ],
)
def test_kernels_are_those_of_scikit_learn(kernel, gamma, reference):
    X = np.random.default_rng(1).random((20, 7)).astype(np.float32)
    view = View(kernel=kernel, gamma=gamma)
    np.testing.assert_allclose(view.fit_gram(Samples(X[:12])), reference(X[:12], X[:12]), atol=1e-5)
    np.testing.assert_allclose(view.gram(Samples(X[12:])), reference(X[12:], X[:12]), atol=1e-5)


@pytest.mark.parametrize("view", VIEWS)
def test_pairs_computed_once_for_all_give_the_same_as_each_fold_by_itself(pictures, view):
    X, _ = pictures
    rows = np.arange(len(X)) % 4 != 1
    whole = Samples(X).share([view])
    shared = view.fit_gram(whole[rows]), view.gram(whole[~rows])
    alone = view.fit_gram(Samples(X[rows])), view.gram(Samples(X[~rows]))
    for one, other in zip(shared, alone):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("view", VIEWS)
def test_widths_scalers_and_components_are_of_the_training_clips_alone(pictures, view):
    X, _ = pictures
    rows = np.arange(len(X)) < 30
    other = np.where(rows[:, None, None, None], X, 255 - 2 * X)
    grams = [view.fit_gram(Samples(data).share([view])[rows]) for data in (X, other)]
    np.testing.assert_array_equal(*grams)


def test_the_mean_width_is_the_mean_distance_of_the_training_clips():
    X = np.array([[0.0], [1.0], [3.0]], np.float32)
    view = View(gamma="mean")
    K = view.fit_gram(Samples(X))
    assert view.gammas_ == pytest.approx([1 / (2 * (1 + 4 + 9) / 9)])
    assert K[0, 2] == pytest.approx(np.exp(-9 * view.gammas_[0]))


def test_parts_of_another_whole_are_not_taken_for_those_trained_on(pictures):
    X, _ = pictures
    view = View(gamma="mean")
    view.fit_gram(Samples(X).share([view])[:20])
    foreign = Samples(X[::-1]).share([view])[:5]
    np.testing.assert_allclose(view.gram(foreign), view.gram(Samples(X[::-1][:5])), rtol=1e-5)


def test_a_mirror_image_is_alike_and_has_the_other_side(pictures):
    X, _ = pictures
    for view in VIEWS[1:4]:
        view.fit_gram(Samples(X[:20]))
        plain, turned = Samples(X[20:]), Samples(mirrored(X[20:]))
        np.testing.assert_allclose(view.gram(turned), view.gram(plain), rtol=1e-3, atol=1e-5)
        odd = view.gram(plain, odd=True)
        np.testing.assert_allclose(view.gram(turned, odd=True), -odd, atol=1e-4)
        assert np.abs(odd).max() > 1e-3
    np.testing.assert_array_equal(mirrored(mirrored(X)), X)


def test_windows_keep_trouble_in_one_place_to_that_place(pictures):
    """A burst in one corner takes a whole-face kernel apart, of four windows it spoils one."""
    X = pictures[0][:8] / 100
    burst = X.copy()
    burst[0, :6, :6] += 10
    falls = {}
    for window in (None, 6):
        view = View(gamma="mean", window=window)
        view.fit_gram(Samples(X))
        falls[window] = view.gram(Samples(X))[0, 1:].mean() - view.gram(Samples(burst))[0, 1:].mean()
    assert falls[6] < 0.5 * falls[None]


def test_a_support_vector_machine_on_our_kernel_is_that_of_scikit_learn(pictures):
    X, y = pictures
    ours = Recognizer(classifier={"name": "svm", "C": 2.0}).fit(X[:30], y[:30])
    flat = X.reshape(len(X), -1)
    theirs = SVC(C=2.0, class_weight="balanced", break_ties=True, decision_function_shape="ovr")
    theirs.fit(flat[:30], y[:30])
    np.testing.assert_array_equal(ours.predict(X[30:]), theirs.predict(flat[30:]))
    np.testing.assert_allclose(ours.decision_function(X[30:]), theirs.decision_function(flat[30:]), atol=1e-2)


def test_a_scaler_before_a_kernel_is_fitted_on_the_fold(pictures):
    X, y = pictures
    flat = X.reshape(len(X), -1)
    ours = Recognizer([{"name": "standardize"}], classifier={"name": "svm", "kernel": "linear"})
    ours.fit(Samples(X)[:30], y[:30])
    scaler = StandardScaler().fit(flat[:30])
    theirs = SVC(kernel="linear", class_weight="balanced", break_ties=True).fit(scaler.transform(flat[:30]), y[:30])
    np.testing.assert_array_equal(ours.predict(X[30:]), theirs.predict(scaler.transform(flat[30:])))


def test_ridge_regression_meets_its_equations():
    rng = np.random.default_rng(2)
    A, targets, weights = rng.normal(size=(12, 5)), rng.normal(size=(12, 2)), rng.integers(1, 4, 12)
    K = A @ A.T
    dual, intercept = solve_ridge(K, targets, 0.7, weights)
    repeated = np.repeat(np.arange(12), weights)  # a weight of 2 is a sample that stands twice
    centred = targets - intercept
    np.testing.assert_allclose(intercept, targets[repeated].mean(axis=0))
    coefficients = np.linalg.solve(A[repeated].T @ A[repeated] + 0.7 * np.eye(5), A[repeated].T @ centred[repeated])
    np.testing.assert_allclose(A.T @ dual, coefficients)


def test_ridge_without_penalty_meets_every_training_clip():
    X = np.random.default_rng(3).normal(size=(15, 4))
    y = np.arange(15) % 3
    K = rbf_kernel(X, X, 1.0)
    assert (KernelRidge(1e-9).fit(K, y).predict(K) == y).all()


def test_an_affine_level_takes_out_what_a_moving_head_adds():
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:28, :28]
    X = rng.normal(0, 0.1, (3, 28, 28, 3))
    X[:, 3:9, 5:12, 1] += 3
    moved = X.copy()
    moved[..., 0] += 0.05 * columns - 0.02 * rows + 1
    moved[..., 1] += 0.03 * columns + 0.04 * rows - 2
    plain, affine = (Recentre(level).transform(moved) for level in ("median", "affine"))
    still = Recentre("affine").transform(X)
    assert np.abs(affine - still).mean() < 0.02
    assert np.abs(plain - Recentre("median").transform(X)).mean() > 0.2


def test_strain_tells_stretch_from_pressure_and_forgets_shift():
    rows, columns = np.mgrid[:10, :10].astype(float)
    flow = np.stack([0.2 * columns + 5, -0.1 * rows, np.zeros((10, 10))], axis=-1)
    strain = StrainTensor().transform(np.stack([flow, -flow]))
    np.testing.assert_allclose(strain[0, ..., :2], np.broadcast_to([1, -1], (10, 10, 2)), atol=1e-4)
    np.testing.assert_allclose(strain[0], -strain[1], atol=1e-4)
    assert np.abs(strain[0, ..., 2]).max() < 1e-2


def test_soft_histograms_share_a_vote_between_neighbours():
    flow = np.zeros((1, 4, 4, 2))
    angle = np.pi / 8  # between bins 0 (0 degrees) and 1 (45 degrees)
    flow[0, 0, 0] = 3 * np.cos(angle), 3 * np.sin(angle)
    np.testing.assert_allclose(SoftHoof(1, 8).transform(flow)[0, 0, 0], [0.5, 0.5, 0, 0, 0, 0, 0, 0], atol=1e-6)
    noise = np.random.default_rng(5).normal(size=(3, 28, 28, 3))
    found = SoftHoof().transform(noise)
    assert found.shape == (3, 7, 7, 8)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), 1, rtol=1e-5)
    np.testing.assert_allclose(SoftHoof().transform(4 * noise), found, rtol=1e-4)
    assert (SoftHoof().transform(np.zeros((1, 8, 8, 2))) == 0).all()


def test_faulty_steps_are_named():
    for call, message in [
        (lambda: build_transforms([{"name": "blur"}]), "transform 'blur' is not known"),
        (lambda: build_transforms([{"name": "standardize"}, {"name": "recentre"}]), "put those that learn"),
        (lambda: build((), [{"kernel": "rbf"}], {"name": "xgboost"}), "'xgboost' takes no kernels"),
        (lambda: build((), [{"kernel": "rbf"}], {"name": "svm", "kernel": "rbf"}), "take them out"),
        (lambda: View(kernel="sinc").fit_gram(Samples(np.eye(3))), "kernel 'sinc' is not known"),
        (
            lambda: View([{"name": "standardize"}], window=2).fit_gram(Samples(np.ones((3, 4, 4, 1)))),
            "leave out window",
        ),
        (lambda: Recognizer(classifier={"name": "oracle"}).fit(np.eye(4), list("aabb")), "'oracle' is not known"),
    ]:
        with pytest.raises(InputError, match=message):
            call()


def test_a_recognizer_of_pictures_gives_a_mirrored_face_the_same_probabilities(pictures):
    rng = np.random.default_rng(6)
    X, y = rng.normal(100, 20, (24, 28, 28, 3)).astype(np.float32), np.array(["a", "b"])[np.arange(24) % 2]
    recognizer = Recognizer.from_recipe(load_recipe("flow-kernels")).fit(X[:20], y[:20])
    np.testing.assert_allclose(recognizer.predict_proba(mirrored(X[20:])), recognizer.predict_proba(X[20:]), atol=2e-3)
