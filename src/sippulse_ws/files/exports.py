"""Call records read in batches, as many as there are, in constant memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.models import VI_CDRS

BATCH = 2000


@dataclass(frozen=True)
class Period:
    """From a moment, to another that is not part of it; None: no end."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None


def select_cdrs(db: Session, domain: str | None, period: Period) -> Select[Any]:
    """The records of a domain by start of call, or all domains' in no order."""
    query: Select[Any] = select(*VI_CDRS.columns)
    time = VI_CDRS.columns.call_start_time
    if domain is not None:
        require_domain(db, domain)
        # an index has this order, so nothing is sorted before the first row comes
        query = query.where(VI_CDRS.columns.caller_domain == domain).order_by(time)
    if period.start is not None:
        query = query.where(time >= period.start)
    if period.end is not None:
        query = query.where(time < period.end)
    return query


def count_rows(db: Session, query: Select[Any]) -> int:
    rows = query.order_by(None).subquery()
    return db.execute(select(func.count()).select_from(rows)).scalar_one()


def batches(db: Session, query: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a query as the server sends them."""
    options = {"stream_results": True, "yield_per": BATCH}
    yield from db.execute(query, execution_options=options).partitions()
