"""The threads that run requests. Each lane has threads and a bounded queue of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, NoReturn

from sippulse_ws.domain.load_errors import Busy
from sippulse_ws.lanes import OPERATIONS, PAGES, PROXIES, Detour
from sippulse_ws.serving.rsgi import Disconnect
from sippulse_ws.serving.writers import ParkedFull, Writers

log = logging.getLogger(__name__)

GUESSERS_TURN = 4


class Job:
    """A request with its whole body; the `lanes.Place` of its operation."""

    __slots__ = (
        "_ticket", "authorized", "client", "done", "end", "environ", "failed_login", "gone",
        "guesses", "lane", "pool", "proto", "request", "since",
    )  # fmt: skip

    def __init__(self, pool: Pool, lane: str, request: Any, proto: Any, end: float) -> None:
        self.pool = pool
        self.lane = lane
        self.request = request
        self.proto = proto  # sends the answer
        self.end = end  # time.monotonic() of its deadline
        self.since = monotonic()
        self.gone: Disconnect | None = None  # done if the client leaves; set when it must wait
        self.done: asyncio.Future[None]  # what the request's coroutine awaits
        self.environ: dict[str, Any] | None = None  # the first run's, for further ones
        self.client = ""  # its address
        self.failed_login = False
        self.guesses = False  # its client's logins keep failing: others come first
        self.authorized: Any = None
        self._ticket = [True]

    def claim(self) -> bool:
        """Take the job, to run or refuse it; False if somebody else has taken it."""
        try:
            return self._ticket.pop()
        except IndexError:
            return False

    @property
    def waits(self) -> bool:
        """Whether nobody has claimed it yet."""
        return bool(self._ticket)

    def wait_again(self) -> None:
        self._ticket.append(True)

    def guessed(self) -> None:
        self.failed_login = True

    def move(self, lane: str) -> None:
        if self.lane == lane:
            return
        if self.pool.is_full(lane, self.guesses):
            raise Busy
        self.lane = lane
        self.wait_again()
        self.pool.queue(self)
        raise Detour

    def park(self, start: Callable[[Callable[[], None]], None]) -> NoReturn:
        self.wait_again()
        start(lambda: self.pool.queue(self))
        raise Detour

    def enter(self, account: str) -> None:
        self.wait_again()  # before another thread can find it among the parked jobs
        try:
            entered = self.pool.writers.enter(account, self)
        except ParkedFull:
            if not self.claim():
                raise Detour from None
            raise Busy from None
        if not entered:
            raise Detour
        if not self.claim():  # its deadline has just passed and it was refused
            self.leave(account)
            raise Detour

    def leave(self, account: str) -> None:
        waiting = self.pool.writers.leave(account)
        if waiting is not None:
            self.pool.queue(waiting, first=True)  # it came before those in the queue


class Lane:
    """A queue of requests and the threads that run them. Threads start with the first request.

    While others wait, clients whose logins keep failing get only one turn in `GUESSERS_TURN`.
    """

    def __init__(self, name: str, threads: int, work: Callable[[Job], None]) -> None:
        self.name = name
        self._others: deque[Job] = deque()
        self._guessers: deque[Job] = deque()
        self._there: SimpleQueue[None] = SimpleQueue()  # one entry for each job in both queues
        self._turn = 0
        self._threads = threads
        self._started = False
        self._lock = Lock()
        self._work = work

    def put(self, job: Job, *, first: bool = False) -> None:
        queue = self._guessers if job.guesses else self._others
        if first:
            queue.appendleft(job)
        else:
            queue.append(job)
        self._there.put(None)
        if not self._started:
            self._start()

    def waiting(self, guesses: bool) -> int:
        return len(self._guessers if guesses else self._others)

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        for number in range(self._threads):
            Thread(target=self._run, name=f"{self.name}-{number}", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._there.get()
            self._work(self._next())

    def _next(self) -> Job:
        while True:
            self._turn += 1
            first, last = self._others, self._guessers
            if last and self._turn % GUESSERS_TURN == 0:
                first, last = last, first
            for queue in (first, last):
                try:
                    return queue.popleft()
                except IndexError:  # another thread took it; there is one in the other queue
                    continue


class Pool:
    """All lanes of a process.

    At most `most` requests wait in a lane, half as many of clients that guess passwords. `run`
    answers a job or raises Detour; `finished` is called when a job is done.
    """

    def __init__(
        self,
        threads: int,
        proxy_threads: int,
        most: int,
        run: Callable[[Job], None],
        finished: Callable[[Job], None],
    ) -> None:
        self.writers: Writers[Job] = Writers(threads, most)
        self._most = most
        self._run = run
        self._finished = finished
        sizes = {OPERATIONS: threads, PROXIES: proxy_threads, PAGES: 1}
        self.lanes = {name: Lane(name, size, self._work) for name, size in sizes.items()}

    def queue(self, job: Job, *, first: bool = False) -> None:
        self.lanes[job.lane].put(job, first=first)

    def is_full(self, lane: str, guesses: bool = False) -> bool:
        most = self._most // 2 if guesses else self._most
        return self.lanes[lane].waiting(guesses) >= most

    def wake(self) -> None:
        """Let a request that waits for other writers try again, if there is room now."""
        if (waiting := self.writers.next()) is not None:
            self.queue(waiting)

    def _work(self, job: Job) -> None:
        if not job.claim():  # answered while it waited
            self.wake()
            return
        try:
            # a request whose client has gone is not begun
            if job.gone is None or not job.gone.done():
                self._run(job)
            else:
                self.wake()
        except Detour:
            return
        except Exception:
            log.exception("a request could not be answered")
        self._finished(job)
