"""One loop for everything that runs over subjects, clips or videos: joblib, any backend, one thread a worker."""

import contextlib
import sys

import click
import joblib

from baselines.costs import measure, under_way
from baselines.errors import InputError, one_line

DONE = object()


def iterate_parallel(function, items, jobs=1, label=""):
    """Yield `function(item)` for each item, in order, computed by `jobs` workers.

    A progress bar with `label` goes to stderr (only the label when stderr is no terminal). The backend
    is the caller's, set with `parallel_backend`; native libraries use one thread inside a worker.
    What the workers did counts as the caller's work where that is measured (`baselines.costs`), waiting for them does
    not.
    """
    items = list(items)
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs")
    with progress_bar(len(items), label) as bar:
        results = iter(parallel(joblib.delayed(_single_threaded)(function, item) for item in items))
        while True:
            with measure(memory=False):
                found = next(results, DONE)
            if found is DONE:
                return
            result, cost = found
            caller = under_way()
            if caller:
                caller.add(cost)
            bar.update(1)
            yield result


def run_parallel(function, items, jobs=1, label=""):
    """Return the list of what `iterate_parallel` yields."""
    return list(iterate_parallel(function, items, jobs, label))


def attempt(function, item):
    """Return (`function(item)`, None), or (None, what went wrong in one line): one bad item stops no other."""
    try:
        return function(item), None
    except Exception as error:
        return None, one_line(error)


def progress_bar(length, label):
    """Return a progress bar on stderr; without a label it is silent."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not label)


def parallel_backend(name=None, scheduler=None):
    """Return a context in which `run_parallel` uses the backend loky, threading or dask (at `scheduler`)."""
    if name is None:
        return contextlib.nullcontext()
    if name == "dask":
        try:
            from distributed import Client
        except ImportError:
            raise InputError("--backend dask needs dask: run `pip install 'megc-baselines[dask]'`") from None
        if not scheduler:
            raise InputError("--backend dask needs --scheduler ADDR, such as tcp://127.0.0.1:8786")
        try:
            Client(scheduler, set_as_default=True)
        except (OSError, ValueError) as error:
            message = f"--scheduler {scheduler}: no dask scheduler answers ({error}); mend the address"
            raise InputError(message) from None
    return joblib.parallel_config(backend=name)


def _single_threaded(function, item):
    """Return (`function(item)`, its `Cost`)."""
    import cv2
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(1)
    with threadpool_limits(1), measure() as cost:
        result = function(item)
    return result, cost
