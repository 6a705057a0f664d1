"""An object in a process of its own: what it does may end that process, never this one.

For libraries that a damaged or hostile file can bring down. The process has bounds on memory and on the time of each
call; it ends with the process that began it, however that ends. What it is given is pickled; what it gives back is
JSON, never an object, so that whatever took hold of it reaches no further.
"""

import contextlib
import importlib
import json
import os
import pickle
import queue
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import weakref

from baselines.errors import InputError, one_line

LENGTH = struct.Struct("<Q")  # of a message to the process
LOOKED_AT, TOLD = 4096, 160  # bytes at the end of what it complained of, characters of its last line
LARGEST_FILE = 2**20  # bytes that it may write
FOLDERS = re.compile(r"\S*/")  # where the source of a library lay when it was built
GRACE = 2.0  # s that it has to end by itself
BEGIN = "import sys; sys.path[:] = {path!r}; from baselines.confined import serve; serve({memory!r})"


class Ended(Exception):
    """The process ended, or was ended because it took too long; the message says how."""


class Confined:
    """An object of a class, made in a process of its own from what the class is given.

    memory: bytes of its own that the process may have, None for any (held on Linux only). seconds: how long making the
    object may take. Raises `InputError` as the class does, `Ended` where the process is gone.
    """

    def __init__(self, of, *given, memory=None, seconds=None):
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        begin = BEGIN.format(path=sys.path, memory=memory)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", begin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=os.environ | {"GGML_NO_BACKTRACE": "1"},
        )
        self._lock, self._replies = threading.Lock(), queue.SimpleQueue()
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._replies), daemon=True).start()
        self._finalizer = weakref.finalize(self, _end, self._process, self._complaints)
        self.pid = self._process.pid
        self._ask((of.__module__, of.__qualname__, given), seconds)

    def call(self, method, *given, seconds=None):
        """Return what a method gives, which may take so many seconds, else the process is ended."""
        return self._ask((method, given), seconds)

    def close(self):
        """End the process; nothing can be called afterwards."""
        self._finalizer()

    def _ask(self, request, seconds):
        message = pickle.dumps(request, protocol=5)
        with self._lock:
            if not self._finalizer.alive:
                raise Ended("has ended")
            with contextlib.suppress(OSError):  # of a process that is gone, which its answer tells
                self._process.stdin.write(LENGTH.pack(len(message)) + message)
                self._process.stdin.flush()
            try:
                reply = json.loads(self._replies.get(timeout=seconds) or "null")
            except queue.Empty:
                self.close()
                raise Ended(f"took more than {seconds:.0f} s") from None
            except ValueError:
                reply = None
            if not isinstance(reply, dict):
                raise Ended(self._how_it_ended())
        if "refused" in reply:
            raise InputError(reply["refused"])
        if "fault" in reply:
            self.close()
            raise Ended(f"failed ({reply['fault']})")
        return reply["value"]

    def _how_it_ended(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        code = self._process.returncode
        self._complaints.seek(max(0, self._complaints.seek(0, os.SEEK_END) - LOOKED_AT))
        lines = self._complaints.read().decode("utf-8", "replace").splitlines()
        self.close()
        if code is None:
            return "gave no answer"
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
        last = next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")
        told = FOLDERS.sub("", last)[:TOLD]
        return f"{how} ({told})" if told else how


def serve(memory):
    """Make the object that standard input asks for, and answer calls of its methods until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; ours is told otherwise
    _bound(memory)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    requests = queue.SimpleQueue()
    threading.Thread(target=_take_in, args=(sys.stdin.buffer, requests), daemon=True).start()
    held = None
    while True:
        request = requests.get()
        try:
            if held is None:
                module, name, given = request
                value, held = None, getattr(importlib.import_module(module), name)(*given)
            else:
                method, given = request
                value = getattr(held, method)(*given)
            reply = json.dumps({"value": value})
        except InputError as error:
            reply = json.dumps({"refused": str(error)})
        except Exception as error:
            reply = json.dumps({"fault": one_line(error).rstrip(": ")})
        print(reply, file=answers, flush=True)


def _bound(memory):
    try:
        import resource
    except ImportError:  # on Windows
        return
    bounds = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: LARGEST_FILE}
    for kind, most in (bounds | ({resource.RLIMIT_DATA: memory} if memory else {})).items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, hard))


def _take_in(stream, requests):
    """Pass requests on as they come; where they end, the process ends, whatever it is doing."""
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        requests.put(pickle.loads(stream.read(*LENGTH.unpack(head))))
    os._exit(0)


def _pass_on(stream, replies):
    """Pass the lines of a stream on as they come, and "" at its end."""
    with contextlib.suppress(OSError, ValueError):  # it was closed meanwhile
        for line in stream:
            replies.put(line)
    replies.put("")


def _end(process, complaints):
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    complaints.close()


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
