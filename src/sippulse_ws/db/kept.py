"""Connections that threads keep.

Taking one from the pool and giving it back for every use costs a tenth of a request, and a thread
that serves needs the same kind again at once.
"""

from __future__ import annotations

from threading import local
from typing import Any

from sqlalchemy import Connection, Engine


class KeptConnections:
    """Those of one engine: between uses each thread has one of its own.

    `most` is how many may be kept. The engine's pool has to be larger by one: with more threads
    than `most`, the others take turns. A thread that ends gives its connection back.
    """

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._local = local()

    def take(self) -> Connection:
        mine = self._local.__dict__
        connection: Connection | None = mine.pop("connection", None)
        if connection is not None:
            if mine["pool"] is self._engine.pool:
                return connection
            connection.close()  # the database went away, and another thread replaced the pool
        mine["pool"] = self._engine.pool
        return self._engine.connect()

    def keep(self, connection: Connection) -> None:
        """After a use that ended well; after another one it is to be closed."""
        mine = self._local.__dict__
        pool: Any = self._engine.pool
        if "connection" in mine or pool.checkedout() > self._most:
            connection.close()
        else:
            mine["connection"] = connection

    def close(self) -> None:
        """Give back this thread's own."""
        if connection := self._local.__dict__.pop("connection", None):
            connection.close()
