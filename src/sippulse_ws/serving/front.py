"""Takes requests from granian's event loop (RSGI) and passes each to a thread.

Nothing blocks the event loop: bodies are awaited, health is known already, everything else is a job
for the pool. The thread sends the answer itself. The request's coroutine ends later, when the loop
is awake anyway, because waking the loop for it would cost a tenth of a request.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

from sippulse_ws import metrics
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.load_errors import Busy, DeadlineExceeded
from sippulse_ws.lanes import OPERATIONS, PAGES
from sippulse_ws.serving.bodies import Bodies, BodiesFull, BodyBroken, BodyTimeout
from sippulse_ws.serving.environ import Answer, Environ, Received, client_address, environ_of
from sippulse_ws.serving.files import SentFiles
from sippulse_ws.serving.guessers import Clients
from sippulse_ws.serving.pool import Job, Pool
from sippulse_ws.serving.refusals import (
    BAD_PATH,
    BROKEN_BODY,
    LATE_BODY,
    Refusal,
    Refusals,
)
from sippulse_ws.serving.rsgi import RsgiProtocol, RsgiScope
from sippulse_ws.wire.spooled import Spooled

TICK = 0.1  # seconds between looks at waiting requests, while there are any
# After so many seconds of waiting a request is dropped if its client disconnects.
UNWATCHED = 0.05

Wsgi = Callable[[Environ, Any], Iterable[bytes]]

CLOSE = ("Connection", "close")
OK = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process."""

    threads: int
    proxy_threads: int
    queue: int  # most requests that wait in a lane
    seconds: float  # for an operation, from the end of its request to its answer
    body_seconds: float
    largest_body: int
    trusted_proxies: int = 0  # hops whose X-Forwarded-For counts


