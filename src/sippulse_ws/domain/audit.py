"""The audit trail: a row for every write, also the refused and the failed ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain.rows import upsert
from sippulse_ws.models import Audit

_RECORD = Prepared(
    insert(Audit).values(
        {
            one.name: bindparam(one.name)
            for one in Audit.__table__.columns
            if one.name not in ("id", "times", "once")
        }
    )
)

DONE = "done"
REFUSED = "refused"
FAILED = "failed"
DRY_RUN = "dry-run"  # everything was tried and nothing stored
REPEATED = "repeated"  # sent again with its idempotency key: nothing was done


def record(  # noqa: PLR0913 - as many as the row has columns
    db: Session,
    *,
    login: str,
    address: str,
    operation: str,
    object: str,
    outcome: str,
    error: str | None,
    request_id: str,
    client_request_id: str | None = None,
    traceparent: str | None = None,
) -> None:
    _RECORD.queue(
        db,
        at=dt.datetime.now(dt.UTC),
        login=login[:160],
        address=address[:45],
        operation=operation,
        object=object[:255],
        outcome=outcome,
        error=error,
        request_id=request_id,
        client_request_id=client_request_id,
        traceparent=traceparent,
    )


def count_failed_logins(db: Session, traces: Sequence[Mapping[str, Any]]) -> None:
    """Raise the counts of a minute's rows of failed logins; the first one makes a row."""
    rows = [
        {
            **trace,
            "login": trace["login"][:160],
            "address": trace["address"][:45],
            "object": trace["object"][:255],
            "outcome": REFUSED,
            "error": "login-failed",
        }
        for trace in traces
    ]
    if rows:
        db.execute(upsert(db, Audit, "times"), rows)


def list_audit(
    db: Session,
    *,
    login: str | None = None,
    operation: str | None = None,
    since: dt.datetime | None = None,
    limit: int = 50,
) -> Sequence[Row[Any]]:
    """The newest rows first."""
    query = select(*Audit.__table__.columns).order_by(Audit.id.desc()).limit(limit)
    if login is not None:
        query = query.where(Audit.login == login)
    if operation is not None:
        query = query.where(Audit.operation == operation)
    if since is not None:
        query = query.where(Audit.at >= since)
    return db.execute(query).all()


def prune_audit(db: Session, before: dt.datetime) -> int:
    """Delete what is older; how many rows."""
    return db.execute(delete(Audit).where(Audit.at < before)).rowcount
