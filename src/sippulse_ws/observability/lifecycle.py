"""Log lines about the server itself: start, ready, stop, a worker replaced."""

from __future__ import annotations

import logging
import os
from mmap import mmap
from threading import Lock

from sippulse_ws import __version__, metrics

log = logging.getLogger("sippulse_ws.lifecycle")


class Lifecycle:
    """Made by the master before it forks its workers."""

    def __init__(self, address: str, workers: int) -> None:
        self._address = address
        self._workers = workers
        self._spawned = 0
        self._lock = Lock()
        self._ready = mmap(-1, 1)  # shared with the workers

    def start(self) -> None:
        told = {"version": __version__, "address": self._address, "workers": self._workers}
        log.info("start", extra=told | {"pid": os.getpid()})

    def spawned(self, index: int) -> None:
        """Called by the master for each new worker; all but the first ones replace another."""
        with self._lock:
            self._spawned += 1
            replaced = self._spawned > self._workers
        if replaced:
            metrics.WORKERS_REPLACED.inc()
            log.warning("worker replaced", extra={"worker": index + 1})

    def ready(self) -> None:
        """Called by each worker when it can serve; the first call is logged."""
        if not self._ready[0]:
            self._ready[0] = 1
            log.info("ready", extra={"address": self._address})

    def stop(self) -> None:
        log.info("stop", extra={"address": self._address})
