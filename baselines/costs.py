"""What work costs: the seconds of one worker, what it took from the cache and how long that took to make, and memory.

`measure` measures a block. What is made for the cache inside it is not the block's own: whoever needs it next finds it
there. It is told apart, as `kept`, with the seconds that making it took whenever that was: so the cost of a block is
the same whether it found an array or made it, and what many blocks share can be counted once.
"""

import contextlib
import ctypes
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

LOOK = 0.02  # seconds between two looks where the system keeps no peak for us
Kept = dict[str, dict[str, list[float]]]  # kind -> short key -> [seconds that making it took, MB it grew by]


@dataclass
class Cost:
    """What a block of work cost.

    seconds: of its own, without what was made for the cache. kept: the arrays that it took from the cache or made for
    it, with those that they are made of. growth: bytes that a process held at most beyond what it held before, without
    what making arrays for the cache needed for a while; None where the system does not tell.
    """

    seconds: float = 0.0
    kept: Kept = field(default_factory=dict)
    growth: int | None = None

    def take(self, kept: Mapping[str, Mapping[str, list[float]]]) -> None:
        """Count arrays that were taken from the cache, or made for it."""
        for kind, arrays in kept.items():
            self.kept.setdefault(kind, {}).update(arrays)

    def add(self, other: "Cost") -> None:
        """Count the work of another worker."""
        self.seconds += other.seconds
        self.take(other.kept)
        self.growth = _most(self.growth, other.growth)

    @property
    def growth_mb(self) -> float | None:
        """The growth in MB, to one decimal."""
        return None if self.growth is None else round(self.growth / 1e6, 1)


class _Open(threading.local):
    def __init__(self) -> None:
        self.blocks: list[Cost] = []  # the innermost last


_open = _Open()


def under_way() -> Cost | None:
    """Return the innermost block that is being measured in this thread, None outside of any."""
    return _open.blocks[-1] if _open.blocks else None


@contextlib.contextmanager
def measure(memory: bool = True) -> Iterator[Cost]:
    """Measure a block, with its memory or without; its `Cost` is complete when it ends.

    The seconds of a block inside another are not the outer's own; to count them there, `add` it.
    """
    cost, outer = Cost(), under_way()
    growth = _Growth.begin() if memory else None
    _open.blocks.append(cost)
    start = time.perf_counter()
    try:
        yield cost
    finally:
        elapsed = time.perf_counter() - start
        _open.blocks.pop()
        cost.seconds += elapsed
        cost.growth = _most(cost.growth, growth.end() if growth else None)
        if outer is not None:
            outer.seconds -= elapsed


@contextlib.contextmanager
def apart() -> Iterator[Cost]:
    """Measure a block whose seconds and memory are not the outer's own: it serves others, too, or is done once."""
    resume = _Growth.pause()
    try:
        with measure() as cost:
            yield cost
    finally:
        resume()


def kept_by(cost: Cost, kind: str, key: str) -> Kept:
    """Return as `Kept` what was made in a block of this cost, and all that it took."""
    found = {name: dict(arrays) for name, arrays in cost.kept.items()}
    found.setdefault(kind, {})[key] = [round(cost.seconds, 4), cost.growth_mb or 0.0]
    return found


def _most(*values: int | None) -> int | None:
    return max((value for value in values if value is not None), default=None)


class _Growth:
    """How far the memory of this process goes above what it holds at the beginning, in bytes.

    The system knows one peak a process; it is set back to what is held now whenever a growth begins, after those under
    way have noted it. Threads of one process are not told apart.
    """

    under_way: ClassVar[list["_Growth"]] = []
    lock = threading.RLock()

    def __init__(self, held: int) -> None:
        self.held = held
        self.most = 0
        self.paused = 0

    @classmethod
    def begin(cls) -> "_Growth | None":
        """Return a growth that is under way; None where the system does not tell memory."""
        with cls.lock:
            held = cls._start_anew()
            if held is None:
                return None
            begun = cls(held)
            cls.under_way.append(begun)
            return begun

    def end(self) -> int:
        """Return the growth, which is over."""
        with self.lock:
            self.note()
            self.under_way.remove(self)
        return self.most

    @classmethod
    def pause(cls) -> Callable[[], None]:
        """Let all that are under way miss what comes, until what is returned is called; what stays is held before."""
        with cls.lock:
            before, paused = cls._start_anew(), list(cls.under_way)
            for growth in paused:
                growth.paused += 1

        def resume() -> None:
            with cls.lock:
                now = cls._start_anew()
                for growth in paused:
                    growth.paused -= 1
                    growth.held += (now or 0) - (before or 0)

        return resume

    @classmethod
    def note(cls) -> None:
        """Note the peak in all that are under way."""
        _, peak = _memory() or (0, 0)
        for growth in cls.under_way:
            if not growth.paused:
                growth.most = max(growth.most, peak - growth.held)

    @classmethod
    def _start_anew(cls) -> int | None:
        """Note the peak, set it back, and return what is held now; memory that was freed is given back before."""
        cls.note()
        _give_back()
        _set_peak_back()
        found = _memory()
        return found[0] if found else None


def _memory() -> tuple[int, int] | None:
    """Return (bytes in memory now, most of them since the peak was set back), None where the system does not tell."""
    try:
        with open("/proc/self/status", "rb") as status:
            told = {name: value for name, _, value in (line.partition(b":") for line in status)}
    except OSError:
        return None
    now, peak = (int(told[name].split()[0]) * 1024 for name in (b"VmRSS", b"VmHWM"))
    return now, peak if _can_set_back() else now


def _set_peak_back() -> None:
    if _can_set_back():
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")


@lru_cache
def _can_set_back() -> bool:
    """Tell whether the system lets a process set its peak back; else a thread looks at its memory again and again."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        threading.Thread(target=_look_on, daemon=True).start()
        return False
    return True


def _look_on() -> None:
    while True:
        time.sleep(LOOK)
        with _Growth.lock:
            _Growth.note()


def _give_back() -> None:
    trim = _trim()
    if trim:
        trim(0)


@lru_cache
def _trim() -> Any:
    """Return the function that gives freed memory back to the system, None where the C library has none."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows
        return None
