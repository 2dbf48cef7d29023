"""Statements compiled once and run on the driver.

What SQLAlchemy does per execution (cache key, execution context, result metadata) costs several
times what the C driver itself takes for a row; docs/performance.md has the figures. A `Prepared`
keeps what is worth keeping: the statement is SQLAlchemy's, compiled for the dialect at hand, and so
are its bind and result processors and the exceptions it raises.

Within `queueing`, a statement for whose result nobody waits is queued: it goes to the server
together with the next one, in the same round trip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from sippulse_ws.db.drivers import Result
from sippulse_ws.db.plans import Plan

_QUEUE = "sippulse_ws queue"


class Prepared:
    """A SELECT, UPDATE, DELETE or INSERT whose parameters are all named binds.

    `defaults` are the values of parameters that an execution does not give.
    """

    def __init__(self, statement: ClauseElement, defaults: Mapping[str, Any] | None = None) -> None:
        self.statement = statement
        self._defaults = defaults or {}
        self._plans: dict[Dialect, Plan] = {}

    def first(self, db: Connection, **values: Any) -> Any:
        """The first row, or None; columns are its attributes."""
        rows = self.all(db, **values)
        return rows[0] if rows else None

    def all(self, db: Connection, **values: Any) -> list[Any]:
        sent = self._send(db, values)
        return list(map(sent.plan.row, sent.result.rows))

    def run(self, db: Connection, **values: Any) -> int:
        """For statements that change rows: how many matched."""
        return self._send(db, values).result.matched

    def insert(self, db: Connection, **values: Any) -> int:
        """For an INSERT of one row: the id it got."""
        return self._send(db, values).result.row_id

    def queue(self, db: Connection, **values: Any) -> Queued:
        """Run with the next `Prepared`, at the latest at the end of `queueing`.

        A statement that is no `Prepared` may run before it.
        """
        queued = Queued(self._plan(db), values)
        queue = db.info.get(_QUEUE)
        if queue is None:
            _send(db, [queued])
        else:
            queue.append(queued)
        return queued

    def run_many(self, db: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Once for each row, in as few round trips as the driver can."""
        send_queued(db)
        plan = self._plan(db)
        cursor = _driver_connection(db).cursor()
        try:
            cursor.executemany(plan.sql, list(map(plan.arguments, rows)))
        except db.dialect.loaded_dbapi.Error as error:
            raise _wrapped(db, plan.sql, error) from error
        cursor.close()

    def _send(self, db: Connection, values: Mapping[str, Any]) -> Queued:
        this = Queued(self._plan(db), values)
        _send(db, [*_taken(db), this])
        return this

    def _plan(self, db: Connection) -> Plan:
        plan = self._plans.get(db.dialect)
        if plan is None:
            plan = self._plans[db.dialect] = Plan(self.statement, db.dialect, self._defaults)
        return plan


class Queued:
    """A statement with its values; `result` is there once it was sent."""

    __slots__ = ("plan", "result", "values")

    result: Result

    def __init__(self, plan: Plan, values: Mapping[str, Any]) -> None:
        self.plan = plan
        self.values = values


@contextmanager
def queueing(db: Connection) -> Iterator[None]:
    """Statements may be queued in here; those that are left are sent at its end."""
    info = db.info  # after a lost connection there is no other way to it
    assert _QUEUE not in info, "the inner one would drop what the outer one has queued"
    info[_QUEUE] = []
    try:
        yield
        send_queued(db)
    finally:
        info.pop(_QUEUE, None)


def send_queued(db: Connection) -> None:
    """Send what is queued, for whatever must come after it."""
    if statements := _taken(db):
        _send(db, statements)


def _taken(db: Connection) -> list[Queued]:
    queue: list[Queued] | None = db.info.get(_QUEUE)
    if not queue:
        return []
    db.info[_QUEUE] = []
    return queue


def _send(db: Connection, statements: list[Queued]) -> None:
    connection = _driver_connection(db)
    done: list[Result] = []
    try:
        written = [one.plan.write(connection, one.values) for one in statements]
        statements[0].plan.driver.send(connection, written, done)
    except db.dialect.loaded_dbapi.Error as error:
        raise _wrapped(db, statements[len(done)].plan.sql, error) from error
    for one, result in zip(statements, done, strict=True):
        one.result = result


def _driver_connection(db: Connection) -> Any:
    connection = db.connection.dbapi_connection
    assert connection is not None  # checked out
    return connection


def _wrapped(db: Connection, sql: str, error: Any) -> BaseException:
    """The error as SQLAlchemy would raise it; a lost connection is not used again."""
    dialect = db.dialect
    lost = dialect.is_disconnect(error, db.connection.dbapi_connection, None)
    if lost:
        db.invalidate(error)
    wrapped: BaseException = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return wrapped
