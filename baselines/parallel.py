"""One loop for everything that runs over subjects, clips or videos: joblib here, dask on a cluster; one thread each.

A worker that dies, killed for memory perhaps, costs what it was doing, which is done again.
"""

import contextlib
import os
import sys
import threading
import warnings
from concurrent.futures import BrokenExecutor
from contextvars import ContextVar
from functools import partial

import joblib

from baselines.cluster import ALONE, TRIES, WorkerDied, connected, died
from baselines.costs import measure, under_way
from baselines.errors import InputError, one_line
from baselines.progress import progress_bar

SAFE_PATH = "PYTHONSAFEPATH"  # which Python reads when it begins
_cluster = ContextVar("cluster", default=None)  # that the caller chose
_before = {}  # name -> what is called before each item
_told = {}  # what workers warned of, as `warnings` keeps it


def iterate_parallel(function, items, jobs=1, label="", instead=None):
    """Yield `function(item)` for each item, in order, computed by `jobs` workers, or by those of a cluster.

    How far it is goes to stderr, under `label` (`baselines.progress`). Where it runs is the caller's choice, by
    `parallel_backend`; native libraries use one thread inside a worker.
    What the workers did counts as the caller's work where that is measured (`baselines.costs`), waiting for them does
    not. What they warn of is told here, once.

    What a dead worker was doing is done again. An item over which workers die each time raises `WorkerDied`; with
    `instead`, `instead(item, error)` is yielded in its place and the others go on. `ClusterLost` ends the loop.
    """
    items = list(items)
    work, cluster = partial(_single_threaded, os.getpid(), tuple(_before.values()), function), _cluster.get()
    results = cluster.iterate(work, items) if cluster else _iterate_here(work, items, jobs)
    with progress_bar(len(items), label) as bar:
        for number, item in enumerate(items, start=1):
            with measure(memory=False):
                found = next(results)
            if isinstance(found, WorkerDied):
                if instead is None:
                    raise WorkerDied(f"item {number} of {len(items)}{_named(item)}: {found}")
                result = instead(item, found)
            else:
                result, cost, warned = found
                for warning in warned:
                    warnings.warn_explicit(*warning, registry=_told)
                caller = under_way()
                if caller:
                    caller.add(cost)
            bar.update(1)
            yield result


def run_parallel(function, items, jobs=1, label=""):
    """Return the list of what `iterate_parallel` yields."""
    return list(iterate_parallel(function, items, jobs, label))


def workers(jobs=1):
    """Return how many workers `iterate_parallel` has, which are no more than there are cores, or two."""
    cluster = _cluster.get()
    if cluster:
        return len(cluster.workers)
    if jobs == 0:
        raise InputError("jobs is 0; expected a number of workers, 1 or more, or -1 for all cores")
    return min(joblib.effective_n_jobs(jobs), max(2, joblib.cpu_count()))


def before_work(name, call=None):
    """Let workers do `call()` before each item of the loops that begin from now on; None: no longer."""
    _before.pop(name, None)
    if call is not None:
        _before[name] = call


def attempt(function, item):
    """Return (`function(item)`, None), or (None, what went wrong in one line): one bad item stops no other."""
    try:
        return function(item), None
    except (Exception, SystemExit) as error:  # the latter of a part of a user's own
        return None, one_line(error)


@contextlib.contextmanager
def parallel_backend(name=None, scheduler=None):
    """Let `iterate_parallel` use the backend loky, threading or dask (the cluster of `scheduler`) inside the block."""
    if name != "dask":
        with joblib.parallel_config(backend=name) if name else contextlib.nullcontext():
            yield
        return
    with connected(scheduler) as cluster:
        token = _cluster.set(cluster)
        try:
            yield
        finally:
            _cluster.reset(token)


def _named(item):
    name = getattr(item, "name", None)
    return f" ({name})" if name else ""


def _iterate_here(work, items, jobs):
    """Yield `work(item)` for each item by joblib, or `WorkerDied`.

    Which item a worker died over is not told: its death breaks the pool, and all that was not yielded yet is done again
    by a new one of half as many, who may have the memory that all had not. Where that breaks too before anything is
    yielded, the next item is tried alone.
    """
    position = deaths = 0
    jobs = min(workers(jobs), max(2, len(items)))  # one alone works in this process, which would die with it
    while position < len(items):
        rest = items[position : position + 1 if deaths == TRIES - 1 else None]
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs")
        try:
            with _safe_path():  # workers begin when the loop does, or later when one has ended
                for found in parallel(joblib.delayed(work)(item) for item in rest):
                    position, deaths = position + 1, 0
                    yield found
        except BrokenExecutor:
            deaths += 1
            if deaths == TRIES:
                position, deaths = position + 1, 0
                yield died(TRIES, ALONE)
            else:
                jobs = max(2, jobs // 2)
                told = f"a worker died (out of memory?); what it was doing is done again, with {jobs} workers"
                warnings.warn(told, stacklevel=2)


@contextlib.contextmanager
def _safe_path():
    """Let Python processes that begin inside the block not look for modules in the current folder.

    A worker begins by `python -m`, which does; a file there that is called like a module of Python would break it.
    """
    if SAFE_PATH in os.environ:
        yield
        return
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        os.environ.pop(SAFE_PATH, None)


class _AtWork:
    """What holds from where the first of several workers in this process enters to the last exit.

    Native libraries use one thread, and what is printed goes to stderr: it is no data. Both belong to the process, so
    the first worker to finish must not give them back.
    """

    def __init__(self):
        self.lock, self.inside, self.limits, self.stdout = threading.Lock(), 0, None, None
        self.modules, self.libraries = 0, None

    def __enter__(self):
        import cv2

        cv2.setNumThreads(1)
        with self.lock:
            limits = self._loaded().limit(limits=1)  # each time: of libraries that were loaded since, too
            if not self.inside:
                self.limits, self.stdout, sys.stdout = limits, sys.stdout, sys.stderr
            self.inside += 1

    def __exit__(self, *_):
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limits.restore_original_limits()
                self.limits, sys.stdout = None, self.stdout

    def _loaded(self):
        """Return what controls the libraries of this process; looking for them takes longer than a small fold."""
        from threadpoolctl import ThreadpoolController

        if len(sys.modules) != self.modules:
            self.modules, self.libraries = len(sys.modules), ThreadpoolController()
        return self.libraries


_at_work = _AtWork()


def _single_threaded(caller, before, function, item):
    """Return (`function(item)`, its `Cost`, what it warned of unless this is the process of the caller)."""
    for call in before:
        call()
    with _at_work, _warnings_of(caller) as warned, measure() as cost:
        result = function(item)
    return result, cost, warned


@contextlib.contextmanager
def _warnings_of(caller):
    """Give a list that holds (text, kind, file, line) of each warning after the block; in the caller's process none."""
    warned = []
    if os.getpid() == caller:
        yield warned
        return
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            yield warned
    except BaseException:
        for one in caught:
            warnings.showwarning(one.message, one.category, one.filename, one.lineno)
        raise
    warned += [(str(one.message), UserWarning, one.filename, one.lineno) for one in caught]
