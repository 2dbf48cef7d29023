"""How long a thread may use the database: one deadline for all statements of an operation.

It is checked before a statement is sent. A statement that runs beyond it is cut off by a watching
thread, which shuts its socket down (on SQLite: interrupts it), since drivers offer no other way
when the server may be gone.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Lock, Thread, local
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection
from sqlalchemy.pool import ConnectionPoolEntry

_EVERY = 0.1  # seconds between two checks of the watching thread
_SOCKET = "sippulse_ws socket"


class DeadlinePassed(Exception):
    """This thread's deadline is over; the current statement was not sent, or was cut off."""


class Deadline:
    """A thread's deadline: after `seconds`, or at `end` (time.monotonic()) if that is earlier."""

    __slots__ = ("_outer", "end", "held", "was_cut")

    _outer: Deadline | None

    def __init__(self, seconds: float, end: float | None = None) -> None:
        self.end = monotonic() + seconds
        if end is not None and end < self.end:
            self.end = end
        self.held: list[Connection] = []  # connections that the thread uses now
        self.was_cut = False

    def __enter__(self) -> Self:
        self._outer, _threads.deadline = _threads.deadline, self
        _running[self] = None
        if not _watching:
            _watch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _threads.deadline = self._outer
        del _running[self]

    def let_go(self, connection: Connection) -> None:
        """The thread no longer uses this connection."""
        if connection in self.held:  # acquired since the deadline began
            self.held.remove(connection)

    @property
    def is_over(self) -> bool:
        return monotonic() > self.end

    def left(self) -> float:
        """Seconds that are left; below zero when it is over."""
        return self.end - monotonic()


class _Threads(local):
    deadline: Deadline | None = None


_threads = _Threads()
_running: dict[Deadline, None] = {}
_watching = False
_lock = Lock()


def current_deadline() -> Deadline | None:
    """This thread's deadline; None where there is no limit."""
    return _threads.deadline


def check_deadline() -> None:
    """Raise DeadlinePassed when this thread's deadline is over."""
    mine = _threads.deadline
    if mine is not None and monotonic() > mine.end:
        raise DeadlinePassed


def _watch() -> None:
    global _watching  # noqa: PLW0603 - one thread per process, started in the process that needs it
    with _lock:
        if not _watching:
            _watching = True
            Thread(target=_cut_late_ones, name="deadlines", daemon=True).start()


def _cut_late_ones() -> None:
    while True:
        sleep(_EVERY)
        now = monotonic()
        for one in list(_running):
            if now > one.end and one.held and not one.was_cut:
                one.was_cut = True
                for connection in list(one.held):
                    with suppress(Exception):  # it was given back just now, or is gone
                        _cut(connection)


def remember_socket(driver: Any, record: ConnectionPoolEntry) -> None:
    """Note a new connection's socket: another thread cannot ask the driver for it during a query.

    If it is not found (a PyMySQL with other private names), the read time-out ends late statements.
    """
    owner = driver if hasattr(driver, "fileno") else getattr(driver, "_sock", None)  # PyMySQL's
    if owner is None:
        return
    number = owner.fileno()
    record.info[_SOCKET] = number, os.fstat(number).st_ino


def _cut(connection: Connection) -> None:
    """End the statement that another thread waits for: shut its socket down, below TLS."""
    if connection.invalidated:
        return
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.interrupt()
        return
    number, inode = connection.info[_SOCKET]
    with socket.socket(fileno=os.dup(number)) as ours:
        if os.fstat(ours.fileno()).st_ino == inode:  # the number was not given to a new socket
            ours.shutdown(socket.SHUT_RDWR)
