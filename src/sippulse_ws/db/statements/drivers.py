"""How statements are written and sent, by driver; MariaDB's take several in one round trip.

The drivers' cursors write, send and read each statement by itself, which costs more than the
server's work (docs/performance-log.md). Against SQL injection, every string goes through the
driver's own quoting for the connection; numbers, datetimes and NULL are written below.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, Protocol

from sippulse_ws.db.statements.results import Result

Literal = Callable[[Any], bytes]
Written = tuple[str, Sequence[Any]]  # SQL with its arguments


class Driver(Protocol):
    """A statement is written as text alone, or as a pair of SQL and arguments."""

    writes_text: bool

    def quote(self, connection: Any) -> Literal:
        """The function that quotes a string as a literal."""

    def send(self, connection: Any, statements: Sequence[Any], done: list[Result]) -> None:
        """Run them in order; `done` has a result for each that succeeded, also after an error."""


class MysqlRows(Protocol):
    def fetch_row(self, maxrows: int) -> Sequence[tuple[Any, ...]]: ...


class MysqlConnection(Protocol):
    """mysqlclient's, which has no types of its own."""

    def string_literal(self, text: str, /) -> bytes: ...

    def query(self, text: bytes, /) -> None: ...

    def store_result(self) -> MysqlRows: ...

    def next_result(self) -> int: ...

    def field_count(self) -> int: ...

    def affected_rows(self) -> int: ...

    def insert_id(self) -> int: ...


class MysqlClient:
    """mysqlclient below its cursors, by the calls of the C API that its documentation lists."""

    writes_text = True

    def quote(self, connection: MysqlConnection) -> Literal:
        return connection.string_literal

    def send(
        self, connection: MysqlConnection, statements: Sequence[bytes], done: list[Result]
    ) -> None:
        connection.query(b";".join(statements))
        last = len(statements) - 1
        for number in range(last + 1):
            rows = connection.store_result().fetch_row(0) if connection.field_count() else ()
            done.append(Result(rows, connection.affected_rows(), connection.insert_id()))
            if number < last:
                connection.next_result()


class PyMySqlCursor(Protocol):
    rowcount: int
    lastrowid: int

    def execute(self, query: bytes, /) -> int: ...

    def fetchall(self) -> Sequence[tuple[Any, ...]]: ...

    def nextset(self) -> bool | None: ...


class PyMySqlConnection(Protocol):
    """PyMySQL's, whose own types know no bytes as a query."""

    def escape(self, value: str, /) -> str: ...

    def cursor(self) -> PyMySqlCursor: ...


@cache
def _packets() -> Any:
    """Loaded with the first statement: PyMySQL is large, and other drivers need nothing of it.

    None if this version of PyMySQL lacks a name that `pymysql_packets` imports.
    """
    try:
        from sippulse_ws.db.statements import pymysql_packets  # noqa: PLC0415
    except ImportError:
        return None
    return pymysql_packets


class PyMySql:
    """PyMySQL, its packets read by `pymysql_packets`; by its cursor if that does not know it."""

    writes_text = True

    def quote(self, connection: PyMySqlConnection) -> Literal:
        def quoted(text: str) -> bytes:
            if text.isalnum():  # there is nothing to escape
                return b"'%b'" % text.encode()
            return connection.escape(text).encode()

        return quoted

    def send(
        self, connection: PyMySqlConnection, statements: Sequence[bytes], done: list[Result]
    ) -> None:
        text = b";".join(statements)
        packets = _packets()
        if packets is not None and packets.is_known(connection):
            packets.send(connection, text, len(statements), done)
            return
        cursor = connection.cursor()
        cursor.execute(text)
        for _ in statements[1:]:
            done.append(self._result(cursor))
            cursor.nextset()
        done.append(self._result(cursor))

    @staticmethod
    def _result(cursor: PyMySqlCursor) -> Result:
        return Result(cursor.fetchall(), cursor.rowcount, cursor.lastrowid)


class Sqlite:
    """SQLite runs statements one by one: there is no round trip to save."""

    writes_text = False

    def quote(self, connection: sqlite3.Connection) -> Literal:
        raise NotImplementedError("arguments go to SQLite as they are")

    def send(
        self,
        connection: sqlite3.Connection,
        statements: Sequence[Written],
        done: list[Result],
    ) -> None:
        for sql, arguments in statements:
            cursor = connection.execute(sql, arguments)
            done.append(Result(cursor.fetchall(), cursor.rowcount, cursor.lastrowid or 0))


DRIVERS: dict[str, Driver] = {
    "mysqldb": MysqlClient(),
    "pymysql": PyMySql(),
    "pysqlite": Sqlite(),
}


def _double(value: float) -> bytes:
    if not isfinite(value):
        raise ValueError(f"{value} cannot be stored")
    text = repr(value)
    return (text if "e" in text else f"{text}e0").encode()  # without an exponent SQL has a DECIMAL


def _decimal(value: Decimal) -> bytes:
    if not value.is_finite():
        raise ValueError(f"{value} cannot be stored")
    return f"{value:f}".encode()


# By exact type; strings are quoted by the driver. What C does costs least.
LITERALS: dict[type, Literal] = {
    type(None): {None: b"NULL"}.__getitem__,
    bool: {True: b"1", False: b"0"}.__getitem__,
    int: b"%d".__mod__,
    float: _double,
    Decimal: _decimal,
    dt.datetime: lambda value: f"'{value.isoformat(' ')}'".encode(),
}
