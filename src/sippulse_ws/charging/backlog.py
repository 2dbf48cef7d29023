"""What charging has left undone, for monitoring: calls without a price, admission errors."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select

from sippulse_ws.charging.rating import NEW, UNRATED
from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.models import AdmissionError, RawCall

_MOST = 100_000  # counting stops here
_RECENT = dt.timedelta(hours=1)
_KEPT = dt.timedelta(days=30)
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ChargingBacklog:
    """Calls that wait for rating and the age of the oldest in seconds; calls that could not be
    rated; admission errors of the last hour."""

    waiting: float = 0
    oldest: float = 0.0
    unrated: float = 0
    errors: float = 0


def read_backlog(db: Session) -> ChargingBacklog:
    """Count by indexes, up to a limit, so that a large backlog takes no longer."""
    now = dt.datetime.now(dt.UTC)
    first = db.execute(
        select(RawCall.received_at).where(RawCall.state == NEW).order_by(RawCall.id).limit(1)
    ).first()
    newest = select(AdmissionError.at).order_by(AdmissionError.id.desc()).limit(_MOST).subquery()
    recent = select(func.count()).select_from(newest).where(newest.c.at > now - _RECENT)
    return ChargingBacklog(
        int(db.scalar(_count(NEW))),
        max((now - first.received_at).total_seconds(), 0.0) if first else 0.0,
        int(db.scalar(_count(UNRATED))),
        int(db.scalar(recent)),
    )


def purge_errors(database: Database) -> bool:
    """Delete a batch of admission errors older than a month; returns whether there may be more."""
    with database.writing() as db:
        old = AdmissionError.at < dt.datetime.now(dt.UTC) - _KEPT
        found = db.execute(select(AdmissionError.id).where(old).limit(_AT_ONCE)).all()
        if found:
            gone = [row.id for row in found]
            db.execute(delete(AdmissionError).where(AdmissionError.id.in_(gone)))
    return len(found) == _AT_ONCE


def _count(state: int) -> Select[Any]:
    some = select(RawCall.id).where(RawCall.state == state).limit(_MOST).subquery()
    return select(func.count()).select_from(some)
