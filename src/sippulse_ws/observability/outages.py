"""Logs an outage of the database once a minute, with a count, for all processes together."""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from tempfile import mkstemp
from threading import Lock

log = logging.getLogger("sippulse_ws.lifecycle")

EVERY = 60.0  # seconds between two lines
_FORM = struct.Struct("=?ddQ")
_SINCE = struct.Struct("=d")  # in it, behind its first byte


@dataclass(slots=True)
class _State:
    told: bool = False  # whether this outage was logged
    since: float = 0.0  # when the first failure was; 0 while all is well
    last_line: float = 0.0
    count: int = 0  # failures since the last line


class Outage:
    """Shared by all processes forked from the one that made it.

    `lost` is called for every request that failed because of an outage, `back` for every other one,
    where it costs a look at one byte.
    """

    def __init__(
        self, failed: Callable[[], None] = lambda: None, clock: Callable[[], float] = time.time
    ) -> None:
        """`failed` is called at every `lost`."""
        self._failed = failed
        self._clock = clock
        self._memory = mmap(-1, _FORM.size)
        # a file lock is released however its process ends
        self._file, path = mkstemp(prefix="sippulse-ws-")
        Path(path).unlink()
        self._lock = Lock()  # the file's lock is between processes only

    def __del__(self) -> None:
        os.close(self._file)

    @property
    def is_on(self) -> bool:
        """Whether the database was unavailable when last used."""
        return bool(_SINCE.unpack_from(self._memory, 1)[0] > 0)

    def lost(self, error: BaseException) -> None:
        """A request failed because the database is unavailable."""
        self._failed()
        now = self._clock()
        with self._changing() as state:
            state.count += 1
            state.since = state.since or now
            if now - state.last_line < EVERY:
                return
            event = "database still away" if state.told else "database lost"
            told = {"error": _one_line(error), "failures": state.count}
            log.error(event, extra=told | {"seconds": round(now - state.since, 1)})
            state.told, state.last_line, state.count = True, now, 0

    def back(self) -> None:
        """The database answered."""
        if not self.is_on:
            return
        with self._changing() as state:
            if not state.since:  # another process has logged it
                return
            if state.told:
                told = {"failures": state.count, "seconds": round(self._clock() - state.since, 1)}
                log.warning("database back", extra=told)
                state.count = 0  # otherwise they are logged with the next failure
            state.told, state.since = False, 0.0

    @contextmanager
    def _changing(self) -> Iterator[_State]:
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                state = _State(*_FORM.unpack(self._memory[:]))
                try:
                    yield state
                finally:
                    self._memory[:] = _FORM.pack(*_values(state))
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _values(state: _State) -> tuple[bool, float, float, int]:
    return state.told, state.since, state.last_line, state.count


def _one_line(error: BaseException) -> str:
    """The driver's message; SQLAlchemy's would contain the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:300]
