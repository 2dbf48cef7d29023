"""`sippulse-ws serve`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from sippulse_ws import metrics
from sippulse_ws.app import application
from sippulse_ws.cli.background import background
from sippulse_ws.cli.session import console, get_settings, open_database
from sippulse_ws.db.schema.revisions import NEWEST, current_revision
from sippulse_ws.log import granian_config
from sippulse_ws.observability.lifecycle import Lifecycle

BACKLOG = 1024
# MiB; lxml keeps every element name it ever saw, and anybody may send new ones.
LARGEST_WORKER = 768
# For requests under way when told to stop. Without it granian waits for ever for a worker whose
# clients have gone while it was busy; what is not committed by then is rolled back.
STOP_SECONDS = 10


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 8080,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one per core by default.")
    ] = None,
    pin: Annotated[
        bool | None,
        typer.Option(help="Keep each process on one core; default: when there is one per core."),
    ] = None,
) -> None:
    """Serve the web services."""
    settings = get_settings()
    with open_database(settings) as database, database.reading() as db:
        revision = current_revision(db)
    if revision != NEWEST:
        console.print(f"schema is at {revision}; run: sippulse-ws db upgrade", style="yellow")
    console.print(f"sippulse-ws: http://{host}:{port}/SipPulse/", highlight=False)
    with TemporaryDirectory(prefix="sippulse-ws-metrics-") as folder:
        os.environ.setdefault(metrics.FOLDER, folder)
        with background():
            _serve(host, port, workers, pin, settings.pool_size)


class ToldServer(Server):  # type: ignore[misc, valid-type]
    """Says what becomes of its workers."""

    lifecycle: Lifecycle

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        self.lifecycle.spawned(idx)
        return super()._spawn_worker(idx, target, partial(_load, self.lifecycle, callback_loader))


def _load(lifecycle: Lifecycle, load: Callable[[], Any]) -> Any:
    loaded = load()
    lifecycle.ready()
    return loaded


class PinnedServer(ToldServer):
    """Each worker stays on a core.

    Its threads hold Python's lock in turn; were they on several cores, every object they touch
    would move between the cores' caches, which costs a sixth of a request. Nor does a thread whose
    answer has come interrupt another one that holds the lock: it could only wait for it.
    """

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        cores = _cores()
        load = partial(_load_on, cores[idx % len(cores)], callback_loader)
        return super()._spawn_worker(idx, target, load)


def _load_on(core: int, load: Callable[[], Any]) -> Any:
    """In the worker, before it starts its threads."""
    with suppress(OSError, AttributeError):  # refused, or no Linux: it serves all the same
        os.sched_setaffinity(0, {core})
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    return load()


def _cores() -> list[int]:
    """Those that this process may use; a container may have been given some only."""
    if not hasattr(os, "sched_getaffinity"):  # no Linux
        return list(range(os.cpu_count() or 1))
    return sorted(os.sched_getaffinity(0))


def _serve(host: str, port: int, workers: int | None, pin: bool | None, pool_size: int) -> None:
    application()  # made once, before workers are forked, so that they share its memory
    cores = len(_cores())
    count = workers or cores
    kind = PinnedServer if (count >= cores if pin is None else pin) else ToldServer
    server = kind(
        "sippulse_ws.app:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=count,
        # a thread that serves has a connection of its own
        blocking_threads=pool_size,
        backlog=BACKLOG,
        workers_max_rss=LARGEST_WORKER,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=granian_config(),
    )
    server.lifecycle = Lifecycle(f"http://{host}:{port}", count)
    server.lifecycle.start()
    try:
        server.serve()
    finally:
        server.lifecycle.stop()
