"""Temporary folders of killed processes: removed at the next start, unless somebody needs them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from baselines import cache, scratch
from baselines.scratch import DAY, OWNED, folder_beside, own, remove_abandoned, size_of

ROOT = Path(__file__).resolve().parents[1]


def test_a_folder_under_way_stays_and_goes_at_the_end(tmp_path):
    with folder_beside(tmp_path / "new") as folder:
        (folder / "a").write_bytes(b"12345")
        assert not remove_abandoned(folder)
        assert size_of(folder) == 5
    assert not folder.exists()


def test_a_folder_that_nobody_owned_stays_for_a_day(tmp_path):
    folder = tmp_path / ".old"
    folder.mkdir()
    assert not remove_abandoned(folder)
    os.utime(folder, (time.time() - 2 * DAY,) * 2)
    assert remove_abandoned(folder)
    assert not folder.exists()


def test_links_are_not_followed(tmp_path):
    (tmp_path / "mine").mkdir()
    own(tmp_path / "mine").close()
    (tmp_path / ".link").symlink_to("mine")
    assert remove_abandoned(tmp_path / ".link")
    assert (tmp_path / "mine" / OWNED).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_what_a_killed_making_left_is_removed_at_the_next_start(tmp_path, monkeypatch):
    code = (
        "import sys, time; from pathlib import Path; from baselines.scratch import folder_beside\n"
        "with folder_beside(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').write_bytes(bytes(1000)); print(folder, flush=True); time.sleep(60)"
    )
    place = tmp_path / "synthetic" / "corpus"
    place.parent.mkdir()
    maker = subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    folder = Path(maker.stdout.readline().strip())
    kept = tmp_path / "arrays" / "landmarks" / "a.npz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(bytes(600))
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    monkeypatch.setenv("MEGC_CACHE_GB", "1e-6")
    try:
        assert cache.prune_cache() == 600  # what is under way counts, and stays
        assert folder.exists()
    finally:
        maker.send_signal(signal.SIGKILL)
        maker.wait()
        maker.stdout.close()
    assert folder.exists()
    kept.write_bytes(bytes(600))
    assert cache.prune_cache() == 0
    assert not folder.exists()
    assert kept.exists()


def test_where_nothing_can_be_locked_age_tells(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError("no locks here")

    own(tmp_path).close()
    monkeypatch.setattr(scratch, "_lock", refuse)
    assert not remove_abandoned(tmp_path)
