"""A process of its own may end as it likes: that is told in one line, and this process goes on."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from victims import Victim

from baselines.confined import Confined, Ended
from baselines.errors import InputError

MB = 2**20
ENDS = {
    "abort": r"was ended by SIGABRT \(source\.c:12: an assertion failed\)",
    "read_past_the_end": "was ended by SIGSEGV",
    "leave": "ended with exit code 7",
    "kill": "was ended by SIGKILL",
    "fail": r"failed \(unexpected KeyError: 'a fault'\)",
    "strange": r"failed \(unexpected TypeError: .*not JSON",
    "flood": r"failed \(unexpected OSError: .*too large",
}


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def gone_soon(pid, seconds=3):
    end = time.monotonic() + seconds
    while not gone(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return gone(pid)


@pytest.fixture(scope="module")
def sound():
    victim = Confined(Victim, seconds=60)
    yield victim
    victim.close()


def test_arrays_go_in_and_values_come_out_of_one_object(sound):
    arrays = np.arange(12.0).reshape(3, 4), np.ones((2, 2, 3), np.uint8)
    (total, first), (again, second) = (sound.call("add", *arrays, seconds=60) for _ in range(2))
    assert total == again == 78
    assert second == first + 1


def test_what_is_refused_is_refused_here_and_the_object_stays(sound):
    with pytest.raises(InputError, match=r"^this\.gguf: no model; give another$"):
        sound.call("refuse", seconds=60)
    assert sound.call("add", seconds=60)[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="signals and bounds are those of POSIX")
@pytest.mark.parametrize("trouble", ENDS)
def test_how_it_ended_is_told_in_one_line_and_nothing_is_left(trouble, capfd):
    victim = Confined(Victim, seconds=60)
    with pytest.raises(Ended, match=ENDS[trouble]) as caught:
        victim.call(trouble, seconds=60)
    assert "\n" not in str(caught.value)
    assert gone(victim.pid)
    with pytest.raises(Ended, match="has ended"):
        victim.call("add", seconds=60)
    assert capfd.readouterr() == ("", "")


def test_making_the_object_may_fail_too():
    with pytest.raises(Ended, match="SIGABRT"):
        Confined(Victim, "abort", seconds=60)
    with pytest.raises(InputError, match=r"this\.gguf"):
        Confined(Victim, "refuse", seconds=60)


def test_what_takes_too_long_is_ended():
    victim = Confined(Victim, seconds=60)
    with pytest.raises(Ended, match="took more than 1 s"):
        victim.call("loop", seconds=1)
    assert gone(victim.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_memory_is_bounded():
    victim = Confined(Victim, memory=400 * MB, seconds=60)
    assert victim.call("fill", 50 * MB, seconds=60) == 50 * MB
    with pytest.raises(Ended, match="MemoryError"):
        victim.call("fill", 500 * MB, seconds=60)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("doing", ["wait", "loop"])
def test_it_ends_with_the_process_that_began_it_whatever_it_is_doing(how, doing):
    given = ", 100" if doing == "wait" else ""
    code = (
        "import sys; from victims import Victim; from baselines.confined import Confined\n"
        "victim = Confined(Victim, seconds=60); print(victim.pid, flush=True)\n"
        f"victim.call({doing!r}{given})\n"
    )
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    ) as caller:
        pid = int(caller.stdout.readline())
        time.sleep(0.2)
        caller.send_signal(how)
    assert gone_soon(pid)


def test_forgotten_it_ends():
    pid = Confined(Victim, seconds=60).pid
    assert gone_soon(pid)
