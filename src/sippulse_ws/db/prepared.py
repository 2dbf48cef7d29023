"""Statements compiled once and run on the driver's cursor.

What SQLAlchemy does per execution (cache key, execution context, result metadata) costs several
times what the C driver itself takes for a row; docs/performance.md has the figures. A `Prepared`
keeps what is worth keeping: the statement is SQLAlchemy's, compiled for the dialect at hand, and so
are its bind and result processors and the exceptions it raises.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement, Select

from sippulse_ws.db import packed

Processor = Callable[[Any], Any]
_named = re.compile(r"%\((\w+)\)s")


class Prepared:
    """A SELECT, UPDATE, DELETE or INSERT whose parameters are all named binds."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._plans: dict[Dialect, _Plan] = {}

    def first(self, db: Connection, **values: Any) -> Any:
        """The first row, or None; columns are its attributes."""
        plan, cursor = self._execute(db, values)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else plan.row(row)

    def all(self, db: Connection, **values: Any) -> list[Any]:
        plan, cursor = self._execute(db, values)
        rows = [plan.row(row) for row in cursor.fetchall()]
        cursor.close()
        return rows

    def run(self, db: Connection, **values: Any) -> int:
        """For statements that change rows: how many matched."""
        _, cursor = self._execute(db, values)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def run_many(self, db: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Once for each row, in as few round trips as the driver can."""
        self._execute(db, rows, many=True)[1].close()

    def insert(self, db: Connection, **values: Any) -> int:
        """For an INSERT of one row: the id it got."""
        _, cursor = self._execute(db, values)
        row_id: int = cursor.lastrowid
        cursor.close()
        return row_id

    def _execute(self, db: Connection, values: Any, many: bool = False) -> tuple[_Plan, Any]:
        dialect = db.dialect
        plan = self._plans.get(dialect)
        if plan is None:
            plan = self._plans[dialect] = _Plan(self.statement, dialect)
        dbapi = db.connection.dbapi_connection
        assert dbapi is not None  # checked out
        cursor = dbapi.cursor()
        try:
            if many:
                cursor.executemany(plan.sql, [plan.arguments(row) for row in values])
            else:
                cursor.execute(plan.sql, plan.arguments(values))
        except dialect.loaded_dbapi.Error as error:
            raise _wrapped(db, plan.sql, error, cursor) from error
        return plan, cursor


class _Plan:
    """The statement for one dialect."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        to_send = statement
        unpack: Callable[[Any], list[Any]] = list
        if isinstance(statement, Select) and packed.is_worth_it(statement, dialect):
            to_send = packed.packed(statement)
            unpack = packed.unpacker(statement, dialect)
        compiled: Any = to_send.compile(dialect=dialect)
        self.sql, names = _positional(compiled)
        # literals of the statement; what is passed comes on top
        self.constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self.parameters: list[tuple[str, Processor | None]] = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in names
        ]
        if isinstance(statement, Select):
            self._shape(statement, dialect, unpack)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values as the driver takes them."""
        if self.constants:
            values = {**self.constants, **values}
        return [
            values[name] if process is None else process(values[name])
            for name, process in self.parameters
        ]

    def _shape(
        self, statement: Select[Any], dialect: Dialect, unpack: Callable[[Any], list[Any]]
    ) -> None:
        columns = list(statement.selected_columns)
        names = [column.name for column in columns]
        row_type: Any = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024
        make: Callable[[Any], Any] = row_type._make
        processors = [
            (index, process)
            for index, column in enumerate(columns)
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

        def row(raw: Any) -> Any:
            values = unpack(raw)
            for index, process in processors:
                values[index] = process(values[index])
            return make(values)

        self.row = row


def _positional(compiled: Any) -> tuple[str, list[str]]:
    """The SQL with positional placeholders, and the names in their order."""
    sql = str(compiled)
    if compiled.positiontup is not None:
        return sql, compiled.positiontup
    # pyformat, as PyMySQL's dialect has it: drivers escape a list faster than a dict
    return _named.sub("%s", sql), _named.findall(sql)


def _wrapped(db: Connection, sql: str, error: Any, cursor: Any) -> BaseException:
    """The error as SQLAlchemy would raise it; after a lost connection none of its pool is used."""
    dialect = db.dialect
    lost = dialect.is_disconnect(error, db.connection.dbapi_connection, cursor)
    if lost:
        db.invalidate(error)
        db.engine.dispose(close=False)
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
