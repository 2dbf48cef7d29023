"""Assembles the parts of `serve` around a WSGI application and listening sockets."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.lanes import PROXY_THREADS
from sippulse_ws.observability.lifecycle import Lifecycle
from sippulse_ws.observability.operation_log import OperationLog
from sippulse_ws.serving.companion import Companion
from sippulse_ws.serving.environ import Answer, page_environ
from sippulse_ws.serving.front import Front, Limits, Wsgi
from sippulse_ws.serving.guessers import Clients
from sippulse_ws.serving.listening import refuse_new
from sippulse_ws.serving.readiness import STUCK, TEXT, Readiness
from sippulse_ws.serving.refusals import Refusal, Refusals
from sippulse_ws.serving.supervisor import Supervisor
from sippulse_ws.serving.worker import (
    DRAIN_SECONDS,
    GRACE_SECONDS,
    Worker,
    WorkerOptions,
    become_worker,
    usable_cores,
)

if TYPE_CHECKING:
    from sippulse_ws.config import Settings

# MiB; a larger worker is replaced. lxml keeps every element name it has seen, and anybody may send
# new ones.
LARGEST_WORKER = 768
PROBE_SECONDS = 1.5
ACCEPT_SECONDS = 2.0  # for waiting connections, when told to stop
FILES_BESIDE = 512  # file descriptors besides those of clients


def run_server(
    app: Wsgi,
    settings: Settings,
    listeners: Sequence[socket.socket],
    address: str,
    pinned: bool,
    background: Callable[[int], None],
) -> None:
    """Serve with a worker for each listening socket, until told to stop.

    `background` runs in a process beside them, and gets the master's pid.
    """
    _allow_files(settings.connections + FILES_BESIDE)
    lifecycle = Lifecycle(address, len(listeners))
    lifecycle.start()
    stop_seconds = settings.operation_seconds + GRACE_SECONDS
    cores = usable_cores()
    master = os.getpid()
    known = Clients()  # shared by the workers

    def work(index: int, ready: Callable[[], None]) -> None:
        core = cores[index % len(cores)] if pinned else None
        become_worker(master, core)
        options = WorkerOptions(settings.connections, stop_seconds)
        readiness = Readiness(partial(probe, app))
        Worker(
            listeners[index], make_front(app, settings, readiness, known), readiness, options
        ).run(ready)

    supervisor = Supervisor(
        len(listeners),
        work,
        lifecycle,
        stop_seconds + DRAIN_SECONDS + 1,
        LARGEST_WORKER * 1024 * 1024,
        stopping=partial(refuse_new, listeners, ACCEPT_SECONDS),
        companion=Companion(background, listeners),
    )
    try:
        supervisor.run()
    finally:
        for listener in listeners:
            listener.close()
        lifecycle.stop()


def make_front(
    app: Wsgi, settings: Settings, readiness: Callable[[], Refusal], known: Clients
) -> Front:
    limits = Limits(
        threads=settings.pool_size,
        proxy_threads=PROXY_THREADS,
        queue=settings.queue_size,
        seconds=settings.operation_seconds,
        body_seconds=settings.body_seconds,
        largest_body=settings.max_body,
        trusted_proxies=settings.trusted_proxies,
    )
    quick = {"/healthz": lambda: (200, TEXT, b"ok\n"), "/readyz": readiness}
    log = OperationLog(settings.log_operations, settings.log_level, settings.log_format)
    refusals = Refusals(settings.language, log, settings.trusted_proxies)
    return Front(app, quick, refusals, limits, known)


def probe(app: Wsgi) -> Refusal:
    """The application's answer to /readyz, or 503 if it raises."""
    answer = Answer()
    try:
        with Deadline(PROBE_SECONDS):
            body = b"".join(app(page_environ("/readyz"), answer))
    except DeadlinePassed:
        return STUCK
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
        return 503, TEXT, f"{type(error).__name__}\n".encode()
    return answer.status, answer.headers, body


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files, as far as allowed, since each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
