"""Objects that end, fill or stop the process that they are in, for the tests of `baselines.confined`."""

import ctypes
import os
import signal
import sys
import time

import numpy as np

from baselines.errors import InputError


class Victim:
    """What can go wrong in a process, one method each."""

    def __init__(self, trouble=None, *given):
        self.calls = 0
        if trouble:
            getattr(self, trouble)(*given)

    def add(self, *arrays):
        """Return the sum of arrays, and how often this was called."""
        self.calls += 1
        print("what a library prints is no answer")
        return [float(sum(array.sum() for array in arrays)), self.calls]

    def refuse(self):
        raise InputError("this.gguf: no model; give another")

    def fail(self):
        raise KeyError("a fault")

    def abort(self):
        print("/home/of/somebody/source.c:12: an assertion failed", file=sys.stderr, flush=True)
        os.abort()

    def read_past_the_end(self):
        ctypes.string_at(0)

    def leave(self):
        os._exit(7)

    def loop(self):
        while True:
            pass

    def wait(self, seconds):
        time.sleep(seconds)

    def fill(self, size):
        return int(np.ones(size, np.uint8).sum())

    def flood(self):
        """Complain without end."""
        while True:
            print("x" * 1000, file=sys.stderr, flush=True)

    def strange(self):
        return object()

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)
