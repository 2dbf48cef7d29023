"""Counts values that could not be read and are treated as absent, and logs each once a day.

In the compatible mode such a request succeeds, as on the Java server. The log lines tell the
operator which client sends values that have no effect.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from mmap import mmap
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import Protocol

from sippulse_ws import metrics
from sippulse_ws.domain.errors import LoginFailed

log = logging.getLogger("sippulse_ws.dropped")

_DAY = 86400
_SLOTS = 8192  # (login, operation, field) logged per day; more are only counted
_SIZE = 8  # bytes of the digest of one


class DroppingRequest(Protocol):
    """What DroppedValues needs to know of a request."""

    service: str
    operation: str
    login: str
    fault: str
    dropped: frozenset[str]

    @property
    def request_id(self) -> str: ...


class DroppedValues:
    """Shared by all processes forked from the one that made it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._told: set[bytes] = set()  # digests known to be logged, by whichever process
        self._day = 0
        # the day, how many were logged that day, and their digests
        self._memory = mmap(-1, _SIZE * (2 + _SLOTS))
        self._file, path = mkstemp(prefix="sippulse-ws-")
        Path(path).unlink()
        self._lock = Lock()  # the file's lock is between processes only

    def __del__(self) -> None:
        os.close(self._file)

    def note(self, request: DroppingRequest) -> None:
        for field in sorted(request.dropped):
            metrics.DROPPED_VALUES.labels(field).inc()
            # without a right password the login may be anybody's text
            if request.fault != LoginFailed.code and self._is_first(request, field):
                told = {
                    "login": request.login,
                    "service": request.service,
                    "operation": request.operation,
                    "field": field,
                    "request_id": request.request_id,
                }
                log.warning("unreadable value taken as absent", extra=told)

    def _is_first(self, request: DroppingRequest, field: str) -> bool:
        day = int(self._clock() // _DAY)
        key = f"{request.login}\0{request.operation}\0{field}"
        digest = blake2b(key.encode("utf-8", "replace"), digest_size=_SIZE).digest()
        if day == self._day and digest in self._told:
            return False
        with self._locked():
            if day != self._day:
                self._told, self._day = set(), day
            known = self._shared_of(day)
            self._told.update(known)
            if digest in self._told or len(known) == _SLOTS:
                return False
            self._told.add(digest)
            self._share(len(known), digest)
        return True

    def _shared_of(self, day: int) -> list[bytes]:
        """Digests of what all processes have logged that day."""
        if self._number(0) != day:
            self._memory[: 2 * _SIZE] = day.to_bytes(_SIZE) + bytes(_SIZE)
        count = self._number(1)
        return [self._memory[at : at + _SIZE] for at in _places(count)]

    def _share(self, count: int, digest: bytes) -> None:
        at = (2 + count) * _SIZE
        self._memory[at : at + _SIZE] = digest
        self._memory[_SIZE : 2 * _SIZE] = (count + 1).to_bytes(_SIZE)

    def _number(self, place: int) -> int:
        return int.from_bytes(self._memory[place * _SIZE : (place + 1) * _SIZE])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _places(count: int) -> range:
    return range(2 * _SIZE, (2 + count) * _SIZE, _SIZE)
