"""A cache that cannot be written, or is nowhere: told once, and the results are the same."""

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from baselines import cache
from baselines.cache import cache_folder, cached_arrays, kept, own_folder, prune_cache
from baselines.datasets import embedded
from baselines.errors import InputError
from baselines.files import cannot_write, write_text
from baselines.parallel import run_parallel

ROOT = Path(__file__).resolve().parents[1]
TOLD = "nothing can be kept there"


@pytest.fixture
def useless(tmp_path, monkeypatch):
    """A cache folder that is a file."""
    place = tmp_path / "file"
    place.write_text("mine")
    monkeypatch.setenv("MEGC_CACHE", str(place))
    monkeypatch.setattr(cache, "_given_up", set())
    return place


@pytest.fixture
def told():
    """What is warned of in a test."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def texts(caught):
    return [str(one.message) for one in caught if TOLD in str(one.message)]


def save(path):
    write_text(path, "made")


@pytest.mark.parametrize("below", ["", "folder"])
def test_without_a_place_arrays_and_files_are_made_all_the_same(useless, told, monkeypatch, below):
    monkeypatch.setenv("MEGC_CACHE", str(useless / below))
    for key in range(2):
        assert cached_arrays("kind", key, lambda: {"a": np.ones(3)})["a"].sum() == 3
    paths = [kept("models/a.txt", save) for _ in range(2)]
    assert paths == [own_folder() / "models" / "a.txt"] * 2
    assert paths[0].read_text() == "made"
    assert texts(told) == [
        f"{useless / below}: {TOLD} (Not a directory), so it is made again each time; free space, or name another "
        "folder as MEGC_CACHE"
    ]
    assert useless.read_text() == "mine"


def test_a_disk_that_is_full_half_way_gives_another_place(tmp_path, told, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "_given_up", set())
    asked = []

    def make(path):
        asked.append(path)
        if path.is_relative_to(tmp_path):
            error = OSError(errno.ENOSPC, "No space left on device")
            raise cannot_write(path, error) from error
        save(path)

    assert kept("full/a", make) == own_folder() / "full" / "a"
    assert kept("full/b", make).read_text() == "made"
    assert asked == [tmp_path / "full/a", own_folder() / "full/a", own_folder() / "full/b"]
    assert [text.startswith(f"{tmp_path}: {TOLD} (No space left on device)") for text in texts(told)] == [True]


def test_what_is_wrong_with_the_making_is_no_fault_of_the_place(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))

    def make(_):
        raise InputError("another fault")

    with pytest.raises(InputError, match="another fault"):
        kept("a", make)


def test_a_folder_that_is_only_read_serves(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    cached_arrays("kind", 1, lambda: {"a": np.ones(3)})
    kept("a.txt", save)

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert cached_arrays("kind", 1, lambda: pytest.fail("made again"))["a"].sum() == 3
    assert kept("a.txt", lambda _: pytest.fail("made again")) == tmp_path / "a.txt"
    monkeypatch.setenv("MEGC_CACHE_GB", "0")
    assert prune_cache() == 0


def test_without_a_home_nothing_is_kept_nor_written_to_the_current_folder(tmp_path, told, monkeypatch):
    import pwd

    def unknown(_):
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "MEGC_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(cache, "_given_up", set())
    monkeypatch.chdir(tmp_path)
    assert cached_arrays("kind", 1, lambda: {"a": np.ones(3)})["a"].sum() == 3
    assert kept("homeless.txt", save).parent == own_folder() == cache_folder()
    assert [text.partition(",")[0] for text in texts(told)] == [f"~/.cache/megc: {TOLD} (there is no such home folder)"]
    assert not os.listdir(tmp_path)


def test_a_tilde_means_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MEGC_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("MEGC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "~/xdg")
    assert cache_folder() == tmp_path / "xdg" / "megc"


def test_the_folder_of_a_process_is_private_shared_with_its_children_and_removed():
    code = (
        "import subprocess, sys; from baselines.cache import cache_folder; folder = cache_folder(); "
        "print(folder, oct(folder.stat().st_mode & 0o777), flush=True); "
        "child = 'from baselines.cache import cache_folder; print(cache_folder())'; "
        "subprocess.run([sys.executable, '-c', child], check=True); "
        "assert folder.is_dir()"
    )
    environment = {**os.environ, "MEGC_CACHE": "off"}
    environment.pop(cache.OWN, None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    (folder, mode), (child,) = map(str.split, done.stdout.splitlines())
    assert (mode, child) == ("0o700", folder)
    assert not Path(folder).exists()


def test_the_embedded_corpus_needs_no_cache(useless, told, monkeypatch):
    sizes = {"subjects": 2, "clips_per_subject": 1, "long_seconds": 3.0, "fast_subjects": 0, "fast_seconds": 2.0}
    monkeypatch.setattr(embedded, "SIZES", sizes)
    folder = embedded.cached_corpus(jobs=1)
    assert folder.is_relative_to(own_folder())
    assert len(embedded.load().videos) == 2
    assert len(texts(told)) == 1


def test_the_default_model_is_trained_once_where_it_cannot_be_kept(useless, told, monkeypatch):
    from baselines.commands import train

    trained = []
    monkeypatch.setattr(train, "train_model", lambda *_, **__: trained.append(1) or "a model")
    monkeypatch.setattr(train, "save_model", lambda model, path: write_text(path, model))
    monkeypatch.setattr(train, "load_model", lambda path: path.read_text())
    assert [train.default_model() for _ in range(2)] == ["a model"] * 2
    assert len(trained) == 1
    assert len(texts(told)) == 1
    monkeypatch.setattr(train, "recipe_identity", lambda _: "another, for which the place is full half way")
    cache._given_up.clear()
    monkeypatch.setattr(cache, "check_folder", lambda _: None)
    assert train.default_model() == "a model"
    assert len(trained) == 2


def store(place, key):
    os.environ["MEGC_CACHE"] = place  # workers may have begun before this test
    return cached_arrays("kind", key, lambda: {"a": np.full(3, key)})["a"].sum()


def store_in(item):
    before = os.environ.get("MEGC_CACHE", "")
    try:
        return store(*item)
    finally:
        os.environ["MEGC_CACHE"] = before


def test_workers_tell_it_once_for_all(useless, told):
    assert run_parallel(store_in, [(str(useless), key) for key in range(8)], jobs=2) == [3 * key for key in range(8)]
    assert len({str(one.message) for one in told}) == 1
    warnings.resetwarnings()
    warnings.simplefilter("default")
    told.clear()
    run_parallel(store_in, [(str(useless / "other"), key) for key in range(8)], jobs=2)
    assert len(texts(told)) == 1


def test_a_command_gives_the_same_without_a_cache(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    video = min((corpus / "clips" / "sub01").iterdir())
    megc = [sys.executable, str(ROOT / "cli.py"), "spot", str(video), "--fps", "100", "--jobs", "2", "--output"]
    written = []
    for place in ("whole", "file"):
        environment = {**os.environ, "MEGC_CACHE": str(tmp_path / place)}
        done = subprocess.run([*megc, tmp_path / f"{place}.csv"], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(TOLD) == (place == "file")
        assert "UserWarning" not in done.stderr
        written.append((tmp_path / f"{place}.csv").read_bytes())
    assert written[0] == written[1]


def test_a_folder_that_others_may_write_to_or_own_is_not_trusted(tmp_path, monkeypatch):
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setenv("MEGC_CACHE", str(folder))
    monkeypatch.setattr(cache, "_given_up", set())
    (folder / "models").mkdir()
    (folder / "models" / "planted").write_text("not mine")
    assert cache.cache_folder() == folder
    folder.chmod(0o777)
    with pytest.warns(UserWarning, match="every user may write there"):
        assert cache.cache_folder() != folder
    assert not (cache.cache_folder() / "models" / "planted").exists()
    folder.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder, 12345, -1)
        monkeypatch.setattr(cache, "_given_up", set())
        with pytest.warns(UserWarning, match="it belongs to another user"):
            assert cache.cache_folder() != folder
