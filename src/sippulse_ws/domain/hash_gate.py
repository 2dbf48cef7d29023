"""The budget for password hashing: one thread per process, fair between networks and logins.

A waiting request gets its result later through `done`, and may release its thread meanwhile.
Networks without failures come first, and have a CPU budget of their own. An unknown login costs no
CPU, but waits alike: in the same queue, and then as long as one of the latest hashes took.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from ipaddress import ip_address, ip_network
from itertools import count
from time import monotonic, perf_counter, process_time, thread_time, time

from sippulse_ws.domain.shared_marks import SharedMarks

# The share of a core, and the most seconds of CPU that may be saved up.
SHARE, BURST = 0.3, 1.0
SUSPECTED_SHARE, SUSPECTED_BURST = 0.1, 0.3
LEAST = 0.25  # the part of these shares that a busy process leaves
LOOK = 0.25  # seconds between looks at that
NICE = 5  # serving threads go before the hashing thread
# Most waiting requests, and most of networks with failures, so that room is left for others.
MOST, MOST_SUSPECTED = 512, 384
MOST_OF_ADDRESS = 160
_PATIENCE = 8.0  # seconds; a request that waited longer is refused
SUSPECTED = 900.0  # seconds for which a network counts as failing after a failure
_FAILED = b"failed".ljust(16)
FEW = 2  # requests of a network that may wait among those without failures
SAMPLES = 256


def network_of(address: str) -> str:
    """The network that an address belongs to: a /24 or /64."""
    try:
        host = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    if host.version == 6 and host.ipv4_mapped:
        host = host.ipv4_mapped
    return str(ip_network(f"{host}/{24 if host.version == 4 else 64}", strict=False))


@dataclass(slots=True)
class Verification:
    """A password to verify; without `verify` only the waiting time is imitated."""

    network: str
    login: str
    verify: Callable[[], bool] | None
    done: Callable[[bool | None], None]  # None: it waited too long
    since: float = field(default_factory=monotonic)


class SpareTime:
    """The part of a core that the process's other threads leave free, from LEAST to 1."""

    def __init__(self) -> None:
        self.share = 1.0
        self._hashed = 0.0
        self._at, self._used = monotonic(), process_time()

    def note_hashing(self, seconds: float) -> None:
        self._hashed += seconds

    def look(self) -> None:
        now = monotonic()
        if now - self._at < LOOK:
            return
        used = process_time()
        others = (used - self._used - self._hashed) / (now - self._at)
        self.share = min(1.0, max(LEAST, 1.0 - others))
        self._at, self._used, self._hashed = now, used, 0.0


class Budget:
    """A budget of CPU time, which refills more slowly while the process has other work."""

    def __init__(self, share: float, burst: float, spare: SpareTime) -> None:
        self._share, self._burst, self._spare = share, burst, spare
        self._left, self._at = burst, monotonic()

    @property
    def left(self) -> float:
        now = monotonic()
        gained = (now - self._at) * self._share * self._spare.share
        self._left = min(self._burst, self._left + gained)
        self._at = now
        return self._left

    @property
    def is_rich(self) -> bool:
        return self.left > self._burst / 2

    def spend(self, seconds: float) -> None:
        self._left -= seconds


