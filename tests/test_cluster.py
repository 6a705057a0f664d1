"""Workers that die and schedulers that go away: in processes of this machine, and on a real dask cluster."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from threadpoolctl import threadpool_info

from baselines.cluster import ClusterLost, WorkerDied, _ground, _in_worker, _Packer
from baselines.datasets.flow_images import WHOLE
from baselines.errors import InputError
from baselines.parallel import iterate_parallel, parallel_backend, run_parallel, workers
from cli import main

ROOT = Path(__file__).resolve().parent.parent
FOLDS = 24
PLUGIN = """
import time
from sklearn.naive_bayes import GaussianNB
from baselines import part

@part("classifier")
def slow(seed):
    "Naive Bayes, after a while."
    time.sleep(0.02)
    return GaussianNB()
"""
RECIPE = """
task = "recognition"
summary = "folds that take a while"
citation = "none"
[steps]
representation = { name = "flow_image" }
classifier = { name = "slow" }
"""
LONG = 60  # seconds after which something hangs


class Cluster:
    """A dask scheduler and its workers, processes of their own."""

    def __init__(self, folder):
        self.folder, self.processes, self.workers = folder, [], []

    def begin(self, forgiven=3):
        told = self.folder / "scheduler.json"
        told.unlink(missing_ok=True)
        options = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", told)
        self.scheduler = self.start("scheduler", *options, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(forgiven))
        until(lambda: told.exists() and told.read_text().endswith("}"))
        self.address = json.loads(told.read_text())["address"]

    def raise_to(self, count):
        """Start workers, of one thread each, until so many are there; without a nanny, nobody starts one anew."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < count:
            self.workers.append(self.worker())
        self.wait(count)

    def worker(self, **variables):
        options = ("--no-nanny", "--nthreads", 1, "--no-dashboard", "--local-directory", self.folder)
        return self.start("worker", self.address, *options, **variables)

    def wait(self, count):
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            until(lambda: len(client.ncores()) == count)

    def start(self, *arguments, **variables):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), **variables}
        command = [sys.executable, "-m", "dask", *map(str, arguments)]
        with (self.folder / f"{len(self.processes)}.log").open("w") as log:
            started = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder)
        self.processes.append(started)
        return started

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait(LONG)


@contextmanager
def running(folder, forgiven=3):
    """Give a cluster without workers; forgiven: workers that a task may cost before dask gives it up."""
    found = Cluster(folder)
    try:
        found.begin(forgiven)
        yield found
    finally:
        found.stop()


