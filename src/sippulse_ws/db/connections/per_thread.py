"""Per-thread connections: each serving thread keeps its own between requests.

Acquiring one from the pool and releasing it for every use costs a tenth of a request, and a serving
thread needs the same kind again at once.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from threading import Lock, local
from time import monotonic, perf_counter
from typing import cast

from prometheus_client import Gauge
from sqlalchemy import Connection, Engine, Pool, QueuePool
from sqlalchemy.exc import SQLAlchemyError

from sippulse_ws import metrics
from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import check_deadline, current_deadline
from sippulse_ws.db.connections.tls import clear_tls_errors

log = logging.getLogger(__name__)

_ORIGIN = "sippulse_ws pool and end"
# A connection's pool, the monotonic() at which it is too old, whether it is new to its thread.
_Origin = tuple[Pool | None, float, bool]
_UNKNOWN: _Origin = (None, 0.0, False)
_SHOWN = 0.1  # seconds between two updates of the gauge of connections in use


class PerThreadConnections:
    """The connections of one engine: each thread keeps one of its own between uses.

    At most `most` are kept, for `seconds` each. The engine's pool has to be larger by one: threads
    above `most` share that one in turn. A thread that ends returns its connection to the pool.
    """

    def __init__(self, engine: Engine, most: int, seconds: float, kind: str) -> None:
        self._engine = engine
        self._in_use = _InUse(metrics.CONNECTIONS_IN_USE.labels(kind))
        self._waits = metrics.CONNECTION_WAITS.labels(kind)
        self._most = most
        self._seconds = seconds
        self._local = _Local()
        self._warned = False

    def acquire(self) -> Connection:
        """A connection for this thread; DeadlinePassed if the thread's deadline is over."""
        check_deadline()
        mine, deadline = self._local.mine, current_deadline()
        connection, mine.connection = mine.connection, None
        origin = mine.origin
        if connection is None or origin[0] is not self._engine.pool or monotonic() > origin[1]:
            if connection is not None:
                # too old, or the database went away and another thread replaced the pool
                connection.invalidate()
                connection.close()
            connection, origin = self._connect()
        self._in_use.add(connection, origin)
        if deadline is not None:
            deadline.held.append(connection)
        return connection

    def _connect(self) -> tuple[Connection, _Origin]:
        """A connection from the pool."""
        pool = self._engine.pool
        if cast(QueuePool, pool).checkedout() > self._most:
            self._waits.inc()
        started = perf_counter()
        try:
            connection = self._engine.connect()
        except BaseException:
            clear_tls_errors()
            raise
        finally:
            CLOCK.seconds += perf_counter() - started
        pool, end = connection.info.setdefault(_ORIGIN, (pool, monotonic() + self._seconds))
        return connection, (pool, end, True)

    def release(self, connection: Connection) -> None:
        """Keep the connection for the thread's next use, after one that succeeded."""
        if (deadline := current_deadline()) is not None:
            deadline.let_go(connection)
            if deadline.was_cut:  # perhaps this one, just now
                self.discard(connection)
                return
        mine = self._local.mine
        if mine.connection is not None or connection.invalidated:
            self.discard(connection)
            return
        pool, end, is_new = self._in_use.remove(connection)
        # one that was kept before need not be counted again
        if is_new and cast(QueuePool, self._engine.pool).checkedout() > self._most:
            self._warn()
            connection.close()
        else:
            mine.connection, mine.origin = connection, (pool, end, False)

    def discard(self, connection: Connection, *, gave_up: bool = False) -> None:
        """Return it to the pool after a use that failed; if it was lost, replace the pool.

        `gave_up`: it was not lost, its session ended it; the pool's others are still good.
        """
        self._in_use.remove(connection)
        deadline = current_deadline()
        if deadline is not None:
            deadline.let_go(connection)
        if deadline is not None and deadline.was_cut:  # by us: the others are as good as before
            connection.invalidate()
        elif connection.invalidated and not gave_up:
            self._engine.dispose(close=False)
        lost = connection.invalidated
        connection.close()
        if lost:
            clear_tls_errors()

    def close(self) -> None:
        """Return this thread's connection to the pool."""
        connection, self._local.mine.connection = self._local.mine.connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):  # the server has gone, and whatever was begun with it
                connection.close()

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            log.warning("more threads than SIPPULSE_POOL_SIZE: those above it wait for each other")


class _InUse:
    """Counts connections in use; updates the gauge now and then, and when none is in use any more.

    Processes share the gauge: an update costs more than acquiring and releasing a connection.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._there: dict[int, _Origin] = {}
        self._shown = 0
        self._next = 0.0  # monotonic()
        self._lock = Lock()
        metrics.SHOWN_LATER.add(self)

    def add(self, connection: Connection, origin: _Origin) -> None:
        self._there[id(connection)] = origin
        if monotonic() > self._next:
            self.show()

    def remove(self, connection: Connection) -> _Origin:
        origin = self._there.pop(id(connection), _UNKNOWN)
        if self._shown and not self._there:
            self.show()
        return origin

    def show(self) -> None:
        with self._lock:
            self._next = monotonic() + _SHOWN
            count = len(self._there)
            more, self._shown = count - self._shown, count
            if more:  # other databases of this process count in the same gauge
                self._gauge.inc(more)


class _Mine:
    """The connection that a thread keeps."""

    connection: Connection | None = None
    origin: _Origin = _UNKNOWN

    def __del__(self) -> None:
        # by itself a Connection, which is part of a cycle, would wait for the garbage collector
        if self.connection is not None:
            with suppress(SQLAlchemyError):  # of a database that went away
                self.connection.close()


class _Local(local):
    def __init__(self) -> None:
        self.mine = _Mine()
