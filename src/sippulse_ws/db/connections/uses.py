"""The context managers that `Database.reading()` and `writing()` return.

Classes, not generators: every request passes here once or twice.
"""

from __future__ import annotations

from time import perf_counter

from sqlalchemy import Connection

from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import check_deadline
from sippulse_ws.db.connections.per_thread import PerThreadConnections
from sippulse_ws.db.statements.session import Session


class _Use:
    """One use of this thread's connection, and its session."""

    __slots__ = ("_connection", "_connections", "_session")

    _connection: Connection
    _session: Session

    def __init__(self, connections: PerThreadConnections) -> None:
        self._connections = connections


class Reading(_Use):
    """Statements in autocommit mode."""

    __slots__ = ()

    def __enter__(self) -> Session:
        connection = self._connection = self._connections.acquire()
        session = self._session = Session(connection)
        return session

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._session.end()
        if kind is None:
            self._connections.release(self._connection)
        else:
            self._connections.discard(self._connection, gave_up=self._session.gave_up)


class Writing(_Use):
    """A transaction: committed at the end, rolled back when anything is raised."""

    __slots__ = ()

    def __enter__(self) -> Session:
        connection = self._connection = self._connections.acquire()
        session = self._session = Session(connection, queues=True)
        try:
            connection.begin()  # a Prepared bypasses SQLAlchemy's autobegin
        except BaseException:
            self._undo()
            raise
        return session

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._undo()
            return
        try:
            self._session.send_queued()
            check_deadline()
        except BaseException:
            self._undo()
            raise
        self._session.end()
        self._commit(self._connection)

    def _undo(self) -> None:
        self._session.end()
        try:
            self._connection.rollback()
        finally:
            self._connections.discard(self._connection, gave_up=self._session.gave_up)

    def _commit(self, connection: Connection) -> None:
        started = perf_counter()
        try:
            connection.commit()
        except BaseException:
            # SQLAlchemy rolls back no failed commit; what is left of it must not stay
            connection.invalidate()
            self._connections.discard(connection)
            raise
        finally:
            CLOCK.seconds += perf_counter() - started
        self._connections.release(connection)