def until(condition):
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def of_this_module(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def cluster(of_this_module):
    """A cluster with two workers."""
    if of_this_module.scheduler.poll() is not None:  # killed by a test
        of_this_module.stop()
        of_this_module.begin()
    of_this_module.raise_to(2)
    return of_this_module


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """24 flow pictures of 4 subjects, as many folds of one clip, with a recipe and the plug-in that it needs."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / WHOLE).mkdir()
    rng, lines = np.random.default_rng(0), ["dataset,sub,filename_o,label"]
    for number in range(FOLDS):
        subject, label = f"s{number % 4}", number % 3
        picture = rng.normal(128, 25, (28, 28, 3))
        picture[4 + 8 * label : 10 + 8 * label, 8:20, 1] += 45
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / WHOLE / f"{subject}_c{number} .png")
        lines.append(f"smic,{subject},c{number},{label}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    (folder / "own.py").write_text(PLUGIN)
    (folder / "own.toml").write_text(RECIPE)
    return folder


def command(root, output, *arguments):
    recipe = ("--plugin", root / "own.py", "--recipe", root / "own.toml", "--protocol", "leave-one-sample-out")
    given = ("run-all", "--dataset", "flow-images", "--data-root", root, *recipe, "--output", output, *arguments)
    return list(map(str, given))


def run_here(*arguments):
    """Run with two processes of this machine."""
    return CliRunner().invoke(main, command(*arguments, "--jobs", 2))


def struck(process, root, output, *arguments):
    """Kill `process` when some folds of a run are done; return how many were, and how the run ended."""
    program = [sys.executable, str(ROOT / "cli.py"), *command(root, output, *arguments)]
    with subprocess.Popen(program, stdout=-1, stderr=-1, text=True) as run:
        until(lambda: rows(output) > 3 or run.poll() is not None)
        process.kill()
        done = rows(output)
        _, told = run.communicate(timeout=LONG)
    assert 3 < done < FOLDS, "not in the middle"
    return done, run.returncode, told


def rows(output):
    path = output / "rows.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.fixture(scope="module")
def expected(root, tmp_path_factory):
    """The scores that two processes of this machine give."""
    output = tmp_path_factory.mktemp("here")
    assert run_here(root, output).exit_code == 0
    return (output / "scores.csv").read_bytes()


def test_workers_with_other_code_or_none_are_refused(cluster, tmp_path):
    for package in ("features", "baselines"):
        for file in (ROOT / package).rglob("*.py"):
            copy = tmp_path / "other" / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes() + b"# changed\n" * (file.name == "parallel.py"))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "baselines.py").write_text("raise ModuleNotFoundError('baselines is not here')")
    for kind, message in (("other", "runs other code of this project; install the same"), ("none", "cannot load this")):
        worker = cluster.worker(PYTHONPATH=str(tmp_path / kind))
        cluster.wait(3)
        with pytest.raises(InputError, match=f"^worker tcp://127.0.0.1:[0-9]+: {message}"):
            parallel_backend("dask", cluster.address).__enter__()
        worker.kill()
        cluster.wait(2)


INSIDE = []


def crowd(item):
    """Return how many threads of this process are in here."""
    INSIDE.append(item)
    time.sleep(0.05)
    found = len(INSIDE)
    INSIDE.remove(item)
    return found


def test_one_thread_of_a_worker_works_at_a_time():
    packed = io.BytesIO()
    _Packer(packed).dump((crowd, 0))
    with ThreadPoolExecutor(3) as threads:
        works = [threads.submit(_in_worker, _ground()["code"], packed.getvalue()) for _ in range(3)]
    assert [work.result() for work in works] == [1, 1, 1]


def test_a_worker_with_other_code_that_comes_late_is_refused():
    with pytest.raises(ClusterLost, match="^a worker on .+: runs other code of this project"):
        _in_worker("another", b"")


def test_other_libraries_of_workers_are_told_in_one_line(cluster, monkeypatch):
    monkeypatch.setattr(np, "__version__", "1.0")
    _ground.cache_clear()
    with pytest.warns(UserWarning) as told, parallel_backend("dask", cluster.address):  # noqa: PT030
        pass
    _ground.cache_clear()
    (line,) = [str(one.message) for one in told]
    there = version("numpy")
    expected = rf"worker tcp://127.0.0.1:[0-9]+: numpy is {there}, here 1.0 \(and 1 more\); figures may differ"
    assert re.fullmatch(expected, line)


@pytest.fixture
def silent():
    """The address of something that listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_an_address_without_a_scheduler_is_refused_in_one_line(silent, monkeypatch, tmp_path):
    monkeypatch.setattr("baselines.cluster.ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # where nobody listens afterwards
    for address, why in (
        (f"tcp://127.0.0.1:{port}", "Timed out"),
        (silent, "nothing is said"),
        ("tcp://127.0.0.1", "missing port"),
        ("elsewhere://127.0.0.1:1", "unknown address scheme"),
    ):
        done = CliRunner().invoke(main, ["run-all", "--backend", "dask", "--scheduler", address, "--output", tmp_path])
        assert done.exit_code == 2
        assert done.stderr.startswith(f"error: --scheduler {address}: no dask scheduler answers ({why}")
        assert done.stderr.count("\n") == 1
    done = CliRunner().invoke(main, ["run-all", "--backend", "dask", "--output", tmp_path])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "needs --scheduler ADDR" in done.stderr


def fatal_with(folder, array, item):
    return fatal(folder, item, once=True) + array[item]


def test_a_cluster_may_be_without_workers_for_a_while(tmp_path, monkeypatch):
    array = np.arange(300_000)  # the only copy of which dies with the only worker
    with running(tmp_path) as cluster:
        with monkeypatch.context() as patched:
            patched.setattr("baselines.cluster.NOBODY", 0.5)
            told = f"^{cluster.address}: no worker for 0.5 s; run `dask worker {cluster.address}`"
            with pytest.warns(UserWarning, match="no worker is there"), pytest.raises(ClusterLost, match=told):
                parallel_backend("dask", cluster.address).__enter__()
        cluster.raise_to(1)
        replaced = threading.Thread(target=lambda: (cluster.workers[0].wait(), cluster.raise_to(1)))
        replaced.start()
        with pytest.warns(UserWarning, match="no worker is there"), parallel_backend("dask", cluster.address):
            found = run_parallel(partial(fatal_with, tmp_path, array), range(8))
        replaced.join()
    assert found == [n**2 + n for n in range(8)]


def test_a_worker_that_is_killed_in_the_middle_changes_no_byte(cluster, root, expected, tmp_path):
    output = tmp_path / "out"
    _, code, told = struck(cluster.workers[0], root, output, "--backend", "dask", "--scheduler", cluster.address)
    assert (code, "error" in told) == (0, False), told
    assert (output / "scores.csv").read_bytes() == expected


def noted(folder, name, value):
    """Leave a mark; return whether it was there before."""
    path = Path(folder) / f"{name}{value}"
    was_there = path.exists()
    path.touch()
    return was_there


def fatal(folder, item, once=False, slow=0.1):
    """Return the square of an item; 3 kills its worker, always or `once`."""
    time.sleep(slow)
    if item == 3 and not (noted(folder, "died", item) and once):
        os.kill(os.getpid(), signal.SIGKILL)
    return item**2


def test_a_process_that_dies_once_costs_nothing_but_time_and_half_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda *_, **__: 4)
    with pytest.warns(UserWarning, match="a worker died .* done again, with 2 workers"):
        assert run_parallel(partial(fatal, tmp_path, once=True), range(8), 4) == [n**2 for n in range(8)]


def test_an_item_that_kills_its_process_each_time_is_named_and_the_others_go_on(tmp_path):
    kill = partial(fatal, tmp_path, slow=0.0)
    with pytest.warns(UserWarning, match="a worker died"):
        found = list(iterate_parallel(kill, range(6), 2, instead=lambda item, error: (item, str(error))))
    assert [one for n, one in enumerate(found) if n != 3] == [0, 1, 4, 16, 25]
    assert found[3][0] == 3
    assert found[3][1].startswith("its worker died 3 times, the last time with no other at work: out of memory, or")


def broken(item):
    if item == 3:
        raise BrokenExecutor
    return item


def test_without_a_stand_in_what_kills_its_process_each_time_stops_the_loop():
    with pytest.warns(UserWarning, match="a worker died"), pytest.raises(WorkerDied, match="^item 4 of 6: its worker"):
        run_parallel(broken, range(6))


def failing(item):
    if item == 2:
        raise InputError("item 2: too small")
    return item


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_function_raises_comes_through(jobs):
    seen = []
    with pytest.raises(InputError, match="^item 2: too small$"):
        for one in iterate_parallel(failing, range(4), jobs):
            seen.append(one)
    assert set(seen) <= {0, 1}


def threads_after(seconds):
    """Return the threads that linear algebra may use after a while."""
    time.sleep(seconds)
    return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")


def test_a_worker_that_finishes_leaves_its_neighbours_in_the_process_with_one_thread():
    code = (
        "from baselines.parallel import parallel_backend, run_parallel\n"
        "from test_cluster import threads_after\n"
        "with parallel_backend('threading'): print(run_parallel(threads_after, [0.1, 0.5], 2))"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])  # of a fresh process, none of whose threads had limits
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.stdout == "[1, 1]\n", done.stderr


