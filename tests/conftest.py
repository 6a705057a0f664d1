"""Shared fixtures: a cache of the session's own, real data when it is there, small videos on disk."""

import os
from pathlib import Path

import pytest
import replicas
from click.testing import CliRunner
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep cached arrays of the tests away from the user's."""
    if "MEGC_CACHE" not in os.environ:
        os.environ["MEGC_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data, or a skip when this machine has none."""
    folder = Path(os.environ.get("MEGC_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; MEGC_SHARED_DATA names another folder")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A corpus of three subjects with four clips and one 5-second video each."""
    from baselines.datasets.synthetic import generate

    folder = tmp_path_factory.mktemp("corpus") / "synthetic"
    generate(folder, seed=3, subjects=3, clips_per_subject=4, long_seconds=5)
    return folder


@pytest.fixture
def megc():
    """Run the command line in this process: megc("spot", path, ...) -> result with exit_code, stdout, stderr."""
    from cli import main

    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def write_images():
    """Write random (H, W, 3) frames as numbered PNG files and return them: write_images(folder, count, size, seed)."""
    return replicas.write_noise


@pytest.fixture
def write(tmp_path):
    """Write text to a named file and return its path."""

    def write_file(name, content):
        (tmp_path / name).write_bytes(content.encode())
        return tmp_path / name

    return write_file


@pytest.fixture(scope="session")
def chromium():
    """A headless chromium of the session, or a skip; open pages with `browser.opened`."""
    import browser

    driver = browser.start()
    yield driver
    driver.quit()
