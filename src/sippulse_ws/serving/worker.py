"""A worker process: granian's server in an event loop, on a socket of the supervisor."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server as EmbeddedServer

from sippulse_ws.log import granian_config
from sippulse_ws.serving.children import end_with
from sippulse_ws.serving.crowd import LOOK_SECONDS, Crowd
from sippulse_ws.serving.front import Front
from sippulse_ws.serving.listening import BACKLOG
from sippulse_ws.serving.memory import GIVE_BACK_SECONDS, give_back_memory
from sippulse_ws.serving.readiness import Readiness

log = logging.getLogger(__name__)

# Idle connections are kept that long, because Java clients keep theirs and repeat a POST that met a
# closed one. It is also the time limit for a request's head.
KEEP_ALIVE_SECONDS = 90
LARGEST_HEAD = 512 * 1024  # bytes
# A worker told to stop serves until no request came for so long: clients then learn from its
# answers that their connection ends, not from a lost request.
QUIET_SECONDS = 0.3
DRAIN_SECONDS = 2.0
# Time to send an operation's answer, beyond the operation's own time.
GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    connections: int
    stop_seconds: float  # for requests in progress when told to stop
    core: int | None = None  # that the worker is bound to


class _Server(EmbeddedServer):
    """granian's server on an existing socket."""

    def __init__(self, listener: socket.socket, **options: Any) -> None:
        super().__init__(**options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        # the server closes the socket that it gets
        holder: Any = SocketHolder
        self._shd = holder(os.dup(self._listener.fileno()), False, BACKLOG)


class Worker:
    """What runs in the child process."""

    def __init__(
        self, listener: socket.socket, front: Front, readiness: Readiness, options: WorkerOptions
    ) -> None:
        self._front = front
        self._readiness = readiness
        self._options = options
        self._crowd = Crowd(listener, options.connections)
        self._server = _Server(
            listener,
            target=front,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=KEEP_ALIVE_SECONDS * 1000, max_buffer_size=LARGEST_HEAD
            ),
            websockets=False,
            backpressure=options.connections,
            log_level=LogLevels.error,
            log_dictconfig=granian_config(),
        )
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop by SIGTERM or SIGINT."""
        uvloop.run(self._serve(ready))

    async def _serve(self, ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        self._readiness.start()
        self._look_at_crowd(loop)
        self._give_back_memory(loop)
        loop.call_soon(ready)
        await self._server.serve()
        # granian does not wait for requests whose client has gone, but they should be completed
        end = monotonic() + self._options.stop_seconds
        while self._front.unanswered and monotonic() < end:
            await asyncio.sleep(0.05)

    def _look_at_crowd(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(OSError, AttributeError):  # not Linux: nothing is logged
            self._crowd.look()
            loop.call_later(LOOK_SECONDS, self._look_at_crowd, loop)

    def _give_back_memory(self, loop: asyncio.AbstractEventLoop) -> None:
        give_back_memory()
        loop.call_later(GIVE_BACK_SECONDS, self._give_back_memory, loop)

    def _stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        self._front.draining = self._readiness.draining = True
        self._front.last_request = monotonic()
        loop = asyncio.get_running_loop()
        loop.call_later(self._options.stop_seconds + DRAIN_SECONDS, os._exit, 1)
        self._tasks.append(loop.create_task(self._drain()))

    async def _drain(self) -> None:
        end = monotonic() + DRAIN_SECONDS
        while monotonic() < min(end, self._front.last_request + QUIET_SECONDS):
            await asyncio.sleep(0.05)
        self._server.stop()  # type: ignore[no-untyped-call]


def become_worker(master: int, core: int | None) -> None:
    """Let this process end with the master, and stay on one core. To be called first.

    The threads of a worker hold the GIL in turn; on several cores, every object they touch would
    move between the cores' caches, which costs a sixth of a request. SCHED_BATCH keeps a thread
    whose wait is over from interrupting the one that holds the GIL.
    """
    end_with(master)
    if core is not None:
        with suppress(OSError, AttributeError):  # refused, or not Linux: it serves anyway
            os.sched_setaffinity(0, {core})
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def usable_cores() -> list[int]:
    """The cores that this process may use: in a container maybe not all."""
    if not hasattr(os, "sched_getaffinity"):  # not Linux
        return list(range(os.cpu_count() or 1))
    return sorted(os.sched_getaffinity(0))