class Item:
    def __init__(self, name, array):
        self.name, self.array = name, array


def looked_at(shared, item):
    """Return (number, process, where the shared array lies there, whether it can be written, sum of both arrays)."""
    time.sleep(0.05)
    place = shared["array"].__array_interface__["data"][0]
    return item.name, os.getpid(), place, shared["array"].flags.writeable, shared["array"].sum() + item.array.sum()


def test_a_cluster_gives_results_in_order_and_takes_an_array_once(cluster):
    shared = {"array": np.arange(300_000.0)}
    items = [Item(n, shared["array"] if n % 2 else np.full(200_000, n)) for n in range(20)]
    with parallel_backend("dask", cluster.address):
        assert workers(7) == 2
        found = run_parallel(partial(looked_at, shared), items)
        with pytest.raises(InputError, match="^item 2: too small$"):
            run_parallel(failing, range(4))
        assert run_parallel(failing, []) == []
    total = shared["array"].sum()
    assert [one[0] for one in found] == list(range(20))
    assert [one[4] for one in found] == [total + (total if n % 2 else 200_000 * n) for n in range(20)]
    assert len({one[1] for one in found}) == 2
    assert len({one[1:3] for one in found}) == 2  # one place in each of the two
    assert not any(one[3] for one in found)


def test_an_item_that_kills_its_worker_on_a_cluster_is_named_and_the_others_go_on(tmp_path):
    with running(tmp_path, forgiven=0) as cluster:
        cluster.raise_to(3)  # it kills one beside others, and one alone
        with parallel_backend("dask", cluster.address):
            found = list(iterate_parallel(partial(fatal, tmp_path), range(16), instead=lambda item, error: str(error)))
    assert found[3].startswith("its worker died 2 times, the last time with no other at work: out of memory")
    assert [one for n, one in enumerate(found) if n != 3] == [n**2 for n in range(16) if n != 3]


def test_a_lost_scheduler_is_told_in_one_line_and_what_is_done_stays(cluster, root, expected, tmp_path):
    """Not by the traceback that dask logs."""
    output = tmp_path / "out"
    done, code, told = struck(cluster.scheduler, root, output, "--backend", "dask", "--scheduler", cluster.address)
    assert code == 1, told
    usual = ("cells", "flow-images", "folds", "tables", "written")
    (error,) = [line for line in told.splitlines() if not line.startswith(usual)]
    assert error.startswith(f"error: {cluster.address}: the dask scheduler is gone; start it")
    kept = rows(output)
    assert done <= kept < FOLDS
    again = run_here(root, output)
    assert again.exit_code == 0, again.stderr
    assert f"{FOLDS - kept} computed, {kept} reused" in again.stderr
    assert (output / "scores.csv").read_bytes() == expected
