"""Deliveries of events to webhook endpoints, and their state."""

from __future__ import annotations

import datetime as dt
import fnmatch
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Exists,
    Integer,
    Row,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import aliased

from sippulse_ws.db.statements import Session
from sippulse_ws.models import Event, EventDelivery

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given up"
_AT_ONCE = 500
# Seconds until the next try; the last pause repeats until the delivery is given up.
_PAUSES = (5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 21600)
PATIENCE = dt.timedelta(days=3)
NO_ENDPOINT = "no endpoint of this name in SIPPULSE_WEBHOOKS"
# In the data of events of somebody who was forgotten: such an event goes once it was told.
FORGOTTEN = '"forgotten":true'


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint of SIPPULSE_WEBHOOKS: which events it wants, of which domains (empty: all)."""

    name: str
    events: tuple[str, ...] = ("*",)
    domains: tuple[str, ...] = ()

    def wants(self, kind: str, account: str) -> bool:
        wanted = any(fnmatch.fnmatchcase(kind, pattern) for pattern in self.events)
        return wanted and (not self.domains or account.rpartition("@")[2] in self.domains)


def dispatch(db: Session, listeners: Sequence[Listener]) -> bool:
    """Create the deliveries of new events; returns whether there may be more."""
    if not listeners:
        return _pass_over(db)
    new = db.execute(
        select(Event.id, Event.kind, Event.account, Event.data.contains(FORGOTTEN).label("goes"))
        .where(Event.dispatched.is_(False))
        .order_by(Event.id)
        .limit(_AT_ONCE)
        .with_for_update()
    ).all()
    if not new:
        return False
    now = dt.datetime.now(dt.UTC)
    rows = [
        {
            "event_id": event.id,
            "endpoint": listener.name,
            "account": event.account,
            "state": WAITING,
            "due_at": now,
        }
        for event in new
        for listener in listeners
        if listener.wants(event.kind, event.account)
    ]
    if rows:
        db.execute(insert(EventDelivery), rows)
    ids = [event.id for event in new]
    db.execute(update(Event).where(Event.id.in_(ids)).values(dispatched=True))
    told = {row["event_id"] for row in rows}
    if for_nobody := [event.id for event in new if event.goes and event.id not in told]:
        db.execute(delete(Event).where(Event.id.in_(for_nobody)))
    return len(new) == _AT_ONCE


def _pass_over(db: Session) -> bool:
    """`dispatch` without listeners: mark all new events as dispatched."""
    new = (
        select(Event.id, Event.data.contains(FORGOTTEN).label("goes"))
        .where(Event.dispatched.is_(False))
        .order_by(Event.id)
        .limit(_AT_ONCE)
        .subquery()
    )
    count, last, goes = db.execute(
        select(func.count(), func.max(new.c.id), func.sum(cast(new.c.goes, Integer)))
    ).one()
    if not count:
        return False
    these = and_(Event.dispatched.is_(False), Event.id <= last)
    if goes:
        db.execute(delete(Event).where(these, Event.data.contains(FORGOTTEN)))
    # one that is marked in this moment goes with the next run
    told = update(Event).where(these, ~Event.data.contains(FORGOTTEN))
    db.execute(told.values(dispatched=True))
    return bool(count == _AT_ONCE)


def without_person(data: str) -> str:
    """The data of a pending event of a forgotten person, without what is personal."""
    told = json.loads(data)
    if "obs" in told:
        told["obs"] = None
    return json.dumps(told | {"forgotten": True}, ensure_ascii=False, separators=(",", ":"))


def drop_forgotten(db: Session, event: Row[Any]) -> None:
    """Delete the event if its person was forgotten and no delivery is pending."""
    # looked up again: it may have been marked while it was on its way
    goes = (Event.id == event.id) & Event.data.contains(FORGOTTEN) & ~_waited_for()
    if db.execute(select(Event.id).where(goes)).first():
        db.execute(delete(EventDelivery).where(EventDelivery.event_id == event.id))
        db.execute(delete(Event).where(Event.id == event.id))


def find_due_deliveries(db: Session, endpoint: str, limit: int = 100) -> Sequence[Row[Any]]:
    """For each account the oldest event that the endpoint has not received, if due."""
    earlier = aliased(EventDelivery)
    in_turn = ~exists().where(
        earlier.endpoint == endpoint,
        earlier.account == EventDelivery.account,
        earlier.state == WAITING,
        earlier.event_id < EventDelivery.event_id,
    )
    return db.execute(
        select(
            Event.id,
            Event.at,
            Event.kind,
            Event.account,
            Event.data,
            EventDelivery.attempts,
        )
        .join(EventDelivery, EventDelivery.event_id == Event.id)
        .where(
            EventDelivery.endpoint == endpoint,
            EventDelivery.state == WAITING,
            EventDelivery.due_at <= dt.datetime.now(dt.UTC),
            in_turn,
        )
        .order_by(Event.id)
        .limit(limit)
    ).all()


def note_delivered(db: Session, event_id: int, endpoint: str, attempts: int) -> None:
    now = dt.datetime.now(dt.UTC)
    _change(db, event_id, endpoint, state=DELIVERED, done_at=now, attempts=attempts + 1, error=None)


def note_failed(db: Session, event: Row[Any], endpoint: str, error: str) -> dt.datetime | None:
    """Store the failure; returns when to try again, or None if given up after three days."""
    now = dt.datetime.now(dt.UTC)
    again = now + dt.timedelta(seconds=_PAUSES[min(event.attempts, len(_PAUSES) - 1)])
    values: dict[str, Any] = {"attempts": event.attempts + 1, "error": error[:255]}
    if again > event.at + PATIENCE:
        _change(db, event.id, endpoint, **values, state=GIVEN_UP, done_at=now)
        return None
    _change(db, event.id, endpoint, **values, due_at=again)
    return again


def retry_event(db: Session, event_id: int) -> int:
    """Deliver an event again to endpoints that have not received it; returns how many."""
    undelivered = (EventDelivery.event_id == event_id) & (EventDelivery.state != DELIVERED)
    again = {"state": WAITING, "due_at": dt.datetime.now(dt.UTC), "attempts": 0, "done_at": None}
    return db.execute(update(EventDelivery).where(undelivered).values(again)).rowcount


def give_up_removed(db: Session, endpoints: Collection[str]) -> dict[str, int]:
    """Give up deliveries older than three days to other endpoints; returns counts by name."""
    late = dt.datetime.now(dt.UTC) - PATIENCE
    given_up = {}
    for name in _known_endpoints(db):
        if name in endpoints:
            continue
        waiting = (
            select(Event.id)
            .join(EventDelivery, EventDelivery.event_id == Event.id)
            .where(EventDelivery.endpoint == name, EventDelivery.state == WAITING, Event.at < late)
            .order_by(Event.id)
            .limit(_AT_ONCE)
        )
        if not (events := db.execute(waiting).all()):
            continue
        given_up[name] = len(events)
        end = {"state": GIVEN_UP, "done_at": dt.datetime.now(dt.UTC), "error": NO_ENDPOINT}
        same = (EventDelivery.endpoint == name) & (EventDelivery.state == WAITING)
        ids = EventDelivery.event_id.in_([event.id for event in events])
        db.execute(update(EventDelivery).where(same, ids).values(end))
        for event in events:
            drop_forgotten(db, event)
    return given_up


def _known_endpoints(db: Session) -> Iterator[str]:
    """Names of all endpoints with deliveries; each takes one look into an index."""
    first = select(func.min(EventDelivery.endpoint))
    name: str | None = db.scalar(first)
    while name is not None:
        yield name
        name = db.scalar(first.where(EventDelivery.endpoint > name))


def _waited_for() -> Exists:
    return exists().where(EventDelivery.event_id == Event.id, EventDelivery.state == WAITING)


def _change(db: Session, event_id: int, endpoint: str, **values: Any) -> None:
    same = (EventDelivery.event_id == event_id) & (EventDelivery.endpoint == endpoint)
    db.execute(update(EventDelivery).where(same).values(values))