class Turns:
    """A queue in which keys take turns."""

    def __init__(self) -> None:
        self._queues: OrderedDict[tuple[str, ...], deque[Verification]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def put(self, key: tuple[str, ...], one: Verification) -> None:
        self._queues.setdefault(key, deque()).append(one)

    def take(self) -> Verification:
        key, queue = self._queues.popitem(last=False)
        one = queue.popleft()
        if queue:
            self._queues[key] = queue
        return one


class HashGate:
    """Verifies one password after another. `dummy` takes as long as a verification."""

    def __init__(self, dummy: Callable[[], bool]) -> None:
        self._dummy = dummy
        self._condition = threading.Condition()
        # logins take turns, and those of addresses with failures after the addresses
        self._clean = Turns()
        self._suspected: OrderedDict[str, Turns] = OrderedDict()
        self._spare = SpareTime()
        self._budget = Budget(SHARE, BURST, self._spare)
        self._suspected_budget = Budget(SUSPECTED_SHARE, SUSPECTED_BURST, self._spare)
        self._waiting: dict[str, int] = {}  # by network
        self._all = 0
        self._marks = SharedMarks()  # networks with failures
        self._durations: deque[float] = deque(maxlen=SAMPLES)
        self._timers: list[tuple[float, int, Verification]] = []
        self._timer_set = threading.Condition()
        self._numbers = count()
        self._started = False

    def submit(self, one: Verification) -> bool:
        """Queue a verification; returns whether there was room. `done` runs in another thread."""
        with self._condition:
            waiting = self._waiting.get(one.network, 0)
            suspected = waiting >= FEW or self._has_failed(one.network)
            most = MOST_SUSPECTED if suspected else MOST
            if self._all >= most or waiting >= MOST_OF_ADDRESS:
                return False
            self._all += 1
            self._waiting[one.network] = waiting + 1
            if suspected:
                self._suspected.setdefault(one.network, Turns()).put((one.login,), one)
            else:
                self._clean.put((one.login,), one)
            if not self._started:
                self._start()
            self._condition.notify()
        return True

    def note_failure(self, network: str) -> None:
        self._marks.put(_digest(network), _FAILED)

    def _has_failed(self, network: str) -> bool:
        found = self._marks.get(_digest(network))
        return found is not None and time() - found[1] < SUSPECTED

    def _start(self) -> None:
        """With the first use, which is after the fork."""
        self._started = True
        for run, name in ((self._work, "hashing"), (self._watch_timers, "hashing-timers")):
            threading.Thread(target=run, name=name, daemon=True).start()

    def _work(self) -> None:
        with suppress(OSError, AttributeError):  # of this thread alone, on Linux
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while True:
            with self._condition:
                while (taken := self._next()) is None:
                    # without end only when there is nothing that a budget could let through
                    self._condition.wait(0.02 if self._all else None)
                one, budget = taken
                alone = self._all == 0
            if one.verify is None and self._durations and not (alone and budget.is_rich):
                self._set_timer(one, random.choice(self._durations))  # noqa: S311 - no secret
            elif one.verify is not None and monotonic() - one.since > _PATIENCE:
                one.done(None)
            else:
                self._verify(one, budget)

    def _verify(self, one: Verification, budget: Budget) -> None:
        started, used = perf_counter(), thread_time()
        right = (one.verify or self._dummy)() and one.verify is not None
        took = perf_counter() - started
        self._durations.append(took)
        budget.spend(took)
        self._spare.note_hashing(thread_time() - used)
        if not right:
            self.note_failure(one.network)
        one.done(right)

    def _next(self) -> tuple[Verification, Budget] | None:
        self._spare.look()
        if self._clean and self._budget.left > 0:
            one, budget = self._clean.take(), self._budget
        elif self._suspected and self._suspected_budget.left > 0:
            network, turns = self._suspected.popitem(last=False)
            one, budget = turns.take(), self._suspected_budget
            if turns:
                self._suspected[network] = turns
        else:
            return None
        self._all -= 1
        self._waiting[one.network] -= 1
        if not self._waiting[one.network]:
            del self._waiting[one.network]
        return one, budget

    def _set_timer(self, one: Verification, seconds: float) -> None:
        with self._timer_set:
            heappush(self._timers, (perf_counter() + seconds, next(self._numbers), one))
            self._timer_set.notify()

    def _watch_timers(self) -> None:
        while True:
            with self._timer_set:
                while not self._timers or self._timers[0][0] > perf_counter():
                    left = self._timers[0][0] - perf_counter() if self._timers else None
                    self._timer_set.wait(left)
                one = heappop(self._timers)[2]
            self.note_failure(one.network)
            one.done(False)


def _digest(network: str) -> bytes:
    return hashlib.blake2b(network.encode(), digest_size=16).digest()
