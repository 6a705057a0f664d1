import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import FeatureError
from features.interpolation import interpolate, interpolation_weights


@given(st.integers(2, 40), st.integers(2, 60))
def test_weights_sum_to_one_and_keep_both_ends(length, frames):
    weights = interpolation_weights(length, frames)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(weights[0], np.eye(length)[0], atol=1e-8)
    np.testing.assert_allclose(weights[-1], np.eye(length)[-1], atol=1e-8)


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_as_many_frames_give_the_clip_back(length, seed):
    clip = np.random.default_rng(seed).uniform(0, 255, (length, 4, 5))
    np.testing.assert_allclose(interpolate(clip, length), clip, atol=2e-3)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_curve_of_the_graph_is_followed_between_its_samples(k):
    n, frames = 12, 45
    t = np.arange(1, n + 1) / n
    fine = np.linspace(1 / n, 1, frames)
    path = lambda t: 100 + 50 * np.sin(np.pi * k * t + np.pi * (n - k) / (2 * n))  # noqa: E731
    np.testing.assert_allclose(interpolate(path(t)[:, None, None], frames)[:, 0, 0], path(fine), atol=1e-3)


def test_the_type_of_the_clip_does_not_matter():
    clip = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    np.testing.assert_array_equal(interpolate(clip, 10), interpolate(clip.astype(np.float64), 10))
    assert interpolate(clip, 10).dtype == np.float32


@pytest.mark.parametrize(("shape", "frames"), [((1, 8, 8), 10), ((5, 8, 8), 1), ((8, 8), 10)])
def test_too_little_is_a_clear_error(shape, frames):
    with pytest.raises(FeatureError, match="expected|needs"):
        interpolate(np.zeros(shape), frames)


def published_interpolation(clip, frames):
    """Zhou's method step by step: subspace of the frames, mapping onto the graph, its inverse between the samples."""
    n = len(clip)
    columns = clip.reshape(n, -1).T.astype(float)
    mean = columns.mean(axis=1, keepdims=True)
    u, s, v = np.linalg.svd(columns - mean, full_matrices=False)
    u, projected = u[:, : n - 1], s[: n - 1, None] * v[: n - 1]
    laplacian = np.diag([1, *[2] * (n - 2), 1]) - np.eye(n, k=1) - np.eye(n, k=-1)
    vectors = np.linalg.eigh(laplacian)[1][:, 1:]
    mapping = np.linalg.solve(projected @ projected.T, projected @ vectors)
    k = np.arange(1, n)

    def curve(t):
        return np.sin(np.pi * k * t + np.pi * (n - k) / (2 * n))

    scale = (projected[:, 0] @ mapping) / curve(1 / n)
    path = [np.linalg.solve(mapping.T, scale * curve(t)) for t in np.linspace(1 / n, 1, frames)]
    return (u @ np.array(path).T + mean).T.reshape(frames, *clip.shape[1:])


@pytest.mark.parametrize(("length", "frames"), [(3, 10), (14, 10), (20, 37)])
def test_it_is_the_published_method_without_its_decomposition(length, frames):
    clip = np.random.default_rng(length).integers(0, 256, (length, 9, 8), dtype=np.uint8)
    np.testing.assert_allclose(interpolate(clip, frames), published_interpolation(clip, frames), atol=1e-3)


def test_still_frames_stay_still():
    np.testing.assert_allclose(interpolate(np.full((5, 4, 4), 77, np.uint8), 9), 77, atol=1e-4)


def test_whole_gives_grey_levels():
    clip = np.random.default_rng(0).integers(0, 2, (6, 8, 8), dtype=np.uint8) * 255
    frames = interpolate(clip, 20, whole=True)
    assert interpolate(clip, 20).max() > 256
    assert set(np.unique(frames)) <= set(range(256))
    assert np.abs(frames - interpolate(clip, 20).clip(0, 255)).max() <= 0.5
