"""A cluster of dask: items go to its workers, results come back in order, and a worker may die.

It stands in for joblib's backend for dask, which waits for ever for what dask gives up, and sends the arrays that a
function holds with every item.
"""

import asyncio
import contextlib
import io
import logging
import pickle
import platform
import threading
import time
import warnings
import weakref
from collections import deque
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import lru_cache
from itertools import islice

import numpy as np
from joblib.externals.loky.backend.reduction import get_loky_pickler

from baselines.environment import ROOT, numeric_kernel
from baselines.errors import InputError, one_line
from baselines.identity import digest

TRIES = 3  # times that an item may cost its worker, or its arrays
ANSWER = 5  # seconds in which a scheduler answers
NOBODY = 60  # seconds for which a cluster may be without any worker
LOOK = 1.0  # seconds between two looks at the workers of a cluster
PAUSE = 0.01  # seconds between two looks at what is done
LARGE = 2**20  # bytes of an array that goes to a cluster once, and is read-only there: as joblib's between processes
LOUD = ("asyncio", "distributed", "tornado")  # loggers that tell of a lost scheduler at length
ALONE = ", the last time with no other at work"
OTHER_CODE = "runs other code of this project; install the same version there, and start the worker anew"


class WorkerDied(InputError):
    """Workers died over one item each time that it was tried."""


class ClusterLost(InputError):
    """A cluster on which nothing more can be computed: its scheduler or all its workers are gone."""


def died(times, how=""):
    """Return the error of an item that cost so many workers."""
    return WorkerDied(
        f"its worker died {times} times{how}: out of memory, or a crash in a library; try a machine with more memory"
    )


class Cluster:
    """The workers of a dask scheduler."""

    def __init__(self, client, address):
        self.client, self.address = client, address
        self.workers = {}  # address: threads, when there last were any
        self.next_look = 0.0
        self.without = None  # since when there has been no worker
        self.sent = weakref.WeakValueDictionary()  # id of an array -> _Sent, while an item under way needs it
        self._await_worker()
        self._compare()

    def iterate(self, work, items):
        """Yield `work(item)` for each item, or `WorkerDied`."""
        rest, given = enumerate(items), deque()
        while True:
            self._look()
            under_way = [task for task in given if not task.future.done()]
            if not (given and given[0].suspect):
                free = max(2 * len(self.workers) - len(under_way), 0)
                given.extend(self._give(_Task(work, *numbered)) for numbered in islice(rest, free))
            if not given:
                return
            if not given[0].future.done() or (given[0].suspect and under_way):
                time.sleep(PAUSE)
            elif (found := self._outcome(given[0])) is not None:
                given.popleft()
                yield found

    def _await_worker(self):
        self.next_look = 0.0
        self._look()
        while self.without is not None:
            time.sleep(PAUSE)
            self._look()

    def _look(self):
        """Count the workers now and then; raise `ClusterLost` where nobody is left."""
        self._check_scheduler()
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + LOOK
        found = self._ask(self.client.ncores)
        if found:
            self.workers, self.without = found, None
        elif self.without is None:
            self.without = now
            warnings.warn(f"{self.address}: no worker is there; waiting {NOBODY} s for one", stacklevel=2)
        elif now - self.without > NOBODY:
            raise ClusterLost(
                f"{self.address}: no worker for {NOBODY} s; run `dask worker {self.address}` on some machine, and the "
                "same command again"
            )

    def _check_scheduler(self):
        if self.client.status != "running":
            raise self._lost("is gone")

    def _lost(self, how):
        return ClusterLost(
            f"{self.address}: the dask scheduler {how}; start it and its workers anew, and run the same command again"
        )

    def _ask(self, question, *arguments, **options):
        """Return what the scheduler answers; raise `ClusterLost` where it does not."""
        try:
            return question(*arguments, **options)
        except (OSError, CancelledError) as error:
            raise self._lost("does not answer" if isinstance(error, TimeoutError) else "is gone") from None

    def _compare(self):
        """Refuse workers with other code, whose results would be kept as those of ours; warn of other libraries."""
        ours, differing = _ground(), []
        for worker, theirs in self._ask(self.client.run, _ground, on_error="return").items():
            if isinstance(theirs, Exception):
                raise InputError(f"worker {worker}: cannot load this project ({one_line(theirs)}); install it there")
            if theirs["code"] != ours["code"]:
                raise InputError(f"worker {worker}: {OTHER_CODE}")
            others = {name: theirs.get(name) for name in ours if theirs.get(name) != ours[name]}
            differing += [f"worker {worker}: {name} is {other}, here {ours[name]}" for name, other in others.items()]
        wide = [f"worker {worker} has {threads}" for worker, threads in self.workers.items() if threads > 1]
        if wide:
            more = f" (and {len(wide) - 1} more)" if len(wide) > 1 else ""
            warnings.warn(
                f"{wide[0]} threads{more}, one of which works; start it with --nworkers instead", stacklevel=2
            )
        if differing:
            more = f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
            warnings.warn(f"{differing[0]}{more}; figures may differ", stacklevel=2)

    def _give(self, task):
        """Give a task to the workers, and return it; an array that many tasks hold goes there once."""
        packed = io.BytesIO()
        packer = _Packer(packed)
        packer.dump((task.work, task.item))
        new = [array for array in packer.arrays if not self._is_there(array)]
        futures = []
        if new:
            self._await_worker()
            futures = self._ask(self.client.scatter, new, hash=False)
        task.sent = [_Sent(array, future) for array, future in zip(new, futures)]  # kept alive until they are found
        self.sent.update({id(one.array): one for one in task.sent})
        task.sent = [self.sent[id(array)] for array in packer.arrays]
        what = _in_worker, _ground()["code"], packed.getvalue(), *(one.future for one in task.sent)
        task.future = self._ask(self.client.submit, *what, pure=False, priority=-task.number)  # the first first
        return task

    def _is_there(self, array):
        sent = self.sent.get(id(array))
        return sent is not None and sent.future.status == "finished"

    def _outcome(self, task):
        """Return what came of a task that is done, or None where it had to be given anew."""
        from distributed import KilledWorker

        status = task.future.status
        if status == "finished":
            return self._ask(task.future.result)
        if status == "error":
            error = self._ask(task.future.exception)
            if not isinstance(error, KilledWorker):
                raise error
            # dask blames all that was given to the dead workers: it may have been another
            if task.alone:
                return died(2 * (error.allowed_failures + 1), ALONE)
            if task.suspect:
                task.alone = True
                self._give(task)
            task.suspect = True
            return None
        self._check_scheduler()  # else workers took the only copy of its arrays with them
        task.losses += 1
        if task.losses == TRIES:
            return died(TRIES)
        self._give(task)
        return None


