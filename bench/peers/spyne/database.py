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
        sql = self._config[name]
        if "{prefixes}" in sql:
            marks = ", ".join("?" * (len(values) - sql.count("?")))
            sql = sql.replace("{prefixes}", marks)
        sql = sql.replace("?", "%s")
        self._cursor.execute(sql, values)
        return self._cursor

    def authorize(self, name: str, who: Any, address: str, domain: str, *more: str) -> Row:
        """Administrator, grant, delay and what is asked for, in one statement.

        Argon2 was paid before.
        """
        row: Row = self.run(name, who.login, domain, who.login, address, *more).fetchone()
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        blocked = row["principalBlockedUntil"]
        secret = bytes.fromhex(self._config["secret"])
        proven = f"{row['principalHash']}\0{who.password}".encode()
        mark = hmac.digest(secret, proven, hashlib.sha256).hex()
        delayed = blocked is not None and blocked > now
        right = hmac.compare_digest(mark, self._config["mark"])
        if delayed or not right or not row["principalActive"]:
            raise PermissionError("login failed")
        if not row["principalSuperuser"] and row["principalDomain"] is None:
            raise PermissionError("access denied")
        return row

    def audit(self, operation: str, object: str, login: str, address: str) -> None:
        now = dt.datetime.now(dt.UTC)
        self.run("audit", now, login, address, operation, object, secrets.token_hex(8))

    def tell(self, kind: str, account: str, data: Row) -> None:
        self.run("event", dt.datetime.now(dt.UTC), kind, account, json.dumps(data))
