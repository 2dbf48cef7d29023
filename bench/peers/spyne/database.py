"""The statements that all peers share, run with PyMySQL; two connections per thread."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

Row = dict[str, Any]


class Database:
    """Reads commit by themselves, writes are always in a transaction."""

    def __init__(self) -> None:
        self._config = json.loads(Path(os.environ["PEER_CONFIG"]).read_text())
        self._threads = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        yield self._session("reads", autocommit=True)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        session = self._session("writes", autocommit=False)
        try:
            yield session
        except BaseException:
            session.connection.rollback()
            raise
        session.connection.commit()

    def _session(self, name: str, autocommit: bool) -> Session:
        session: Session | None = getattr(self._threads, name, None)
        if session is None:
            connection = pymysql.connect(
                host="127.0.0.1",
                port=self._config["port"],
                user="root",
                database=self._config["database"],
                charset="utf8mb4",
                autocommit=autocommit,
                cursorclass=pymysql.cursors.DictCursor,
            )
            session = Session(connection, self._config)
            setattr(self._threads, name, session)
        return session


class Session:
    def __init__(self, connection: Any, config: dict[str, Any]) -> None:
        self.connection = connection
        self._config = config
        self._cursor = connection.cursor()

    def run(self, name: str, *values: Any) -> Any:
        """The cursor after the statement."""
        marks = ", ".join("?" * len(values))
        sql = self._config[name].replace("{prefixes}", marks).replace("?", "%s")
        self._cursor.execute(sql, values)
        return self._cursor

    def find(self, name: str, *values: Any) -> Row | None:
        row: Row | None = self.run(name, *values).fetchone()
        return row

    def require(self, name: str, wanted: tuple[int, ...], *values: Any) -> None:
        if tuple((self.find(name, *values) or {}).values()) != wanted:
            raise ValueError(name)

    def authenticate(self, login: str, password: str, address: str, domain: str) -> None:
        """Administrator, grant and pending delay in one statement; argon2 was paid before."""
        row = self.find("principal", login, domain, login, address) or {}
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        delayed = row["blocked_until"] is not None and row["blocked_until"] > now
        secret = bytes.fromhex(self._config["secret"])
        proven = f"{row['password_hash']}\0{password}".encode()
        mark = hmac.digest(secret, proven, hashlib.sha256).hex()
        if delayed or not row["active"] or not hmac.compare_digest(mark, self._config["mark"]):
            raise PermissionError("login failed")
        if not row["superuser"] and row["granted"] is None:
            raise PermissionError("access denied")

    def audit(self, operation: str, object: str, login: str, address: str) -> None:
        now = dt.datetime.now(dt.UTC)
        self.run("audit", now, login, address, operation, object, secrets.token_hex(8))