class Front:
    """The RSGI application in front of `app`, which is WSGI.

    `quick` has answers that need no thread, by path; `refusals` makes the answers to requests that
    no thread will run.
    """

    def __init__(
        self,
        app: Wsgi,
        quick: dict[str, Callable[[], Refusal]],
        refusals: Refusals,
        limits: Limits,
        known: Clients,
    ) -> None:
        self.draining = False
        self.last_request = monotonic()
        self._app = app
        self._quick = quick
        self._refusals = refusals
        self._limits = limits
        self._bodies = Bodies(limits.body_seconds, limits.largest_body)
        self._known = known
        self._pool = Pool(
            limits.threads, limits.proxy_threads, limits.queue, self._run, self._finished_by_thread
        )
        self._jobs: dict[Job, None] = {}
        self._finished: deque[Job] = deque()
        self._files = SentFiles()
        self._ticking = False
        self._loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._measure([])  # the metrics exist before the first request

    @property
    def unanswered(self) -> int:
        """How many requests are in progress."""
        self._let_go()
        return len(self._jobs) + len(self._bodies)

    async def __rsgi__(self, scope: RsgiScope, proto: RsgiProtocol) -> None:
        at = perf_counter()
        if self._finished:
            self._let_go()
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(TICK, self._tick)
        if self.draining:
            self.last_request = monotonic()
        try:
            path = scope.path
        except Exception:  # noqa: BLE001 - granian's own error, for a path that is not UTF-8
            self._send(proto, self._refusals.break_off(scope, "", BAD_PATH))
            return
        if scope.method == "POST":
            await self._post(scope, proto, path, at)
        else:
            await self._get(scope, proto, path, at)

    async def _get(self, scope: RsgiScope, proto: RsgiProtocol, path: str, at: float) -> None:
        quick = self._quick.get(path)
        if quick is not None and scope.method in ("GET", "HEAD"):
            self._send(proto, quick())
        else:
            await self._answered(PAGES, Received(scope, b"", at), proto, path)

    async def _post(self, scope: RsgiScope, proto: RsgiProtocol, path: str, at: float) -> None:
        try:
            body = await self._bodies.read(scope, proto)
        except BodyTimeout:
            metrics.BODY_TIMEOUTS.inc()
            self._send(proto, self._refusals.break_off(scope, path, LATE_BODY))
        except BodyBroken:
            self._send(proto, self._refusals.break_off(scope, path, BROKEN_BODY))
        except BodiesFull:
            self._turn_away(scope, proto, path, Busy())
        else:
            await self._answered(OPERATIONS, Received(scope, body, at), proto, path)

    async def _answered(self, lane: str, request: Received, proto: RsgiProtocol, path: str) -> None:
        client = self._client_of(request.scope)
        guesses = lane == OPERATIONS and self._known.guesses(client, request)
        if self._pool.is_full(lane, guesses) or (guesses and not self._known.guessers.has_turn()):
            self._turn_away(request.scope, proto, path, Busy())
            return
        job = Job(self._pool, lane, request, proto, monotonic() + self._limits.seconds)
        job.client, job.guesses = client, guesses
        done = job.done = self._loop.create_future()
        self._jobs[job] = None
        self._pool.queue(job)
        del job, request  # they refer to the body
        await done

    def _client_of(self, scope: RsgiScope) -> str:
        """The client's address, given by trusted proxies if there are any."""
        return client_address(scope, self._limits.trusted_proxies)

    def _run(self, job: Job) -> None:
        """Call the application and send its answer. Runs in a thread."""
        answer = Answer()
        if job.environ is None:
            job.environ = environ_of(job.request, job)
        else:
            job.environ["wsgi.input"].seek(0)
        body = self._app(job.environ, answer)
        if job.failed_login:
            self._known.guessers.note(job.client)
        elif answer.status == OK and job.lane == OPERATIONS:
            self._known.proofs.note(job.request, job.client, suspected=job.guesses)
        headers = answer.headers
        if self.draining:
            headers = [*headers, CLOSE]
        if isinstance(body, list):
            whole = body[0] if len(body) == 1 else b"".join(body)
            job.proto.response_bytes(answer.status, headers, whole)
        elif isinstance(body, Spooled) and body.is_file:
            job.proto.response_file(answer.status, headers, self._files.path_of(body, job.proto))
        else:
            try:
                job.proto.response_bytes(answer.status, headers, b"".join(body))
            finally:
                if hasattr(body, "close"):
                    body.close()

    def _finished_by_thread(self, job: Job) -> None:
        job.environ = None  # which refers to the job
        self._finished.append(job)

    def _let_go(self) -> None:
        """Let the coroutines of answered requests end."""
        while self._finished:
            job = self._finished.popleft()
            self._jobs.pop(job, None)
            if job.gone is not None:
                job.gone.cancel()
            if not job.done.done():
                job.done.set_result(None)

    def _tick(self) -> None:
        self._let_go()
        now = monotonic()
        self._bodies.end_late_ones(now)
        self._look_at_waiting(now)
        self._files.let_go()
        self._ticking = bool(self._jobs or self._finished or self._files or len(self._bodies))
        if self._ticking:
            self._loop.call_later(TICK, self._tick)

    def _look_at_waiting(self, now: float) -> None:
        waiting = [job for job in self._jobs if job.waits]
        for job in waiting:
            if now > job.end:
                self._give_up(job)
            elif job.gone is None and now - job.since > UNWATCHED:
                job.gone = job.proto.client_disconnect()
        if waiting:
            self._pool.wake()
        self._measure(waiting)

    def _measure(self, waiting: list[Job]) -> None:
        metrics.show_all()
        queued = Counter(job.lane for job in waiting)
        busy = Counter(job.lane for job in self._jobs)
        busy.subtract(queued)
        for lane in self._pool.lanes:
            metrics.REQUESTS_QUEUED.labels(lane).set(queued[lane])
            metrics.THREADS_BUSY.labels(lane).set(busy[lane])

    def _give_up(self, job: Job) -> None:
        """Refuse a request whose deadline passed while it waited for a thread."""
        if job.claim():
            error = DeadlineExceeded(seconds=self._limits.seconds)
            scope = job.request.scope
            self._turn_away(scope, job.proto, scope.path, error)
            self._finished.append(job)
            self._let_go()

    def _turn_away(
        self, scope: RsgiScope, proto: RsgiProtocol, path: str, error: DomainError
    ) -> None:
        metrics.TURNED_AWAY.labels(error.code).inc()
        self._send(proto, self._refusals.turn_away(scope, path, error))

    def _send(self, proto: RsgiProtocol, answer: Refusal) -> None:
        status, headers, body = answer
        proto.response_bytes(status, [*headers, CLOSE] if self.draining else headers, body)
