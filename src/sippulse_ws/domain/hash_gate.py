"""The budget of password hashing: one thread a process, fair between addresses and their logins.

Whoever waits here is told its result later (`done`), and may have given its thread away meanwhile.
An address without failures goes first and may spend what it needs. All others share a budget of CPU
time. A login that does not exist costs nothing but the same wait: it stands in the same queue, and
then takes as long as one of the latest hashes took.
"""

from __future__ import annotations

import random
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from ipaddress import ip_address, ip_network
from itertools import count
from time import monotonic, perf_counter

SHARE = 0.15  # of a core, for addresses with failures
BURST = 3.0  # seconds of CPU that may be saved up
MOST = 512  # waiting in all
MOST_OF_ADDRESS = 160
PATIENCE = 8.0  # seconds; whoever waited longer is refused
SUSPECTED = 900.0  # seconds after its last failure
REMEMBERED = 8192  # addresses with failures
SAMPLES = 256


def network_of(address: str) -> str:
    """What counts as one address: a /24, a /64."""
    try:
        host = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    if host.version == 6 and host.ipv4_mapped:
        host = host.ipv4_mapped
    return str(ip_network(f"{host}/{24 if host.version == 4 else 64}", strict=False))


@dataclass(slots=True)
class Verification:
    """Something to verify; without `verify` only the wait of it."""

    network: str
    login: str
    verify: Callable[[], bool] | None
    done: Callable[[bool | None], None]  # None: it waited too long
    since: float = field(default_factory=monotonic)


class HashGate:
    """Verifies one password after the other. `dummy` costs what a verification costs."""

    def __init__(self, dummy: Callable[[], bool]) -> None:
        self._dummy = dummy
        self._condition = threading.Condition()
        self._clean: deque[Verification] = deque()
        self._others: OrderedDict[str, OrderedDict[str, deque[Verification]]] = OrderedDict()
        self._waiting = 0
        self._of_network: dict[str, int] = {}
        self._failed: OrderedDict[str, float] = OrderedDict()
        self._budget = BURST
        self._counted = monotonic()
        self._durations: deque[float] = deque(maxlen=SAMPLES)
        self._timers: list[tuple[float, int, Verification]] = []
        self._timer_set = threading.Condition()
        self._numbers = count()
        self._started = False

    def submit(self, one: Verification) -> bool:
        """Whether it was taken; `done` is called later, in another thread."""
        with self._condition:
            full = self._waiting >= MOST
            if full or self._of_network.get(one.network, 0) >= MOST_OF_ADDRESS:
                return False
            self._waiting += 1
            self._of_network[one.network] = self._of_network.get(one.network, 0) + 1
            if self._is_suspected(one.network):
                logins = self._others.setdefault(one.network, OrderedDict())
                logins.setdefault(one.login, deque()).append(one)
            else:
                self._clean.append(one)
            if not self._started:
                self._start()
            self._condition.notify()
        return True

    def note_failure(self, network: str) -> None:
        with self._condition:
            self._failed.pop(network, None)
            self._failed[network] = monotonic()
            if len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)

    def _is_suspected(self, network: str) -> bool:
        return monotonic() - self._failed.get(network, float("-inf")) < SUSPECTED

    def _start(self) -> None:
        """With the first use, which is after the fork."""
        self._started = True
        for run, name in ((self._work, "hashing"), (self._watch_timers, "hashing-timers")):
            threading.Thread(target=run, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._condition:
                while (one := self._next()) is None:
                    # a wait without end only when there is nothing to wait for
                    self._condition.wait(0.02 if self._others else None)
                self._leave(one)
            if one.verify is None and self._durations and self._budget < BURST / 2:
                self._set_timer(one, random.choice(self._durations))  # noqa: S311 - no secret
            elif one.verify is not None and monotonic() - one.since > PATIENCE:
                one.done(None)
            else:
                started = perf_counter()
                right = (one.verify or self._dummy)()
                took = perf_counter() - started
                self._durations.append(took)
                self._budget -= took
                one.done(right and one.verify is not None)

    def _next(self) -> Verification | None:
        now = monotonic()
        self._budget = min(BURST, self._budget + (now - self._counted) * SHARE)
        self._counted = now
        if self._clean:
            return self._clean.popleft()
        if not self._others or self._budget <= 0:
            return None
        network, logins = self._others.popitem(last=False)
        login, queue = logins.popitem(last=False)
        one = queue.popleft()
        if queue:
            logins[login] = queue
        if logins:
            self._others[network] = logins
        return one

    def _leave(self, one: Verification) -> None:
        self._waiting -= 1
        left = self._of_network[one.network] - 1
        if left:
            self._of_network[one.network] = left
        else:
            del self._of_network[one.network]

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
            one.done(False)