class _Task:
    """An item that is under way on a cluster."""

    def __init__(self, work, number, item):
        self.work, self.number, self.item = work, number, item
        self.sent, self.future = [], None
        self.losses = 0  # of its arrays
        self.suspect = self.alone = False  # of killing workers; tried with no other at work


class _Sent:
    """An array that a cluster holds."""

    def __init__(self, array, future):
        self.array, self.future = array, future


class _Packer(get_loky_pickler()):  # what can go to a process here can go to a cluster
    """Packs an object without its large arrays, which it lists."""

    def __init__(self, stream):
        super().__init__(stream)
        self.arrays, self.numbers = [], {}

    def persistent_id(self, value):
        if type(value) is not np.ndarray or value.nbytes < LARGE or value.dtype.hasobject:
            return None
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.arrays)
            self.arrays.append(value)
        return self.numbers[id(value)]


class _Unpacker(pickle.Unpickler):
    """Unpacks what `_Packer` packed, with the arrays at hand."""

    def __init__(self, stream, arrays):
        super().__init__(stream)
        self.arrays = arrays

    def persistent_load(self, number):
        return self.arrays[number]


_one_at_a_time = threading.Lock()  # not all libraries let two threads in


def _in_worker(code, packed, *arrays):
    """Return `work(item)` of a task in a worker of a cluster; other tasks of this worker hold the same arrays."""
    with _one_at_a_time:
        if _ground()["code"] != code:  # a worker that came late
            raise ClusterLost(f"a worker on {platform.node()}: {OTHER_CODE}")
        for array in arrays:
            array.flags.writeable = False
        work, item = _Unpacker(io.BytesIO(packed), arrays).load()
        return work(item)


@lru_cache
def _ground():
    """Return what a worker must share with this process: {"code": digest of ours, library or BLAS: version}."""
    files = [file for package in ("features", "baselines") for file in sorted((ROOT / package).rglob("*.py"))]
    code = digest([[str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")] for file in files])
    blas = {f"the BLAS of {owner}": told for owner, told in numeric_kernel().items()}
    return {"code": code, "numpy": np.__version__, **blas}


@contextlib.contextmanager
def connected(scheduler):
    """Give the `Cluster` of a dask scheduler inside the block."""
    try:
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ImportError:
        raise InputError("--backend dask needs dask: run `pip install 'megc-baselines[dask]'`") from None
    if not scheduler:
        raise InputError("--backend dask needs --scheduler ADDR, such as tcp://127.0.0.1:8786")
    with _quiet():
        _check_answer(scheduler)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # a table; `_compare` tells what matters
            client = Client(scheduler, timeout=ANSWER, set_as_default=False)
        with client:
            yield Cluster(client, scheduler)


def _check_answer(scheduler):
    with ThreadPoolExecutor(1) as apart:  # in a notebook, this thread has a loop already
        try:
            found = apart.submit(asyncio.run, _kind_of(scheduler)).result()
        except Exception as error:  # of many kinds, by what listens there
            found = str(error) or "nothing is said"
    if found != "Scheduler":
        raise InputError(
            f"--scheduler {scheduler}: no dask scheduler answers ({found}); correct the address or run `dask scheduler`"
        )


async def _kind_of(address):
    """Return what of dask answers at an address; `Client` would wait for ever for what listens and says nothing."""
    from distributed import Security, rpc

    security = Security().get_connection_args("client")
    async with asyncio.timeout(ANSWER + 1), rpc(address, timeout=ANSWER, connection_args=security) as there:
        return (await there.identity())["type"]


@contextlib.contextmanager
def _quiet():
    """Silence what dask logs: what a user must know is raised as an error."""
    loggers = [logging.getLogger(name) for name in LOUD]
    loggers += [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith(LOUD)]
    levels = {logger: logger.level for logger in loggers}
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
