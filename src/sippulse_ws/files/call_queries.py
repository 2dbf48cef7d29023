"""Queries of call records and failed calls, and reading many rows in constant memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, String, and_, func, literal_column, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.call_records import METHOD, RATED_HERE
from sippulse_ws.models import VI_CDRS, Acc, Cdr, RawCall
from sippulse_ws.models.types import Money

_BATCH = 2000


@dataclass(frozen=True)
class Period:
    """From a moment (included) to another (excluded); None: unlimited."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None


def select_cdrs(domain: str | None, period: Period) -> Select[Any]:
    """The rated calls of a domain by start, or of all domains in no order."""
    query: Select[Any] = select(*VI_CDRS.columns)
    time = VI_CDRS.columns.call_start_time
    if domain is not None:
        # an index has this order, so the first row comes without sorting all
        query = query.where(VI_CDRS.columns.caller_domain == domain).order_by(time)
    return _within_period(query, time, period)


def archived_cdrs(period: Period) -> Select[Any]:
    """The rated calls for archives: with their rating, and amounts exactly as stored."""
    exact = {one.name: one for one in Cdr.__table__.columns if isinstance(one.type, Money)}
    shown = [exact.get(column.name, column) for column in VI_CDRS.columns]
    view, table = VI_CDRS.columns, Cdr.__table__.columns
    same = and_(table.id == view.id, table.call_start_time == view.call_start_time)
    query = select(*shown, *(table[name] for name in RATED_HERE))
    query = query.select_from(Cdr.__table__.join(VI_CDRS, same))
    return _within_period(query, view.call_start_time, period)


def select_raw_calls(domain: str | None, period: Period) -> Select[Any]:
    """The raw records of a caller's domain, or all; the period is that of the answer, in UTC."""
    query: Select[Any] = select(*RawCall.__table__.columns)
    if domain is not None:
        query = query.where(RawCall.caller_domain == domain)
    return _within_period(query, RawCall.started, period)


def select_acc(domain: str | None, period: Period, *, method: bool = False) -> Select[Any]:
    """The failed calls of a domain by time, or all domains' in no order.

    `method` adds the column of that name, which SQLite lacks.
    """
    columns: list[Any] = list(Acc.__table__.columns)
    if method:
        columns.append(literal_column(METHOD, String(16)).label(METHOD))
    query: Select[Any] = select(*columns).select_from(Acc)
    if domain is not None:
        query = query.where(Acc.caller_domain == domain).order_by(Acc.time)
    return _within_period(query, Acc.time, period)


def _within_period(query: Select[Any], time: Any, period: Period) -> Select[Any]:
    if period.start is not None:
        query = query.where(time >= period.start)
    if period.end is not None:
        query = query.where(time < period.end)
    return query


def count_rows(db: Session, query: Select[Any]) -> int:
    rows = query.order_by(None).subquery()
    return db.execute(select(func.count()).select_from(rows)).scalar_one()


def batches(db: Session, query: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a query in batches, as the server sends them."""
    options = {"stream_results": True, "yield_per": _BATCH}
    yield from db.execute(query, execution_options=options).partitions()
