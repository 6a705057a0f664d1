"""Sums over subjects that are drawn with replacement."""

import numpy as np

from baselines.metrics import resampling


def test_sums_are_those_of_subjects_drawn_one_by_one():
    counts = np.arange(8.0).reshape(4, 2)
    sums = resampling.resampled_sums(counts, 50, seed=7)
    drawn = np.random.default_rng(7).integers(4, size=(50, 4))
    np.testing.assert_array_equal(sums, [counts[row].sum(axis=0) for row in drawn])


def test_seed_decides_and_blocks_do_not(monkeypatch):
    counts = np.random.default_rng(3).integers(0, 20, (12, 3))
    whole = resampling.resampled_sums(counts, 100, seed=1)
    monkeypatch.setattr(resampling, "_BLOCK_NUMBERS", 30)
    np.testing.assert_array_equal(resampling.resampled_sums(counts, 100, seed=1), whole)
    assert not np.array_equal(resampling.resampled_sums(counts, 100, seed=2), whole)


def test_many_subjects_are_drawn_in_groups():
    most = resampling.MOST_UNITS
    counts = np.random.default_rng(0).integers(0, 20, (most + 3, 2))
    groups = [counts[n::most].sum(axis=0) for n in range(most)]
    np.testing.assert_array_equal(resampling.resampled_sums(counts, 5), resampling.resampled_sums(groups, 5))
