"""Connections that threads keep.

Taking one from the pool and giving it back for every use costs a tenth of a request, and a thread
that serves needs the same kind again at once.
"""

from __future__ import annotations

from threading import local
from typing import cast

from sqlalchemy import Connection, Engine, Pool, QueuePool


class KeptConnections:
    """Those of one engine: between uses each thread has one of its own.

    `most` is how many may be kept. The engine's pool has to be larger by one: with more threads
    than `most`, the others take turns. A thread that ends gives its connection back.
    """

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._local = _Local()

    def take(self) -> Connection:
        mine, pool = self._local.mine, self._engine.pool
        connection, mine.connection = mine.connection, None
        if connection is not None:
            if mine.pool is pool:
                return connection
            connection.close()  # the database went away, and another thread replaced the pool
        mine.pool = pool
        return self._engine.connect()

    def keep(self, connection: Connection) -> None:
        """After a use that ended well; after another one it is to be closed."""
        mine, pool = self._local.mine, cast(QueuePool, self._engine.pool)
        if mine.connection is not None or pool.checkedout() > self._most:
            connection.close()
        else:
            mine.connection = connection

    def close(self) -> None:
        """Give back this thread's own."""
        connection, self._local.mine.connection = self._local.mine.connection, None
        if connection is not None:
            connection.close()


class _Mine:
    """What a thread keeps."""

    connection: Connection | None = None
    pool: Pool | None = None  # that the connection is from

    def __del__(self) -> None:
        # by itself a Connection, which is part of a cycle, would wait for the garbage collector
        if self.connection is not None:
            self.connection.close()


class _Local(local):
    def __init__(self) -> None:
        self.mine = _Mine()
