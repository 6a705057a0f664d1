"""The embedded corpus as a dataset; `test_synthetic` is about what it shows."""

import pytest

from baselines.datasets import open_dataset
from baselines.datasets.embedded import load
from baselines.datasets.synthetic import generate, level_settings
from baselines.errors import InputError


def replica(folder, level="standard"):
    generate(folder, seed=3, subjects=2, clips_per_subject=1, long_seconds=3, settings=level_settings(level))
    return folder


@pytest.fixture(scope="module")
def hard(tmp_path_factory):
    return replica(tmp_path_factory.mktemp("hard"), "hard")


def test_a_folder_is_read_as_the_dataset_of_its_level(hard):
    dataset = open_dataset("synthetic-hard", hard)
    assert {record.dataset for record in (*dataset.clips, *dataset.videos)} == {dataset.name} == {"synthetic-hard"}
    found = [(record.subject, record.name, record.fps) for record in (*dataset.clips, *dataset.videos)]
    assert found == [("sub01", "c01", 100), ("sub02", "c01", 100), ("sub01", "long", 30), ("sub02", "long", 30)]
    assert len(dataset.questions) > len(dataset.clips)


def test_a_folder_of_another_level_is_refused(hard):
    with pytest.raises(InputError, match="holds the embedded corpus at level hard; read it as dataset synthetic-hard"):
        load(hard, level="easy")
