"""The one door to the database: a session sends statements in the order of their calls.

A `Prepared` that nobody waits for may be queued: it goes to the server in the same round trip as
the next statement. Whatever comes next (a Core statement, a savepoint, the end of the transaction)
sends the queued ones first, so that the effects are those of the order of the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Dialect, Executable, NestedTransaction
from sqlalchemy.exc import ArgumentError, DBAPIError, ResourceClosedError, SQLAlchemyError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import TypedReturnsRows

from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import check_deadline
from sippulse_ws.db.connections.tls import clear_tls_errors
from sippulse_ws.db.statements.results import Result

if TYPE_CHECKING:
    from sippulse_ws.db.statements.plans import Plan

Row = TypeVar("Row", bound=tuple[Any, ...])
Answer = TypeVar("Answer")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
# Sets of parameter names that were found right, by statement: compiling it to check is not cheap.
_checked: WeakKeyDictionary[ClauseElement, set[frozenset[str]]] = WeakKeyDictionary()


class Queued:
    """A statement as its driver sends it; `result` is there once it was sent."""

    __slots__ = ("plan", "result", "written")

    result: Result

    def __init__(self, plan: Plan, written: Any) -> None:
        self.plan = plan
        self.written = written


class Savepoint:
    """A part of a transaction; it ends with its block, or before that by one of these."""

    __slots__ = ("_session", "_transaction")

    def __init__(self, session: Session, transaction: NestedTransaction) -> None:
        self._session = session
        self._transaction = transaction

    def commit(self) -> None:
        self._session.send_queued()
        self._transaction.commit()

    def rollback(self) -> None:
        self._session.forget_queued()
        self._transaction.rollback()


class _Ended:
    """Stands for the connection of a session that has ended: another one may use it already."""

    def __getattr__(self, name: str) -> Any:
        raise ResourceClosedError("this session has ended")


_ENDED: Any = _Ended()


class Session:
    """One use of a SQLAlchemy connection. Without `queues`, queued statements are sent at once."""

    __slots__ = ("_connection", "_queue", "_queues", "dialect", "gave_up")

    def __init__(self, connection: Connection, *, queues: bool = False) -> None:
        self._connection = connection
        self._queues = queues
        self._queue: list[Queued] = []
        self.dialect: Dialect = connection.dialect
        self.gave_up = False  # it ended its connection, which was not lost but in an unknown state

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, for db/schema alone; sends what is queued first."""
        self.send_queued()
        return self._connection

    @property
    def database_name(self) -> str:
        return str(self._connection.engine.url.database)

    def invalidate(self) -> None:
        """Close the connection, so that nobody uses it again."""
        self._connection.invalidate()

    def end(self) -> None:
        """Nothing can be done with it from now on."""
        self._connection, self._queues, self._queue = _ENDED, False, []

    @property
    def is_sqlite(self) -> bool:
        return self.dialect.name == "sqlite"

    @overload
    def execute(
        self,
        statement: TypedReturnsRows[Row],
        parameters: Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Row]: ...

    @overload
    def execute(
        self,
        statement: Executable,
        parameters: Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]: ...

    def execute(
        self,
        statement: Executable,
        parameters: Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Run a Core statement; ArgumentError names a parameter that it does not have."""
        self.send_queued()
        check_deadline()
        if parameters:
            _check_names(statement, parameters)
        result: CursorResult[Any] = self._ask(
            self._connection.execute, statement, parameters, execution_options=execution_options
        )
        return result

    def scalar(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return self.execute(statement, parameters).scalar()

    def exec_driver_sql(self, sql: str, parameters: Any = None) -> CursorResult[Any]:
        """Run SQL text as it is, with parameters by place, in the driver's own style.

        ArgumentError for parameters with names: nobody would check them.
        """
        if isinstance(parameters, Mapping) or _are_mappings(parameters):
            raise ArgumentError("named parameters are for execute() and text()")
        self.send_queued()
        check_deadline()
        return self._ask(self._connection.exec_driver_sql, sql, parameters)

    @contextmanager
    def savepoint(self) -> Iterator[Savepoint]:
        """A part that can fail alone: its errors do not undo what was called before it."""
        self.send_queued()
        with self._connection.begin_nested() as transaction:
            try:
                yield Savepoint(self, transaction)
            except BaseException:
                if transaction.is_active:  # else what is queued came after its end
                    self.forget_queued()
                raise
            self.send_queued()

    def rollback(self) -> None:
        """Undo the transaction, what is queued included."""
        self.forget_queued()
        self._connection.rollback()

    def queue(self, plan: Plan, values: Mapping[str, Any]) -> Queued:
        """Send it before whatever comes next; what is wrong with the values is told at once."""
        queued = Queued(plan, self._written(plan, values))
        if self._queues:
            self._queue.append(queued)
        else:
            self._send([queued])
        return queued

    def forget_queued(self) -> None:
        self._queue.clear()

    def send(self, plan: Plan, values: Mapping[str, Any]) -> Queued:
        """Send it with what is queued, in one round trip where the driver can.

        If it cannot be written, what is queued stays so.
        """
        return self._send_last(Queued(plan, self._written(plan, values)))

    def _written(self, plan: Plan, values: Mapping[str, Any]) -> Any:
        try:
            return plan.write(self._driver_connection(), values)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(plan.sql, error) from error

    def _send_last(self, this: Queued) -> Queued:
        if self._queue:
            statements, self._queue = [*self._queue, this], []
            self._send(statements)
        else:
            self._send([this])
        return this

    def send_queued(self) -> None:
        if self._queue:
            statements, self._queue = self._queue, []
            self._send(statements)

    def send_many(self, plan: Plan, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement for each row, in as few round trips as the driver can."""
        if plan.writes_rows:
            self._send_texts(plan, partial(plan.write_rows, rows=rows))
        else:
            self._execute_many(plan, list(map(plan.checked_arguments, rows)))

    def send_columns(self, plan: Plan, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows given as columns, at least one; after an error none is stored."""
        if not plan.writes_rows:
            with self.savepoint():
                self._execute_many(plan, list(zip(*plan.bound_columns(columns), strict=True)))
            return
        first, *others = plan.write_columns(self._driver_connection(), columns)
        if not others:  # a statement of its own is done as a whole or not at all
            self._send_last(Queued(plan, first))
            return
        with self.savepoint():
            self._send_texts(plan, lambda _: [first, *others])

    def _send_texts(self, plan: Plan, write: Callable[[Any], Iterable[bytes]]) -> None:
        self.send_queued()
        connection = self._driver_connection()
        try:
            for text in write(connection):
                check_deadline()
                self._ask(plan.driver.send, connection, [text], [])
        except self.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(plan.sql, error) from error

    def _execute_many(self, plan: Plan, arguments: Sequence[Sequence[Any]]) -> None:
        self.send_queued()
        try:
            with closing(self._driver_connection().cursor()) as cursor:
                self._ask(cursor.executemany, plan.sql, arguments)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(plan.sql, error) from error

    def _send(self, statements: list[Queued]) -> None:
        connection = self._driver_connection()
        done: list[Result] = []
        try:
            written = [one.written for one in statements]
            self._ask(statements[0].plan.driver.send, connection, written, done)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._wrapped(statements[len(done)].plan.sql, error) from error
        for one, result in zip(statements, done, strict=True):
            one.result = result

    def _ask(self, call: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer:
        """Make a call that talks to the server, and count its time in CLOCK.

        After an error that is not the driver's an answer may be half read: the connection is ended.
        """
        started = perf_counter()
        try:
            return call(*arguments, **named)
        except (SQLAlchemyError, self.dialect.loaded_dbapi.Error):
            raise
        except BaseException as error:
            if not (self.is_sqlite or self._connection.invalidated):
                self.gave_up = True
                self._connection.invalidate(error)
            raise
        finally:
            CLOCK.seconds += perf_counter() - started

    def _driver_connection(self) -> Any:
        check_deadline()
        connection = self._connection.connection.dbapi_connection
        assert connection is not None  # checked out
        return connection

    def _wrapped(self, sql: str, error: Any) -> BaseException:
        """The error as SQLAlchemy would raise it; a lost connection is not used again."""
        dialect, connection = self.dialect, self._connection
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
            clear_tls_errors()
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


def _are_mappings(parameters: Any) -> bool:
    return isinstance(parameters, list) and any(isinstance(one, Mapping) for one in parameters)


def _check_names(statement: Any, parameters: Parameters) -> None:
    """ArgumentError for unknown names, which SQLAlchemy ignores outside of `values()`."""
    if not isinstance(statement, ClauseElement):
        return
    first, *others = [parameters] if isinstance(parameters, Mapping) else parameters
    given = frozenset(first)
    if other := next((one for one in others if one.keys() != given), None):
        # SQLAlchemy compiles the statement for the first row, and drops what others have besides
        names = ", ".join(sorted(given ^ other.keys()))
        raise ArgumentError(f"not in every row: {names}")
    checked = _checked.setdefault(statement, set())
    if given in checked:
        return
    compiled: Any = statement.compile(column_keys=sorted(given))
    if unknown := given - compiled.binds.keys():
        raise ArgumentError(f"unknown parameters: {', '.join(sorted(unknown))}")
    checked.add(given)
