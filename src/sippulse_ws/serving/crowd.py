"""Logs that connections wait: the worker has as many as it accepts, or is too slow to accept."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from time import monotonic

from sippulse_ws import metrics
from sippulse_ws.serving.listening import waiting_connections

log = logging.getLogger("sippulse_ws.lifecycle")

LOOK_SECONDS = 1.0
EVERY = 60.0  # seconds between two lines


class Crowd:
    """Logs waiting connections when two looks in a row find some, then once a minute."""

    def __init__(
        self, listener: socket.socket, most: int, clock: Callable[[], float] = monotonic
    ) -> None:
        """`most` is how many connections the worker accepts."""
        self._listener = listener
        self._most = most
        self._clock = clock
        self._since: float | None = None  # when a look first found some
        self._told: float | None = None  # when the last line was written
        self._peak = 0  # the most that waited since that line

    def look(self) -> None:
        waiting = waiting_connections(self._listener)
        metrics.CONNECTIONS_WAITING.set(waiting)
        now = self._clock()
        if not waiting:
            self._over(now)
        elif self._since is None:
            self._since, self._peak = now, waiting
        else:
            self._peak = max(self._peak, waiting)
            if self._told is None or now - self._told >= EVERY:
                log.warning("connections wait", extra=self._extra(now, self._since))
                self._told, self._peak = now, waiting

    def _over(self, now: float) -> None:
        if self._told is not None and self._since is not None:
            log.warning("connections wait no more", extra=self._extra(now, self._since))
        self._since = self._told = None

    def _extra(self, now: float, since: float) -> dict[str, float]:
        return {"waiting": self._peak, "taken": self._most, "seconds": round(now - since, 1)}
