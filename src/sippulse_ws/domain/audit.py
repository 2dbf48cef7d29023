"""The audit trail: a row for every write, also for refused and failed ones."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import ColumnElement, bindparam, delete, insert, select

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

_FIELD = re.compile(r'[^ ="]+=(?:"(?:[^"\\]|\\.)*"|[^ ]*)')
_AMBIGUOUS = frozenset(' ="\\')

DONE = "done"
REFUSED = "refused"
FAILED = "failed"
DRY_RUN = "dry-run"  # everything was tried, and nothing stored
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
    """Add to the counts of a minute's rows of failed logins, which are made if missing."""
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


def describe_object(pairs: Iterable[tuple[str, object]]) -> str:
    """`username=1000 name="a b"`: values that could be read as another field are quoted."""
    return " ".join([f"{name}={_quoted(str(value))}" for name, value in pairs])


def _quoted(value: str) -> str:
    if value.isprintable() and not _AMBIGUOUS.intersection(value):
        return value
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows are wanted; None: any. Moments are in UTC, `end` is exclusive."""

    login: str | None = None
    operation: str | None = None
    outcome: str | None = None
    object: str | None = None  # `name=value` for a field, else any part
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    after: int | None = None  # id


class AuditRow(Protocol):
    """A row of `audit`."""

    id: int
    at: dt.datetime
    login: str
    address: str
    operation: str
    object: str
    outcome: str
    error: str | None
    request_id: str
    times: int
    client_request_id: str | None
    traceparent: str | None


def list_audit(db: Session, wanted: AuditFilter, limit: int = 50) -> Sequence[AuditRow]:
    """The newest rows first; with `after` the rows after that id, the oldest first."""
    order = Audit.id.desc() if wanted.after is None else Audit.id
    query = select(*Audit.__table__.columns).order_by(order).where(*_conditions(wanted))
    if wanted.object is None or "=" not in wanted.object:
        return db.execute(query.limit(limit)).all()
    name, _, value = wanted.object.partition("=")
    field = f"{name}={_quoted(value)}"
    return list(islice((row for row in db.execute(query) if field in fields_of(row.object)), limit))


def fields_of(told: str) -> list[str]:
    """The fields of an object that `describe_object` wrote; quoted text holds none."""
    return [found[0] for found in _FIELD.finditer(told)]


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (Audit.login, wanted.login),
        (Audit.operation, wanted.operation),
        (Audit.outcome, wanted.outcome),
    ):
        if value is not None:
            yield column == value
    if wanted.object is not None:
        name, equals, value = wanted.object.partition("=")
        text = describe_object([(name, value)]) if equals else wanted.object
        yield Audit.object.contains(text, autoescape=True)
    if wanted.start is not None:
        yield Audit.at >= wanted.start
    if wanted.end is not None:
        yield Audit.at < wanted.end
    if wanted.after is not None:
        yield Audit.id > wanted.after


def prune_audit(db: Session, before: dt.datetime) -> int:
    """Delete older rows; returns how many."""
    return db.execute(delete(Audit).where(Audit.at < before)).rowcount
