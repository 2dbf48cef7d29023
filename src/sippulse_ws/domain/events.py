"""Events for other systems: written with what happened, delivered by the background process."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, literal, select

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.models import Did, Event, EventDelivery, Subscriber
from sippulse_ws.models.types import Key, UtcDateTime

CREDIT_ADDED = "credit.added"
CREDIT_LOW = "credit.low"
CREDIT_ENDED = "credit.ended"
CREDIT_EXPIRED = "credit.expired"
SUBSCRIBER_INSERTED = "subscriber.inserted"
SUBSCRIBER_CHANGED = "subscriber.changed"
SUBSCRIBER_BLOCKED = "subscriber.blocked"
SUBSCRIBER_REMOVED = "subscriber.removed"
CALL_RATED = "call.rated"
DID_ASSIGNED = "did.assigned"
DID_FREED = "did.freed"

KINDS = (
    CREDIT_ADDED,
    CREDIT_LOW,
    CREDIT_ENDED,
    CREDIT_EXPIRED,
    SUBSCRIBER_INSERTED,
    SUBSCRIBER_CHANGED,
    SUBSCRIBER_BLOCKED,
    SUBSCRIBER_REMOVED,
    CALL_RATED,
    DID_ASSIGNED,
    DID_FREED,
)

EMIT = Prepared(
    insert(Event).values(
        at=bindparam("at", type_=UtcDateTime),
        kind=bindparam("kind", type_=Key(64)),
        account=bindparam("account", type_=Key(160)),
        data=bindparam("data"),
    )
)


def emit(db: Session, kind: str, account: str, data: Mapping[str, Any]) -> None:
    """Write an event in the transaction of what happened; it costs no round trip of its own.

    Events of an account are delivered in the order of writing. Amounts are texts.
    """
    EMIT.queue(db, **event_row(kind, account, data))


def event_row(kind: str, account: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The row of an event, for writing many at once."""
    assert kind in KINDS
    return {
        "at": dt.datetime.now(dt.UTC),
        "kind": kind,
        "account": account[:160],
        "data": _as_json(data),
    }


def emit_many(db: Session, kind: str, told: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Write an event of one kind for each account, with its data."""
    rows: list[dict[str, Any]] = []
    texts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for account, data in told:
        key = tuple(data.items())
        if key not in texts:
            texts[key] = event_row(kind, account, data)
        rows.append({**texts[key], "account": account[:160]})
    EMIT.run_many(db, rows)


def prepare_numbers(kind: str, which: ColumnElement[bool]) -> Prepared:
    """A statement that writes an event for the account of each of these DIDs; parameter: `at`."""
    # nothing in a number has to be escaped, see domain/values.py: username_text
    data = literal('{"number":"') + Did.alias_username + literal('"}')
    rows = (
        select(bindparam("at", type_=UtcDateTime), literal(kind), Subscriber.account_code, data)
        .join_from(Did, Subscriber, Subscriber.id == Did.subscriber_id)
        .where(which)
    )
    return Prepared(insert(Event).from_select(["at", "kind", "account", "data"], rows))


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"no event can tell a {type(value).__name__}")


_as_json = json.JSONEncoder(ensure_ascii=False, default=_plain, separators=(",", ":")).encode


def list_events(
    db: Session,
    *,
    account: str | None = None,
    kind: str | None = None,
    since: dt.datetime | None = None,
    state: str | None = None,
    limit: int = 50,
) -> Sequence[Row[Any]]:
    """Events, newest first: one row per delivery, or one row for an event without any."""
    query = (
        select(
            Event.id,
            Event.at,
            Event.kind,
            Event.account,
            Event.data,
            EventDelivery.endpoint,
            EventDelivery.state,
            EventDelivery.attempts,
            EventDelivery.due_at,
            EventDelivery.done_at,
            EventDelivery.error,
        )
        .outerjoin(EventDelivery, EventDelivery.event_id == Event.id)
        .order_by(Event.id.desc(), EventDelivery.endpoint)
        .limit(limit)
    )
    if account is not None:
        query = query.where(Event.account == account)
    if kind is not None:
        query = query.where(Event.kind == kind)
    if since is not None:
        query = query.where(Event.at >= since)
    if state is not None:
        query = query.where(EventDelivery.state == state)
    return db.execute(query).all()
