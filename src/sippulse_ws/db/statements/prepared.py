"""Statements compiled once and run on the driver.

What SQLAlchemy does per execution (cache key, execution context, result metadata) costs several
times what the C driver itself takes for a row (docs/performance-log.md). A `Prepared` keeps what is
worth keeping: the statement is SQLAlchemy's, compiled for the dialect at hand, and so are its bind
and result processors and the exceptions it raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

from sippulse_ws.db.statements.plans import Plan
from sippulse_ws.db.statements.session import Queued, Session


class Prepared:
    """A SELECT, UPDATE, DELETE or INSERT whose parameters are all named binds.

    `defaults` are the values of parameters that an execution does not give. A name that is no
    parameter of the statement is an ArgumentError.
    """

    def __init__(self, statement: ClauseElement, defaults: Mapping[str, Any] | None = None) -> None:
        self.statement = statement
        self._defaults = defaults or {}
        self._plans: dict[Dialect, Plan] = {}

    def first(self, db: Session, **values: Any) -> Any:
        """The first row, or None; columns are its attributes."""
        rows = self.all(db, **values)
        return rows[0] if rows else None

    def all(self, db: Session, **values: Any) -> list[Any]:
        sent = db.send(self._plan(db), values)
        return list(map(sent.plan.row, sent.result.rows))

    def run(self, db: Session, **values: Any) -> int:
        """For statements that change rows: how many matched."""
        return db.send(self._plan(db), values).result.matched

    def insert(self, db: Session, **values: Any) -> int:
        """For an INSERT of one row: the id it got."""
        return db.send(self._plan(db), values).result.row_id

    def queue(self, db: Session, **values: Any) -> Queued:
        """Run it before whatever the session does next, in the same round trip if it can."""
        return db.queue(self._plan(db), values)

    def run_many(self, db: Session, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it for each row, in as few round trips as the driver can."""
        db.send_many(self._plan(db), list(rows))

    def run_columns(self, db: Session, columns: Mapping[str, Sequence[Any]]) -> None:
        """INSERT rows given as columns, at least one: all of them, or none."""
        db.send_columns(self._plan(db), columns)

    def _plan(self, db: Session) -> Plan:
        plan = self._plans.get(db.dialect)
        if plan is None:
            plan = self._plans[db.dialect] = Plan(self.statement, db.dialect, self._defaults)
        return plan
