"""Limits the log lines that a flood of requests causes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

AT_ONCE = 200
EACH_SECOND = 2.0


class LineLimit:
    """Lets `AT_ONCE` lines through, then `EACH_SECOND` per second; counts the others."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._room = float(AT_ONCE)
        self._seen = clock()
        self._left_out = 0
        self._lock = Lock()

    def take(self) -> int | None:
        """How many lines were left out before this one; None if this one must be left out too."""
        with self._lock:
            now = self._clock()
            self._room = min(self._room + EACH_SECOND * (now - self._seen), AT_ONCE)
            self._seen = now
            if self._room < 1:
                self._left_out += 1
                return None
            self._room -= 1
            left_out, self._left_out = self._left_out, 0
            return left_out
